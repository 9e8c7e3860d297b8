"""Commands that render: demo, run, resume, score."""

from __future__ import annotations

import shlex
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sampler.cli import options, progress

if TYPE_CHECKING:
    from sampler.pipeline import Options, Report
    from sampler.store import RunFolder


@click.command(
    short_help="Sample the recorded attempts, 2 x 20; needs no key.",
    epilog="""\b
Examples:
  sampler demo
  sampler demo --json --no-open > demo.json""",
)
@options.name
@options.out
@options.rendering
@options.browse
@options.as_json
@click.pass_context
def demo(
    ctx: click.Context, /, *, name: str | None, out: Path, browse: bool | None, as_json: bool, **rendering: Any
) -> None:
    """Sample the recorded attempts at one prompt: two sets of 20. Needs no key.

    They are rendered, scored, quoted and shown in a gallery. Every call makes a new run (demo, demo-2, …); two of
    them have the same pictures and scores.
    """
    from sampler import pipeline

    chosen = options.options(out, **rendering)
    prompts, models = pipeline.DEMO_PROMPTS, pipeline.DEMO_MODELS
    folder = pipeline.start(prompts, models, pipeline.DEMO_N, chosen, name=name, base="demo")
    _print(_finish(ctx, folder, chosen), browse=browse, as_json=as_json)


@click.command(
    short_help="Ask models, render, score and report.",
    epilog="""\b
Examples:
  sampler run friends-apartment -m recorded:compact
  sampler run solar-system -m recorded:compact -m recorded:sketch -n 10 --name planets
  sampler run my-prompt.md -m recorded:compact -n 10 --fail-under p10=60""",
)
@click.argument("prompts", nargs=-1, required=True, metavar="PROMPT...")
@click.option(
    "-m", "--model", "models", multiple=True, required=True, metavar="MODEL", help="Who is asked; may be given again."
)
@click.option(
    "-n",
    "--n",
    "n",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="Attempts of each model at each prompt.",
)
@options.name
@options.out
@options.rendering
@options.fail_under
@options.browse
@options.as_json
@click.pass_context
def run(
    ctx: click.Context,
    /,
    *,
    prompts: tuple[str, ...],
    models: tuple[str, ...],
    n: int,
    name: str | None,
    out: Path,
    fail_under: tuple[tuple[str, float], ...],
    browse: bool | None,
    as_json: bool,
    **rendering: Any,
) -> None:
    """Ask models for attempts at prompts, render, score and report them.

    PROMPT is an id (see `sampler prompts`), the path of a prompt file, or a quoted text. MODEL is written
    provider:model (see `sampler models`).
    """
    from sampler import pipeline

    chosen = options.options(out, **rendering)
    folder = pipeline.start(prompts, models, n, chosen, name=name, prompt_folder=options.prompt_folder())
    report = _finish(ctx, folder, chosen)
    _print(report, browse=browse, as_json=as_json)
    _fail(ctx, report, fail_under)


@click.command(
    short_help="Finish a run that was stopped.",
    epilog="""\b
Examples:
  sampler resume
  sampler resume planets""",
)
@options.run_argument
@options.out
@options.rendering
@options.fail_under
@options.browse
@options.as_json
@click.pass_context
def resume(
    ctx: click.Context,
    /,
    *,
    run: str | None,
    out: Path,
    fail_under: tuple[tuple[str, float], ...],
    browse: bool | None,
    as_json: bool,
    **rendering: Any,
) -> None:
    """Finish a run that was stopped; nothing that is there is asked, rendered or scored again.

    RUN is a run's name or folder, by default the newest. Attempts that failed through a fault of ours (a browser
    that died) are rendered again.
    """
    from sampler import store

    chosen = options.options(out, **rendering)
    report = _finish(ctx, store.find(out, run), chosen)
    _print(report, browse=browse, as_json=as_json)
    _fail(ctx, report, fail_under)


@click.command(
    short_help="Score pages that you already have.",
    epilog="""\b
Examples:
  sampler score page.html
  sampler score my-pages/ --prompt friends-apartment --json
  sampler score three.js/examples/webgl_*.html --root three.js""",
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option("--prompt", metavar="ID", help="What the pages had to be: a prompt's id, file or text.")
@click.option(
    "--root",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder that answers the pages' relative addresses; default: each page's own.",
)
@click.option(
    "--import-map",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="JSON file with an import map that is put before each page's scripts.",
)
@options.name
@options.out
@options.rendering
@options.fail_under
@options.browse
@options.as_json
@click.pass_context
def score(
    ctx: click.Context,
    /,
    *,
    paths: tuple[Path, ...],
    prompt: str | None,
    root: Path | None,
    import_map: Path | None,
    name: str | None,
    out: Path,
    fail_under: tuple[tuple[str, float], ...],
    browse: bool | None,
    as_json: bool,
    **rendering: Any,
) -> None:
    """Score pages that you already have: files, or folders with every page below them. Asks no model."""
    from sampler import disk, pages, pipeline
    from sampler.report import quote

    chosen = options.options(out, **rendering)
    folder = pipeline.start_pages(paths, chosen, root=root, prompt=prompt, import_map=import_map, name=name)
    report = _finish(ctx, folder, chosen)
    verdicts = pages.verdicts(report.manifest.pages, report.results, folder.attempt_folder)
    if as_json:
        click.echo(disk.to_json(verdicts), nl=False)
    else:
        for page in verdicts.pages:
            value = "-" if page.score is None else quote.score(page.score)
            click.echo(f"{value:>4}  {page.outcome:<8}  {page.path}")
            for finding in page.findings:
                click.echo(f"        {finding.severity}: {finding.message} ({finding.check})")
        click.echo(f"\n{report.index}")
    _open(report, browse=browse, as_json=as_json)
    _fail(ctx, report, fail_under)


def how_to_resume(ctx: click.Context) -> str:
    """What to type to go on, once there is a run to go on with."""
    if not isinstance(ctx.obj, tuple):
        return "Nothing was asked yet."
    name, out = ctx.obj
    where = "" if out == Path() else f" --out {shlex.quote(str(out))}"
    return f"Everything that was answered is kept; go on with `sampler resume {name}{where}`"


def _finish(ctx: click.Context, folder: RunFolder, chosen: Options) -> Report:
    from sampler import pipeline

    ctx.find_root().obj = (folder.name, chosen.out)
    with progress.shown() as watcher:
        return pipeline.finish(folder, chosen, watcher)


def _print(report: Report, *, browse: bool | None, as_json: bool) -> None:
    """The sentences to quote and the gallery's path, or summary.json."""
    from sampler import disk
    from sampler.report import quote

    if as_json:
        click.echo(disk.to_json(report.summary), nl=False)
    else:
        for cell in report.summary.cells:
            click.echo(quote.sentence(cell))
        for comparison in report.summary.comparisons:
            click.echo(quote.comparison_sentence(comparison))
        click.echo(str(report.index))
    _open(report, browse=browse, as_json=as_json)


def _open(report: Report, *, browse: bool | None, as_json: bool) -> None:
    if browse is None:
        browse = not as_json and sys.stdout.isatty() and options.has_display()
    if browse:
        webbrowser.open(report.index.resolve().as_uri())


def _fail(ctx: click.Context, report: Report, thresholds: tuple[tuple[str, float], ...]) -> None:
    """Exit with 1 when a cell is below a threshold, and say which on stderr."""
    from sampler import pipeline

    below = [line for measure, least in thresholds for line in pipeline.below(report.summary, measure, least)]
    for line in below:
        click.echo(line, err=True)
    if below:
        ctx.exit(1)
