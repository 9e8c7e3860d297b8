"""The address that would have worked, for one that does not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sampler.browser.cdn import versions
from sampler.browser.cdn.answer import Missing, Unavailable
from sampler.browser.cdn.url import encode
from sampler.errors import IntegrityError

if TYPE_CHECKING:
    from sampler.browser.cdn.library import Library, NoVersion
    from sampler.browser.cdn.package import Package

JSDELIVR = "https://cdn.jsdelivr.net/npm"
IS_MODULE = " (a module, to be imported; there is no script of it any more)"
LAST_EXAMPLES_JS = "0.147.0"
"""The last release of three.js with `examples/js` (https://github.com/mrdoob/three.js/wiki/Migration-Guide)."""
LAST_SCRIPT_BUILD = "0.160.0"
"""The last release with `build/three.js` and `build/three.min.js`: the same guide."""
LAST_FONTS = "0.183.0"
"""A release whose package holds `examples/fonts`; newer ones leave them out."""


def version(library: Library, ending: NoVersion, path: str, prefix: str) -> str | None:
    """The same file in the nearest version that exists; `prefix` as for `file`."""
    revision = re.fullmatch(r"r?(\d{1,4})", ending.wanted) if ending.name == "three" else None
    near = versions.nearest(ending.versions, f"0.{revision[1]}.0" if revision else ending.wanted)
    package = _package(library, ending.name, near) if near else None
    if package is None:
        return None
    path = path.strip("/")
    if path and path not in package:
        if f"{path}.js" not in package:
            return file(library, package, path, prefix)
        path = f"{path}.js"
    return f"{prefix}/{ending.name}@{package.version}" + (f"/{encode(path)}" if path else "")


def file(library: Library, package: Package, path: str, prefix: str) -> str | None:
    """Where the same file is: in this version of the package, or for three.js's scripts in the last that had them.

    `prefix` is the address under which a host has `name@version/path`.
    """
    path = path.strip("/")
    name = package.name
    if name == "three":
        found = _three(library, package, path, prefix)
        if found is not None:
            return found
    same = same_name(package, path)
    return f"{prefix}/{name}@{package.version}/{encode(same)}" if same is not None else None


def _three(library: Library, package: Package, path: str, prefix: str) -> str | None:
    at = f"{prefix}/three@{package.version}"
    if path.startswith("examples/js/"):
        module = path.replace("examples/js/", "examples/jsm/", 1)
        return f"{at}/{module}{IS_MODULE}" if module in package else None
    if path in {"build/three.js", "build/three.min.js"} and "build/three.module.js" in package:
        minified = "build/three.module.min.js"
        return f"{at}/{minified if minified in package else 'build/three.module.js'}{IS_MODULE}"
    if path.startswith("addons/"):
        module = path.replace("addons/", "examples/jsm/", 1)
        return f"{at}/{module}" if module in package else None
    if path.startswith("examples/fonts/"):
        older = _package(library, "three", LAST_FONTS)
        return f"{prefix}/three@{LAST_FONTS}/{path}" if older is not None and path in older else None
    return None


def same_name(package: Package, path: str) -> str | None:
    """The package's file with the same name, the one whose folders are most alike; None where there is none."""
    *folders, name = path.strip("/").split("/")
    if not name:
        return None
    alike = {name.lower(), name.lower().replace(".min.", ".")}
    candidates = []
    for candidate in package.paths:
        *others, other = candidate.split("/")
        if other.lower() in alike:
            shared = len(set(folders) & set(others))
            candidates.append((other != name, other.lower() != name.lower(), -shared, len(others), candidate))
    return min(candidates)[-1] if candidates else None


def addon(library: Library, wanted: str, path: str) -> str | None:
    """Where jsDelivr has a file of three.js that another host lacks: the script of that version, else the module."""
    package = _package(library, "three", wanted)
    if package is None:
        return None
    name = path.rpartition("/")[2]
    names = {candidate: candidate.rpartition("/")[2] for candidate in package.paths}
    alike = [candidate for candidate in names if names[candidate] == name]
    alike = alike or [candidate for candidate in names if names[candidate].lower() == name.lower()]
    if not alike:
        return None
    best = min(alike, key=lambda candidate: (not candidate.startswith("examples/js/"), len(candidate), candidate))
    word = IS_MODULE if best.startswith("examples/jsm/") else ""
    return f"{JSDELIVR}/three@{package.version}/{encode(best)}{word}"


def _package(library: Library, name: str, wanted: str) -> Package | None:
    try:
        return library.package(name, wanted)
    except (Missing, Unavailable, IntegrityError):
        return None
