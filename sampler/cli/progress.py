"""Progress on stderr: bars on a terminal, one plain line an attempt elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from sampler.pipeline import Progress
    from sampler.records import Attempt, AttemptId, CellPlan, Score

Cell = tuple[str, str]


@contextlib.contextmanager
def shown() -> Iterator[Progress]:
    """Progress as it fits where stderr leads to."""
    if sys.stderr.isatty():
        with _bars() as bars:
            yield bars
    else:
        yield Lines()


class _Scores:
    """The verdicts until now, by cell: never one percentile over several prompts."""

    def __init__(self) -> None:
        self._values: dict[Cell, list[float]] = {}

    def add(self, score: Score) -> None:
        values = self._values.setdefault(cell_of(score.id), [])
        if score.value is not None:
            values.append(score.value)

    def facts(self, cell: Cell) -> str:
        """Such as "p10 62, best 100"."""
        from sampler.report import quote
        from sampler.stats.percentiles import value_at

        values = self._values.get(cell)
        return f"p10 {quote.score(value_at(values, 10))}, best {quote.score(max(values))}" if values else ""


class Lines:
    """One line an attempt, for logs."""

    def __init__(self) -> None:
        self._scores = _Scores()
        self._total = self._done = self._before = 0
        self._begun = time.monotonic()

    def began(self, cells: Sequence[CellPlan], done: Sequence[Score]) -> None:
        """Remember what was done before."""
        self._total = sum(cell.n for cell in cells)
        self._done = self._before = len(done)
        self._begun = time.monotonic()
        for score in done:
            self._scores.add(score)
        if done:
            _say(f"{len(done)} of {self._total} attempts are done already")

    def answered(self, attempt: Attempt) -> None:
        """Only what went wrong is worth a line here."""
        if attempt.failure is not None:
            _say(f"{attempt.id}: {attempt.failure.message}")

    def scored(self, score: Score) -> None:
        """One attempt is through."""
        from sampler.report import quote

        self._scores.add(score)
        self._done += 1
        per_attempt = (time.monotonic() - self._begun) / (self._done - self._before)
        left = per_attempt * (self._total - self._done)
        value = score.outcome if score.value is None else f"{quote.score(score.value)} {score.outcome}"
        facts = ", ".join(part for part in (self._scores.facts(cell_of(score.id)), f"{left:.0f} s left") if part)
        _say(f"[{self._done:>{len(str(self._total))}}/{self._total}] {score.id}  {value}  ({facts})")

    def reporting(self) -> None:
        """Say so."""
        _say("Writing the report")


class _Bars:
    """A bar a cell, with its running p10 and best, and one for all of them with the time that is left."""

    def __init__(self, bars: RichProgress) -> None:
        self._bars = bars
        self._scores = _Scores()
        self._tasks: dict[Cell, TaskID] = {}
        self._all: TaskID | None = None

    def began(self, cells: Sequence[CellPlan], done: Sequence[Score]) -> None:
        """Draw the bars."""
        for score in done:
            self._scores.add(score)
        for cell in cells:
            key = (cell.prompt, cell.model)
            before = sum(1 for score in done if cell_of(score.id) == key)
            self._tasks[key] = self._bars.add_task(
                f"{cell.model} · {cell.prompt}", total=cell.n, completed=before, facts=self._scores.facts(key)
            )
        total = sum(cell.n for cell in cells)
        self._all = self._bars.add_task("All attempts", total=total, completed=len(done), facts="", all=True)

    def answered(self, attempt: Attempt) -> None:
        """A provider's failure stands above the bars."""
        if attempt.failure is not None:
            self._bars.console.print(f"{attempt.id}: {attempt.failure.message}", markup=False, highlight=False)

    def scored(self, score: Score) -> None:
        """Move the cell's bar, and that of all."""
        self._scores.add(score)
        cell = cell_of(score.id)
        self._bars.update(self._tasks[cell], advance=1, facts=self._scores.facts(cell))
        if self._all is not None:
            self._bars.update(self._all, advance=1)

    def reporting(self) -> None:
        """A bar without an end."""
        self._bars.add_task("Writing the report", total=None, facts="")


@contextlib.contextmanager
def _bars() -> Iterator[_Bars]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Task, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress
    from rich.text import Text

    class Left(TimeRemainingColumn):
        """Only for all attempts together: cells are worked on one after the other."""

        def render(self, task: Task) -> Text:
            return super().render(task) if task.fields.get("all") else Text("")

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[facts]}", markup=False),
        Left(compact=True, elapsed_when_finished=True),
    )
    with RichProgress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Bars(bars)


def cell_of(attempt: AttemptId) -> Cell:
    """Which cell an attempt belongs to."""
    return attempt.prompt, attempt.model


def _say(line: str) -> None:
    click.echo(line, err=True)
