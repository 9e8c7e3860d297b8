"""What pictures say in numbers, and how much of a canvas the screen shows."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from sampler.pixels import measure, seen_share
from sampler.records import Box, PixelFacts

WHOLE = Box(x=0, y=0, width=1280, height=720)


def landscape(size: tuple[int, int] = (1280, 720)) -> Image.Image:
    """A picture with sky, ground, and things of many colours on it."""
    picture = Image.new("RGB", size, (130, 170, 220))
    draw = ImageDraw.Draw(picture)
    across, down = size
    draw.rectangle((0, down * 0.6, across, down), fill=(80, 120, 60))
    colours = [(200, 40, 40), (240, 220, 60), (60, 60, 160), (250, 250, 250), (20, 20, 20)]
    for index in range(40):
        x = across * ((index * 37) % 100) / 100
        y = down * (0.2 + ((index * 53) % 70) / 100)
        size_x = across * (0.01 + (index % 5) / 80)
        draw.rectangle((x, y, x + size_x, y + size_x * 0.7), fill=colours[index % 5])
    return picture


def night(stars: int = 200) -> Image.Image:
    """A black sky with a planet and small stars."""
    picture = Image.new("RGB", (1280, 720))
    draw = ImageDraw.Draw(picture)
    for index in range(stars):
        x, y = (index * 733) % 1277, (index * 397) % 717
        draw.rectangle((x, y, x + 1, y + 1), fill=(255, 255, 255))
    draw.ellipse((600, 300, 700, 400), fill=(90, 60, 40))
    return picture


def blend(below: Image.Image, colour: tuple[int, int, int], opacity: float) -> Image.Image:
    """The picture under a sheet of one colour."""
    return Image.blend(below, Image.new("RGB", below.size, colour), opacity)


def test_a_flat_picture_is_flat_and_has_no_detail() -> None:
    """One colour everywhere gives a flat share of 1 and zero for all that measures variety."""
    facts = measure(Image.new("RGB", (1280, 720), (17, 34, 51)))
    assert facts.flat_share == 1
    assert facts.colours == 1
    assert (facts.detail, facts.hue_spread, facts.occupied_share) == (0, 0, 0)
    assert facts.mean_luminance == pytest.approx(0.12, abs=0.01)


def test_dithering_of_a_step_is_still_flat() -> None:
    """A colour that wavers by two steps, across a border of the coarse colours too, counts as one."""
    rng = np.random.default_rng(7)
    pixels = np.full((720, 1280, 3), 128, dtype=np.uint8) + rng.integers(-1, 2, (720, 1280, 3)).astype(np.int8)
    assert measure(Image.fromarray(pixels.astype(np.uint8))).flat_share == 1


def test_a_rich_picture_measures_higher_than_a_poor_one() -> None:
    """Things of many colours raise detail, colours, hue spread and occupied share over a lone box."""
    poor = Image.new("RGB", (1280, 720), (10, 10, 10))
    ImageDraw.Draw(poor).rectangle((600, 300, 680, 380), fill=(200, 30, 30))
    low, high = measure(poor), measure(landscape())
    assert low.detail < high.detail
    assert low.colours < high.colours
    assert low.hue_spread < high.hue_spread
    assert low.occupied_share < high.occupied_share
    assert low.flat_share > high.flat_share


def test_a_few_stars_occupy_their_tiles() -> None:
    """A night sky is black in nearly every pixel and still not empty."""
    facts = measure(night())
    assert facts.black_share > 0.95
    assert facts.occupied_share > 0.2


def test_see_through_parts_show_black_and_white_things() -> None:
    """A silhouette on a transparent canvas is a picture, whether it is black or white."""
    for colour in [(0, 0, 0, 255), (255, 255, 255, 255)]:
        picture = Image.new("RGBA", (640, 360))
        ImageDraw.Draw(picture).ellipse((200, 100, 300, 200), fill=colour)
        assert measure(picture).detail > 0


@pytest.mark.parametrize("mode", ["L", "P", "1", "RGBA", "LA", "CMYK"])
@pytest.mark.parametrize("size", [(1, 1), (2, 700), (3, 3), (15, 8)])
def test_every_size_and_mode_is_measured(mode: str, size: tuple[int, int]) -> None:
    """A picture smaller than the grid, or in another mode, gives facts within their bounds."""
    assert isinstance(measure(Image.new(mode, size)), PixelFacts)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), width=st.integers(1, 90), height=st.integers(1, 60))
def test_noise_of_any_size_gives_the_same_facts_twice(seed: int, width: int, height: int) -> None:
    """The same pixels give the same numbers, and they lie in their ranges."""
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    picture = Image.fromarray(noise)
    assert measure(picture) == measure(picture.copy())


def test_a_screenshot_is_measured_in_no_time() -> None:
    """Facts of a full picture cost far less than drawing it; the bound leaves room for a busy machine."""
    picture = landscape()
    measure(picture)
    began = time.process_time()
    for _ in range(3):
        measure(picture)
        seen_share(picture, picture.convert("RGBA"), WHOLE)
    assert (time.process_time() - began) / 3 < 0.5


@pytest.mark.parametrize("size", [(1280, 720), (320, 180), (2560, 1440), (64, 36)])
def test_an_uncovered_canvas_is_seen_in_whatever_size_it_was_copied(size: tuple[int, int]) -> None:
    """The same picture in another resolution is the same picture."""
    picture = landscape()
    assert seen_share(picture, picture.resize(size, Image.Resampling.BOX), WHOLE) > 0.9


def test_an_opaque_sheet_hides_all() -> None:
    """A loading screen of one colour, with text on it, shows nothing of the canvas."""
    for colour in [(0, 0, 0), (255, 255, 255), (130, 170, 220)]:
        screen = Image.new("RGB", (1280, 720), colour)
        ImageDraw.Draw(screen).text((560, 340), "Loading...", fill=(128, 128, 128), font_size=40)
        assert seen_share(screen, landscape(), WHOLE) < 0.05


def test_a_dark_sheet_over_a_dark_scene_hides_it_too() -> None:
    """Most pixels of a night sky equal a black loading screen, and still the stars are not seen."""
    assert seen_share(Image.new("RGB", (1280, 720)), night(), WHOLE) < 0.05
    assert seen_share(night(), night(), WHOLE) > 0.95


@pytest.mark.parametrize("opacity", [0.2, 0.5, 0.7])
def test_a_tint_hides_nothing_or_only_in_part(opacity: float) -> None:
    """Behind a half-transparent backdrop the scene can be seen; behind a denser one less of it."""
    seen = seen_share(blend(landscape(), (0, 0, 0), opacity), landscape(), WHOLE)
    assert seen > (0.9 if opacity <= 0.5 else 0.4)


def test_a_nearly_opaque_tint_hides_nearly_all() -> None:
    """Two per cent of the contrast are not seen."""
    assert seen_share(blend(landscape(), (20, 20, 40), 0.98), landscape(), WHOLE) < 0.1


def test_a_vignette_and_a_filter_do_not_hide() -> None:
    """Light that falls off towards the edges, or a picture made grey, is still the picture."""
    rows, columns = np.mgrid[0:720, 0:1280]
    falloff = 1 - 0.8 * np.hypot((columns - 640) / 740, (rows - 360) / 416)
    dimmed = (np.asarray(landscape()) * np.clip(falloff, 0.1, 1)[:, :, None]).astype(np.uint8)
    assert seen_share(Image.fromarray(dimmed), landscape(), WHOLE) > 0.6
    assert seen_share(landscape().convert("L").convert("RGB"), landscape(), WHOLE) > 0.8


def test_a_blur_of_a_few_pixels_does_not_hide() -> None:
    """Behind a glass panel's blur the big shapes are still seen."""
    assert seen_share(landscape().filter(ImageFilter.GaussianBlur(4)), landscape(), WHOLE) > 0.5


def test_a_panel_hides_its_own_area() -> None:
    """A panel over the right half leaves about half of the canvas seen."""
    screen = landscape()
    screen.paste((30, 30, 30), (640, 0, 1280, 720))
    assert 0.3 < seen_share(screen, landscape(), WHOLE) < 0.7


def test_a_canvas_that_sticks_out_is_judged_by_what_is_inside() -> None:
    """The part of a canvas below the fold says nothing about being covered."""
    tall = landscape((1280, 1440))
    screen = tall.crop((0, 0, 1280, 720))
    assert seen_share(screen, tall, Box(x=0, y=0, width=1280, height=1440)) > 0.9
    shifted = Image.new("RGB", (1280, 720), (255, 255, 255))
    shifted.paste(landscape((640, 360)), (-100, -50))
    assert seen_share(shifted, landscape((640, 360)), Box(x=-100, y=-50, width=640, height=360)) > 0.9


def test_a_canvas_outside_the_viewport_shows_nothing() -> None:
    """Nobody sees what lies beside the screen."""
    assert seen_share(landscape(), landscape(), Box(x=1280, y=0, width=1280, height=720)) == 0
    assert seen_share(landscape(), landscape(), Box(x=0, y=0, width=0, height=0)) == 0


def test_a_flat_canvas_is_compared_by_colour() -> None:
    """Without structure the colour decides: the same one is seen, another is not."""
    teal = Image.new("RGB", (1280, 720), (0, 128, 128))
    assert seen_share(teal, teal, WHOLE) == 1
    assert seen_share(Image.new("RGB", (1280, 720), (20, 20, 20)), teal, WHOLE) == 0


def test_a_see_through_canvas_is_judged_by_what_it_holds() -> None:
    """An object on a transparent canvas is seen over any page behind it, and hidden under a sheet."""
    canvas = Image.new("RGBA", (1280, 720))
    ImageDraw.Draw(canvas).ellipse((300, 200, 700, 600), fill=(220, 80, 30, 255))
    page = Image.new("RGB", (1280, 720), (250, 240, 230))
    page.paste(canvas, (0, 0), canvas)
    assert seen_share(page, canvas, WHOLE) > 0.9
    assert seen_share(Image.new("RGB", (1280, 720), (250, 240, 230)), canvas, WHOLE) < 0.1
    assert seen_share(page, Image.new("RGBA", (1280, 720)), WHOLE) == 1
