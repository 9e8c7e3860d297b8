"""Scores become a summary: floor, median, ceiling with their intervals, rates, and comparisons.

A cell is one prompt x one model, and nothing is pooled over prompts. Unscored attempts (the provider's or the
harness's fault) are left out and counted; the floor under the other convention, unscored as 0, stands beside it.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from sampler.records import Summary
from sampler.stats import cells, comparison
from sampler.stats.plan import Plan, plan, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sampler.records import Result, RunManifest

__all__ = ["Plan", "plan", "summarize", "table"]


def summarize(manifest: RunManifest, results: Sequence[Result], digest: str) -> Summary:
    """The summary of a run, in the manifest's order of cells; also of one that is not finished.

    `results` may come in any order, each attempt once; `digest` is the ledger's, kept with the numbers.

    Raises:
        ValueError: an attempt stands there twice, or belongs to no cell of the manifest: pooling it would be wrong.
    """
    by_cell: dict[tuple[str, str], dict[int, Result]] = {(plan.prompt, plan.model): {} for plan in manifest.cells}
    for result in results:
        attempt = result.attempt.id
        cell = by_cell.get((attempt.prompt, attempt.model))
        if cell is None or attempt.number in cell:
            raise ValueError(f"{attempt} is {'not planned' if cell is None else 'there twice'}")
        cell[attempt.number] = result
    titles = {prompt.id: prompt.title for prompt in manifest.prompts}
    ordered = {key: [found[number] for number in sorted(found)] for key, found in by_cell.items()}
    summaries = tuple(
        cells.cell(plan, titles.get(plan.prompt, plan.prompt), ordered[plan.prompt, plan.model])
        for plan in manifest.cells
    )
    sides = [
        comparison.Cell(plan.prompt, plan.model, tuple(a.value for a in cells.scored(ordered[plan.prompt, plan.model])))
        for plan in manifest.cells
    ]
    pairs = [(a, b) for a, b in combinations(sides, 2) if a.prompt == b.prompt and a.values and b.values]
    return Summary(run=manifest.run, digest=digest, cells=summaries, comparisons=comparison.compare(pairs))
