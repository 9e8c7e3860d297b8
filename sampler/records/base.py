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
    """Base of every record: frozen, keyword-only, no unknown fields, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def slug(text: str) -> str:
    """A name for a folder or an anchor: lower case letters, digits and single hyphens.

    Where characters are lost, a short hash of the text is added, so that two texts share a slug only where they differ
    in nothing but `:`, `/`, `.` and `-` standing for each other; a plan with two such names is refused.
    """
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:80]
    reversible = re.sub(r"[:/.]", "-", text) == plain
    return plain if plain and reversible else f"{plain or 'x'}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"
