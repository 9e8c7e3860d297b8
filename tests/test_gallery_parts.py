"""The parts of the gallery that are pure: readable text, numbers, the plot's geometry, the page's source."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampler.records import Document, Percentile, SourceLocation
from sampler.report import plain, plot
from sampler.report.source import LINE_CHARACTERS, LISTING_LINES, Sources

URL = "http://scene.localhost/index.html"
HIDDEN = "\u202e\u2066\u200b\u00ad\ufeff\u2028\x00\x1b\u061c\ud800\U000e0041"


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from(HIDDEN))))
def test_nothing_invisible_gets_through(text: str) -> None:
    """Every hidden, control or direction-changing character is written out, and what is left is valid text."""
    shown = plain.visible(text)
    assert not set(shown) & set(HIDDEN)
    assert "\r" not in shown
    shown.encode()


@given(st.text(max_size=400), st.integers(min_value=1, max_value=60))
def test_a_cut_says_how_much_there_was(text: str, limit: int) -> None:
    """Short texts are whole; longer ones keep their beginning and name their length."""
    shown = plain.cut(text, limit)
    if len(text) <= limit:
        assert shown == plain.visible(text)
    else:
        assert shown.startswith(plain.visible(text[:limit]))
        assert f"{len(text):,} characters in all" in shown


def test_a_line_is_one_line() -> None:
    """White space of any kind becomes single spaces."""
    assert plain.line(" a\r\n\n b\t\tc ", 20) == "a b c"
    assert plain.line("x" * 90, 10) == "xxxxxxxxxx … (cut; 90 characters in all)"


@given(st.text(alphabet="abc ", min_size=1, max_size=900), st.integers(min_value=0, max_value=1000))
def test_an_excerpt_holds_its_column(text: str, column: int) -> None:
    """The part of a long line that is shown holds the place that is meant, and is no longer than it may be."""
    shown = plain.around(text, column, 100)
    assert len(shown) <= 104
    inside = min(max(column, 1), len(text))
    assert text[inside - 1] in shown


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("covered_share", 0.97, ("covered", "97 %")),
        ("covered_share", 0.9996, ("covered", "99.96 %")),
        ("covered_share", 0.995, ("covered", "99.50 %")),
        ("covered_share", 1.0, ("covered", "100 %")),
        ("covered_share", 0.004, ("covered", "0.40 %")),
        ("at_seconds", 0.1, ("at", "0.1 s")),
        ("largest_pixels", 1280, ("largest", "1,280 px")),
        ("draw_calls", 0, ("draw calls", "0")),
        ("depth", -0.25, ("depth", "\u22120.25")),
    ],
)
def test_numbers_carry_their_unit(name: str, value: float, shown: tuple[str, str]) -> None:
    """The unit in a number's name is written behind it; 0 % and 100 % only where exactly true."""
    assert plain.quantity(name, value) == shown


@given(st.lists(st.floats(min_value=0, max_value=100), max_size=40))
def test_dots_stand_at_their_scores_and_apart(scores: list[float]) -> None:
    """A dot's place across is its score; none covers another as long as the swarm is not pressed together."""
    drawn = plot.strip(scores, ())
    assert [dot.x for dot in drawn.dots] == [round(score, 3) for score in scores]
    assert all(0 < dot.y < drawn.axis for dot in drawn.dots)
    assert drawn == plot.strip(scores, ())
    if drawn.axis < plot.LANE:
        for a, b in itertools.combinations(drawn.dots, 2):
            across = (a.x - b.x) / 100 * plot.NOMINAL_WIDTH
            assert across**2 + (a.y - b.y) ** 2 > (plot.DOT - 0.3) ** 2


def test_a_thousand_equal_scores_stay_in_their_lane() -> None:
    """A swarm of any size keeps the plot's height, and is drawn at once."""
    started = time.monotonic()
    drawn = plot.strip([100.0] * 1_000, (("p10", _percentile(100)),))
    assert drawn.height < plot.LANE + 120
    assert time.monotonic() - started < 20


def test_whiskers_stand_below_the_axis_in_order() -> None:
    """Each percentile that exists has its own row with its value and interval."""
    drawn = plot.strip([10, 50, 90], (("p10", _percentile(10)), ("p50", None), ("p90", _percentile(90))))
    assert [(row.name, row.x, row.low, row.high) for row in drawn.whiskers] == [("p10", 10, 5, 15), ("p90", 90, 85, 95)]
    assert drawn.axis < drawn.whiskers[0].y < drawn.whiskers[1].y < drawn.height


def _percentile(value: float) -> Percentile:
    return Percentile(value=value, attempt="01", low=value - 5, high=min(100, value + 5), confidence=0.9)


def at(line: int, url: str = URL, column: int = 1, function: str | None = None) -> SourceLocation:
    """A place in a file."""
    return SourceLocation(url=url, line=line, column=column, function=function)


def test_a_place_in_the_page_shows_its_line() -> None:
    """A location in the page's own files gives the line's text and its anchor, whatever line ends the file has."""
    sources = Sources(Document(html="<p>\r\n  one();\rtwo();\n", files={"js/a.js": "x\n  three();"}), URL)
    assert (sources.place(at(2)).text, sources.place(at(2)).anchor) == ("one();", "L2")
    assert sources.place(at(3, function="init")).name == "line 3, in init"
    other = sources.place(at(2, "http://scene.localhost/js/a.js"))
    assert (other.name, other.text, other.anchor) == ("js/a.js, line 2", "three();", "F1L2")


def test_a_page_in_a_folder_knows_its_neighbours() -> None:
    """Files beside a page that lies in a folder are found by their address."""
    sources = Sources(Document(html="", files={"b.js": "here"}), "http://scene.localhost/sub/page.html")
    assert sources.place(at(1, "http://scene.localhost/sub/b.js")).text == "here"


@pytest.mark.parametrize(
    ("line", "url"), [(99, URL), (1, "https://unpkg.com/three"), (1, "http://scene.localhost/none.js"), (1, "http://[")]
)
def test_a_place_elsewhere_is_only_named(line: int, url: str) -> None:
    """A line beyond the end, or in a file that is not the reply's, shows no source and links nowhere."""
    place = Sources(Document(html="<p>"), URL).place(at(line, url))
    assert (place.text, place.anchor) == (None, None)
    assert f"line {line}" in place.name


@given(st.text(alphabet=st.one_of(st.characters(codec="utf-8"), st.sampled_from("<!-/*\"'`\\\n\r01ax"))))
def test_a_listing_is_the_source(text: str) -> None:
    """Coloured or not, the runs of a listing put together are the page's text, line by line."""
    (file,) = Sources(Document(html=text), URL).listing()
    listed = "\n".join("".join(run for _, run in line.runs) for line in file.lines)
    assert listed == plain.visible(text)
    assert [line.number for line in file.lines] == list(range(1, len(file.lines) + 1))


@pytest.mark.parametrize("bait", ["<!--", "/*", "//", '"', "'", "`${", "<a", "\\", "&", "1e", "<script>//\n"])
def test_a_hostile_source_is_listed_in_bounded_time(bait: str) -> None:
    """A megabyte that baits every pattern is listed at once, cut where it is too long, with a count of what is not."""
    started = time.monotonic()
    (one,) = Sources(Document(html=bait * (1_000_000 // len(bait))), URL).listing()
    (many,) = Sources(Document(html=f"{bait}\n" * (LISTING_LINES * 2)), URL).listing()
    assert time.monotonic() - started < 30
    assert all(len("".join(run for _, run in line.runs)) < LINE_CHARACTERS + 80 for line in one.lines)
    assert len(many.lines) <= LISTING_LINES
    assert many.left_out > 0
