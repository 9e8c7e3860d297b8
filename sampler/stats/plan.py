"""What n attempts buy, before any of them is paid for: how sure the floor's interval is, and how wide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from sampler.records import Record, Share
from sampler.stats import percentiles

if TYPE_CHECKING:
    from collections.abc import Iterable

FLOOR = 10
"""The floor is the tenth percentile."""


class Plan(Record):
    """What `n` attempts of one cell tell about its floor, whatever their scores."""

    n: Annotated[int, Field(ge=1)]
    rank: int
    """The floor is the rank-th worst attempt."""
    low_rank: int | None
    """The interval starts at this attempt, counted from the worst; None: at 0, the lowest score there is."""
    high_rank: int | None
    """It ends at this one; None: at 100."""
    confidence: Share
    """What this interval achieves, with the scores' bounds where they stand in."""
    inside: Share
    """What the widest interval between attempts, [worst, best], achieves without them."""
    width_share: Share
    """Share of the attempts that lie within the interval: how far up it reaches."""
    miss_rate: Share
    """Highest rate of total failures that n attempts may well (one time in twenty) not show once."""


def plan(n: int) -> Plan:
    """The plan for n attempts, n at least 1."""
    found = percentiles.interval(n, FLOOR)
    first = found.low or 1
    last = found.high or n
    return Plan(
        n=n,
        rank=percentiles.rank(n, FLOOR),
        low_rank=found.low,
        high_rank=found.high,
        confidence=round(found.confidence, 4),
        inside=round(percentiles.achieved(n, FLOOR, 1, n), 4),
        width_share=(last - first + 1) / n,
        miss_rate=1 - 0.05 ** (1 / n),
    )


def table(sizes: Iterable[int] = (5, 8, 10, 20, 29, 36, 50, 100, 200)) -> tuple[Plan, ...]:
    """Plans for several sizes; 29 is the first whose [worst, best] holds the floor with 95 %."""
    return tuple(plan(n) for n in sizes)
