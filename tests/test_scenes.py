"""Real pages in a real browser: each trips the checks that its story names, and nothing else.

`scenes/expected.json` holds one case a line: the page, what its prompt needs, the errors and warnings by check, the
notes, and words that the first finding's message must hold.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sampler import reply
from sampler.browser import session
from sampler.records import AttemptId, Delivery, Render, RenderTask
from sampler.score import findings, score

if TYPE_CHECKING:
    from collections.abc import Iterator

SCENES = Path(__file__).parent / "scenes"
CASES: list[dict[str, Any]] = json.loads((SCENES / "expected.json").read_text())
REPLIES: dict[str, str | None] = json.loads((SCENES / "replies" / "expected.json").read_text())
HANGS_AFTER_SECONDS = 6
"""For pages that hang on purpose: long enough for three.js to load on a busy machine."""

ID = AttemptId(prompt="scene", model="page:on-disk", number=1)
WHOLE = Delivery(problem=None, form="bare", detail="A page on disk")


def label(case: dict[str, Any]) -> str:
    """Page and needs, for the name of a test."""
    return f"{case['page']}-{'+'.join(case['needs']) or 'anything'}"


@pytest.fixture(scope="module", autouse=True)
def warm_browser() -> Iterator[None]:
    """One browser for all pages of this module, ended with it."""
    yield
    session.close()


def test_every_page_has_its_case() -> None:
    """No page lies there without saying what it must trip, and no case names a page that is not there."""
    pages = {path.relative_to(SCENES).as_posix() for path in SCENES.rglob("*.html")}
    assert {case["page"] for case in CASES} == pages


@pytest.mark.parametrize("page", sorted({case["page"] for case in CASES}))
def test_every_page_tells_its_story(page: str) -> None:
    """A comment at the top says what happened to whom, and a healthy page says that it is healthy."""
    head = (SCENES / page).read_text().split("<html", 1)[0]
    assert "<!--" in head
    faultless = not any(case["faults"] or case["notes"] for case in CASES if case["page"] == page)
    assert ("<!-- Healthy" in head) == (faultless or page == "dom-only.html")


@pytest.mark.browser
@pytest.mark.network
@pytest.mark.parametrize("case", CASES, ids=label)
def test_a_page_trips_what_its_story_names_and_nothing_else(case: dict[str, Any]) -> None:
    """Errors and warnings are exactly the expected ones, so are the notes, and the message names the cause."""
    task = RenderTask(
        id=ID,
        needs=tuple(case["needs"]),
        delivery=WHOLE,
        root=str(SCENES),
        page=case["page"],
        wall_seconds=HANGS_AFTER_SECONDS if "hang" in case["page"] else 60,
    )
    rendered = session.render(task)
    assert rendered.render.failure is None
    found = findings(rendered.render)
    said = "\n".join(f"{finding.severity} {finding.check}: {finding.message}" for finding in found)
    assert {finding.check: finding.severity for finding in found if finding.severity != "note"} == case["faults"], said
    assert [finding.check for finding in found if finding.severity == "note"] == case["notes"], said
    if "says" in case:
        assert case["says"] in found[0].message
    if not case["faults"]:
        assert score(rendered.render).outcome == "passed"


@pytest.mark.parametrize(("name", "problem"), REPLIES.items())
def test_a_reply_trips_what_is_wrong_with_it(name: str, problem: str | None) -> None:
    """Prose, other code, half a page and a refusal are the model's failures; words around a page are none."""
    delivery, document = reply.read((SCENES / "replies" / name).read_text())
    assert delivery.problem == problem
    assert (document is None) == (problem in {"no-document", "refused"})
    if problem is not None:
        scored = score(Render(id=ID, delivery=delivery))
        assert [finding.check for finding in scored.findings] == [problem]
        assert (scored.outcome, scored.value) == ("failed", 0)
