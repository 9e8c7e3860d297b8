"""Turns what the browser tells while a page runs into records, each list bounded."""

from __future__ import annotations

import json
import re
from typing import Any

from sampler.records import ConsoleLine, Dialog, PageError, SourceLocation

ERRORS_KEPT = 100
TEXT_KEPT = 4000


def location(place: dict[str, Any] | None) -> SourceLocation | None:
    """A place as the probe tells it, as a record."""
    if not place or not place.get("line"):
        return None
    return SourceLocation(
        url=str(place.get("url", ""))[:500],
        line=max(1, int(place["line"])),
        column=max(0, int(place.get("column") or 0)),
        function=str(place["function"])[:200] if place.get("function") else None,
    )


class Diary:
    """Console, errors and dialogs of one page, in the order in which they came."""

    def __init__(self) -> None:
        """Begin empty."""
        self.console: list[ConsoleLine] = []
        self.dialogs: list[Dialog] = []
        self.popups: list[str] = []
        self.dropped = {"console": 0, "dialog": 0, "popup": 0}
        self.at_seconds = 0.0
        """The page's own time, as far as is known."""
        self._errors: dict[int, PageError] = {}
        self.errors_seen = 0

    @property
    def errors(self) -> tuple[PageError, ...]:
        """Uncaught exceptions and rejections that stayed unhandled."""
        return tuple(self._errors.values())

    def told(self, payload: str) -> None:
        """Take a fact that the probe sent; a page that found the channel may send anything."""
        try:
            fact = json.loads(payload)
            kind = fact["kind"]
            if "at" in fact:
                self.at_seconds = float(fact["at"])
            if kind == "dropped":
                self.dropped[fact["of"]] = max(self.dropped[fact["of"]], int(fact["sent"]))
            elif kind == "console" and len(self.console) < 400:
                self.console.append(
                    ConsoleLine(
                        level=fact["level"],
                        text=str(fact["text"])[:TEXT_KEPT],
                        location=location(fact.get("place")),
                        at_seconds=float(fact["at"]),
                    )
                )
            elif kind == "dialog" and len(self.dialogs) < 100:
                self.dialogs.append(
                    Dialog(
                        kind=fact["dialog"], message=str(fact["message"])[:TEXT_KEPT], location=location(fact["place"])
                    )
                )
            elif kind == "popup" and len(self.popups) < 100:
                self.popups.append(str(fact["url"])[:500])
        except (KeyError, TypeError, ValueError, AttributeError):
            self.dropped["console"] += 1

    def browser_said(self, event: dict[str, Any]) -> None:
        """Take a message of the browser itself (`Log.entryAdded`), such as a WebGL warning."""
        entry = event.get("entry", {})
        if entry.get("source") == "network" or len(self.console) >= 400:
            return  # requests are recorded where they are answered
        level = {"verbose": "debug"}.get(entry.get("level", "info"), entry.get("level", "info"))
        place = {"url": entry.get("url"), "line": (entry.get("lineNumber") or 0) + 1} if entry.get("url") else None
        self.console.append(
            ConsoleLine(
                level=level if level in ("debug", "info", "warning", "error") else "info",
                text=str(entry.get("text", ""))[:TEXT_KEPT],
                location=location(place),
                at_seconds=self.at_seconds,
            )
        )

    def thrown(self, event: dict[str, Any]) -> None:
        """Take an uncaught exception (`Runtime.exceptionThrown`)."""
        self.errors_seen += 1
        if len(self._errors) >= ERRORS_KEPT:
            return
        details = event["exceptionDetails"]
        exception = details.get("exception", {})
        text = str(details.get("text", ""))
        stack = str(exception.get("description") or "")
        message = stack.split("\n    at ", maxsplit=1)[0] if stack else f"{text} {exception.get('value', '')}".strip()
        message = re.sub(r"^Uncaught (\(in promise\) )?", "", message)
        frames = details.get("stackTrace", {}).get("callFrames", [])
        own = [frame for frame in frames if frame.get("url")]
        if own:
            top = own[0]
            place = {
                "url": top["url"],
                "line": top["lineNumber"] + 1,
                "column": top["columnNumber"] + 1,
                "function": top.get("functionName"),
            }
        else:
            place = {
                "url": details.get("url"),
                "line": details.get("lineNumber", 0) + 1,
                "column": details.get("columnNumber", 0) + 1,
            }
        self._errors[int(details["exceptionId"])] = PageError(
            kind="rejection" if "in promise" in text else "error",
            message=message[:TEXT_KEPT],
            stack=stack[:TEXT_KEPT],
            location=location(place) if place["url"] else None,
            at_seconds=self.at_seconds,
        )

    def revoked(self, event: dict[str, Any]) -> None:
        """A rejection was handled after all (`Runtime.exceptionRevoked`)."""
        if self._errors.pop(int(event["exceptionId"]), None) is not None:
            self.errors_seen -= 1
