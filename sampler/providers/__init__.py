"""Where replies come from: a table of providers by name, one module each, imported when it is asked for.

A module in the table has `models() -> tuple[ModelInfo, ...]` and `provider(name) -> Provider`, where `name`
is what stands after the colon of "recorded:compact".
"""

from __future__ import annotations

import difflib
import importlib
from typing import TYPE_CHECKING

from sampler.errors import UnknownModelError
from sampler.providers.base import ModelInfo, Provider, Reply

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["ModelInfo", "Provider", "Reply", "available", "provider"]

_MODULES = {"recorded": "sampler.providers.recorded"}


def provider(model: str) -> Provider:
    """The provider that answers for `model`, written "provider:model".

    Raises:
        UnknownModelError: no such provider or model; what there is, is named.
    """
    kind, colon, name = model.partition(":")
    if not colon or kind not in _MODULES:
        names = [info.model for info in available()]
        close = difflib.get_close_matches(model.lower(), names, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        shown = model if len(model) <= 80 else model[:79] + "…"
        what = (
            f"There is no provider {kind!r}"
            if colon and len(kind) <= 80
            else f"{shown!r} is not written provider:model"
        )
        raise UnknownModelError(f"{what}; this version has {', '.join(_MODULES)} ({', '.join(names)}).{hint}")
    found: Provider = _module(kind).provider(name)
    return found


def available() -> tuple[ModelInfo, ...]:
    """Every model that can be named without a key, provider by provider."""
    return tuple(info for kind in _MODULES for info in _module(kind).models())


def _module(kind: str) -> ModuleType:
    return importlib.import_module(_MODULES[kind])
