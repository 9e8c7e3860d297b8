"""Which name a piece of code goes by, and which pieces belong to a page."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_FILES = 64

_SUFFIXES = "html?|xhtml|css|m?js|jsx|tsx?|json|glsl|vert|frag|vs|fs|svg|txt|md|wgsl|obj|gltf|csv|xml"
_NAME = re.compile(rf"(?<![\w./@-])((?:\.{{0,2}}/)?[\w-][\w./-]*\.(?:{_SUFFIXES}))(?![\w-])", re.IGNORECASE)
_FIRST_COMMENT = re.compile(r"\s{0,99}(?://|/\*+|<!--|#)[ \t]*([^\n]{1,200})")
_REFERENCE = re.compile(r"""\b(?:src|href)\s{0,9}=\s{0,9}["']?([^"'\s<>]{1,500})""", re.IGNORECASE)
_LANGUAGES = {
    "css": "css",
    "js": "js",
    "javascript": "js",
    "mjs": "js",
    "module": "js",
    "html": "html",
    "htm": "html",
    "xhtml": "html",
    "": "",
}


class Piece(NamedTuple):
    """A block of code by language ("html", "css", "js", else as it was written) and name ("" where it has none)."""

    language: str
    name: str
    text: str


def language_of(info: str, name: str) -> str:
    """From a fence's info string, else from the file's name."""
    word = re.split(r"[\s:,{]", info.strip().lower(), maxsplit=1)[0] if info else ""
    if word and "." not in word:
        return _LANGUAGES.get(word, word)
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    return _LANGUAGES.get(suffix, suffix)


def name_of(info: str, content: str, line_before: str) -> str:
    """The file name that stands in the fence's first line, in the code's first comment, or in the line above.

    A comment counts where it is little more than a name, since comments mention other files as well.
    """
    comment = _FIRST_COMMENT.match(content)
    first = comment[1] if comment and len(comment[1].split()) <= 4 else ""
    for place in (info[:300], first, line_before[-300:]):
        names = _NAME.findall(place)
        if names:
            return relative(names[-1])
    return ""


def relative(address: str) -> str:
    """An address as a path below the page's folder; "" for one that leads anywhere else."""
    path = unquote(re.split(r"[?#]", address, maxsplit=1)[0])
    if "\\" in path or "\0" in path or ":" in path or path.startswith("//"):
        return ""
    path = posixpath.normpath(path.lstrip("/")) if path.strip("/") else ""
    return "" if path in {"", "."} or path == ".." or path.startswith("../") else path


def belonging(html: str, pieces: Sequence[Piece]) -> dict[str, str]:
    """Pieces that the page refers to, by the relative path that it uses; a later piece of one name wins.

    A piece without a name belongs to the page's only reference of its language that no named piece answers,
    where it is the only such piece: that is the name a reader would save it under. What a piece refers to in turn,
    such as `import "./scene.js"`, comes along.
    """
    named = {piece.name: piece.text for piece in pieces if piece.name and piece.language != "html"}
    by_end = {posixpath.basename(name): text for name, text in named.items()}
    files: dict[str, str] = {}
    open_references: list[str] = []
    for match in _REFERENCE.finditer(html):
        path = relative(match[1])
        if not path or path in files or len(files) >= MAX_FILES:
            continue
        text = named.get(path, by_end.get(posixpath.basename(path)))
        if text is None:
            open_references.append(path)
        else:
            files[path] = text
    for language in ("css", "js"):
        answers = [piece.text for piece in pieces if piece.language == language and not piece.name]
        asked = {path for path in open_references if language_of("", path) == language}
        if len(answers) == 1 and len(asked) == 1:
            files[asked.pop()] = answers[0]
    _follow(html, named, files)
    return files


def _follow(html: str, named: dict[str, str], files: dict[str, str]) -> None:
    """Add the named pieces that the page or an added piece mentions."""
    used = {posixpath.basename(path) for path in files}
    left = {name: text for name, text in named.items() if posixpath.basename(name) not in used}
    queue = [html, *files.values()]
    while queue and len(files) < MAX_FILES:
        text = queue.pop()
        for name in [name for name in left if posixpath.basename(name) in text][: MAX_FILES - len(files)]:
            files[name] = left.pop(name)
            queue.append(files[name])
