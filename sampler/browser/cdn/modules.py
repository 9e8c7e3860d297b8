"""A package's file as the module that an ESM CDN makes of it: imports pointing to the CDN, CommonJS wrapped."""

from __future__ import annotations

import posixpath
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sampler.browser.cdn import commonjs, entry
from sampler.browser.cdn.answer import Missing, Unavailable
from sampler.browser.cdn.mime import suffix
from sampler.browser.cdn.url import split_package
from sampler.errors import IntegrityError

if TYPE_CHECKING:
    from sampler.browser.cdn.package import Package
    from sampler.browser.cdn.serve import Sources

EMPTY_MODULE = "data:text/javascript,export default {}"
"""Stands for what only Node has."""
_ABSOLUTE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|/")
_NODE = frozenset(
    """
    assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain
    events fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl
    stream string_decoder timers tls trace_events tty url util v8 vm wasi worker_threads zlib
    """.split()  # noqa: SIM905 - forty quoted words are harder to read
)


@dataclass(frozen=True)
class Naming(ABC):
    """How an ESM CDN calls modules. Two addresses are two instances, so equal things must get equal ones."""

    sources: Sources
    origin: str = ""
    """Put before every address; empty where they stay on the page's own choice of scheme and host."""

    @abstractmethod
    def file(self, package: Package, path: str) -> str:
        """A file of the package that asks."""

    @abstractmethod
    def entry(self, package: Package, subpath: str) -> str:
        """The package that asks, by its name (`subpath` "") or by name and path."""

    @abstractmethod
    def dependency(self, name: str, version: str, subpath: str) -> str:
        """Another package; `version` is exact where it could be found out, else the range."""

    def bare(self, package: Package, specifier: str) -> str | None:
        """An import by name; None leaves it as it is."""
        split = split_package(f"/{specifier}")
        if split is None:
            return None
        name, given, rest = split
        if name == package.name:
            return self.entry(package, rest.strip("/"))
        if name.removeprefix("node:") in _NODE and package.dependency(name) is None:
            return EMPTY_MODULE
        name, wanted = aliased(name, given or package.dependency(name) or "latest")
        return self.dependency(name, self.settled(name, wanted), rest.strip("/"))

    def settled(self, name: str, wanted: str) -> str:
        """The exact version for a range, or the range where that cannot be found out from here."""
        try:
            return self.sources.library.version(name, wanted)
        except (Missing, Unavailable, IntegrityError):
            return wanted


def aliased(name: str, wanted: str) -> tuple[str, str]:
    """What package.json means by a range: `npm:other@^1` is another package, a git or file address the latest."""
    if wanted.startswith("npm:"):
        split = split_package("/" + wanted.removeprefix("npm:"))
        if split is not None:
            return split[0], split[1] or "latest"
    return name, "latest" if re.search(r"[:/]", wanted) else wanted


def rendered(sources: Sources, package: Package, path: str, naming: Naming) -> bytes:
    """The module at `path` of the package."""
    source = package.read(path)
    if suffix(path) == "json":
        return b"export default " + source

    def instead(specifier: str) -> str | None:
        return _instead(package, path, specifier, naming)

    found = sources.scans.scan(source)
    rewritten = sources.scans.rewritten(source, instead)
    return commonjs.wrapped(rewritten, found, instead) if found.is_commonjs else rewritten


def exports_default(sources: Sources, package: Package, path: str) -> bool:
    """Whether the module at `path` has a default export."""
    if suffix(path) == "json":
        return True
    found = sources.scans.scan(package.read(path))
    return found.is_commonjs or found.has_default


def reexport(address: str, *, default: bool) -> bytes:
    """The short module that an ESM CDN gives for a package: all that the module at its lasting address exports.

    Through it, every way of naming a version ends at one module instance.
    """
    lines = [f"export * from '{address}';"]
    if default:
        lines.append(f"export {{default}} from '{address}';")
    return "\n".join([*lines, ""]).encode()


def _instead(package: Package, path: str, specifier: str, naming: Naming) -> str | None:
    """The address for one import, or None to leave it."""
    if specifier.startswith("#"):
        target = entry.imported(package.manifest, specifier, entry.BROWSER_IMPORT)
        return naming.file(package, entry.probe(package, target) or target) if target else None
    if specifier.startswith("node:"):
        return EMPTY_MODULE
    if _ABSOLUTE.match(specifier):
        return None
    other = _browser_map(package).get(specifier, specifier)
    if other is False:
        return EMPTY_MODULE
    if isinstance(other, str) and other != specifier and not specifier.startswith("."):
        specifier = other
        path = ""
    if not specifier.startswith("."):
        return naming.bare(package, specifier)
    return _internal(package, path, specifier, naming)


def _internal(package: Package, path: str, specifier: str, naming: Naming) -> str | None:
    target = posixpath.normpath(posixpath.join(posixpath.dirname(path), specifier))
    if target.startswith(".."):
        return None
    found = entry.probe(package, "" if target == "." else target)
    if found is None:
        return naming.file(package, target)
    if _browser_map(package).get(f"./{found}") is False:
        return EMPTY_MODULE
    return naming.file(package, entry.browser_instead(package, found))


def _browser_map(package: Package) -> dict[str, object]:
    table = package.manifest.get("browser")
    return table if isinstance(table, dict) else {}
