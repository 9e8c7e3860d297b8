"""Runs as a gallery meets them, made without model and browser: every kind of attempt, real pages, drawn pictures."""

from __future__ import annotations

import hashlib
import io
import random
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from sampler import stats
from sampler.records import (
    Attempt,
    AttemptId,
    Box,
    Canvas,
    CellPlan,
    ConsoleLine,
    Delivery,
    Document,
    Environment,
    Evidence,
    Failure,
    Finding,
    Frame,
    Hang,
    PageError,
    PixelFacts,
    Prompt,
    Render,
    Request,
    Result,
    RunManifest,
    Score,
    ScorePart,
    SourceLocation,
    Summary,
    Usage,
)
from sampler.report.gallery import Assets

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGES = Path(__file__).parents[1] / "prompts" / "recorded" / "compact" / "friends-apartment"
PAGE_URL = "http://scene.localhost/index.html"
SIZE = (1280, 720)
TIMES = (0.1, 1.0, 3.0)

PROMPT = Prompt(
    id="friends-apartment",
    title="Monica's apartment",
    text="Recreate Monica's apartment from Friends in Three.js, in one HTML file: the purple walls, the big window, "
    "the yellow frame around the peephole, the kitchen, the couch, the whole layout as it is on the show. It should "
    "look right from the first frame and I should be able to orbit around it.",
)
OTHER_PROMPT = Prompt(id="solar-system", title="Solar system", text="Build the solar system in Three.js.")

PIXELS = PixelFacts(
    mean_luminance=0.4,
    black_share=0.1,
    white_share=0.05,
    flat_share=0.2,
    colours=900,
    detail=0.1,
    hue_spread=0.5,
    occupied_share=0.8,
)


@dataclass
class Run:
    """A whole run, ready for `gallery.write`."""

    manifest: RunManifest
    summary: Summary
    results: list[Result]
    assets_by_id: dict[AttemptId, Assets] = field(default_factory=dict)

    def assets(self, attempt: AttemptId) -> Assets:
        """What lies on the disk for an attempt."""
        return self.assets_by_id[attempt]


@cache
def room(seed: int, blank: str = "") -> bytes:
    """A picture as PNG: a room with boxes in it, different for every seed, or one flat colour."""
    picture = Image.new("RGB", SIZE, blank or "#1b1a22")
    if not blank:
        dice = random.Random(seed)  # noqa: S311 - boxes in a picture, not a secret
        draw = ImageDraw.Draw(picture)
        wall = f"hsl({dice.randrange(255, 300)}, {dice.randrange(20, 50)}%, {dice.randrange(35, 60)}%)"
        draw.polygon([(140, 60), (1140, 60), (1140, 470), (140, 470)], fill=wall)
        draw.polygon([(140, 470), (1140, 470), (1280, 720), (0, 720)], fill=f"hsl(28, 35%, {dice.randrange(30, 55)}%)")
        for _ in range(14):
            x, y = dice.randrange(120, 1040), dice.randrange(180, 600)
            width, height = dice.randrange(50, 220), dice.randrange(30, 130)
            hue, light = dice.randrange(360), dice.randrange(35, 65)
            draw.rectangle((x, y, x + width, y + height), fill=f"hsl({hue}, 45%, {light}%)")
            draw.polygon(
                [(x, y), (x + width, y), (x + width + 26, y - 18), (x + 26, y - 18)],
                fill=f"hsl({hue}, 45%, {light + 14}%)",
            )
    stream = io.BytesIO()
    picture.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def frames(folder: Path, pictures: Sequence[bytes], *, scene: bool = True) -> tuple[Frame, ...]:
    """Store pictures as the renderer does, and say so in frames."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for number, (seconds, png) in enumerate(zip(TIMES, pictures, strict=False), 1):
        name = f"frame-{number}.png"
        (folder / name).write_bytes(png)
        made.append(
            Frame(
                at_seconds=seconds,
                picture=name,
                sha256=hashlib.sha256(png).hexdigest(),
                pixels=PIXELS,
                draw_calls=214 if scene else 0,
                triangles=18_432 if scene else 0,
            )
        )
    return tuple(made)


def source(line: int, function: str | None = None) -> SourceLocation:
    """A place in the page."""
    return SourceLocation(url=PAGE_URL, line=line, column=9, function=function)


def finding(check: str, severity: str, points: float, message: str, **evidence: object) -> Finding:
    """A finding whose evidence says the same as it does."""
    return Finding.model_validate(
        {
            "check": check,
            "severity": severity,
            "points": points,
            "message": message,
            "evidence": Evidence.model_validate({"message": message, **evidence}),
        }
    )


def passed(identity: AttemptId, folder: Path, value: float) -> tuple[Render, Score]:
    """A page that works, with a small blemish below 90."""
    found = (
        ()
        if value >= 90
        else (
            finding(
                "asset-missing",
                "warning",
                4,
                "A texture is missing at its address, so a surface stays plain.",
                urls=("https://threejs.org/examples/textures/hardwood2_diffuse.jpg",),
                source=source(41, "makeFloor"),
                numbers={"at_seconds": 0.2},
            ),
        )
    )
    pictures = [room(identity.number * 7 + 100 * len(identity.model) + step) for step in range(3)]
    render = _render(identity, frames=frames(folder, pictures), canvases=(CANVAS,), three_revision="128")
    return render, _score(identity, value, found)


def throws(identity: AttemptId, folder: Path) -> tuple[Render, Score]:
    """A page that throws before it draws anything."""
    message = "OrbitControls is not a constructor"
    found = (
        finding(
            "page-error", "error", 60, f"The page throws: TypeError: {message}", source=source(58, "init"), frame=0
        ),
        finding(
            "module-missing",
            "error",
            40,
            "A script is not there: three.js moved its addons to examples/jsm/ in r148.",
            urls=("https://unpkg.com/three@0.160.0/examples/js/controls/OrbitControls.js",),
        ),
    )
    render = _render(
        identity,
        frames=frames(folder, [room(0, "white")] * 3, scene=False),
        errors=(
            PageError(
                kind="error", message=f"TypeError: {message}", stack="at init (index.html:58:9)", location=source(58)
            ),
        ),
        console=(ConsoleLine(level="error", text=f"Uncaught TypeError: {message}", location=source(58)),),
        requests=(
            Request(url=PAGE_URL, kind="document", outcome="answered", status=200),
            Request(
                url="https://unpkg.com/three@0.160.0/examples/js/controls/OrbitControls.js",
                kind="script",
                outcome="missing",
                status=404,
                detail="three 0.160.0 has no such file.",
                suggestion="https://unpkg.com/three@0.160.0/examples/jsm/controls/OrbitControls.js",
            ),
        ),
    )
    return render, _score(identity, 0, found)


def covered(identity: AttemptId, folder: Path) -> tuple[Render, Score]:
    """A loading screen that never goes."""
    found = (
        finding(
            "covered-canvas",
            "error",
            66,
            "“Loading the apartment…” lies over 100 % of the picture and never goes.",
            frame=2,
            box=Box(x=0, y=0, width=1280, height=720),
            numbers={"covered_share": 1.0, "opacity_share": 0.995},
            source=source(12),
        ),
    )
    return (
        _render(identity, frames=frames(folder, [room(0, "#202030")] * 3), canvases=(CANVAS,), three_revision="160"),
        _score(identity, 34, found),
    )


def prose(identity: AttemptId, folder: Path) -> tuple[Render, Score]:
    """A reply without a page."""
    folder.mkdir(parents=True, exist_ok=True)
    delivery = Delivery(problem="no-document", form="prose", detail="212 words of prose and no page.")
    found = (finding("no-document", "error", 100, "The reply talks about the page and holds none."),)
    return _render(identity, delivery=delivery, requests=()), _score(identity, 0, found)


def hangs(identity: AttemptId, folder: Path) -> tuple[Render, Score]:
    """A page that never comes back."""
    folder.mkdir(parents=True, exist_ok=True)
    found = (
        finding("load-hang", "error", 100, "The page never finishes its first script.", source=source(71, "grow")),
    )
    hang = Hang(phase="load", at_seconds=0.0, wall_seconds=30.0, location=source(71, "grow"))
    return _render(identity, hang=hang), _score(identity, 0, found)


def refused_by_server(identity: AttemptId, folder: Path) -> tuple[Render, Score]:
    """No reply at all, for which the model is not to blame."""
    folder.mkdir(parents=True, exist_ok=True)
    failure = Failure(
        whose="provider", slug="http-500", message="HTTP 500 after 4 tries; the server says “overloaded”."
    )
    delivery = Delivery(problem="no-document", form="empty", detail="There is no reply.")
    return (
        _render(identity, delivery=delivery, failure=failure, requests=()),
        Score(id=identity, outcome="unscored", value=None, failure=failure),
    )


CANVAS = Canvas(
    context="webgl2",
    width_pixels=1280,
    height_pixels=720,
    connected=True,
    shown=True,
    box=Box(x=0, y=0, width=1280, height=720),
    draws=40_231,
)
ENVIRONMENT = Environment(
    browser="Chromium 140.0.7339.16",
    renderer="ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero)))",
    sandboxed=True,
    playwright="1.55.0",
)


def _render(identity: AttemptId, **facts: object) -> Render:
    return Render.model_validate(
        {
            "id": identity,
            "delivery": Delivery(problem=None, form="bare", detail="One HTML document."),
            "requests": (Request(url=PAGE_URL, kind="document", outcome="answered", status=200),),
            "environment": ENVIRONMENT,
            "seconds": 1.7,
            **facts,
        }
    )


def _score(identity: AttemptId, value: float, found: tuple[Finding, ...]) -> Score:
    faults = min(100.0, sum(one.points for one in found))
    missing = max(0.0, 100 - value - faults)
    return Score(
        id=identity,
        outcome="passed" if value >= 70 else "failed",
        value=value,
        parts=(
            ScorePart(name="faults", taken=faults, reason=", ".join(one.check for one in found) or "nothing is wrong"),
            ScorePart(name="fit", taken=0, reason="nothing that the prompt asks for was checked"),
            ScorePart(
                name="finish", taken=min(missing, 100), reason="few colours, no shadows, half of the frame in use"
            ),
        ),
        findings=found,
    )


KINDS = ("throws", "covered", "prose", "hangs", "unscored")


def run(folder: Path, *, models: Sequence[str] = ("recorded:compact",), n: int = 12, prompts: int = 1) -> Run:
    """A run with every kind of attempt in each of its cells; the first five numbers are the bad ones."""
    results: list[Result] = []
    found: dict[AttemptId, Assets] = {}
    texts = (PROMPT, OTHER_PROMPT)[:prompts]
    for prompt in texts:
        for place, model in enumerate(models):
            for number in range(1, n + 1):
                identity = AttemptId(prompt=prompt.id, model=model, number=number)
                result, assets = attempt(identity, folder / identity.path, kind=(number - 1 + place) % n)
                results.append(result)
                found[identity] = assets
    return assemble(texts, models, n, results, found)


def attempt(identity: AttemptId, folder: Path, *, kind: int) -> tuple[Result, Assets]:
    """The attempt of one kind: 0 to 4 are bad ones, further ones work better and better."""
    if kind == 0:
        render, score = throws(identity, folder)
    elif kind == 1:
        render, score = covered(identity, folder)
    elif kind == 2:
        render, score = prose(identity, folder)
    elif kind == 3:
        render, score = hangs(identity, folder)
    elif kind == 4:
        render, score = refused_by_server(identity, folder)
    else:
        render, score = passed(identity, folder, min(100.0, 66 + kind * 3))
    html = (PAGES / f"{(identity.number - 1) % 20 + 1:02d}.html").read_text(encoding="utf-8")
    has_page = render.delivery.problem is None
    reply = (
        html if has_page else "" if kind == 4 else "I would build the apartment from boxes, beginning with the walls."
    )
    record = Attempt(
        id=identity,
        asked_at="2025-11-24T09:00:00Z",
        reply_sha256=hashlib.sha256(reply.encode()).hexdigest() if reply else None,
        reply_characters=len(reply),
        usage=Usage(model_reported="compact-2025", finish_reason="stop", tokens_out=4_120, seconds=31.5)
        if reply
        else Usage(),
        failure=score.failure,
    )
    assets = Assets(reply=reply, document=Document(html=html) if has_page else None, pictures=folder)
    return Result(attempt=record, render=render, score=score), assets


def assemble(
    prompts: Sequence[Prompt], models: Sequence[str], n: int, results: list[Result], assets: dict[AttemptId, Assets]
) -> Run:
    """A run of these results, summarized as every run is."""
    manifest = RunManifest(
        run="demo",
        created_at="2025-11-24T09:00:00Z",
        version="0.1.0",
        prompts=tuple(prompts),
        cells=tuple(CellPlan(prompt=prompt.id, model=model, n=n) for prompt in prompts for model in models),
        versions={"python": "3.11.2", "playwright": "1.55.0"},
    )
    digest = hashlib.sha256(b"".join(result.model_dump_json().encode() for result in results)).hexdigest()
    summary = stats.summarize(manifest, results, digest)
    return Run(manifest=manifest, summary=summary, results=results, assets_by_id=assets)


def many(folder: Path, n: int) -> Run:
    """A run of many attempts that share a few pictures and a short page."""
    kinds = [attempt(AttemptId(prompt=PROMPT.id, model="m", number=7), folder / str(k), kind=k) for k in range(5, 12)]
    results, assets = [], {}
    for number in range(1, n + 1):
        identity = AttemptId(prompt=PROMPT.id, model="m", number=number)
        result, found = kinds[number % len(kinds)]
        results.append(
            Result(
                attempt=result.attempt.model_copy(update={"id": identity}),
                render=result.render.model_copy(update={"id": identity}),
                score=result.score.model_copy(update={"id": identity}),
            )
        )
        assets[identity] = Assets(reply="<p>", document=Document(html="<p>\n" * 50), pictures=found.pictures)
    return assemble((PROMPT,), ("m",), n, results, assets)
