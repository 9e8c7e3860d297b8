"""Hosts of single libraries that are on npm as well: Babylon.js, jQuery, A-Frame, d3, Google's library CDN."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sampler.browser.cdn import mime
from sampler.browser.cdn.answer import Answer, Missing, answered
from sampler.browser.cdn.hosts.github import tagged
from sampler.browser.cdn.library import NoPackage, NoVersion

if TYPE_CHECKING:
    from sampler.browser.cdn.serve import Sources
    from sampler.browser.cdn.url import Url

_RULES: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "cdn.babylonjs.com": (
        (r"/(?:v(?P<version>[\d.]+)/)?(?P<file>babylon(?:\.max)?\.js)", "babylonjs", "", "{file}"),
        (
            r"/(?:v(?P<version>[\d.]+)/)?loaders/(?P<file>babylonjs\.loaders[\w.]*\.js)",
            "babylonjs-loaders",
            "",
            "{file}",
        ),
        (r"/(?:v(?P<version>[\d.]+)/)?gui/(?P<file>babylon\.gui[\w.]*\.js)", "babylonjs-gui", "", "{file}"),
        (r"/(?:v(?P<version>[\d.]+)/)?materialsLibrary/(?P<file>[\w.]+\.js)", "babylonjs-materials", "", "{file}"),
        (
            r"/(?:v(?P<version>[\d.]+)/)?postProcessesLibrary/(?P<file>[\w.]+\.js)",
            "babylonjs-post-process",
            "",
            "{file}",
        ),
        (
            r"/(?:v(?P<version>[\d.]+)/)?proceduralTexturesLibrary/(?P<file>[\w.]+\.js)",
            "babylonjs-procedural-textures",
            "",
            "{file}",
        ),
    ),
    "preview.babylonjs.com": (
        (r"/(?P<file>babylon(?:\.max)?\.js)", "babylonjs", "preview", "{file}"),
        (r"/loaders/(?P<file>babylonjs\.loaders[\w.]*\.js)", "babylonjs-loaders", "preview", "{file}"),
        (r"/gui/(?P<file>babylon\.gui[\w.]*\.js)", "babylonjs-gui", "preview", "{file}"),
    ),
    "code.jquery.com": (
        (r"/jquery-(?P<version>\d+\.\d+\.\d+)(?P<file>(?:\.slim)?(?:\.min)?\.js)", "jquery", "", "dist/jquery{file}"),
    ),
    "aframe.io": ((r"/releases/(?P<version>[\d.]+)/(?P<file>aframe[\w.-]*\.js)", "aframe", "", "dist/{file}"),),
    "d3js.org": ((r"/d3\.v(?P<version>\d+)(?P<file>(?:\.min)?\.js)", "d3", "", "dist/d3{file}"),),
    "ajax.googleapis.com": (
        (r"/ajax/libs/threejs/(?P<version>r\d+)/(?P<file>three(?:\.min)?\.js)", "three", "", "build/{file}"),
        (r"/ajax/libs/jquery/(?P<version>[\d.]+)/(?P<file>[\w.]+\.js)", "jquery", "", "dist/{file}"),
        (r"/ajax/libs/d3js/(?P<version>[\d.]+)/(?P<file>[\w.]+\.js)", "d3", "", "dist/{file}"),
    ),
}
"""Pattern of the path, npm package, version where the path names none ("" for the newest), file in the package."""

HOSTS = tuple(_RULES)


def answer(url: Url, sources: Sources) -> Answer:
    """The library's file, or what the asset store has of the host."""
    for pattern, name, version, file in _RULES[url.host]:
        found = re.fullmatch(pattern, url.path)
        if found is None:
            continue
        given = found.groupdict()
        named = given.get("version")
        wanted = (tagged(name, named) if named else None) or version or "latest"
        path = file.format(file=given["file"])
        try:
            package = sources.library.package(name, wanted)
        except (NoPackage, NoVersion) as ending:
            raise Missing(f"{url.host} has no version {named} of {name}", text="Not Found") from ending
        if path in package:
            return answered(package.read(path), mime.of(path), detail=f"{name}@{package.version}/{path}")
    if url.host in sources.assets.hosts:
        return sources.assets.answer(url)
    raise Missing(f"{url.host} has nothing at {url.path}", text="Not Found")
