"""Render functions without a browser, light enough that a fresh process imports them at once."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

from PIL import Image

from sampler.records import Box, Canvas, Frame, PixelFacts, Render, Rendered, RenderTask

PIXELS = PixelFacts(
    mean_luminance=0.4,
    black_share=0.1,
    white_share=0.1,
    flat_share=0.2,
    colours=12,
    detail=0.05,
    hue_spread=0.5,
    occupied_share=0.9,
)


def paint(task: RenderTask) -> Rendered:
    """A picture whose colours follow from the page, without a browser."""
    if task.document is not None:
        seed = task.document.html.encode()
    else:
        seed = Path(str(task.root), str(task.page)).read_bytes()
    colour = hashlib.sha256(seed).digest()
    image = Image.frombytes("RGB", (4, 3), (colour * 2)[:36]).resize((64, 36), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    png = buffer.getvalue()
    frame = Frame(
        at_seconds=0.1,
        picture="frame-1.png",
        sha256=hashlib.sha256(png).hexdigest(),
        pixels=PIXELS,
        canvas_seen_share=1,
        draw_calls=1,
        triangles=12,
    )
    canvas = Canvas(
        context="webgl2",
        width_pixels=64,
        height_pixels=36,
        connected=True,
        shown=True,
        box=Box(x=0, y=0, width=1280, height=720),
        draws=180,
    )
    render = Render(
        id=task.id, needs=task.needs, delivery=task.delivery, frames=(frame,), canvases=(canvas,), drawn="looked-at"
    )
    return Rendered(render=render, pictures={"frame-1.png": png})


def die_at_second(task: RenderTask) -> Rendered:
    """A worker that the second attempt kills, every time."""
    if task.id.number == 2:
        os._exit(9)
    return paint(task)


def never(task: RenderTask) -> Rendered:
    """A render that must not be asked for."""
    raise AssertionError(f"{task.id} was rendered")
