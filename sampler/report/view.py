"""What the gallery shows, in words and order: views made from records, which the templates only lay out.

Every text that a model or a page wrote goes through `plain` here, and through Jinja2's escaping there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sampler import checks
from sampler.report import plain, quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sampler.records import AttemptId, Evidence, Finding, Render, Request, Result, Severity
    from sampler.report.source import Place, Sources

MESSAGE_CHARACTERS = 500
LINE_CHARACTERS = 300
LINES_SHOWN = 12
"""Console lines, requests and further cases shown in the page; the log file has them all."""

TITLES = {check.id: check.title for check in checks.CHECKS}


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameView:
    """One picture; `large` and `small` are addresses relative to the page, sizes in pixels."""

    at: str
    large: str
    small: str
    small_width: int
    width: int
    height: int
    problem: str
    """Why there is no picture to show; empty where there is one."""
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    """What findings point at: left, top, width and height in the picture's pixels."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceView:
    """Why a check fired."""

    message: str
    place: Place | None
    frame: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingView:
    """One finding in plain words; `points` is empty where it takes none."""

    check: str
    title: str
    severity: Severity
    points: str
    message: str
    evidence: EvidenceView
    more: tuple[EvidenceView, ...]
    left_out: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LogLine:
    """A line of the console, an error or a request."""

    kind: str
    text: str
    where: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Log:
    """Lines under one heading, and how many more there are."""

    title: str
    lines: tuple[LogLine, ...]
    left_out: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Links:
    """Files beside the page, by address relative to it; None where there is no such file."""

    source: str | None
    page: str | None
    reply: str | None
    log: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptView:
    """One attempt as the gallery shows it."""

    anchor: str
    label: str
    number: int
    model: str
    page: str
    """Path of the page, where it came from the disk; empty where a model wrote it."""
    score: str
    value: float | None
    outcome: str
    ranks: tuple[str, ...]
    """What it stands for in its cell: "floor (p10)", "median", "best"."""
    frames: tuple[FrameView, ...]
    placeholder: str
    """Why there is no picture at all; empty where there is one."""
    notes: tuple[str, ...]
    findings: tuple[FindingView, ...]
    parts: tuple[tuple[str, str, str], ...]
    """Name, points taken, reason."""
    facts: tuple[tuple[str, str], ...]
    logs: tuple[Log, ...]
    links: Links

    @property
    def checks(self) -> str:
        """Ids of the checks that found something, for the filter."""
        return " ".join(dict.fromkeys(finding.check for finding in self.findings))

    @property
    def picture(self) -> FrameView | None:
        """The picture that stands for the attempt: the last one there is."""
        return next((frame for frame in reversed(self.frames) if not frame.problem), None)


def anchor(attempt: AttemptId) -> str:
    """Fragment of an attempt: "friends-apartment.recorded-compact.07"."""
    return attempt.path.replace("/", ".")


def score(value: float | None) -> str:
    """A score as it is shown; 0 and 100 only where exactly true."""
    return plain.NOTHING if value is None else quote.score(value)


def title(check: str) -> str:
    """What a check means, in words; its id where this version does not know it."""
    return TITLES.get(check, check)


def attempt(result: Result, *, page: str, ranks: tuple[str, ...], links: Links, sources: Sources) -> AttemptView:
    """One attempt's view from its records, still without its frames."""
    identity, render, verdict = result.attempt.id, result.render, result.score
    return AttemptView(
        anchor=anchor(identity),
        label=identity.label,
        number=identity.number,
        model=plain.line(identity.model, 120),
        page=plain.line(page, 200),
        score=score(verdict.value),
        value=verdict.value,
        outcome=verdict.outcome,
        ranks=ranks,
        frames=(),
        placeholder="" if render.frames else _why_no_picture(result),
        notes=_notes(result),
        findings=tuple(_finding(finding, render, sources) for finding in verdict.findings),
        parts=tuple((part.name, plain.number(-part.taken, 1), plain.cut(part.reason, 2_000)) for part in verdict.parts),
        facts=_facts(result),
        logs=_logs(render, sources),
        links=links,
    )


def _why_no_picture(result: Result) -> str:
    render = result.render
    failure = result.score.failure or render.failure or result.attempt.failure
    if failure is not None:
        whose = "The provider" if failure.whose == "provider" else "The program, not the scene,"
        return f"{whose} failed: {plain.cut(failure.message, MESSAGE_CHARACTERS)}"
    if render.delivery.problem is not None:
        return plain.cut(render.delivery.detail, MESSAGE_CHARACTERS)
    if render.hang is not None:
        when = "while it loaded" if render.hang.phase == "load" else "later"
        return (
            f"The page hung {when}, at {plain.number(render.hang.at_seconds, 2)} s of its own time, and was ended "
            f"after {plain.number(render.hang.wall_seconds, 0)} s."
        )
    if render.crashed:
        return "The page's process crashed before the first picture."
    return "The page was never rendered."


def _notes(result: Result) -> tuple[str, ...]:
    notes = []
    failure = result.score.failure
    if result.score.outcome == "unscored":
        why = plain.cut(failure.message, MESSAGE_CHARACTERS) if failure else "no reason was recorded"
        notes.append(f"Not scored, and not counted as the model's zero: {why}")
    if result.render.identical_to is not None:
        notes.append(f"The same reply, to the letter, as attempt {plain.line(result.render.identical_to, 20)}.")
    return tuple(notes)


def _finding(finding: Finding, render: Render, sources: Sources) -> FindingView:
    return FindingView(
        check=finding.check,
        title=title(finding.check),
        severity=finding.severity,
        points=plain.number(-finding.points, 1) if finding.points else "",
        message=plain.cut(finding.message, MESSAGE_CHARACTERS),
        evidence=_evidence(finding.evidence, render, sources, said=finding.message),
        more=tuple(_evidence(case, render, sources) for case in finding.more[:LINES_SHOWN]),
        left_out=max(0, len(finding.more) - LINES_SHOWN),
    )


def _evidence(evidence: Evidence, render: Render, sources: Sources, *, said: str = "") -> EvidenceView:
    facts = [plain.quantity(name, value) for name, value in list(evidence.numbers.items())[:LINES_SHOWN]]
    facts += [("address", plain.line(url, LINE_CHARACTERS)) for url in evidence.urls[:LINES_SHOWN]]
    if evidence.objects:
        facts.append(("objects", ", ".join(plain.line(name, 80) for name in evidence.objects[:LINES_SHOWN])))
    frame = ""
    if evidence.frame is not None and 0 <= evidence.frame < len(render.frames):
        frame = at(render.frames[evidence.frame].at_seconds)
    return EvidenceView(
        message="" if evidence.message == said else plain.cut(evidence.message, MESSAGE_CHARACTERS),
        place=sources.place(evidence.source) if evidence.source else None,
        frame=frame,
        facts=tuple(facts),
    )


def framed(attempt: AttemptView, result: Result, pictures: Sequence[FrameView]) -> AttemptView:
    """The attempt with its frames, one picture for each, marked with what findings point at in them."""
    pointed = [
        (case.frame, (case.box.x, case.box.y, case.box.width, case.box.height))
        for finding in result.score.findings
        for case in (finding.evidence, *finding.more[:LINES_SHOWN])
        if case.box is not None
    ]
    return replace(
        attempt,
        frames=tuple(
            replace(
                picture,
                at=at(frame.at_seconds),
                boxes=tuple(box for index, box in pointed if index == number)[:LINES_SHOWN],
            )
            for number, (picture, frame) in enumerate(zip(pictures, result.render.frames, strict=True))
        ),
    )


def at(seconds: float) -> str:
    """A time of the page's own clock: "0.1 s"."""
    return f"{plain.number(seconds, 2)} s"


def _facts(result: Result) -> tuple[tuple[str, str], ...]:
    attempt, render = result.attempt, result.render
    usage, last = attempt.usage, render.frames[-1] if render.frames else None
    facts: list[tuple[str, str | None]] = [
        ("delivered", plain.cut(render.delivery.detail, LINE_CHARACTERS)),
        ("three.js", plain.line(f"r{render.three_revision}", 40) if render.three_revision else None),
        ("canvas", _canvas(render)),
        ("draw calls", plain.number(last.draw_calls) if last else None),
        ("triangles", plain.number(last.triangles) if last else None),
        ("reply", plain.plural(attempt.reply_characters, "character") if attempt.reply_sha256 else "none"),
        ("answered by", plain.line(usage.model_reported, 120) if usage.model_reported else None),
        ("ended because", plain.line(usage.finish_reason, 80) if usage.finish_reason else None),
        ("tokens written", plain.number(usage.tokens_out) if usage.tokens_out is not None else None),
        ("first token after", f"{usage.seconds_to_first_token:.1f} s" if usage.seconds_to_first_token else None),
        ("answered in", f"{usage.seconds:.1f} s" if usage.seconds else None),
        ("cost", f"{usage.cost_usd:.4f} USD" if usage.cost_usd is not None else None),
        ("rendered in", f"{render.seconds:.1f} s" if render.seconds else None),
        ("keeps a clock of its own", ", ".join(plain.line(part, 40) for part in render.uncontrolled[:9]) or None),
    ]
    return tuple((name, value) for name, value in facts if value)


def _canvas(render: Render) -> str | None:
    if not render.canvases:
        return None
    main = render.canvases[0]
    further = f", and {plain.plural(len(render.canvases) - 1, 'more', 'more')}" if len(render.canvases) > 1 else ""
    return f"{main.context}, {main.width_pixels} {plain.TIMES} {main.height_pixels} pixels{further}"


def _logs(render: Render, sources: Sources) -> tuple[Log, ...]:
    errors = [
        LogLine(
            kind=f"{error.kind} at {at(error.at_seconds)}",
            text=plain.cut(error.message, MESSAGE_CHARACTERS),
            where=sources.place(error.location).name if error.location else "",
        )
        for error in render.errors[:LINES_SHOWN]
    ]
    console = [
        LogLine(
            kind=entry.level,
            text=plain.cut(entry.text, LINE_CHARACTERS),
            where=sources.place(entry.location).name if entry.location else "",
        )
        for entry in render.console[:LINES_SHOWN]
    ]
    shaders = [
        LogLine(kind=error.stage, text=plain.cut(error.log, LINE_CHARACTERS), where=plain.line(error.source_line, 160))
        for error in render.shader_errors[:LINES_SHOWN]
    ]
    dialogs = [
        LogLine(
            kind=dialog.kind,
            text=plain.cut(dialog.message, LINE_CHARACTERS),
            where=sources.place(dialog.location).name if dialog.location else "",
        )
        for dialog in render.dialogs[:LINES_SHOWN]
    ]
    # What failed first: it is what a reader looks for.
    asked = sorted(render.requests, key=lambda request: request.outcome == "answered")
    requests = [_request(request) for request in asked[:LINES_SHOWN]]
    logs = [
        _log("Errors", errors, len(render.errors) + render.errors_dropped),
        _log("Shaders", shaders, len(render.shader_errors)),
        _log("Console", console, len(render.console) + render.console_dropped),
        _log("Requests", requests, len(render.requests)),
        _log("Dialogs", dialogs, len(render.dialogs) + render.dialogs_dropped),
    ]
    return tuple(log for log in logs if log.lines or log.left_out)


def _log(name: str, lines: Sequence[LogLine], total: int) -> Log:
    return Log(title=f"{name} ({total:,})", lines=tuple(lines), left_out=total - len(lines))


def _request(request: Request) -> LogLine:
    detail = plain.line(request.detail, LINE_CHARACTERS)
    if request.suggestion:
        detail = f"{detail} It would be {plain.line(request.suggestion, LINE_CHARACTERS)}".strip()
    status = f" {request.status}" if request.status is not None else ""
    return LogLine(kind=f"{request.outcome}{status}", text=plain.line(request.url, LINE_CHARACTERS), where=detail)
