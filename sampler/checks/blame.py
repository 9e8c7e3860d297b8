"""Whose fault it is: which errors and requests are the page's own, and which only follow from something else.

A page is not blamed for what a headless browser refuses to everybody, for hosts that cannot be reached from here,
or twice for one thing: an exception that a missing script brings about belongs to the missing script.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sampler.checks import sight

if TYPE_CHECKING:
    from sampler.records import PageError, Render, Request

_HEADLESS = re.compile(
    r"ResizeObserver loop"  # the browser's own remark; nothing is lost
    r"|NotAllowedError|user (gesture|activation|agent or the platform)|user didn't interact|interact with the document"
    r"|\bplay\(\) (failed|request|can only)|AudioContext"
    r"|pointer ?lock|WrongDocumentError|fullscreen|Permissions check failed"
    r"|getUserMedia|Requested device not found|mediaDevices|enumerateDevices"
    r"|wake ?lock|orientation\.lock|screen\.orientation|clipboard|permission denied"
    r"|\bXR(System|Session|Frame)?\b|navigator\.xr|immersive-(vr|ar)"
    r"|service ?worker|requestMIDIAccess|requestAdapter|WebGPU",
    re.IGNORECASE,
)
"""What a browser without a visitor, a loudspeaker or devices refuses to every page."""

_ABSENCE = re.compile(
    r"is not a constructor|is not defined|is not a function|\bundefined\b|\bnull\b"
    r"|dynamically imported module|Failed to resolve module|does not provide an export|importing a module",
    re.IGNORECASE,
)
"""How it sounds when something that should have been loaded is not there."""

_LOADING = re.compile(
    r"Failed to fetch|Load failed|NetworkError|could not load|error loading|failed to load|not found|\b40[034]\b"
    r"|ProgressEvent|\[object Event\]|^\W*(Uncaught )?(\(in promise\) )?Event\b"
    r"|is not valid JSON|Unexpected token '?<|decode|dynamically imported module",
    re.IGNORECASE,
)
"""How it sounds when a file could not be had."""

_NO_CONTEXT = re.compile(r"(creating|create|get) (a )?WebGL2?(RenderingContext| ?context| ?renderer)", re.IGNORECASE)
"""How three.js and other engines say that they got no context."""

_SHADER_LOG = re.compile(r"ERROR: \d+:\d+: ")
"""A line of a GLSL compiler's log."""

_SCRIPT_PATH = re.compile(r"\.(m?js|jsm|ts)$|\+esm$", re.IGNORECASE)
_NEVER_MISSED = re.compile(
    r"(^|/)(favicon[^/]*|apple-touch-icon[^/]*|robots\.txt|[^/]*\.webmanifest|manifest\.json|[^/]*\.map)$"
)


def is_script(request: Request) -> bool:
    """Whether a request is for code: a script element, a module, or a loader that fetches one."""
    path = urlsplit(request.url).path
    return request.kind == "script" or (request.kind in {"fetch", "xhr", "other"} and bool(_SCRIPT_PATH.search(path)))


def _stem(url: str) -> str:
    """Name of a script without what differs between builds: three.module.min.js -> three."""
    name = posixpath.basename(urlsplit(url).path).lower()
    name = re.sub(r"\.(m?js|cjs)$", "", name)
    return re.sub(r"[.@-](module|min|umd|es|esm|core|prod|production|v?\d[\d.]*)\b", "", name)


def missing_scripts(render: Render) -> tuple[Request, ...]:
    """Scripts that do not exist where the page looks for them, each address once.

    Left out is what the page got elsewhere in its place: a script of the same name from another address.
    """
    got = {_stem(request.url) for request in render.requests if request.outcome == "answered" and is_script(request)}
    missing = {
        request.url: request
        for request in render.requests
        if request.outcome == "missing" and is_script(request) and _stem(request.url) not in got
    }
    return tuple(missing.values())


def missing_assets(render: Render) -> tuple[Request, ...]:
    """Pictures, models, styles and data that do not exist, each address once; no icons and the like."""
    missing = {
        request.url: request
        for request in render.requests
        if request.outcome == "missing"
        and not is_script(request)
        and not _NEVER_MISSED.search(urlsplit(request.url).path)
    }
    return tuple(missing.values())


def refused_requests(render: Render) -> tuple[Request, ...]:
    """Requests to what no page may reach, each address once."""
    return tuple({request.url: request for request in render.requests if request.outcome == "refused"}.values())


def unavailable_requests(render: Render) -> tuple[Request, ...]:
    """Requests to hosts that could not be reached from here, each address once; nobody's fault."""
    unavailable = {request.url: request for request in render.requests if request.outcome == "unavailable"}
    return tuple(request for request in unavailable.values() if not _NEVER_MISSED.search(urlsplit(request.url).path))


def without_context(render: Render) -> bool:
    """Whether the page asked for WebGL, was refused, and has no context that works."""
    refused = any("webgl" in (canvas.refused_context or "") for canvas in render.canvases)
    refused = refused or any(_NO_CONTEXT.search(error.message) for error in render.errors)
    return refused and not any(canvas.context in {"webgl", "webgl2", "webgpu"} for canvas in render.canvases)


def shader_complaints(render: Render) -> tuple[PageError, ...]:
    """Errors that the page throws with the log of a shader compiler in them."""
    return tuple(error for error in render.errors if _SHADER_LOG.search(error.message))


def _follows(error: PageError, render: Render) -> bool:
    """Whether an error only says in other words what another check finds, or what nobody is to blame for."""
    message = error.message
    if _HEADLESS.search(message):
        return True
    refused = refused_requests(render)
    unavailable = unavailable_requests(render)
    scripts = [request for request in (*refused, *unavailable) if is_script(request)]
    if (missing_scripts(render) or scripts) and _ABSENCE.search(message):
        return True
    if (missing_assets(render) or missing_scripts(render) or refused or unavailable) and _LOADING.search(message):
        return True
    if without_context(render) and re.search(r"webgl|context|\bnull\b|undefined", message, re.IGNORECASE):
        return True
    if _SHADER_LOG.search(message):
        return True
    return bool(render.shader_errors) and re.search(r"shader|program|compil|link|GLSL|ERROR: \d", message) is not None


def own_errors(render: Render, kind: str) -> tuple[PageError, ...]:
    """The page's own errors of a kind (`error` or `rejection`), in the order in which they came."""
    return tuple(error for error in render.errors if error.kind == kind and not _follows(error, render))


def distinct(errors: tuple[PageError, ...]) -> list[tuple[PageError, int]]:
    """Each different error once with how often it came: thrown in every frame, it is still one."""
    first: dict[tuple[str, int | None], PageError] = {}
    counts: dict[tuple[str, int | None], int] = {}
    for error in errors:
        key = (error.message, error.location.line if error.location else None)
        first.setdefault(key, error)
        counts[key] = counts.get(key, 0) + 1
    return [(error, counts[key]) for key, error in first.items()]


def is_broken(render: Render, errors: tuple[PageError, ...] = ()) -> bool:
    """Whether something that went wrong shows: nothing to look at, or a picture that should move and does not.

    A picture that moved at first and came to rest, or that is no longer drawn, counts where one of `errors` came in
    between.
    """
    if sight.shows_nothing(render):
        return True
    if "motion" in render.needs and sight.stands_still(render):
        return True
    later = [error for error in errors if render.frames and error.at_seconds > render.frames[0].at_seconds]
    if sight.came_to_rest(render) and later:
        return True
    return sight.stopped_drawing(render) and any(error.kind == "error" for error in later)


def has_cause(render: Render) -> bool:
    """Whether loading went wrong in a way that explains a canvas without a picture."""
    return bool(
        render.hang
        or render.crashed
        or own_errors(render, "error")
        or own_errors(render, "rejection")
        or missing_scripts(render)
        or any(is_script(request) for request in refused_requests(render))
        or any(is_script(request) or request.kind in {"fetch", "xhr"} for request in unavailable_requests(render))
    )
