"""ga.jspm.io (files of exact versions, imports left to an import map) and jspm.dev (imports resolved): https://jspm.org/docs/cdn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sampler.browser.cdn import entry, mime, suggest
from sampler.browser.cdn.answer import Answer, Missing, answered
from sampler.browser.cdn.library import NoPackage, NoVersion
from sampler.browser.cdn.modules import Naming, exports_default, reexport, rendered
from sampler.browser.cdn.url import Url, encode, split_package
from sampler.browser.cdn.versions import exact

if TYPE_CHECKING:
    from sampler.browser.cdn.package import Package
    from sampler.browser.cdn.serve import Sources

_PREFIX = "https://ga.jspm.io/npm:"
HOSTS = ("ga.jspm.io", "jspm.dev")


class _Mapped(Naming):
    """ga.jspm.io: only files of the same package have an address; names are for the page's import map."""

    def file(self, package: Package, path: str) -> str:
        return f"{self.origin}/npm:{package.name}@{package.version}/{encode(path)}"

    def entry(self, package: Package, subpath: str) -> str:
        return self.file(package, entry.module_entry(package, subpath) or subpath)

    def dependency(self, name: str, version: str, subpath: str) -> str:
        return f"{self.origin}/npm:{name}@{encode(version)}{f'/{encode(subpath)}' if subpath else ''}"

    def bare(self, package: Package, specifier: str) -> str | None:
        del package, specifier
        return None


class _Resolved(_Mapped):
    """jspm.dev: names are resolved as well."""

    def bare(self, package: Package, specifier: str) -> str | None:
        return Naming.bare(self, package, specifier)


def answer(url: Url, sources: Sources) -> Answer:
    """`/npm:name@version/file`; on jspm.dev also a package's bare address."""
    resolving = url.host == "jspm.dev"
    named = url.path.startswith("/npm:")
    split = split_package("/" + url.path.removeprefix("/npm:").lstrip("/"))
    if split is None or not (named or resolving):
        raise Missing(f"{url.host} has nothing at {url.path}", text="Not Found")
    name, wanted, rest = split
    if not resolving and (wanted is None or exact(wanted) is None):
        raise Missing(f"{url.host} needs the exact version of {name}", text="Not Found")
    try:
        package = sources.library.package(name, wanted or "latest")
    except NoPackage as ending:
        raise Missing(ending.detail, text="Not Found") from ending
    except NoVersion as ending:
        suggestion = suggest.version(sources.library, ending, rest, _PREFIX)
        raise Missing(ending.detail, text="Not Found", suggestion=_joined(suggestion)) from ending
    subpath = rest.strip("/").removesuffix("!cjs")
    file = subpath if subpath in package else entry.module_entry(package, subpath) if resolving else None
    if file is None:
        detail = f"{name}@{package.version} has no file {rest or '/'}"
        suggestion = suggest.file(sources.library, package, rest, _PREFIX)
        raise Missing(detail, text="Not Found", suggestion=_joined(suggestion))
    detail = f"{name}@{package.version}/{file}"
    if mime.suffix(file) not in {"js", "mjs", "cjs"}:
        return answered(package.read(file), mime.of(file), detail=detail)
    naming = _Resolved(sources) if resolving else _Mapped(sources)
    if file != subpath:
        return answered(
            reexport(naming.file(package, file), default=exports_default(sources, package, file)), mime.JAVASCRIPT
        )
    return answered(rendered(sources, package, file, naming), mime.JAVASCRIPT, detail=detail)


def _joined(suggestion: str | None) -> str | None:
    """The address with no slash between `npm:` and the name."""
    return suggestion.replace("/npm:/", "/npm:", 1) if suggestion else None
