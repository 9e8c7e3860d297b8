"""The ledger: every line on the disk before the next step, no change unnoticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sampler import disk, ledger
from sampler.errors import RunFolderError
from sampler.ledger import Fact, Ledger
from sampler.records import AttemptId, CellPlan, Failure, Prompt, RunManifest

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = RunManifest(
    run="demo",
    created_at="2026-01-01T00:00:00.000+00:00",
    version="0.1.0",
    prompts=(Prompt(id="cube", title="Cube", text="A cube."),),
    cells=(CellPlan(prompt="cube", model="recorded:compact", n=3),),
)
ROOT = disk.sha256(disk.to_json(MANIFEST))
FIRST = AttemptId(prompt="cube", model="recorded:compact", number=1)
REPLY = disk.sha256(b"reply")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The ledger of a run that was planned, and whose first attempt is through."""
    file = tmp_path / "ledger.jsonl"
    file.write_bytes(ledger.first_lines(MANIFEST))
    with Ledger(file, ROOT) as book:
        book.append(Fact(kind="asked", attempt=FIRST))
        book.append(Fact(kind="answered", attempt=FIRST, sha256=REPLY))
        book.append(Fact(kind="rendered", attempt=FIRST, sha256=REPLY, pictures={"frame-1.png": REPLY}))
        book.append(Fact(kind="scored", attempt=FIRST, sha256=REPLY, outcome="passed", value=85))
    return file


def test_all_attempts_are_planned_before_the_first_is_asked(path: Path) -> None:
    """The ledger begins with one planned line per attempt, with the hash of the prompt's text."""
    facts = [event.fact for event in ledger.read(path, ROOT)]
    assert [fact.kind for fact in facts] == ["planned"] * 3 + ["asked", "answered", "rendered", "scored"]
    assert {fact.sha256 for fact in facts[:3]} == {disk.sha256(b"A cube.")}


def test_a_changed_character_is_found_in_every_line(path: Path) -> None:
    """Changing any single line of the ledger makes reading it fail, except the last, whose hash nobody holds yet."""
    lines = path.read_bytes().splitlines(keepends=True)
    for number in range(len(lines) - 1):
        changed = lines.copy()
        changed[number] = changed[number].replace(b'+00:00"', b'+01:00"')
        assert changed[number] != lines[number]
        path.write_bytes(b"".join(changed))
        with pytest.raises(RunFolderError, match=f"line {number + 2} does not follow line {number + 1}"):
            ledger.read(path, ROOT)


@pytest.mark.parametrize("order", [(1, 0, 2, 3, 4, 5, 6), (0, 2, 3, 4, 5, 6), (0, 0, 1, 2, 3, 4, 5, 6), (3, 4, 5, 6)])
def test_moved_dropped_and_doubled_lines_are_found(path: Path, order: tuple[int, ...]) -> None:
    """Lines in another order, a line too few or too many, break the chain."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[number] for number in order))
    with pytest.raises(RunFolderError, match="does not follow"):
        ledger.read(path, ROOT)


def test_another_manifest_is_found(path: Path) -> None:
    """The chain begins with the manifest: a run whose plan was changed does not fit its ledger."""
    with pytest.raises(RunFolderError, match=r"line 1 does not follow manifest\.json"):
        ledger.read(path, REPLY)


def test_half_a_last_line_is_cut_off_when_the_run_goes_on(path: Path) -> None:
    """A line torn by a kill stops a reader, and is gone once the run is opened for writing."""
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"number":7,"prev')
    with pytest.raises(RunFolderError, match="sampler resume"):
        ledger.read(path, ROOT)
    with Ledger(path, ROOT) as book:
        book.append(Fact(kind="asked", attempt=FIRST))
    assert path.read_bytes().startswith(whole)
    assert len(ledger.read(path, ROOT)) == 8


def test_half_a_line_in_the_middle_is_never_mended(path: Path) -> None:
    """Damage anywhere but at the very end is an error for a writer, too, and the file is left as it is."""
    lines = path.read_bytes().splitlines(keepends=True)
    damaged = b"".join([*lines[:4], lines[4][:20] + b"\n", *lines[5:]])
    path.write_bytes(damaged)
    with pytest.raises(RunFolderError, match="line 5"):
        Ledger(path, ROOT)
    assert path.read_bytes() == damaged


def test_what_the_ledger_knows_is_not_written_twice(path: Path) -> None:
    """`ensure` adds a line only for a fact that differs from the last one of its kind."""
    with Ledger(path, ROOT) as book:
        book.ensure(Fact(kind="answered", attempt=FIRST, sha256=REPLY))
        book.ensure(Fact(kind="scored", attempt=FIRST, sha256=REPLY, outcome="passed", value=84))
    facts = [event.fact for event in ledger.read(path, ROOT)]
    assert [(fact.kind, fact.value) for fact in facts[7:]] == [("scored", 84)]


def test_a_failure_with_broken_text_keeps_the_chain(path: Path) -> None:
    """A provider's message that UTF-8 cannot hold is written, and the chain still holds."""
    failure = Failure(whose="provider", slug="provider", message="half \ud83d an emoji")
    with Ledger(path, ROOT) as book:
        book.append(Fact(kind="failed", attempt=FIRST, failure=failure))
        book.append(Fact(kind="asked", attempt=FIRST))
    assert len(ledger.read(path, ROOT)) == 9


def test_the_digest_is_of_the_content_not_of_the_times(path: Path, tmp_path: Path) -> None:
    """Another run with the same replies, pictures and scores has the same digest."""
    later = MANIFEST.model_copy(update={"run": "demo-2", "created_at": "2026-02-02T00:00:00.000+00:00"})
    root = disk.sha256(disk.to_json(later))
    other = tmp_path / "other.jsonl"
    other.write_bytes(ledger.first_lines(later))
    with Ledger(other, root) as book:
        for event in ledger.read(path, ROOT)[3:]:
            slower = {"sha256": disk.sha256(b"the same facts, gathered in another time")}
            book.append(event.fact.model_copy(update=slower if event.fact.kind == "rendered" else {}))
    assert ledger.digest(ledger.read(other, root)) == ledger.digest(ledger.read(path, ROOT))


@pytest.mark.parametrize(
    "change",
    [
        Fact(kind="answered", attempt=FIRST, sha256=disk.sha256(b"another reply")),
        Fact(kind="rendered", attempt=FIRST, pictures={"frame-1.png": disk.sha256(b"another picture")}),
        Fact(kind="scored", attempt=FIRST, outcome="passed", value=84),
        Fact(kind="scored", attempt=FIRST.model_copy(update={"number": 2}), outcome="failed", value=0),
        Fact(kind="failed", attempt=FIRST, failure=Failure(whose="provider", slug="provider", message="500")),
    ],
)
def test_the_digest_commits_to_replies_pictures_and_scores(path: Path, change: Fact) -> None:
    """Another reply, picture, score or failure gives another digest."""
    before = ledger.digest(ledger.read(path, ROOT))
    with Ledger(path, ROOT) as book:
        book.append(change)
    assert ledger.digest(ledger.read(path, ROOT)) != before


def test_reporting_again_does_not_change_the_digest(path: Path) -> None:
    """Facts that are written down once more leave the digest as it is."""
    before = ledger.digest(ledger.read(path, ROOT))
    with Ledger(path, ROOT) as book:
        for event in book.events[3:]:
            book.append(event.fact)
    assert ledger.digest(ledger.read(path, ROOT)) == before
