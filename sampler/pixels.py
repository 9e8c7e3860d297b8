"""Pictures to numbers: what a screenshot shows, and whether the screen shows what a canvas holds.

Facts only, the same for the same pixels on every machine. All values are sRGB values scaled to 0..1;
"luminance" is the luma that Pillow computes for mode L (ITU-R BT.601 weights).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from skimage import filters

from sampler.records import PixelFacts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sampler.records import Box

    Floats = NDArray[np.float32]
    Bytes = NDArray[np.uint8]

GRID_COLUMNS, GRID_ROWS = 16, 9
"""Tiles in which `occupied_share` looks for something."""

_CHANNELS = ((10, 6), (5, 3), (0, 0))
"""Where red, green and blue lie in a coarse colour and in the fine rest of it, in bits."""

BACKDROP = (128, 128, 128)
"""Stands for the unknown page behind a see-through canvas: black and white things both differ from it."""


def measure(image: Image.Image) -> PixelFacts:
    """The facts of one picture of any size and mode; transparent parts are laid over mid-grey."""
    rgb_image = _opaque(image)
    planes = tuple(np.asarray(band) for band in rgb_image.split())
    luminance = np.asarray(rgb_image.convert("L"), dtype=np.float32) / np.float32(255)
    codes = _coarse(planes)
    coarse = np.bincount(codes.ravel(), minlength=32 * 32 * 32)
    return PixelFacts(
        mean_luminance=_share(luminance.mean()),
        black_share=_share((luminance < 0.03).mean()),
        white_share=_share((np.minimum(np.minimum(planes[0], planes[1]), planes[2]) > 247).mean()),
        flat_share=_flat_share(planes, codes, coarse),
        colours=int(np.count_nonzero(coarse)),
        detail=_detail(luminance),
        hue_spread=_hue_spread(rgb_image),
        occupied_share=_occupied_share(luminance),
    )


def seen_share(screenshot: Image.Image, canvas_copy: Image.Image, box: Box) -> float:
    """How much of a canvas's picture can be seen on the screen: 0 nothing, 1 all of it.

    Args:
        screenshot: The viewport, one pixel for each CSS pixel.
        canvas_copy: What the canvas holds, in any size; with alpha where the canvas is see-through.
        box: Where the canvas lies in the viewport, in CSS pixels; only its part inside the viewport counts.

    Where the canvas holds structure, the screen must have the same structure: a tile counts as seen when the
    screen's luminance follows the canvas's, so that a tint, a vignette, a blur or a CSS filter in between does not
    hide it, and counts in part when less than half of its contrast is left. So a dark loading screen over a dark scene
    is found although most of their pixels agree. A canvas without structure is compared colour by colour.
    A canvas that is wholly transparent hides nothing (1); one outside the viewport shows nothing (0).
    """
    left, top = max(0.0, box.x), max(0.0, box.y)
    right = min(float(screenshot.width), box.x + box.width)
    bottom = min(float(screenshot.height), box.y + box.height)
    if right - left < 1 or bottom - top < 1 or min(canvas_copy.size) < 1:
        return 0.0
    across, down = canvas_copy.width / box.width, canvas_copy.height / box.height
    source = (
        (left - box.x) * across,
        (top - box.y) * down,
        (right - box.x) * across,
        (bottom - box.y) * down,
    )
    # Compared in cells no finer than either picture, so that neither is ever enlarged.
    columns = max(1, min(320, int(right - left) // 2, int(source[2] - source[0])))
    rows = max(1, min(180, int(bottom - top) // 2, int(source[3] - source[1])))
    screen = _cells(screenshot.convert("RGB"), (columns, rows), (left, top, right, bottom))
    canvas = _cells(canvas_copy.convert("RGBA"), (columns, rows), source)
    alpha = canvas[:, :, 3:]
    if alpha.max() < 0.02:
        return 1.0
    behind = screen[alpha[:, :, 0] < 0.1]
    backdrop = behind.mean(axis=0) if len(behind) else np.zeros(3, dtype=np.float32)
    expected = canvas[:, :, :3] * alpha + backdrop * (1 - alpha)
    followed = _followed_share(_luma(expected), _luma(screen))
    if followed is not None:
        return followed
    close = np.abs(expected - screen).max(axis=2) < 0.06
    weights = alpha[:, :, 0]
    return _share((close * weights).sum() / weights.sum())


def _followed_share(expected: Floats, screen: Floats) -> float | None:
    """The share of structured tiles whose structure the screen repeats; None where there is no structure.

    Both arrays hold the luminance of the same cells, rows by columns.
    """
    want, have = _tiles(expected), _tiles(screen)
    want = want - want.mean(axis=1, keepdims=True)
    have = have - have.mean(axis=1, keepdims=True)
    wanted = (want * want).mean(axis=1)
    structured = wanted > 0.02**2
    if not structured.any():
        return None
    want, have, wanted = want[structured], have[structured], wanted[structured]
    shown = (have * have).mean(axis=1)
    alike = np.abs((want * have).mean(axis=1)) > 0.7 * np.sqrt(wanted * shown)
    contrast_left = np.sqrt(shown / wanted)
    followed = np.where(alike & (shown > 0.004**2), np.minimum(1, contrast_left / 0.5), 0)
    return _share(followed.mean())


def _tiles(cells: Floats) -> Floats:
    """The cells in tiles of 8 by 8, one tile a row; of a picture smaller than a tile, all of it is one.

    Cells left over at the right and lower edge, fewer than a tile, are left out.
    """
    side_y, side_x = min(8, cells.shape[0]), min(8, cells.shape[1])
    down, across = cells.shape[0] // side_y, cells.shape[1] // side_x
    whole = cells[: down * side_y, : across * side_x].reshape(down, side_y, across, side_x)
    return whole.swapaxes(1, 2).reshape(down * across, side_y * side_x)


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("RGB")
    layered = image.convert("RGBA")
    backdrop = Image.new("RGBA", layered.size, (*BACKDROP, 255))
    return Image.alpha_composite(backdrop, layered).convert("RGB")


def _cells(image: Image.Image, size: tuple[int, int], source: tuple[float, float, float, float]) -> Floats:
    """The mean colours (0 to 1) of a part of the picture in size[1] rows of size[0] cells."""
    inside = (
        min(max(source[0], 0.0), image.width - 1e-3),
        min(max(source[1], 0.0), image.height - 1e-3),
        min(source[2], float(image.width)),
        min(source[3], float(image.height)),
    )
    cells = image.resize(size, Image.Resampling.BOX, box=inside)
    return np.asarray(cells, dtype=np.float32) / np.float32(255)


def _luma(rgb: Floats) -> Floats:
    weights = np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return np.asarray(rgb @ weights, dtype=np.float32)


def _share(value: float | np.floating) -> float:
    """Rounded so that the last bits of a sum, which differ between processors, do not reach a record."""
    return round(min(1.0, max(0.0, float(value))), 6)


def _coarse(planes: tuple[Bytes, ...]) -> NDArray[np.uint16]:
    """The 15-bit coarse colour of every pixel: the upper five bits of each channel."""
    red, green, blue = ((plane >> 3).astype(np.uint16) for plane in planes)
    return (red << np.uint16(10)) | (green << np.uint16(5)) | blue


def _flat_share(planes: tuple[Bytes, ...], codes: NDArray[np.uint16], counts: NDArray[np.intp]) -> float:
    """Share of the most frequent colour, two steps of 255 a channel around it included.

    Looked for in the four fullest coarse colours, since counting 16 million exact ones would take seconds.
    """
    best = 0.0
    for code in np.argsort(counts, kind="stable")[::-1][:4]:
        if counts[code] == 0:
            break
        members = codes == code
        red, green, blue = ((plane[members] & 7).astype(np.uint16) for plane in planes)
        fine = int(np.bincount((red << 6) | (green << 3) | blue, minlength=512).argmax())
        near = np.ones(codes.shape, dtype=bool)
        for plane, (shift, fine_shift) in zip(planes, _CHANNELS, strict=True):
            value = ((int(code) >> shift & 31) << 3) | (fine >> fine_shift & 7)
            near &= (plane >= max(0, value - 2)) & (plane <= min(255, value + 2))
        best = max(best, float(np.count_nonzero(near)) / near.size)
        if best >= 0.5:  # no other colour can be more frequent
            break
    return _share(best)


def _detail(luminance: Floats) -> float:
    """Mean Sobel gradient, scaled so that a step from black to white gives 1 on a straight edge."""
    return _share(filters.sobel(luminance).mean(dtype=np.float64)) if min(luminance.shape) >= 3 else 0.0


def _hue_spread(image: Image.Image) -> float:
    """Entropy of the hues in 36 bins over its maximum; 0 where under 0.5 % of the pixels have a hue to speak of."""
    hue, saturation, value = (np.asarray(band) for band in image.convert("HSV").split())
    coloured = hue[(saturation > 38) & (value > 25)]
    if coloured.size < 0.005 * hue.size:
        return 0.0
    counts = np.bincount((coloured.astype(np.uint16) * 36) >> 8, minlength=36)
    shares = counts[counts > 0] / coloured.size
    return _share(-(shares * np.log(shares)).sum() / math.log(36))


def _occupied_share(luminance: Floats) -> float:
    """Share of tiles whose standard deviation of luminance is above 0.02: a few stars are enough, a soft sky is not."""
    rows, columns = luminance.shape
    row_edges = np.unique(np.linspace(0, rows, GRID_ROWS + 1).astype(int))[:-1]
    column_edges = np.unique(np.linspace(0, columns, GRID_COLUMNS + 1).astype(int))[:-1]

    def sums(values: Floats) -> NDArray[np.float64]:
        by_row = np.add.reduceat(values, row_edges, axis=0, dtype=np.float64)
        return np.add.reduceat(by_row, column_edges, axis=1)

    counts = np.outer(np.diff([*row_edges, rows]), np.diff([*column_edges, columns]))
    mean = sums(luminance) / counts
    variance = sums(luminance * luminance) / counts - mean * mean
    return _share((variance > 0.02**2).mean())
