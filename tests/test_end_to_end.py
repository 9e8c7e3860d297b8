"""The whole program with a real browser: what a user types, what lies there afterwards, stopped and not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sampler import ledger, pipeline, store

PROMPT = "friends-apartment"
SCENES = Path(__file__).parent / "scenes"

pytestmark = pytest.mark.browser


def command(*arguments: str | Path) -> list[str]:
    """The program as a user starts it, in this environment."""
    return [sys.executable, "-m", "sampler", *(str(argument) for argument in arguments)]


def sampler(out: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the program to its end; results go below `out`."""
    return subprocess.run(
        command(*arguments, "--out", out), capture_output=True, text=True, check=False, timeout=300, cwd=out
    )


def pictures(out: Path) -> dict[str, bytes]:
    """Every picture below a folder, by its path in the run."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("attempts/**/frame-*.png"))
    }


def children_of(pid: int) -> set[int]:
    """All living descendants of a process."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
    found, fresh = set[int](), {pid}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def gone(pids: set[int], seconds: float = 30) -> bool:
    """Do all of these processes end within that time (zombies of others' count as ended)?"""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any(_alive(pid) for pid in pids):
            return True
        time.sleep(0.1)
    return False


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def started(out: Path, *arguments: str, rendered: int) -> subprocess.Popen[str]:
    """The program, once it has rendered so many attempts."""
    process = subprocess.Popen(
        command(*arguments, "--out", out), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=out
    )
    end = time.monotonic() + 200
    while time.monotonic() < end:
        if len(list(out.rglob("render.json"))) >= rendered:
            return process
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.kill()
    raise AssertionError("nothing was rendered in time")


def test_two_runs_are_the_same_to_the_byte(tmp_path: Path) -> None:
    """Two runs of the same recorded replies have equal pictures, scores and digest, and verify."""
    summaries = []
    for name in ("first", "second"):
        out = tmp_path / name
        out.mkdir()
        made = sampler(out, "run", PROMPT, "-m", "recorded:compact", "-m", "recorded:sketch", "-n", "2", "--json")
        assert made.returncode == 0, made.stderr
        summaries.append(json.loads(made.stdout))
        assert sampler(out, "verify").returncode == 0
    assert summaries[0] == summaries[1]
    first, second = pictures(tmp_path / "first"), pictures(tmp_path / "second")
    assert len(first) == 12
    assert first == second


def test_a_killed_run_is_finished_by_resume(tmp_path: Path) -> None:
    """After kill -9 `resume` finishes: nothing asked twice, all there, unchanged and shown; no process stays."""
    process = started(tmp_path, "run", PROMPT, "-m", "recorded:compact", "-n", "3", "--name", "killed", rendered=1)
    children = children_of(process.pid)
    process.kill()
    process.communicate()
    assert gone(children)
    folder = store.find(tmp_path, "killed")
    rendered = {path: path.read_bytes() for path in folder.path.rglob("render.json")}
    resumed = sampler(tmp_path, "resume", "killed", "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout)["cells"][0]["scored"] == 3
    assert [path for path, facts in rendered.items() if path.read_bytes() != facts] == []
    asked = [event.fact.kind for event in ledger.read(folder.ledger, folder.manifest_sha256())].count("asked")
    assert asked == 3
    assert pipeline.differences(folder) == ()


def test_ctrl_c_ends_everything_and_says_how_to_go_on(tmp_path: Path) -> None:
    """Ctrl-C: exit code 130 and the command to go on with; workers and browsers are gone, no half file is left."""
    process = started(tmp_path, "run", PROMPT, "-m", "recorded:compact", "-n", "20", "--name", "stopped", rendered=1)
    children = children_of(process.pid)
    assert children
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert "sampler resume stopped" in err
    assert "Traceback" not in err
    assert gone(children, 5)
    assert [path for path in tmp_path.rglob("*") if path.name.endswith((".tmp", ".part"))] == []


def test_pages_are_scored_and_printed(tmp_path: Path) -> None:
    """`score` of a healthy and a broken page: the JSON that is documented, pictures that are there, exit code 1."""
    pages = (SCENES / "healthy-classic.html", SCENES / "throws-at-once.html")
    scored = sampler(tmp_path, "score", *pages, "--json", "--fail-under", "worst=70")
    assert scored.returncode == 1, scored.stderr
    healthy, broken = json.loads(scored.stdout)["pages"]
    assert set(healthy) == {"path", "outcome", "score", "findings", "frames", "seconds"}
    assert (healthy["path"], healthy["outcome"]) == (str(pages[0]), "passed")
    assert broken["outcome"] == "failed"
    assert "page-error" in [finding["check"] for finding in broken["findings"]]
    assert [Path(frame).is_file() for frame in healthy["frames"]] == [True] * 3
