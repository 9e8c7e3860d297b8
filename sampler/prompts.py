r"""Prompt files and quoted texts become `Prompt` records; a fault is named with its file and line.

A prompt file is `<id>.md`: YAML front matter between two lines of `---`, then the text that is sent.
Line ends are read as `\n` on every system, and blank lines before and after the text are not part of it;
every other character is sent as it stands.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError

from sampler.errors import InputError, PromptFileError, UnknownPromptError
from sampler.records import Need, Prompt

MAX_BYTES = 256 * 1024
"""Longest prompt file and longest quoted text, in bytes of UTF-8."""
MAX_TITLE = 200

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_FENCE = re.compile(r"---[ \t]*")
_UNSENDABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_DRAWN = re.compile(r"\b(?:three\.?js|webgl2?|webgpu)\b", re.IGNORECASE)
_KEYS = ("title", "needs")
_NEEDS: tuple[Need, ...] = get_args(Need)


def folder() -> Path:
    """The folder of the prompts that come with the program: a wheel's copy, else the checkout's `prompts/`."""
    here = Path(__file__).resolve().parent
    for place in (here / "data" / "prompts", here.parent / "prompts"):
        if place.is_dir():
            return place
    raise InputError("The prompts that come with the program are missing; install it again.")


def available(place: Path | None = None) -> tuple[Prompt, ...]:
    """Every prompt of a folder (default: those that come with the program), by id; README.md is not one."""
    files = sorted((folder() if place is None else place).glob("*.md"))
    return tuple(read_file(file) for file in files if file.name.lower() != "readme.md")


def load(ref: str, place: Path | None = None) -> Prompt:
    """The prompt that `ref` means: an id, a path to a prompt file, or a quoted text.

    An id is looked up in `place`, then among the prompts that come with the program. A text is whatever
    holds a space and is no file; a single line that ends in ".md" is always meant as a path.

    Raises:
        PromptFileError: the file is there and has a fault.
        UnknownPromptError: no prompt and no file is meant by it; close ids are named.
        InputError: a text that cannot be sent.
    """
    places = [folder()] if place is None else [place, folder()]
    if _ID.fullmatch(ref):
        for candidate in places:
            file = candidate / f"{ref}.md"
            if _is_file(file):
                return read_file(file)
    if ref.strip() and _is_file(Path(ref)):
        return read_file(Path(ref))
    if ref.lower().endswith(".md") and len(ref.splitlines()) == 1:
        raise UnknownPromptError(
            f"There is no prompt file {ref}; give the path of a file that exists (a text to send must not end in .md)."
        )
    if re.search(r"\S\s+\S", ref):
        return from_text(ref)
    if not ref.strip():
        raise UnknownPromptError("The prompt is empty; give an id, the path of a prompt file, or a quoted text.")
    raise UnknownPromptError(_unknown(ref, places))


def from_text(text: str) -> Prompt:
    """A prompt from a text as it was typed; its id is made of its first words and a hash of all of it.

    A text that names three.js, WebGL or WebGPU asks for a canvas; nothing else is read out of it.
    """
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise InputError("The prompt is not valid UTF-8; put it in a file.") from error
    if len(data) > MAX_BYTES:
        raise InputError(f"The prompt has {len(data):,} bytes; at most {MAX_BYTES:,} can be sent.")
    if bad := _UNSENDABLE.search(text):
        raise InputError(f"The prompt holds the control character U+{ord(bad[0]):04X}; remove it.")
    words = re.findall(r"[a-z0-9]+", text.lower())
    start = "-".join(words[:6])[:40].strip("-") or "text"
    plain = " ".join(text.split())
    return Prompt(
        id=f"{start}-{hashlib.sha256(data).hexdigest()[:8]}",
        title=plain if len(plain) <= 60 else plain[:59].rstrip() + "…",
        text=text,
        needs=("canvas",) if _DRAWN.search(text) else (),
    )


def read_file(path: Path) -> Prompt:
    """One prompt file as a record.

    Raises:
        PromptFileError: with the file, the line of the fault, and what should stand there.
    """
    source = str(path)
    lines = _lines(path)
    if not _ID.fullmatch(path.stem):
        better = "-".join(re.findall(r"[a-z0-9]+", path.stem.lower())) or "my-prompt"
        raise PromptFileError(
            source, 1, f"the file's name is the prompt's id: small letters, digits and hyphens, such as {better}.md"
        )
    end = _end_of_front_matter(source, lines)
    front = _FrontMatter(source, "\n".join(lines[1:end]))
    title, needs = front.read()
    body = list(enumerate(lines[end + 1 :], start=end + 2))
    for number, line in body:
        if bad := _UNSENDABLE.search(line):
            raise PromptFileError(source, number, f"remove the control character U+{ord(bad[0]):04X}")
    filled = [index for index, (_, line) in enumerate(body) if line.strip()]
    if not filled:
        raise PromptFileError(source, len(lines), "there is no text to send below the front matter")
    text = "\n".join(line for _, line in body[filled[0] : filled[-1] + 1])
    return Prompt(id=path.stem, title=title, text=text, needs=needs, source=source)


def _lines(path: Path) -> list[str]:
    source = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{source} cannot be read: {error.strerror}.") from error
    if len(data) > MAX_BYTES:
        raise PromptFileError(source, 1, f"the file is larger than {MAX_BYTES // 1024} KiB; a prompt is a text")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PromptFileError(source, line, "not UTF-8; save the file with that encoding") from error
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _end_of_front_matter(source: str, lines: list[str]) -> int:
    """Index of the line that closes the front matter; the first line opens it."""
    if not _FENCE.fullmatch(lines[0]):
        raise PromptFileError(source, 1, "front matter is missing: start with ---, then title: …, then ---")
    for index, line in enumerate(lines[1:], start=1):
        if _FENCE.fullmatch(line):
            return index
    raise PromptFileError(source, 1, "the front matter that starts here is never closed by a line of ---")


@dataclass(frozen=True)
class _FrontMatter:
    """The YAML between the two fences of `source`; its first line is the file's second."""

    source: str
    yaml: str

    def read(self) -> tuple[str, tuple[Need, ...]]:
        """Title and needs; composed, not loaded, so that every fault has its line."""
        try:
            root = yaml.compose(self.yaml, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise PromptFileError(
                self.source, mark.line + 2 if mark else 2, f"not valid YAML: {error.problem or error.context}"
            ) from error
        except ReaderError as error:
            line = self.yaml.count("\n", 0, error.position) + 2
            raise PromptFileError(self.source, line, f"not valid YAML: {error.reason}") from error
        except RecursionError as error:
            raise PromptFileError(self.source, 2, "not valid front matter: nested far too deep") from error
        if root is None:
            raise PromptFileError(self.source, 1, "the front matter is empty; it needs a line such as title: My scene")
        if not isinstance(root, MappingNode):
            raise self._fault(root, "front matter is made of lines such as title: My scene")
        return self._fields(root)

    def _fields(self, root: MappingNode) -> tuple[str, tuple[Need, ...]]:
        found: dict[str, Node] = {}
        for key, value in root.value:
            name = key.value if isinstance(key, ScalarNode) else None
            if name not in _KEYS:
                raise self._fault(key, f"unknown key {name!r}{_close(str(name), _KEYS)}; known are {', '.join(_KEYS)}")
            if name in found:
                raise self._fault(key, f"{name} stands here for the second time")
            found[name] = value
        if "title" not in found:
            raise PromptFileError(self.source, 1, "the front matter has no title")
        return self._title(found["title"]), self._needs(found["needs"]) if "needs" in found else ()

    def _title(self, node: Node) -> str:
        if not isinstance(node, ScalarNode) or node.tag != "tag:yaml.org,2002:str":
            raise self._fault(node, 'title must be text; put it in quotes: title: "…"')
        title: str = node.value.strip()
        if not title:
            raise self._fault(node, "title is empty")
        if not title.isprintable() or len(title) > MAX_TITLE:
            raise self._fault(node, f"title must be one line of at most {MAX_TITLE} printable characters")
        return title

    def _needs(self, node: Node) -> tuple[Need, ...]:
        if not isinstance(node, SequenceNode):
            raise self._fault(node, "needs must be a list, such as needs: [canvas, motion]")
        needs: list[Need] = []
        for item in node.value:
            known: Need | None = next((need for need in _NEEDS if getattr(item, "value", None) == need), None)
            if known is None:
                name = item.value if isinstance(item, ScalarNode) else "a list"
                raise self._fault(item, f"unknown need {name!r}{_close(name, _NEEDS)}; known are {', '.join(_NEEDS)}")
            if known in needs:
                raise self._fault(item, f"{known} stands here for the second time")
            needs.append(known)
        return tuple(needs)

    def _fault(self, node: Node, problem: str) -> PromptFileError:
        return PromptFileError(self.source, node.start_mark.line + 2, problem)


def _close(name: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(name.lower(), known, n=1)
    return f", did you mean {close[0]!r}?" if close else ""


def _unknown(ref: str, places: list[Path]) -> str:
    ids = sorted({file.stem for place in places for file in place.glob("*.md") if file.stem.lower() != "readme"})
    close = difflib.get_close_matches(ref.lower(), ids, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    shown = ref if len(ref) <= 80 else ref[:79] + "…"
    return f"No prompt has the id {shown!r}; {hint}`sampler prompts` lists them all."


def _is_file(path: Path) -> bool:
    """Whether it is a file; a text too long or too strange for a file name is none."""
    try:
        return path.is_file()
    except OSError:
        return False
