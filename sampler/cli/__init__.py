"""The command line: parse, call the pipeline, print, exit code. No judgement is made here.

Results go to stdout, chatter and progress to stderr. Exit codes: 0 it ran, 1 below `--fail-under` or a difference
found by `verify`, 2 a usage or set-up error, 130 interrupted. What is heavy is imported inside the commands, so
that `--help` is there at once.
"""

from __future__ import annotations

from typing import Any

import click

from sampler import __version__
from sampler.cli import defaults, reading, sampling, setup
from sampler.errors import SamplerError


class Commands(click.Group):
    """The group in which every error that a user can mend is caught, once."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; a SamplerError is one sentence on stderr and exit code 2, Ctrl-C is 130."""
        try:
            return super().invoke(ctx)
        except SamplerError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(2)
        except KeyboardInterrupt:
            click.echo(f"\nInterrupted. {sampling.how_to_resume(ctx)}".rstrip(), err=True)
            ctx.exit(130)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which they are used, not by name."""
        del ctx
        return list(self.commands)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  sampler demo
  sampler run friends-apartment -m recorded:compact -n 10
  sampler score my-pages/ --json

Defaults for options are read from sampler.toml, or [tool.sampler] in pyproject.toml, in the working folder.""",
)
@click.version_option(__version__, prog_name="sampler")
@click.pass_context
def main(ctx: click.Context) -> None:
    """What does the same prompt give on a bad day?

    Asks a model for a Three.js scene again and again, renders every attempt in Chromium, finds what is wrong with
    each, and reports the floor (tenth percentile) beside the ceiling (best), with a gallery of every attempt.
    """
    ctx.default_map = defaults.read(main.commands)


for _command in (
    sampling.demo,
    sampling.run,
    sampling.resume,
    sampling.score,
    reading.report,
    reading.quote,
    reading.compare,
    reading.verify,
    setup.prompts,
    setup.models,
    setup.checks,
    setup.doctor,
    setup.install,
):
    main.add_command(_command)
