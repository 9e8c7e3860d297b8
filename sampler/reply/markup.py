"""One pass over HTML: where text is markup and where it is script, and whether the page was finished.

Not a parser. It follows the tokenizer of the HTML standard as far as these two questions need it: raw text
elements (`script`, `style`, …), comments, and quoted attribute values hide what looks like markup or a fence.
Every search is bounded by `end` and none starts over, so a pass takes time linear in the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_RAW = ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript")
_RAW_END = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in _RAW}
_TOKEN = re.compile(r"<(?:(!--)|(/?)([a-zA-Z][^\s/>]*+)|[!?])")
_TAG_REST = re.compile(r"""(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')?+)*+>""")
_COMMENT_END = re.compile(r"--!?>")
_LAST_LINE = re.compile(r"(?:^|</body>)[ \t]*</html>[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)

_VOID = frozenset(re.split(" ", "area base br col embed hr img input link meta param source track wbr"))
_END_OPTIONAL = frozenset(
    re.split(" ", "html head body p li dt dd option optgroup tr td th thead tbody tfoot colgroup rp rt")
)
_HEAD = frozenset(("html", "head", "meta", "link", "base", "title", "style", "script"))


class Token(NamedTuple):
    """A tag, a raw text element's content, or a comment: `text[start:end]`."""

    kind: str
    """open, close, empty (as in <path/>), declaration, comment, or raw."""
    name: str
    start: int
    end: int
    finished: bool = True


@dataclass
class Page:
    """What one pass over `text[start:end]` found."""

    end: int
    """Where the pass stopped."""
    hidden: list[tuple[int, int]] = field(default_factory=list)
    """Stretches of several lines in which markup means nothing: raw text, comments, tags; in order."""
    whole_at: int | None = None
    """Offset after the `</html>` that ends the document."""
    stops_in: str = ""
    """Name of what was never finished at the end: a raw text element, "comment", "tag", or ""."""
    open_elements: int = 0
    """How many elements that need an end tag have none."""
    has_body: bool = False
    """Whether there is anything but a head."""
    roots: int = 0
    """How many <html> tags there are."""

    def shows(self, offset: int) -> bool:
        """Whether `offset` is in markup, not in what hides it."""
        at = bisect_right(self.hidden, (offset, offset)) - 1
        return not (at >= 0 and self.hidden[at][0] < offset < self.hidden[at][1])

    def finished(self, *, closed: bool) -> bool:
        """Whether the writer came to the end; `closed` where something after the page shows that it did.

        `</html>` may be left out, so a page without it that nothing closed counts as finished where no element is
        open and there is more than a head.
        """
        if self.whole_at is not None:
            return True
        return not self.stops_in and (closed or (not self.open_elements and self.has_body))


def tokens(text: str, start: int, end: int) -> Iterator[Token]:
    """Tags and what they hide in `text[start:end]`, in order; the last one may be unfinished."""
    at = start
    while found := _TOKEN.search(text, at, end):
        if found[1]:
            # "<!-->" is a comment too: its end may overlap its start.
            close = _COMMENT_END.search(text, found.start() + 2, end)
            at = close.end() if close else end
            yield Token("comment", "comment", found.start(), at, finished=close is not None)
            continue
        name = (found[3] or "").lower()
        rest = _TAG_REST.match(text, found.end(), end)
        if rest is None:
            yield Token("raw", "tag", found.start(), end, finished=False)
            return
        at = rest.end()
        empty = text[at - 2] == "/"
        kind = "declaration" if not name else "close" if found[2] else "empty" if empty else "open"
        yield Token(kind, name, found.start(), at)
        if name == "plaintext" and kind == "open":
            yield Token("raw", name, at, end)
            return
        if name in _RAW_END and kind in {"open", "empty"}:
            # HTML ignores the slash of <script/>; SVG, where it counts, has no content either way.
            close = _RAW_END[name].search(text, at, end)
            if close is None and kind == "empty":
                continue
            yield Token("raw", name, at, close.start() if close else end, finished=close is not None)
            at = close.start() if close else end


def survey(text: str, start: int, end: int, *, first: bool = False) -> Page:
    """One pass over `text[start:end]`; with `first` it stops after `</html>` or where another document starts."""
    page = Page(end)
    begun = False
    for token in tokens(text, start, end):
        if first and begun and _starts_again(text, token, page):
            page.end = token.start
            break
        begun = begun or (token.kind != "comment" and text[token.start + 1] != "?")
        if "\n" in text[token.start : token.end]:
            page.hidden.append((token.start, token.end))
        if not token.finished:
            _unfinished(page, text, token)
        elif token.kind == "close" and token.name == "html":
            page.whole_at = page.whole_at or token.end
        else:
            _count(page, text, token)
        if first and page.whole_at:
            page.end = page.whole_at
            break
    return page


def _count(page: Page, text: str, token: Token) -> None:
    if token.kind == "raw":
        page.has_body |= token.name == "script" and not text[token.start : token.end].isspace()
    elif token.kind == "open" and token.name not in _VOID:
        page.roots += token.name == "html"
        page.has_body |= token.name not in _HEAD
        page.open_elements += token.name not in _END_OPTIONAL
    elif token.kind == "close" and token.name not in _END_OPTIONAL:
        page.open_elements = max(0, page.open_elements - 1)


def _unfinished(page: Page, text: str, token: Token) -> None:
    """The last token has no end: the page was cut off, unless its writer only forgot an end tag before `</html>`."""
    ended = _LAST_LINE.search(text, token.start, token.end)
    if ended is None:
        page.stops_in = token.name
    else:
        page.whole_at = page.whole_at or ended.end()
        page.hidden[-1:] = [(token.start, ended.start())]


def _starts_again(text: str, token: Token, page: Page) -> bool:
    """Whether this token is the first of another document, at the start of a line."""
    if token.kind == "declaration":
        again = text[token.start : token.start + 9].lower() == "<!doctype"
    else:
        again = token.kind == "open" and token.name == "html" and page.roots > 0
    before = text[max(0, token.start - 80) : token.start].rstrip(" \t\ufeff")
    return again and before.endswith("\n")
