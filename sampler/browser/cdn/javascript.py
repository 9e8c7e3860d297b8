"""What a JavaScript file says of modules, read from its syntax tree and remembered."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, NamedTuple

import tree_sitter_javascript
from tree_sitter import Language, Parser, Query, QueryCursor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tree_sitter import Node

    from sampler.browser.cdn.cache import Cache

MAX_SOURCE = 16 * 2**20
"""Bytes of a file that is still looked into; larger ones are left as they are."""
_MAX_NAMES = 4000
_WORTH_KEEPING = 32 * 2**10
_IN_MEMORY = 4096
_FORMAT = "1"
"""Part of the key of what is kept, to be changed with what is looked for."""

_LANGUAGE = Language(tree_sitter_javascript.language())
_IMPORTS = Query(
    _LANGUAGE,
    """
    (import_statement source: (string) @static)
    (export_statement source: (string) @static)
    (call_expression function: (import) arguments: (arguments . [(string) (template_string)] @dynamic))
    """,
)
_ANY_MODULE = re.compile(rb"\bimport\b|\bexport\b|\bexports\b|\brequire\b|\bdefine\s*\.\s*amd\b")
_COMMONJS = re.compile(rb"\bmodule\s*\.\s*exports\b|\bexports\s*[.\[,)]|\bdefine\s*\.\s*amd\b|\brequire\s*\(")


class Reference(NamedTuple):
    """One module named by a file: bytes `start` to `end` hold the specifier, without its quotes."""

    start: int
    end: int
    specifier: str


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found in a file."""

    references: tuple[Reference, ...] = ()
    """Imports and re-exports, static and dynamic, that have a literal specifier; in order."""
    is_module: bool = False
    """It has an import or export statement."""
    has_default: bool = False
    """As a module, it exports `default`."""
    is_commonjs: bool = False
    """It is no module, and touches `module.exports`, `exports`, `define.amd` or `require`."""
    required: tuple[str, ...] = ()
    """As CommonJS: what it requires by a literal name."""
    names: tuple[str, ...] = ()
    """As CommonJS: the names that it visibly gives to its exports."""


def scan(source: bytes) -> Scan:
    """Look into a file; broken source is no error, what can be made out of it is found."""
    if len(source) > MAX_SOURCE or not _ANY_MODULE.search(source):
        return Scan()
    root = Parser(_LANGUAGE).parse(source).root_node
    statements = [node for node in root.children if node.type in {"import_statement", "export_statement"}]
    commonjs = not statements and bool(_COMMONJS.search(source))
    return Scan(
        references=_references(source, root),
        is_module=bool(statements),
        has_default=any(_exports_default(node) for node in statements),
        is_commonjs=commonjs,
        required=tuple(dict.fromkeys(_required(root))) if commonjs else (),
        names=tuple(dict.fromkeys(_names(root)))[:_MAX_NAMES] if commonjs else (),
    )


class Scans:
    """`scan` with a memory: in the process, and for large files in the cache."""

    def __init__(self, cache: Cache) -> None:
        """Keep what was found in `cache`."""
        self._cache = cache
        self._known: dict[str, Scan] = {}

    def scan(self, source: bytes) -> Scan:
        """As the function of this name."""
        key = f"{hashlib.sha256(source).hexdigest()}-{_FORMAT}"
        found = self._known.get(key)
        if found is None:
            found = scan(source) if len(source) < _WORTH_KEEPING else self._kept(source, key)
            if len(self._known) >= _IN_MEMORY:
                self._known.clear()
            self._known[key] = found
        return found

    def _kept(self, source: bytes, key: str) -> Scan:
        stored = self._cache.read("scans", key, ".json")
        if stored is not None:
            try:
                record = json.loads(stored)
                record["references"] = tuple(Reference(*entry) for entry in record["references"])
                return Scan(**record | {name: tuple(record[name]) for name in ("required", "names")})
            except (ValueError, TypeError, KeyError):
                self._cache.remove("scans", key, ".json")
        found = scan(source)
        self._cache.write("scans", key, ".json", json.dumps(asdict(found)).encode())
        return found

    def rewritten(self, source: bytes, instead: Callable[[str], str | None]) -> bytes:
        """The file with other specifiers in the place of those for which `instead` gives one."""
        pieces = []
        at = 0
        for reference in self.scan(source).references:
            replacement = instead(reference.specifier)
            if replacement is not None and replacement != reference.specifier:
                pieces += [source[at : reference.start], replacement.encode()]
                at = reference.end
        return b"".join([*pieces, source[at:]]) if pieces else source


def _references(source: bytes, root: Node) -> tuple[Reference, ...]:
    found = []
    for nodes in QueryCursor(_IMPORTS).captures(root).values():
        for node in nodes:
            start, end = node.start_byte + 1, node.end_byte - 1
            inside = source[start:end]
            if b"\\" not in inside and b"${" not in inside:
                found.append(Reference(start, end, inside.decode("utf-8", "replace")))
    return tuple(sorted(found))


def _exports_default(statement: Node) -> bool:
    if any(child.type == "default" for child in statement.children):
        return True
    clauses = [child for child in statement.children if child.type == "export_clause"]
    return any(_exported_name(item) == b"default" for clause in clauses for item in clause.children)


def _exported_name(specifier: Node) -> bytes | None:
    if specifier.type != "export_specifier":
        return None
    name = specifier.child_by_field_name("alias") or specifier.child_by_field_name("name")
    return name.text if name is not None else None


def _walk(root: Node) -> Iterator[Node]:
    """All nodes, without recursion: sources may nest as deep as they like."""
    cursor = root.walk()
    while True:
        node = cursor.node
        if node is not None:
            yield node
        if cursor.goto_first_child() or cursor.goto_next_sibling():
            continue
        while cursor.goto_parent():
            if cursor.goto_next_sibling():
                break
        else:
            return


def _call(node: Node, name: bytes) -> list[Node] | None:
    """The arguments of a call of `name`, or None."""
    if node.type != "call_expression":
        return None
    function = node.child_by_field_name("function")
    arguments = node.child_by_field_name("arguments")
    return (
        arguments.named_children if function is not None and arguments is not None and function.text == name else None
    )


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _required(root: Node) -> Iterator[str]:
    for node in _walk(root):
        given = _call(node, b"require")
        if given is not None and len(given) == 1 and given[0].type == "string":
            yield _text(given[0])[1:-1]


def _names(root: Node) -> Iterator[str]:
    holders = {b"exports", b"module.exports"} | _factory_parameters(root)
    for node in _walk(root):
        if node.type == "assignment_expression":
            yield from _assigned(node, holders)
            continue
        given = _call(node, b"Object.defineProperty")
        if given is not None and len(given) >= 2 and given[0].text in holders and given[1].type == "string":
            yield _text(given[1])[1:-1]


def _assigned(node: Node, holders: set[bytes]) -> Iterator[str]:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None:
        return
    if left.type == "member_expression":
        whose, name = left.child_by_field_name("object"), left.child_by_field_name("property")
        if whose is not None and name is not None and whose.text in holders:
            yield _text(name)
    if left.text in {b"module.exports", b"exports"} and right.type == "object":
        for child in right.named_children:
            is_short = child.type == "shorthand_property_identifier"
            key = child if is_short else child.child_by_field_name("key") or child.child_by_field_name("name")
            if key is not None and key.type in {"property_identifier", "shorthand_property_identifier"}:
                yield _text(key)


def _factory_parameters(root: Node) -> set[bytes]:
    """What a UMD file calls its exports: the first parameter of the function that the outermost call is given."""
    found: set[bytes] = set()
    for statement in root.named_children:
        node: Node | None = statement
        while node is not None and node.type in {
            "expression_statement",
            "parenthesized_expression",
            "unary_expression",
        }:
            node = node.named_children[0] if node.named_children else None
        arguments = node.child_by_field_name("arguments") if node is not None else None
        for given in arguments.named_children if arguments is not None else []:
            parameters = given.child_by_field_name("parameters") if "function" in given.type else None
            if parameters is not None and parameters.named_children:
                found.add(parameters.named_children[0].text or b"")
    return found
