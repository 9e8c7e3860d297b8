"""The same function on local processes, behind the standard library's executor interface.

`LocalWorkers` is a `concurrent.futures.Executor`, so that a cluster's executor can take its place.
Every process has a pool of its own: a process that dies (memory, a crash of the browser's driver,
`kill -9`) takes along the one call it was working on and no other.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import threading
import time
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from multiprocessing import connection, resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar

from sampler.errors import SamplerError
from sampler.records import Failure, Render, Rendered, RenderTask

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType

WORKER_BYTES = 1_500_000_000
"""Memory that one worker and its browser may take."""

START_SECONDS = 120
"""How long a process may take to start; a machine under load imports slowly."""

END_SECONDS = 10
"""How long a process may take to close its browser before it is killed."""

TRIES = 2
"""A call whose process died is made once more, in a fresh process."""

P = ParamSpec("P")
T = TypeVar("T")


def default_count() -> int:
    """One worker a core that this process may use, but no more than fit into memory, and at least one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = free_bytes()
    return max(1, cores if memory is None else min(cores, memory // WORKER_BYTES))


def free_bytes() -> int | None:
    """Memory that can still be taken: the machine's or the container's, whichever is less; None if unknown."""
    limits: list[int] = []
    with contextlib.suppress(OSError, ValueError, IndexError):
        facts = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        limits.extend(int(line.split()[1]) * 1024 for line in facts if line.startswith("MemAvailable:"))
    with contextlib.suppress(OSError, ValueError):  # "max" where the container has no limit
        limit = int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii"))
        limits.append(limit - int(Path("/sys/fs/cgroup/memory.current").read_text(encoding="ascii")))
    if not limits:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(limits) if limits else None


def outcome(task: RenderTask, future: Future[Rendered]) -> Rendered:
    """What a finished render call came to; our own failures become a `Render` that is unscored.

    Raises:
        SamplerError: something the user must mend (no browser, no sandbox), which stops the run.
    """
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, SamplerError) or not isinstance(error, Exception):
        raise error
    if isinstance(error, BrokenExecutor):
        failure = Failure(whose="harness", slug="worker-died", message=f"The render process ended: {error}")
    else:
        failure = Failure(whose="harness", slug="render-threw", message=f"{type(error).__name__}: {error}")
    return Rendered(render=Render(id=task.id, needs=task.needs, delivery=task.delivery, failure=failure), pictures={})


class LocalWorkers(Executor):
    """Calls on local processes, `count` at a time; a process is started when it is first needed.

    A call's process that dies, or says nothing for `patience_seconds`, costs that call only: it is made
    once more in a fresh process, and then its future holds `BrokenExecutor`.
    """

    def __init__(self, count: int | None = None, *, patience_seconds: float = 600) -> None:
        """Start nothing yet; `count` None means `default_count()`."""
        self.count = count or default_count()
        self._patience = patience_seconds
        self._jobs: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._lanes: list[_Lane] = []
        self._open = 0
        """Calls that are not done."""
        self._closed = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call `fn`, a function that a fresh process can import, when a process is free."""
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("these workers have ended")
            self._jobs.put((future, _Call(fn, args, kwargs)))
            self._open += 1
            if len(self._lanes) < min(self.count, self._open):
                self._lanes.append(_Lane(self._jobs, self._patience))
        future.add_done_callback(self._one_less)
        return future

    def _one_less(self, _future: Future[Any]) -> None:
        with self._lock:
            self._open -= 1

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002  # Executor's signature
        """End when all calls are done, browsers included; with `cancel_futures` those not begun are dropped."""
        with self._lock:
            self._closed = True
        if cancel_futures:
            self._drop()
        for _ in self._lanes:
            self._jobs.put(None)
        if wait:
            for lane in self._lanes:
                lane.join()

    def end(self) -> None:
        """End now: calls that are running are given up, their processes and browsers ended. Bounded in time."""
        with self._lock:
            self._closed = True
        self._drop()
        for lane in self._lanes:
            lane.give_up()
            self._jobs.put(None)
        for lane in self._lanes:
            lane.join()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Wait for the calls; after an error or Ctrl-C, end now."""
        if kind is None:
            self.shutdown()
            return
        try:
            self.end()
        except KeyboardInterrupt:  # pressed again: no more patience
            for lane in self._lanes:
                lane.kill()
            raise

    def _drop(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                job = self._jobs.get_nowait()
                if job is not None:
                    job[0].cancel()


class _Call:
    """A call that can travel to another process."""

    def __init__(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.fn, self.args, self.kwargs = fn, args, kwargs

    def __call__(self) -> Any:
        return self.fn(*self.args, **self.kwargs)


class _Lane:
    """A thread that hands one call after the other to a process of its own."""

    def __init__(
        self, jobs: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None], patience_seconds: float
    ) -> None:
        self._jobs = jobs
        self._patience = patience_seconds
        self._process: _Process | None = None
        self._gave_up = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sampler-lane", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait until the process has ended. In steps, so that Ctrl-C gets through everywhere."""
        while self._thread.is_alive():
            self._thread.join(0.2)

    def give_up(self) -> None:
        """Begin no more calls and let the one that runs be."""
        self._gave_up.set()
        if process := self._process:
            process.signal(signal.SIGTERM)

    def kill(self) -> None:
        """No more waiting for the process."""
        self._gave_up.set()
        if process := self._process:
            process.kill()

    def _work(self) -> None:
        if hasattr(signal, "pthread_sigmask"):
            # Inherited by the processes started here, so that Ctrl-C does not reach them before `_begin` has run.
            # The tracker comes first, since starting it unblocks the signal again.
            resource_tracker.ensure_running()
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            while (job := self._jobs.get()) is not None:
                future, call = job
                if future.set_running_or_notify_cancel():
                    try:
                        future.set_result(self._done(call).result())
                    except BaseException as error:  # noqa: BLE001  # whoever waits for the future gets it
                        future.set_exception(error)
        finally:
            if self._process:
                self._process.end()

    def _done(self, call: Callable[[], Any]) -> Future[Any]:
        """The call's result or error, in a second process where the first one died."""
        done = _broken("given up")
        for _ in range(TRIES):
            if self._gave_up.is_set():
                break
            if self._process is None:
                self._process = _Process(self._gave_up)
            done = self._process.call(call, self._patience)
            if not isinstance(done.exception(), BrokenExecutor):
                break
            self._process.end()
            self._process = None
        return done


def _broken(why: str) -> Future[Any]:
    broken: Future[Any] = Future()
    broken.set_exception(BrokenExecutor(why))
    return broken


class _Process:
    """One process in an executor of its own."""

    def __init__(self, gave_up: threading.Event) -> None:
        self._gave_up = gave_up
        self._pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)
        self._pid: int | None = None

    def call(self, call: Callable[[], Any], patience_seconds: float) -> Future[Any]:
        """The finished future of a call; its error is a `BrokenExecutor` when the process died or hung."""
        try:
            if self._pid is None:
                self._pid = self._finished(self._pool.submit(os.getpid), START_SECONDS).result()
            # Whoever gives up from here on finds the process's number and signals it.
            return (
                _broken("given up")
                if self._gave_up.is_set()
                else self._finished(self._pool.submit(call), patience_seconds)
            )
        except (BrokenExecutor, OSError) as error:  # OSError: no further process can be started
            return _broken(str(error))

    def _finished(self, future: Future[T], seconds: float) -> Future[T]:
        if wait([future], timeout=seconds).not_done:
            self.kill()
            if wait([future], timeout=END_SECONDS).not_done:
                raise BrokenExecutor(f"no answer within {seconds:g} s")
        return future

    def signal(self, number: int) -> None:
        """Send a signal, if the process is there."""
        if self._pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, number)

    def kill(self) -> None:
        """End it without a word; its browser ends with it."""
        if hasattr(signal, "SIGKILL"):
            self.signal(signal.SIGKILL)
        else:
            self.signal(signal.SIGTERM)

    def end(self) -> None:
        """Let the process close its browser and wait for it, not for ever."""
        impatience = threading.Timer(END_SECONDS, self.kill)
        impatience.daemon = True
        impatience.start()
        try:
            self._pool.shutdown(wait=True, cancel_futures=True)
        finally:
            impatience.cancel()


# --- inside the process --------------------------------------------------------------------------


def _begin() -> None:
    """Make a fresh process fit: deaf to the terminal's Ctrl-C, ended by SIGTERM, and never without its parent."""
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)  # Ctrl-C goes to the parent alone, which ends browser and process in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_follow_parent, name="sampler-follow-parent", daemon=True).start()


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(143)


def _follow_parent() -> None:
    """End when the parent has gone, however it went; the browser is closed on the way where that works."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        # The first signal ends the call that runs, the second one the wait for the next call.
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(END_SECONDS / 2)
        os._exit(143)
