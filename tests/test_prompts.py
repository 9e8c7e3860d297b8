"""Prompt files and quoted texts: what is accepted, and how a fault is named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampler import prompts
from sampler.errors import InputError, PromptFileError, SamplerError, UnknownPromptError

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = [
    "friends-apartment",
    "manhattan-flight",
    "minecraft-clone",
    "solar-system",
    "windows-11-desktop",
]


def write(folder: Path, content: str | bytes, name: str = "my-scene.md") -> Path:
    """A prompt file with this content."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def fault(folder: Path, content: str | bytes, name: str = "my-scene.md") -> PromptFileError:
    """The error that reading a file with this content raises."""
    path = write(folder, content, name)
    with pytest.raises(PromptFileError) as caught:
        prompts.read_file(path)
    assert str(caught.value).startswith(f"{path}:{caught.value.line}: ")
    return caught.value


def test_shipped_prompts_are_the_recorded_ones() -> None:
    """The shipped prompts have the ids, titles and texts that the recorded replies answered, to the byte."""
    recorded = json.loads((prompts.folder() / "recorded" / "prompts.json").read_text(encoding="utf-8"))
    shipped = {prompt.id: prompt for prompt in prompts.available()}
    assert sorted(shipped) == SHIPPED
    assert {(p["id"], p["title"], p["text"]) for p in recorded} == {(p.id, p.title, p.text) for p in shipped.values()}


def test_shipped_needs() -> None:
    """Every shipped scene needs a canvas, the solar system moves by itself, and a desktop needs neither."""
    needs = {prompt.id: prompt.needs for prompt in prompts.available()}
    assert needs["solar-system"] == ("canvas", "motion")
    assert needs["windows-11-desktop"] == ()
    assert all(needs[id_] == ("canvas",) for id_ in SHIPPED if id_ not in {"solar-system", "windows-11-desktop"})


def test_load_by_id_path_and_folder(tmp_path: Path) -> None:
    """An id means the shipped prompt unless the folder has its own; a path means that file."""
    assert prompts.load("solar-system").title == "Solar system"
    own = write(tmp_path, "---\ntitle: Mine\n---\nDraw.", "solar-system.md")
    assert prompts.load("solar-system", tmp_path).title == "Mine"
    assert prompts.load("friends-apartment", tmp_path).title == "Monica's apartment"
    assert prompts.load(str(own)).source == str(own)


def test_text_is_verbatim(tmp_path: Path) -> None:
    """Inner blank lines, tabs, trailing spaces, fences and front-matter look-alikes of a text are kept."""
    text = "  One.\t \n\n---\nkey: [\n```html\n\nTwo — “quoted” \U0001f680 "
    path = write(tmp_path, ("\ufeff---\ntitle: T\nneeds: []\n---\n\n \n" + text + "\n\n\n").replace("\n", "\r\n"))
    assert prompts.read_file(path).text == text


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ("", 1, "front matter is missing"),
        ("Draw a cube.\n", 1, "front matter is missing"),
        ("---\ntitle: T\n\nDraw a cube.\n", 1, "never closed"),
        ("---\n---\nDraw.", 1, "front matter is empty"),
        ("---\n# only a remark\n---\nDraw.", 1, "front matter is empty"),
        ("---\nneeds: [canvas]\n---\nDraw.", 1, "no title"),
        ("---\n- a\n- b\n---\nDraw.", 2, "lines such as title"),
        ("---\njust words\n---\nDraw.", 2, "lines such as title"),
        ("---\ntitle: T\nneed: [canvas]\n---\nDraw.", 3, "did you mean 'needs'?"),
        ("---\ntitle: T\n\nmotion: yes\n---\nDraw.", 4, "known are title, needs"),
        ("---\ntitle: T\n? [a, b]\n: 1\n---\nDraw.", 3, "unknown key"),
        ("---\ntitle: T\ntitle: U\n---\nDraw.", 3, "second time"),
        ("---\ntitle: 1984\n---\nDraw.", 2, "quotes"),
        ("---\ntitle: [T]\n---\nDraw.", 2, "quotes"),
        ("---\ntitle:\n---\nDraw.", 2, "quotes"),
        ('---\ntitle: "  "\n---\nDraw.', 2, "empty"),
        ('---\ntitle: "a\\nb"\n---\nDraw.', 2, "one line"),
        ("---\ntitle: " + "x" * 201 + "\n---\nDraw.", 2, "one line"),
        ("---\ntitle: T\nneeds: canvas\n---\nDraw.", 3, "list"),
        ("---\ntitle: T\nneeds:\n---\nDraw.", 3, "list"),
        ("---\ntitle: T\nneeds:\n  - canvas\n  - moton\n---\nDraw.", 5, "did you mean 'motion'?"),
        ("---\ntitle: T\nneeds: [canvas, [motion]]\n---\nDraw.", 3, "a list"),
        ("---\ntitle: T\nneeds: [canvas, canvas]\n---\nDraw.", 3, "second time"),
        ("---\ntitle: T\n\tneeds: []\n---\nDraw.", 3, "not valid YAML"),
        ('---\ntitle: T\nneeds: ["canvas\n---\nDraw.', 3, "not valid YAML"),
        ("---\ntitle: a: b\n---\nDraw.", 2, "not valid YAML"),
        ("---\ntitle: T\nx: \x01\n---\nDraw.", 3, "not valid YAML"),
        ("---\ntitle: T\nneeds: " + "[" * 5000 + "\n---\nDraw.", 2, "nested far too deep"),
        ("---\ntitle: T\n---\n", 4, "no text"),
        ("---\ntitle: T\n---\n \n\t\n", 6, "no text"),
        ("---\ntitle: T\n---\nDraw\na \x00 cube.", 5, "U+0000"),
        (b"---\ntitle: T\n---\nDraw \xff.", 4, "not UTF-8"),
        ("---\ntitle: T\n---\nDraw.".encode("utf-16"), 1, "not UTF-8"),
        ("---\ntitle: T\n---\n" + "x" * prompts.MAX_BYTES, 1, "larger than"),
    ],
)
def test_fault_has_file_and_line(tmp_path: Path, content: str | bytes, line: int, says: str) -> None:
    """Each fault of a prompt file is one error with the file, the line of the fault, and what should stand there."""
    error = fault(tmp_path, content)
    assert says in error.problem
    assert error.line == line


@pytest.mark.parametrize("name", ["My Scene.md", "scene_1.md", "-x.md", "ä.md", "a--b.md"])
def test_file_name_must_be_an_id(tmp_path: Path, name: str) -> None:
    """A file name that cannot be an id is an error that proposes one."""
    assert "such as " in fault(tmp_path, "---\ntitle: T\n---\nDraw.", name).problem


def test_faulty_file_fails_the_list(tmp_path: Path) -> None:
    """Listing a folder names its faulty file instead of leaving it out; README.md is not a prompt."""
    write(tmp_path, "How to.", "README.md")
    write(tmp_path, "---\ntitle: T\n---\nDraw.", "good.md")
    assert [prompt.id for prompt in prompts.available(tmp_path)] == ["good"]
    write(tmp_path, "oops", "bad.md")
    with pytest.raises(PromptFileError, match=r"bad\.md:1"):
        prompts.available(tmp_path)


@pytest.mark.parametrize(
    ("ref", "says"),
    [
        ("solar-sytem", "solar-system"),
        ("Friends-Apartment", "friends-apartment"),
        ("nothing-like-it", "sampler prompts"),
        ("no/such/file.md", "no prompt file no/such/file.md"),
        ("my prompts/file.md", "no prompt file my prompts/file.md"),
        ("", "empty"),
        (" \n ", "empty"),
        ("x" * 5000, "sampler prompts"),
        ("a\x00b", "sampler prompts"),
    ],
)
def test_unknown_prompt(ref: str, says: str) -> None:
    """What is neither id, file nor text is one sentence with close ids and the way to list them."""
    with pytest.raises(UnknownPromptError, match=says):
        prompts.load(ref)


def test_quoted_text() -> None:
    """A quoted text is sent as typed, its id is made of it, and it needs a canvas if it names three.js."""
    first = prompts.load("A red Cube, in Three.js,\n  that spins / turns! ")
    assert first.text == "A red Cube, in Three.js,\n  that spins / turns! "
    assert first.id.startswith("a-red-cube-in-three-js-")
    assert first.needs == ("canvas",)
    assert first.source is None
    assert first.title == "A red Cube, in Three.js, that spins / turns!"
    other = prompts.load("A red Cube, in Three.js,\n  that spins / turns? ")
    assert other.id != first.id
    plain = prompts.load("ein schöner Tag " * 20)
    assert plain.needs == ()
    assert len(plain.title) == 60


@pytest.mark.parametrize("text", ["a \x00 b", "a \udc80 b", "a " * prompts.MAX_BYTES])
def test_text_that_cannot_be_sent(text: str) -> None:
    """Control characters, broken encoding and endless texts are refused before anything is asked."""
    with pytest.raises(InputError):
        prompts.load(text)


@given(st.text())
def test_load_raises_its_own_errors_only(ref: str) -> None:
    """Whatever is typed gives a prompt whose text is what was typed, or one of the program's own errors."""
    try:
        prompt = prompts.load(ref)
    except SamplerError:
        return
    assert prompt.text == ref


def test_any_bytes_give_a_prompt_or_a_named_line(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever bytes a prompt file holds, the result is a prompt or an error with a line that the file has."""
    folder = tmp_path_factory.mktemp("any")

    @given(st.binary(max_size=200), st.sampled_from([b"", b"---\n", b"---\ntitle: T\n"]))
    def check(data: bytes, before: bytes) -> None:
        path = write(folder, before + data)
        line = 1
        try:
            prompts.read_file(path)
        except PromptFileError as error:
            line = error.line
        assert 1 <= line <= len((before + data).replace(b"\r", b"\n").split(b"\n"))

    check()


def test_unreadable_file(tmp_path: Path) -> None:
    """A prompt that is a folder is not taken for a file."""
    (tmp_path / "thing.md").mkdir()
    with pytest.raises(UnknownPromptError):
        prompts.load(str(tmp_path / "thing.md"))
