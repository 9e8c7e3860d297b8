"""Delivery: did the model hand over a page at all? Judged from the reply's text alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sampler.checks.base import check
from sampler.records import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sampler.records import Render


@check("no-document", severity="error", title="There is no page in the reply")
def no_document(render: Render) -> Iterator[Evidence]:
    """The reply holds no HTML document: prose only, other code only, or nothing at all."""
    if render.delivery.problem == "no-document":
        yield Evidence(message=render.delivery.detail or "The reply holds no HTML document.")


@check("truncated-reply", severity="error", title="The reply breaks off before the page ends")
def truncated_reply(render: Render) -> Iterator[Evidence]:
    """The reply ends in the middle of the page. What there is of it is shown, and not judged any further."""
    if render.delivery.problem == "truncated-reply":
        yield Evidence(message=render.delivery.detail or "The reply breaks off before the page ends.")


@check("refused", severity="error", title="The model declined")
def refused(render: Render) -> Iterator[Evidence]:
    """The reply says that the model will not or cannot do it, and holds no page."""
    if render.delivery.problem == "refused":
        yield Evidence(message=render.delivery.detail or "The model declined.")


@check("identical-reply", severity="note", title="The same reply as another attempt")
def identical_reply(render: Render) -> Iterator[Evidence]:
    """The reply is the same to the letter as an earlier one of its cell, so the two are not independent."""
    if render.identical_to is not None:
        yield Evidence(message=f"The reply is the same to the letter as that of attempt {render.identical_to}.")
