"""From findings to one number: what counts, what is left out, and what is not scored at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_facts import (
    FEW_WORDS,
    FLAT,
    ORBIT,
    PICTURE,
    SCENE,
    THREE,
    canvas,
    cover,
    empty_screen,
    frame,
    frames,
    hang,
    message,
    render,
    request,
    thrown,
)

from sampler.checks import CHECKS
from sampler.checks.sight import shows_nothing
from sampler.records import (
    Box,
    Canvas,
    Dialog,
    Failure,
    Frame,
    Hang,
    Need,
    Overlay,
    PageError,
    Request,
    Score,
)
from sampler.score import FINISH, PASS_VALUE, POINTS, SHARES, findings, finish, score

RICH = PICTURE.model_copy(update={"detail": 0.025, "colours": 3000, "occupied_share": 0.85})
POOR = PICTURE.model_copy(update={"detail": 0.003, "colours": 12, "occupied_share": 0.2})


def taken(scored: Score) -> dict[str, float]:
    """Points by part."""
    return {part.name: part.taken for part in scored.parts}


def test_a_healthy_rich_page_passes_high() -> None:
    """No faults, and a finish that earns nearly all of its points."""
    scored = score(render(frames=frames(pixels=RICH)))
    assert scored.outcome == "passed"
    assert scored.value is not None
    assert 93 < scored.value <= 100
    assert taken(scored)["faults"] == 0


def test_the_parts_explain_the_value() -> None:
    """100 less what each part takes is the value, and each part says why."""
    scored = score(render(dialogs=(Dialog(kind="alert", message="Hi"),)))
    assert scored.value == pytest.approx(100 - sum(part.taken for part in scored.parts))
    assert [part.name for part in scored.parts] == ["faults", "fit", "finish"]
    assert all(part.reason for part in scored.parts)
    assert "dialog 10" in scored.parts[0].reason


def test_an_error_that_leaves_nothing_takes_all() -> None:
    """Whatever a check costs elsewhere, nothing to look at is worth nothing."""
    scored = score(render(**empty_screen(canvases=(), errors=(thrown("ReferenceError: x"),))))
    assert scored.value == 0
    assert scored.findings[0].points == 100


def test_an_error_fails_a_page_whatever_its_value() -> None:
    """A frozen scene may look fine and still is not what was asked for."""
    still = tuple(frame(0, pixels=RICH, at_seconds=at) for at in (0.1, 1.0, 3.0))
    scored = score(render(frames=still))
    assert scored.outcome == "failed"
    assert scored.value is not None
    assert 0 < scored.value < PASS_VALUE


def test_warnings_add_up_to_a_failure() -> None:
    """No single one is an error, and together they bring the page below the line."""
    page = render(
        frames=frames(pixels=POOR),
        dialogs=(Dialog(kind="alert", message="Hi"),),
        errors=(thrown("TypeError: hud is null"),),
    )
    scored = score(page)
    assert {finding.severity for finding in scored.findings} == {"warning"}
    assert scored.outcome == "failed"


def test_notes_cost_nothing() -> None:
    """A page with a note has the value of the same page without it."""
    noted = render(requests=(request(ORBIT, "missing"),), identical_to="01")
    assert len(findings(noted)) == 2
    assert score(noted).value == score(render()).value


def test_the_worst_finding_comes_first() -> None:
    """Errors before warnings before notes, and within them the dearest first."""
    page = render(
        frames=(frame(0), frame(0, at_seconds=1.0)),
        hang=hang("later"),
        identical_to="01",
        dialogs=(Dialog(kind="alert", message="Hi"),),
    )
    assert [finding.check for finding in findings(page)] == ["later-hang", "dialog", "identical-reply"]


def test_our_own_failure_is_no_zero() -> None:
    """A browser that died leaves the attempt unscored, with the reason."""
    failure = Failure(whose="harness", slug="browser-failed", message="gone")
    scored = score(render(failure=failure, frames=(), canvases=()))
    assert (scored.outcome, scored.value, scored.failure) == ("unscored", None, failure)
    assert scored.findings == ()


def test_a_page_that_shows_nothing_for_want_of_a_host_is_not_scored() -> None:
    """The host could not be reached from here; the page may be perfect."""
    page = render(
        **empty_screen(
            canvases=(canvas(draws=0),),
            requests=(request("https://threejs.org/build/three.js", "unavailable"),),
            errors=(thrown("ReferenceError: THREE is not defined"),),
        )
    )
    scored = score(page)
    assert scored.outcome == "unscored"
    assert scored.failure is not None
    assert scored.failure.slug == "asset-unavailable"


def test_a_scene_without_its_model_for_want_of_a_host_is_not_scored() -> None:
    """The scene is empty because the model that fills it could not be fetched from here."""
    nothing = SCENE.model_copy(update={"meshes": 0, "lit_meshes": 0})
    page = render(
        frames=frames(pixels=FLAT, canvas_pixels=FLAT, scene=nothing),
        requests=(request("https://threejs.org/examples/models/gltf/Horse.glb", "unavailable", "fetch"),),
    )
    assert score(page).outcome == "unscored"


def test_a_fault_of_its_own_is_scored_although_a_host_was_not_reached() -> None:
    """A font that did not come does not excuse a syntax error."""
    page = render(
        **empty_screen(
            canvases=(),
            requests=(request("https://fonts.googleapis.com/css?family=Inter", "unavailable", "stylesheet"),),
            errors=(thrown("SyntaxError: Unexpected token ')'"),),
        )
    )
    assert (score(page).outcome, score(page).value) == ("failed", 0)


def test_a_page_without_any_picture_or_reason_is_not_scored() -> None:
    """No frame, no hang, no error: that cannot be judged."""
    scored = score(render(frames=(), canvases=(), requests=()))
    assert scored.outcome == "unscored"
    assert scored.failure is not None
    assert scored.failure.slug == "no-picture"


def test_every_severity_that_costs_has_points_and_all_is_the_most() -> None:
    """The table gives an error of each check more than its warning, and never more than 100."""
    for check in CHECKS:
        points = POINTS[check.id]
        assert ("error" in points) == (check.severity == "error")
        assert all(0 < value <= 100 for value in points.values())
        assert points.get("error", 100) > points.get("warning", 0)


def test_finish_grows_with_what_was_made() -> None:
    """More detail, more colours, more of the frame, and more craft each earn more."""
    poor, _ = finish(render(frames=frames(pixels=POOR)))
    rich, why = finish(render(frames=frames(pixels=RICH)))
    bare = SCENE.model_copy(update={"materials": 1, "lit_meshes": 0})
    crude, _ = finish(render(frames=frames(pixels=RICH, scene=bare)))
    assert 0 < poor < crude < rich < FINISH
    assert "detail" in why


def test_finish_does_without_three() -> None:
    """A page of another engine is judged by its picture."""
    earned, _ = finish(render(frames=frames(pixels=RICH, scene=None)))
    assert 10 < earned < FINISH


def test_the_shares_of_finish_are_its_points() -> None:
    """What the measures can earn adds up to the whole."""
    assert sum(SHARES.values()) == FINISH


@given(detail=st.floats(0, 1), colours=st.integers(0, 32768), occupied=st.floats(0, 1), materials=st.integers(0, 10**6))
def test_finish_stays_within_its_points(detail: float, colours: int, occupied: float, materials: int) -> None:
    """No page earns more than all of it, and none less than nothing."""
    pixels = PICTURE.model_copy(update={"detail": detail, "colours": colours, "occupied_share": occupied})
    scene = SCENE.model_copy(update={"materials": materials})
    earned, _ = finish(render(frames=frames(pixels=pixels, scene=scene)))
    assert 0 <= earned <= FINISH


@settings(max_examples=400, deadline=None)
@given(
    needs=st.sampled_from([(), ("canvas",), ("canvas", "motion")]),
    seen=st.lists(
        st.sampled_from(
            [
                frame(0),
                frame(1),
                frame(2, draw_calls=0),
                frame(0, pixels=FLAT, canvas_pixels=FLAT),
                frame(0, pixels=FEW_WORDS, canvas_pixels=None, scene=None, canvas_seen_share=None),
                frame(0, canvas_seen_share=0.0),
            ]
        ),
        max_size=3,
    ),
    drawn_on=st.lists(
        st.sampled_from(
            [
                canvas(),
                canvas(lost=True),
                canvas(context="2d", draws=0),
                canvas(context="none", refused_context="webgl2", draws=0, made_at=None),
                canvas(connected=False, shown=False),
                canvas(width_pixels=0, height_pixels=0, box=Box(x=0, y=0, width=0, height=0)),
            ]
        ),
        max_size=3,
    ),
    errors=st.lists(
        st.sampled_from(
            [
                thrown("TypeError: THREE.OrbitControls is not a constructor"),
                thrown("Error creating WebGL context."),
                thrown("ERROR: 0:7: syntax error", "rejection"),
                thrown("", "rejection", at_seconds=1),
            ]
        ),
        max_size=3,
    ),
    requests=st.lists(
        st.builds(
            request,
            st.sampled_from([THREE, ORBIT, "http://scene.localhost/a.png", "file:///x", "http://[::1]/", "blob:x"]),
            st.sampled_from(["answered", "missing", "unavailable", "refused"]),
            st.sampled_from(["script", "image", "fetch", "document"]),
        ),
        max_size=3,
    ),
    overlays=st.lists(st.builds(cover, st.sampled_from(["", "Loading", "Click to start"])), max_size=2),
    stopped=st.sampled_from([None, hang("load"), hang("later")]),
    crashed=st.booleans(),
    three=st.sampled_from([None, "160"]),
    text=st.sampled_from(["", "Click to start", "Hello"]),
)
def test_whatever_the_facts_there_is_a_verdict(
    *,
    needs: tuple[Need, ...],
    seen: list[Frame],
    drawn_on: list[Canvas],
    errors: list[PageError],
    requests: list[Request],
    overlays: list[Overlay],
    stopped: Hang | None,
    crashed: bool,
    three: str | None,
    text: str,
) -> None:
    """No combination of facts makes a check fail; zero comes with an error, and nothing to see never passes."""
    page = render(
        needs,
        frames=tuple(seen),
        canvases=tuple(drawn_on),
        errors=tuple(errors),
        requests=tuple(requests),
        overlays=tuple(overlays),
        hang=stopped,
        crashed=crashed,
        three_revision=three,
        visible_text=text,
    )
    scored = score(page)
    if scored.value is None:
        assert scored.failure is not None
        return
    if scored.value == 0:
        assert any(finding.severity == "error" for finding in scored.findings)
    if shows_nothing(page):
        assert scored.outcome != "passed"


def test_a_score_is_the_same_from_stored_facts() -> None:
    """Facts that went through JSON give the same verdict."""
    page = render(errors=(thrown("TypeError: hud is null"),))
    assert score(type(page).model_validate_json(page.model_dump_json())) == score(page)


def test_words_alone_are_nothing_to_look_at() -> None:
    """A line of text where a scene should be earns no finish."""
    page = render(frames=frames(pixels=FEW_WORDS, canvas_pixels=None, scene=None), canvases=(), visible_text="Hello")
    assert finish(page)[0] == 0
    assert "no canvas" in message(page, "no-canvas")
