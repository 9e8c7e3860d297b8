"""Findings to a score: 100 less the points of the faults and of what is missing in finish. Pure, from facts alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sampler.checks import CHECKS, blame, sight
from sampler.records import Evidence, Failure, Finding, Score, ScorePart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sampler.checks import Check
    from sampler.records import Render, SceneSnapshot, Severity

PASS_VALUE = 70
"""An attempt passes with this value or more, and no finding that is an error."""

ALL = 100.0
FINISH = 20.0
"""Points for the finish."""

POINTS: Mapping[str, Mapping[Severity, float]] = {
    "no-document": {"error": ALL},
    "truncated-reply": {"error": ALL},
    "refused": {"error": ALL},
    "identical-reply": {},
    "page-error": {"error": 50, "warning": 10},
    "promise-rejected": {"error": 50, "warning": 5},
    "module-missing": {"error": 50, "warning": 15},
    "asset-missing": {"error": 50, "warning": 10},
    "request-blocked": {"error": 50, "warning": 8},
    "asset-unavailable": {},
    "load-hang": {"error": ALL},
    "later-hang": {"error": 70},
    "page-crash": {"error": ALL},
    "dialog": {"error": 60, "warning": 10},
    "no-canvas": {"error": ALL},
    "no-webgl-context": {"error": ALL, "warning": 10},
    "context-lost": {"error": ALL, "warning": 20},
    "shader-error": {"error": 50, "warning": 15},
    "blank-canvas": {"error": ALL, "warning": 30},
    "blank-page": {"error": ALL},
    "covered-canvas": {"error": ALL},
    "canvas-size": {"error": ALL, "warning": 15},
    "frozen": {"error": 35},
}
"""What a finding takes, by check and severity; once for each check, with its worst case. Notes take nothing."""

_ORDER: dict[Severity, int] = {"error": 0, "warning": 1, "note": 2}

SHARES: Mapping[str, float] = {"detail": 14, "use of the frame": 2, "colour": 2, "craft": 2}
"""Points that each measure of finish can earn; `FINISH` in all. Fitted to ratings: detail orders them best by far."""


def finish(render: Render) -> tuple[float, str]:
    """How much was made of it: points earned, 0 to `FINISH`, and the sentence that explains them.

    From the last picture: how much detail it has, how much of the frame is used, how many colours; and, where the
    scene is known, variety of materials, shading, and shadows or textures. Each measure saturates, so that none can
    be driven up for ever. A page without three.js is judged by its picture alone.
    """
    frame = sight.last_frame(render)
    if frame is None or sight.shows_nothing(render):
        return 0.0, "Nothing is there to look at."
    pixels, scene = frame.pixels, frame.scene
    detail = pixels.detail**2 / (pixels.detail**2 + 0.01**2)
    measures = {
        "detail": detail,
        "use of the frame": pixels.occupied_share,
        "colour": _saturating(pixels.colours, 40),
        "craft": detail if scene is None else _craft(scene),
    }
    earned = round(sum(SHARES[name] * value for name, value in measures.items()), 1)
    parts = ", ".join(f"{name} {SHARES[name] * value:.1f} of {SHARES[name]:g}" for name, value in measures.items())
    return earned, f"{earned:g} of {FINISH:g} points earned: {parts}."


def _craft(scene: SceneSnapshot) -> float:
    """Variety of materials, shading, and shadows or textures: a third each."""
    lit = scene.lit_meshes > 0 and (scene.lights > 0 or scene.environment)
    shadows = scene.shadows_enabled and scene.cast_shadow > 0 and scene.receive_shadow > 0
    surfaces = shadows or scene.textures > 0 or scene.environment
    return (_saturating(scene.materials, 4) + lit + surfaces) / 3


def _saturating(value: float, half: float) -> float:
    """0 to 1; a half at `half`."""
    return value / (value + half)


def findings(render: Render) -> tuple[Finding, ...]:
    """What the checks find, the worst first; a reply without a whole page is judged by that alone."""
    checks = CHECKS
    if render.delivery.problem is not None:
        checks = tuple(check for check in CHECKS if check.family == "delivery")
    nothing = sight.shows_nothing(render)
    found = [_finding(check, tuple(check.function(render)), nothing=nothing) for check in checks]
    return tuple(sorted((one for one in found if one), key=lambda one: (_ORDER[one.severity], -one.points)))


def _finding(check: Check, cases: tuple[Evidence, ...], *, nothing: bool) -> Finding | None:
    """All cases of one check as one finding, which costs what its worst case costs."""
    if not cases:
        return None
    cases = tuple(sorted(cases, key=lambda case: _ORDER[case.severity or check.severity]))
    worst = cases[0]
    severity = worst.severity or check.severity
    # An error that leaves the visitor with nothing to look at takes everything, whichever it is.
    points = ALL if severity == "error" and nothing else POINTS[check.id].get(severity, 0.0)
    return Finding(
        check=check.id, severity=severity, points=points, message=worst.message, evidence=worst, more=cases[1:]
    )


def score(render: Render) -> Score:
    """The verdict on one attempt.

    Unscored when our side or the provider failed, and when the page shows nothing for want of a host that could not
    be reached from here. Otherwise 0 to 100: passed from `PASS_VALUE` on, if no finding is an error.
    """
    if render.failure is not None:
        return Score(id=render.id, outcome="unscored", value=None, failure=render.failure)
    found = findings(render)
    has_error = any(one.severity == "error" for one in found)
    if not has_error and sight.shows_nothing(render):
        failure = _without_a_reason(render)
        if failure is not None:
            return Score(id=render.id, outcome="unscored", value=None, findings=found, failure=failure)
    faults = min(ALL, sum(one.points for one in found))
    earned, why = finish(render)
    missing = round(FINISH - earned, 1)
    value = max(0.0, round(100 - faults - missing, 1))
    parts = (
        ScorePart(name="faults", taken=faults, reason=_explain(found)),
        ScorePart(name="fit", taken=0, reason="No expectations of the prompt are measured."),
        ScorePart(name="finish", taken=missing, reason=why),
    )
    passed = value >= PASS_VALUE and not has_error
    return Score(id=render.id, outcome="passed" if passed else "failed", value=value, parts=parts, findings=found)


def _without_a_reason(render: Render) -> Failure | None:
    """Why a page without a picture cannot be judged, where no fault of its own was found."""
    hosts = blame.unavailable_requests(render)
    if hosts:
        return Failure(
            whose="harness",
            slug="asset-unavailable",
            message=f"The page shows nothing, and {hosts[0].url} could not be reached from here.",
        )
    if not render.frames:
        return Failure(whose="harness", slug="no-picture", message="No picture of the page could be taken.")
    return None


def _explain(found: tuple[Finding, ...]) -> str:
    costly = [f"{one.check} {one.points:g}" for one in found if one.points > 0]
    return ", ".join(costly) if costly else "Nothing that costs points was found."
