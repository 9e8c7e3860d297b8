"""The run folder: whole or not at all, names that cannot play tricks, errors that say what to do."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampler import disk, ledger, store
from sampler.errors import InputError, OutputError, RunFolderError, UnknownRunError
from sampler.records import (
    Attempt,
    AttemptId,
    CellPlan,
    Delivery,
    Document,
    PageError,
    Prompt,
    Render,
    Rendered,
    RunManifest,
    Score,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ID = AttemptId(prompt="cube", model="recorded:compact", number=1)


def manifest(run: str = "demo") -> RunManifest:
    """A plan of two attempts."""
    return RunManifest(
        run=run,
        created_at="2026-01-01T00:00:00.000+00:00",
        version="0.1.0",
        prompts=(Prompt(id="cube", title="Cube", text="A cube."),),
        cells=(CellPlan(prompt="cube", model="recorded:compact", n=2),),
    )


def create(out: Path, run: str = "demo") -> store.RunFolder:
    """A new run on the disk."""
    return store.create(out, manifest(run), ledger.first_lines(manifest(run)))


def answer(text: bytes = b"<p>hello</p>") -> Attempt:
    """An answer whose reply is `text`."""
    return Attempt(id=ID, asked_at=ledger.now(), reply_sha256=disk.sha256(text), reply_characters=len(text))


def hidden(folder: Path) -> list[Path]:
    """What was left half-written below a folder."""
    return [path for path in folder.rglob("*") if path.name.endswith((".tmp", ".part"))]


def test_a_new_run_holds_its_manifest_and_every_planned_attempt(tmp_path: Path) -> None:
    """A run that was just created can be read back, and its ledger has a line per planned attempt."""
    run = create(tmp_path)
    assert run.manifest() == manifest()
    events = ledger.read(run.ledger, run.manifest_sha256())
    assert [event.fact.attempt.label for event in events] == ["01", "02"]
    assert hidden(tmp_path) == []


def test_records_come_back_as_they_went_in(tmp_path: Path) -> None:
    """Answer, document, facts, pictures and verdict are read back equal, from the layout that is documented."""
    run = create(tmp_path)
    render = Render(id=ID, delivery=Delivery(problem=None, form="bare", detail="One document."))
    score = Score(id=ID, outcome="passed", value=90)
    kept = answer()
    run.write_answer(kept, b"<p>hello</p>")
    run.write_document(ID, Document(html="<p>hello</p>", files={"js/main.js": "1"}))
    hashes = run.write_rendered(Rendered(render=render, pictures={"frame-1.png": b"png"}))
    run.write_score(score)
    assert run.attempt(ID) == kept
    assert run.reply(kept) == b"<p>hello</p>"
    assert run.render(ID) == render
    assert run.score(ID) == score
    assert hashes == {"frame-1.png": disk.sha256(b"png")}
    folder = tmp_path / "renders/demo/attempts/cube/recorded-compact/01"
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()) == [
        "attempt.json",
        "files/js/main.js",
        "frame-1.png",
        "page.html",
        "render.json",
        "reply.txt",
        "score.json",
    ]
    assert run.stored_attempts() == (ID.path,)


def test_an_answer_is_never_replaced(tmp_path: Path) -> None:
    """A second answer to the same question is refused and the first one stays."""
    run = create(tmp_path)
    run.write_answer(answer(), b"<p>hello</p>")
    with pytest.raises(RunFolderError, match="no answer is ever replaced"):
        run.write_answer(answer(b"better"), b"better")
    assert run.reply(answer()) == b"<p>hello</p>"


def test_new_facts_remove_the_verdict_on_the_old_ones(tmp_path: Path) -> None:
    """After an attempt is rendered again it has no score until it is scored again."""
    run = create(tmp_path)
    render = Render(id=ID, delivery=Delivery(problem=None, form="bare", detail="One document."))
    run.write_rendered(Rendered(render=render, pictures={}))
    run.write_score(Score(id=ID, outcome="passed", value=90))
    run.write_rendered(Rendered(render=render, pictures={}))
    assert run.score(ID) is None


def test_an_answer_that_was_whole_when_the_program_was_killed_is_taken_in(tmp_path: Path) -> None:
    """A complete answer before its last rename is kept on resume, an incomplete one is dropped."""
    run = create(tmp_path)
    run.write_answer(answer(), b"<p>hello</p>")
    folder = run.attempt_folder(ID)
    folder.rename(folder.with_name(".01.part"))
    torn = folder.with_name(".02.part")
    torn.mkdir()
    (torn / "reply.txt").write_bytes(b"<p>hel")
    run.recover_answers()
    assert run.reply(answer()) == b"<p>hello</p>"
    assert run.stored_attempts() == (ID.path,)
    assert hidden(tmp_path) == []


def test_a_changed_reply_is_noticed(tmp_path: Path) -> None:
    """A reply that is no longer what was recorded is an error that names the file."""
    run = create(tmp_path)
    run.write_answer(answer(), b"<p>hello</p>")
    (run.attempt_folder(ID) / "reply.txt").write_bytes(b"<p>better</p>")
    with pytest.raises(RunFolderError, match=r"reply\.txt is not the reply that was recorded"):
        run.reply(answer())


@pytest.mark.parametrize(
    ("file", "remedy"),
    [("manifest.json", "copy"), ("attempt.json", "copy"), ("render.json", "sampler resume demo")],
)
def test_a_damaged_record_names_its_file_and_a_remedy(tmp_path: Path, file: str, remedy: str) -> None:
    """Reading a record that was damaged is one sentence with the file and what to do."""
    run = create(tmp_path)
    run.write_answer(answer(), b"<p>hello</p>")
    path = run.path / file if file == "manifest.json" else run.attempt_folder(ID) / file
    path.write_text('{"id": 1', encoding="utf-8")
    read: dict[str, Callable[[], object]] = {
        "manifest.json": run.manifest,
        "attempt.json": lambda: run.attempt(ID),
        "render.json": lambda: run.render(ID),
    }
    with pytest.raises(RunFolderError) as caught:
        read[file]()
    assert str(path) in str(caught.value)
    assert remedy in str(caught.value)


def test_an_attempt_that_was_moved_is_noticed(tmp_path: Path) -> None:
    """A folder renamed to another attempt's number is an error, not that attempt."""
    run = create(tmp_path)
    run.write_answer(answer(), b"<p>hello</p>")
    run.attempt_folder(ID).rename(run.attempt_folder(ID).with_name("02"))
    with pytest.raises(RunFolderError, match="belongs to"):
        run.attempt(ID.model_copy(update={"number": 2}))


def test_text_that_utf8_cannot_hold_is_stored(tmp_path: Path) -> None:
    """A lone surrogate that a page wrote to an error message becomes U+FFFD, and the facts can be read back."""
    run = create(tmp_path)
    broken = PageError(kind="error", message="half \ud83d an emoji")
    render = Render(id=ID, delivery=Delivery(problem=None, form="bare", detail="One document."), errors=(broken,))
    run.write_rendered(Rendered(render=render, pictures={}))
    stored = run.render(ID)
    assert stored is not None
    assert stored.errors[0].message == "half \ufffd an emoji"


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../up", "a/b", "/etc", "a\\b", "-rf", "README.md", "x" * 101, "a\n", "ä", "a."]
)
def test_a_run_has_a_plain_name(tmp_path: Path, name: str) -> None:
    """A name that is no plain folder name is refused before anything is written."""
    with pytest.raises(InputError, match="cannot be a run's name"):
        create(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_a_taken_name_is_an_error_and_the_run_stays(tmp_path: Path) -> None:
    """Creating a run twice says how to go on, and leaves the first one alone."""
    run = create(tmp_path)
    with pytest.raises(OutputError, match="sampler resume demo"):
        create(tmp_path)
    assert run.manifest() == manifest()
    assert hidden(tmp_path) == []


def _race(out: Path, start: object, won: object) -> None:
    start.wait()  # type: ignore[attr-defined]  # a Barrier's proxy has no public type
    try:
        create(out)
    except OutputError:
        return
    won.put(os.getpid())  # type: ignore[attr-defined]  # as above


def test_of_two_processes_that_create_one_run_one_wins(tmp_path: Path) -> None:
    """Four processes ask for the same new name at once: one gets it, the others get the error."""
    context = multiprocessing.get_context("spawn")
    start, won = context.Barrier(4), context.Queue()
    racers = [context.Process(target=_race, args=(tmp_path, start, won)) for _ in range(4)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(60)
    assert [racer.exitcode for racer in racers] == [0, 0, 0, 0]
    won.get(timeout=10)
    assert won.empty()
    assert hidden(tmp_path) == []


def test_names_count_up(tmp_path: Path) -> None:
    """The same base name gives demo, demo-2, demo-3."""
    made = [
        store.create_next(tmp_path, "demo", lambda name: (manifest(name), ledger.first_lines(manifest(name)))).name
        for _ in range(3)
    ]
    assert made == ["demo", "demo-2", "demo-3"]


def test_a_run_is_found_by_name_by_folder_and_as_the_newest(tmp_path: Path) -> None:
    """`find` takes a name, a folder, or nothing for the newest; a README is no run."""
    (tmp_path / "renders").mkdir()
    (tmp_path / "renders/README.md").write_text("no run", encoding="utf-8")
    create(tmp_path, "old")
    new = create(tmp_path, "new")
    os.utime(tmp_path / "renders/old/manifest.json", (1, 1))
    assert store.names(tmp_path) == ("old", "new")
    assert store.find(tmp_path, None).path == new.path
    assert store.find(tmp_path, "old").name == "old"
    by_folder = store.find(Path("/nowhere"), str(tmp_path / "renders/old"))
    assert by_folder.report == tmp_path / "reports/old"


@pytest.mark.parametrize("ref", ["nope", "../..", "renders", "", "a\0b", "README.md", "x" * 5000])
def test_an_unknown_run_is_one_sentence(tmp_path: Path, ref: str) -> None:
    """A name that is no run lists those that there are."""
    create(tmp_path)
    with pytest.raises(UnknownRunError, match="there are demo"):
        store.find(tmp_path, ref)


def test_no_run_at_all_says_how_to_make_one(tmp_path: Path) -> None:
    """The newest of no runs is an error that names the command."""
    with pytest.raises(UnknownRunError, match="sampler demo"):
        store.find(tmp_path, None)


def test_a_file_in_the_way_is_one_sentence(tmp_path: Path) -> None:
    """Where `renders` or a parent of it is a file, or nothing can be made, the error says so and nothing is written."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    for out in (tmp_path / "file", Path(os.devnull) / "x", Path("/proc/none")):
        with pytest.raises(OutputError, match="cannot be written"):
            store.check_writable(out, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_too_little_space_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    """A run that needs more than the disk has is refused at the start."""
    with pytest.raises(OutputError, match="free some space"):
        store.check_writable(tmp_path, 10**12)


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    """A link inside a run that leads out of it is refused, and the place it leads to stays empty."""
    run = create(tmp_path)
    outside = tmp_path / "outside"
    outside.mkdir()
    (run.path / "attempts").symlink_to(outside)
    with pytest.raises(OutputError, match="symbolic link"):
        run.write_answer(answer(), b"<p>hello</p>")
    assert list(outside.iterdir()) == []


def test_a_link_in_a_file_s_place_is_replaced_not_followed(tmp_path: Path) -> None:
    """Writing a record where a link stands replaces the link and leaves its target alone."""
    run = create(tmp_path)
    run.write_answer(answer(), b"<p>hello</p>")
    target = tmp_path / "target"
    target.write_text("mine", encoding="utf-8")
    (run.attempt_folder(ID) / "score.json").symlink_to(target)
    run.write_score(Score(id=ID, outcome="passed", value=90))
    assert target.read_text(encoding="utf-8") == "mine"


def test_a_run_is_worked_on_by_one_process(tmp_path: Path) -> None:
    """While a run is locked a second worker gets one sentence; afterwards it can work."""
    run = create(tmp_path)
    with run.lock(), pytest.raises(OutputError, match="Another process"), store.find(tmp_path, "demo").lock():
        pass
    with store.find(tmp_path, "demo").lock():
        pass


@given(st.lists(st.text(max_size=30) | st.sampled_from(["a", "a/b", "a/b/c", "../x", "/x", "a//b", "C:\\x", "b/.."])))
def test_files_of_a_reply_stay_below_their_folder(names: list[str]) -> None:
    """Whatever a reply calls its files, the kept names are relative, inside, and can exist together."""
    kept = disk.file_names(names)
    for name in kept:
        path = os.path.normpath(Path("/base") / name)
        assert path.startswith("/base/")
        assert not any(other.startswith(f"{name}/") for other in kept)


def test_hostile_file_names_are_left_out_and_plain_ones_kept(tmp_path: Path) -> None:
    """Only names that stay in the folder are written; the rest is left out without an error."""
    run = create(tmp_path)
    run.write_answer(answer(), b"<p>hello</p>")
    names = ["../../evil.js", "/evil.js", "a\0.js", "x" * 300, "lib/a.js", "lib", "lib/a.js/b.js", "..", "a\\b"]
    run.write_document(ID, Document(html="", files=dict.fromkeys(names, "1")))
    files = run.attempt_folder(ID) / "files"
    assert [path.relative_to(files).as_posix() for path in files.rglob("*") if path.is_file()] == ["lib/a.js"]
