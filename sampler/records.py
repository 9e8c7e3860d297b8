"""The records that the stages hand to each other: frozen, validated, JSON in and out.

One direction: Prompt -> Attempt -> Render -> Finding* -> Score -> Summary. A record holds facts;
the judgement about them is made in `checks` and `score`. Units stand in the names: `seconds`,
`pixels`, `usd`, `share` (0 to 1). Lines and columns are 1-based.
"""

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


# --- prompts and replies -------------------------------------------------------------------------


class Prompt(Record):
    """One text that is sent, verbatim, and what is known about what it asks for."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: str
    text: Annotated[str, Field(min_length=1)]
    needs: tuple[Need, ...] = ()
    source: str | None = None
    """Path of the prompt file; None for a text given on the command line."""


class AttemptId(Record):
    """Which attempt: one reply of one model to one prompt; `number` counts from 1."""

    prompt: str
    model: str
    number: Annotated[int, Field(ge=1)]

    @property
    def label(self) -> str:
        """The number as it is shown and sorted: "07"."""
        return f"{self.number:02d}"

    @property
    def path(self) -> str:
        """Relative folder of the attempt: "friends-apartment/recorded-compact/07"."""
        return f"{slug(self.prompt)}/{slug(self.model)}/{self.label}"

    def __str__(self) -> str:
        """For messages: "friends-apartment · recorded:compact · 07"."""
        return f"{self.prompt} · {self.model} · {self.label}"


class Usage(Record):
    """What the provider reported about one reply; None where it said nothing."""

    model_reported: str | None = None
    fingerprint: str | None = None
    response_id: str | None = None
    finish_reason: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    seconds_to_first_token: float | None = None
    seconds: float | None = None
    cost_usd: float | None = None


class Failure(Record):
    """A failure that is not the scene's: the attempt is unscored."""

    whose: Literal["provider", "harness"]
    slug: str
    message: str


DeliveryProblem = Literal["no-document", "truncated-reply", "refused"]


class Delivery(Record):
    """What `reply.read` made of a reply's text.

    `problem` is None when there is a document to render. A document that was cut off is still
    kept, with `problem` "truncated-reply": it is scored 0, but the gallery can show it.
    """

    problem: DeliveryProblem | None
    form: Literal["bare", "fence", "files", "prose", "empty"]
    detail: str
    """One sentence for people: "One HTML document in a fence; 41 words of prose around it"."""
    line_offset: Annotated[int, Field(ge=0)] = 0
    """How many lines of the reply stand before the document's first line."""


class Document(Record):
    """The page of a reply: the HTML exactly as it was written, and other files it came with by relative path."""

    html: str
    files: dict[str, str] = {}


class Attempt(Record):
    """One reply to one prompt, as it came; the text itself is stored beside this record."""

    id: AttemptId
    asked_at: str
    """ISO 8601, UTC."""
    reply_sha256: Sha256 | None
    """None when the provider failed before there was a reply."""
    reply_characters: int = 0
    usage: Usage = Usage()
    failure: Failure | None = None


# --- renders: facts only -------------------------------------------------------------------------


class SourceLocation(Record):
    """A place in the page's source. `function` is the innermost named function, where one is known."""

    url: str
    line: Annotated[int, Field(ge=1)]
    column: Annotated[int, Field(ge=0)] = 0
    function: str | None = None


class ConsoleLine(Record):
    """One line that the page or the browser wrote to the console."""

    level: Literal["debug", "info", "log", "warning", "error"]
    text: str
    location: SourceLocation | None = None
    at_seconds: float = 0


class PageError(Record):
    """An uncaught exception or a rejected promise that nobody handled, at a time of the page's own clock."""

    kind: Literal["error", "rejection"]
    message: str
    stack: str = ""
    location: SourceLocation | None = None
    at_seconds: float = 0


class Request(Record):
    """One request of the page and how it ended.

    `answered`: status and body came from the page's folder or the stand-in CDN, status below 400.
    `missing`: the host is known and truly has no such thing (a faithful 404): the page's fault.
    `unavailable`: the host is allowed but could not be reached from here: nobody's fault.
    `refused`: a host, scheme or method that no page may reach.
    """

    url: str
    method: str = "GET"
    kind: str = "other"
    """Playwright's resource type: document, script, stylesheet, image, font, fetch, xhr, media, websocket, other."""
    outcome: Literal["answered", "missing", "unavailable", "refused"]
    status: int | None = None
    detail: str = ""
    suggestion: str | None = None
    """The address that would have worked, where one exists."""
    sha256: Sha256 | None = None
    """Of the body that was given."""


class Dialog(Record):
    """alert, confirm, prompt or print; answered at once as a visitor's Escape would."""

    kind: Literal["alert", "confirm", "prompt", "print", "beforeunload"]
    message: str
    location: SourceLocation | None = None


class ShaderError(Record):
    """A shader that did not compile or a program that did not link, with the driver's log."""

    stage: Literal["vertex", "fragment", "link"]
    log: str
    source_line: str = ""
    """The shader's line that the log names, where it names one."""


class Box(Record):
    """A rectangle in CSS pixels of the viewport."""

    x: float
    y: float
    width: float
    height: float


class Canvas(Record):
    """One canvas that has a context or is in the document, as it was at the last frame."""

    context: Literal["webgl", "webgl2", "2d", "bitmaprenderer", "webgpu", "none"]
    refused_context: str | None = None
    """Name of a context that was asked for and not given."""
    width_pixels: int
    height_pixels: int
    connected: bool
    """Is it in the document?"""
    shown: bool
    """Laid out, and neither it nor an ancestor is hidden or fully transparent."""
    box: Box
    draws: int
    """Draw calls on the visible framebuffer since the page began, drawn or skipped."""
    clears: int = 0
    lost: bool = False
    lost_by_page: bool = False
    """Lost through WEBGL_lose_context, called by the page itself."""
    made_at: SourceLocation | None = None


class Overlay(Record):
    """An element of the page that lies over most of the main canvas and hides it."""

    selector: str
    text: str
    opacity: Share
    covers_share: Share
    """Of the canvas's area on the screen."""


class PixelFacts(Record):
    """What a picture's pixels say. Luminance and differences are 0 to 1, in sRGB values."""

    mean_luminance: Share
    black_share: Share
    """Pixels darker than 3 %."""
    white_share: Share
    """Pixels brighter than 97 % in all three channels."""
    flat_share: Share
    """Pixels of the most frequent colour, within two steps of 255 a channel."""
    colours: Annotated[int, Field(ge=0)]
    """Distinct colours after rounding to 32 steps a channel."""
    detail: Share
    """Mean gradient magnitude (Sobel) of luminance."""
    hue_spread: Share
    """Normalized entropy of hue among pixels with some saturation; 0 for grey or one hue."""
    occupied_share: Share
    """Tiles of a 16 x 9 grid whose luminance varies visibly."""


class SceneSnapshot(Record):
    """What three.js said of the scene that was drawn in a frame; counts over everything `visible`."""

    revision: str | None
    camera: str | None
    """Type of the camera of the frame's largest render call."""
    scenes: int
    meshes: int
    instances: int
    """InstancedMesh counted by instance."""
    points: int
    lines: int
    sprites: int
    lights: int
    lit_meshes: int
    """Meshes whose material needs light to be seen."""
    materials: int
    geometries: int
    textures: int
    triangles: int
    cast_shadow: int
    receive_shadow: int
    shadows_enabled: bool
    environment: bool
    fog: bool
    not_a_number: int
    """Objects whose world matrix holds NaN or infinity."""
    transforms: str
    """Hash of all world matrices but the camera's; equal hashes mean nothing moved."""


class Frame(Record):
    """One picture, at a time of the page's own clock, and the facts of that moment."""

    at_seconds: float
    picture: str
    """File name beside the record."""
    sha256: Sha256
    pixels: PixelFacts
    canvas_pixels: PixelFacts | None = None
    """Of the main canvas alone, without the page around and above it, where it could be read."""
    canvas_seen_share: Share | None = None
    """How much of the main canvas's area on the screen shows what the canvas holds."""
    draw_calls: int = 0
    triangles: int = 0
    scene: SceneSnapshot | None = None


class Hang(Record):
    """The page's main thread did not come back."""

    phase: Literal["load", "later"]
    at_seconds: float
    """On the page's own clock."""
    wall_seconds: float
    location: SourceLocation | None = None


class Environment(Record):
    """With what a render was made."""

    browser: str
    renderer: str
    """Unmasked WebGL renderer string."""
    sandboxed: bool
    playwright: str
    width_pixels: int = 1280
    height_pixels: int = 720


class Render(Record):
    """All facts about one attempt, gathered in the page and never judged there."""

    id: AttemptId
    needs: tuple[Need, ...] = ()
    delivery: Delivery
    frames: tuple[Frame, ...] = ()
    canvases: tuple[Canvas, ...] = ()
    """Largest on the screen first; the first is the main canvas."""
    overlays: tuple[Overlay, ...] = ()
    console: tuple[ConsoleLine, ...] = ()
    console_dropped: int = 0
    errors: tuple[PageError, ...] = ()
    errors_dropped: int = 0
    requests: tuple[Request, ...] = ()
    dialogs: tuple[Dialog, ...] = ()
    dialogs_dropped: int = 0
    shader_errors: tuple[ShaderError, ...] = ()
    three_revision: str | None = None
    visible_text: str = ""
    """The first 2,000 characters a visitor can read at the last frame."""
    scroll_pixels: tuple[int, int] = (0, 0)
    """How far the page can be scrolled, across and down."""
    hang: Hang | None = None
    crashed: bool = False
    drawn: Literal["looked-at", "every", "none"] = "none"
    """Whether only the looked-at frames were drawn or every one, and `drawn_why` it had to be every one."""
    drawn_why: str = ""
    uncontrolled: tuple[str, ...] = ()
    """Parts of the page that keep a clock of their own: worker, video, audio."""
    failure: Failure | None = None
    environment: Environment | None = None
    seconds: float = 0
    """Wall time."""
    identical_to: str | None = None
    """Label of an earlier attempt of the same cell whose reply is the same to the letter."""


class RenderTask(Record):
    """What a worker needs to render one attempt; travels to other processes and machines.

    Either `document` (a reply's page) or `root` and `page` (a page on disk, `page` relative to
    `root`, whose relative addresses are answered from `root` and never from outside it).
    """

    id: AttemptId
    needs: tuple[Need, ...] = ()
    delivery: Delivery
    document: Document | None = None
    root: str | None = None
    page: str | None = None
    import_map: str | None = None
    """JSON text of an import map that is put before the page's own scripts."""
    offline: bool = False
    sandbox: bool = True
    wall_seconds: Annotated[float, Field(gt=0)] = 30
    """How long the page's main thread may stay silent before the watchdog ends it."""
    draw_every_frame: bool = False
    """Draw every frame, not only the looked-at ones; the pictures are the same."""


class Rendered(Record):
    """What a worker gives back: the facts, and the pictures as PNG bytes by file name."""

    render: Render
    pictures: dict[str, bytes]


# --- judgement -----------------------------------------------------------------------------------


class Evidence(Record):
    """Why a check fired, for a person to look at; what a check yields."""

    message: str
    frame: int | None = None
    """Index into the render's frames."""
    box: Box | None = None
    source: SourceLocation | None = None
    urls: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    numbers: dict[str, float] = {}
    """Quantities by name with unit, such as "covered_share" or "at_seconds"."""
    severity: Severity | None = None
    """Where this case is milder than the check's own severity."""


class Finding(Record):
    """One thing that is wrong, said once with its worst case; `points` are what it takes from the score."""

    check: str
    severity: Severity
    points: Points
    message: str
    evidence: Evidence
    more: tuple[Evidence, ...] = ()
    """Further cases of the same check; they cost nothing more."""


class ScorePart(Record):
    """One part of a score, in points taken, and the sentence that explains it."""

    name: Literal["faults", "fit", "finish"]
    taken: Points
    reason: str


class Score(Record):
    """The verdict on one attempt."""

    id: AttemptId
    outcome: Outcome
    value: Points | None
    """0 to 100; None when the harness or the provider failed, never the scene."""
    parts: tuple[ScorePart, ...] = ()
    findings: tuple[Finding, ...] = ()
    failure: Failure | None = None


class Result(Record):
    """One attempt with all that is known of it."""

    attempt: Attempt
    render: Render
    score: Score


# --- summaries -----------------------------------------------------------------------------------


class Percentile(Record):
    """A percentile by nearest rank: the score of a real attempt, and its interval by order statistics."""

    value: float
    attempt: str
    """Label of the attempt that it is."""
    low: float
    high: float
    confidence: Share
    """What the interval really achieves."""


class Rate(Record):
    """A share with its Wilson interval; `k` of `n`."""

    value: Share
    low: Share
    high: Share
    k: int
    n: int


class FailureMode(Record):
    """A check and the attempts in which it found something, by label."""

    check: str
    severity: Severity
    attempts: tuple[str, ...]


class CellSummary(Record):
    """One prompt x one model. Percentiles are None when no attempt was scored."""

    prompt: str
    title: str
    model: str
    n: int
    """Attempts that were made."""
    planned: int | None = None
    """Attempts that were planned; more than `n` in a run that was stopped. None: as many as were made."""
    scored: int
    unscored: int
    p10: Percentile | None
    p50: Percentile | None
    p90: Percentile | None
    best: Percentile | None
    worst: Percentile | None
    mean: float | None
    pass_rate: Rate | None
    p10_unscored_as_0: float | None = None
    """The floor under the other convention; None where nothing is unscored."""
    best_of: tuple[float, ...] = ()
    """Expected best of k attempts, k = 1 to scored; the first is the mean."""
    worst_of: tuple[float, ...] = ()
    pass_at: tuple[float, ...] = ()
    """Chance that at least one of k passes."""
    pass_all: tuple[float, ...] = ()
    """Chance that all of k pass."""
    distinct_replies: int
    failure_modes: tuple[FailureMode, ...] = ()
    models_reported: tuple[str, ...] = ()
    cost_usd: float | None = None
    cost_per_pass_usd: float | None = None
    tokens_out: float | None = None
    """Median over attempts, as for the two below."""
    seconds_to_first_token: float | None = None
    tokens_per_second: float | None = None


class Comparison(Record):
    """Two cells of one prompt side by side; `first` and `second` are models."""

    prompt: str
    first: str
    second: str
    difference_p10: float
    """The second's floor less the first's, in points."""
    p_value: Share
    """Of that difference, by permutation, with Holm's correction over the summary's comparisons."""
    beats: Share
    """Chance that a random attempt of the first beats one of the second, ties counted half."""
    beats_low: Share
    beats_high: Share
    verdict: str
    """In plain words; "cannot tell at n = 10" is a verdict."""


class Summary(Record):
    """What summary.json holds."""

    run: str
    digest: str
    cells: tuple[CellSummary, ...]
    comparisons: tuple[Comparison, ...] = ()


class CellPlan(Record):
    """One cell of a run as it was planned, before the first question was asked."""

    prompt: str
    model: str
    n: Annotated[int, Field(ge=1)]


class PageFile(Record):
    """A page on disk that is scored as it is; attempt number i of its cell is the i-th page."""

    root: str
    """Absolute folder from which the page's relative addresses are answered."""
    page: str
    """Path relative to `root`, with forward slashes."""
    shown: str
    """The path as it was given, or found below a folder that was given."""


class RunManifest(Record):
    """What a run is: written before the first attempt is asked, never changed."""

    run: str
    created_at: str
    version: str
    """Of this program."""
    prompts: tuple[Prompt, ...]
    cells: tuple[CellPlan, ...]
    versions: dict[str, str] = {}
    """Python, Playwright, Chromium."""
    pages: tuple[PageFile, ...] = ()
    """The pages of a run that no model was asked for, in order of their numbers; empty for all others."""
    import_map: str | None = None
    """JSON text of an import map that is put before the scripts of every page in `pages`."""
