"""Packages by name and version: from the cache where they are there, else from the registry."""

from __future__ import annotations

import json
import os
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sampler.browser.cdn import npmrc, tarball
from sampler.browser.cdn.answer import Missing, RegistryUnavailable
from sampler.browser.cdn.package import DamagedError, Package, pack
from sampler.browser.cdn.registry import Registry
from sampler.browser.cdn.versions import exact, resolve

if TYPE_CHECKING:
    from sampler.browser.cdn.cache import Cache

FRESH_SECONDS = 24 * 3600.0
"""How long a list of versions is believed before it is asked for again."""
_RETRY_SECONDS = 300.0
"""How long an old list is used without a further try, when the registry could not be reached."""
_OPEN_PACKAGES = 48


class NoPackage(Missing):
    """The registry has no package of this name."""


class NoVersion(Missing):
    """The package has no version that fits."""

    def __init__(self, name: str, wanted: str, versions: tuple[str, ...]) -> None:
        """Keep the versions that there are, for a suggestion."""
        super().__init__(f"{name} has no version {wanted} on npm")
        self.name = name
        self.wanted = wanted
        self.versions = versions


@dataclass(frozen=True, slots=True)
class Listing:
    """What the registry said of a package: tags, and its record of every version."""

    name: str
    tags: dict[str, str]
    dists: dict[str, dict[str, Any]]
    asked_at: float

    @property
    def versions(self) -> tuple[str, ...]:
        """All published versions, oldest first."""
        return tuple(self.dists)


class Library:
    """npm as the hosts see it; safe to use from several threads."""

    def __init__(self, cache: Cache, *, offline: bool, settings: npmrc.NpmSettings | None = None) -> None:
        """Keep packages in `cache`; `offline` makes no network call whatever is missing."""
        self.cache = cache
        self.offline = offline
        self.registry = Registry(settings or npmrc.load(os.environ, Path.home(), Path.cwd()))
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._open: OrderedDict[tuple[str, str], Package] = OrderedDict()
        self._listings: dict[str, tuple[float, Listing]] = {}

    def package(self, name: str, wanted: str = "latest") -> Package:
        """The package for an exact version, a range or a tag.

        Raises NoPackage, NoVersion, RegistryUnavailable, IntegrityError.
        """
        version = exact(wanted)
        if version is not None:
            with self._lock_of(f"{name}@{version}"):
                found = self._opened(name, version)
                if found is not None:
                    return found
        return self._load(name, self.version(name, wanted))

    def version(self, name: str, wanted: str = "latest") -> str:
        """The exact version that a package's address means; raises as `package` does."""
        plain = exact(wanted)
        listing = self.listing(name, needs=plain)
        found = resolve(listing.versions, listing.tags, wanted)
        if found is None:
            raise NoVersion(name, wanted, listing.versions)
        return found

    def listing(self, name: str, *, needs: str | None = None) -> Listing:
        """All versions of a package; not older than a day where the registry can be reached.

        An older list will do where it holds the exact version `needs`, since versions never change.
        """
        with self._lock_of(name):
            believed_at, known = self._listings.get(name, (0.0, None))
            if known is None:
                known = self._stored(name)
                believed_at = known.asked_at if known else 0.0
            age = time.time() - believed_at
            if known is not None and (0 <= age < FRESH_SECONDS or (needs is not None and needs in known.dists)):
                self._listings[name] = (believed_at, known)
            elif self.offline:
                if known is None:
                    raise RegistryUnavailable(f"the versions of {name} are not in the cache, and the network is off")
            else:
                known = self._asked(name, known)
        if not known.dists:
            raise NoPackage(f"npm has no package {name}")
        return known

    def _asked(self, name: str, known: Listing | None) -> Listing:
        try:
            packument = self.registry.packument(name)
        except RegistryUnavailable:
            if known is None:
                raise
            self._listings[name] = (time.time() - FRESH_SECONDS + _RETRY_SECONDS, known)
            return known
        record = {"asked_at": time.time(), "tags": {}, "dists": {}}
        if packument is not None:
            record |= {"tags": packument.get("dist-tags") or {}, "dists": _dists(packument)}
        self.cache.write("packuments", name, ".json", json.dumps(record, separators=(",", ":")).encode())
        listing = Listing(name, record["tags"], record["dists"], record["asked_at"])  # type: ignore[arg-type]  # made above
        self._listings[name] = (listing.asked_at, listing)
        return listing

    def _stored(self, name: str) -> Listing | None:
        text = self.cache.read("packuments", name, ".json")
        if text is None:
            return None
        try:
            record = json.loads(text)
            return Listing(name, dict(record["tags"]), dict(record["dists"]), float(record["asked_at"]))
        except (ValueError, TypeError, KeyError):
            self.cache.remove("packuments", name, ".json")
            return None

    def _load(self, name: str, version: str) -> Package:
        with self._lock_of(f"{name}@{version}"):
            found = self._opened(name, version)
            if found is not None:
                return found
            if self.offline:
                raise RegistryUnavailable(f"{name}@{version} is not in the cache, and the network is off")
            dist = self.listing(name, needs=version).dists[version]
            data = self.registry.tarball(name, dist)
            contents = tuple(tarball.files(data))
            path = self.cache.write("packages", f"{name}@{version}", ".zip", lambda file: pack(contents, file))
            if path is None:
                memory = BytesIO()
                pack(contents, memory)
                return self._keep(Package(name, version, memory.getvalue()))
            return self._keep(Package(name, version, path))

    def _opened(self, name: str, version: str) -> Package | None:
        with self._lock:
            package = self._open.get((name, version))
            if package is not None:
                self._open.move_to_end((name, version))
                return package
        path = self.cache.path("packages", f"{name}@{version}", ".zip")
        try:
            return self._keep(Package(name, version, path))
        except FileNotFoundError:
            return None
        except DamagedError:
            self.cache.remove("packages", f"{name}@{version}", ".zip")
            return None

    def _keep(self, package: Package) -> Package:
        with self._lock:
            self._open[(package.name, package.version)] = package
            while len(self._open) > _OPEN_PACKAGES:
                self._open.popitem(last=False)
        return package

    def forget(self) -> None:
        """Close and delete the archives that turn out to be damaged; the others stay."""
        with self._lock:
            packages, self._open = list(self._open.values()), OrderedDict()
        for package in packages:
            if not package.is_whole():
                self.cache.remove("packages", f"{package.name}@{package.version}", ".zip")

    def _lock_of(self, key: str) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(key, threading.Lock())


def _dists(packument: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Only what a later download is checked by."""
    kept = {}
    for version, record in packument["versions"].items():
        dist = record.get("dist") if isinstance(record, dict) else None
        if isinstance(dist, dict):
            kept[version] = {key: dist[key] for key in ("tarball", "integrity", "shasum") if dist.get(key)}
    return kept
