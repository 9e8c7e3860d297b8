"""The project keeps its own rules: imports go one way, files stay short, and tests say what they expect."""

from __future__ import annotations

import ast
import functools
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "sampler"

LAYERS = (
    {"errors", "records"},
    {"prompts", "reply", "providers", "checks", "score", "stats", "pixels", "pages", "disk"},
    {"store", "ledger", "browser", "report", "workers"},
    {"pipeline", "plan", "work", "verify"},
    {"cli", "__main__"},
)
"""Modules of the package from the ground up; a module imports from its own layer and those below it."""

ONLY_IN = {
    "playwright": {"browser"},
    "click": {"cli", "__main__"},
    "jinja2": {"report"},
    "httpx": {"browser", "providers"},
    "skimage": {"pixels"},
    "scipy": {"stats"},
}
"""Libraries that one part of the package keeps to itself."""

RUN_FILES = {"manifest.json", "ledger.jsonl", "reply.txt", "attempt.json", "page.html", "render.json", "score.json"}

MODULES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def name(path: Path) -> str:
    """A path as it is shown in a test's id and in a failure."""
    return path.relative_to(ROOT).as_posix()


def top(path: Path) -> str:
    """The top-level module of the package that a file belongs to: "browser" for sampler/browser/cdn/npm.py."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@functools.cache
def tree_of(path: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(path.read_text("utf-8"))


def imported(path: Path) -> set[str]:
    """Dotted names of all modules a file imports anywhere, also inside functions and for types alone."""
    found = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)}:{node.lineno}: relative imports hide where a module lies"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def own_imports(path: Path) -> set[str]:
    """Top-level modules of the package that a file imports."""
    parts = (dotted.split(".") for dotted in imported(path))
    return {p[1] for p in parts if p[0] == "sampler" and len(p) > 1} - {"__version__"}


def layer_of(module: str) -> int:
    """Which layer a top-level module belongs to."""
    assert any(module in layer for layer in LAYERS), f"sampler/{module} stands in no layer of {name(Path(__file__))}"
    return next(number for number, layer in enumerate(LAYERS) if module in layer)


@pytest.mark.parametrize("path", [m for m in MODULES if top(m) != "__init__"], ids=name)
def test_imports_go_one_way(path: Path) -> None:
    """A module imports from its own layer and those below it, never from above."""
    here = layer_of(top(path))
    assert {m for m in own_imports(path) if layer_of(m) > here} == set()


def test_no_circle_of_modules() -> None:
    """No top-level module needs itself by way of others."""
    needs: dict[str, set[str]] = {}
    for path in MODULES:
        needs.setdefault(top(path), set()).update(own_imports(path) - {top(path)})
    TopologicalSorter(needs).prepare()


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_libraries_keep_to_their_place(path: Path) -> None:
    """Only browser/ imports playwright, only the command line click, only report/ jinja2, and so on."""
    libraries = {dotted.split(".")[0] for dotted in imported(path)}
    assert {library for library in libraries if top(path) not in ONLY_IN.get(library, {top(path)})} == set()


@pytest.mark.parametrize("path", [m for m in MODULES if top(m) != "store"], ids=name)
def test_only_store_builds_paths_inside_a_run(path: Path) -> None:
    """Nobody else joins a folder with the name of a file of a run."""
    joined = {
        node.right.value
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and isinstance(node.right, ast.Constant)
    }
    assert joined & RUN_FILES == set()


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    """Every module is named for its one job."""
    drawers = {"util", "utils", "common", "helper", "helpers", "misc"}
    assert [name(m) for m in MODULES + TESTS if drawers & set(m.stem.split("_"))] == []


def sources() -> list[Path]:
    """Files that people write here: code, templates, documents; recorded replies and locks apart."""
    kinds = {".py", ".js", ".css", ".j2", ".sh", ".md", ".toml"}
    folders = (PACKAGE, ROOT / "tests", ROOT / "docs", ROOT / "requirements")
    written = [path for folder in folders for path in folder.rglob("*") if path.suffix in kinds]
    return sorted([*written, *ROOT.glob("*.md"), *ROOT.glob("prompts/*.md"), ROOT / "Makefile", ROOT / ".ci" / "run"])


def test_files_stay_short() -> None:
    """No source file is longer than 500 lines."""
    lengths = {name(path): len(path.read_text("utf-8").splitlines()) for path in sources()}
    assert len(lengths) > 50
    assert {path: lines for path, lines in lengths.items() if lines > 500} == {}


def test_files_end_in_one_line_break() -> None:
    """Text files end in one line break, and no line of code ends in a space."""
    texts = {name(path): path.read_text("utf-8") for path in sources()}
    assert [path for path, text in texts.items() if text and (not text.endswith("\n") or text.endswith("\n\n"))] == []
    assert [path for path, text in texts.items() if re.search(r"[ \t]$", text, re.MULTILINE)] == []


@pytest.mark.parametrize("path", [t for t in TESTS if t.stem.startswith("test_")], ids=name)
def test_every_test_says_what_it_expects(path: Path) -> None:
    """Every test has a docstring, and none is skipped or expected to fail."""
    tree = tree_of(path)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    tests = [f for f in functions if f.name.startswith("test_")]
    assert tests
    assert [f.name for f in tests if not ast.get_docstring(f)] == []
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert names & {"skip", "skipif", "xfail", "importorskip"} == set()
