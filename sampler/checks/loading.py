"""Loading: does the page come up and keep running? Exceptions, files that are not there, hangs, dialogs."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sampler.checks import blame, sight
from sampler.checks.base import check
from sampler.records import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sampler.records import PageError, Render, Request, Severity, SourceLocation


def _at(place: SourceLocation | None) -> str:
    if place is None:
        return ""
    return f" at line {place.line}" + (f", in {place.function}" if place.function else "")


def _line(text: str) -> str:
    """The first line of a message, short enough for a sentence."""
    first = text.strip().partition("\n")[0]
    return first if len(first) <= 200 else first[:199] + "…"


def _from_errors(render: Render, errors: tuple[PageError, ...], what: str) -> Iterator[Evidence]:
    """One piece of evidence for each different error; milder where the page goes on all the same."""
    severity: Severity | None = None if blame.is_broken(render, errors) else "warning"
    for error, count in blame.distinct(errors):
        often = f" ({count} times)" if count > 1 else ""
        then = ", and the visitor sees nothing" if sight.shows_nothing(render) else ""
        yield Evidence(
            message=f"{what}{_at(error.location)}{often}: {_line(error.message)}{then}",
            source=error.location,
            numbers={"at_seconds": error.at_seconds, "times": count},
            severity=severity,
        )


@check("page-error", severity="error", title="The page throws an exception")
def page_error(render: Render) -> Iterator[Evidence]:
    """An exception that nothing catches. Thrown in every frame, it counts once.

    An error where it leaves the visitor with nothing to look at, or with a picture that stands still; a warning where
    the page goes on. Not found here are exceptions that only follow from a script that is not there, a refused
    WebGL context or a broken shader (those checks name them), nor what a browser without a visitor refuses to every
    page: pointer lock, fullscreen, sound, devices.
    """
    yield from _from_errors(render, blame.own_errors(render, "error"), "Exception")


@check("promise-rejected", severity="error", title="A promise is rejected and nobody handles it")
def promise_rejected(render: Render) -> Iterator[Evidence]:
    """A rejection without a handler; an error or a warning, and left out, as for `page-error`."""
    yield from _from_errors(render, blame.own_errors(render, "rejection"), "Unhandled rejection")


def _addresses(request: Request) -> tuple[str, ...]:
    """The address that was asked for and the one that works, without the words that may follow it."""
    return (request.url, request.suggestion.split()[0]) if request.suggestion else (request.url,)


@check("module-missing", severity="error", title="A script or addon is not there")
def module_missing(render: Render) -> Iterator[Evidence]:
    """A script or module that does not exist where the page looks for it, with the right address where there is one.

    An error where the page shows nothing or stands still for it, a warning where it throws for it, and a note where
    it gets by without. No finding where the page gets the same script elsewhere.
    """
    severity: Severity | None = (
        None if blame.is_broken(render, render.errors) else "warning" if render.errors else "note"
    )
    consequence = next((error for error in render.errors if error not in blame.own_errors(render, error.kind)), None)
    for request in blame.missing_scripts(render):
        message = f"{request.url} does not exist" + (f" ({request.detail})" if request.detail else "")
        if request.suggestion:
            message += f"; there is {request.suggestion}"
        if consequence:
            message += f". The page then says{_at(consequence.location)}: {_line(consequence.message)}"
        yield Evidence(
            message=message,
            urls=_addresses(request),
            source=consequence.location if consequence else None,
            severity=severity,
        )


@check("asset-missing", severity="error", title="A picture, model or other file is not there")
def asset_missing(render: Render) -> Iterator[Evidence]:
    """A texture, model, font, style sheet or data file that does not exist, with the right address where there is one.

    An error where nothing is drawn and nothing else explains it, a warning otherwise. Icons of the page are never
    missed.
    """
    broken = sight.shows_nothing(render) and not blame.has_cause(render)
    for request in blame.missing_assets(render):
        message = f"{request.url} does not exist" + (f" ({request.detail})" if request.detail else "")
        if request.suggestion:
            message += f"; there is {request.suggestion}"
        yield Evidence(
            message=message,
            urls=_addresses(request),
            severity=None if broken else "warning",
        )


def _is_of_the_authors_machine(request: Request) -> bool:
    """Whether an address means the visitor's own machine or network, where nothing of the page's author is."""
    parts = urlsplit(request.url)
    if parts.scheme == "file":
        return True
    host = (parts.hostname or "").rstrip(".").lower()
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


@check("request-blocked", severity="error", title="The page wants something from where no page may reach")
def request_blocked(render: Render) -> Iterator[Evidence]:
    """A request to a host, scheme or method that is refused to every page; the public CDNs are all it needs.

    An error where the page shows nothing, a script or a change of address was refused and nothing else explains it;
    a warning for scripts otherwise and for addresses of the visitor's own machine, where it cannot work for
    anybody; else a note.
    """
    others = blame.own_errors(render, "error") or blame.missing_scripts(render) or render.hang or render.crashed
    for request in blame.refused_requests(render):
        code = blame.is_script(request) or request.kind == "document"
        severity: Severity | None = "note"
        if code and sight.shows_nothing(render) and not others:
            severity = None
        elif blame.is_script(request) or _is_of_the_authors_machine(request):
            severity = "warning"
        reason = f": {request.detail}" if request.detail else ""
        yield Evidence(
            message=f"{request.method} {request.url} was refused{reason}", urls=(request.url,), severity=severity
        )


@check("asset-unavailable", severity="note", title="A public host could not be reached from here")
def asset_unavailable(render: Render) -> Iterator[Evidence]:
    """A file of an allowed public host that could not be fetched from here. Nobody's fault: it costs nothing.

    A page that shows nothing for it is not scored at all.
    """
    for request in blame.unavailable_requests(render):
        reason = f": {request.detail}" if request.detail else ""
        yield Evidence(message=f"{request.url} could not be reached from here{reason}", urls=(request.url,))


@check("load-hang", severity="error", title="The page never comes up")
def load_hang(render: Render) -> Iterator[Evidence]:
    """The page's main thread did not come back while the page was loading."""
    hang = render.hang
    if hang is not None and hang.phase == "load":
        yield Evidence(
            message=(
                "The page does not come up: "
                f"its script was still busy after {hang.wall_seconds:g} s{_at(hang.location)}."
            ),
            source=hang.location,
            numbers={"wall_seconds": hang.wall_seconds},
        )


@check("later-hang", severity="error", title="The page hangs after it came up")
def later_hang(render: Render) -> Iterator[Evidence]:
    """The page's main thread did not come back some time after loading: nothing moves or reacts any more."""
    hang = render.hang
    if hang is not None and hang.phase == "later":
        yield Evidence(
            message=(
                f"The page hangs {hang.at_seconds:g} s after it came up: "
                f"its script was still busy after {hang.wall_seconds:g} s{_at(hang.location)}."
            ),
            source=hang.location,
            numbers={"at_seconds": hang.at_seconds, "wall_seconds": hang.wall_seconds},
        )


@check("page-crash", severity="error", title="The page crashes its tab")
def page_crash(render: Render) -> Iterator[Evidence]:
    """The page's process died, most often because it used up its memory."""
    if render.crashed:
        at = render.frames[-1].at_seconds if render.frames else 0.0
        yield Evidence(message="The tab of the page crashed.", numbers={"last_frame_at_seconds": at})


@check("dialog", severity="error", title="The page interrupts with dialogs")
def dialog(render: Render) -> Iterator[Evidence]:
    """alert, confirm, prompt or print while nobody touches the page: a warning; an error from the sixth on.

    The question whether to leave (`beforeunload`) does not count.
    """
    shown = [entry for entry in render.dialogs if entry.kind != "beforeunload"]
    if not shown:
        return
    count = len(shown) + render.dialogs_dropped
    first = shown[0]
    often = f"{count} dialogs, the first" if count > 1 else "A dialog"
    yield Evidence(
        message=f"{often} of kind {first.kind}{_at(first.location)}: {_line(first.message)}",
        source=first.location,
        numbers={"dialogs": count},
        severity=None if count > 5 else "warning",
    )
