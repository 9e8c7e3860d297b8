"""Recorded replies as a model: the default that needs no key and no network.

`prompts/recorded/<set>/<prompt>/NN.html` is attempt NN of `recorded:<set>`, and `prompts/recorded/prompts.json`
holds the texts they answered. A reply is given for its own number and its own text only: none is used twice,
and none stands in for another.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from sampler import prompts
from sampler.errors import ProviderError, UnknownModelError
from sampler.providers.base import ModelInfo, Reply
from sampler.records import Record, Usage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sampler.records import Prompt

_REPLY = re.compile(r"(\d{2,})\.html")


class _Asked(Record):
    """One prompt as it was when the replies were recorded."""

    id: str
    title: str
    text: str


def models(place: Path | None = None) -> tuple[ModelInfo, ...]:
    """The recorded sets below `place` (default: those that come with the program)."""
    place = place or prompts.folder() / "recorded"
    if not place.is_dir():
        return ()
    asked = _asked(place)
    infos = []
    for folder in sorted(path for path in place.iterdir() if path.is_dir()):
        counts = {prompt.id: _count(folder / prompt.id) for prompt in asked}
        replies = {id_: count for id_, count in counts.items() if count}
        if replies:
            detail = f"{sum(replies.values())} recorded replies to {len(replies)} prompts"
            infos.append(ModelInfo(model=f"recorded:{folder.name}", detail=detail, replies=replies))
    return tuple(infos)


def provider(name: str, place: Path | None = None) -> Recorded:
    """The recorded set `name` below `place` (default: those that come with the program).

    Raises:
        UnknownModelError: no such set; those there are, are named.
    """
    place = place or prompts.folder() / "recorded"
    infos = models(place)
    info = next((info for info in infos if info.model == f"recorded:{name}"), None)
    if info is None:
        names = [info.model for info in infos]
        close = difflib.get_close_matches(f"recorded:{name}", names, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        shown = name if len(name) <= 80 else name[:79] + "…"
        raise UnknownModelError(f"There is no recorded set {shown!r}; there is {' and '.join(names) or 'none'}.{hint}")
    return Recorded(info, place)


class Recorded:
    """One recorded set."""

    def __init__(self, info: ModelInfo, place: Path) -> None:
        """`place` holds `prompts.json` and the folder of the set."""
        self._info = info
        self._folder = place / info.model.partition(":")[2]
        self._asked = _asked(place)

    @property
    def model(self) -> str:
        """Such as "recorded:compact"."""
        return self._info.model

    def check(self, prompts: Sequence[Prompt], n: int) -> None:
        """Nothing, where the set holds `n` replies to the text of each prompt.

        Raises:
            ProviderError: what is missing, prompt by prompt, and what there is.
        """
        problems = [problem for prompt in prompts if (problem := self._problem(prompt, n))]
        if problems:
            there = ", ".join(f"{count} to {id_}" for id_, count in (self._info.replies or {}).items())
            raise ProviderError(
                f"{self.model} cannot answer this: {'; '.join(problems)}. It only has what was recorded: {there}."
            )

    def ask(self, prompt: Prompt, number: int) -> Reply:
        """The recorded reply `number`; the recording has no times, tokens or cost, so none are reported.

        Raises:
            ProviderError: there is no such reply, or its file cannot be read.
        """
        if number < 1:
            raise ProviderError(f"Attempts are counted from 1; {number} is none of {self.model}.")
        self.check([prompt], number)
        file = self._folder / self._recorded_id(prompt) / f"{number:02d}.html"
        try:
            text = file.read_bytes().decode("utf-8")
        except OSError as error:
            raise ProviderError(f"The recorded reply {file} cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise ProviderError(f"The recorded reply {file} is not UTF-8; restore it from the package.") from error
        return Reply(text=text, usage=Usage(model_reported=self.model))

    def _recorded_id(self, prompt: Prompt) -> str:
        """Under which id this very text was recorded; "" where it was not."""
        return next((asked.id for asked in self._asked if asked.text == prompt.text), "")

    def _problem(self, prompt: Prompt, n: int) -> str:
        """Why `n` attempts at this prompt cannot be had, as a clause; "" where they can."""
        recorded = self._recorded_id(prompt)
        count = (self._info.replies or {}).get(recorded, 0)
        if count >= n:
            return ""
        if count:
            return f"it has {count} replies to {prompt.id}, not {n} (-n {count} would do)"
        if prompt.id in (self._info.replies or {}):
            return f"the text of {prompt.id} is not the one that was recorded"
        return f"it has no reply to {prompt.id}"


def _asked(place: Path) -> tuple[_Asked, ...]:
    file = place / "prompts.json"
    try:
        return TypeAdapter(tuple[_Asked, ...]).validate_json(file.read_bytes())
    except OSError as error:
        raise ProviderError(f"The list of recorded prompts {file} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        raise ProviderError(f"The list of recorded prompts {file} is damaged; restore it from the package.") from error


def _count(folder: Path) -> int:
    """How many replies stand in a folder, from 01 up to the first gap."""
    if not folder.is_dir():
        return 0
    numbers = {int(match[1]) for path in folder.iterdir() if (match := _REPLY.fullmatch(path.name))}
    count = 0
    while count + 1 in numbers:
        count += 1
    return count
