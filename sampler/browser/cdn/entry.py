"""Which file of a package an import means: Node's `exports`, and the older fields that the CDNs read.

See https://nodejs.org/api/packages.html#package-entry-points and
https://github.com/jsdelivr/jsdelivr#configuring-a-default-file-in-packagejson.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sampler.browser.cdn.package import Package

BROWSER_IMPORT = ("browser", "module", "import", "default", "production")
_MAX_DEPTH = 16


def clean(path: str) -> str:
    """`./dist/x.js` -> `dist/x.js`."""
    while path.startswith(("./", "/")):
        path = path.removeprefix("./").removeprefix("/")
    return path


def exported(manifest: dict[str, Any], subpath: str, conditions: Sequence[str]) -> str | None:
    """The file that `exports` gives for `subpath` ("" for the package itself), or None.

    `subpath` has no leading slash. A package without `exports` gives None.
    """
    exports = manifest.get("exports")
    key = f"./{subpath}" if subpath else "."
    if isinstance(exports, str | list) or (isinstance(exports, dict) and not _has_subpaths(exports)):
        return _target(exports, conditions, "", 0) if key == "." else None
    if not isinstance(exports, dict):
        return None
    if key in exports and "*" not in key:
        return _target(exports[key], conditions, "", 0)
    best: tuple[int, str, str] | None = None
    for pattern in exports:
        before, star, after = pattern.partition("*")
        if star and key.startswith(before) and key.endswith(after) and len(key) >= len(before) + len(after):
            middle = key[len(before) : len(key) - len(after)]
        elif pattern.endswith("/") and pattern != "./" and key.startswith(pattern):
            before, middle = pattern, key[len(pattern) :]
        else:
            continue
        if best is None or len(before) > best[0]:
            best = (len(before), pattern, middle)
    if best is None:
        return None
    target = _target(exports[best[1]], conditions, best[2], 0)
    return target + best[2] if target is not None and target.endswith("/") else target


def imported(manifest: dict[str, Any], name: str, conditions: Sequence[str]) -> str | None:
    """The file that the package's own `imports` give for a name such as "#internal", or None."""
    imports = manifest.get("imports")
    if not isinstance(imports, dict):
        return None
    return exported({"exports": {f"./{key}": value for key, value in imports.items()}}, name, conditions)


def _has_subpaths(exports: dict[str, Any]) -> bool:
    return any(key.startswith(".") for key in exports)


def _target(value: Any, conditions: Sequence[str], middle: str, depth: int) -> str | None:
    if depth > _MAX_DEPTH:
        return None
    if isinstance(value, str):
        return clean(value.replace("*", middle)) if value.startswith("./") else None
    options = value if isinstance(value, list) else []
    if isinstance(value, dict):
        options = [branch for key, branch in value.items() if key == "default" or key in conditions]
    for option in options:
        found = _target(option, conditions, middle, depth + 1)
        if found is not None:
            return found
    return None


def probe(package: Package, path: str, suffixes: Sequence[str] = (".mjs", ".js", ".json")) -> str | None:
    """The file that Node would find at `path`: itself, with a suffix, or the index of the folder."""
    path = clean(path).rstrip("/")
    for candidate in (path, *(path + suffix for suffix in suffixes)):
        if candidate in package:
            return candidate
    stem = f"{path}/index" if path else "index"
    return next((stem + suffix for suffix in suffixes if stem + suffix in package), None)


def field(manifest: dict[str, Any], *names: str) -> str | None:
    """The first of these fields of package.json that is a file name."""
    for name in names:
        value = manifest.get(name)
        if isinstance(value, str) and value:
            return clean(value)
    return None


def module_entry(package: Package, subpath: str) -> str | None:
    """The file that a browser's `import` of the package, or of a path in it, means; None where there is none."""
    manifest = package.manifest
    target = exported(manifest, subpath, BROWSER_IMPORT)
    if target is not None:
        found = probe(package, target)
        if found is not None:
            return found
    if subpath:
        return probe(package, subpath)
    for name in ("module", "jsnext:main", "browser", "main"):
        value = field(manifest, name)
        found = probe(package, value) if value else None
        if found is not None:
            return browser_instead(package, found)
    return probe(package, "index")


def browser_instead(package: Package, path: str) -> str:
    """The file that the manifest's `browser` map puts in the place of another, or the same."""
    table = package.manifest.get("browser")
    if isinstance(table, dict):
        for key, value in table.items():
            if isinstance(value, str) and clean(str(key)) == path:
                return probe(package, value) or path
    return path
