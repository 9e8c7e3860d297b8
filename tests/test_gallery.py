"""The gallery as files: complete, honest, bounded, the same every time, and whole whatever fails."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from gallery_hostile import HOSTILE, run_of_strangers
from gallery_runs import Run, run

from sampler import stats
from sampler.errors import OutputError
from sampler.records import Document, PageFile, Summary
from sampler.report import gallery, view

if TYPE_CHECKING:
    from pathlib import Path

    from sampler.records import AttemptId
    from sampler.report.gallery import Assets


class Read(HTMLParser):
    """What a browser would find in a page: tags, ids, addresses, attributes and the text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: set[str] = set()
        self.addresses: list[str] = []
        self.attributes: set[str] = set()
        self.articles: list[dict[str, str]] = []
        self.links: list[dict[str, str]] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.attributes |= given.keys()
        if "id" in given:
            assert given["id"] not in self.ids, f"{given['id']} twice"
            self.ids.add(given["id"])
        self.addresses += [given[name] for name in ("href", "src") if name in given]
        self.addresses += [one.split()[0] for one in given.get("srcset", "").split(",") if one.strip()]
        if tag == "a":
            self.links.append(given)
        if tag == "article":
            self.articles.append(given)

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data


def write(folder: Path, made: Run) -> Path:
    """Write the gallery of a run."""
    return gallery.write(folder, made.manifest, made.summary, made.results, made.assets)


def files(folder: Path) -> dict[str, bytes]:
    """Everything in a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of two models with every kind of attempt."""
    return run(tmp_path_factory.mktemp("run"), models=("recorded:compact", "recorded:sketch"), n=8)


@pytest.fixture(scope="module")
def written(made: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its gallery."""
    return write(tmp_path_factory.mktemp("report") / "demo", made)


def test_every_attempt_is_shown_worst_first(made: Run, written: Path) -> None:
    """Each cell shows all its attempts in order of score, unscored ones last, and says how many of how many."""
    page = Read(written)
    assert len(page.articles) == len(made.results) == 16
    for model in ("recorded-compact", "recorded-sketch"):
        own = [one for one in page.articles if f".{model}." in one["id"]]
        scores = [float(one["data-score"]) if one["data-score"] else 101.0 for one in own]
        assert len(own) == 8
        assert scores == sorted(scores)
        assert [one["data-outcome"] for one in own].count("unscored") == 1
        assert own[-1]["data-outcome"] == "unscored"
    assert "16 of 16 shown" in page.text
    assert "HTTP 500 after 4 tries" in page.text


def test_every_address_leads_somewhere(written: Path) -> None:
    """Every link, picture and fragment of the page and of its source pages is there, inside the folder."""
    pages = [written, *written.parent.rglob("source.html")]
    assert len(pages) > 10
    for path in pages:
        page = Read(path)
        for address in page.addresses:
            if address.startswith("data:image/svg+xml,") or address == "data:,":
                continue
            target, _, fragment = address.partition("#")
            there = (path.parent / unquote(target)).resolve() if target else path.resolve()
            assert there.is_file(), f"{path.name}: {address}"
            assert there.is_relative_to(written.parent.resolve())
            if fragment:
                assert fragment in (page.ids if there == path.resolve() else Read(there).ids), address


def test_the_same_run_gives_the_same_bytes(made: Run, written: Path, tmp_path: Path) -> None:
    """Written again elsewhere, and again in place, not a byte of any file differs."""
    again = write(tmp_path / "again", made)
    assert files(again.parent) == files(written.parent)
    write(tmp_path / "again", made)
    assert files(again.parent) == files(written.parent)


def test_summary_json_is_the_summary(made: Run, written: Path) -> None:
    """summary.json beside the page holds the summary record, indented."""
    text = (written.parent / "summary.json").read_text(encoding="utf-8")
    assert Summary.model_validate(json.loads(text)) == made.summary
    assert text.count("\n") > 50


def test_findings_are_said_in_words_with_their_line(written: Path) -> None:
    """A finding shows what it is, its points, and the very line of the page's source, linked into the listing."""
    page, source = Read(written), Document(html=_page(1)).html.splitlines()[57].strip()
    assert "The page throws: TypeError: OrbitControls is not a constructor" in page.text
    assert source[:100] in page.text
    assert any(address.endswith("/01/source.html#L58") for address in page.addresses)
    assert "three 0.160.0 has no such file." in page.text


def _page(number: int) -> str:
    from gallery_runs import PAGES

    return (PAGES / f"{number:02d}.html").read_text(encoding="utf-8")


def test_a_page_without_findings_still_explains_its_score(tmp_path: Path) -> None:
    """Where nothing was found, what the score lacks is said with its reason."""
    page = Read(write(tmp_path / "report", run(tmp_path / "run", n=9)))
    said = " ".join(page.text.split())
    assert "Nothing found. finish \u221210: few colours, no shadows, half of the frame in use" in said


def test_replies_and_sources_are_copied_to_the_letter(made: Run, written: Path) -> None:
    """reply.txt is the reply, page.html.txt the page; an attempt without a reply has neither and links to neither."""
    identity = made.results[0].attempt.id
    folder = next(written.parent.rglob(identity.path))
    assert (folder / "reply.txt").read_text(encoding="utf-8") == made.assets(identity).reply
    assert (folder / "page.html.txt").read_text(encoding="utf-8") == _page(1)
    unscored = next(one.attempt.id for one in made.results if one.score.outcome == "unscored")
    assert sorted(path.name for path in next(written.parent.rglob(unscored.path)).iterdir()) == ["log.txt"]


def test_a_failed_write_leaves_the_older_gallery_whole(made: Run, tmp_path: Path) -> None:
    """When a new gallery cannot be finished, every file of the older one is as it was and nothing is added."""
    folder = tmp_path / "demo"
    write(folder, made)
    before = files(folder)
    fewer = replace(made, results=made.results[:9])

    def full_disk(identity: AttemptId) -> Assets:
        if identity == fewer.results[6].attempt.id:
            raise OSError(28, "No space left on device")
        return made.assets(identity)

    with pytest.raises(OutputError, match="No space is left"):
        gallery.write(folder, fewer.manifest, fewer.summary, fewer.results, full_disk)
    assert files(folder) == before


def test_a_new_gallery_clears_the_older_ones_files_and_no_others(made: Run, tmp_path: Path) -> None:
    """What the older page showed goes when the new page stands; what others put beside it stays."""
    folder = tmp_path / "demo"
    write(folder, made)
    (folder / "poster.png").write_bytes(b"poster")
    write(folder, replace(made, results=made.results[:9]))
    assert (folder / "poster.png").read_bytes() == b"poster"
    assert len(list((folder / "attempts").iterdir())) == 1
    assert len(Read(folder / "index.html").articles) == 9


def test_a_place_that_cannot_be_written_is_one_sentence(made: Run, tmp_path: Path) -> None:
    """A file in the way of the folder is an OutputError that names it and the remedy."""
    (tmp_path / "demo").write_text("in the way")
    with pytest.raises(OutputError, match="--out"):
        write(tmp_path / "demo", made)
    assert (tmp_path / "demo").read_text() == "in the way"


def test_another_picture_is_never_shown(tmp_path: Path) -> None:
    """A picture that is missing, or not the one that was scored, leaves a stated gap and no image."""
    made = run(tmp_path / "run", n=6)
    good = made.results[5]
    folder = tmp_path / "run" / good.attempt.id.path
    (folder / "frame-1.png").unlink()
    (folder / "frame-2.png").write_bytes((folder / "frame-3.png").read_bytes())
    page = Read(write(tmp_path / "report", made))
    assert "The picture cannot be read: No such file or directory." in page.text
    assert "The stored picture is not the one that was scored." in page.text
    shown = [address for address in page.addresses if f"{good.attempt.id.path}/frame-" in address]
    assert shown
    assert all("/frame-3" in address for address in shown)


def test_frames_that_are_the_same_are_stored_once(written: Path) -> None:
    """Three white frames of a page that throws are one picture, small and large."""
    assert [path.name for path in sorted(next(written.parent.rglob("recorded-compact/01")).glob("*.webp"))] == [
        "frame-1-small.webp",
        "frame-1.webp",
    ]


def test_pages_from_the_disk_have_their_paths(tmp_path: Path) -> None:
    """Pages that no model was asked for are named by their path, and nothing is said of asking."""
    made = run(tmp_path / "run", n=8)
    pages = tuple(PageFile(root="/pages", page=f"{at}.html", shown=f"pages/{at}.html") for at in range(1, 9))
    made = replace(made, manifest=made.manifest.model_copy(update={"pages": pages}))
    page = Read(write(tmp_path / "report", made))
    assert "pages/8.html" in page.text
    assert "no model was asked" in page.text
    assert "What you would ship" not in page.text
    assert "asked again" not in page.text


def test_evidence_is_outlined_in_its_frame(made: Run, written: Path) -> None:
    """A finding that points at a place in a frame is drawn over that frame and over no other."""
    assert any(one.evidence.box for result in made.results for one in result.score.findings)
    boxes = [(link["data-at"], link["data-boxes"]) for link in Read(written).links if "data-boxes" in link]
    assert boxes == [("3 s", "0.0 0.0 1280.0 720.0;")] * 2


def test_an_unfinished_run_says_so(made: Run, tmp_path: Path) -> None:
    """Attempts that were planned and are not there are counted as missing, not passed over."""
    manifest = made.manifest.model_copy(update={"cells": made.manifest.cells[:1]})
    fewer = made.results[:5]
    short = replace(made, manifest=manifest, results=fewer, summary=stats.summarize(manifest, fewer, "0" * 64))
    page = Read(write(tmp_path / "report", short))
    assert "5 of 8 shown" in page.text
    assert "3 planned attempts not there yet" in page.text


def test_a_run_without_any_score_is_still_shown(made: Run, tmp_path: Path) -> None:
    """When nothing could be scored the page says so, with every attempt and its reason."""
    lost = [one for one in made.results if one.score.outcome == "unscored"][:1]
    manifest = made.manifest.model_copy(update={"cells": made.manifest.cells[:1]})
    only = replace(made, manifest=manifest, results=lost, summary=stats.summarize(manifest, lost, "0" * 64))
    page = Read(write(tmp_path / "report", only))
    assert "No attempt was scored, so there is no floor and no ceiling." in page.text
    assert len(page.articles) == 1


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    """Whatever stands in any text of a run adds no tag and no attribute, and no invisible character gets through."""
    harmless = Read(write(tmp_path / "harmless", run(tmp_path / "run", n=8)))
    index = write(tmp_path / "report", run_of_strangers(tmp_path / "strangers"))
    page = Read(index)
    assert set(page.tags) <= set(harmless.tags)
    assert page.attributes <= harmless.attributes
    assert page.tags.count("script") == 2
    assert page.tags.count("style") == 1
    assert "<script>window.pwned = 1</script>" in page.text
    assert "{{ 7 * 7 }}" in page.text
    for path in (index, *index.parent.rglob("source.html"), *index.parent.rglob("log.txt")):
        text = path.read_text(encoding="utf-8")
        assert not set(text) & set("\u202e\u2066\u2028\x00\x1b"), path
    assert "U+202E" in page.text
    for path in index.parent.rglob("source.html"):
        assert set(Read(path).tags) <= {
            *("html", "head", "meta", "title", "link", "style", "body", "h1", "h2", "ol", "li", "a", "code", "i", "p")
        }


def test_a_megabyte_of_text_is_cut_with_a_note(tmp_path: Path) -> None:
    """Endless texts cost the page a few hundred characters each, and it says how long they were."""
    index = write(tmp_path / "report", run_of_strangers(tmp_path / "strangers"))
    assert index.stat().st_size < 600_000
    assert f"(cut; {1_000_000 + len(HOSTILE):,} characters in all)" in Read(index).text


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (0.3, "0.3"), (62, "62"), (61.6, "62"), (99.7, "99.7"), (100, "100"), (None, "\u2013")],
)
def test_0_and_100_are_shown_only_when_true(value: float | None, shown: str) -> None:
    """A score is shown as a whole number, but never rounded to 0 or to 100."""
    assert view.score(value) == shown
