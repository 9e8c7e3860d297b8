"""Templates to HTML: everything escaped, styles and scripts in the page and named by hash in a strict policy."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup

from sampler.report import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sampler.records import AttemptId
    from sampler.report.cells import PageView
    from sampler.report.source import File

STYLES = ("paper.css", "page.css", "cells.css", "attempts.css", "viewer.css", "sizes.css")
"""Of the gallery, in the order in which they overrule each other."""


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("sampler.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def _static(name: str) -> str:
    return resources.files("sampler.report").joinpath("static", name).read_text(encoding="utf-8")


def _policy(styles: Sequence[str], scripts: Sequence[str]) -> str:
    """A policy under which the page's own styles and scripts run and its pictures load, and nothing else.

    `'self'` is an origin that some browsers do not match for pages on the disk: hence `file:` beside it.
    """

    def hashes(texts: Sequence[str]) -> str:
        digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
        return " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"

    return (
        f"default-src 'none'; img-src 'self' file: data:; style-src {hashes(styles)}; script-src {hashes(scripts)}; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def gallery(page: PageView) -> bytes:
    """The gallery's index.html."""
    style = "\n".join(_static(name) for name in STYLES)
    early, late = _static("theme.js"), _static("gallery.js")
    return _render(
        "gallery.html.j2",
        page=page,
        policy=_policy([style], [early, late]),
        style=_own(style),
        early=_own(early),
        late=_own(late),
        plural=plain.plural,
    )


def source(attempt: AttemptId, files: Sequence[File]) -> bytes:
    """The page's source as a page of text with numbered lines."""
    style = _static("source.css")
    title = plain.line(str(attempt), 200)
    return _render("source.html.j2", title=title, files=files, policy=_policy([style], []), style=_own(style))


def _own(text: str) -> Markup:
    """A stylesheet or script of this package, which no model or page has a hand in."""
    return Markup(text)  # noqa: S704 - read from the package, never from a run


def _render(template: str, **values: object) -> bytes:
    return _environment().get_template(template).render(values).encode()
