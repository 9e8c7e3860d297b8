"""A run whose every free text is hostile: markup, scripts, quotes, template syntax, bidi marks, a megabyte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from gallery_runs import Run, run
from pydantic import ValidationError

from sampler.records import Record, Result
from sampler.report.gallery import Assets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOSTILE = (
    "\"><script>window.pwned = 1</script><img src=x onerror='window.pwned = 2'>'</style></title></script></template>"
    "<svg/onload=window.pwned=3>--><!-- ]]> javascript:window.pwned=4 {{ 7 * 7 }} {% raw %} <style>*{display:none}"
    "</style>\u202e\u2066\u2028\x00\x1b[31m<a href='javascript:window.pwned=5'>here</a><iframe src=//example.com>"
    "<meta http-equiv=refresh content=0;url=//example.com><base href=//example.com>"
)
ENDLESS = HOSTILE + "A" * 1_000_000

KEPT = {"picture", "prompt", "model", "attempt", "identical_to", "check"}
"""Names of fields that tie records together, and of a check, which the program writes itself."""

R = TypeVar("R", bound=Record)


def run_of_strangers(folder: Path, n: int = 8) -> Run:
    """A run in which every text that a model, a page, a server or a user can fill is hostile."""
    made = run(folder, models=(f"stranger:{HOSTILE}",), n=n)
    results = [poison(result, ENDLESS if place == 0 else HOSTILE) for place, result in enumerate(made.results)]
    return Run(
        manifest=poison(made.manifest, HOSTILE),
        summary=poison(made.summary, HOSTILE),
        results=[keep_identity(new, old) for new, old in zip(results, made.results, strict=True)],
        assets_by_id={
            identity: Assets(
                reply=f"{HOSTILE}\ud800",
                document=found.document.model_copy(update={"html": f"{HOSTILE}\n" * 90, "files": {HOSTILE: HOSTILE}})
                if found.document
                else None,
                pictures=found.pictures,
            )
            for identity, found in made.assets_by_id.items()
        },
    )


def keep_identity(new: Result, old: Result) -> Result:
    """The poisoned result under its own id."""
    identity = {"id": old.attempt.id}
    return Result(
        attempt=new.attempt.model_copy(update=identity),
        render=new.render.model_copy(update=identity),
        score=new.score.model_copy(update=identity),
    )


def poison(record: R, text: str) -> R:
    """The record with `text` in every string that may hold any text; the others stay as they are."""
    data: Any = record.model_dump()
    for place, key in list(texts(data)):
        before = place[key]
        place[key] = text
        try:
            type(record).model_validate(data)
        except ValidationError:
            place[key] = before
    return type(record).model_validate(data)


def texts(data: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in nested dicts and lists that holds a string, as container and key; tuples become lists."""
    for key, value in list(data.items() if isinstance(data, dict) else enumerate(data)):
        if key in KEPT:
            continue
        if isinstance(value, str):
            yield data, key
        elif isinstance(value, dict):
            yield from texts(value)
        elif isinstance(value, tuple):
            data[key] = list(value)
            yield from texts(data[key])
