"""The documents say what the program says, and their links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sampler.checks import CHECKS
from sampler.cli import main

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def generate(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the generator as `make docs` does."""
    command = [sys.executable, str(ROOT / "docs" / "generate.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_generated_documents_are_up_to_date() -> None:
    """docs/cli.md and docs/checks.md are what `make docs` would write now."""
    answer = generate("--check")
    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_is_documented(command: str) -> None:
    """Every command has its chapter in docs/cli.md and its line in the README or the program's own help."""
    assert f"## `sampler {command}`" in (ROOT / "docs" / "cli.md").read_text("utf-8")


@pytest.mark.parametrize("identifier", [check.id for check in CHECKS])
def test_every_check_is_documented(identifier: str) -> None:
    """Every check has its chapter in docs/checks.md, under its id, and says more there than its title."""
    text = (ROOT / "docs" / "checks.md").read_text("utf-8")
    chapter = text.split(f"\n### {identifier}\n", 1)[1].split("\n###", 1)[0].strip()
    assert len(chapter.splitlines()) >= 3


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link and picture of a document is a file of the repository, and an anchor a heading of it."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path) if path else page
        assert linked.exists(), f"{page.name} links to {target}, which is not there"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text("utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, f"{page.name} links to {target}, and there is no such heading"


def test_commands_in_the_readme_exist() -> None:
    """Every `sampler …` and `make …` that the README or CONTRIBUTING shows is there."""
    text = (ROOT / "README.md").read_text("utf-8") + (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    shown = set(re.findall(r"(?:^\s*|`)sampler ([a-z]+)", text, re.MULTILINE))
    assert shown - main.commands.keys() == set()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    made = set(re.findall(r"(?:^\s*|`)make ([a-z-]+)", text, re.MULTILINE))
    assert made
    assert made - targets == set()
