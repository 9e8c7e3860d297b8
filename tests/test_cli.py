"""The command line: what is printed where, exit codes, and one clear sentence for every wrong request.

Requests that are wrong go through the whole program; for those that are right the pipeline is replaced, since
other tests run it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from sampler import __version__, ledger, pipeline, store
from sampler.cli import main
from sampler.pipeline import Options, Progress, Report
from sampler.records import (
    Attempt,
    AttemptId,
    CellPlan,
    CellSummary,
    Delivery,
    Percentile,
    Prompt,
    Render,
    Result,
    RunManifest,
    Score,
    Summary,
)

if TYPE_CHECKING:
    from click.testing import Result as Outcome

PROMPT = "friends-apartment"
MODEL = "recorded:compact"
ID = AttemptId(prompt=PROMPT, model=MODEL, number=1)
MANIFEST = RunManifest(
    run="demo",
    created_at="2026-01-01T00:00:00.000+00:00",
    version=__version__,
    prompts=(Prompt(id=PROMPT, title="Monica's apartment", text="An apartment."),),
    cells=(CellPlan(prompt=PROMPT, model=MODEL, n=1),),
)
SUMMARY = Summary(
    run="demo",
    digest="0" * 64,
    cells=(
        CellSummary(
            prompt=PROMPT,
            title="Monica's apartment",
            model=MODEL,
            n=1,
            scored=1,
            unscored=0,
            **dict.fromkeys(
                ("p10", "p50", "p90", "best", "worst"),
                Percentile(value=62, attempt="01", low=0, high=100, confidence=0.5),
            ),
            mean=62,
            pass_rate=None,
            distinct_replies=1,
        ),
    ),
)
RESULT = Result(
    attempt=Attempt(id=ID, asked_at="2026-01-01T00:00:00.000+00:00", reply_sha256="0" * 64),
    render=Render(id=ID, delivery=Delivery(problem=None, form="bare", detail="One document.")),
    score=Score(id=ID, outcome="failed", value=62),
)


def sampler(*arguments: str | Path) -> Outcome:
    """Call the program as the console script does."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="sampler")


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test works in an empty folder of its own."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


class Seam:
    """The pipeline's place: remembers what it was asked for and answers with a finished run."""

    def __init__(self, out: Path) -> None:
        self.asked: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
        self.options: list[Options] = []
        self.error: BaseException | None = None
        self.folder = store.create(out, MANIFEST, ledger.first_lines(MANIFEST))

    def start(self, *positional: Any, **named: Any) -> store.RunFolder:
        """In `pipeline.start`'s place."""
        self.asked.append((positional, named))
        return self.folder

    def finish(self, folder: store.RunFolder, options: Options, progress: Progress) -> Report:
        """In `pipeline.finish`'s place."""
        assert folder.path.resolve() == self.folder.path
        self.options.append(options)
        progress.began(MANIFEST.cells, ())
        progress.answered(RESULT.attempt)
        progress.scored(RESULT.score)
        progress.reporting()
        if self.error is not None:
            raise self.error
        return Report(
            folder=folder, manifest=MANIFEST, summary=SUMMARY, results=(RESULT,), index=Path("reports/demo/index.html")
        )


@pytest.fixture
def seam(empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Seam:
    """The command line without what is behind it."""
    there = Seam(empty_folder)
    monkeypatch.setattr(pipeline, "start", there.start)
    monkeypatch.setattr(pipeline, "finish", there.finish)
    return there


# --- wrong requests


def refused(outcome: Outcome, *words: str) -> None:
    """Exit code 2, nothing on stdout, one sentence on stderr that has these words, and no traceback."""
    assert outcome.exit_code == 2, outcome.output
    assert outcome.stdout == ""
    sentence = outcome.stderr.strip().splitlines()[-1]
    assert sentence.startswith("Error: ")
    for word in words:
        assert word in sentence
    assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "friends-apartmnt", "-m", MODEL), ("friends-apartment",)),
        (("run", PROMPT, "-m", "recorded:compct"), ("recorded:compact",)),
        (("run", PROMPT, "-m", "nobody:x"), ("nobody",)),
        (("run", PROMPT), ("--model",)),
        (("run", PROMPT, "-m", MODEL, "-n", "0"), ("0",)),
        (("run", PROMPT, "-m", MODEL, "-n", "21"), ("20",)),
        (("run", PROMPT, "-m", MODEL, "-n", "many"), ("many",)),
        (("run", PROMPT, "-m", MODEL, "--name", "../up"), ("../up", "name")),
        (("run", PROMPT, "-m", MODEL, "--fail-under", "p10"), ("p10=60",)),
        (("run", PROMPT, "-m", MODEL, "--fail-under", "p11=60"), ("p11=60",)),
        (("run", PROMPT, "-m", MODEL, "--fail-under", "p10=101"), ("p10=101",)),
        (("run", PROMPT, "-m", MODEL, "--fail-under", "p10=nan"), ("p10=nan",)),
        (("run", PROMPT, "-m", MODEL, "--workers", "0"), ("0",)),
        (("run", PROMPT, "-m", MODEL, "--cluster", "x"), ("--cluster",)),
        (("resume", "nothing"), ("nothing", "sampler demo")),
        (("report", "nothing"), ("nothing",)),
        (("quote", "nothing"), ("nothing",)),
        (("verify", "nothing"), ("nothing",)),
        (("compare", "nothing"), ("nothing",)),
        (("report",), ("sampler demo",)),
        (("quote", "--format", "xml"), ("xml",)),
        (("score",), ("PATH",)),
        (("score", "nothing.html"), ("nothing.html",)),
        (("score", "page.html", "--prompt", "friends-apartmnt"), ("friends-apartment",)),
        (("score", "page.html", "--root", "empty"), ("outside",)),
        (("score", "page.html", "--root", "nowhere"), ("nowhere", "not a folder")),
        (("score", "page.html", "--import-map", "notes.txt"), ("notes.txt", "import map")),
        (("score", "page.html", "--import-map", "nowhere.json"), ("nowhere.json",)),
        (("score", "empty"), ("empty", "no HTML")),
        (("score", "notes.txt"), ("notes.txt", "not an HTML file")),
        (("score", "page.html", "notes.txt"), ("notes.txt",)),
        (("paint",), ("paint",)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_a_wrong_request_is_one_sentence(
    empty_folder: Path, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    """Every wrong request ends with exit code 2 and a sentence that names the thing; nothing is written."""
    (empty_folder / "empty").mkdir()
    (empty_folder / "notes.txt").write_text("not json, not html", encoding="utf-8")
    (empty_folder / "page.html").write_text("<canvas></canvas>", encoding="utf-8")
    refused(sampler(*arguments), *words)
    assert sorted(path.name for path in empty_folder.iterdir()) == ["empty", "notes.txt", "page.html"]


@pytest.mark.parametrize("command", [("demo",), ("run", PROMPT, "-m", MODEL), ("score", "page.html")])
@pytest.mark.parametrize("out", ["file", "file/below", f"{os.devnull}/x", "/proc/none"])
def test_a_folder_that_cannot_be_written_is_one_sentence(
    empty_folder: Path, command: tuple[str, ...], out: str
) -> None:
    """Where the output cannot go, the sentence says so before anything is asked, and names --out."""
    (empty_folder / "file").write_text("", encoding="utf-8")
    (empty_folder / "page.html").write_text("<canvas></canvas>", encoding="utf-8")
    refused(sampler(*command, "--out", out), "cannot be written", "--out")
    assert sorted(path.name for path in empty_folder.iterdir()) == ["file", "page.html"]


def test_without_a_browser_nothing_is_begun(empty_folder: Path, bare: Path) -> None:
    """No browser at all: demo and run stop before a folder is made and name the command that helps."""
    del bare
    for command in (("demo",), ("run", PROMPT, "-m", MODEL)):
        refused(sampler(*command), "sampler install")
    refused(sampler("demo", "--json"), "sampler install")
    assert list(empty_folder.iterdir()) == []


def test_doctor_without_a_browser_says_what_to_do(bare: Path) -> None:
    """`doctor` prints what it knows, says in one sentence what is missing, and exits with 2."""
    del bare
    outcome = sampler("doctor", "--json")
    assert outcome.exit_code == 2
    assert json.loads(outcome.stdout)["executable"] is None
    assert "sampler install" in outcome.stderr


@pytest.mark.browser
def test_no_network_on_first_set_up_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an empty cache and a registry that is not there, `install` says what cannot be reached and what to do."""
    monkeypatch.setenv("FLOORSHOT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    refused(sampler("install"), "127.0.0.1:9", "cannot be reached", "sampler install")


def test_a_wrong_default_is_one_sentence(empty_folder: Path) -> None:
    """A key that is no option, and a file that is no TOML, are named."""
    (empty_folder / "sampler.toml").write_text("attempts = 3\n", encoding="utf-8")
    refused(sampler("prompts"), "sampler.toml", "attempts")
    (empty_folder / "sampler.toml").write_text("n =\n", encoding="utf-8")
    refused(sampler("prompts"), "sampler.toml")


# --- right requests


def test_results_on_stdout_and_chatter_on_stderr(seam: Seam) -> None:
    """`demo` prints the sentence and the gallery's path on stdout, one line an attempt on stderr."""
    outcome = sampler("demo")
    assert outcome.exit_code == 0
    lines = outcome.stdout.splitlines()
    assert MODEL in lines[0]
    assert "62" in lines[0]
    assert lines[-1] == "reports/demo/index.html"
    assert f"[1/1] {ID}  62 failed  (p10 62, best 62, 0 s left)" in outcome.stderr
    (positional, named), *_ = seam.asked
    assert positional[:3] == (("friends-apartment",), ("recorded:compact", "recorded:sketch"), 20)
    assert named["base"] == "demo"


@pytest.mark.parametrize("command", [("demo",), ("run", PROMPT, "-m", MODEL), ("resume", "demo")])
def test_json_is_all_that_is_on_stdout(seam: Seam, command: tuple[str, ...]) -> None:
    """With --json stdout is summary.json and nothing else."""
    del seam
    outcome = sampler(*command, "--json")
    assert outcome.exit_code == 0
    assert Summary.model_validate_json(outcome.stdout) == SUMMARY


def test_options_reach_the_pipeline(seam: Seam, tmp_path: Path) -> None:
    """Every option on the command line is in the record that the pipeline gets."""
    sampler(
        *("run", PROMPT, "solar-system", "-m", MODEL, "-m", "recorded:sketch", "-n", "7", "--name", "mine"),
        *("--out", tmp_path, "--workers", "3", "--offline", "--no-sandbox", "--wall-seconds", "5"),
    )
    (positional, named), *_ = seam.asked
    assert positional[:3] == ((PROMPT, "solar-system"), (MODEL, "recorded:sketch"), 7)
    assert named["name"] == "mine"
    assert seam.options == [Options(out=tmp_path, workers=3, offline=True, sandbox=False, wall_seconds=5)]


@pytest.mark.parametrize("file", ["sampler.toml", "pyproject.toml"])
def test_defaults_come_from_a_file_and_yield_to_the_command_line(seam: Seam, empty_folder: Path, file: str) -> None:
    """Keys of sampler.toml or [tool.sampler] are options' defaults for every command that has them."""
    table = "[tool.sampler]\n" if file == "pyproject.toml" else ""
    (empty_folder / file).write_text(f'{table}n = 4\nmodel = "{MODEL}"\nwall-seconds = 9\n', encoding="utf-8")
    assert sampler("run", PROMPT).exit_code == 0
    assert sampler("run", PROMPT, "-n", "5").exit_code == 0
    assert [positional[1:3] for positional, _ in seam.asked] == [((MODEL,), 4), ((MODEL,), 5)]
    assert seam.options[0].wall_seconds == 9


def test_below_a_threshold_is_exit_code_1(seam: Seam) -> None:
    """`--fail-under` prints the result as ever, says which cell is below, and exits with 1."""
    del seam
    passed = sampler("run", PROMPT, "-m", MODEL, "--fail-under", "p10=62")
    assert passed.exit_code == 0
    failed = sampler("run", PROMPT, "-m", MODEL, "--fail-under", "p10=62", "--fail-under", "best=63")
    assert failed.exit_code == 1
    assert failed.stdout == passed.stdout
    assert "best is 62, below 63" in failed.stderr


def test_ctrl_c_says_how_to_go_on(seam: Seam) -> None:
    """Interrupted: exit code 130, nothing on stdout, and the command that finishes the run."""
    seam.error = KeyboardInterrupt()
    outcome = sampler("demo")
    assert outcome.exit_code == 130
    assert outcome.stdout == ""
    assert "sampler resume demo" in outcome.stderr


def test_the_gallery_is_opened_when_asked(seam: Seam, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--open` opens the gallery; without it nothing is opened unless stdout is a terminal."""
    del seam
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    sampler("demo")
    assert opened == []
    sampler("demo", "--open")
    assert opened == [(Path.cwd() / "reports/demo/index.html").as_uri()]


@pytest.mark.parametrize(
    ("command", "key", "expected"),
    [("prompts", "id", PROMPT), ("models", "model", MODEL), ("checks", "id", "page-error")],
)
def test_lists_are_for_people_and_for_programs(command: str, key: str, expected: str) -> None:
    """`prompts`, `models` and `checks` print a line each, and the same as JSON."""
    plain, as_json = sampler(command), sampler(command, "--json")
    entries = json.loads(as_json.stdout)
    assert expected in [entry[key] for entry in entries]
    assert len(plain.stdout.splitlines()) == len(entries)
    assert [line.split()[0] for line in plain.stdout.splitlines()] == [entry[key] for entry in entries]


def test_own_prompts_are_listed_and_found(empty_folder: Path) -> None:
    """A file in ./prompts is a prompt beside those that come with the program."""
    (empty_folder / "prompts").mkdir()
    (empty_folder / "prompts/my-cube.md").write_text("---\ntitle: My cube\n---\nA cube.\n", encoding="utf-8")
    listed = sampler("prompts").stdout
    assert "my-cube" in listed
    assert PROMPT in listed
    refused(sampler("run", "my-cube", "-m", MODEL, "-n", "1"), "no reply to my-cube")


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_explains_itself(command: str) -> None:
    """`--help` of every command has a description and an example that begins with the command."""
    outcome = sampler(command, "--help")
    assert outcome.exit_code == 0
    assert f"sampler {command}" in outcome.stdout.split("Example", 1)[1]


def test_version_and_no_arguments() -> None:
    """`--version` prints the version; no arguments print the help."""
    assert __version__ in sampler("--version").stdout
    assert "demo" in sampler().output


def test_help_imports_nothing_heavy() -> None:
    """The help is there at once: no browser, statistics or picture library is imported for it."""
    program = (
        "import sys\n"
        "from sampler.cli import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "heavy = {'playwright', 'scipy', 'skimage', 'numpy', 'PIL', 'httpx', 'rich', 'jinja2', 'pydantic'}\n"
        "print(sorted(heavy & sys.modules.keys()), file=sys.stderr)\n"
    )
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert outcome.stderr.strip() == "[]"
    assert "demo" in outcome.stdout
