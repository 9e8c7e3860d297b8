"""cdn.jsdelivr.net, its mirrors and esm.run: https://github.com/jsdelivr/jsdelivr, https://www.jsdelivr.com/esm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sampler.browser.cdn import entry, mime, serve, suggest
from sampler.browser.cdn.answer import Answer, Missing, answered
from sampler.browser.cdn.hosts import github
from sampler.browser.cdn.library import NoPackage, NoVersion
from sampler.browser.cdn.modules import Naming, rendered
from sampler.browser.cdn.url import Url, encode, split_package
from sampler.browser.cdn.versions import allowed, exact

if TYPE_CHECKING:
    from sampler.browser.cdn.package import Package
    from sampler.browser.cdn.serve import Sources

ORIGIN = "https://cdn.jsdelivr.net"
HOSTS = ("cdn.jsdelivr.net", "fastly.jsdelivr.net", "gcore.jsdelivr.net", "testingcf.jsdelivr.net", "esm.run")
MAX_COMBINED = 32
_FARTHEST_STEP = 64
_MINIFIED = (".js", ".mjs", ".css", ".svg")


def answer(url: Url, sources: Sources) -> Answer:
    """npm, gh and combine; esm.run stands for `/npm/.../+esm`."""
    if url.host == "esm.run":
        path = url.path.rstrip("/")
        path = path.removeprefix("/npm")
        return _npm(url, f"{path}/+esm", sources)
    kind, _, rest = url.path.lstrip("/").partition("/")
    if kind == "npm":
        return _npm(url, f"/{rest}", sources)
    if kind == "gh":
        return github.answer_gh(url, f"/{rest}", sources)
    if kind == "combine":
        return _combined(url, rest, sources)
    raise Missing(f"jsDelivr has nothing at {url.path}", text="404 Not Found")


def _npm(url: Url, path: str, sources: Sources) -> Answer:
    as_module = path.endswith("/+esm")
    split = split_package(path.removesuffix("/+esm") if as_module else path)
    if split is None:
        raise Missing(f"{path} names no package", text="Invalid URL")
    name, wanted, rest = split
    try:
        package = sources.library.package(name, wanted or "latest")
    except NoPackage as ending:
        raise Missing(ending.detail, text=f"Couldn't find the requested package {name}.") from ending
    except NoVersion as ending:
        text = f"Couldn't find the requested release version {wanted}."
        suggestion = suggest.version(sources.library, ending, rest, f"{ORIGIN}/npm")
        raise Missing(ending.detail, text=text, suggestion=suggestion) from ending
    if as_module:
        return _esm(url, sources, package, rest.strip("/"))
    found = resolved(package, rest)
    if found is None:
        listed = serve.folder(package, rest) if rest.endswith("/") else None
        if listed is not None:
            return listed
        older = _older(sources, name, wanted or "latest", rest)
        if older is not None:
            found = resolved(older, rest) or ""
            return answered(older.read(found), mime.of_jsdelivr(found), detail=f"{name}@{older.version}/{found}")
        raise missing_file(sources, package, rest)
    return answered(package.read(found), mime.of_jsdelivr(found), detail=f"{name}@{package.version}/{found}")


def _older(sources: Sources, name: str, wanted: str, rest: str) -> Package | None:
    """The newest allowed version that still has a file, for a range or tag: jsDelivr's version fallback.

    Files go once and do not come back, so doubling steps into the past, then halving, find it with a
    few packages instead of all.
    """
    if exact(wanted) is not None or not rest.strip("/"):
        return None
    candidates = allowed(sources.library.listing(name).versions, wanted)

    def has_it(index: int) -> bool:
        return resolved(sources.library.package(name, candidates[index]), rest) is not None

    lacks, step = 0, 1
    while lacks + step < len(candidates) and step <= _FARTHEST_STEP:
        if has_it(lacks + step):
            has = lacks + step
            while has - lacks > 1:
                middle = (has + lacks) // 2
                has, lacks = (middle, lacks) if has_it(middle) else (has, middle)
            return sources.library.package(name, candidates[has])
        lacks, step = lacks + step, step * 2
    return None


def missing_file(sources: Sources, package: Package, rest: str) -> Missing:
    """JsDelivr's 404 for a file that the package does not have."""
    text = f"Couldn't find the requested file {rest or '/'} in {package.name}."
    suggestion = suggest.file(sources.library, package, rest, f"{ORIGIN}/npm")
    return Missing(f"{package.name}@{package.version} has no file {rest or '/'}", text=text, suggestion=suggestion)


def resolved(package: Package, rest: str) -> str | None:
    """The file that is served: the path, the default file, or for a `.min` that is not there the file to minify."""
    if not rest:
        return _default(package)
    path = rest.lstrip("/")
    if path in package:
        return path
    for suffix in _MINIFIED:
        plain = path.removesuffix(f".min{suffix}")
        if plain != path and plain + suffix in package:
            return plain + suffix
    return None


def _default(package: Package) -> str | None:
    manifest = package.manifest
    named = entry.field(manifest, "jsdelivr", "browser", "main", "style")
    for path in (named, "index.js"):
        if path is None:
            continue
        stem, dot, suffix = path.rpartition(".")
        minified = f"{stem}.min.{suffix}" if dot and not stem.endswith(".min") else path
        found = next((candidate for candidate in (minified, path, f"{path}.js") if candidate in package), None)
        if found is not None:
            return found
    return None


def _esm(url: Url, sources: Sources, package: Package, subpath: str) -> Answer:
    """`+esm`: the module with its imports pointing to jsDelivr.

    jsDelivr bundles a package's own files into each module; here they stay apart, which differs only
    in that two modules of one package share what they import.
    """
    path = entry.module_entry(package, subpath)
    if path is None:
        raise missing_file(sources, package, f"/{subpath}")
    # esm.run redirects to the main host, so its modules' addresses are full ones.
    naming = _Naming(sources, origin=ORIGIN if url.host == "esm.run" else "")
    body = rendered(sources, package, path, naming)
    at = f"{ORIGIN}/npm/{package.name}@{package.version}/{encode(path)}"
    return answered(body, mime.JAVASCRIPT, location=at if at != url.text else None, detail=at)


class _Naming(Naming):
    """jsDelivr's addresses for modules: the package's own entry has the short one."""

    def file(self, package: Package, path: str) -> str:
        return f"{self.origin}/npm/{package.name}@{package.version}/{encode(path)}/+esm"

    def entry(self, package: Package, subpath: str) -> str:
        rest = f"/{encode(subpath)}" if subpath else ""
        return f"{self.origin}/npm/{package.name}@{package.version}{rest}/+esm"

    def dependency(self, name: str, version: str, subpath: str) -> str:
        rest = f"/{encode(subpath)}" if subpath else ""
        return f"{self.origin}/npm/{name}@{encode(version)}{rest}/+esm"


def _combined(url: Url, rest: str, sources: Sources) -> Answer:
    parts = [part for part in rest.split(",") if part]
    if not parts or len(parts) > MAX_COMBINED:
        raise Missing(f"jsDelivr combines 1 to {MAX_COMBINED} files", text="Invalid URL", status=400)
    bodies = []
    kind = mime.JAVASCRIPT
    for part in parts:
        piece = answer(Url(text=url.text, host=url.host, path=f"/{part}", query={}, query_text=""), sources)
        bodies.append(piece.body)
        kind = piece.headers["content-type"]
    return answered(b"\n".join(bodies), kind)
