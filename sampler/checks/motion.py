"""Motion: does it move where it was asked to?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sampler.checks import blame, sight
from sampler.checks.base import check
from sampler.records import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sampler.records import Render


@check("frozen", severity="error", title="Nothing moves")
def frozen(render: Render) -> Iterator[Evidence]:
    """The prompt asks for something that moves by itself, and all frames show the same.

    No finding where there is nothing to see, where the page says that it waits for a click or key, or where an
    exception or a missing script explains it.
    """
    if "motion" not in render.needs or not sight.stands_still(render) or sight.shows_nothing(render):
        return
    texts = (render.visible_text, *(overlay.text for overlay in render.overlays))
    if blame.has_cause(render) or any(sight.invites(text) for text in texts):
        return
    first, last = render.frames[0].at_seconds, render.frames[-1].at_seconds
    yield Evidence(
        message=f"Nothing moves: the pictures at {first:g} s and {last:g} s show the same.",
        frame=len(render.frames) - 1,
        numbers={"from_seconds": first, "to_seconds": last},
    )
