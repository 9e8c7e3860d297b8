"""What the stand-in CDN answers, and the ways in which a look-up can end without an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["answered", "missing", "unavailable", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One response, complete: nothing is fetched any more when a page has it.

    `outcome` says whose doing it is: `answered` (status below 400), `missing` (the real host has no
    such thing: the page's fault), `unavailable` (it should be there but cannot be had from here:
    nobody's fault), `refused` (no page may reach this). Header names are lower case.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    outcome: Outcome
    detail: str = ""
    suggestion: str | None = None


class Missing(Exception):  # noqa: N818 - an ending of a look-up, not an error of the program
    """The real host has no such thing; `text` is the body of its 404."""

    def __init__(
        self,
        detail: str,
        *,
        text: str | None = None,
        suggestion: str | None = None,
        status: int = 404,
        mime: str = "text/plain; charset=utf-8",
    ) -> None:
        """Say what is missing, in one sentence for people."""
        super().__init__(detail)
        self.detail = detail
        self.text = detail if text is None else text
        self.suggestion = suggestion
        self.status = status
        self.mime = mime


class Unavailable(Exception):  # noqa: N818 - as Missing
    """It should be there, but neither the cache nor the network has it."""


class RegistryUnavailable(Unavailable):
    """As Unavailable, of an npm package."""


class Refused(Exception):  # noqa: N818 - as Missing
    """A host, scheme, port or address that no page may reach."""


CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "*",
    "cross-origin-resource-policy": "cross-origin",
    "timing-allow-origin": "*",
    "x-content-type-options": "nosniff",
}
"""What every one of these CDNs sends with every response."""


def answered(body: bytes, mime: str, *, location: str | None = None, detail: str = "") -> Answer:
    """A response with status 200; `location` is the address that a redirect would have led to."""
    headers = {**CORS, "content-type": mime, "cache-control": "public, max-age=31536000"}
    if location is not None:
        headers["content-location"] = location
    return Answer(status=200, headers=headers, body=body, outcome="answered", detail=detail)


def missing(ending: Missing) -> Answer:
    """The 404 of a real host."""
    return Answer(
        status=ending.status,
        headers={**CORS, "content-type": ending.mime},
        body=ending.text.encode(),
        outcome="missing",
        detail=ending.detail,
        suggestion=ending.suggestion,
    )


def unavailable(ending: Unavailable) -> Answer:
    """A gateway's answer for something that cannot be had from here."""
    return Answer(
        status=503,
        headers={**CORS, "content-type": "text/plain; charset=utf-8"},
        body=str(ending).encode(),
        outcome="unavailable",
        detail=str(ending),
    )


def refused(ending: Refused) -> Answer:
    """The answer to a request that may not be made; without CORS headers, so that no page reads it."""
    return Answer(
        status=403,
        headers={"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"},
        body=str(ending).encode(),
        outcome="refused",
        detail=str(ending),
    )
