"""A model's reply becomes one HTML document, taken exactly as it was written and never repaired.

What a visitor would copy out of the reply and open:

- The only HTML document there is, fenced or bare. Prose, thinking (`<think>…</think>`) and wrapping tags are left out.
- Of several documents the one named index.html; else the first that is finished, unless the prose before a later
  finished one says that it replaces it ("here is the corrected version").
- Without a whole document, a piece of HTML in a fence, the longest one: browsers open that as well.
- Scripts and styles in pieces of their own come along where the page refers to them by a relative address.

A reply in which the page stops in the middle is `truncated-reply`, with the page kept. A page is finished with its
`</html>`; without it (HTML allows that), where its fence is closed or other text follows, or where no element and no
script is left open.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from sampler.records import Delivery, DeliveryProblem, Document
from sampler.reply import blocks, files, wording
from sampler.reply.markup import survey

if TYPE_CHECKING:
    from sampler.reply.blocks import Block

__all__ = ["MAX_CHARACTERS", "read"]

MAX_CHARACTERS = 2_000_000
"""What is read of a reply; four times what the longest replies of today's models come to."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n|\r|\n")
_WORD = re.compile(r"\w[\w'\u2019-]*+")
_TAGS = "(?:head|body|script|style|canvas|meta|link|title|div|main|section|svg)"
_PAGE_TAG = re.compile(rf"\s{{0,999}}(?:<!--.{{0,999}}?-->\s{{0,999}})?<{_TAGS}\b", re.IGNORECASE | re.DOTALL)
_PAGE_TAG_LINE = re.compile(rf"^<{_TAGS}\b", re.IGNORECASE | re.MULTILINE)


def read(text: str) -> tuple[Delivery, Document | None]:
    """The delivery and the document of a reply; no text makes it raise, and its time is linear in the text."""
    text = _SURROGATE.sub("\ufffd", text)
    return _Reply(text[:MAX_CHARACTERS], cut=len(text) > MAX_CHARACTERS).read()


class _Candidate(NamedTuple):
    """A block that may be the page."""

    block: Block
    name: str
    finished: bool
    stops_in: str


class _Reply:
    """One reply's text and its blocks."""

    def __init__(self, text: str, *, cut: bool) -> None:
        self._text = text
        self._cut = cut
        self._blocks = blocks.find(text)
        self._code = [block for block in self._blocks if block.kind in {"fence", "bare", "file"}]
        self._names = [self._name(block) for block in self._code]

    def read(self) -> tuple[Delivery, Document | None]:
        """See the function of the same name."""
        documents = self._documents()
        if not documents:
            return self._nothing(), None
        chosen, why = self._choose(documents)
        block = chosen.block
        html = self._text[block.start : block.end]
        pieces = [
            files.Piece(files.language_of(other.info, name), name, self._text[other.start : other.end])
            for other, name in zip(self._code, self._names, strict=True)
            if other != block
        ]
        extra = files.belonging(html, pieces)
        form = "files" if extra else "fence" if block.kind == "fence" else "bare"
        problem, trouble = self._trouble(chosen, extra)
        lines = len(_LINE_END.findall(self._text, 0, block.start))
        detail = "; ".join(part for part in (trouble, why + _with(extra), self._around(block)) if part)
        return (
            Delivery(problem=problem, form=form, detail=_sentence(detail), line_offset=lines),
            Document(html=html, files=extra),
        )

    def _documents(self) -> list[_Candidate]:
        """Whole documents; where there are none, the longest piece of HTML, alone."""
        found = []
        pieces = []
        for block, name in zip(self._code, self._names, strict=True):
            language = files.language_of(block.info, name)
            start, end = block.start, block.end
            if (
                block.kind == "bare"
                or blocks.document_start(self._text, start, end)
                or (language == "html" and blocks.document_inside(self._text, start, end))
            ):
                found.append(self._candidate(block, name))
            elif language in {"html", ""} and _PAGE_TAG.match(self._text, start, end):
                pieces.append(self._candidate(block, name))
        if found or pieces:
            return found or [max(pieces, key=lambda piece: piece.block.end - piece.block.start)]
        loose = blocks.find_inside_line(self._text, self._blocks) or self._loose_piece()
        return [self._candidate(loose, "")] if loose else []

    def _candidate(self, block: Block, name: str) -> _Candidate:
        page = survey(self._text, block.start, block.end)
        return _Candidate(block, name, page.finished(closed=block.closed), page.stops_in)

    def _loose_piece(self) -> Block | None:
        """Markup without a document's start and without a fence, from the first line that begins with a tag."""
        if any(block.kind == "fence" for block in self._blocks):
            return None
        begin = self._blocks[-1].outer_end if self._blocks else 0
        found = _PAGE_TAG_LINE.search(self._text, begin)
        if found is None or "</script>" not in self._text[found.start() :].lower():
            return None
        return blocks.bare_document(self._text, found.start(), len(self._text))

    def _choose(self, documents: list[_Candidate]) -> tuple[_Candidate, str]:
        """The document that a reader would copy, and how it was chosen, in words."""
        if len(documents) == 1:
            return documents[0], "one HTML document"
        count = f"of {len(documents)} HTML documents"
        for document in documents:
            if document.name.lower() == "index.html" and document.finished:
                later = [d for d in documents if d.name.lower() == "index.html" and d.finished]
                return self._latest(later), f"index.html {count}"
        finished = [document for document in documents if document.finished]
        if not finished:
            return documents[0], f"the first {count}"
        chosen = self._latest(finished)
        position = documents.index(chosen)
        if chosen is finished[0]:
            return chosen, f"the first {count}" if position == 0 else f"the first finished one {count}"
        return chosen, f"number {position + 1} {count}, which the reply calls the better version"

    def _latest(self, finished: list[_Candidate]) -> _Candidate:
        """The first, or the last that the prose before it announces as replacing what came before."""
        chosen = finished[0]
        for document in finished[1:]:
            before = max((b.outer_end for b in self._blocks if b.outer_end <= document.block.outer_start), default=0)
            if wording.replaces(self._text[before : document.block.outer_start]):
                chosen = document
        return chosen

    def _trouble(self, chosen: _Candidate, extra: dict[str, str]) -> tuple[DeliveryProblem | None, str]:
        if chosen.finished:
            last = self._code[-1] if self._code else chosen.block
            if not last.closed and last != chosen.block and self._text[last.start : last.end] in extra.values():
                return "truncated-reply", "the reply stops inside a file that the page needs"
            return None, ""
        if self._cut:
            return "truncated-reply", f"only the first {MAX_CHARACTERS:,} characters of the reply were read"
        where = chosen.stops_in
        inside = "a comment" if where == "comment" else "a tag" if where == "tag" else f"its <{where}>" if where else ""
        return "truncated-reply", f"the page stops inside {inside}" if inside else "the page stops before its end"

    def _nothing(self) -> Delivery:
        """What a reply without any HTML is."""
        problem: DeliveryProblem = "no-document"
        words = _count(self._prose_words(), "word")
        if not self._text.strip():
            return Delivery(problem=problem, form="empty", detail="The reply is empty.")
        if stopped := self._stopped():
            form = "fence" if self._code else "prose"
            return Delivery(problem="truncated-reply", form=form, detail=stopped)
        if self._code:
            kinds = ", ".join(sorted({self._language(block) or "unnamed" for block in self._code}))[:200]
            detail = f"{_count(len(self._code), 'piece')} of code ({kinds}), none of them HTML."
            return Delivery(problem=problem, form="fence", detail=detail)
        if wording.refuses(self._prose()):
            return Delivery(problem="refused", form="prose", detail=f"The reply is a refusal of {words}.")
        return Delivery(problem=problem, form="prose", detail=f"The reply is {words} of prose, without HTML.")

    def _stopped(self) -> str:
        """How a reply without any HTML shows that there was more to come; "" where it does not."""
        last = self._blocks[-1] if self._blocks else None
        if self._cut:
            return f"There is no HTML in the first {MAX_CHARACTERS:,} characters of the reply."
        if last and not last.closed and last.kind == "thinking":
            return "The reply stops while the model thinks."
        if last and not last.closed and self._language(last) in {"html", "css", "js"}:
            return "The reply stops inside its code, before there was an HTML document."
        return ""

    def _name(self, block: Block) -> str:
        if block.kind == "bare":
            return ""
        if block.kind == "file":
            return files.relative(block.info)
        before = self._text[max(0, block.outer_start - 500) : block.outer_start].rstrip()
        content = self._text[block.start : min(block.end, block.start + 500)]
        return files.name_of(block.info, content, before.rpartition("\n")[2])

    def _language(self, block: Block) -> str:
        return files.language_of(block.info, self._name(block))

    def _prose(self) -> str:
        """Everything outside the blocks."""
        at = 0
        parts = []
        for block in self._blocks:
            parts.append(self._text[at : block.outer_start])
            at = block.outer_end
        return "\n".join([*parts, self._text[at:]])

    def _prose_words(self) -> int:
        return sum(1 for _ in _WORD.finditer(self._prose()))

    def _around(self, chosen: Block) -> str:
        """What stands around the document, in words."""
        thought = "thinking left out" if any(block.kind == "thinking" for block in self._blocks) else ""
        known = chosen in self._blocks
        words = self._prose_words() if known else len(_WORD.findall(self._text, 0, chosen.start))
        prose = f"{_count(words, 'word')} of prose around it" if words else ""
        return "; ".join(part for part in (thought, prose) if part)


def _with(extra: dict[str, str]) -> str:
    names = ", ".join(list(extra)[:5]) + (", …" if len(extra) > 5 else "")
    return f" with {_count(len(extra), 'file')} that it refers to ({names})" if extra else ""


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
