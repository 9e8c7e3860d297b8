"""Defaults for options from sampler.toml, or from [tool.sampler] in pyproject.toml, in the working folder.

A key is an option's long name: `n = 10`, `workers = 2`, `model = ["recorded:compact"]`. It holds for every command
that has the option. Keys of providers are never read from a file.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sampler.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

FILES = ("sampler.toml", "pyproject.toml")


def read(commands: Mapping[str, click.Command]) -> dict[str, dict[str, Any]]:
    """The defaults of every command, as click's `default_map` has them; empty where there is no file.

    Raises:
        InputError: the file is no TOML, or has a key that no command has as an option.
    """
    for name in FILES:
        path = Path(name)
        if path.is_file():
            table = _table(path)
            if table is not None:
                return _by_command(path, table, commands)
    return {}


def _table(path: Path) -> dict[str, Any] | None:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        if path.name != "sampler.toml":
            return None  # somebody else's file, with somebody else's fault
        raise InputError(f"{path} cannot be read: {error}") from error
    if path.name == "sampler.toml":
        return content
    table = content.get("tool", {}).get("sampler")
    if table is not None and not isinstance(table, dict):
        raise InputError(f"[tool.sampler] in {path} should be a table of options, such as n = 10")
    return table


def _by_command(path: Path, table: dict[str, Any], commands: Mapping[str, click.Command]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {name: {} for name in commands}
    for key, value in table.items():
        known = False
        for name, command in commands.items():
            for option in command.params:
                if isinstance(option, click.Option) and _long_name(option) == key.replace("_", "-"):
                    known = True
                    found[name][str(option.name)] = [value] if option.multiple and isinstance(value, str) else value
        if not known:
            raise InputError(f"{path}: no command has an option '{key}'; see `sampler COMMAND --help`")
    return found


def _long_name(option: click.Option) -> str:
    return max(option.opts, key=len).lstrip("-")
