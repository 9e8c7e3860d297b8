"""The order of stages: everything is asked once, shown once, and goes on where it was stopped."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from painters import die_at_second, never, paint

from sampler import ledger, pipeline, prompts
from sampler.errors import InputError, OutputError, ProviderError, RunFolderError, SamplerError, UnknownModelError
from sampler.pipeline import Options, Silent
from sampler.records import Attempt, AttemptId, CellPlan, Score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sampler.store import RunFolder

PROMPT = "friends-apartment"
COMPACT = "recorded:compact"


def options(out: Path) -> Options:
    """One worker: these tests are about order, not speed."""
    return Options(out=out, workers=1)


def start(out: Path, n: int = 3, models: tuple[str, ...] = (COMPACT,), name: str | None = None) -> RunFolder:
    """A planned run."""
    return pipeline.start((PROMPT,), models, n, options(out), name=name, render=paint)


def kinds(folder: RunFolder) -> Counter[str]:
    """How often each kind of event stands in the ledger."""
    return Counter(event.fact.kind for event in ledger.read(folder.ledger, folder.manifest_sha256()))


def attempt(number: int) -> AttemptId:
    """An attempt of the runs here."""
    return AttemptId(prompt=PROMPT, model=COMPACT, number=number)


class Stop(Silent):
    """Progress that presses Ctrl-C after so many verdicts."""

    def __init__(self, after: int) -> None:
        self.left = after

    def scored(self, score: Score) -> None:
        """Count down."""
        del score
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


class Watch(Silent):
    """Progress that remembers what it was told."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.heard: list[str] = []

    def began(self, cells: Sequence[CellPlan], done: Sequence[Score]) -> None:
        """What was done before."""
        del cells
        self.done = [score.id.label for score in done]

    def answered(self, attempt: Attempt) -> None:
        """A reply came."""
        self.heard.append(f"answered {attempt.id.label}")

    def scored(self, score: Score) -> None:
        """A verdict fell."""
        self.heard.append(f"scored {score.id.label}")


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of three recorded replies that a test may change."""
    place = tmp_path / "prompts"
    theirs = prompts.folder()
    replies = place / "recorded/compact" / PROMPT
    replies.mkdir(parents=True)
    shutil.copy(theirs / f"{PROMPT}.md", place)
    shutil.copy(theirs / "recorded/prompts.json", place / "recorded")
    for number in (1, 2, 3):
        shutil.copy(theirs / f"recorded/compact/{PROMPT}/0{number}.html", replies)
    monkeypatch.setattr(prompts, "folder", lambda: place)
    return replies


def test_a_run_asks_renders_scores_and_reports_everything(tmp_path: Path) -> None:
    """Two models, three attempts each: all planned first, each asked once, and the report shows them all."""
    folder = start(tmp_path, models=(COMPACT, "recorded:sketch"))
    watch = Watch()
    report = pipeline.finish(folder, options(tmp_path), watch, render=paint)
    assert kinds(folder) == dict.fromkeys(["planned", "asked", "answered", "rendered", "scored"], 6)
    events = ledger.read(folder.ledger, folder.manifest_sha256())
    assert [event.fact.kind for event in events[:6]] == ["planned"] * 6
    assert [(cell.model, cell.n, cell.scored) for cell in report.summary.cells] == [
        (COMPACT, 3, 3),
        ("recorded:sketch", 3, 3),
    ]
    assert report.index == tmp_path / "reports" / PROMPT / "index.html"
    assert report.summary.digest == ledger.digest(events)
    assert folder.summary() == report.summary
    assert len(watch.heard) == 12
    assert pipeline.differences(folder) == ()


def test_two_runs_of_the_same_replies_have_the_same_digest(tmp_path: Path) -> None:
    """The digest is of replies, pictures and scores, so it is the same in two runs and after reporting again."""
    first = pipeline.finish(start(tmp_path), options(tmp_path), Silent(), render=paint)
    second = pipeline.finish(start(tmp_path), options(tmp_path), Silent(), render=paint)
    assert (first.folder.name, second.folder.name) == (PROMPT, f"{PROMPT}-2")
    assert first.summary.digest == second.summary.digest
    again = pipeline.report(first.folder)
    assert again.summary == first.summary


def test_a_stopped_run_goes_on_where_it_was(tmp_path: Path) -> None:
    """After Ctrl-C the rest is done, nothing that was answered is asked again, no verdict is made twice."""
    folder = start(tmp_path, n=4)
    with pytest.raises(KeyboardInterrupt):
        pipeline.finish(folder, options(tmp_path), Stop(2), render=paint)
    with pytest.raises(RunFolderError, match=f"sampler resume {PROMPT}"):
        pipeline.report(folder)
    watch = Watch()
    report = pipeline.finish(folder, options(tmp_path), watch, render=paint)
    assert watch.done == ["01", "02"]
    assert [line for line in watch.heard if line.startswith("scored")] == ["scored 03", "scored 04"]
    assert kinds(folder) == dict.fromkeys(["planned", "asked", "answered", "rendered", "scored"], 4)
    assert report.summary.cells[0].scored == 4
    assert pipeline.differences(folder) == ()


def test_killed_at_any_moment_a_run_loses_nothing(tmp_path: Path) -> None:
    """Six times kill -9 while it asks or renders, then resume: no answer is lost, changed or asked for again."""
    folder = start(tmp_path, n=20)
    program = (
        "import sys; from pathlib import Path; from sampler import pipeline, store; from painters import paint\n"
        "out = Path(sys.argv[1])\n"
        "options = pipeline.Options(out=out, workers=1)\n"
        "pipeline.finish(store.find(out, None), options, pipeline.Silent(), render=paint)\n"
    )
    kept: dict[Path, bytes] = {}
    killed = 0
    for seconds in (0, 0.02, 0.05, 0.1, 0.4, 0.8):
        before = folder.ledger.stat().st_size
        with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], cwd=Path(__file__).parent) as process:
            end = time.monotonic() + 60
            while folder.ledger.stat().st_size == before and process.poll() is None and time.monotonic() < end:
                time.sleep(0.01)
            time.sleep(seconds)
            killed += process.poll() is None
            process.kill()
        assert {path: path.read_bytes() for path in kept} == kept
        kept = {path: path.read_bytes() for path in folder.path.glob("attempts/*/*/[0-9]*/reply.txt")}
    assert killed
    report = pipeline.finish(folder, options(tmp_path), Silent(), render=paint)
    assert {path: path.read_bytes() for path in kept} == kept
    assert report.summary.cells[0].scored == 20
    assert kinds(folder)["answered"] == 20
    assert pipeline.differences(folder) == ()


def test_resuming_a_finished_run_does_nothing_but_report(tmp_path: Path) -> None:
    """A second `finish` neither asks nor renders, and the ledger stays as it is."""
    folder = start(tmp_path)
    first = pipeline.finish(folder, options(tmp_path), Silent(), render=paint)
    before = folder.ledger.read_bytes()
    second = pipeline.finish(folder, options(tmp_path), Silent(), render=never)
    assert folder.ledger.read_bytes() == before
    assert second.summary == first.summary


def test_a_provider_s_failure_is_unscored_and_counted(tmp_path: Path, recorded: Path) -> None:
    """An attempt without a reply is no zero of the model's: unscored, shown, not asked again on resume."""
    folder = start(tmp_path)
    (recorded / "03.html").unlink()
    report = pipeline.finish(folder, options(tmp_path), Silent(), render=paint)
    cell = report.summary.cells[0]
    assert (cell.n, cell.scored, cell.unscored) == (3, 2, 1)
    score = folder.score(attempt(3))
    assert score is not None
    assert score.outcome == "unscored"
    assert score.failure is not None
    assert score.failure.whose == "provider"
    pipeline.finish(folder, options(tmp_path), Silent(), render=never)
    assert kinds(folder)["asked"] == 3
    assert kinds(folder)["failed"] == 1


def test_prose_is_scored_without_a_browser(tmp_path: Path, recorded: Path) -> None:
    """A reply without a page is the model's failure: score 0, no frames, nothing rendered."""
    for number in (1, 2, 3):
        (recorded / f"0{number}.html").write_text("I would begin with a BoxGeometry.", encoding="utf-8")
    folder = start(tmp_path)
    report = pipeline.finish(folder, options(tmp_path), Silent(), render=never)
    assert [result.score.value for result in report.results] == [0, 0, 0]
    assert [result.render.frames for result in report.results] == [(), (), ()]


def test_a_reply_that_was_cut_off_is_rendered_and_scored_0(tmp_path: Path, recorded: Path) -> None:
    """The gallery can show what there is of a truncated page; its score is 0."""
    whole = (recorded / "02.html").read_text(encoding="utf-8")
    (recorded / "02.html").write_text(whole[: len(whole) // 2], encoding="utf-8")
    report = pipeline.finish(start(tmp_path), options(tmp_path), Silent(), render=paint)
    result = report.results[1]
    assert result.render.delivery.problem == "truncated-reply"
    assert len(result.render.frames) == 1
    assert result.score.value == 0


def test_a_repeated_reply_names_the_first_one(tmp_path: Path, recorded: Path) -> None:
    """Replies that are the same to the letter are marked with the earliest attempt that has them."""
    for number in (2, 3):
        shutil.copy(recorded / "01.html", recorded / f"0{number}.html")
    report = pipeline.finish(start(tmp_path), options(tmp_path), Silent(), render=paint)
    assert [result.render.identical_to for result in report.results] == [None, "01", "01"]
    assert report.summary.cells[0].distinct_replies == 1


def test_a_dead_worker_is_our_failure_and_is_mended_on_resume(tmp_path: Path) -> None:
    """The attempt that kills its worker is unscored, the others are scored; resuming renders that one again."""
    folder = start(tmp_path)
    report = pipeline.finish(folder, options(tmp_path), Silent(), render=die_at_second)
    assert [result.score.outcome == "unscored" for result in report.results] == [False, True, False]
    failure = report.results[1].score.failure
    assert failure is not None
    assert (failure.whose, failure.slug) == ("harness", "worker-died")
    watch = Watch()
    mended = pipeline.finish(folder, options(tmp_path), watch, render=paint)
    assert watch.heard == ["scored 02"]
    assert mended.summary.cells[0].unscored == 0
    assert pipeline.differences(folder) == ()


def test_changed_replies_are_found(tmp_path: Path) -> None:
    """A reply that was replaced stops report and resume, and verify names it."""
    folder = start(tmp_path)
    pipeline.finish(folder, options(tmp_path), Silent(), render=paint)
    (folder.attempt_folder(attempt(2)) / "reply.txt").write_text("better", encoding="utf-8")
    assert len(pipeline.differences(folder)) == 1
    assert "02/reply.txt" in pipeline.differences(folder)[0]
    with pytest.raises(RunFolderError, match="sampler verify"):
        pipeline.report(folder)
    with pytest.raises(RunFolderError, match="not the reply that was recorded"):
        pipeline.finish(folder, options(tmp_path), Silent(), render=paint)


def test_a_re_rolled_attempt_is_found(tmp_path: Path) -> None:
    """Replacing reply and record together, hash and all, does not fit the ledger."""
    folder = start(tmp_path)
    pipeline.finish(folder, options(tmp_path), Silent(), render=paint)
    place = folder.attempt_folder(attempt(2))
    (place / "reply.txt").write_bytes(b"better")
    answer = folder.attempt(attempt(2))
    assert answer is not None
    forged = answer.model_copy(update={"reply_sha256": hashlib.sha256(b"better").hexdigest()})
    (place / "attempt.json").write_text(forged.model_dump_json(), encoding="utf-8")
    assert pipeline.differences(folder) == (f"{attempt(2)} is not the answer that the ledger recorded",)


def test_dropped_added_and_swapped_attempts_are_found(tmp_path: Path) -> None:
    """Taking an attempt out, adding one, or exchanging two is noticed by verify."""
    folder = start(tmp_path)
    pipeline.finish(folder, options(tmp_path), Silent(), render=paint)
    second, third = folder.attempt_folder(attempt(2)), folder.attempt_folder(attempt(3))
    aside = tmp_path / "aside"
    second.rename(aside)
    assert any("02 was answered, and its answer is gone" in line for line in pipeline.differences(folder))
    third.rename(second)
    aside.rename(third)
    with pytest.raises(RunFolderError, match="belongs to"):
        pipeline.differences(folder)
    second.rename(aside)
    third.rename(second)
    aside.rename(third)
    assert pipeline.differences(folder) == ()
    shutil.copytree(third, third.with_name("04"))
    assert any("not planned" in line for line in pipeline.differences(folder))


@pytest.mark.parametrize(
    ("file", "again"), [("score.json", []), ("render.json", ["scored 02"]), ("frame-1.png", ["scored 02"])]
)
def test_what_can_be_made_again_is_made_again(tmp_path: Path, file: str, again: list[str]) -> None:
    """A score, facts or picture that was changed stops a report; resuming makes it again from the reply."""
    folder = start(tmp_path)
    report = pipeline.finish(folder, options(tmp_path), Silent(), render=paint)
    path = folder.attempt_folder(attempt(2)) / file
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(RunFolderError, match="not what was recorded"):
        pipeline.report(folder)
    watch = Watch()
    assert pipeline.finish(folder, options(tmp_path), watch, render=paint).summary == report.summary
    assert watch.heard == again
    path.unlink()
    assert pipeline.finish(folder, options(tmp_path), Silent(), render=paint).summary == report.summary


def test_a_report_that_shows_something_else_is_found(tmp_path: Path) -> None:
    """A summary that was made prettier, or is missing, is a difference; reporting again mends it."""
    folder = start(tmp_path)
    report = pipeline.finish(folder, options(tmp_path), Silent(), render=paint)
    pretty = report.summary.model_copy(update={"digest": "0" * 64})
    (folder.report / "summary.json").write_text(pretty.model_dump_json(), encoding="utf-8")
    assert any("sampler report" in line for line in pipeline.differences(folder))
    shutil.rmtree(folder.report)
    assert any("holds no report" in line for line in pipeline.differences(folder))
    pipeline.report(folder)
    assert pipeline.differences(folder) == ()


def test_pages_are_scored_like_replies(tmp_path: Path) -> None:
    """Pages on disk get verdicts in the order in which they were given, under the paths that were given."""
    folder = tmp_path / "site"
    (folder / "sub").mkdir(parents=True)
    for name in ("b.html", "sub/a.html"):
        (folder / name).write_text(f"<title>{name}</title>", encoding="utf-8")
    run = pipeline.start_pages([folder], options(tmp_path), prompt=PROMPT, render=paint)
    report = pipeline.finish(run, options(tmp_path), Silent(), render=paint)
    assert [page.shown for page in report.manifest.pages] == [str(folder / "b.html"), str(folder / "sub/a.html")]
    assert [result.render.delivery.detail for result in report.results] == [
        f"The page {folder}/b.html.",
        f"The page {folder}/sub/a.html.",
    ]
    assert report.results[0].render.needs == ("canvas",)
    assert pipeline.differences(run) == ()


def test_a_page_that_changed_between_stop_and_resume_is_named(tmp_path: Path) -> None:
    """What was read at first and what would be rendered now are not mixed up."""
    paths = [tmp_path / f"{number}.html" for number in (1, 2, 3)]
    for path in paths:
        path.write_text("<p>1</p>", encoding="utf-8")
    run = pipeline.start_pages(paths, options(tmp_path), render=paint)
    with pytest.raises(KeyboardInterrupt):
        pipeline.finish(run, options(tmp_path), Stop(1), render=paint)
    paths[2].write_text("<p>2</p>", encoding="utf-8")
    with pytest.raises(InputError, match=r"3\.html was changed since"):
        pipeline.finish(run, options(tmp_path), Silent(), render=paint)


@pytest.mark.parametrize(
    ("refs", "models", "n", "error"),
    [
        (("friends-apartmint",), (COMPACT,), 3, SamplerError),
        ((PROMPT,), ("recorded:compct",), 3, UnknownModelError),
        ((PROMPT,), (COMPACT,), 21, ProviderError),
        ((PROMPT,), (COMPACT, "recorded:sketch", "openai:none"), 1, UnknownModelError),
        ((), (COMPACT,), 1, InputError),
    ],
)
def test_a_request_that_cannot_work_leaves_nothing(
    tmp_path: Path, refs: tuple[str, ...], models: tuple[str, ...], n: int, error: type[SamplerError]
) -> None:
    """Unknown prompts and models, and more attempts than there are, are refused before a folder is made."""
    with pytest.raises(error):
        pipeline.start(refs, models, n, options(tmp_path), render=paint)
    assert list(tmp_path.iterdir()) == []


def test_two_prompts_of_one_id_are_refused(tmp_path: Path) -> None:
    """A file that has the id of another prompt and another text cannot be in the same run."""
    mine = tmp_path / f"{PROMPT}.md"
    mine.write_text("---\ntitle: Mine\n---\nAnother text.\n", encoding="utf-8")
    with pytest.raises(InputError, match="rename one of the files"):
        pipeline.start((PROMPT, str(mine)), (COMPACT,), 1, options(tmp_path), render=paint)


def test_the_same_prompt_and_model_twice_are_one_cell(tmp_path: Path) -> None:
    """Naming something twice asks it once."""
    folder = pipeline.start((PROMPT, PROMPT), (COMPACT, COMPACT), 2, options(tmp_path), render=paint)
    assert [cell.n for cell in folder.manifest().cells] == [2]


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    """A name that was given is never changed: taken is an error."""
    start(tmp_path, name="mine")
    with pytest.raises(OutputError, match="already a run 'mine'"):
        start(tmp_path, name="mine")


def test_cells_of_one_run_are_compared(tmp_path: Path) -> None:
    """Two models on one prompt: both cells, and one comparison with a verdict; with one model there is nothing."""
    both = pipeline.finish(
        start(tmp_path, models=(COMPACT, "recorded:sketch")), options(tmp_path), Silent(), render=paint
    )
    compared = pipeline.compare(both.folder)
    assert compared.cells == both.summary.cells
    ((first, second),) = [(each.first, each.second) for each in compared.comparisons]
    assert (first, second) == (COMPACT, "recorded:sketch")
    alone = pipeline.finish(start(tmp_path, n=2), options(tmp_path), Silent(), render=paint)
    with pytest.raises(InputError, match="no two cells of one prompt"):
        pipeline.compare(alone.folder)


def test_cells_of_two_runs_are_compared(tmp_path: Path, recorded: Path) -> None:
    """The same model in two runs is compared with itself, each side under its run's name."""
    first = pipeline.finish(start(tmp_path, name="may"), options(tmp_path), Silent(), render=paint)
    second = pipeline.finish(start(tmp_path, name="june"), options(tmp_path), Silent(), render=paint)
    compared = pipeline.compare(first.folder, second.folder)
    assert [cell.model for cell in compared.cells] == [f"{COMPACT} (may)", f"{COMPACT} (june)"]
    (comparison,) = compared.comparisons
    assert (comparison.first, comparison.second) == (f"{COMPACT} (may)", f"{COMPACT} (june)")
    assert comparison.difference_p10 == 0
    assert comparison.beats == 0.5
    page = pipeline.start_pages([recorded / "01.html"], options(tmp_path), render=paint)
    pages = pipeline.finish(page, options(tmp_path), Silent(), render=paint)
    with pytest.raises(InputError, match="no prompt in common"):
        pipeline.compare(first.folder, pages.folder)


def test_thresholds_name_the_cells_below(tmp_path: Path) -> None:
    """`below` says which cell misses a threshold and by how much; one without a value misses every one."""
    report = pipeline.finish(start(tmp_path), options(tmp_path), Silent(), render=paint)
    assert pipeline.below(report.summary, "p10", 0) == ()
    (line,) = pipeline.below(report.summary, "best", 100.5)
    assert line.startswith(f"{COMPACT} · {PROMPT}: best is ")
    unknown = report.summary.model_copy(update={"cells": (report.summary.cells[0].model_copy(update={"mean": None}),)})
    assert pipeline.below(unknown, "mean", 0) == (f"{COMPACT} · {PROMPT}: mean is unknown, below 0",)
