"""What the visitor has before the eyes: which canvas, a picture or none, moving or still, waiting for a click.

Shared by the checks; still no verdict, since it depends on the page what follows from it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from sampler.records import Canvas, Frame, Overlay, PixelFacts, Render

_THREE_FILE = re.compile(r"(^|/)three(\.(module|core|webgpu|cjs))*(\.min)?\.m?js$|/three@|/three\.?js/", re.IGNORECASE)

_INVITATION = re.compile(
    r"\b(click|tap|press|hit|touch)\b[^.!?\n]{0,50}\b(to|and) (start|play|begin|enter|continue|resume|"
    r"launch|lock|explore|take|capture|look|walk|fly|drive)\b"
    r"|\b(click|tap|touch) (anywhere|here|the screen)\b|\b(press|hit) any (key|button)\b"
    r"|^\W*((click|tap|press) )?(to )?(start|play|begin|enter|launch|explore|continue|go|take off|new game|play now|"
    r"(start|play|enter|begin|explore|launch) (the |your )?\w+)\W*$",
    re.IGNORECASE | re.MULTILINE,
)
_WAITING = re.compile(
    r"\b(load(ing|ed)?|initiali[sz]ing|please wait|preparing|generating|building|buffering|starting)\b|\d\s*%|\.\.\.|…",
    re.IGNORECASE,
)


WEBGL = {"webgl", "webgl2"}


def last_frame(render: Render) -> Frame | None:
    """The picture that the page was left with; None where none was taken."""
    return render.frames[-1] if render.frames else None


def is_three_page(render: Render) -> bool:
    """Whether three.js announced itself, or the page asked for its file."""
    if render.three_revision is not None:
        return True
    return any(_THREE_FILE.search(urlsplit(request.url).path) for request in render.requests)


def draws_webgl(render: Render) -> bool:
    """Whether the page is one that draws with the graphics card: any engine, or the wish for a context."""
    return is_three_page(render) or any(
        canvas.context in {*WEBGL, "webgpu"} or "webgl" in (canvas.refused_context or "") for canvas in render.canvases
    )


def needs_canvas(render: Render) -> bool:
    """Whether the prompt, by its needs, asks for something drawn."""
    return "canvas" in render.needs


def main_canvas(render: Render) -> Canvas | None:
    """The largest canvas that the visitor could see; None where none is shown."""
    for canvas in render.canvases:
        if canvas.connected and canvas.shown and canvas.box.width >= 1 and canvas.box.height >= 1:
            return canvas
    return None


def area(canvas: Canvas) -> float:
    """Square pixels of its box, in and out of the viewport."""
    return canvas.box.width * canvas.box.height


def _stands_in_place_of(other: Canvas, main: Canvas) -> bool:
    """Whether another canvas on the screen, half as large at least, is drawn on: replaced, or layers of one picture."""
    shown = other.connected and other.shown and not other.lost
    return other is not main and shown and other.draws > 0 and area(other) > area(main) / 2


def lost_canvas(render: Render) -> Canvas | None:
    """The main canvas where its context is lost and no other canvas draws in its place."""
    main = main_canvas(render)
    if main is None or not main.lost or any(_stands_in_place_of(other, main) for other in render.canvases):
        return None
    return main


def is_flat(pixels: PixelFacts) -> bool:
    """One colour, but for at most one pixel in ten thousand: a night sky with a few stars is not."""
    return pixels.flat_share >= 0.9999


def is_bare(pixels: PixelFacts) -> bool:
    """One colour and perhaps a few words: no more than a twelfth of the screen has anything in it."""
    return pixels.flat_share >= 0.97 and pixels.occupied_share <= 0.085


def canvas_is_blank(render: Render) -> bool:
    """Whether the main canvas, at the last frame, holds no picture, nor does another one in its place.

    A canvas that could not be read is blank when nothing was drawn on it with WebGL, not even a clear, or when the
    whole screen is flat.
    """
    frame, canvas = last_frame(render), main_canvas(render)
    if frame is None or canvas is None:
        return False
    if not is_bare(frame.pixels) and any(_stands_in_place_of(other, canvas) for other in render.canvases):
        return False
    if frame.canvas_pixels is not None:
        return is_flat(frame.canvas_pixels)
    untouched = canvas.context in WEBGL and not canvas.draws and not canvas.clears
    return untouched or is_flat(frame.pixels)


def was_ever_drawn(render: Render) -> bool:
    """Whether an earlier frame held a picture on the canvas."""
    return any(frame.canvas_pixels is not None and not is_flat(frame.canvas_pixels) for frame in render.frames[:-1])


def hiding_overlay(render: Render) -> Overlay | None:
    """What hides the main canvas's picture from the visitor, where something does and has nothing else to show.

    The canvas holds a picture at the last frame, the screen shows next to nothing of it, and an opaque element lies
    over nearly all of it that says that it waits, or says little. Content of its own, such as windows over a
    wallpaper, hides nothing.
    """
    frame = last_frame(render)
    if frame is None or main_canvas(render) is None or canvas_is_blank(render):
        return None
    if frame.canvas_seen_share is None or frame.canvas_seen_share >= 0.1:
        return None
    for overlay in render.overlays:
        covers = overlay.covers_share >= 0.8 and overlay.opacity >= 0.8
        if covers and (waits(overlay.text) or len(overlay.text.split()) <= 12):
            return overlay
    return None


def invites(text: str) -> bool:
    """Whether a text asks the visitor to start: "Click to play", "Press any key", a lone "Start"."""
    return _INVITATION.search(text) is not None


def waits(text: str) -> bool:
    """Whether a text says that something is still being loaded or made."""
    return _WAITING.search(text) is not None


def has_gate(render: Render) -> bool:
    """Whether the page waits, by its own words, for a click or key before it shows anything.

    Either what lies over the canvas says so, or the page says so and has not begun to draw, with no error before it.
    On a screen of one colour nobody can read it.
    """
    frame = last_frame(render)
    if frame is None or is_flat(frame.pixels):
        return False
    if any(invites(overlay.text) for overlay in render.overlays):
        return True
    drew = any(canvas.draws for canvas in render.canvases)
    return not drew and not render.errors and invites(render.visible_text)


def same_picture(first: Frame, second: Frame) -> bool:
    """Whether nothing that is drawn changed: the same screenshot, or the same canvas and the same places."""
    if first.sha256 == second.sha256:
        return True
    if first.canvas_pixels is None or first.canvas_pixels != second.canvas_pixels:
        return False
    before = first.scene.transforms if first.scene else None
    after = second.scene.transforms if second.scene else None
    return before == after


def stands_still(render: Render) -> bool:
    """Whether all frames, two or more, hold the same picture."""
    frames = render.frames
    return len(frames) > 1 and all(same_picture(frames[0], frame) for frame in frames[1:])


def came_to_rest(render: Render) -> bool:
    """Whether the picture changed at first and no longer at the end."""
    frames = render.frames
    return len(frames) > 2 and same_picture(frames[-2], frames[-1]) and not same_picture(frames[0], frames[1])


def stopped_drawing(render: Render) -> bool:
    """Whether nothing was drawn in the last frame that was looked at, though in an earlier one it was."""
    frames = render.frames
    return len(frames) > 1 and frames[-1].draw_calls == 0 and any(frame.draw_calls for frame in frames[:-1])


def shows_nothing(render: Render) -> bool:
    """Whether the visitor is left with nothing to look at.

    A page that is asked to draw, or that draws with WebGL and has little else, shows nothing when its canvas is not
    there, blank or covered. Any page shows nothing when its tab crashed, never came up, or is one colour without
    text. A page that invites to start shows its invitation.
    """
    frame = last_frame(render)
    if render.crashed or frame is None:
        return True
    text = render.visible_text.strip()
    if is_flat(frame.pixels) and not text:
        return True
    if has_gate(render):
        return False
    without = main_canvas(render) is None or lost_canvas(render) is not None
    if not (without or canvas_is_blank(render) or hiding_overlay(render) is not None):
        return False
    return needs_canvas(render) or (draws_webgl(render) and is_bare(frame.pixels))
