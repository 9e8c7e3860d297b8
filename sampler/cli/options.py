"""Options that several commands share, and the types of their values."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from sampler.pipeline import Options

F = TypeVar("F", bound="Callable[..., Any]")

MEASURES = ("p10", "p50", "p90", "best", "worst", "mean")


def threshold(text: str) -> tuple[str, float]:
    """A measure and the least it may be: "p10=60" -> ("p10", 60.0)."""
    measure, _, number = text.partition("=")
    try:
        least = float(number)
    except ValueError:
        least = math.nan
    if measure not in MEASURES or not 0 <= least <= 100:
        raise click.BadParameter(
            f"{text!r} should be a measure and a score of 0 to 100, such as p10=60; measures are {', '.join(MEASURES)}."
        )
    return measure, least


out = click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="DIR",
    help="Folder in which renders/ and reports/ are made; default: the working folder.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout and nothing else.")
browse = click.option(
    "--open/--no-open",
    "browse",
    default=None,
    help="Open the gallery in a browser at the end; default: only on a terminal with a display.",
)
name = click.option("--name", metavar="RUN", help="Name of the new run; default: one that says what was asked.")
run_argument = click.argument("run", required=False)
fail_under = click.option(
    "--fail-under",
    type=threshold,
    multiple=True,
    metavar="MEASURE=SCORE",
    help="Exit with 1 when a cell is below, such as p10=60. May be given again.",
)
_rendering = (
    click.option(
        "--workers",
        type=click.IntRange(1, 256),
        metavar="N",
        help="Browsers at work at once; default: as many as cores and memory allow.",
    ),
    click.option("--offline", is_flag=True, help="Make no network call, whatever a page needs and is not cached."),
    click.option(
        "--sandbox/--no-sandbox",
        default=True,
        help="Keep Chromium's sandbox on; without it a hostile page can reach your files.",
    ),
    click.option(
        "--wall-seconds",
        type=click.FloatRange(1, 3600),
        default=30,
        show_default=True,
        metavar="S",
        help="How long a page may be silent before it counts as hung.",
    ),
)


def rendering(command: F) -> F:
    """Add the options on how pages are rendered."""
    for option in reversed(_rendering):
        command = option(command)
    return command


def options(out: Path, workers: int | None, wall_seconds: float, *, offline: bool, sandbox: bool) -> Options:
    """The record that the pipeline takes."""
    from sampler.pipeline import Options

    return Options(out=out, workers=workers, offline=offline, sandbox=sandbox, wall_seconds=wall_seconds)


def prompt_folder() -> Path | None:
    """The user's own `prompts/`, where the working folder has one."""
    folder = Path("prompts")
    return folder if folder.is_dir() else None


def has_display() -> bool:
    """Would a browser that is opened be seen by whoever typed the command?"""
    if sys.platform in {"darwin", "win32"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
