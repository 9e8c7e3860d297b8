"""cdnjs.cloudflare.com: names, versions and files as listed in https://github.com/cdnjs/packages.

cdnjs keeps only the files that a library's listing names, with the listed folder cut off, and adds a
minified twin to every script that has none (https://github.com/cdnjs/tools, `compress/js.go`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from sampler.browser.cdn import mime, suggest
from sampler.browser.cdn.answer import Answer, Missing, answered
from sampler.browser.cdn.library import NoPackage, NoVersion
from sampler.browser.cdn.url import Url, encode
from sampler.browser.cdn.versions import exact, nearest

if TYPE_CHECKING:
    from sampler.browser.cdn.package import Package
    from sampler.browser.cdn.serve import Sources

HOST = "cdnjs.cloudflare.com"
PREFIX = "https://cdnjs.cloudflare.com/ajax/libs"
LAST_REVISION_NAME = 143
"""three.js is listed by its git tags (r128) up to here, by npm's versions (0.144.0) after:
https://github.com/cdnjs/packages/pull/1274, August 2022."""
_NOT_FOUND = (
    "<!DOCTYPE html>\n<html>\n<head><title>404 Not Found</title></head>\n"
    "<body>\n<center><h1>404 Not Found</h1></center>\n<hr><center>cloudflare</center>\n</body>\n</html>\n"
)


@dataclass(frozen=True, slots=True)
class Listing:
    """What cdnjs keeps of an npm package: per folder, the patterns of the files that are kept."""

    package: str
    folders: dict[str, tuple[str, ...]]
    renamed: dict[str, str] | None = None
    """File on cdnjs -> file in the package, where git and npm differ."""


LISTINGS = {
    "three.js": Listing("three", {"build": ("*.js", "*.cjs")}),
    "cannon.js": Listing("cannon", {"build": ("cannon.js", "cannon.min.js")}),
    "cannon-es": Listing("cannon-es", {"dist": ("*",)}),
    "dat-gui": Listing("dat.gui", {"build": ("dat.gui.js", "dat.gui.min.js", "dat.gui.css")}),
    "tween.js": Listing(
        "@tweenjs/tween.js", {"dist": ("tween.*",), "src": ("Tween.js",)}, {"Tween.min.js": "src/Tween.js"}
    ),
    "simplex-noise": Listing("simplex-noise", {"": ("simplex-noise*",), "dist": ("*",)}),
    "stats.js": Listing(
        "stats.js",
        {"build": ("stats*.js",), "src": ("Stats.js",)},
        {"Stats.min.js": "build/stats.min.js", "Stats.js": "src/Stats.js"},
    ),
    "gsap": Listing("gsap", {"dist": ("*",)}),
    "lil-gui": Listing("lil-gui", {"dist": ("*",)}),
    "animejs": Listing("animejs", {"dist/bundles": ("*.min.js",), "lib": ("*.js",), "": ("anime*.js",)}),
    "es-module-shims": Listing("es-module-shims", {"dist": ("*",)}),
    "babylonjs": Listing("babylonjs", {"": ("*.js",)}),
    "ammo.js": Listing("ammo.js", {"builds": ("*",), "": ("*.js",)}),
    "p5.js": Listing("p5", {"lib": ("*",)}),
    "pixi.js": Listing("pixi.js", {"dist": ("*",)}),
    "d3": Listing("d3", {"dist": ("*",), "build": ("*",), "": ("d3*.js",)}),
    "jquery": Listing("jquery", {"dist": ("*",)}),
    "lodash.js": Listing("lodash", {"": ("lodash*.js",), "dist": ("*",)}),
    "aframe": Listing("aframe", {"dist": ("*",)}),
    "howler": Listing("howler", {"dist": ("*",)}),
    "tone": Listing("tone", {"build": ("*",)}),
    "matter-js": Listing("matter-js", {"build": ("*",)}),
    "tweakpane": Listing("tweakpane", {"dist": ("*",)}),
    "font-awesome": Listing("@fortawesome/fontawesome-free", {"": ("*",)}, {}),
    "tailwindcss": Listing("tailwindcss", {"dist": ("*",)}),
    "tailwindcss-browser": Listing("@tailwindcss/browser", {"dist": ("*",)}),
    "bootstrap": Listing("bootstrap", {"dist": ("*",)}),
    "react": Listing("react", {"umd": ("*",)}),
    "react-dom": Listing("react-dom", {"umd": ("*",)}),
    "vue": Listing("vue", {"dist": ("*",)}),
    "seedrandom": Listing("seedrandom", {"": ("seedrandom*.js",), "lib": ("*",)}),
    "gl-matrix": Listing("gl-matrix", {"": ("gl-matrix*.js",), "dist": ("*",)}),
    "three.meshline": Listing("three.meshline", {"src": ("*",)}),
}
"""By cdnjs's name, in lower case."""
_UNLISTED_FOLDERS = ("dist", "build", "lib", "umd", "dist/umd", "")


def answer(url: Url, sources: Sources) -> Answer:
    """`/ajax/libs/<library>/<version>/<file>`."""
    found = re.fullmatch(r"/ajax/libs/([^/]+)/([^/]+)/(.+)", url.path)
    if found is None:
        raise _not_found(f"cdnjs has nothing at {url.path}")
    library, version, path = found[1], found[2], found[3]
    listing = LISTINGS.get(library.lower()) or Listing(library.lower(), dict.fromkeys(_UNLISTED_FOLDERS, ("*",)))
    wanted = _npm_version(library.lower(), version)
    if wanted is None:
        raise _no_version(url, sources, listing, library, version, path)
    try:
        package = sources.library.package(listing.package, wanted)
    except NoPackage as ending:
        raise _not_found(f"cdnjs has no library {library}") from ending
    except NoVersion as ending:
        raise _no_version(url, sources, listing, library, version, path) from ending
    kept = _kept(listing, package, path)
    if kept is None:
        raise _not_found(
            f"cdnjs has no {path} for {library} {version}",
            _elsewhere(sources, listing, package, library, version, path),
        )
    kind = mime.JAVASCRIPT if mime.suffix(path) in {"js", "mjs", "cjs"} else mime.of(path)
    return answered(package.read(kept), kind, detail=f"{package.name}@{package.version}/{kept}")


def _npm_version(library: str, version: str) -> str | None:
    """npm's exact version for cdnjs's, or None where cdnjs cannot have it; it knows no ranges and no tags."""
    revision = re.fullmatch(r"r?(\d{1,4})", version)
    if library == "three.js" and revision:
        return f"0.{revision[1]}.0" if int(revision[1]) <= LAST_REVISION_NAME else None
    if library == "stats.js" and revision:
        return f"0.{revision[1]}.0"
    return version if exact(version) == version else None


def _kept(listing: Listing, package: Package, path: str) -> str | None:
    """The file of the package that cdnjs has at `path`, or None."""
    renamed = (listing.renamed or {}).get(path)
    if renamed is not None and renamed in package:
        return renamed
    stem, dot, suffix = path.rpartition(".min.")
    for folder, patterns in listing.folders.items():
        for candidate in (path, f"{stem}.{suffix}" if dot and suffix in {"js", "css"} else path):
            name = f"{folder}/{candidate}" if folder else candidate
            if name in package and any(_fits(candidate, pattern) for pattern in patterns):
                return name
    return None


def _fits(path: str, pattern: str) -> bool:
    return pattern == "*" or ("/" not in path and fnmatchcase(path, pattern))


def _not_found(detail: str, suggestion: str | None = None) -> Missing:
    return Missing(detail, text=_NOT_FOUND, suggestion=suggestion, mime="text/html; charset=utf-8")


def _no_version(url: Url, sources: Sources, listing: Listing, library: str, version: str, path: str) -> Missing:
    """The 404 for a version that cdnjs does not have, with the same file in one that it has."""
    detail = f"cdnjs has no version {version} of {library}"
    numbers = re.fullmatch(r"r?(\d{1,4})", version) if listing.package == "three" else None
    target = f"0.{numbers[1]}.0" if numbers else version
    try:
        versions = sources.library.listing(listing.package).versions
    except Missing:
        return _not_found(f"cdnjs has no library {library}")
    near = nearest(versions, target)
    if near is None:
        return _not_found(detail)
    package = sources.library.package(listing.package, near)
    if _kept(listing, package, path) is None:
        return _not_found(detail, _elsewhere(sources, listing, package, library, near, path))
    return _not_found(detail, f"{PREFIX}/{library}/{_shown(listing, near)}/{encode(path)}")


def _shown(listing: Listing, version: str) -> str:
    """cdnjs's name for an npm version."""
    minor = re.fullmatch(r"0\.(\d+)\.0", version)
    return f"r{minor[1]}" if listing.package == "three" and minor and int(minor[1]) <= 128 else version  # noqa: PLR2004


def _elsewhere(
    sources: Sources, listing: Listing, package: Package, library: str, version: str, path: str
) -> str | None:
    """Where the file is: on cdnjs under another name, or on jsDelivr from the same package."""
    name = path.rpartition("/")[2]
    if name != path and _kept(listing, package, name) is not None:
        return f"{PREFIX}/{library}/{version}/{encode(name)}"
    if listing.package == "three":
        found = suggest.addon(sources.library, package.version, path)
        if found is not None:
            return found
    return suggest.file(sources.library, package, path, suggest.JSDELIVR)
