"""Text that a model or a page wrote, made fit to be read: visible, bounded, and in one direction.

Escaping for HTML is the template's work (Jinja2's autoescape); this module takes care of what
escaping leaves in: characters that turn the direction of a line, hide in it or break it, and a
megabyte where a sentence was expected.
"""

from __future__ import annotations

import re

_INVISIBLE = re.compile(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters other than tab and line ends
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiners, Arabic letter mark, fillers
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, line separators, bidi embeddings and isolates
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"  # fillers, variation selectors, annotations
    "\ud800-\udfff"  # lone halves of a surrogate pair: not text at all
    "\U000e0000-\U000e0fff"  # tags and further variation selectors
    "]"
)
MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"
NOTHING = "\N{EN DASH}"
"""Stands where a number would, when there is none."""
_OPEN, _CLOSE = "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}", "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"

_LINE_END = re.compile(r"\r\n?")
_SPACE = re.compile(r"\s+")


def visible(text: str) -> str:
    """The text with every control, bidi and invisible character written out, U+202E as its name in quotes."""
    return _INVISIBLE.sub(lambda found: f"{_OPEN}U+{ord(found[0]):04X}{_CLOSE}", _LINE_END.sub("\n", text))


def cut(text: str, limit: int) -> str:
    """`visible` text of at most `limit` characters of the original, with a note of what was cut."""
    if len(text) <= limit:
        return visible(text)
    return f"{visible(text[:limit])} … (cut; {len(text):,} characters in all)"


def line(text: str, limit: int) -> str:
    """`cut` text on one line: every run of white space becomes one space."""
    # Only as much is folded as can be shown: a megabyte costs no more than a sentence.
    head = _SPACE.sub(" ", visible(text[: limit * 4])).strip()
    if len(text) <= limit * 4 and len(head) <= limit:
        return head
    return f"{head[:limit].rstrip()} … (cut; {len(text):,} characters in all)"


def around(text: str, column: int, limit: int) -> str:
    """One source line, or the `limit` characters of it around a 1-based column, with "…" where it was cut."""
    if len(text) <= limit:
        return visible(text).strip("\n")
    start = max(0, min(column - 1 - limit // 3, len(text) - limit))
    end = start + limit
    return f"{'… ' if start else ''}{visible(text[start:end])}{' …' if end < len(text) else ''}"


def number(value: float, digits: int = 0) -> str:
    """A number with at most `digits` decimals, thousands grouped, and a true minus sign."""
    rounded = round(value, digits)
    text = f"{rounded:,.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return (MINUS + text[1:] if text.startswith("-") else text) if rounded else "0"


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun: "1 attempt", "20 attempts"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


_UNITS = {"seconds": "s", "pixels": "px", "usd": "USD", "bytes": "bytes", "degrees": "°", "milliseconds": "ms"}


def quantity(name: str, value: float) -> tuple[str, str]:
    """A named number of a finding, its unit taken out of its name: ("covered", "97 %") for covered_share=0.97."""
    words = visible(name).split("_")
    unit = words[-1] if len(words) > 1 else ""
    if unit == "share":
        percent = value * 100
        # 0 % and 100 % are said only where they are exactly true.
        near = 0 < percent <= 0.5 or 99.5 <= percent < 100
        return " ".join(words[:-1]), f"{percent:.2f} %" if near else f"{number(percent)} %"
    if unit in _UNITS:
        return " ".join(words[:-1]), f"{number(value, 2)} {_UNITS[unit]}"
    return " ".join(words), number(value, 3)
