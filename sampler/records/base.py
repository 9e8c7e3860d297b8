"""What every record is made of: the base class, and the words and numbers that several use."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Outcome = Literal["passed", "failed", "unscored"]
Severity = Literal["error", "warning", "note"]
Need = Literal["canvas", "motion"]
"""What a prompt asks of every page: `canvas` (something drawn with WebGL or 2D), `motion` (it moves by itself)."""

Share = Annotated[float, Field(ge=0, le=1)]
Points = Annotated[float, Field(ge=0, le=100)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Record(BaseModel):
    """Base of every record: frozen, keyword-only, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def slug(text: str) -> str:
    """A name for a folder or an anchor: lower case letters, digits and single hyphens.

    Two different texts never share a slug: where characters were lost, a short hash of the text is added.
    """
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:80]
    reversible = re.sub(r"[:/.]", "-", text) == plain
    return plain if plain and reversible else f"{plain or 'x'}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"
