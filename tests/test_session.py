"""One page on its own clock: what it may rely on, what is recorded of it, and that every run is the same."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from sampler.browser import session
from sampler.records import AttemptId, Delivery, Document, Rendered, RenderTask

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.browser

GL = """
const P = (gl, v, f) => { const p = gl.createProgram();
  for (const [t, s] of [[gl.VERTEX_SHADER, v], [gl.FRAGMENT_SHADER, f]]) {
    const h = gl.createShader(t); gl.shaderSource(h, s); gl.compileShader(h); gl.attachShader(p, h); }
  gl.linkProgram(p); gl.useProgram(p); return p; };
const POINT = "uniform float t; void main() { gl_PointSize = 60.; gl_Position = vec4(cos(t) * .5, sin(t) * .5, 0, 1); }";
const ORANGE = "precision mediump float; void main() { gl_FragColor = vec4(1, .5, 0, 1); }";
"""


@pytest.fixture(scope="module", autouse=True)
def _one_browser() -> Iterator[None]:
    yield
    session.close()


def render(body: str, **options: Any) -> Rendered:
    """Render a page with this body."""
    html = f"<!doctype html><title>t</title><body style='margin:0'>{body}"
    return session.render(
        RenderTask(
            id=AttemptId(prompt="p", model="m", number=1),
            delivery=Delivery(problem=None, form="bare", detail=""),
            document=Document(html=html),
            **options,
        )
    )


def shas(rendered: Rendered) -> list[str]:
    """Hashes of the pictures, in order."""
    return [frame.sha256 for frame in rendered.render.frames]


def test_pictures_are_taken_at_a_tenth_one_and_three_seconds() -> None:
    """A render holds three 1280 x 720 pictures at 0.1, 1 and 3 seconds of the page's own time."""
    rendered = render("hello")
    assert [frame.at_seconds for frame in rendered.render.frames] == [0.1, 1.0, 3.0]
    assert {Image.open(io.BytesIO(data)).size for data in rendered.pictures.values()} == {(1280, 720)}
    assert rendered.render.environment is not None
    assert "SwiftShader" in rendered.render.environment.renderer
    assert rendered.render.environment.sandboxed


def test_time_is_stepped_at_sixty_hertz_and_never_slips() -> None:
    """Frames, timers, Date and performance.now agree to the millisecond, and 180 frames pass in three seconds."""
    rendered = render("""<p id=o></p><script>
      const log = { start: performance.now(), date: Date.now(), frames: 0, ticks: 0, nested: 0 };
      setInterval(() => log.ticks++, 100);
      setTimeout(() => log.timer = performance.now(), 1000);
      setTimeout((a, b) => log.args = [a, b], 0, 1, 2);
      (function z() { if (++log.nested < 100) setTimeout(z, 0); else log.clamped = performance.now(); })();
      requestAnimationFrame(function f(t) {
        log.frames++; log.same = t === performance.now(); log.last = t; log.passed = Date.now() - log.date;
        o.textContent = JSON.stringify(log); requestAnimationFrame(f); });
    </script>""")
    log = json.loads(rendered.render.visible_text)
    assert log["start"] == 0
    assert log["frames"] == 180
    assert log["last"] == 3000
    assert log["passed"] == 3000
    assert log["ticks"] == 30
    assert log["timer"] == 1000
    assert log["args"] == [1, 2]
    assert log["clamped"] == (99 - 4) * 4
    assert log["same"] is True


def test_randomness_is_the_same_on_every_run() -> None:
    """Math.random, crypto.getRandomValues and randomUUID give the same values each time, and look random."""
    body = """<script>const a = Array.from({length: 5}, Math.random);
      document.body.textContent = JSON.stringify({a, v: [...crypto.getRandomValues(new Uint8Array(4))], u: crypto.randomUUID()});
    </script>"""
    first, second = (json.loads(render(body).render.visible_text) for _ in range(2))
    assert first == second
    assert len(set(first["a"])) == 5
    assert all(0 <= number < 1 for number in first["a"])
    assert first["u"][14] == "4"


def test_skipping_frames_changes_no_picture() -> None:
    """A page that draws itself anew each frame gives the same bytes with every frame drawn and with three."""
    body = f"""<canvas id=c width=640 height=360></canvas><script>{GL}
      const gl = c.getContext("webgl2"); const p = P(gl, POINT, ORANGE); const t = gl.getUniformLocation(p, "t");
      requestAnimationFrame(function f(ms) {{ gl.clearColor(0, .1, .2, 1); gl.clear(gl.COLOR_BUFFER_BIT);
        gl.uniform1f(t, ms / 700); gl.drawArrays(gl.POINTS, 0, 1); requestAnimationFrame(f); }});</script>"""
    some, every = render(body), render(body, draw_every_frame=True)
    assert (some.render.drawn, every.render.drawn) == ("looked-at", "every")
    assert shas(some) == shas(every)
    assert len(set(shas(some))) == 3
    assert some.render.canvases[0].draws == every.render.canvases[0].draws == 180


FEEDBACK = {
    "trails on a preserved canvas": f"""<canvas id=c width=640 height=360></canvas><script>{GL}
      const gl = c.getContext("webgl", {{ preserveDrawingBuffer: true }}); const t = gl.getUniformLocation(P(gl, POINT, ORANGE), "t");
      requestAnimationFrame(function f(ms) {{ gl.uniform1f(t, ms / 500); gl.drawArrays(gl.POINTS, 0, 1); requestAnimationFrame(f); }});
      </script>""",
    "a texture drawn in earlier frames": f"""<canvas id=c width=640 height=360></canvas><script>{GL}
      const gl = c.getContext("webgl"); const point = P(gl, POINT, ORANGE); const t = gl.getUniformLocation(point, "t");
      const whole = P(gl, "attribute vec2 a; varying vec2 v; void main() {{ v = a * .5 + .5; gl_Position = vec4(a, 0, 1); }}",
        "precision mediump float; uniform sampler2D s; varying vec2 v; void main() {{ gl_FragColor = texture2D(s, v); }}");
      const s = gl.getUniformLocation(whole, "s"); const b = gl.createBuffer(); gl.bindBuffer(gl.ARRAY_BUFFER, b);
      gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 3, -1, -1, 3]), gl.STATIC_DRAW);
      const texture = gl.createTexture(); gl.activeTexture(gl.TEXTURE2); gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 256, 0, gl.RGBA, gl.UNSIGNED_BYTE, null);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
      const frame = gl.createFramebuffer(); gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
      gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
      const at = gl.getAttribLocation(whole, "a"); let n = 0;
      requestAnimationFrame(function f(ms) {{ n++;
        if (n % 7 === 0) {{ gl.bindFramebuffer(gl.FRAMEBUFFER, frame); gl.viewport(0, 0, 256, 256); gl.clearColor(0, 0, 0, 1);
          gl.clear(gl.COLOR_BUFFER_BIT); gl.disableVertexAttribArray(at); gl.useProgram(point); gl.uniform1f(t, ms / 500);
          gl.drawArrays(gl.POINTS, 0, 1); }}
        gl.bindFramebuffer(gl.FRAMEBUFFER, null); gl.viewport(0, 0, 640, 360); gl.clear(gl.COLOR_BUFFER_BIT);
        gl.useProgram(whole); gl.uniform1i(s, 2); gl.enableVertexAttribArray(at);
        gl.vertexAttribPointer(at, 2, gl.FLOAT, false, 0, 0); gl.drawArrays(gl.TRIANGLES, 0, 3); requestAnimationFrame(f); }});
      </script>""",
    "a canvas that is drawn now and then": """<canvas id=c width=640 height=360></canvas><script>
      const gl = c.getContext("webgl"); let n = 0;
      requestAnimationFrame(function f() { if (++n % 50 === 0) { gl.clearColor(n / 200, .5, 0, 1); gl.clear(gl.COLOR_BUFFER_BIT); }
        requestAnimationFrame(f); });</script>""",
    "pixels that are read back": f"""<canvas id=c width=64 height=64></canvas><p id=o></p><script>{GL}
      const gl = c.getContext("webgl"); let sum = 0; const t = gl.getUniformLocation(P(gl, POINT, ORANGE), "t");
      requestAnimationFrame(function f(ms) {{ gl.clear(gl.COLOR_BUFFER_BIT); gl.uniform1f(t, ms / 500); gl.drawArrays(gl.POINTS, 0, 1);
        const pixel = new Uint8Array(4); gl.readPixels(32, 32, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel); sum += pixel[0];
        o.textContent = sum; requestAnimationFrame(f); }});</script>""",
    "a canvas copied into another": f"""<canvas id=d width=640 height=360></canvas><script>{GL}
      const c = document.createElement("canvas"), g = d.getContext("2d"); c.width = 640; c.height = 360;
      const gl = c.getContext("webgl"); const t = gl.getUniformLocation(P(gl, POINT, ORANGE), "t");
      requestAnimationFrame(function f(ms) {{ gl.clear(gl.COLOR_BUFFER_BIT); gl.uniform1f(t, ms / 500); gl.drawArrays(gl.POINTS, 0, 1);
        g.drawImage(c, 0, 0); requestAnimationFrame(f); }});</script>""",
}


@pytest.mark.parametrize("name", FEEDBACK)
def test_pages_that_build_on_earlier_frames_are_drawn_in_full(name: str) -> None:
    """What depends on frames nobody looks at is recognised by what it does, and gives the same bytes drawn in full."""
    found, asked = render(FEEDBACK[name]), render(FEEDBACK[name], draw_every_frame=True)
    assert found.render.drawn == "every"
    assert found.render.drawn_why not in ("", "asked for")
    assert shas(found) == shas(asked)
    assert len(set(shas(asked))) == 3


def test_css_animations_follow_the_page_clock() -> None:
    """A transition that begins at half a second has ended, with its event, before the last picture; bytes repeat."""
    body = """<style>#o { position: fixed; inset: 0; background: #000; transition: opacity 1s linear }
      .s { position: fixed; top: 300px; left: 300px; width: 50px; height: 50px; background: red; animation: spin 2s linear infinite }
      @keyframes spin { to { transform: rotate(360deg) } }</style><div id=o></div><div class=s></div><script>
      setTimeout(() => { o.style.opacity = 0 }, 500);
      o.addEventListener("transitionend", () => { o.remove(); document.body.append("gone " + Math.round(performance.now())) });</script>"""
    first, second = render(body), render(body)
    assert shas(first) == shas(second)
    assert len(set(shas(first))) == 3
    assert "gone 15" in first.render.visible_text


def test_errors_are_told_apart_with_their_lines() -> None:
    """Thrown errors, unhandled and late-handled rejections: kind, line and the page's own time are right."""
    render_ = render("""<script>
      Promise.reject(new Error("nobody"));
      const p = Promise.reject(new Error("handled later")); setTimeout(() => p.catch(() => {}), 100);
      setTimeout(function late() { throw new Error("late") }, 1000);
      </script><script>this is no javascript</script>""").render
    told = {error.message: error for error in render_.errors}
    assert set(told) == {"Error: nobody", "Error: late", "SyntaxError: Unexpected identifier 'is'"}
    assert told["Error: nobody"].kind == "rejection"
    assert told["Error: late"].kind == "error"
    place = told["Error: late"].location
    assert place is not None
    assert (place.line, place.function) == (4, "late")
    assert told["Error: late"].at_seconds == 1.0


def test_a_callback_that_throws_does_not_stop_time() -> None:
    """After an exception in a frame the page's other timers go on."""
    render_ = render("""<p id=o></p><script>
      requestAnimationFrame(function f() { requestAnimationFrame(f); missing.x });
      setTimeout(() => o.textContent = "alive", 2000);</script>""").render
    assert render_.visible_text == "alive"
    assert len(render_.errors) + render_.errors_dropped == 180


def test_a_loop_while_loading_is_ended_and_what_is_there_is_shown() -> None:
    """A page that never comes back is a hang at load, with a last picture, and costs only itself."""
    hung = render("seen<script>while (true) {}</script>", wall_seconds=3).render
    assert hung.hang is not None
    assert hung.hang.phase == "load"
    assert len(hung.frames) == 1
    assert hung.failure is None
    assert len(render("next").render.frames) == 3


def test_a_loop_after_a_while_is_ended() -> None:
    """A page that hangs at 1.5 s keeps its pictures up to then and says when it hung."""
    hung = render("<script>setTimeout(() => { while (true) {} }, 1500)</script>", wall_seconds=3).render
    assert hung.hang is not None
    assert (hung.hang.phase, hung.hang.at_seconds) == ("later", 1.5)
    assert [frame.at_seconds for frame in hung.frames] == [0.1, 1.0, 1.5]


def test_waiting_in_a_loop_for_time_to_pass_ends() -> None:
    """A busy wait on performance.now or Date.now is not a hang, and the same on every run."""
    body = """<script>const a = performance.now(); while (performance.now() - a < 100); const b = Date.now();
      while (Date.now() - b < 50); document.body.append("done " + Math.round(performance.now()))</script>"""
    first, second = render(body).render, render(body).render
    assert first.hang is None
    assert first.visible_text.startswith("done")
    assert first.visible_text == second.visible_text


def test_dialogs_are_answered_and_counted() -> None:
    """Two hundred alerts neither stop the page nor fill the record; a question is answered as Escape would."""
    render_ = render("""<script>for (let i = 0; i < 200; i++) alert("n " + i);
      document.body.append(String(confirm("sure?")) + String(prompt("name?")))</script>""").render
    assert render_.visible_text == "falsenull"
    assert render_.dialogs[0].message == "n 0"
    assert render_.dialogs[0].location is not None
    assert render_.dialogs[0].location.line == 1
    assert len(render_.dialogs) <= 100
    assert render_.dialogs_dropped > 0


def test_a_flood_of_console_lines_is_bounded() -> None:
    """100,000 console lines cost neither the attempt nor the record."""
    render_ = render(
        """<script>for (let i = 0; i < 100000; i++) console.log("line", i); document.body.append("done")</script>"""
    ).render
    assert render_.visible_text == "done"
    assert render_.console[0].text == "line 0"
    assert len(render_.console) <= 400
    assert render_.console_dropped > 90000


def test_nothing_but_the_page_and_the_cdn_can_be_reached() -> None:
    """Requests to other hosts, methods and sockets are refused and recorded, and the page goes on."""
    render_ = render("""<script>
      new WebSocket("ws://127.0.0.1:9/x"); fetch("http://169.254.1.1/").catch(() => {}); new Image().src = "https://example.com/a.png";
      navigator.sendBeacon("https://example.com/b", "x"); fetch("https://unpkg.com/x", { method: "POST" }).catch(() => {});
      open("https://example.com/popup"); document.body.append("on")</script>""").render
    refused = {request.url for request in render_.requests if request.outcome == "refused"}
    assert refused == {
        "ws://127.0.0.1:9/x",
        "http://169.254.1.1/",
        "https://example.com/a.png",
        "https://example.com/b",
        "https://unpkg.com/x",
    }
    assert render_.visible_text == "on"


def test_a_page_that_leaves_stays_and_one_that_reloads_goes_on() -> None:
    """Going elsewhere is refused and recorded; a reload begins the page anew without losing the pictures."""
    left = render("here<script>setTimeout(() => location.href = 'https://example.com/', 500)</script>").render
    assert left.visible_text == "here"
    assert [request.url for request in left.requests if request.outcome == "refused"] == ["https://example.com/"]
    again = render("here<script>setTimeout(() => location.reload(), 500)</script>").render
    assert len(again.frames) == 3
    assert again.failure is None


def test_frames_of_the_same_origin_share_the_clock() -> None:
    """A timer inside a srcdoc frame runs on the page's own time."""
    body = """<iframe id=f srcdoc="<body>0<script>let n = 0; setInterval(() => document.body.textContent = ++n, 100)</script>"></iframe>
      <p id=o></p><script>setTimeout(() => o.textContent = f.contentDocument.body.textContent, 2950)</script>"""
    assert render(body).render.visible_text.strip() == "29"


def test_a_worker_is_waited_for() -> None:
    """A worker's answer arrives at the page time at which it was asked for, on every run."""
    body = """<script>const w = new Worker(URL.createObjectURL(new Blob(["onmessage = () => { let s = 0; for (let i = 0; i < 3e6; i++) s += i; postMessage(s) }"])));
      w.onmessage = () => document.body.append("at " + Math.round(performance.now())); setTimeout(() => w.postMessage(1), 400)</script>"""
    render_ = render(body).render
    assert render_.visible_text == "at 400"
    assert render_.uncontrolled == ("worker",)


def test_files_are_answered_from_the_folder_and_never_from_outside(tmp_path: Path) -> None:
    """Relative addresses reach the files below the root; links and paths that lead out of it are a 404."""
    (tmp_path / "secret.txt").write_text("secret")
    root = tmp_path / "site"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "data.json").write_text('{"a": 1}')
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    (root / "page.html").write_text("""<!doctype html><p id=o></p><script type=module>
      const read = async (url) => { const r = await fetch(url); return r.ok ? r.text() : r.status };
      o.textContent = JSON.stringify([await read("sub/data.json"), await read("link.txt"), await read("/../secret.txt"), await read("%2e%2e/secret.txt")]);
      </script>""")
    task = RenderTask(
        id=AttemptId(prompt="p", model="m", number=1),
        delivery=Delivery(problem=None, form="bare", detail=""),
        root=str(root),
        page="page.html",
    )
    assert json.loads(session.render(task).render.visible_text) == ['{"a": 1}', 404, 404, 404]


def test_an_import_map_is_put_before_the_page_own_scripts() -> None:
    """A bare import resolves through the user's import map, and the page's lines keep their numbers."""
    render_ = session.render(
        RenderTask(
            id=AttemptId(prompt="p", model="m", number=1),
            delivery=Delivery(problem=None, form="bare", detail=""),
            document=Document(
                html="<!doctype html><html><head>\n</head><body><script type=module>\n"
                "import { x } from 'thing'; document.body.append(x); throw new Error('here')</script>",
                files={"thing.js": "export const x = 'mapped';"},
            ),
            import_map='{"imports": {"thing": "./thing.js"}}',
        )
    ).render
    assert render_.visible_text == "mapped"
    assert render_.errors[0].location is not None
    assert render_.errors[0].location.line == 3


def test_what_the_canvas_holds_is_known_apart_from_the_screen() -> None:
    """Under an opaque overlay the canvas's own picture is still read, and none of it counts as seen."""
    body = f"""<canvas id=c width=1280 height=720 style="display:block"></canvas>
      <div id=l class="a b" style="position:fixed;inset:0;background:#111;color:#fff">Loading…</div><script>{GL}
      const gl = c.getContext("webgl"); P(gl, POINT, ORANGE);
      requestAnimationFrame(function f() {{ gl.clear(gl.COLOR_BUFFER_BIT); gl.drawArrays(gl.POINTS, 0, 1); requestAnimationFrame(f); }});</script>"""
    render_ = render(body).render
    last = render_.frames[-1]
    assert last.canvas_pixels is not None
    assert last.canvas_pixels.colours > 1
    assert last.canvas_seen_share is not None
    assert last.canvas_seen_share < 0.3
    assert [(overlay.selector, overlay.text, overlay.covers_share) for overlay in render_.overlays] == [
        ("div#l.a.b", "Loading…", 1.0)
    ]


def test_shaders_that_do_not_compile_are_told_with_their_line() -> None:
    """A failing shader is recorded with stage, log and the line of its source."""
    render_ = render(f"""<canvas id=c></canvas><script>{GL}
      P(c.getContext("webgl"), POINT, "precision mediump float;\\nvoid main() {{\\n  gl_FragColor = nothing;\\n}}")</script>""").render
    assert [(error.stage, error.source_line) for error in render_.shader_errors] == [
        ("fragment", "gl_FragColor = nothing;")
    ]
    assert "undeclared" in render_.shader_errors[0].log
