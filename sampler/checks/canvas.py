"""Canvas: is there a picture, and does the visitor see it? A blank canvas has a cause, and the cause is named.

Where loading went wrong (an exception, a missing script, a hang), a canvas without a picture follows from that and is
not found a second time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sampler.checks import blame, sight
from sampler.checks.base import check
from sampler.records import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sampler.records import Canvas, Frame, Render, SceneSnapshot


def _last(render: Render) -> int | None:
    return len(render.frames) - 1 if render.frames else None


def _is_meant_to_draw(render: Render) -> bool:
    """Whether a canvas without a picture is a fault: it was asked for, or the page has little else to show."""
    if sight.needs_canvas(render):
        return True
    frame = sight.last_frame(render)
    return sight.draws_webgl(render) and frame is not None and sight.is_bare(frame.pixels)


def _is_explained(render: Render) -> bool:
    """Whether another check names why there is no picture."""
    return bool(
        blame.has_cause(render)
        or blame.without_context(render)
        or sight.lost_canvas(render)
        or render.shader_errors
        or blame.shader_complaints(render)
        or sight.has_gate(render)
    )


@check("no-canvas", severity="error", title="There is no canvas on the page")
def no_canvas(render: Render) -> Iterator[Evidence]:
    """Something drawn is needed, and no canvas is in the document: none was made, or it was never put there.

    Needed is it where the prompt says so, or where a page that loads three.js or asks for WebGL shows nothing else.
    A page made of plain elements is never blamed, nor one that draws with another engine.
    """
    if any(canvas.connected for canvas in render.canvases) or not render.frames:
        return
    if not _is_meant_to_draw(render) or _is_explained(render):
        return
    drawn = max(render.canvases, key=lambda canvas: canvas.draws, default=None)
    if drawn is not None and drawn.context != "none":
        made = f", made at line {drawn.made_at.line}," if drawn.made_at else ""
        yield Evidence(
            message=f"A canvas{made} is drawn on ({drawn.draws} draw calls) but was never put into the document.",
            frame=_last(render),
            source=drawn.made_at,
            numbers={"draw_calls": drawn.draws},
        )
    else:
        yield Evidence(message="The page makes no canvas.", frame=_last(render))


@check("no-webgl-context", severity="error", title="The page gets no WebGL context")
def no_webgl_context(render: Render) -> Iterator[Evidence]:
    """The page asked for a WebGL context, got none, and draws with nothing else.

    The browser that rendered it has WebGL, so the page asked in a way that cannot work: of a canvas that already
    has a context of another kind, or for too many.
    """
    if not blame.without_context(render):
        return
    main = sight.main_canvas(render)
    if main is not None and main.context == "2d" and not sight.canvas_is_blank(render):
        return
    refused = next((canvas for canvas in render.canvases if "webgl" in (canvas.refused_context or "")), main)
    taken = refused is not None and refused.context != "none"
    why = f", which already has a context of kind {refused.context}" if refused is not None and taken else ""
    yield Evidence(
        message=f"A WebGL context was refused to the canvas{why}.",
        frame=_last(render),
        source=refused.made_at if refused is not None else None,
        severity=None if _is_meant_to_draw(render) or sight.shows_nothing(render) else "warning",
    )


@check("context-lost", severity="error", title="The WebGL context is lost")
def context_lost(render: Render) -> Iterator[Evidence]:
    """The context of the canvas that the visitor sees is lost and was not restored: the picture is gone.

    A warning on a page that has other things to show and was not asked to draw. Canvases that only try out what the
    browser can do may lose theirs.
    """
    canvas = sight.lost_canvas(render)
    if canvas is None:
        return
    contexts = sum(1 for other in render.canvases if other.context in sight.WEBGL)
    if canvas.lost_by_page:
        why = "the page gave it up itself, through WEBGL_lose_context"
    elif contexts > 8:
        why = f"the page made {contexts} contexts, and browsers keep 16 at most"
    else:
        why = "the graphics driver gave it up"
    yield Evidence(
        message=f"The canvas lost its WebGL context and did not get it back: {why}.",
        frame=_last(render),
        box=canvas.box,
        source=canvas.made_at,
        numbers={"contexts": contexts},
        severity=None if _is_meant_to_draw(render) or sight.shows_nothing(render) else "warning",
    )


@check("shader-error", severity="error", title="A shader does not compile")
def shader_error(render: Render) -> Iterator[Evidence]:
    """A shader that does not compile or a program that does not link: what should be drawn with it is not there.

    An error where nothing is left to look at, a warning where the rest is drawn.
    """
    broken = sight.shows_nothing(render)
    seen: set[tuple[str, str]] = set()
    # A program never links when its shader did not compile; the shader's own log says more.
    compiled = [error for error in render.shader_errors if error.stage != "link"]
    for error in compiled or render.shader_errors:
        log = error.log.strip().strip("\x00")
        if (error.stage, log) in seen:
            continue
        seen.add((error.stage, log))
        what = "A program does not link" if error.stage == "link" else f"A {error.stage} shader does not compile"
        first = next((line for line in log.splitlines() if line.strip()), "the driver gives no reason")
        where = f" (in: {error.source_line.strip()[:120]})" if error.source_line.strip() else ""
        yield Evidence(
            message=f"{what}: {first.strip()[:300]}{where}",
            frame=_last(render),
            severity=None if broken else "warning",
        )
    if not render.shader_errors:
        for complaint, _ in blame.distinct(blame.shader_complaints(render)):
            yield Evidence(
                message=f"A shader does not compile: {complaint.message.strip().splitlines()[0][:300]}",
                frame=_last(render),
                source=complaint.location,
                severity=None if broken else "warning",
            )


def _things(scene: SceneSnapshot) -> int:
    return scene.meshes + scene.points + scene.lines + scene.sprites


def _cause_from_scene(scene: SceneSnapshot, frame: Frame) -> str:
    """Why a three.js scene that was drawn gave one colour."""
    things = _things(scene)
    pixels = frame.canvas_pixels or frame.pixels
    if things == 0:
        return "the scene that is drawn holds no objects"
    if scene.not_a_number:
        return f"{scene.not_a_number} of its objects stand at places that are not numbers"
    if frame.draw_calls == 0:
        return f"the scene holds {things} objects, and none of them is in the camera's view"
    all_lit = scene.lit_meshes >= scene.meshes > 0 and things == scene.meshes
    if pixels.black_share > 0.99 and all_lit and scene.lights == 0 and not scene.environment:
        return f"its {scene.lit_meshes} meshes need light, and the scene has none, so all is black"
    if pixels.black_share > 0.99:
        return f"{things} objects are drawn in {frame.draw_calls} draw calls, and all that can be seen is black"
    return (
        f"{things} objects are drawn in {frame.draw_calls} draw calls, and none of them is seen against the background"
    )


def _blank_because(canvas: Canvas, frame: Frame) -> str:
    if canvas.draws == 0 and frame.draw_calls == 0 and canvas.context != "2d":
        if canvas.context == "none":
            return "it was never asked for a context, so nothing was drawn on it"
        if frame.scene is not None:
            return _cause_from_scene(frame.scene, frame)
        return "it was only cleared, nothing was drawn on it" if canvas.clears else "nothing was ever drawn on it"
    if frame.scene is not None:
        return _cause_from_scene(frame.scene, frame)
    if canvas.context == "2d":
        return "what was drawn on it is one flat colour, if anything was drawn"
    return f"{canvas.draws} draw calls left it one flat colour"


@check("blank-canvas", severity="error", title="The canvas is blank")
def blank_canvas(render: Render) -> Iterator[Evidence]:
    """A canvas is on the screen and, at the last frame, all of it is one colour. The cause is named.

    Causes: nothing was ever drawn; the scene is empty; its objects are outside the view, or at places that are not
    numbers; they need light and there is none; or they cannot be told from the background. A dark scene is not a
    blank one: a few stars are enough. A warning where an earlier frame held a picture. No finding for a page that
    waits, by its own words, for a click, nor where loading went wrong.
    """
    frame, canvas = sight.last_frame(render), sight.main_canvas(render)
    if frame is None or canvas is None or not sight.canvas_is_blank(render):
        return
    if not _is_meant_to_draw(render) or _is_explained(render):
        return
    scene = frame.scene
    if (blame.missing_assets(render) or blame.unavailable_requests(render)) and (scene is None or _things(scene) == 0):
        return  # what should be drawn is what did not come
    cause = _blank_because(canvas, frame)
    earlier = sight.was_ever_drawn(render)
    later = f" at {frame.at_seconds:g} s, after it held a picture" if earlier else ""
    yield Evidence(
        message=f"The canvas is blank{later}: {cause}.",
        frame=_last(render),
        box=canvas.box,
        source=canvas.made_at,
        numbers={"draw_calls": frame.draw_calls, "flat_share": (frame.canvas_pixels or frame.pixels).flat_share},
        severity="warning" if earlier else None,
    )


@check("blank-page", severity="error", title="The page is empty")
def blank_page(render: Render) -> Iterator[Evidence]:
    """All of the screen is one colour without a word on it, on a page that was not asked for a canvas and has none.

    No finding where loading went wrong, which explains it.
    """
    frame = sight.last_frame(render)
    if frame is None or not sight.is_flat(frame.pixels) or render.visible_text.strip():
        return
    if _is_meant_to_draw(render) or _is_explained(render) or blame.unavailable_requests(render):
        return
    yield Evidence(
        message="The page shows one colour and not a word.",
        frame=_last(render),
        numbers={"flat_share": frame.pixels.flat_share},
    )


@check("covered-canvas", severity="error", title="The picture is hidden")
def covered_canvas(render: Render) -> Iterator[Evidence]:
    """The canvas holds a picture at the last frame and the screen does not show it.

    Either an opaque element lies over it, such as a loading screen that never goes, or the canvas itself is hidden.
    No finding for a start screen that invites to click, nor for a page whose own content lies over the canvas: its
    words are the difference.
    """
    if not render.frames or not (sight.needs_canvas(render) or sight.draws_webgl(render)):
        return
    main = sight.main_canvas(render)
    if main is None:
        hidden = next((canvas for canvas in render.canvases if canvas.connected and canvas.draws > 0), None)
        if hidden is not None and not _has_no_size(hidden) and _is_meant_to_draw(render) and not _is_explained(render):
            yield Evidence(
                message="The canvas is drawn on, but it or an element around it is hidden.",
                frame=_last(render),
                source=hidden.made_at,
            )
        return
    overlay = sight.hiding_overlay(render)
    if overlay is None or sight.has_gate(render):
        return
    last = render.frames[-1]
    share = last.canvas_seen_share or 0.0
    text = f", which says “{overlay.text.strip()[:80]}”" if overlay.text.strip() else ""
    yield Evidence(
        message=(
            f"The canvas holds a picture, but at {last.at_seconds:g} s {overlay.selector} still lies over it{text}."
        ),
        frame=_last(render),
        box=main.box,
        objects=(overlay.selector,),
        numbers={"seen_share": share, "covered_share": overlay.covers_share, "opacity": overlay.opacity},
    )


@check("canvas-size", severity="error", title="The canvas has the wrong size")
def canvas_size(render: Render) -> Iterator[Evidence]:
    """The canvas has no size (an error), is far too small (a warning), or makes the page scroll (a warning).

    Size and scrolling are judged only where something drawn is asked for. Far too small is up to 5 % of the screen:
    that of a canvas nobody gave a size, 300 x 150. The page scrolls when a canvas that fills the screen reaches
    beyond it by more than 24 pixels; up to there, and from 5 pixels on, it is a note: the margin that browsers put
    around a page. The 4 pixels below an inline canvas are no fault.
    """
    if not _is_meant_to_draw(render) or not render.frames or render.hang or render.crashed:
        return
    environment = render.environment
    across = environment.width_pixels if environment else 1280
    down = environment.height_pixels if environment else 720
    main = sight.main_canvas(render)
    if main is None or main.width_pixels == 0 or main.height_pixels == 0:
        empty = main or next((canvas for canvas in render.canvases if canvas.connected and _has_no_size(canvas)), None)
        if empty is not None and not blame.has_cause(render):
            yield Evidence(
                message=(
                    f"The canvas has no size: {empty.width_pixels} x {empty.height_pixels} pixels of its own, "
                    f"{empty.box.width:g} x {empty.box.height:g} on the screen."
                ),
                frame=_last(render),
                source=empty.made_at,
            )
        return
    if not sight.needs_canvas(render):
        return
    box = main.box
    if sight.area(main) <= 0.05 * across * down:
        if not _is_explained(render):
            yield Evidence(
                message=f"The canvas is tiny: {box.width:g} x {box.height:g} pixels on a screen of {across} x {down}.",
                frame=_last(render),
                box=box,
                source=main.made_at,
                numbers={"screen_share": sight.area(main) / (across * down)},
                severity="warning",
            )
        return
    fills = box.width >= 0.9 * across and box.height >= 0.9 * down
    beyond = (box.x + box.width - across, box.y + box.height - down)
    for axis, scroll, over in zip(("across", "down"), render.scroll_pixels, beyond, strict=True):
        # The canvas is what makes it scroll when the page ends about where the canvas ends.
        if fills and scroll > 4 and over > 0 and scroll <= over + 24:
            yield Evidence(
                message=f"The page scrolls by {scroll} pixels {axis}, because the canvas is larger than the screen.",
                frame=_last(render),
                box=box,
                numbers={"scroll_pixels": scroll},
                severity="warning" if scroll > 24 else "note",
            )


def _has_no_size(canvas: Canvas) -> bool:
    return canvas.width_pixels * canvas.height_pixels == 0 or canvas.box.width < 1 or canvas.box.height < 1
