"""Commands that list what there is, and set up the browser: prompts, models, checks, doctor, install."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from sampler.cli import options

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@click.command(short_help="List the prompts.", epilog="\b\nExample:\n  sampler prompts")
@options.as_json
def prompts(*, as_json: bool) -> None:
    """List the prompts: those that come with the program and those in ./prompts."""
    from sampler import prompts as files

    folder = options.prompt_folder()
    found = {prompt.id: prompt for prompt in (*files.available(), *(files.available(folder) if folder else ()))}
    shown = [found[key] for key in sorted(found)]
    if as_json:
        _json(prompt.model_dump(mode="json") for prompt in shown)
    else:
        _table([(prompt.id, prompt.title) for prompt in shown])


@click.command(short_help="List the models.", epilog="\b\nExample:\n  sampler models --json")
@options.as_json
def models(*, as_json: bool) -> None:
    """List the models that can be asked without a key."""
    from sampler import providers

    found = providers.available()
    if as_json:
        _json(info.model_dump(mode="json") for info in found)
    else:
        _table([(info.model, info.detail) for info in found])


@click.command(short_help="List the checks.", epilog="\b\nExample:\n  sampler checks")
@options.as_json
def checks(*, as_json: bool) -> None:
    """List the checks: what can be found wrong with a page."""
    from sampler.checks import CHECKS

    if as_json:
        _json(
            {"id": check.id, "severity": check.severity, "title": check.title, "family": check.family}
            for check in CHECKS
        )
    else:
        _table([(check.id, check.severity, check.title) for check in CHECKS])


@click.command(short_help="Is the browser fit?", epilog="\b\nExample:\n  sampler doctor")
@click.option("--sandbox/--no-sandbox", default=True, help="Whether the browser is tried with its sandbox on.")
@options.as_json
@click.pass_context
def doctor(ctx: click.Context, *, sandbox: bool, as_json: bool) -> None:
    """Say which browser is used, whether it is sandboxed, and whether it draws a known triangle.

    Exits with 2 when the browser cannot be used.
    """
    from sampler.browser import chromium
    from sampler.browser.cdn.cache import default_folder

    facts = chromium.doctor(default_folder(), sandbox=sandbox)
    if as_json:
        click.echo(facts.model_dump_json(indent=1))
    else:
        _table([(field, _words(value)) for field, value in facts.model_dump().items() if field != "problem"])
    if facts.problem is not None:
        click.echo(f"Error: {facts.problem}", err=True)
        ctx.exit(2)


@click.command(short_help="Get a browser, and what the demo needs.", epilog="\b\nExample:\n  sampler install")
def install() -> None:
    """Get a browser where there is none, and the npm packages that the recorded attempts load.

    Uses a Chromium or Chrome that is there, else downloads one. Needs the network the first time only.
    """
    from sampler import prompts as files
    from sampler import providers
    from sampler.browser import chromium
    from sampler.browser.cdn.prefetch import addresses, prefetch

    chromium.install(_say)
    replies = [
        providers.provider(info.model).ask(files.load(prompt), number).text
        for info in providers.available()
        for prompt, count in (info.replies or {}).items()
        for number in range(1, count + 1)
    ]
    _say("Fetching the packages that the recorded attempts load")
    fetched: list[str] = []
    prefetch(addresses(replies), progress=fetched.append)
    _say(f"{len(fetched)} files of packages are there; `sampler demo` now needs no network")


def _say(line: str) -> None:
    click.echo(line, err=True)


def _json(items: Iterable[object]) -> None:
    click.echo(json.dumps(list(items), indent=1, ensure_ascii=False))


def _table(rows: Sequence[Sequence[str]]) -> None:
    """Columns, each as wide as its widest entry but the last."""
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(len(rows[0]) - 1)] if rows else []
    for row in rows:
        click.echo("  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[-1]]))


def _words(value: object) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
