# ruff: noqa: E501 - hashes do not wrap
"""With npm's own registry: the files are those of the real hosts to the byte, and set-up makes the rest offline."""

from __future__ import annotations

import base64
import hashlib
import time
from pathlib import Path

import pytest

from sampler.browser.cdn import Cdn, prefetch
from sampler.browser.cdn.prefetch import addresses

pytestmark = pytest.mark.network

RECORDED = Path(__file__).parent.parent / "prompts" / "recorded"

# What cdnjs itself publishes of its files: https://github.com/cdnjs/SRIs.
PUBLISHED = {
    "three.js/r128/three.js": "NLtnLBS9Q2w7GKK9rKxdtgL7rA7CAS85uC/0xd9im4J/yOL4F9ZVlv634NAM7run8hz3wI2GabaA6vv8vJtHiQ==",
    "three.js/r128/three.min.js": "dLxUelApnYxpLt6K2iomGngnHO83iUvZytA3YjDUCjT0HDOHKXnVYdf3hU4JjM8uEhxf9nD1/ey98U3t2vZ0qQ==",
    "three.js/r128/three.module.js": "tjnAmVGiveGgWkDgt8h8oqmOl3cnmQkTNUIFK2BjMz0SliBCm9l0ecN1fHiOG2mATHSYm/miXNX6tE0/5uYKMQ==",
    "tween.js/18.6.4/tween.umd.js": "lIKG1kC5TMb1Zx32vdz1n31YJMZRknVY20U9MJ28hD3y2c0OKN0Ce5NhJji78v8zX5UOSsm+MTBOcJt7yMBnSg==",
    "tween.js/17.4.0/Tween.js": "41kzUqP57g+x8qiXNRYE55mbhX+Z1PSD5awF9dd22dWXhIAHkRW2LMkkNrOa/cRSrMaideT9+GJHDU/VobG0bA==",
    "tween.js/16.3.5/Tween.js": "fAlpzrRGTkdFv4QfU2TmQBw+j2JjYfzXqLHk/b3fj6vWld+ToUES63lu1eA5U0I3ieUx5OkGT4k+ZBE9QQ/Afg==",
    "simplex-noise/2.4.0/simplex-noise.js": "O6tq+fkhkfCEulJBqTOZ7dsNIA98zy+GTrDmoh5aJL4Wpi8BIcg+cAW5Cfj4cdqtDmLp/5j398Z6BPpjaYjLmQ==",
    "stats.js/r17/Stats.js": "PKGeQYRMLu1YBq2unBh8dSonpTsgd5MOJqggUn9S/MNywjMbo5F/PuBoYRdNYBjcOHrboHG2r2zlQQEfKikHSA==",
    "dat-gui/0.7.7/dat.gui.min.js": "LF8ZB1iTwi4Qvkm4pekHG4a437Y9Af5ZuwbnW4GTbAWQeR2E4KW8WF+xH8b9psevV7wIlDMx1MH9YfPqgKhA/Q==",
    "animejs/3.2.1/anime.min.js": "z4OUqw38qNLpn1libAN9BsoDx6nbNFio5lA6CuTp9NlK83b89hgyCVq+N5FdBJptINztxn1Z3SaKSKUS5UP60Q==",
    "gsap/3.6.0/gsap.min.js": "1dalHDkG9EtcOmCnoCjiwQ/HEB5SDNqw8d4G2MKoNwjiwMNeBAkudsBCmSlMnXdsH8Bm0mOd3tl/6nL5y0bMaQ==",
}


@pytest.mark.parametrize("path", PUBLISHED)
def test_files_are_cdnjs_s_own(path: str) -> None:
    """A file that cdnjs keeps comes with the hash that cdnjs publishes, so `integrity` attributes hold."""
    answer = Cdn().answer(f"https://cdnjs.cloudflare.com/ajax/libs/{path}")
    assert answer.outcome == "answered", answer.detail
    assert base64.b64encode(hashlib.sha512(answer.body).digest()).decode() == PUBLISHED[path]


def test_after_set_up_the_recorded_pages_need_no_network() -> None:
    """All that the recorded attempts load is answered offline, quickly, and what is missing has a suggestion."""
    urls = addresses(page.read_text() for page in sorted(RECORDED.rglob("*.html")))
    assert len(urls) > 30
    prefetch(urls)
    offline = Cdn(offline=True)
    answers = {url: offline.answer(url) for url in urls}
    assert {answer.outcome for answer in answers.values()} == {"answered", "missing", "refused"}
    for url, answer in answers.items():
        assert (answer.outcome == "missing") == (answer.suggestion is not None), url
    started = time.monotonic()
    for _ in range(10):
        for url in urls:
            offline.answer(url)
    assert time.monotonic() - started < 0.005 * 10 * len(urls)


def test_real_packages_of_every_kind_are_found() -> None:
    """Addresses that generated pages hold, on hosts and of libraries of every kind, end at the right file."""
    found = {
        "https://unpkg.com/lil-gui@0.19.2": "lil-gui@0.19.2/dist/lil-gui.umd.js",
        "https://unpkg.com/cannon-es@0.20.0?module": "cannon-es@0.20.0/dist/cannon-es.js",
        "https://unpkg.com/es-module-shims@1.6.3/dist/es-module-shims.js": (
            "es-module-shims@1.6.3/dist/es-module-shims.js"
        ),
        "https://cdn.jsdelivr.net/npm/simplex-noise@4.0.1": "simplex-noise@4.0.1/dist/cjs/simplex-noise.js",
        "https://cdn.jsdelivr.net/npm/@tweenjs/tween.js@18/dist/tween.umd.min.js": (
            "@tweenjs/tween.js@18.6.4/dist/tween.umd.js"
        ),
        "https://cdn.jsdelivr.net/npm/dat.gui@0.7.9/build/dat.gui.min.js": "dat.gui@0.7.9/build/dat.gui.min.js",
        "https://cdn.skypack.dev/cannon-es@0.20.0": "cannon-es@0.20.0/dist/cannon-es.js",
    }
    cdn = Cdn()
    assert {url: cdn.answer(url).detail for url in found} == found
