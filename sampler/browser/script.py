"""The injected probe: the plain scripts of `probe/` in one function, run before the page's first script."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

PARTS = (
    "natives.js",
    "report.js",
    "seed.js",
    "clock.js",
    "pending.js",
    "voices.js",
    "animations.js",
    "canvases.js",
    "draws.js",
    "shaders.js",
    "scene.js",
    "layout.js",
    "main.js",
)

KEPT = (
    "Array",
    "Error",
    "Map",
    "Math",
    "Number",
    "Object",
    "Promise",
    "Proxy",
    "Reflect",
    "RegExp",
    "Set",
    "String",
    "TypeError",
    "Uint8Array",
    "WeakMap",
    "WeakSet",
)
"""Globals that the probe goes on using after a page has replaced them."""


@cache
def _parts() -> str:
    folder = files("sampler.browser") / "probe"
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in PARTS)


def probe(key: str, binding: str, seed: int = 1) -> str:
    """Source of the init script.

    `key` names the frozen object that the session calls, `binding` the function that the browser puts
    into the page to carry facts out of it, `seed` is a 32-bit integer.
    """
    options = json.dumps({"key": key, "binding": binding, "seed": seed})
    kept = ", ".join(KEPT)
    return f"(({kept}) => {{\n{_parts()}\nstartProbe({options});\n}})({kept});"
