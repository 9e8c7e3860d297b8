"""What cdnjs keeps of the libraries that three.js pages load, from https://github.com/cdnjs/packages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sampler.browser.cdn.package import Package

LAST_THREE_REVISION = 143
"""three.js is listed by its git tags (r128) up to here and by npm's versions after:
https://github.com/cdnjs/packages/pull/1274, merged in August 2022 between r143 and r144."""
ABSENT = frozenset({"cannon-es", "es-module-shims", "lil-gui"})
"""Libraries that pages ask cdnjs for and that it never listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How a library on cdnjs comes from npm."""

    package: str
    folders: Mapping[str, tuple[str, ...]]
    """Per folder of the package, which is cut off, the patterns of the files that are kept; "**" keeps subfolders."""
    renamed: dict[str, str] = field(default_factory=dict)
    """File on cdnjs -> file in the package, where cdnjs took it from git under another name."""
    revisions: int | None = None
    """The last of the versions that are called rN or N for 0.N.0."""
    from_git: bool = False
    """Listed by git tags: it has versions that npm has not, one of the same minor version stands for them."""
    older: str | None = None
    """The package that has the older versions."""

    def kept(self, package: Package, path: str) -> str | None:
        """The file of the package that cdnjs has at `path`, or None."""
        renamed = self.renamed.get(path)
        if renamed is not None and renamed in package:
            return renamed
        stem, dot, suffix = path.rpartition(".min.")
        # cdnjs minifies what comes without a minified twin.
        unminified = f"{stem}.{suffix}" if dot and suffix in {"js", "css"} else path
        for folder, patterns in self.folders.items():
            for candidate in dict.fromkeys((path, unminified)):
                name = f"{folder}/{candidate}" if folder else candidate
                if name in package and any(_fits(candidate, pattern) for pattern in patterns):
                    return name
        return None


def _fits(path: str, pattern: str) -> bool:
    if pattern == "**":
        return True
    return path.count("/") == pattern.count("/") and fnmatchcase(path, pattern)


_LISTINGS = {
    "three.js": Listing(package="three", folders={"build": ("*.js", "*.cjs")}, revisions=LAST_THREE_REVISION),
    "three.meshline": Listing(package="three.meshline", folders={"src": ("*.js",)}),
    "aframe": Listing(package="aframe", folders={"dist": ("aframe.js", "aframe.min.js")}),
    "animejs": Listing(
        package="animejs",
        folders={"dist/bundles": ("*.min.js",), "lib": ("anime*.js",), "": ("anime*.js",)},
    ),
    "babylonjs": Listing(package="babylonjs", folders={"": ("babylon*.*",)}),
    "cannon.js": Listing(package="cannon", folders={"build": ("cannon.js", "cannon.min.js")}, from_git=True),
    "d3": Listing(package="d3", folders={"dist": ("d3.*",), "build": ("d3.*",), "": ("d3.js", "d3.min.js")}),
    "dat-gui": Listing(package="dat.gui", folders={"build": ("dat.gui.js", "dat.gui.min.js")}, from_git=True),
    "font-awesome": Listing(
        package="@fortawesome/fontawesome-free",
        folders={"": ("css/*", "js/*", "webfonts/*", "sprites/*", "svgs/*")},
    ),
    "gl-matrix": Listing(package="gl-matrix", folders={"": ("gl-matrix*.js",), "dist": ("*.js",)}),
    "gsap": Listing(package="gsap", folders={"dist": ("**",)}, from_git=True),
    "howler": Listing(package="howler", folders={"dist": ("**",)}, from_git=True),
    "jquery": Listing(package="jquery", folders={"dist": ("**",)}, from_git=True),
    "lodash.js": Listing(package="lodash", folders={"": ("lodash*.js",), "dist": ("**",)}, from_git=True),
    "matter-js": Listing(package="matter-js", folders={"build": ("matter.js", "matter.min.js")}, from_git=True),
    "p5.js": Listing(package="p5", folders={"lib": ("**",)}),
    "pixi.js": Listing(package="pixi.js", folders={"dist": ("**",)}),
    "seedrandom": Listing(package="seedrandom", folders={"": ("seedrandom.js", "seedrandom.min.js", "lib/*")}),
    "simplex-noise": Listing(
        package="simplex-noise", folders={"": ("simplex-noise*",), "dist/cjs": ("simplex-noise*",)}
    ),
    # The sources: r17 is a module on cdnjs, minified as well, and fails as a classic script.
    "stats.js": Listing(package="stats.js", folders={"src": ("Stats.js",)}, revisions=17, from_git=True),
    "tailwindcss": Listing(package="tailwindcss", folders={"dist": ("**",)}),
    "tailwindcss-browser": Listing(package="@tailwindcss/browser", folders={"dist": ("*.js",)}),
    "tone": Listing(package="tone", folders={"build": ("Tone*",)}),
    "tween.js": Listing(
        package="@tweenjs/tween.js",
        folders={"dist": ("tween.*",), "src": ("Tween.js",), "build": ("tween*",)},
        renamed={"Tween.min.js": "index.js", "Tween.js": "index.js"},
        revisions=14,
        from_git=True,
        older="tween.js",
    ),
}
_UNKNOWN = dict.fromkeys(("dist", "build", "lib", "umd", "dist/umd", ""), ("**",))


def listing(library: str) -> Listing | None:
    """What cdnjs keeps of a library (in any case); None where it has none.

    A library that is not among the above is taken for npm's package of the same name, with the
    folders that are usual: it is better to answer too much than to blame a page for this table.
    """
    name = library.lower()
    if name in ABSENT:
        return None
    return _LISTINGS.get(name) or Listing(package=name, folders=_UNKNOWN, from_git=True)


def npm_version(kept: Listing, version: str) -> str | None:
    """The npm version that cdnjs's stands for, or None where cdnjs cannot have it: it knows no ranges and no tags."""
    revision = re.fullmatch(r"r?(\d{1,4})", version)
    if kept.revisions is not None and revision:
        return f"0.{revision[1]}.0" if int(revision[1]) <= kept.revisions else None
    return version if re.fullmatch(r"\d+\.\d+(\.\d+)?(-[0-9A-Za-z.-]+)?", version) else None


def shown_version(kept: Listing, version: str) -> str:
    """Cdnjs's name for an npm version."""
    minor = re.fullmatch(r"0\.(\d+)\.0", version)
    is_revision = minor is not None and kept.package == "three" and int(minor[1]) <= 128
    return f"r{minor[1]}" if minor is not None and is_revision else version
