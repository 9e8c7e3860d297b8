"""What every provider offers: a check before anything is asked, and one reply at a time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from pydantic import field_validator

from sampler.records import Record, Usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sampler.records import Prompt

_SURROGATE = re.compile("[\ud800-\udfff]")


class Reply(Record):
    """One reply as it came, and what was reported about it."""

    text: str
    usage: Usage = Usage()

    @field_validator("text", mode="before")
    @classmethod
    def _storable(cls, text: object) -> object:
        """Half a surrogate pair, which JSON can carry and no file can, becomes U+FFFD as in a browser."""
        return _SURROGATE.sub("\ufffd", text) if isinstance(text, str) else text


class ModelInfo(Record):
    """One model that can be asked, for lists."""

    model: str
    """As it is written on the command line: "recorded:compact"."""
    detail: str
    """One sentence on what it is."""
    replies: dict[str, int] | None = None
    """How many replies there are by prompt id; None for a model that writes new ones."""


class Provider(Protocol):
    """A model that answers prompts. Used from several threads at once."""

    @property
    def model(self) -> str:
        """As it is written on the command line and shown in reports."""
        ...

    def check(self, prompts: Sequence[Prompt], n: int) -> None:
        """Nothing, where `n` attempts at each prompt can be asked for; asks for none.

        Raises:
            ProviderError: one sentence on why this request cannot work.
        """
        ...

    def ask(self, prompt: Prompt, number: int) -> Reply:
        """The reply to attempt `number`, counted from 1.

        Raises:
            ProviderError: the provider failed before there was a reply.
        """
        ...
