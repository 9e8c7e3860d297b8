"""Checks of the family delivery, and what holds for the list of all checks."""

from __future__ import annotations

import pytest
from page_facts import found, message, render, thrown

from sampler.checks import CHECKS
from sampler.records import Delivery
from sampler.score import POINTS

ALL_OF_ISSUE = {
    *("no-document", "truncated-reply", "refused", "identical-reply"),
    *(
        "page-error",
        "promise-rejected",
        "module-missing",
        "asset-missing",
        "request-blocked",
        "load-hang",
        "later-hang",
    ),
    *("page-crash", "dialog", "asset-unavailable"),
    *("no-canvas", "no-webgl-context", "context-lost", "shader-error", "blank-canvas", "covered-canvas", "canvas-size"),
    "frozen",
}


def test_every_check_is_listed_once_with_a_family_a_title_and_points() -> None:
    """Ids are unique, none of the four families lacks one, and the points table knows each of them and no other."""
    ids = [check.id for check in CHECKS]
    assert len(ids) == len(set(ids))
    assert set(ids) >= ALL_OF_ISSUE
    assert set(ids) == set(POINTS)
    for check in CHECKS:
        assert check.title
        assert check.description
        assert check.family in {"delivery", "loading", "canvas", "motion"}


def test_a_healthy_page_has_no_findings() -> None:
    """No check fires on a page with a picture that moves."""
    assert found(render()) == {}


@pytest.mark.parametrize("problem", ["no-document", "truncated-reply", "refused"])
def test_a_reply_without_a_whole_page_is_judged_by_that_alone(problem: str) -> None:
    """What is wrong with half a page follows from its being half a page."""
    page = render(
        delivery=Delivery.model_validate({"problem": problem, "form": "prose", "detail": "41 words of prose."}),
        frames=(),
        errors=(thrown("SyntaxError: Unexpected end of input"),),
    )
    assert found(page) == {problem: "error"}
    assert message(page, problem) == "41 words of prose."


def test_an_identical_reply_is_noted() -> None:
    """The note names the earlier attempt and costs nothing."""
    page = render(identical_to="03")
    assert found(page) == {"identical-reply": "note"}
    assert "03" in message(page, "identical-reply")
