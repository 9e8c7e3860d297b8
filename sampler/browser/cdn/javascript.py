"""Where a JavaScript file names other modules, read from its syntax tree."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, NamedTuple

import tree_sitter_javascript
from tree_sitter import Language, Parser, Query, QueryCursor

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node

    from sampler.browser.cdn.cache import Cache

MAX_SOURCE = 16 * 2**20
"""Bytes of a file that is still looked into; larger ones are left as they are."""
_WORTH_KEEPING = 32 * 2**10
_MEMORY = 4096
_LANGUAGE = Language(tree_sitter_javascript.language())
_IMPORTS = Query(
    _LANGUAGE,
    """
    (import_statement source: (string) @static)
    (export_statement source: (string) @static)
    (call_expression function: (import) arguments: (arguments . [(string) (template_string)] @dynamic))
    """,
)
_HINT = re.compile(rb"\bimport\b|\bfrom\s*[\"']")


class Reference(NamedTuple):
    """One module named by a file: bytes `start` to `end` hold the specifier, without its quotes."""

    start: int
    end: int
    specifier: str
    dynamic: bool


def parse(source: bytes) -> Node:
    """The syntax tree's root; broken source gives a tree with error nodes, never an exception."""
    return Parser(_LANGUAGE).parse(source).root_node


def references(source: bytes) -> tuple[Reference, ...]:
    """All modules that the file names with a literal, in order."""
    if len(source) > MAX_SOURCE or not _HINT.search(source):
        return ()
    found = []
    for kind, nodes in QueryCursor(_IMPORTS).captures(parse(source)).items():
        for node in nodes:
            inside = source[node.start_byte + 1 : node.end_byte - 1]
            if b"\\" not in inside and b"${" not in inside:
                text = inside.decode("utf-8", "replace")
                found.append(Reference(node.start_byte + 1, node.end_byte - 1, text, kind == "dynamic"))
    return tuple(sorted(found))


class Scans:
    """`references` with a memory: in the process, and for large files in the cache."""

    def __init__(self, cache: Cache) -> None:
        """Keep what was found in `cache`."""
        self._cache = cache
        self._known: dict[str, tuple[Reference, ...]] = {}

    def references(self, source: bytes) -> tuple[Reference, ...]:
        """As the function of this name."""
        key = hashlib.sha256(source).hexdigest()
        if key not in self._known:
            if len(self._known) >= _MEMORY:
                self._known.clear()
            self._known[key] = self._references(source, key)
        return self._known[key]

    def _references(self, source: bytes, key: str) -> tuple[Reference, ...]:
        if len(source) < _WORTH_KEEPING:
            return references(source)
        stored = self._cache.read("scans", key, ".json")
        if stored is not None:
            try:
                return tuple(Reference(*entry) for entry in json.loads(stored))
            except (ValueError, TypeError):
                self._cache.remove("scans", key, ".json")
        found = references(source)
        self._cache.write("scans", key, ".json", json.dumps(found).encode())
        return found

    def rewritten(self, source: bytes, instead: Callable[[str], str | None]) -> bytes:
        """The file with other specifiers in the place of those for which `instead` gives one."""
        pieces = []
        at = 0
        for reference in self.references(source):
            replacement = instead(reference.specifier)
            if replacement is not None and replacement != reference.specifier:
                pieces += [source[at : reference.start], replacement.encode()]
                at = reference.end
        return b"".join([*pieces, source[at:]]) if pieces else source
