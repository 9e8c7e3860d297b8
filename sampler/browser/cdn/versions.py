"""Which version of a package an address means: exact, range or tag, as node-semver and the CDNs read it."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING

import nodesemver

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_EXACT = re.compile(r"[v=]?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)(?:\+[0-9A-Za-z.-]+)?")


def exact(wanted: str) -> str | None:
    """The version that `wanted` names without any doubt, or None where it is a range or a tag."""
    found = _EXACT.fullmatch(wanted.strip())
    return found[1] if found else None


def newest(versions: Iterable[str], wanted: str) -> str | None:
    """The newest of `versions` that the range allows, or None; an unreadable range allows none."""
    return _newest(tuple(versions), wanted)


@lru_cache(maxsize=512)
def _newest(versions: tuple[str, ...], wanted: str) -> str | None:
    if len(wanted) > 256:
        return None
    try:
        found = nodesemver.max_satisfying(versions, wanted, loose=True)
    except (ValueError, TypeError, AttributeError, IndexError, KeyError):
        # Addresses hold anything; node-semver raises whatever its parser trips over.
        return None
    return str(found) if found else None


def resolve(versions: Iterable[str], tags: Mapping[str, str], wanted: str) -> str | None:
    """The version for a tag, an exact version or a range, in this order; None where there is none."""
    versions = tuple(versions)
    if tags.get(wanted) in versions:
        return tags[wanted]
    plain = exact(wanted)
    if plain is not None:
        return plain if plain in versions else None
    return newest(versions, wanted)


def allowed(versions: Iterable[str], wanted: str) -> tuple[str, ...]:
    """The released versions that a range allows, newest first; a tag allows all."""
    released = [version for version in versions if exact(version) and "-" not in version]
    if wanted and not re.search(r"[A-Za-wyz]", wanted):
        released = [version for version in released if newest((version,), wanted)]
    return tuple(sorted(released, key=_numbers, reverse=True))


def nearest(versions: Iterable[str], wanted: str) -> str | None:
    """The released version whose numbers lie nearest to `wanted`, the newer of two; None where that has no numbers."""
    target = _numbers(wanted)
    released = [version for version in versions if "-" not in version and _numbers(version)]
    if not target or not released:
        return None

    def key(version: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        numbers = _numbers(version)
        return _distance(numbers, target), tuple(-number for number in numbers)

    return min(released, key=key)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d{1,9}", version)[:3])


def _distance(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...]:
    pairs = zip_longest(first, second, fillvalue=0)
    return tuple(abs(a - b) for a, b in pairs)
