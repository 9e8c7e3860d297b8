"""CommonJS and UMD files as ES modules, the way the ESM CDNs wrap them: default export and the names that show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sampler.browser.cdn.javascript import MAX_SOURCE, parse
from sampler.browser.cdn.mime import suffix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

_MAX_NAMES = 4000
_MODULE_SIGN = re.compile(
    rb"(?:^|[;}\n\r])\s*(?:export\s*(?:[{*]|default\b|const\b|let\b|var\b|function\b|class\b|async\b)"
    rb"|import\s*(?:[{*\"']|[A-Za-z_$][\w$]*\s*(?:,|from\b)))"
)
_COMMONJS_SIGN = re.compile(rb"\bmodule\s*\.\s*exports\b|\bexports\s*[.\[,)]|\bdefine\s*\.\s*amd\b|\brequire\s*\(")
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*")
_RESERVED = frozenset(
    "break case catch class const continue debugger default delete do else enum export extends false finally for "
    "function if import in instanceof new null return super switch this throw true try typeof var void while with "
    "yield let static await async".split()
)


def is_commonjs(source: bytes, path: str) -> bool:
    """Whether the file hands its exports over as Node's `require` gets them."""
    if suffix(path) == "mjs" or len(source) > MAX_SOURCE:
        return False
    if suffix(path) == "cjs":
        return True
    if not _COMMONJS_SIGN.search(source):
        return False
    return not (_MODULE_SIGN.search(source) and has_module_syntax(source))


def has_module_syntax(source: bytes) -> bool:
    """Whether the file has an import or export statement."""
    return any(node.type in {"import_statement", "export_statement"} for node in parse(source).children)


def has_default_export(source: bytes) -> bool:
    """Whether an ES module exports `default`; CommonJS always does."""
    if b"default" not in source:
        return False
    for node in parse(source).children:
        if node.type == "export_statement":
            if any(child.type == "default" for child in node.children):
                return True
            for clause in node.children:
                if clause.type == "export_clause" and any(
                    _exported_name(item) == b"default" for item in clause.children
                ):
                    return True
    return False


def _exported_name(specifier: Node) -> bytes | None:
    if specifier.type != "export_specifier":
        return None
    name = specifier.child_by_field_name("alias") or specifier.child_by_field_name("name")
    return name.text if name is not None else None


def wrapped(source: bytes) -> bytes:
    """An ES module that runs the file once and exports `module.exports` as default, its names beside it.

    Literal `require` calls become imports, which whoever rewrites specifiers then finds.
    """
    root = parse(source)
    required = tuple(dict.fromkeys(_required(root)))
    names = [name for name in dict.fromkeys(_names(root)) if _IDENTIFIER.fullmatch(name) and name != "default"][
        :_MAX_NAMES
    ]
    lines = [f"import * as __m{index} from {_quoted(name)};" for index, name in enumerate(required)]
    table = ", ".join(f"{_quoted(name)}: __m{index}" for index, name in enumerate(required))
    lines += [
        f"const __modules = {{{table}}};",
        "const __require = (name) => {",
        '  if (!Object.hasOwn(__modules, name)) throw new Error("Cannot find module " + name);',
        "  const found = __modules[name];",
        '  return found.__esModule || !("default" in found) ? found : found.default;',
        "};",
        "const __module = { exports: {} };",
        "((module, exports, require, global, process) => { (function (define) {",
    ]
    head = "\n".join(lines).encode() + b"\n"
    tail = [
        "",
        "}).call(module.exports, undefined); })",
        "(__module, __module.exports, __require, globalThis,",
        '  globalThis.process ?? { env: { NODE_ENV: "production" }, browser: true, argv: [], version: "" });',
        "const __exports = __module.exports;",
        "export default __exports;",
    ]
    for index, name in enumerate(names):
        tail.append(f"const __e{index} = __exports?.{name};")
    if names:
        tail.append("export { " + ", ".join(f"__e{index} as {name}" for index, name in enumerate(names)) + " };")
    return head + source + "\n".join(tail).encode() + b"\n"


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


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


def _required(root: Node) -> Iterator[str]:
    for node in _walk(root):
        if node.type == "call_expression":
            function = node.child_by_field_name("function")
            arguments = node.child_by_field_name("arguments")
            if function is not None and function.text == b"require" and arguments is not None:
                given = arguments.named_children
                if len(given) == 1 and given[0].type == "string":
                    yield (given[0].text or b"")[1:-1].decode("utf-8", "replace")


def _names(root: Node) -> Iterator[str]:
    """The names that the file visibly gives to its exports."""
    holders = {b"exports", b"module.exports"} | _factory_parameters(root)
    for node in _walk(root):
        if node.type == "assignment_expression":
            left = node.child_by_field_name("left")
            right = node.child_by_field_name("right")
            if left is None or right is None:
                continue
            if left.type == "member_expression":
                whose = left.child_by_field_name("object")
                name = left.child_by_field_name("property")
                if whose is not None and name is not None and whose.text in holders:
                    yield (name.text or b"").decode("utf-8", "replace")
            if left.text in {b"module.exports", b"exports"} and right.type == "object":
                yield from _keys(right)
        elif node.type == "call_expression":
            function = node.child_by_field_name("function")
            arguments = node.child_by_field_name("arguments")
            if function is not None and arguments is not None and function.text == b"Object.defineProperty":
                given = arguments.named_children
                if len(given) >= 2 and given[0].text in holders and given[1].type == "string":
                    yield (given[1].text or b"")[1:-1].decode("utf-8", "replace")


def _keys(node: Node) -> Iterator[str]:
    for child in node.named_children:
        key = child.child_by_field_name("key") or child.child_by_field_name("name")
        if child.type == "shorthand_property_identifier":
            key = child
        if key is not None and key.type in {"property_identifier", "shorthand_property_identifier"}:
            yield (key.text or b"").decode("utf-8", "replace")


def _factory_parameters(root: Node) -> set[bytes]:
    """What a UMD file calls its exports: the first parameter of the function that the outermost call is given."""
    found = set()
    for statement in root.named_children:
        node = (
            statement.named_children[0]
            if statement.type == "expression_statement" and statement.named_children
            else None
        )
        while node is not None and node.type in {"parenthesized_expression", "unary_expression"}:
            node = node.named_children[0] if node.named_children else None
        if node is None or node.type != "call_expression":
            continue
        arguments = node.child_by_field_name("arguments")
        for given in arguments.named_children if arguments is not None else []:
            if given.type in {"function_expression", "arrow_function"}:
                parameters = given.child_by_field_name("parameters")
                if parameters is not None and parameters.named_children:
                    found.add(parameters.named_children[0].text or b"")
    return found


__all__ = ["has_default_export", "has_module_syntax", "is_commonjs", "wrapped"]
