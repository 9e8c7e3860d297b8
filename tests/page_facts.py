"""Renders made by hand: a healthy page's facts, in which a test changes what it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sampler.records import (
    AttemptId,
    Box,
    Canvas,
    Delivery,
    Environment,
    Frame,
    Hang,
    Overlay,
    PageError,
    PixelFacts,
    Render,
    Request,
    SceneSnapshot,
    SourceLocation,
)
from sampler.score import findings

if TYPE_CHECKING:
    from sampler.records import Need, Severity

THREE = "https://cdnjs.cloudflare.com/ajax/libs/three.js/r128/three.min.js"
ORBIT = "https://cdnjs.cloudflare.com/ajax/libs/three.js/r128/examples/js/controls/OrbitControls.js"

PICTURE = PixelFacts(
    mean_luminance=0.4,
    black_share=0.05,
    white_share=0.01,
    flat_share=0.3,
    colours=800,
    detail=0.014,
    hue_spread=0.5,
    occupied_share=0.7,
)
FLAT = PixelFacts(
    mean_luminance=0.1,
    black_share=0,
    white_share=0,
    flat_share=1,
    colours=1,
    detail=0,
    hue_spread=0,
    occupied_share=0,
)
BLACK = FLAT.model_copy(update={"mean_luminance": 0.0, "black_share": 1.0})
FEW_WORDS = FLAT.model_copy(update={"flat_share": 0.995, "occupied_share": 0.03, "colours": 20, "detail": 0.0005})
"""One colour and a line of text."""

WHOLE = Box(x=0, y=0, width=1280, height=720)

SCENE = SceneSnapshot(
    revision="128",
    camera="PerspectiveCamera",
    scenes=1,
    meshes=20,
    instances=0,
    points=0,
    lines=0,
    sprites=0,
    lights=2,
    lit_meshes=20,
    materials=12,
    geometries=8,
    textures=0,
    triangles=5000,
    cast_shadow=0,
    receive_shadow=0,
    shadows_enabled=False,
    environment=False,
    fog=False,
    not_a_number=0,
    transforms="aa",
)


def canvas(**changed: Any) -> Canvas:
    """A WebGL canvas that fills the screen and is drawn on."""
    facts: dict[str, Any] = {
        "context": "webgl2",
        "width_pixels": 1280,
        "height_pixels": 720,
        "connected": True,
        "shown": True,
        "box": WHOLE,
        "draws": 400,
        "made_at": SourceLocation(url="http://scene.localhost/index.html", line=12),
    }
    return Canvas(**{**facts, **changed})


def frame(index: int = 0, **changed: Any) -> Frame:
    """One of three frames, of a scene that moves."""
    facts: dict[str, Any] = {
        "at_seconds": (0.1, 1.0, 3.0)[index],
        "picture": f"frame-{index}.png",
        "sha256": f"{index:064x}",
        "pixels": PICTURE,
        "canvas_pixels": PICTURE.model_copy(update={"mean_luminance": 0.4 + index / 100}),
        "canvas_seen_share": 1.0,
        "draw_calls": 20,
        "triangles": 5000,
        "scene": SCENE.model_copy(update={"transforms": f"{index:02x}"}),
    }
    return Frame(**{**facts, **changed})


def frames(**changed: Any) -> tuple[Frame, ...]:
    """Three frames, all with the same change."""
    return tuple(frame(index, **changed) for index in range(3))


def render(needs: tuple[Need, ...] = ("canvas", "motion"), **changed: Any) -> Render:
    """A healthy page's facts, but for what is changed."""
    facts: dict[str, Any] = {
        "id": AttemptId(prompt="cubes", model="by:hand", number=1),
        "needs": needs,
        "delivery": Delivery(problem=None, form="bare", detail="One HTML document"),
        "frames": frames(),
        "canvases": (canvas(),),
        "requests": (request(THREE),),
        "three_revision": "128",
        "drawn": "looked-at",
        "environment": Environment(browser="Chromium", renderer="SwiftShader", sandboxed=True, playwright="1"),
    }
    return Render(**{**facts, **changed})


def request(url: str, outcome: str = "answered", kind: str = "script", **changed: Any) -> Request:
    """A request as it ended."""
    return Request.model_validate({"url": url, "outcome": outcome, "kind": kind, **changed})


def thrown(message: str, kind: str = "error", at_seconds: float = 0.0, line: int = 30) -> PageError:
    """An uncaught exception of the page's own script."""
    place = SourceLocation(url="http://scene.localhost/index.html", line=line, function="animate")
    return PageError.model_validate({"kind": kind, "message": message, "location": place, "at_seconds": at_seconds})


def cover(text: str = "", **changed: Any) -> Overlay:
    """An opaque element over the whole canvas."""
    facts: dict[str, Any] = {"selector": "div#loading", "text": text, "opacity": 1.0, "covers_share": 1.0}
    return Overlay(**{**facts, **changed})


def hang(phase: str) -> Hang:
    """A main thread that did not come back."""
    at = 0.0 if phase == "load" else 1.0
    return Hang.model_validate({"phase": phase, "at_seconds": at, "wall_seconds": 30})


def empty_screen(**changed: Any) -> dict[str, Any]:
    """What a page that shows nothing at all has: flat frames and no canvas."""
    return {"frames": frames(pixels=FLAT, canvas_pixels=None, canvas_seen_share=None, scene=None), **changed}


def found(page: Render) -> dict[str, Severity]:
    """What is found, by check."""
    return {finding.check: finding.severity for finding in findings(page)}


def message(page: Render, check: str) -> str:
    """What a check says about a page."""
    return next(finding.message for finding in findings(page) if finding.check == check)
