"""ESM CDNs: imports lead back to the CDN, every name of a module to one instance, CommonJS becomes a module."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING

import pytest
from cdn_registry import Registry, registry
from hypothesis import given, settings
from hypothesis import strategies as some
from playwright.async_api import async_playwright

from sampler.browser.cdn import Cdn
from sampler.browser.cdn.cache import Cache
from sampler.browser.cdn.entry import exported
from sampler.browser.cdn.javascript import Scans, scan
from sampler.browser.launcher import launch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.async_api import Route

UMD = """#!/usr/bin/env node
(function (global, factory) {
  typeof exports === 'object' && typeof module !== 'undefined' ? factory(exports) :
  typeof define === 'function' && define.amd ? define(['exports'], factory) :
  (global = global || self, factory(global.OLD = {}));
}(this, (function (exports) { 'use strict';
  function Old() { this.kind = 'old'; }
  exports.Old = Old;
  Object.defineProperty(exports, '__esModule', { value: true });
})));"""
COMMONJS = """
'use strict';
const base = require('base-cjs');
const fs = require('fs');
const other = require('./other');
module.exports = {
  sum: base.one + other.two, base, mode: process.env.NODE_ENV, hasFiles: !!fs.readFileSync, self: this === exports,
};
module.exports.lazy = () => import('./lazy.mjs');
"""


@pytest.fixture(scope="module")
def served() -> Iterator[Registry]:
    """A small three.js, one library that builds on it, and libraries of every kind of module."""
    with registry() as made:
        for version in ("0.135.0", "0.136.0"):
            made.publish(
                "three",
                version,
                {
                    "build/three.module.js": "export class Vector3 {}\nexport const REVISION = 1;",
                    "build/three.js": "exports.REVISION = 1;",
                    "examples/jsm/controls/OrbitControls.js": (
                        "import { Vector3 } from 'three';\nimport { Pass } from '../postprocessing/Pass.js';\n"
                        "export class OrbitControls extends Vector3 {}\nexport { Pass };\n"
                    ),
                    "examples/jsm/postprocessing/Pass.js": (
                        "import * as T from 'three';\nexport class Pass {}\nPass.T = T;"
                    ),
                    "package.json": json.dumps(
                        {
                            "main": "./build/three.js",
                            "module": "./build/three.module.js",
                            "exports": {
                                ".": {"import": "./build/three.module.js", "require": "./build/three.js"},
                                "./examples/jsm/*": "./examples/jsm/*",
                                "./addons/*": "./examples/jsm/*",
                            },
                        }
                    ),
                },
            )
        made.publish(
            "on-three",
            "1.0.0",
            {
                "index.js": "import {Vector3} from 'three'; export default class extends Vector3 {} export {Vector3};",
                "package.json": '{"module": "index.js", "peerDependencies": {"three": ">=0.135"}}',
            },
        )
        made.publish("umd", "1.0.0", {"umd.js": UMD, "package.json": '{"main": "umd.js"}'})
        made.publish("base-cjs", "2.1.0", {"index.js": "exports.one = 1; exports.class = 2; exports['a-b'] = 3;"})
        made.publish(
            "cjs",
            "1.0.0",
            {
                "lib/index.js": COMMONJS,
                "lib/other.js": "exports.two = 2;",
                "lib/lazy.mjs": "export const lazy = 'lazy';",
                "data.json": '{"answer": 42}',
                "package.json": '{"main": "lib", "dependencies": {"base-cjs": "^2.0.0"}}',
            },
        )
        yield made


@pytest.fixture(scope="module")
def cdn(served: Registry, tmp_path_factory: pytest.TempPathFactory) -> Cdn:
    """A stand-in CDN over that registry."""
    return Cdn(tmp_path_factory.mktemp("cache"), settings=served.settings)


def imports(cdn: Cdn, url: str) -> list[str]:
    """What the module at an address imports."""
    answer = cdn.answer(url)
    assert answer.outcome == "answered", answer.detail
    assert answer.headers["content-type"] == "application/javascript; charset=utf-8"
    return [reference.specifier for reference in scan(answer.body).references]


def test_skypack_leads_every_name_to_one_instance(cdn: Cdn) -> None:
    """A package's address, a range, its file and its own addons' imports all end at one pinned address."""
    names = ("three@0.136.0", "three", "three@^0.136", "three@0.136.0/build/three.module.js", "three@0.136.0?min")
    pinned = {address for name in names for address in imports(cdn, f"https://cdn.skypack.dev/{name}")}
    assert len(pinned) == 1
    (address,) = pinned
    assert re.fullmatch(r"/-/three@v0\.136\.0-\w{20}/dist=es2019,mode=imports/optimized/three\.js", address)
    stub = "https://cdn.skypack.dev/three@0.136.0/examples/jsm/controls/OrbitControls.js"
    (addon,) = imports(cdn, stub)
    assert imports(cdn, f"https://cdn.skypack.dev{addon}") == [
        address,
        addon.replace("controls/OrbitControls", "postprocessing/Pass"),
    ]
    assert b"class Vector3" in cdn.answer(f"https://cdn.skypack.dev{address}").body


def test_jsdelivr_esm_leads_addons_to_the_page_s_three(cdn: Cdn) -> None:
    """`+esm` turns an addon's `three` into the address that a page imports it by."""
    at = "https://cdn.jsdelivr.net/npm/three@0.136.0"
    assert imports(cdn, f"{at}/examples/jsm/controls/OrbitControls.js/+esm") == [
        "/npm/three@0.136.0/+esm",
        "/npm/three@0.136.0/examples/jsm/postprocessing/Pass.js/+esm",
    ]
    assert imports(cdn, "https://cdn.jsdelivr.net/npm/on-three/+esm") == ["/npm/three@0.136.0/+esm"]
    assert imports(cdn, "https://esm.run/on-three") == ["https://cdn.jsdelivr.net/npm/three@0.136.0/+esm"]
    assert b"class Vector3" in cdn.answer(f"{at}/+esm").body


def test_esm_sh_leads_every_name_to_one_instance(cdn: Cdn) -> None:
    """A package's address, a range and its addons end at one built address; parameters are handed on."""
    one = "/three@0.136.0/es2022/three.mjs"
    for name in ("three", "three@0.136.0", "three@0.136", "three@0.136.0/build/three.module.js", "v135/three@0.136.0"):
        assert set(imports(cdn, f"https://esm.sh/{name}")) == {one}
    addon = "/three@0.136.0/es2022/examples/jsm/controls/OrbitControls.mjs"
    assert imports(cdn, "https://esm.sh/three/addons/controls/OrbitControls.js") == [addon]
    assert imports(cdn, f"https://esm.sh{addon}")[0] == one
    assert imports(cdn, "https://esm.sh/on-three@1.0.0/es2022/on-three.mjs") == [one]


def test_esm_sh_does_what_its_parameters_say(cdn: Cdn) -> None:
    """`deps` sets a version, `alias` another package, `external` and the star leave names to the import map."""
    built = "https://esm.sh/on-three@1.0.0/es2022/on-three.mjs"
    stub = imports(cdn, "https://esm.sh/on-three?deps=three@0.135.0")[0]
    assert imports(cdn, f"https://esm.sh{stub}") == ["/three@0.135.0/es2022/three.mjs?deps=three@0.135.0"]
    assert imports(cdn, f"{built}?external=three") == ["three"]
    assert imports(cdn, f"https://esm.sh{imports(cdn, 'https://esm.sh/*on-three')[0]}") == ["three"]
    assert imports(cdn, f"{built}?alias=three:umd")[0].startswith("/umd@1.0.0/es2022/umd.mjs")


def test_jspm_leaves_names_to_the_import_map(cdn: Cdn) -> None:
    """ga.jspm.io serves exact versions and leaves imports by name; jspm.dev resolves both."""
    addon = "npm:three@0.136.0/examples/jsm/controls/OrbitControls.js"
    assert imports(cdn, f"https://ga.jspm.io/{addon}")[0] == "three"
    assert cdn.answer("https://ga.jspm.io/npm:three@0.136/build/three.module.js").outcome == "missing"
    assert set(imports(cdn, "https://jspm.dev/three@0.136")) == {"/npm:three@0.136.0/build/three.module.js"}
    assert imports(cdn, f"https://jspm.dev/{addon}")[0] == "/npm:three@0.136.0/build/three.module.js"


def test_files_that_are_no_modules_come_as_they_are(cdn: Cdn) -> None:
    """An ESM CDN gives JSON and other files untouched."""
    for host in ("https://esm.sh", "https://cdn.skypack.dev"):
        answer = cdn.answer(f"{host}/cjs@1.0.0/data.json")
        assert json.loads(answer.body) == {"answer": 42}
        assert answer.headers["content-type"].startswith("application/json")


PAGE = """<!doctype html><script type="module">
const results = {};
const check = async (name, work) => {
  try { results[name] = await work(); } catch (error) { results[name] = String(error); }
};
for (const [host, address] of Object.entries(%s)) {
  await check(host + " cjs", async () => {
    const found = await import(address("cjs"));
    const { default: whole, sum } = found;
    const lazy = (await whole.lazy()).lazy;
    return [sum, whole.base.class, whole.base["a-b"], whole.mode, whole.hasFiles, whole.self, lazy].join();
  });
  await check(host + " umd", async () => {
    const { Old, default: whole } = await import(address("umd"));
    return new Old().kind + new whole.Old().kind;
  });
  await check(host + " three", async () => {
    const THREE = await import(address("three@0.136.0"));
    const { OrbitControls, Pass } = await import(address("three@0.136.0/examples/jsm/controls/OrbitControls.js"));
    const { default: Mine } = await import(address("on-three"));
    const made = [new OrbitControls(), new Mine()].map(one => one instanceof THREE.Vector3);
    return [...made, Pass.T.Vector3 === THREE.Vector3].join();
  });
}
globalThis.results = results;
</script>"""


@pytest.mark.browser
def test_modules_run_in_a_browser(cdn: Cdn) -> None:
    """In Chromium, CommonJS, UMD and modules from every ESM CDN run, and addons share the page's three.js."""
    hosts = {
        "skypack": "name => `https://cdn.skypack.dev/${name}`",
        "esm.sh": "name => `https://esm.sh/${name}`",
        "jsdelivr": "name => `https://cdn.jsdelivr.net/npm/${name}/+esm`",
    }
    page = PAGE % ("{" + ", ".join(f"{json.dumps(host)}: {code}" for host, code in hosts.items()) + "}")
    results = asyncio.run(_run(cdn, page))
    for host in hosts:
        assert results[f"{host} cjs"] == "3,2,3,production,false,true,lazy"
        assert results[f"{host} umd"] == "oldold"
        assert results[f"{host} three"] == "true,true,true"


@pytest.mark.browser
@pytest.mark.network
def test_real_libraries_run_in_a_browser() -> None:
    """three.js, cannon and simplex-noise run as modules; OrbitControls is built on the page's three."""
    page = """<!doctype html><script type="module">
    const results = {};
    const say = async (name, work) => {
      try { results[name] = await work(); } catch (error) { results[name] = String(error); }
    };
    await say("orbit", async () => {
      const THREE = await import("https://cdn.skypack.dev/three@0.136.0");
      const { OrbitControls } = await import("https://cdn.skypack.dev/three@0.136.0/examples/jsm/controls/OrbitControls.js");
      const controls = new OrbitControls(new THREE.PerspectiveCamera(), document.createElement("canvas"));
      return [controls instanceof THREE.EventDispatcher, controls.target instanceof THREE.Vector3].join();
    });
    await say("cannon", async () => {
      const { default: CANNON, World } = await import("https://esm.sh/cannon@0.6.2");
      return new CANNON.World() instanceof (World ?? CANNON.World);
    });
    await say("simplex", async () => {
      const { default: SimplexNoise } = await import("https://cdn.jsdelivr.net/npm/simplex-noise@2.4.0/+esm");
      return typeof new SimplexNoise("seed").noise2D(1, 2);
    });
    globalThis.results = results;
    </script>"""
    assert asyncio.run(_run(Cdn(), page)) == {"orbit": "true,true", "cannon": True, "simplex": "number"}


async def _run(cdn: Cdn, page: str) -> dict[str, object]:
    """Open a page whose requests the stand-in CDN answers; what it leaves in `results`."""

    async def answer(route: Route) -> None:
        if route.request.url == "http://page.localhost/":
            await route.fulfill(status=200, content_type="text/html", body=page)
        else:
            found = await asyncio.to_thread(cdn.answer, route.request.url)
            await route.fulfill(status=found.status, headers=found.headers, body=found.body)

    async with async_playwright() as playwright, launch(playwright, sandbox=False) as launched:
        tab = await launched.browser.new_page()
        await tab.route("**/*", answer)
        await tab.goto("http://page.localhost/")
        await tab.wait_for_function("() => globalThis.results", timeout=60_000)
        found: dict[str, object] = await tab.evaluate("results")
        return found


def test_imports_are_found_by_syntax() -> None:
    """Imports count where they are imports: not in comments, strings, templates or regular expressions."""
    source = rb"""
    // import a from 'comment';
    /* export * from 'block'; */
    const text = "import b from 'text'"; const template = `import c from '${text}'`; const r = /import d from 'x'/;
    import one from 'one'; import'two'; import * as three from "three"; import {a as b} from './four.js';
    export * from 'five'; export {x} from "six"; const seven = () => import('seven'); import(`eight`);
    import(text); import(`nine${text}`); object.import('ten'); import json from './e.json' with { type: 'json' };
    """
    names = [reference.specifier for reference in scan(source).references]
    assert names == ["one", "two", "three", "./four.js", "five", "six", "seven", "eight", "./e.json"]


def test_rewriting_touches_nothing_else(tmp_path: Path) -> None:
    """Only the specifiers change, byte for byte, also after characters that are longer than a byte."""
    source = "const s = 'é\N{PILE OF POO}'; import a from 'three'; export * from \"./b.js\"; // 'three'\n".encode()
    scans = Scans(Cache(tmp_path))
    new = scans.rewritten(source, lambda name: "https://x.example/" if name == "three" else None)
    assert new == source.replace(b"from 'three'", b"from 'https://x.example/'")
    assert scans.rewritten(source, lambda _: None) is source


def test_large_scans_are_remembered(tmp_path: Path) -> None:
    """What was found in a large file is read from the cache by the next start, and found again when that is damaged."""
    source = b"import 'a';\n" + b"const x = 1;\n" * 4000
    first = Scans(Cache(tmp_path)).scan(source)
    (kept,) = (tmp_path / "scans").iterdir()
    assert Scans(Cache(tmp_path)).scan(source) == first
    for damaged in ("{", '{"references": 1}', "[]"):
        kept.write_text(damaged)
        assert Scans(Cache(tmp_path)).scan(source) == first


@pytest.mark.parametrize(
    ("source", "is_module", "has_default", "is_commonjs"),
    [
        (b"export default 1;", True, True, False),
        (b"const a = 1; export { a as default };", True, True, False),
        (b"export const a = 1; // default", True, False, False),
        (b"import 'x'; module.exports = 1;", True, False, False),
        (b"module.exports = 1;", False, False, True),
        (b"window.THREE = {};", False, False, False),
        (b"const text = 'export default 1'; exports.a = text;", False, False, True),
        (UMD.encode(), False, False, True),
        (b"", False, False, False),
        (b"\xff\xfe export {", False, False, False),
    ],
)
def test_kinds_of_modules(source: bytes, *, is_module: bool, has_default: bool, is_commonjs: bool) -> None:
    """Modules, CommonJS and plain scripts are told apart by what they do, not by words in strings."""
    found = scan(source)
    if source != b"\xff\xfe export {":
        assert (found.is_module, found.has_default, found.is_commonjs) == (is_module, has_default, is_commonjs)


@settings(deadline=None, max_examples=60)
@given(
    some.binary(max_size=200) | some.text(max_size=200).map(lambda text: ("import " + text).encode("utf-8", "replace"))
)
def test_broken_source_is_no_error(source: bytes) -> None:
    """Whatever bytes a file holds, looking into it does not fail."""
    for reference in scan(source).references:
        assert source[reference.start : reference.end].decode("utf-8", "replace") == reference.specifier


def test_deep_source_is_no_error() -> None:
    """A file nested a hundred thousand levels deep is looked into without recursion."""
    source = b"module.exports = " + b"[" * 100_000 + b"]" * 100_000 + b"; exports.name = 1;"
    assert scan(source).is_commonjs


@pytest.mark.parametrize(
    ("exports", "subpath", "file"),
    [
        ("./a.js", "", "a.js"),
        ("./a.js", "b", None),
        ({"import": "./a.mjs", "require": "./a.cjs"}, "", "a.mjs"),
        ({"require": "./a.cjs"}, "", None),
        ({".": {"node": "./n.js", "browser": {"import": "./b.mjs", "default": "./b.js"}}}, "", "b.mjs"),
        ({"./x/*": "./dist/x/*.js"}, "x/y/z", "dist/x/y/z.js"),
        ({"./x/*": "./dist/*", "./x/y/*": "./other/*"}, "x/y/z.js", "other/z.js"),
        ({"./x/*": "./dist/*", "./x/private/*": None}, "x/private/z.js", None),
        ({"./x/": "./dist/"}, "x/y.js", "dist/y.js"),
        ({".": [{"node": "./n.js"}, "./a.js"]}, "", "a.js"),
        ({".": "../outside.js"}, "", None),
        ({".": 5}, "", None),
        (None, "", None),
        ({}, "", None),
    ],
)
def test_exports_are_read_as_node_reads_them(exports: object, subpath: str, file: str | None) -> None:
    """Conditions in order, the longest pattern, arrays, null: as Node's documentation of `exports` says."""
    assert exported({"exports": exports}, subpath, ("browser", "import", "default")) == file
