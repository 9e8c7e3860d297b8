"""What a check is: an id, a severity, a title and one pure function from a render's facts to evidence."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Annotated

from pydantic import Field

from sampler.records import Evidence, Record, Render, Severity

Judge = Callable[[Render], Iterable[Evidence]]


class Check(Record):
    """One thing that can be wrong with a page.

    `severity` is that of its worst case; evidence of a milder case says so itself. The id never changes: it is the
    test's name, the anchor in the documentation and the key in JSON.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    severity: Severity
    title: str
    """What is wrong, as a person would say it."""
    family: str
    """Name of the module it stands in."""
    function: Judge

    @property
    def description(self) -> str:
        """When it fires, in Markdown: the function's docstring."""
        return inspect.cleandoc(self.function.__doc__ or "")


def check(id: str, *, severity: Severity, title: str) -> Callable[[Judge], Check]:  # noqa: A002 - the word for it
    """Make a `Check` of a function. Nothing is registered: `checks.CHECKS` lists them all."""

    def make(function: Judge) -> Check:
        family = function.__module__.rpartition(".")[2]
        return Check(id=id, severity=severity, title=title, family=family, function=function)

    return make
