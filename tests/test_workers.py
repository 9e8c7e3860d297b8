"""Local processes: parallel, a dead one costs its own call only, and none is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest

from sampler import workers
from sampler.errors import BrowserMissingError
from sampler.records import AttemptId, Delivery, Render, Rendered, RenderTask
from sampler.workers import LocalWorkers

TASK = RenderTask(
    id=AttemptId(prompt="cube", model="recorded:compact", number=1),
    delivery=Delivery(problem=None, form="bare", detail="One document."),
)


def alive(pid: int) -> bool:
    """Is there a process, zombies included."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone(pid: int, seconds: float = 20) -> bool:
    """Does a process end within that time."""
    end = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.05)
    return not alive(pid)


def double(number: int) -> int:
    """A call that succeeds."""
    return 2 * number


def where(seconds: float) -> int:
    """A call that takes a while and says in which process."""
    time.sleep(seconds)
    return os.getpid()


def die_once(marker: Path) -> str:
    """A call whose process is killed the first time."""
    if marker.exists():
        return "second time"
    marker.touch()
    os.kill(os.getpid(), signal.SIGKILL)
    return "never"


def die() -> None:
    """A call whose process is killed every time."""
    os.kill(os.getpid(), signal.SIGKILL)


def sleep_long(started: Path) -> None:
    """A call that does not come back, and leaves its process's number."""
    started.with_suffix(".part").write_text(str(os.getpid()), encoding="ascii")
    started.with_suffix(".part").rename(started)
    time.sleep(600)


def started_pid(started: Path) -> int:
    """The process that `sleep_long` runs in, once it does."""
    end = time.monotonic() + 60
    while not started.exists() and time.monotonic() < end:
        time.sleep(0.05)
    return int(started.read_text(encoding="ascii"))


def throw(kind: type[Exception]) -> Rendered:
    """A call that fails."""
    raise kind("as asked")


def rendered(task: RenderTask) -> Rendered:
    """A render that found nothing."""
    return Rendered(render=Render(id=task.id, delivery=task.delivery), pictures={"frame-1.png": b"png"})


def test_a_dead_process_costs_its_own_call_only(tmp_path: Path) -> None:
    """One call dies every time, one only at first: the first fails, the second and all others succeed."""
    with LocalWorkers(2) as pool:
        others = [pool.submit(double, number) for number in range(3)]
        dead = pool.submit(die)
        once = pool.submit(die_once, tmp_path / "marker")
        others += [pool.submit(double, number) for number in range(3, 6)]
        assert isinstance(dead.exception(timeout=120), BrokenExecutor)
        assert once.result(timeout=120) == "second time"
        assert [other.result(timeout=60) for other in others] == [0, 2, 4, 6, 8, 10]


def test_two_workers_are_two_processes_that_are_kept_and_then_gone() -> None:
    """Calls run in `count` processes at once, which stay warm between calls and are gone at the end."""
    with LocalWorkers(2) as pool:
        first = {future.result(timeout=120) for future in [pool.submit(where, 2) for _ in range(2)]}
        second = {future.result(timeout=120) for future in [pool.submit(where, 0.2) for _ in range(4)]}
    assert len(first) == 2
    assert second <= first
    assert not any(alive(pid) for pid in first)


def test_a_process_that_hangs_is_ended() -> None:
    """A call that outlasts the patience is given up like one whose process died."""
    with LocalWorkers(1, patience_seconds=0.5) as pool:
        hung = pool.submit(where, 300)
        assert isinstance(hung.exception(timeout=120), BrokenExecutor)
        assert pool.submit(double, 2).result(timeout=60) == 4


def test_an_error_ends_running_calls_and_their_processes(tmp_path: Path) -> None:
    """Leaving the block by an error does not wait for calls: their processes are gone, those queued are cancelled."""
    started = tmp_path / "started"
    pool = LocalWorkers(1)
    running = pool.submit(sleep_long, started)
    queued = pool.submit(double, 1)
    pid = started_pid(started)
    begun = time.monotonic()
    pool.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert not alive(pid)
    assert queued.cancelled()
    assert running.exception(timeout=1) is not None
    assert time.monotonic() - begun < 30


def test_processes_do_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    """After `kill -9` of the program its workers end by themselves."""
    started = tmp_path / "started"
    program = (
        "from pathlib import Path; import sys; from sampler.workers import LocalWorkers; import test_workers\n"
        "if __name__ == '__main__':\n"
        "    LocalWorkers(1).submit(test_workers.sleep_long, Path(sys.argv[1])).result()\n"
    )
    script = tmp_path / "program.py"
    script.write_text(program, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    with subprocess.Popen([sys.executable, str(script), str(started)], env=environment) as parent:
        pid = started_pid(started)
        parent.kill()
    assert gone(pid)


@pytest.mark.parametrize("seconds", [0, 0.1, 0.3, 1])
def test_ctrl_c_on_a_terminal_is_quiet_at_any_moment(tmp_path: Path, seconds: float) -> None:
    """SIGINT to all processes of the terminal, while a worker starts or works: soon over, and no word of it."""
    program = (
        "from pathlib import Path; import sys; from sampler.workers import LocalWorkers; import test_workers\n"
        "def main():\n"
        "    with LocalWorkers(2) as pool:\n"
        "        for name in ('first', 'second'):\n"
        "            pool.submit(test_workers.sleep_long, Path(sys.argv[1], name))\n"
        "        print('ready', flush=True)\n"
        # In steps: a signal that comes just before a system call begins does not end it.
        "        for _ in range(6000): test_workers.time.sleep(0.1)\n"
        "if __name__ == '__main__':\n"
        "    try: main()\n"
        "    except KeyboardInterrupt: sys.exit(130)\n"
    )
    script = tmp_path / "program.py"
    script.write_text(program, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    with subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)],
        env=environment,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        time.sleep(seconds)
        os.killpg(parent.pid, signal.SIGINT)
        try:
            out, err = parent.communicate(timeout=60)
        finally:
            parent.kill()
    assert (parent.returncode, out, err) == (130, "", "")
    for started in (tmp_path / "first", tmp_path / "second"):
        assert not started.exists() or gone(int(started.read_text(encoding="ascii")), 1)


def test_a_finished_render_is_handed_on() -> None:
    """`outcome` of a call that worked is its record with the pictures' bytes."""
    with LocalWorkers(1) as pool:
        future = pool.submit(rendered, TASK)
        assert workers.outcome(TASK, future).pictures == {"frame-1.png": b"png"}


def test_our_own_failure_is_never_the_models() -> None:
    """A render call that died or threw comes to a Render with a failure of the harness."""
    with LocalWorkers(1) as pool:
        threw = pool.submit(throw, ValueError)
        assert threw.exception(timeout=120) is not None
        failure = workers.outcome(TASK, threw).render.failure
        assert failure is not None
        assert (failure.whose, failure.slug, failure.message) == ("harness", "render-threw", "ValueError: as asked")
        dead = pool.submit(throw, BrokenExecutor)
        assert dead.exception(timeout=120) is not None
        failure = workers.outcome(TASK, dead).render.failure
        assert failure is not None
        assert (failure.whose, failure.slug) == ("harness", "worker-died")


def test_what_the_user_must_mend_stops_the_run() -> None:
    """No browser is not a failure of an attempt: the error is handed on."""
    with LocalWorkers(1) as pool:
        future = pool.submit(throw, BrowserMissingError)
        assert future.exception(timeout=120) is not None
        with pytest.raises(BrowserMissingError):
            workers.outcome(TASK, future)


def test_there_is_always_a_worker_and_never_more_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default count is bounded by memory and is at least one."""
    cores = len(os.sched_getaffinity(0))
    monkeypatch.setattr(workers, "free_bytes", lambda: 10**9)
    assert workers.default_count() == 1
    monkeypatch.setattr(workers, "free_bytes", lambda: 10**15)
    assert workers.default_count() == cores
    monkeypatch.undo()
    known = workers.free_bytes()
    assert known is not None
    assert known > 0


def test_calls_after_the_end_are_refused() -> None:
    """An executor that has ended takes no more calls."""
    pool = LocalWorkers(1)
    pool.shutdown()
    with pytest.raises(RuntimeError):
        pool.submit(double, 1)
    assert threading.active_count() < 50
