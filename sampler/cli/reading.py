"""Commands that read a run that is there: report, quote, compare, verify."""

from __future__ import annotations

import webbrowser
from typing import TYPE_CHECKING

import click

from sampler.cli import options

if TYPE_CHECKING:
    from pathlib import Path

    from sampler.report.quote import Format


@click.command(
    short_help="Write gallery and summary again.",
    epilog="""\b
Examples:
  sampler report
  sampler report demo --open""",
)
@options.run_argument
@options.out
@options.browse
@options.as_json
def report(run: str | None, out: Path, *, browse: bool | None, as_json: bool) -> None:
    """Write gallery and summary again from what is stored; needs no model and no browser.

    RUN is a run's name or folder, by default the newest.
    """
    from sampler import disk, pipeline, store

    made = pipeline.report(store.find(out, run))
    if as_json:
        click.echo(disk.to_json(made.summary), nl=False)
    else:
        click.echo(str(made.index))
    if browse:
        webbrowser.open(made.index.resolve().as_uri())


@click.command(
    short_help="Print the sentence to quote.",
    epilog="""\b
Examples:
  sampler quote
  sampler quote demo --format markdown""",
)
@options.run_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="How it is printed.",
)
@options.out
def quote(run: str | None, form: Format, out: Path) -> None:
    """Print the sentence to quote for every cell of a run, with its interval.

    RUN is a run's name or folder, by default the newest.
    """
    from sampler import pipeline, store
    from sampler.report import quote as quoting

    _, summary, _ = pipeline.summarize(store.find(out, run))
    click.echo(quoting.render(summary, form).rstrip("\n"))


@click.command(
    short_help="Cells side by side, with a verdict.",
    epilog="""\b
Examples:
  sampler compare demo
  sampler compare planets planets-2 --json""",
)
@click.argument("first", required=False, metavar="[RUN]")
@click.argument("second", required=False, metavar="[RUN]")
@options.out
@options.as_json
def compare(first: str | None, second: str | None, out: Path, *, as_json: bool) -> None:
    """Compare the cells of one run with each other, or those of two runs, with a verdict.

    One run: the models that were asked the same prompt. Two runs: what both asked of the same model, or else all
    models on the prompts that both have. RUN is a run's name or folder, by default the newest.
    """
    from sampler import pipeline, store
    from sampler.report import quote as quoting

    compared = pipeline.compare(store.find(out, first), store.find(out, second) if second is not None else None)
    if as_json:
        click.echo(compared.model_dump_json(indent=1))
    else:
        for cell in compared.cells:
            click.echo(quoting.sentence(cell))
        for comparison in compared.comparisons:
            click.echo(quoting.comparison_sentence(comparison))


@click.command(
    short_help="Is every attempt there, unchanged, and shown?",
    epilog="""\b
Examples:
  sampler verify
  sampler verify demo""",
)
@options.run_argument
@options.out
@click.pass_context
def verify(ctx: click.Context, run: str | None, out: Path) -> None:
    """Is every planned attempt there, unchanged, and shown? Exits with 1 when something differs.

    Holds replies, facts, pictures, scores and the summary against the run's ledger. RUN is a run's name or folder,
    by default the newest.
    """
    from sampler import pipeline, store
    from sampler.errors import RunFolderError

    folder = store.find(out, run)
    try:
        differences = pipeline.differences(folder)
    except RunFolderError as error:  # the ledger itself was changed: that is what was asked
        differences = (str(error),)
    for difference in differences:
        click.echo(difference)
    if differences:
        ctx.exit(1)
    _, summary, results = pipeline.summarize(folder)
    click.echo(f"Run '{folder.name}' is whole: {len(results)} attempts, digest {summary.digest}")
