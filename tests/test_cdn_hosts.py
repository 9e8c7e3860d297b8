"""Each host answers as the real one does: names, versions, entries, redirects, types, and its own kind of 404."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from cdn_registry import Files, Registry, registry
from hypothesis import given, settings
from hypothesis import strategies as some

from sampler.browser.cdn import Answer, Cdn

if TYPE_CHECKING:
    from collections.abc import Iterator

ORBIT = "import { Vector3 } from 'three';\nexport class OrbitControls {}\n"
OLD_ORBIT = "import { Vector3 } from '../../../build/three.module.js';\nexport class OrbitControls {}\n"
FONT = "examples/fonts/helvetiker_regular.typeface.json"


def three(minor: int) -> Files:
    """The files that three.js had at a release, each with little in it."""
    files: Files = {
        "build/three.module.js": f"export const REVISION = '{minor}';\nexport class Vector3 {{}}\n",
        "examples/jsm/controls/OrbitControls.js": ORBIT if minor >= 137 else OLD_ORBIT,
        "examples/jsm/loaders/GLTFLoader.js": "export class GLTFLoader {}",
        "src/Three.js": "export {};",
        "package.json": json.dumps({"main": "build/three.js", "module": "build/three.module.js"}),
    }
    if minor >= 137:
        exports = {".": {"import": "./build/three.module.js"}, "./addons/*": "./examples/jsm/*", "./src/*": "./src/*"}
        main = "./build/three.cjs"
        files["build/three.cjs"] = "exports.REVISION = 1;"
        files["build/three.module.min.js"] = "export const REVISION=1;"
        files["package.json"] = json.dumps({"main": main, "module": "./build/three.module.js", "exports": exports})
    if minor <= 160:
        files |= {"build/three.js": "var THREE;", "build/three.min.js": "var THREE"}
    if minor <= 147:
        files["examples/js/controls/OrbitControls.js"] = "THREE.OrbitControls = function () {};"
    if minor <= 183:
        files[FONT] = "{}"
    if minor >= 172:
        files["build/three.core.js"] = "export class Object3D {}"
        files["build/three.module.js"] = "export * from './three.core.js';\n"
    return files


@pytest.fixture(scope="module")
def served() -> Iterator[Registry]:
    """A registry with a small three.js of all ages, and a few libraries."""
    with registry() as made:
        for minor in (126, 128, 147, 150, 160, 183, 187):
            made.publish("three", f"0.{minor}.0", three(minor))
        made.publish("three", "0.160.1", three(160), latest=False)
        made.publish("cannon", "0.6.2", {"build/cannon.js": "", "build/cannon.min.js": "", "src/Cannon.js": ""})
        made.publish("dat.gui", "0.7.9", {"build/dat.gui.js": "", "build/dat.gui.min.js": "", "build/dat.gui.css": ""})
        made.publish("stats.js", "0.17.0", {"build/stats.min.js": "min", "src/Stats.js": "src"})
        made.publish("simplex-noise", "2.4.0", {"simplex-noise.js": "noise"})
        made.publish("gsap", "3.12.5", {"dist/gsap.min.js": "gsap", "dist/ScrollTrigger.min.js": "", "index.js": ""})
        made.publish("cannon-es", "0.20.0", {"dist/cannon-es.js": "export class World {}"})
        tween: Files = {"dist/tween.umd.js": "umd", "dist/tween.esm.js": "esm", "dist/tween.cjs.js": "cjs"}
        made.publish("@tweenjs/tween.js", "18.6.4", tween)
        made.publish("tween.js", "16.3.5", {"src/Tween.js": "old"})
        made.publish(
            "pretty",
            "2.0.0",
            {
                "dist/main.css": "a { background: url('img/a.png') } @import 'other.css'; b { color: url(data:x) }",
                "dist/pretty.js": "nodef",
                "dist/pretty.min.js": "min",
                "dist/browser.js": "browser",
                "lib/index.js": "index",
                "page.html": "<b>",
                "package.json": json.dumps({"main": "lib", "unpkg": "dist/pretty.js", "jsdelivr": "dist/pretty.js"}),
            },
        )
        yield made


@pytest.fixture(scope="module")
def cdn(served: Registry, tmp_path_factory: pytest.TempPathFactory) -> Cdn:
    """A stand-in CDN over that registry."""
    return Cdn(tmp_path_factory.mktemp("cache"), settings=served.settings)


@pytest.fixture(scope="module")
def offline(served: Registry, tmp_path_factory: pytest.TempPathFactory) -> Cdn:
    """A stand-in CDN with the newest and one older three.js in its cache, and no network."""
    cache = tmp_path_factory.mktemp("offline")
    for version in ("latest", "0.160.0", "0.128.0"):
        Cdn(cache, settings=served.settings).answer(f"https://unpkg.com/three@{version}/build/three.module.js")
    return Cdn(cache, offline=True, settings=served.settings)


def from_file(answer: Answer) -> str:
    """`package@version/path` of the file that answered."""
    assert answer.outcome == "answered", answer.detail
    return answer.detail


CDNJS = "https://cdnjs.cloudflare.com/ajax/libs"


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("three.js/r128/three.min.js", "three@0.128.0/build/three.min.js"),
        ("three.js/r128/three.js", "three@0.128.0/build/three.js"),
        ("three.js/r128/three.module.js", "three@0.128.0/build/three.module.js"),
        ("three.js/r128/three.module.min.js", "three@0.128.0/build/three.module.js"),
        ("three.js/128/three.min.js", "three@0.128.0/build/three.min.js"),
        ("three.js/0.160.0/three.min.js", "three@0.160.0/build/three.min.js"),
        ("three.js/0.160.1/three.cjs", "three@0.160.1/build/three.cjs"),
        ("cannon.js/0.6.2/cannon.min.js", "cannon@0.6.2/build/cannon.min.js"),
        ("cannon.js/0.6.0/cannon.min.js", "cannon@0.6.2/build/cannon.min.js"),
        ("dat-gui/0.7.9/dat.gui.min.js", "dat.gui@0.7.9/build/dat.gui.min.js"),
        ("stats.js/r17/Stats.min.js", "stats.js@0.17.0/src/Stats.js"),
        ("simplex-noise/2.4.0/simplex-noise.min.js", "simplex-noise@2.4.0/simplex-noise.js"),
        ("gsap/3.12.5/gsap.min.js", "gsap@3.12.5/dist/gsap.min.js"),
        ("tween.js/18.6.4/tween.umd.js", "@tweenjs/tween.js@18.6.4/dist/tween.umd.js"),
        ("tween.js/16.3.5/Tween.min.js", "tween.js@16.3.5/src/Tween.js"),
    ],
)
def test_cdnjs_has_its_own_names(cdn: Cdn, path: str, file: str) -> None:
    """Names of libraries, versions and files on cdnjs lead to npm; a minified twin stands for the plain file."""
    answer = cdn.answer(f"{CDNJS}/{path}")
    assert from_file(answer) == file
    assert answer.headers["content-type"] == "application/javascript; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-content-type-options"] == "nosniff"


JSDELIVR = "https://cdn.jsdelivr.net/npm"
MODULE = " (a module, to be imported; there is no script of it any more)"


@pytest.mark.parametrize(
    ("path", "instead"),
    [
        ("three.js/r128/OrbitControls.js", f"{JSDELIVR}/three@0.128.0/examples/js/controls/OrbitControls.js"),
        (
            "three.js/r128/examples/js/controls/OrbitControls.js",
            f"{JSDELIVR}/three@0.128.0/examples/js/controls/OrbitControls.js",
        ),
        (
            "three.js/0.160.0/OrbitControls.js",
            f"{JSDELIVR}/three@0.160.0/examples/jsm/controls/OrbitControls.js{MODULE}",
        ),
        ("three.js/r128/build/three.min.js", f"{CDNJS}/three.js/r128/three.min.js"),
        ("three.js/r150/three.min.js", f"{CDNJS}/three.js/0.150.0/three.min.js"),
        ("three.js/r127/three.min.js", f"{CDNJS}/three.js/r128/three.min.js"),
        ("three.js/r187/three.min.js", f"{CDNJS}/three.js/0.187.0/three.module.min.js{MODULE}"),
        ("three.js/latest/three.min.js", None),
        ("three.js/r128/nothing.js", None),
        ("cannon.js/0.6.2/Cannon.js", f"{JSDELIVR}/cannon@0.6.2/src/Cannon.js"),
        ("cannon-es/0.20.0/cannon-es.js", f"{JSDELIVR}/cannon-es@0.20.0/dist/cannon-es.js"),
        ("cannon-es/0.21.0/cannon-es.min.js", f"{JSDELIVR}/cannon-es@0.20.0/dist/cannon-es.js"),
        ("gsap/3.12.5/index.js", f"{JSDELIVR}/gsap@3.12.5/index.js"),
        ("no-such-library/1.0.0/a.js", None),
    ],
)
def test_cdnjs_lacks_what_it_lacks(cdn: Cdn, path: str, instead: str | None) -> None:
    """Of three.js only build files, no ranges, not every library: a 404 page, and where the file is."""
    answer = cdn.answer(f"{CDNJS}/{path}")
    assert (answer.status, answer.outcome) == (404, "missing")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert b"404 Not Found" in answer.body
    assert answer.suggestion == instead
    assert answer.detail


@pytest.mark.parametrize(
    ("path", "file", "location"),
    [
        ("three@0.160.0/build/three.min.js", "three@0.160.0/build/three.min.js", None),
        ("three@0.160/build/three.min.js", "three@0.160.1/build/three.min.js", "three@0.160.1/build/three.min.js"),
        ("three@%5E0.160.0/build/three.js", "three@0.160.1/build/three.js", "three@0.160.1/build/three.js"),
        ("three@0.128.0", "three@0.128.0/build/three.js", "three@0.128.0/build/three.js"),
        ("three", "three@0.187.0/build/three.cjs", "three@0.187.0/build/three.cjs"),
        ("three@latest", "three@0.187.0/build/three.cjs", "three@0.187.0/build/three.cjs"),
        ("three@0.160.0?module", None, "three@0.160.0/build/three.module.js?module"),
        ("pretty", "pretty@2.0.0/dist/pretty.js", "pretty@2.0.0/dist/pretty.js"),
        ("pretty@2.0.0/lib", "pretty@2.0.0/lib/index.js", "pretty@2.0.0/lib/index.js"),
        ("pretty@2.0.0/lib/index", "pretty@2.0.0/lib/index.js", "pretty@2.0.0/lib/index.js"),
        ("@tweenjs/tween.js@18/dist/tween.esm.js", None, "@tweenjs/tween.js@18.6.4/dist/tween.esm.js"),
    ],
)
def test_unpkg_redirects_are_followed(cdn: Cdn, path: str, file: str | None, location: str | None) -> None:
    """Versions, entries and guessed suffixes lead to the file that unpkg redirects to, and say its address."""
    answer = cdn.answer(f"https://unpkg.com/{path}")
    assert answer.status == 200
    assert file is None or from_file(answer) == file
    assert answer.headers.get("content-location") == (f"https://unpkg.com/{location}" if location else None)


def test_relative_imports_hold_after_a_redirect(cdn: Cdn) -> None:
    """A module behind a redirect still loads its neighbours: what it imports is written out in full."""
    answer = cdn.answer("https://unpkg.com/three?module")
    assert b"from 'https://unpkg.com/three@0.187.0/build/three.core.js?module'" in answer.body
    answer = cdn.answer("https://unpkg.com/three@0.187/build/three.module.js")
    assert answer.body == b"export * from 'https://unpkg.com/three@0.187.0/build/three.core.js';\n"
    direct = cdn.answer("https://unpkg.com/three@0.187.0/build/three.module.js")
    assert direct.body == b"export * from './three.core.js';\n"


def test_relative_addresses_of_css_hold_after_a_redirect(cdn: Cdn) -> None:
    """A style sheet behind a redirect still finds its pictures and imports; data addresses stay as they are."""
    body = cdn.answer("https://unpkg.com/pretty/dist/main.css").body.decode()
    assert "url('https://unpkg.com/pretty@2.0.0/dist/img/a.png')" in body
    assert "@import 'https://unpkg.com/pretty@2.0.0/dist/other.css'" in body
    assert "url(data:x)" in body


def test_unpkg_points_bare_imports_at_itself(cdn: Cdn) -> None:
    """`?module` turns bare imports into unpkg's addresses, and keeps the parameter on relative ones."""
    old = cdn.answer("https://unpkg.com/three@0.126.0/examples/jsm/controls/OrbitControls.js?module").body
    assert b"from '../../../build/three.module.js?module'" in old
    new = cdn.answer("https://unpkg.com/three@0.160.0/examples/jsm/controls/OrbitControls.js?module").body
    assert b"from 'https://unpkg.com/three@latest?module'" in new
    plain = cdn.answer("https://unpkg.com/three@0.160.0/examples/jsm/controls/OrbitControls.js").body
    assert plain.decode() == ORBIT


@pytest.mark.parametrize(
    ("url", "text", "instead"),
    [
        (
            "https://unpkg.com/three@0.160.0/examples/js/controls/OrbitControls.js",
            "Not found: /three@0.160.0/examples/js/controls/OrbitControls.js",
            f"https://unpkg.com/three@0.160.0/examples/jsm/controls/OrbitControls.js{MODULE}",
        ),
        (
            "https://unpkg.com/three@0.187.0/build/three.min.js",
            "Not found: /three@0.187.0/build/three.min.js",
            f"https://unpkg.com/three@0.187.0/build/three.module.min.js{MODULE}",
        ),
        (
            "https://unpkg.com/three@0.160.7/build/three.min.js",
            "Package version not found: three@0.160.7",
            "https://unpkg.com/three@0.160.1/build/three.min.js",
        ),
        ("https://unpkg.com/nothing-here/a.js", "Package not found: nothing-here", None),
        (
            f"{JSDELIVR}/three@r128/build/three.min.js",
            "Couldn't find the requested release version r128.",
            f"{JSDELIVR}/three@0.128.0/build/three.min.js",
        ),
        (
            f"{JSDELIVR}/three@0.160.0/controls/OrbitControls.js",
            "Couldn't find the requested file /controls/OrbitControls.js in three.",
            f"{JSDELIVR}/three@0.160.0/examples/jsm/controls/OrbitControls.js",
        ),
        (
            f"{JSDELIVR}/three@0.160.0/addons/loaders/GLTFLoader.js",
            "Couldn't find the requested file /addons/loaders/GLTFLoader.js in three.",
            f"{JSDELIVR}/three@0.160.0/examples/jsm/loaders/GLTFLoader.js",
        ),
        (
            "https://threejs.org/examples/js/controls/OrbitControls.js",
            None,
            f"{JSDELIVR}/three@0.147.0/examples/js/controls/OrbitControls.js",
        ),
        ("https://threejs.org/build/three.min.js", None, f"{JSDELIVR}/three@0.160.0/build/three.min.js"),
        (
            "https://cdn.skypack.dev/three@0.160.9",
            None,
            "https://cdn.skypack.dev/three@0.160.1",
        ),
        (
            "https://esm.sh/three@0.161.0/examples/jsm/controls/OrbitControls",
            None,
            "https://esm.sh/three@0.160.0/examples/jsm/controls/OrbitControls.js",
        ),
    ],
)
def test_a_404_says_what_would_have_worked(cdn: Cdn, url: str, text: str | None, instead: str | None) -> None:
    """Wrong versions, folders and scripts that are gone: the host's own words, and the right address."""
    answer = cdn.answer(url)
    assert (answer.status, answer.outcome) == (404, "missing")
    assert text is None or answer.body.decode() == text
    assert answer.suggestion == instead
    assert answer.headers["content-type"].startswith(("text/plain", "text/html"))


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("pretty@2.0.0", "pretty@2.0.0/dist/pretty.min.js"),
        ("pretty@2.0.0/dist/browser.min.js", "pretty@2.0.0/dist/browser.js"),
        ("pretty@2.0.0/dist/main.min.css", "pretty@2.0.0/dist/main.css"),
        ("three@0.128.0", "three@0.128.0/build/three.min.js"),
        ("three@0.126.0/build/three.module.min.js", "three@0.126.0/build/three.module.js"),
        ("three@0.160/build/three.module.js", "three@0.160.1/build/three.module.js"),
    ],
)
def test_jsdelivr_minifies_and_finds_the_default(cdn: Cdn, path: str, file: str) -> None:
    """A `.min` that is not in the package is made from the plain file; a bare address gives the minified default."""
    assert from_file(cdn.answer(f"{JSDELIVR}/{path}")) == file


def test_jsdelivr_falls_back_to_an_older_version(cdn: Cdn) -> None:
    """A file that the newest version lost is served from the last that had it, for ranges but not for versions."""
    lost = "examples/js/controls/OrbitControls.js"
    assert from_file(cdn.answer(f"{JSDELIVR}/three/{lost}")) == f"three@0.147.0/{lost}"
    assert cdn.answer(f"{JSDELIVR}/three@0.187.0/{lost}").outcome == "missing"
    assert cdn.answer(f"{JSDELIVR}/three@0.160/{lost}").outcome == "missing"


def test_jsdelivr_sends_html_as_text(cdn: Cdn) -> None:
    """JsDelivr sends pages as plain text, and lists a folder as a page; unpkg sends pages as pages."""
    assert cdn.answer(f"{JSDELIVR}/pretty@2.0.0/page.html").headers["content-type"] == "text/plain; charset=utf-8"
    assert cdn.answer("https://unpkg.com/pretty@2.0.0/page.html").headers["content-type"] == "text/html; charset=utf-8"
    listed = cdn.answer(f"{JSDELIVR}/pretty@2.0.0/dist/")
    assert listed.headers["content-type"].startswith("text/html")
    assert b"pretty.min.js" in listed.body


def test_jsdelivr_combines(cdn: Cdn) -> None:
    """`/combine` gives several files in one, and fails whole when one is missing."""
    both = "https://cdn.jsdelivr.net/combine/npm/three@0.128.0/build/three.min.js,npm/gsap@3.12.5/dist/gsap.min.js"
    assert cdn.answer(both).body == b"var THREE\ngsap"
    assert cdn.answer(both + ",npm/gsap@3.12.5/none.js").outcome == "missing"
    assert cdn.answer("https://cdn.jsdelivr.net/combine/" + ",".join(["npm/gsap"] * 100)).status == 400


@pytest.mark.parametrize(
    ("url", "file", "kind"),
    [
        ("https://threejs.org/build/three.module.js", "three@0.187.0/build/three.module.js", "text/javascript"),
        (
            "https://threejs.org/examples/jsm/controls/OrbitControls.js",
            "three@0.187.0/examples/jsm/controls/OrbitControls.js",
            "text/javascript",
        ),
        (f"https://threejs.org/{FONT}", f"three@0.183.0/{FONT}", "application/json"),
        (
            "https://cdn.jsdelivr.net/gh/mrdoob/three.js@r128/examples/js/controls/OrbitControls.js",
            "three@0.128.0/examples/js/controls/OrbitControls.js",
            "application/javascript",
        ),
        (
            "https://rawcdn.githack.com/mrdoob/three.js/r147/build/three.min.js",
            "three@0.147.0/build/three.min.js",
            "text/javascript",
        ),
        (
            "https://rawgit.com/mrdoob/three.js/master/build/three.module.js",
            "three@0.187.0/build/three.module.js",
            "text/javascript",
        ),
        (
            "https://raw.githubusercontent.com/mrdoob/three.js/refs/heads/dev/build/three.module.js",
            "three@0.187.0/build/three.module.js",
            "text/plain",
        ),
        (
            "https://ajax.googleapis.com/ajax/libs/threejs/r128/three.min.js",
            "three@0.128.0/build/three.min.js",
            "text/javascript",
        ),
        (
            "https://mrdoob.github.io/three.js/build/three.module.js",
            "three@0.187.0/build/three.module.js",
            "text/javascript",
        ),
    ],
)
def test_repositories_and_sites_are_answered_from_npm(cdn: Cdn, url: str, file: str, kind: str) -> None:
    """threejs.org has the newest release, GitHub addresses their tag; raw.githubusercontent.com sends text."""
    answer = cdn.answer(url)
    assert from_file(answer) == file
    assert answer.headers["content-type"].startswith(kind)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/three.js",
        "https://unpkg.com.evil.example/three",
        "https://unpkg.com:8443/three",
        "http://unpkg.com:443/three",
        "https://user:secret@unpkg.com/three",
        "ftp://unpkg.com/three",
        "file:///etc/passwd",
        "http://127.0.0.1/three",
        "http://[::1]/three",
        "http://localhost/",
        "https:///three",
        "javascript:alert(1)",
        "data:text/javascript,1",
        "not an address",
        "",
        "https://[broken/three",
        "https://unpkg.com:notaport/three",
        "https://unpkg.com/three/" + "x" * 9000,
        "https://unpkg.com/three%00",
    ],
)
def test_everything_else_is_refused(served: Registry, cdn: Cdn, url: str) -> None:
    """Other hosts, schemes, ports, credentials and nonsense are refused with a reason, and nobody is asked."""
    asked = len(served.asked)
    answer = cdn.answer(url)
    assert (answer.status, answer.outcome) == (403, "refused")
    assert answer.detail
    assert "access-control-allow-origin" not in answer.headers
    assert len(served.asked) == asked


def test_http_works_like_https(cdn: Cdn) -> None:
    """A CDN's address with http, in capitals or with a dot at the host's end gives the same file."""
    for url in ("http://unpkg.com/three@0.128.0/build/three.js", "https://UNPKG.com./three@0.128.0/build/three.js"):
        assert from_file(cdn.answer(url)) == "three@0.128.0/build/three.js"


def test_dots_do_not_leave_a_package(cdn: Cdn) -> None:
    """Dots in a path, plain or encoded, are resolved before anything is looked up."""
    inside = "https://unpkg.com/three@0.128.0/examples/../build/three.js"
    assert from_file(cdn.answer(inside)) == "three@0.128.0/build/three.js"
    for path in ("three@0.128.0/../../../etc/passwd", "three@0.128.0/%2e%2e/%2e%2e/etc/passwd", "..%2f..%2fetc/passwd"):
        assert cdn.answer(f"https://unpkg.com/{path}").outcome in {"missing", "refused"}


HOSTS = some.sampled_from(
    [
        "cdnjs.cloudflare.com/ajax/libs",
        "unpkg.com",
        "cdn.jsdelivr.net/npm",
        "cdn.jsdelivr.net/gh",
        "cdn.jsdelivr.net/combine",
        "esm.run",
        "cdn.skypack.dev",
        "esm.sh",
        "ga.jspm.io",
        "jspm.dev",
        "threejs.org/build",
        "raw.githubusercontent.com/mrdoob/three.js",
        "ajax.googleapis.com/ajax/libs",
    ]
)
PIECES = some.sampled_from(
    [
        "three",
        "three@0.160.0",
        "@",
        "@scope",
        "@tweenjs",
        "tween.js@18",
        "npm:three@0.160.0",
        "+esm",
        "*three",
        "-",
        "pin",
        "mode=imports",
        "optimized",
        "three@v0.160.0-01234567890123456789",
        "three.js",
        "r128",
        "build",
        "..",
        "%2e%2e",
        "?",
        "?module",
        "?deps=@,&external=",
        "es2022",
        "X-abc",
        "three.mjs",
        "%ff",
        "%00",
        "é",
        "refs",
    ]
)


@settings(deadline=None)
@given(host=HOSTS, pieces=some.lists(PIECES | some.text(max_size=8), max_size=7))
def test_no_address_makes_it_raise(offline: Cdn, host: str, pieces: list[str]) -> None:
    """Whatever a page asks for, there is an answer of one of the four kinds."""
    answer = offline.answer(f"https://{host}/" + "/".join(pieces))
    assert answer.outcome in {"answered", "missing", "unavailable", "refused"}
    assert (answer.outcome == "answered") == (answer.status < 400)
