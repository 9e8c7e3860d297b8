"""Prompt -> Attempt: what was asked, and what came back."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sampler.records.base import Need, Record, Sha256, slug


class Prompt(Record):
    """One text that is sent, verbatim, and what is known about what it asks for."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: str
    text: Annotated[str, Field(min_length=1)]
    needs: tuple[Need, ...] = ()
    source: str | None = None
    """Path of the prompt file; None for a text given on the command line."""


class AttemptId(Record):
    """Which attempt: one reply of one model to one prompt; `number` counts from 1."""

    prompt: str
    model: str
    number: Annotated[int, Field(ge=1)]

    @property
    def label(self) -> str:
        """The number as it is shown and sorted: "07"."""
        return f"{self.number:02d}"

    @property
    def path(self) -> str:
        """Relative folder of the attempt: "friends-apartment/recorded-compact/07"."""
        return f"{slug(self.prompt)}/{slug(self.model)}/{self.label}"

    def __str__(self) -> str:
        """For messages: "friends-apartment · recorded:compact · 07"."""
        return f"{self.prompt} · {self.model} · {self.label}"


class Usage(Record):
    """What the provider reported about one reply; None where it said nothing."""

    model_reported: str | None = None
    fingerprint: str | None = None
    response_id: str | None = None
    finish_reason: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    seconds_to_first_token: float | None = None
    seconds: float | None = None
    cost_usd: float | None = None


class Failure(Record):
    """A failure that is not the scene's: the attempt is unscored."""

    whose: Literal["provider", "harness"]
    slug: str
    message: str


DeliveryProblem = Literal["no-document", "truncated-reply", "refused"]


class Delivery(Record):
    """What `reply.read` made of a reply's text.

    `problem` is None when there is a document to render. A document that was cut off is still
    kept, with `problem` "truncated-reply": it is scored 0, but the gallery can show it.
    """

    problem: DeliveryProblem | None
    form: Literal["bare", "fence", "files", "prose", "empty"]
    detail: str
    """One sentence for people: "One HTML document in a fence; 41 words of prose around it"."""
    line_offset: Annotated[int, Field(ge=0)] = 0
    """How many lines of the reply stand before the document's first line."""


class Document(Record):
    """The page of a reply: the HTML exactly as it was written, and other files it came with by relative path."""

    html: str
    files: dict[str, str] = Field(default_factory=dict)


class Attempt(Record):
    """One reply to one prompt, as it came; the text itself is stored beside this record."""

    id: AttemptId
    asked_at: str
    """ISO 8601, UTC."""
    reply_sha256: Sha256 | None
    """None when the provider failed before there was a reply."""
    reply_characters: int = 0
    usage: Usage = Usage()
    failure: Failure | None = None
