"""Write docs/cli.md from `--help` and docs/checks.md from the registry of checks.

python docs/generate.py            write both
python docs/generate.py --check    write nothing; exit 1 when a file is not what would be written
"""

from __future__ import annotations

import difflib
import itertools
import sys
from pathlib import Path

import click

from sampler import score
from sampler.checks import CHECKS, Check
from sampler.cli import main as command_line

DOCS = Path(__file__).parent
WIDTH = 100
"""Characters in a line of help."""

_RULE = f"""\
A check looks at the facts of a render and gives evidence of one thing that is wrong. Its worst case takes
points from the score, once; an attempt passes with {score.PASS_VALUE} points or more and no error. An error that
leaves the visitor with nothing to look at takes all 100. Notes take nothing."""


def cli() -> str:
    """docs/cli.md: the help of the program and of every command, as the program prints it."""
    top = click.Context(command_line, info_name="sampler", max_content_width=WIDTH, terminal_width=WIDTH)
    parts = [
        "# Command line",
        "Made by `make docs` from the program's own help.",
        _block(command_line.get_help(top)),
    ]
    for name in command_line.list_commands(top):
        command = command_line.get_command(top, name)
        if command is None:
            raise RuntimeError(f"{name} is listed and not there")
        context = click.Context(command, info_name=name, parent=top, max_content_width=WIDTH, terminal_width=WIDTH)
        parts += [f"## `sampler {name}`", _block(command.get_help(context))]
    return "\n\n".join(parts) + "\n"


def checks() -> str:
    """docs/checks.md: every check, in the order of reports, with when it fires and what it costs."""
    parts = [
        "# Checks",
        "Made by `make docs` from the checks themselves.",
        _RULE,
    ]
    for family, members in itertools.groupby(CHECKS, key=lambda check: check.family):
        parts.append(f"## {family.capitalize()}")
        parts += [_check(check) for check in members]
    return "\n\n".join(parts) + "\n"


def _check(check: Check) -> str:
    costs = score.POINTS[check.id]
    price = ", ".join(f"{points:g} as {_article(severity)}" for severity, points in costs.items())
    return "\n\n".join(
        [
            f"### {check.id}",
            f"**{check.title}.** Severity: {check.severity}. Points: {price or 'none'}.",
            check.description,
        ]
    )


def _article(severity: str) -> str:
    return f"{'an' if severity.startswith('e') else 'a'} {severity}"


def _block(text: str) -> str:
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return "\n".join(["```text", *lines, "```"])


def main(arguments: list[str]) -> int:
    """Write the files, or compare them; the number of files that differ is the exit code."""
    wrong = 0
    for name, text in {"cli.md": cli(), "checks.md": checks()}.items():
        path = DOCS / name
        if "--check" not in arguments:
            path.write_text(text, "utf-8")
            continue
        old = path.read_text("utf-8") if path.is_file() else ""
        if old != text:
            wrong += 1
            lines = difflib.unified_diff(old.splitlines(), text.splitlines(), f"docs/{name}", "now", lineterm="", n=1)
            sys.stderr.write("\n".join(lines) + f"\ndocs/{name} is not up to date; run `make docs`\n")
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
