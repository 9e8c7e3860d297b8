"""Pages on disk: which files a path means, and what is refused before anything is rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sampler import pages
from sampler.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "<!doctype html><canvas></canvas>"


def write(path: Path, content: str = PAGE) -> Path:
    """A file, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def test_a_folder_is_every_page_below_it_by_name(tmp_path: Path) -> None:
    """Pages of all depths, sorted, without hidden ones and without other files."""
    for name in ("b.html", "a.HTM", "sub/c.html", ".hidden.html", ".git/d.html", "notes.txt", "sub/x.js"):
        write(tmp_path / name)
    found = pages.find([tmp_path])
    assert [page.shown for page in found] == [str(tmp_path / name) for name in ("a.HTM", "b.html", "sub/c.html")]
    assert [(page.root, page.page) for page in found][2] == (str(tmp_path / "sub"), "c.html")


def test_a_page_that_is_given_twice_is_one_page(tmp_path: Path) -> None:
    """A file, its folder and a link to it mean one page."""
    page = write(tmp_path / "a.html")
    (tmp_path / "link.html").symlink_to(page)
    assert len(pages.find([page, tmp_path, tmp_path / "link.html"])) == 1


def test_a_root_answers_for_all_pages_below_it(tmp_path: Path) -> None:
    """With a root, a page's address is its path below that root."""
    page = write(tmp_path / "examples/deep/a.html")
    (found,) = pages.find([page], tmp_path)
    assert (found.root, found.page) == (str(tmp_path), "examples/deep/a.html")


def test_a_page_outside_of_its_root_is_refused(tmp_path: Path) -> None:
    """Neither a path nor a link leads out of the root."""
    outside = write(tmp_path / "a.html")
    inside = write(tmp_path / "root/b.html")
    (tmp_path / "root/link.html").symlink_to(outside)
    for path in (outside, tmp_path / "root/link.html", tmp_path / "root/../a.html"):
        with pytest.raises(InputError, match="lies outside of --root"):
            pages.find([inside, path], tmp_path / "root")


def test_what_is_no_page_is_one_sentence(tmp_path: Path) -> None:
    """A missing path, an empty folder, another kind of file, bytes that are no text, and a wrong root are named."""
    (tmp_path / "empty").mkdir()
    text = write(tmp_path / "notes.txt", "hello")
    picture = tmp_path / "picture.html"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    for path, problem in (
        (tmp_path / "nothing", "There is no file or folder"),
        (tmp_path / "empty", "holds no HTML page"),
        (text, "is not an HTML file"),
        (picture, "is no text"),
    ):
        with pytest.raises(InputError, match=problem):
            pages.find([path])
    with pytest.raises(InputError, match="is not a folder"):
        pages.find([text], tmp_path / "nothing")
    with pytest.raises(InputError, match="No page was given"):
        pages.find([])


def test_an_empty_page_is_a_page(tmp_path: Path) -> None:
    """A file without content is scored like any other: it shows nothing."""
    assert len(pages.find([write(tmp_path / "a.html", "")])) == 1


def test_a_page_keeps_its_letters() -> None:
    """UTF-8 with and without mark, and UTF-16, are read as a browser reads them."""
    assert pages.text("é".encode()) == "é"
    assert pages.text("é".encode("utf-8-sig")) == "é"
    assert pages.text("é".encode("utf-16")) == "é"
    assert pages.text(b"\xe9") == "\ufffd"


def test_an_import_map_is_taken_as_it_stands(tmp_path: Path) -> None:
    """The text of a right import map is handed on unchanged."""
    content = '{"imports": {"three": "./build/three.module.js"}, "scopes": {}}'
    assert pages.import_map(write(tmp_path / "map.json", content)) == content


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '"x"', '{"imports": []}', '{"import": {}}', "[" * 100_000, "import three from 'three'"]
)
def test_a_wrong_import_map_is_one_sentence(tmp_path: Path, content: str) -> None:
    """What is no JSON, or no import map, is refused with the file's name."""
    path = write(tmp_path / "map.json", content)
    with pytest.raises(InputError, match=r"map\.json is not an import map"):
        pages.import_map(path)


def test_a_missing_import_map_is_one_sentence(tmp_path: Path) -> None:
    """A path without a file is refused with its name."""
    with pytest.raises(InputError, match=r"map\.json cannot be read"):
        pages.import_map(tmp_path / "map.json")
