"""CommonJS and UMD files as ES modules, the way the ESM CDNs wrap them: default export and the names that show."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sampler.browser.cdn.javascript import Scan

_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*")
_HEAD = """\
const __modules = {%s};
const __require = (name) => {
  if (!Object.hasOwn(__modules, name)) throw new Error("Cannot find module '" + name + "'");
  const found = __modules[name];
  return found.__esModule || !("default" in found) ? found : found.default;
};
const __module = { exports: {} };
(function (module, exports, require, global, process, define) {
"""
_TAIL = """
}).call(
  __module.exports, __module, __module.exports, __require, globalThis,
  globalThis.process ?? { env: { NODE_ENV: "production" }, browser: true, argv: [], version: "" }, undefined,
);
const __exports = __module.exports;
export default __exports;
"""


def wrapped(source: bytes, found: Scan, instead: Callable[[str], str | None]) -> bytes:
    """An ES module that runs the file once and exports `module.exports` as default, its names beside it.

    `source` has its dynamic imports rewritten already; what it requires becomes imports of what
    `instead` gives for each name.
    """
    source = re.sub(rb"\A#![^\n]*", b"", source)
    imports = [
        f"import * as __m{index} from {json.dumps(instead(name) or name)};" for index, name in enumerate(found.required)
    ]
    table = ", ".join(f"{json.dumps(name)}: __m{index}" for index, name in enumerate(found.required))
    names = [name for name in found.names if _IDENTIFIER.fullmatch(name) and name not in {"default", "__esModule"}]
    consts = [f"const __e{index} = __exports?.{name};" for index, name in enumerate(names)]
    exports = ", ".join(f"__e{index} as {name}" for index, name in enumerate(names))
    head = "\n".join([*imports, _HEAD % table])
    tail = "\n".join([_TAIL, *consts, f"export {{ {exports} }};" if names else "", ""])
    return head.encode() + source + tail.encode()
