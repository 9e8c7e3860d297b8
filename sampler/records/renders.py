"""Attempt -> Render: facts about a page, gathered and never judged."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sampler.records.attempts import AttemptId, Delivery, Document, Failure
from sampler.records.base import Need, Record, Sha256, Share


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
