"""threejs.org: the newest release's build and modules; pictures and models of its examples are assets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sampler.browser.cdn import mime, suggest
from sampler.browser.cdn.answer import Answer, Missing, answered

if TYPE_CHECKING:
    from sampler.browser.cdn.serve import Sources
    from sampler.browser.cdn.url import Url

HOSTS = ("threejs.org", "www.threejs.org")
_NOT_FOUND = (
    "<!DOCTYPE html>\n<html>\n<head><title>Page not found &middot; GitHub Pages</title></head>\n"
    "<body><h1>404</h1><p><strong>File not found</strong></p></body>\n</html>\n"
)
_IN_NPM = ("build/", "examples/jsm/", "src/")


def answer(url: Url, sources: Sources) -> Answer:
    """What the live site has now: no `examples/js` since r148, no script build since r161."""
    path = url.path.lstrip("/")
    if not path.startswith((*_IN_NPM, "examples/js/", "examples/fonts/")):
        return sources.assets.answer(url)
    package = sources.library.package("three")
    if path in package:
        return answered(package.read(path), mime.of(path), detail=f"three@{package.version}/{path}")
    if path.startswith("examples/fonts/"):
        older = sources.library.package("three", suggest.LAST_FONTS)
        if path in older:
            return answered(older.read(path), mime.of(path), detail=f"three@{older.version}/{path}")
        return sources.assets.answer(url)
    raise Missing(
        f"threejs.org has no {path} any more",
        text=_NOT_FOUND,
        suggestion=_instead(sources, path),
        mime="text/html; charset=utf-8",
    )


def _instead(sources: Sources, path: str) -> str | None:
    if path.startswith("examples/js/"):
        return suggest.addon(sources.library, suggest.LAST_EXAMPLES_JS, path)
    if path in {"build/three.js", "build/three.min.js"}:
        return f"{suggest.JSDELIVR}/three@{suggest.LAST_SCRIPT_BUILD}/{path}"
    return suggest.addon(sources.library, "latest", path)
