"""esm.sh: https://github.com/esm-dev/esm.sh.

`?deps`, `?alias`, `?external` and `/*package` hold; build options (`?target`, `?dev`, `?bundle`) change nothing here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sampler.browser.cdn import entry, mime, suggest
from sampler.browser.cdn.answer import Answer, Missing, Unavailable, answered
from sampler.browser.cdn.library import NoPackage, NoVersion
from sampler.browser.cdn.modules import Naming, exports_default, reexport, rendered
from sampler.browser.cdn.url import Url, encode, split_package

if TYPE_CHECKING:
    from sampler.browser.cdn.package import Package
    from sampler.browser.cdn.serve import Sources

ORIGIN = "https://esm.sh"
_TARGET = "es2022"
_BUILT = re.compile(r"/(?:X-[\w-]+/)?(?:es\d{4}|esnext|deno|denonext|node)/(.+)\.(?:m?js)")
_MODULES = {"js", "mjs", "cjs", "jsx", "ts", "tsx", ""}


@dataclass(frozen=True)
class _Naming(Naming):
    """esm.sh's addresses: `/three@0.160.0/es2022/three.mjs`, with the page's parameters handed on."""

    deps: dict[str, str] = field(default_factory=dict)
    alias: dict[str, str] = field(default_factory=dict)
    external: frozenset[str] = frozenset()
    external_all: bool = False

    @property
    def search(self) -> str:
        """The parameters that change what a module imports."""
        pairs = {
            "deps": ",".join(f"{name}@{version}" for name, version in sorted(self.deps.items())),
            "alias": ",".join(f"{name}:{other}" for name, other in sorted(self.alias.items())),
            "external": "*" if self.external_all else ",".join(sorted(self.external)),
        }
        given = {key: value for key, value in pairs.items() if value}
        return f"?{urlencode(given, safe='@,:/*')}" if given else ""

    def file(self, package: Package, path: str) -> str:
        name = _entry_name(package.name) if path == entry.module_entry(package, "") else _stem(path)
        return f"{self.origin}/{package.name}@{package.version}/{_TARGET}/{encode(name)}.mjs{self.search}"

    def entry(self, package: Package, subpath: str) -> str:
        return self.file(package, entry.module_entry(package, subpath) or subpath)

    def dependency(self, name: str, version: str, subpath: str) -> str:
        path = encode(_stem(subpath) if subpath else _entry_name(name))
        return f"{self.origin}/{name}@{encode(version)}/{_TARGET}/{path}.mjs{self.search}"

    def bare(self, package: Package, specifier: str) -> str | None:
        split = split_package(f"/{specifier}")
        name = split[0] if split else specifier
        if self.external_all or name in self.external or specifier in self.external:
            return None
        if split and name in self.alias:
            return self.bare(package, self.alias[name] + split[2]) if self.alias[name] != name else None
        if split and name in self.deps and name != package.name:
            return self.dependency(name, self.settled(name, self.deps[name]), split[2].strip("/"))
        return super().bare(package, specifier)


def answer(url: Url, sources: Sources) -> Answer:
    """A stub for a package's address, the module itself for a built one, any other file as it is."""
    path = re.sub(r"^/(?:v\d+|stable)/", "/", url.path)
    if path.startswith(("/gh/", "/jsr/", "/pr/")):
        raise Unavailable(f"esm.sh's {path.split('/')[1]} addresses cannot be answered from npm")
    external_all = path.startswith("/*")
    split = split_package(path.replace("/*", "/", 1) if external_all else path)
    if split is None:
        raise Missing(f"{url.path} names no package", text="not found")
    name, wanted, rest = split
    package = _package(sources, name, rest, wanted)
    naming = _naming(sources, url, external_all=external_all)
    built = _BUILT.fullmatch(rest)
    if built is not None:
        return _built(sources, package, built[1], naming)
    subpath = re.sub(r"&.*", "", rest).strip("/")
    if subpath in package and ("raw" in url.query or mime.suffix(subpath) not in _MODULES):
        return answered(package.read(subpath), mime.of(subpath), detail=f"{name}@{package.version}/{subpath}")
    file = entry.module_entry(package, subpath)
    if file is None:
        raise _missing(sources, package, rest)
    address = naming.file(package, file)
    body = reexport(address, default=exports_default(sources, package, file))
    return answered(body, mime.JAVASCRIPT, detail=f"{name}@{package.version}/{file}")


def _package(sources: Sources, name: str, rest: str, wanted: str | None) -> Package:
    try:
        return sources.library.package(name, wanted or "latest")
    except NoPackage as ending:
        raise Missing(ending.detail, text=f"npm: package '{name}' not found") from ending
    except NoVersion as ending:
        text = f"npm: version {wanted} of '{name}' not found"
        suggestion = suggest.version(sources.library, ending, rest, ORIGIN)
        raise Missing(ending.detail, text=text, suggestion=suggestion) from ending


def _naming(sources: Sources, url: Url, *, external_all: bool) -> _Naming:
    external = [name.strip() for name in url.query.get("external", "").split(",") if name.strip()]
    deps = {}
    for item in url.query.get("deps", "").split(","):
        split = split_package(f"/{item.strip()}")
        if split is not None:
            deps[split[0]] = split[1] or "latest"
    alias = dict(pair.split(":", 1) for pair in url.query.get("alias", "").split(",") if ":" in pair)
    return _Naming(
        sources,
        deps=deps,
        alias=alias,
        external=frozenset(external) - {"*"},
        external_all=external_all or "*" in external,
    )


def _built(sources: Sources, package: Package, name: str, naming: _Naming) -> Answer:
    file = None
    if name in {_entry_name(package.name), package.name}:
        file = entry.module_entry(package, "")
    file = file or entry.module_entry(package, name) or entry.module_entry(package, f"{name}.js")
    if file is None:
        raise _missing(sources, package, f"/{name}.js")
    return answered(
        rendered(sources, package, file, naming), mime.JAVASCRIPT, detail=f"{package.name}@{package.version}/{file}"
    )


def _missing(sources: Sources, package: Package, rest: str) -> Missing:
    detail = f"{package.name}@{package.version} has no module {rest or '/'}"
    suggestion = suggest.file(sources.library, package, rest, ORIGIN)
    return Missing(detail, text=f"could not resolve {package.name}{rest}", suggestion=suggestion)


def _entry_name(package: str) -> str:
    return _stem(package.rpartition("/")[2])


def _stem(path: str) -> str:
    return re.sub(r"\.[mc]?js$", "", path)
