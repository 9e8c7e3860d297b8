"""Content types by file name, as the CDNs send them."""

from __future__ import annotations

_TYPES = {
    "js": "text/javascript; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "cjs": "application/node",
    "ts": "video/mp2t",
    "jsx": "text/jsx; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "map": "application/json; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "htm": "text/html; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "xml": "application/xml",
    "yml": "text/yaml",
    "yaml": "text/yaml",
    "wasm": "application/wasm",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "ico": "image/vnd.microsoft.icon",
    "bmp": "image/bmp",
    "hdr": "application/octet-stream",
    "exr": "application/octet-stream",
    "ktx2": "image/ktx2",
    "dds": "image/vnd.ms-dds",
    "gltf": "model/gltf+json",
    "glb": "model/gltf-binary",
    "obj": "model/obj",
    "mtl": "model/mtl",
    "stl": "model/stl",
    "ply": "application/octet-stream",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "ttf": "font/ttf",
    "otf": "font/otf",
    "glsl": "text/plain; charset=utf-8",
    "cube": "application/octet-stream",
}

JAVASCRIPT = "application/javascript; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"
_PLAIN_NAMES = {"license", "readme", "changelog", "authors", "notice", "copying", "makefile"}


def suffix(path: str) -> str:
    """`a/b.min.JS` -> `js`; empty where the name has none."""
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""


def of(path: str) -> str:
    """The content type that unpkg and most others send."""
    if suffix(path) in _TYPES:
        return _TYPES[suffix(path)]
    return PLAIN if path.rpartition("/")[2].lower() in _PLAIN_NAMES else "application/octet-stream"


def of_jsdelivr(path: str) -> str:
    """As jsDelivr sends it: an older name for JavaScript, and pages of HTML as text."""
    if suffix(path) in {"js", "mjs"}:
        return JAVASCRIPT
    return PLAIN if suffix(path) in {"html", "htm"} else of(path)


def is_javascript(mime: str) -> bool:
    """Whether a browser would run it as a script."""
    return mime.split(";", maxsplit=1)[0] in {"text/javascript", "application/javascript"}
