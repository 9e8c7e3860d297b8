"""A reply's parts, in order: fenced code, bare HTML documents, named files in tags; the rest is prose.

Fences follow CommonMark with three differences that replies ask for. A fence may be indented by any amount. A fence
that holds an HTML document ends where the document does, so that a fence inside a page's own text does not cut the
page off. And a fence around another fence that starts an HTML document (a whole answer put into a Markdown fence)
counts as prose.

The work is bounded: what a block may extend to ends at the next fence that starts a document; after passing over
the reply's length four times, or after a thousand blocks, whatever is left is prose.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from sampler.reply.markup import Page, survey

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PASSES = 4
MAX_BLOCKS = 1000
MAX_LINES = 20_000
"""Lines of one kind, such as fences, that are looked at."""
_LOOK_AHEAD = 4000
"""How many characters of comments and blanks before a document are looked past."""

_FENCE_LINE = re.compile(r"^[ \t]*+((?P<mark>[`~])(?P=mark){2,}+)(.*)$", re.MULTILINE)
_GLUED_FENCE = re.compile(r"</html>[ \t]*+(`{3,}+|~{3,}+)[ \t]*+\r?$", re.IGNORECASE | re.MULTILINE)
_START = re.compile(r"(?:<\?xml[^>]{0,200}\?>\s{0,9})?<(?:!doctype\s{1,9}html\b|html[\s>])", re.IGNORECASE)
_START_LINE = re.compile(r"^[ \t\ufeff]*+" + _START.pattern, re.IGNORECASE | re.MULTILINE)
_LEAD_IN = re.compile(r"(?:\s++|\ufeff|<!--.*?-->)*+", re.DOTALL)
_TAIL = re.compile(r"(?:\s++|<!--.*?-->)*+<(script|style)\b", re.IGNORECASE | re.DOTALL)
_DOCTYPE = re.compile(r"<!doctype\s{1,9}html\b", re.IGNORECASE)
_DOCTYPE_BEFORE = re.compile(r"<!doctype\s[^<>]{0,200}+>\s*\Z", re.IGNORECASE)
_BLANK = re.compile(r"\s*+")
_TAG_LINE = re.compile(r"^[ \t]*+<([A-Za-z][\w:.-]*+)([ \t][^>\n]{0,500})>", re.MULTILINE)
_NAME_ATTRIBUTE = re.compile(
    r"""\b(?:path|file|filename|file_path|filepath|name)=["']([^"'<>]*?\.\w{1,5})["']""", re.IGNORECASE
)
_LINE_END = re.compile(r"[ \t]*+\r?\n")
_THINKING_TAG = r"(think|thinking|thought|reasoning|antthinking)"
_THINKING = re.compile(rf"^[ \t]*+<{_THINKING_TAG}>", re.IGNORECASE | re.MULTILINE)
_THOUGHT = re.compile(rf"^[ \t]*+</{_THINKING_TAG}>", re.IGNORECASE | re.MULTILINE)
_HTML_NAMES = frozenset(
    ("a", "button", "embed", "form", "iframe", "input", "meta", "object", "param", "script", "slot")
)
_WRAPPER = re.compile(r"<([A-Za-z][\w:.-]*+)(?:\s[^<>]*+)?>\s*+(?:<!\[CDATA\[\s*+)?\Z")
"""A tag that wraps what follows, such as <artifact type="text/html">."""


class Block(NamedTuple):
    """One part of a reply that is not prose: `text[start:end]` is what it holds, `outer_*` with its fence or tag."""

    kind: str
    """fence, bare, file (in a named tag), thinking, or mark (a line that only wraps other blocks)."""
    outer_start: int
    start: int
    end: int
    outer_end: int
    info: str = ""
    """What stands after an opening fence; a file's name for a named tag."""
    closed: bool = True
    """Whether its closing fence or tag, or anything else after its end, is there."""


class _Line(NamedTuple):
    """A line that opens or closes a fence."""

    start: int
    end: int
    """After its line end."""
    mark: str
    info: str
    content: int
    """Where what it opens starts: its end, or inside the line for ```html<!DOCTYPE html>."""
    opens_document: bool


def find(text: str) -> list[Block]:
    """All blocks of a reply, in order; no two overlap."""
    return _Finder(text).blocks()


def find_inside_line(text: str, taken: Sequence[Block]) -> Block | None:
    """The first document that starts in the middle of a line of prose, not quoted and not in another block."""
    starts = [block.outer_start for block in taken]
    for found in _DOCTYPE.finditer(text):
        at = found.start()
        index = bisect_left(starts, at + 1) - 1
        inside = index >= 0 and at < taken[index].outer_end
        if not inside and text[at - 1 : at] not in {"`", '"', "'", "\\"}:
            limit = starts[index + 1] if index + 1 < len(starts) else len(text)
            return bare_document(text, at, limit)
    return None


def document_start(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]` begins with an HTML document, comments before it aside."""
    end = min(end, start + _LOOK_AHEAD)
    begin = _LEAD_IN.match(text, start, end)
    return _START.match(text, begin.end() if begin else start, end) is not None


def document_inside(text: str, start: int, end: int) -> bool:
    """Whether a document starts on one of the first lines of `text[start:end]`."""
    return _START_LINE.search(text, start, min(end, start + _LOOK_AHEAD)) is not None


def bare_document(text: str, start: int, limit: int, fences: Sequence[int] = ()) -> Block:
    """The document that starts at `start` without a fence, up to where it ends or something else starts.

    `fences` are the offsets of lines that are nothing but a fence: one of them ends a document without `</html>`.
    """
    return _bare_document(text, start, limit, fences)[0]


def _bare_document(text: str, start: int, limit: int, fences: Sequence[int]) -> tuple[Block, int]:
    """As above, with how many characters were passed over for it."""
    page = survey(text, start, limit, first=True)
    if page.whole_at is not None:
        end = _with_tail(text, page.whole_at, limit)
        return Block("bare", start, start, end, end), end - start
    end = page.end
    work = end - start
    wrapper = _WRAPPER.search(text, max(0, start - 600), start)
    close = text.find(f"</{wrapper[1]}>", start, end) if wrapper else -1
    if close >= 0 and page.shows(close):
        return Block("bare", start, start, close, close), work
    for fence in islice(fences, bisect_left(fences, start), bisect_left(fences, end)):
        if page.shows(fence):
            return Block("bare", start, start, fence, fence), work
    return Block("bare", start, start, end, end, closed=not _blank(text, end, len(text))), work


def _with_tail(text: str, end: int, limit: int) -> int:
    """Where the document that has its `</html>` at `end` really ends: a script or style may follow."""
    while after := _TAIL.match(text, end, min(limit, end + _LOOK_AHEAD)):
        close = re.compile(rf"</{after[1]}\s{{0,9}}>", re.IGNORECASE).search(text, after.end(), limit)
        if close is None:
            return limit
        end = close.end()
    return limit if _blank(text, end, limit) else end


def _blank(text: str, start: int, end: int) -> bool:
    blank = _BLANK.match(text, start, end)
    return blank is not None and blank.end() == end


class _Finder:
    """The search through one reply; its lines of interest are found once, beforehand."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = list(islice(_fence_lines(text), MAX_LINES))
        self._line_starts = [line.start for line in self._lines]
        self._bare_fences = [line.start for line in self._lines if not line.info]
        self._fenced_documents = [line.start for line in self._lines if line.opens_document]
        self._documents = [found.start() for found in islice(_START_LINE.finditer(text), MAX_LINES)]
        self._files = list(islice(_file_tags(text), MAX_LINES))
        self._file_starts = [start for start, *_ in self._files]
        self._thinking = list(islice(_THINKING.finditer(text), MAX_LINES))
        self._thinking_starts = [found.start() for found in self._thinking]
        self._work_left = PASSES * len(text)

    def blocks(self) -> list[Block]:
        """All blocks of the text, in order."""
        found: list[Block] = []
        at = self._thought_before()
        if at:
            found.append(Block("thinking", 0, 0, at, at))
        while self._work_left >= 0 and len(found) < MAX_BLOCKS and (block := self._next(at)) is not None:
            if block.kind == "bare" and not found and _LEAD_IN.fullmatch(self._text, 0, block.start):
                block = block._replace(start=0, outer_start=0)
            found.append(block)
            at = max(block.outer_end, at + 1)
        return found

    def _thought_before(self) -> int:
        """Where thinking ends that has no opening tag: a chat template may have put that into the prompt."""
        thought = _THOUGHT.search(self._text)
        if thought is None or (self._thinking and self._thinking_starts[0] < thought.start()):
            return 0
        answers = document_start(self._text, 0, len(self._text)) or _FENCE_LINE.match(self._text.lstrip()[:200])
        return 0 if answers else thought.end()

    def _next(self, at: int) -> Block | None:
        """The first block at or after an offset."""
        end = len(self._text)
        thinking, fence, file, document = (
            bisect_left(starts, at)
            for starts in (self._thinking_starts, self._line_starts, self._file_starts, self._documents)
        )
        places = (
            _at(self._thinking_starts, thinking, end),
            _at(self._line_starts, fence, end),
            _at(self._file_starts, file, end),
            _at(self._documents, document, end),
        )
        first = min(places)
        if first == end:
            return None
        if first == places[0]:
            return self._thinking_block(self._thinking[thinking])
        if first == places[1]:
            return self._fence_block(self._lines[fence])
        if first == places[2]:
            return self._file_block(*self._files[file])
        # The doctype may stand on the line of prose before it.
        before = max(at, first - 300)
        doctype = _DOCTYPE_BEFORE.search(self._text, before, first)
        start = doctype.start() if doctype else first
        return self._bare_block(start, self._limit(start))

    def _limit(self, start: int) -> int:
        """Where a block that starts at `start` ends at the latest: at the next fence that opens a document."""
        return _at(self._fenced_documents, bisect_left(self._fenced_documents, start + 1), len(self._text))

    def _bare_block(self, start: int, limit: int) -> Block:
        block, work = _bare_document(self._text, start, limit, self._bare_fences)
        self._work_left -= work
        return block

    def _thinking_block(self, opened: re.Match[str]) -> Block:
        close = re.compile(rf"</{opened[1]}>", re.IGNORECASE).search(self._text, opened.end())
        if close is None:
            return Block("thinking", opened.start(), opened.end(), len(self._text), len(self._text), closed=False)
        return Block("thinking", opened.start(), opened.end(), close.start(), close.end())

    def _file_block(self, start: int, content: int, tag: str, name: str) -> Block:
        fence = _FENCE_LINE.match(self._text, content)
        if fence:  # the tag only names the fence inside it
            return Block("mark", start, content, content, content)
        close = self._text.find(f"</{tag}>", content)
        if close < 0:
            return Block("file", start, content, len(self._text), len(self._text), name, closed=False)
        return Block("file", start, content, close, close + len(tag) + 3, name)

    def _fence_block(self, opened: _Line) -> Block:
        text = self._text
        limit = self._limit(opened.start)
        if opened.opens_document:
            self._work_left -= limit - opened.content
            close = self._document_close(opened, limit)
        else:
            close = next((line for line in self._closers(opened, limit) if not line.info), None)
        if close is not None:
            return Block("fence", opened.start, opened.content, close.start, close.end, opened.info)
        if opened.opens_document:
            end = self._bare_block(opened.content, limit).end
            return Block("fence", opened.start, opened.content, end, end, opened.info, closed=False)
        if limit < len(text):
            return Block("mark", opened.start, opened.end, opened.end, opened.end)
        return Block("fence", opened.start, opened.content, limit, limit, opened.info, closed=False)

    def _closers(self, opened: _Line, limit: int) -> Iterator[_Line]:
        """Later fence lines of the same mark, at least as long, up to a bare one at `limit` itself."""
        index = bisect_left(self._line_starts, opened.start + 1)
        while index < len(self._lines) and self._line_starts[index] <= limit:
            line = self._lines[index]
            if line.mark.startswith(opened.mark) and (line.start < limit or not line.info):
                yield line
            index += 1

    def _document_close(self, opened: _Line, limit: int) -> _Line | None:
        """The fence line that closes a fence around an HTML document.

        The first one after which the document has nothing left to say: `</html>` was there, or it is in markup and
        every fence opened since is closed. Failing both, the first one.
        """
        page = survey(self._text, opened.content, limit)
        nested = 0
        first: _Line | None = None
        plausible: _Line | None = None
        for line in self._closers(opened, limit):
            if line.info:
                if plausible is not None:
                    return plausible
                nested += 1
                continue
            first = first or line
            if page.shows(line.start):
                if _whole(page, line):
                    return line
                if nested == 0:
                    plausible = plausible or line
            nested = max(0, nested - 1)
        return plausible or first


def _whole(page: Page, line: _Line) -> bool:
    return page.whole_at is not None and page.whole_at <= line.start


def _at(offsets: Sequence[int], index: int, end: int) -> int:
    return offsets[index] if index < len(offsets) else end


def _fence_lines(text: str) -> Iterator[_Line]:
    """Lines that may open or close a fence, in order."""
    found = merge(_FENCE_LINE.finditer(text), _GLUED_FENCE.finditer(text), key=lambda match: match.end())
    for match in found:
        whole_line = match.re is _FENCE_LINE
        after = match.end(1)
        end = min(match.end() + 1, len(text))
        inline = _START.search(text, after, match.end())
        info = text[after : inline.start() if inline else match.end()].strip()
        if "`" in info and match[1][0] == "`":
            continue  # code inside a line, as CommonMark has it
        content = inline.start() if inline else end
        start = match.start() if whole_line else match.start(1)
        yield _Line(start, end, match[1], info, content, document_start(text, content, len(text)))


def _file_tags(text: str) -> Iterator[tuple[int, int, str, str]]:
    """Lines such as <file path="script.js">: start, start of the content, tag, file name."""
    for match in _TAG_LINE.finditer(text):
        name = _NAME_ATTRIBUTE.search(match[2])
        if name and match[1].lower() not in _HTML_NAMES:
            line_end = _LINE_END.match(text, match.end())
            yield match.start(), line_end.end() if line_end else match.end(), match[1], name[1]
