"""Files of GitHub repositories: raw.githubusercontent.com, jsDelivr's /gh, RawGit, githack, GitHub Pages.

Repositories that are published on npm are answered from there, tag by tag; what npm leaves out
(textures, models, other repositories) is fetched as an asset.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from sampler.browser.cdn import mime, suggest
from sampler.browser.cdn.answer import Answer, Missing, answered
from sampler.browser.cdn.library import NoPackage, NoVersion
from sampler.browser.cdn.url import Url, encode
from sampler.browser.cdn.versions import nearest

if TYPE_CHECKING:
    from sampler.browser.cdn.package import Package
    from sampler.browser.cdn.serve import Sources

RAW_HOSTS = ("raw.githubusercontent.com",)
SERVING_HOSTS = (
    "rawgit.com",
    "cdn.rawgit.com",
    "raw.githack.com",
    "rawcdn.githack.com",
    "rawgithub.com",
    "cdn.statically.io",
)
PAGES_HOSTS = ("mrdoob.github.io", "schteppe.github.io")

PUBLISHED = {
    "mrdoob/three.js": "three",
    "mrdoob/stats.js": "stats.js",
    "schteppe/cannon.js": "cannon",
    "pmndrs/cannon-es": "cannon-es",
    "tweenjs/tween.js": "@tweenjs/tween.js",
    "dataarts/dat.gui": "dat.gui",
    "georgealways/lil-gui": "lil-gui",
    "jwagner/simplex-noise.js": "simplex-noise",
    "greensock/gsap": "gsap",
    "guybedford/es-module-shims": "es-module-shims",
    "juliangarnier/anime": "animejs",
    "spite/threejs-meshline": "three.meshline",
    "gkjohnson/three-mesh-bvh": "three-mesh-bvh",
    "babylonjs/babylon.js": "babylonjs",
    "processing/p5.js": "p5",
    "pixijs/pixijs": "pixi.js",
    "d3/d3": "d3",
    "aframevr/aframe": "aframe",
}
"""npm package by repository, in lower case."""
_BRANCHES = {"master", "main", "dev", "latest", "head", "gh-pages", "release"}
_REVISION = re.compile(r"r(\d{1,4})(?:\.(\d{1,3}))?")


class _Place(NamedTuple):
    """A file of a repository at a branch, tag or commit."""

    repository: str
    reference: str
    path: str


def tagged(package: str, reference: str) -> str | None:
    """The npm version for a branch or tag of a repository: three.js's `r128` is 0.128; None for a commit."""
    reference = reference.lower()
    if reference in _BRANCHES:
        return "latest"
    revision = _REVISION.fullmatch(reference)
    if revision:
        return f"0.{revision[1]}.{revision[2] or 0}" if package == "three" else f"0.{revision[1]}"
    return reference.removeprefix("v") if re.match(r"v?\d", reference) and not _is_commit(reference) else None


def _is_commit(reference: str) -> bool:
    return bool(re.fullmatch(r"[0-9a-f]{7,40}", reference)) and not reference.isdigit()


def answer(url: Url, sources: Sources) -> Answer:
    """One of the hosts above."""
    path = url.path.lstrip("/")
    if url.host == "cdn.statically.io":
        if not path.startswith("gh/"):
            raise Missing(f"{url.host} has nothing at {url.path}")
        owner, repository, reference, rest = _split_gh(path.removeprefix("gh/"))
    elif url.host in PAGES_HOSTS:
        repository, _, rest = path.partition("/")
        owner, reference = url.host.split(".")[0], "master"
    else:
        owner, repository, reference, rest = ([*path.split("/", 3), "", "", ""])[:4]
        if reference == "refs" and rest.startswith(("heads/", "tags/")):
            reference, _, rest = rest.partition("/")[2].partition("/")
    # raw.githubusercontent.com serves text, which no browser runs as a script; the others send real types.
    kind = mime.PLAIN if url.host in RAW_HOSTS and _is_text(rest) else mime.of(rest)
    return _file(url, sources, _Place(f"{owner}/{repository}", reference, rest), kind)


def answer_gh(url: Url, path: str, sources: Sources) -> Answer:
    """JsDelivr's `/gh/owner/repository@reference/path`."""
    owner, repository, reference, rest = _split_gh(path.lstrip("/"))
    place = _Place(f"{owner}/{repository}", reference or "latest", rest)
    return _file(url, sources, place, mime.of_jsdelivr(rest))


def _split_gh(path: str) -> tuple[str, str, str, str]:
    owner, _, tail = path.partition("/")
    head, _, rest = tail.partition("/")
    repository, _, reference = head.partition("@")
    return owner, repository, reference, rest


def _is_text(path: str) -> bool:
    kind = mime.of(path).split(";")[0]
    return kind.startswith(("text/", "application/j", "application/x", "image/svg", "application/node", "video/mp2t"))


def _file(url: Url, sources: Sources, place: _Place, kind: str) -> Answer:
    repository, reference, path = place
    name = PUBLISHED.get(repository.lower())
    wanted = tagged(name, reference) if name else None
    if name is None or wanted is None:
        return sources.assets.answer(url)
    try:
        package = sources.library.package(name, wanted)
    except NoVersion as ending:
        text = f"Couldn't find the requested release version {reference}."
        raise Missing(f"{repository} has no version {reference}", text=text, suggestion=_other(ending)) from ending
    except NoPackage:
        return sources.assets.answer(url)
    found = _in_package(package, path)
    if found is not None:
        return answered(package.read(found), kind, detail=f"{name}@{package.version}/{found}")
    if name == "three" and path.startswith(("build/", "examples/js/", "examples/jsm/", "src/")):
        suggestion = suggest.file(sources.library, package, path, suggest.JSDELIVR)
        detail = f"{repository} has no {path} at {reference}"
        raise Missing(detail, text=f"404: Not Found\n{path}", suggestion=suggestion)
    return sources.assets.answer(url)


def _in_package(package: Package, path: str) -> str | None:
    if path in package:
        return path
    stem, dot, suffix = path.rpartition(".min.")
    plain = f"{stem}.{suffix}"
    return plain if dot and plain in package else None


def _other(ending: NoVersion) -> str | None:
    near = nearest(ending.versions, ending.wanted)
    return f"{suggest.JSDELIVR}/{ending.name}@{encode(near)}" if near else None
