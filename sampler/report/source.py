"""The page's source as text: the line that a finding names, and the whole of it with numbered lines.

The colouring is a handful of linear patterns of our own. Pygments was measured on hostile pages and
takes quadratic time (14,000 unclosed comments: over ten seconds), and a report must not hang
on what a page wrote.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sampler.report import plain

if TYPE_CHECKING:
    from sampler.records import Document, SourceLocation

PAGE = "page"
"""Name of the page itself among the files of a reply."""

LINE_CHARACTERS = 1_000
"""Longer lines of a listing are cut, with a note."""
LISTING_LINES = 20_000
LISTING_CHARACTERS = 1_000_000
"""Lines beyond either are left out of a listing, with a note; the plain copy has them all."""
EXCERPT_CHARACTERS = 170

_TOKENS = re.compile(
    r"(?P<comment><!--(?:[^-]|-(?!->))*+(?:-->)?|/\*(?:[^*]|\*(?!/))*+(?:\*/)?|(?<![:\w])//[^\n]*+)"
    r"|(?P<string>\"(?:[^\"\\\n]|\\.)*+\"?|'(?:[^'\\\n]|\\.)*+'?|`(?:[^`\\]|\\[\s\S])*+`?)"
    r"|(?P<number>\b(?:0[xX][0-9a-fA-F]++|\d++(?:\.\d++)?(?:[eE][+-]?\d++)?))"
    r"|(?P<tag></?[a-zA-Z][\w-]*+|/?>)"
    r"|(?P<word>\b(?:async|await|break|case|catch|class|const|continue|default|delete|do|else|export|extends|finally"
    r"|for|from|function|if|import|in|instanceof|let|new|of|return|static|super|switch|this|throw|try|typeof|var|void"
    r"|while|yield|true|false|null|undefined)\b)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where in a page something happened, ready to show."""

    name: str
    """"line 92, in makeSofa", or the address and line of a file that is not the page's own."""
    text: str | None
    """The source line itself; None where it is not in the reply."""
    line: int
    anchor: str | None
    """Fragment of the line in the listing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of a listing, as runs of text with the class that colours them ("" for none)."""

    number: int
    anchor: str
    runs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """One file of a reply as a listing."""

    name: str
    lines: tuple[Line, ...]
    left_out: int
    """How many lines at the end are not listed."""


class Sources:
    """The files of one reply, by the address that the browser knew them under."""

    def __init__(self, document: Document | None, address: str | None) -> None:
        """Take the reply's document and the address at which its page was opened, where it is known."""
        self._address = (address or "").partition("#")[0]
        self._files: dict[str, str] = {}
        if document is not None:
            self._files = {PAGE: document.html, **{f"/{path}": text for path, text in document.files.items()}}
        self._lines: dict[str, list[str]] = {}

    def place(self, location: SourceLocation) -> Place:
        """The location in words, with the line's text where the line is in the reply."""
        file = self._file(location.url)
        within = f", in {plain.line(location.function, 80)}" if location.function else ""
        if file is None:
            where = plain.line(location.url, 160) or "unknown file"
            return Place(name=f"{where}, line {location.line}{within}", text=None, line=location.line, anchor=None)
        label = "" if file == PAGE else f"{plain.line(file[1:], 80)}, "
        lines = self._split(file)
        if location.line > len(lines):
            return Place(name=f"{label}line {location.line}{within}", text=None, line=location.line, anchor=None)
        text = plain.around(lines[location.line - 1].strip(), location.column, EXCERPT_CHARACTERS)
        anchor = self._anchor(file, location.line) if location.line <= LISTING_LINES else None
        return Place(name=f"{label}line {location.line}{within}", text=text, line=location.line, anchor=anchor)

    def listing(self) -> tuple[File, ...]:
        """Every file with numbered, coloured lines; the page first."""
        return tuple(self._listed(file) for file in self._files)

    def plain_copy(self) -> str:
        """Every file one after the other; a reply of one page is that page to the letter."""
        if set(self._files) == {PAGE}:
            return self._files[PAGE]
        return "\n".join(f"===== {file.lstrip('/')} =====\n{text}" for file, text in self._files.items())

    def _file(self, url: str) -> str | None:
        address = url.partition("#")[0]
        if PAGE not in self._files:
            return None
        if address in ("", self._address):
            return PAGE
        # Not parsed: an address that a page wrote need not be one.
        host = re.match(r"[a-z]+://[^/]*(?=/)", self._address)
        if host is None or not address.startswith(f"{host[0]}/"):
            return None
        path = unquote(address.removeprefix(host[0]).partition("?")[0])
        folder = unquote(self._address.removeprefix(host[0]).partition("?")[0]).rpartition("/")[0]
        return next((name for name in (path, path.removeprefix(folder)) if name in self._files), None)

    def _split(self, file: str) -> list[str]:
        if file not in self._lines:
            self._lines[file] = re.split(r"\r\n|\r|\n", self._files[file])
        return self._lines[file]

    def _anchor(self, file: str, line: int) -> str:
        return f"L{line}" if file == PAGE else f"F{list(self._files).index(file)}L{line}"

    def _listed(self, file: str) -> File:
        raw = self._split(file)
        listed: list[str] = []
        room = LISTING_CHARACTERS
        for line in raw[:LISTING_LINES]:
            room -= min(len(line), LINE_CHARACTERS)
            if room < 0:
                break
            listed.append(plain.cut(line, LINE_CHARACTERS))
        text = "\n".join(listed)
        lines = tuple(
            Line(number=number, anchor=self._anchor(file, number), runs=tuple(runs))
            for number, runs in enumerate(_coloured(text), 1)
        )
        name = "The page" if file == PAGE else plain.line(file[1:], 160)
        return File(name=name, lines=lines, left_out=len(raw) - len(listed))


def _coloured(text: str) -> list[list[tuple[str, str]]]:
    """Split text into lines of (class, run); the runs of a line, put together, are the line."""
    lines: list[list[tuple[str, str]]] = [[]]

    def put(kind: str, run: str) -> None:
        first, *further = run.split("\n")
        for index, piece in enumerate([first, *further]):
            if index:
                lines.append([])
            if piece:
                lines[-1].append((kind, piece))

    end = 0
    for token in _TOKENS.finditer(text):
        put("", text[end : token.start()])
        put(token.lastgroup or "", token[0])
        end = token.end()
    put("", text[end:])
    return lines
