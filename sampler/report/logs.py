"""All that a page said and asked for, as one plain text beside the gallery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sampler.report import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sampler.records import Render, SourceLocation


def text(render: Render) -> str:
    """Errors with their stacks, shader logs, console, requests and dialogs of one render, in full."""
    sections = (
        ("Errors", _errors(render), render.errors_dropped),
        ("Shaders", _shaders(render), 0),
        ("Console", _console(render), render.console_dropped),
        ("Requests", _requests(render), 0),
        ("Dialogs", _dialogs(render), render.dialogs_dropped),
    )
    parts = [plain.line(str(render.id), 300) + "\n"]
    for name, lines, dropped in sections:
        said = list(lines)
        parts.append(f"\n{name} ({len(said) + dropped:,})\n")
        parts += [plain.visible(line).rstrip("\n") + "\n" for line in said]
        if dropped:
            parts.append(f"… and {dropped:,} more that were not kept\n")
    return "".join(parts)


def _where(location: SourceLocation | None) -> str:
    if location is None:
        return ""
    within = f" {location.function}" if location.function else ""
    return f"  ({location.url}:{location.line}:{location.column}{within})"


def _errors(render: Render) -> Iterator[str]:
    for error in render.errors:
        stack = "".join(f"\n    {line.strip()}" for line in error.stack.splitlines())
        yield f"{error.at_seconds:8.3f} s  {error.kind}: {error.message}{_where(error.location)}{stack}"


def _shaders(render: Render) -> Iterator[str]:
    for error in render.shader_errors:
        yield f"{error.stage}: {error.log.strip()}\n    {error.source_line}"


def _console(render: Render) -> Iterator[str]:
    for line in render.console:
        yield f"{line.at_seconds:8.3f} s  {line.level:7} {line.text}{_where(line.location)}"


def _requests(render: Render) -> Iterator[str]:
    for request in render.requests:
        status = "---" if request.status is None else request.status
        detail = f"\n    {request.detail}" if request.detail else ""
        better = f"\n    it would be {request.suggestion}" if request.suggestion else ""
        yield f"{request.outcome:11} {status} {request.method} {request.kind}  {request.url}{detail}{better}"


def _dialogs(render: Render) -> Iterator[str]:
    for dialog in render.dialogs:
        yield f"{dialog.kind}: {dialog.message}{_where(dialog.location)}"
