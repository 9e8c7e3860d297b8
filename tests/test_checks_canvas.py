"""Checks of the families canvas and motion: is there a picture, does the visitor see it, does it move?"""

from __future__ import annotations

from typing import Any

import pytest
from page_facts import (
    BLACK,
    FEW_WORDS,
    FLAT,
    PICTURE,
    SCENE,
    WHOLE,
    canvas,
    cover,
    empty_screen,
    found,
    frame,
    frames,
    message,
    render,
    request,
    thrown,
)

from sampler.records import Box, PixelFacts, SceneSnapshot, ShaderError

SMALL = Box(x=0, y=0, width=64, height=36)


def blank(scene: SceneSnapshot | None = SCENE, pixels: PixelFacts = FLAT, draw_calls: int = 20) -> dict[str, Any]:
    """Frames in which the canvas, and so the screen, is one colour."""
    return {"frames": frames(pixels=pixels, canvas_pixels=pixels, scene=scene, draw_calls=draw_calls)}


def test_a_page_without_canvas_is_blamed_only_where_one_is_needed() -> None:
    """A desk made of elements is healthy, unless the prompt asks for something drawn."""
    desk: dict[str, Any] = {
        "frames": frames(canvas_pixels=None, scene=None),
        "canvases": (),
        "requests": (),
        "three_revision": None,
    }
    assert found(render(needs=(), **desk)) == {}
    assert found(render(**desk)) == {"no-canvas": "error"}


def test_a_three_page_that_shows_nothing_is_blamed_without_being_asked() -> None:
    """Whoever loads three.js and shows an empty screen meant to draw."""
    assert found(render(needs=(), **empty_screen(canvases=()))) == {"no-canvas": "error"}


def test_a_canvas_that_was_never_put_into_the_document_is_named() -> None:
    """The place where it was made and how much was drawn on it stand in the message."""
    lost = canvas(connected=False, shown=False, box=Box(x=0, y=0, width=0, height=0))
    page = render(**empty_screen(canvases=(lost,)))
    assert found(page) == {"no-canvas": "error"}
    assert "line 12" in message(page, "no-canvas")
    assert "400 draw calls" in message(page, "no-canvas")


def test_a_refused_context_is_the_cause_of_the_exception_that_follows() -> None:
    """Whether the browser told of the refusal or only the engine did."""
    errors = (thrown("Error: Error creating WebGL context."),)
    told = canvas(context="2d", refused_context="webgl2", draws=0)
    untold = canvas(context="2d", draws=0)
    for taken in (told, untold):
        page = render(**empty_screen(canvases=(taken,), errors=errors))
        assert found(page) == {"no-webgl-context": "error"}
        assert "kind 2d" in message(page, "no-webgl-context")


def test_a_refused_context_beside_one_that_works_is_no_finding() -> None:
    """Many pages try WebGL 2 first and fall back."""
    probe = canvas(connected=False, shown=False, context="none", refused_context="webgl2", box=SMALL)
    assert found(render(canvases=(canvas(), probe))) == {}


def test_a_lost_context_is_found_with_its_reason() -> None:
    """By the page itself, through too many contexts, or by the driver."""
    small = canvas(box=SMALL)
    by_page = render(canvases=(canvas(lost=True, lost_by_page=True),), **blank(draw_calls=0))
    too_many = render(canvases=(canvas(lost=True), *[small] * 16), **blank(draw_calls=0))
    by_driver = render(canvases=(canvas(lost=True),), **blank(draw_calls=0))
    for page, reason in ((by_page, "WEBGL_lose_context"), (too_many, "17 contexts"), (by_driver, "driver")):
        assert found(page) == {"context-lost": "error"}
        assert reason in message(page, "context-lost")


def test_a_lost_ornament_of_a_page_of_elements_is_a_warning() -> None:
    """Nobody asked for something drawn, and the page has its text."""
    page = render(needs=(), canvases=(canvas(lost=True),), frames=frames(canvas_pixels=FLAT))
    assert found(page) == {"context-lost": "warning"}


def test_a_probe_may_lose_its_context() -> None:
    """Only the canvas that is looked at counts."""
    assert found(render(canvases=(canvas(), canvas(connected=False, shown=False, lost=True, box=SMALL)))) == {}


def test_a_canvas_that_was_replaced_may_lose_its_context() -> None:
    """Another canvas of its size draws in its place."""
    assert found(render(canvases=(canvas(lost=True), canvas()))) == {}


def test_a_broken_shader_is_an_error_or_a_warning_by_what_is_left() -> None:
    """Once for the same log, and the link error that follows is not a second case."""
    errors = (
        ShaderError(stage="fragment", log="ERROR: 0:7: 'brightness' : undeclared identifier\n", source_line="x = 1;"),
        ShaderError(stage="fragment", log="ERROR: 0:7: 'brightness' : undeclared identifier\n", source_line="x = 1;"),
        ShaderError(stage="link", log="Fragment shader is not compiled."),
    )
    assert found(render(shader_errors=errors)) == {"shader-error": "warning"}
    page = render(shader_errors=errors, **blank())
    assert found(page) == {"shader-error": "error"}
    assert "brightness" in message(page, "shader-error")
    assert "x = 1;" in message(page, "shader-error")


def test_a_page_that_throws_the_compilers_log_has_a_broken_shader() -> None:
    """The exception and the shader are one thing."""
    page = render(errors=(thrown("Error: ERROR: 0:7: '}' : syntax error"),), canvases=(canvas(draws=0),), **blank(None))
    assert found(page) == {"shader-error": "error"}


@pytest.mark.parametrize(
    ("changed", "pixels", "draw_calls", "cause"),
    [
        ({"meshes": 0, "lit_meshes": 0}, FLAT, 0, "no objects"),
        ({"not_a_number": 3}, FLAT, 20, "not numbers"),
        ({}, FLAT, 0, "none of them is in the camera's view"),
        ({"lights": 0}, BLACK, 20, "need light"),
        ({}, BLACK, 20, "black"),
        ({}, FLAT, 20, "against the background"),
    ],
)
def test_a_blank_canvas_has_a_cause(changed: dict[str, int], pixels: PixelFacts, draw_calls: int, cause: str) -> None:
    """The scene's own numbers tell why nothing is seen."""
    page = render(**blank(SCENE.model_copy(update=changed), pixels, draw_calls))
    assert found(page) == {"blank-canvas": "error"}
    assert cause in message(page, "blank-canvas")


def test_a_canvas_that_nobody_draws_on_is_blank() -> None:
    """Also where a line of text keeps the screen from being one colour, and the canvas could not be read."""
    nothing = frames(pixels=FEW_WORDS, canvas_pixels=None, canvas_seen_share=None, scene=None, draw_calls=0)
    page = render(frames=nothing, canvases=(canvas(draws=0),), visible_text="Use the arrow keys")
    assert found(page) == {"blank-canvas": "error"}
    assert "nothing was ever drawn" in message(page, "blank-canvas")


def test_a_canvas_that_went_blank_is_a_warning() -> None:
    """An earlier frame held a picture, and no error explains what became of it."""
    page = render(frames=(frame(0), frame(1), frame(2, canvas_pixels=FLAT)))
    assert found(page) == {"blank-canvas": "warning"}
    assert "after it held a picture" in message(page, "blank-canvas")


def test_an_empty_page_is_an_error_whatever_was_asked_for() -> None:
    """Not a canvas, not a word, one colour: nobody would call that a page, unless something else explains it."""
    nothing = empty_screen(canvases=(), requests=(), three_revision=None)
    assert found(render(needs=(), **nothing)) == {"blank-page": "error"}
    assert found(render(needs=(), errors=(thrown("x"),), **nothing)) == {"page-error": "error"}
    assert found(render(needs=(), **{**nothing, "visible_text": "Hello"})) == {}


def test_a_few_stars_are_not_blank() -> None:
    """A night sky may differ from black in one pixel of a thousand."""
    night = BLACK.model_copy(update={"flat_share": 0.9985, "colours": 30, "occupied_share": 0.1, "detail": 0.001})
    assert found(render(needs=("canvas",), **blank(pixels=night))) == {}


def test_another_engine_is_never_blamed_for_having_no_three() -> None:
    """WebGL without any scene facts, and a 2D canvas, are as good."""
    other: dict[str, Any] = {"requests": (), "three_revision": None, "frames": frames(scene=None)}
    assert found(render(**other)) == {}
    assert found(render(canvases=(canvas(context="2d", draws=0),), **other)) == {}


def test_a_small_blank_canvas_of_a_page_of_elements_is_no_fault() -> None:
    """A paint program has an empty sheet, and its prompt asks for no scene."""
    sheet = canvas(context="2d", draws=0, box=Box(x=400, y=200, width=500, height=300))
    page = render(needs=(), canvases=(sheet,), requests=(), three_revision=None, frames=frames(canvas_pixels=FLAT))
    assert found(page) == {}


@pytest.mark.parametrize("text", ["Loading...", "", "Generating terrain 40 %", "My Game"])
def test_an_opaque_cover_is_found(text: str) -> None:
    """The canvas holds a picture, and something without content of its own hides it."""
    page = render(frames=frames(pixels=FEW_WORDS, canvas_seen_share=0.01), overlays=(cover(text),), visible_text=text)
    assert found(page) == {"covered-canvas": "error"}
    assert "div#loading" in message(page, "covered-canvas")


@pytest.mark.parametrize(
    "text",
    ["Cube Rider\nClick to start", "Press any key to begin", "Tap anywhere", "CITY FLIGHT\nStart", "Enter the world"],
)
def test_a_start_screen_is_no_cover(text: str) -> None:
    """It says what to do, and goes when that is done."""
    page = render(frames=frames(canvas_seen_share=0.0), overlays=(cover(text),), visible_text=text)
    assert found(page) == {}


def test_a_page_of_content_over_a_canvas_is_no_cover() -> None:
    """Windows over a wallpaper are what that page is about."""
    text = "Notepad File Edit View Buy milk and bread and call Ann about the garden party on Sunday afternoon"
    page = render(needs=("canvas",), frames=frames(canvas_seen_share=0.02), overlays=(cover(text),))
    assert found(page) == {}


def test_a_cover_that_lets_the_scene_through_is_no_fault() -> None:
    """What the screen shows decides, not that an element lies there."""
    page = render(frames=frames(canvas_seen_share=0.6), overlays=(cover("Loading", opacity=0.6),))
    assert found(page) == {}


def test_a_hidden_canvas_is_found() -> None:
    """Drawn on and in the document, but fully transparent."""
    page = render(**empty_screen(canvases=(canvas(shown=False),)))
    assert found(page) == {"covered-canvas": "error"}


def test_a_canvas_without_size_is_an_error() -> None:
    """Its own size or that on the screen is zero."""
    nothing = Box(x=0, y=0, width=1280, height=0)
    page = render(**empty_screen(canvases=(canvas(height_pixels=0, shown=False, box=nothing),)))
    assert found(page) == {"canvas-size": "error"}


def test_a_tiny_canvas_is_a_warning() -> None:
    """300 x 150 is the size of a canvas that nobody gave one."""
    tiny = Box(x=8, y=8, width=300, height=150)
    assert found(render(canvases=(canvas(box=tiny, width_pixels=300, height_pixels=150),))) == {
        "canvas-size": "warning"
    }


@pytest.mark.parametrize(
    ("scroll", "top", "expected"),
    [(4, 0, {}), (20, 8, {"canvas-size": "note"}), (80, 80, {"canvas-size": "warning"}), (3000, 0, {})],
)
def test_a_page_that_scrolls_because_of_its_canvas(scroll: int, top: int, expected: dict[str, str]) -> None:
    """Four pixels are no fault, a margin is a note, a heading above is a warning, a long article is meant so."""
    box = Box(x=0, y=top, width=1280, height=720)
    page = render(canvases=(canvas(box=box),), scroll_pixels=(0, scroll))
    assert found(page) == expected


def test_stillness_is_a_fault_only_where_motion_is_asked_for() -> None:
    """Three equal pictures of an apartment are fine, of a solar system they are not."""
    still = tuple(frame(0, at_seconds=at) for at in (0.1, 1.0, 3.0))
    assert found(render(needs=("canvas",), frames=still)) == {}
    assert found(render(frames=still)) == {"frozen": "error"}


def test_a_counter_that_runs_is_not_motion() -> None:
    """The screenshots differ, the canvas and the places of all objects do not."""
    counting = frames(canvas_pixels=PICTURE, scene=SCENE)
    assert found(render(frames=counting)) == {"frozen": "error"}


def test_a_camera_that_moves_is_motion() -> None:
    """No object changes its place, and the picture does."""
    assert found(render(frames=frames(scene=SCENE))) == {}


@pytest.mark.parametrize("text", ["Click to play", "Press any key to begin"])
def test_a_page_that_waits_for_a_click_is_not_frozen(text: str) -> None:
    """It stands still because nobody started it."""
    still = tuple(frame(0, at_seconds=at) for at in (0.1, 1.0, 3.0))
    assert found(render(frames=still, visible_text=text)) == {}


def test_a_model_that_is_missing_explains_an_empty_scene() -> None:
    """One finding, for the file."""
    empty = SCENE.model_copy(update={"meshes": 0, "lit_meshes": 0})
    missing = (request("http://scene.localhost/castle.glb", "missing", "fetch"),)
    assert found(render(requests=missing, **blank(empty))) == {"asset-missing": "error"}
    assert set(found(render(requests=missing, **blank()))) == {"asset-missing", "blank-canvas"}


def test_a_canvas_filled_in_by_another_one_is_not_blank() -> None:
    """Two canvases on each other make one picture."""
    page = render(canvases=(canvas(box=WHOLE), canvas(box=WHOLE)), frames=frames(canvas_pixels=FLAT))
    assert found(page) == {}
