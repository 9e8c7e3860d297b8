"""Packages come from the registry checked, once, and stay; whatever a registry or a package does, nothing breaks."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from cdn_registry import Registry, Reply, registry, tarball

from sampler.browser.cdn import Cdn, npmrc, prefetch
from sampler.browser.cdn import registry as registry_module
from sampler.browser.cdn import tarball as tarball_module
from sampler.browser.cdn.answer import RegistryUnavailable
from sampler.browser.cdn.npmrc import NpmSettings
from sampler.errors import NetworkError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE = "https://cdn.jsdelivr.net/npm/thing@1.2.3/dist/thing.js"


@pytest.fixture
def served() -> Iterator[Registry]:
    """A registry with two versions of one package."""
    with registry() as made:
        made.publish("thing", "1.2.2", {"dist/thing.js": "old"})
        made.publish("thing", "1.2.3", {"dist/thing.js": "new"})
        yield made


def packages(cache: Path) -> list[str]:
    """Names of the archives in a cache."""
    return sorted(path.name for path in (cache / "packages").glob("*")) if (cache / "packages").exists() else []


def test_an_exact_version_is_fetched_once(served: Registry, tmp_path: Path) -> None:
    """A second start answers an exact version with the same bytes and without any request, online or off."""
    first = Cdn(tmp_path, settings=served.settings).answer(FILE)
    assert (first.outcome, first.body) == ("answered", b"new")
    asked = len(served.asked)
    for offline in (False, True):
        again = Cdn(tmp_path, offline=offline, settings=served.settings).answer(FILE)
        assert again == first
    assert len(served.asked) == asked == 2


def test_a_range_is_remembered_for_a_day(served: Registry, tmp_path: Path) -> None:
    """What a range means is asked once a day; offline, and with the registry down, the last answer holds."""
    url = "https://cdn.jsdelivr.net/npm/thing@1/dist/thing.js"
    assert Cdn(tmp_path, settings=served.settings).answer(url).body == b"new"
    served.publish("thing", "1.3.0", {"dist/thing.js": "newest"})
    asked = len(served.asked)
    assert Cdn(tmp_path, settings=served.settings).answer(url).body == b"new"
    assert len(served.asked) == asked

    path = tmp_path / "packuments" / "thing.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"asked_at": time.time() - 25 * 3600}))
    assert Cdn(tmp_path, offline=True, settings=served.settings).answer(url).body == b"new"
    served.faults["/thing"] = Reply(status=503)
    assert Cdn(tmp_path, settings=served.settings).answer(url).body == b"new"
    del served.faults["/thing"]
    assert Cdn(tmp_path, settings=served.settings).answer(url).body == b"newest"


def test_offline_asks_nobody(served: Registry, tmp_path: Path) -> None:
    """With the network off and an empty cache the answer is `unavailable` and no request is made."""
    cdn = Cdn(tmp_path, offline=True, settings=served.settings)
    answer = cdn.answer(FILE)
    assert (answer.status, answer.outcome) == (503, "unavailable")
    assert "thing" in answer.detail
    assert cdn.answer("https://unpkg.com/thing").outcome == "unavailable"
    assert cdn.answer("https://threejs.org/examples/textures/crate.gif").outcome == "unavailable"
    assert served.asked == []


def test_a_package_that_does_not_exist_is_asked_for_once(served: Registry, tmp_path: Path) -> None:
    """A package that npm does not have is a 404, also on the next start and without asking again."""
    url = "https://cdn.jsdelivr.net/npm/nothing@1.0.0/x.js"
    assert Cdn(tmp_path, settings=served.settings).answer(url).outcome == "missing"
    assert Cdn(tmp_path, settings=served.settings).answer(url).outcome == "missing"
    assert served.asked == ["/nothing"]


def test_a_deprecated_version_is_served(served: Registry, tmp_path: Path) -> None:
    """Deprecation is a word to developers; CDNs serve such versions."""
    served.packuments["thing"]["versions"]["1.2.3"]["deprecated"] = "use another"
    assert Cdn(tmp_path, settings=served.settings).answer(FILE).body == b"new"


@pytest.mark.parametrize(
    ("dist", "problem"),
    [
        ({"integrity": "sha512-AAAA"}, "not what the registry promised"),
        ({"integrity": None, "shasum": "0" * 40}, "not what the registry promised"),
        ({"integrity": None, "shasum": None}, "without a hash"),
        ({"integrity": "md5-abc", "shasum": None}, "without a hash"),
        ({"tarball": "file:///etc/passwd"}, "no usable address"),
        ({"tarball": None}, "no usable address"),
    ],
)
def test_unproven_bytes_are_never_used(served: Registry, tmp_path: Path, dist: dict[str, Any], problem: str) -> None:
    """A tarball whose hash differs or is missing is thrown away, and the answer says so."""
    served.publish("thing", "1.2.3", {"dist/thing.js": "evil"}, **dist)
    answer = Cdn(tmp_path, settings=served.settings).answer(FILE)
    assert answer.outcome == "unavailable"
    assert problem in answer.detail
    assert b"evil" not in answer.body
    assert packages(tmp_path) == []


def test_an_old_package_is_checked_by_its_shasum(served: Registry, tmp_path: Path) -> None:
    """Where the registry has no integrity, as for old packages, the older sum does."""
    served.publish("thing", "1.2.3", {"dist/thing.js": "old hash"}, integrity=None)
    assert Cdn(tmp_path, settings=served.settings).answer(FILE).body == b"old hash"


def test_a_passing_fault_is_tried_again(served: Registry, tmp_path: Path) -> None:
    """Two server errors in a row, then the right answer: the page gets its file."""
    served.faults["/thing"] = Reply(status=500, times=2)
    assert Cdn(tmp_path, settings=served.settings).answer(FILE).body == b"new"


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        (Reply(status=500), "HTTP 500"),
        (Reply(status=401), "token"),
        (Reply(body=b"<html>Please sign in</html>", headers={"content-type": "text/html"}), "no JSON"),
        (Reply(body=b"[1, 2]"), "no list of versions"),
        (Reply(body=b'{"versions": []}'), "no list of versions"),
        (Reply(status=302, headers={"location": "/thing"}), "redirect"),
        (Reply(body=b"\x1f\x8bnot gzip", headers={"content-encoding": "gzip"}), "decoded"),
    ],
)
def test_a_broken_registry_is_nobodys_fault(served: Registry, tmp_path: Path, reply: Reply, word: str) -> None:
    """Server errors, sign-in pages and nonsense make the answer `unavailable`, with the reason."""
    served.faults["/thing"] = reply
    answer = Cdn(tmp_path, settings=served.settings).answer(FILE)
    assert answer.outcome == "unavailable"
    assert word in answer.detail.lower() or word in answer.detail


def test_a_dripping_registry_is_left(served: Registry) -> None:
    """A server that sends a byte at a time is given up after the total time, not after the last byte."""
    served.faults["/thing"] = Reply(body=b"x" * 1000, drip_seconds=0.1)
    client = registry_module.Registry(served.settings, read_seconds=5, total_seconds=0.5)
    started = time.monotonic()
    with pytest.raises(RegistryUnavailable, match="took longer"):
        client.packument("thing")
    assert time.monotonic() - started < 5


def test_an_endless_reply_is_cut(served: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """More bytes than a list of versions can have are not read to the end."""
    monkeypatch.setattr(registry_module, "MAX_PACKUMENT", 100_000)
    served.faults["/thing"] = Reply(body=b" " * 1_000_000)
    with pytest.raises(RegistryUnavailable, match="sent more than"):
        registry_module.Registry(served.settings).packument("thing")


def test_links_and_paths_that_leave_are_left_out(served: Registry, tmp_path: Path) -> None:
    """Links, devices, absolute names and names with `..` are no files of a package; the others are served."""
    extra = []
    for name, kind, target in (
        ("package/dist/link.js", tarfile.SYMTYPE, "/etc/passwd"),
        ("package/dist/hard.js", tarfile.LNKTYPE, "package/dist/thing.js"),
        ("package/dist/device.js", tarfile.CHRTYPE, ""),
        ("package/dist/pipe.js", tarfile.FIFOTYPE, ""),
    ):
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, target
        extra.append(member)
    data = tarball(
        {"dist/thing.js": "good", "../evil.js": "up", "/etc/evil.js": "root", "dist/../../evil.js": "up"},
        extra=tuple(extra),
    )
    served.publish_tarball("thing", "1.2.3", data)
    cdn = Cdn(tmp_path / "cache", settings=served.settings)
    assert cdn.answer(FILE).body == b"good"
    with zipfile.ZipFile(tmp_path / "cache" / "packages" / "thing@1.2.3.zip") as archive:
        assert archive.namelist() == ["dist/thing.js"]
    for name in ("link", "hard", "device", "pipe"):
        assert cdn.answer(f"https://unpkg.com/thing@1.2.3/dist/{name}.js").outcome == "missing"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache"]


@pytest.mark.parametrize(
    ("limit", "value", "word"), [("MAX_TOTAL", 1 << 20, "unpacks to more"), ("MAX_FILE", 1 << 20, "a file of more")]
)
def test_a_bomb_does_not_go_off(  # noqa: PLR0917 - fixtures and cases
    served: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, word: str
) -> None:
    """A small archive that unpacks to more than a package may have is refused whole."""
    monkeypatch.setattr(tarball_module, limit, value)
    served.publish("thing", "1.2.3", {"dist/thing.js": b"\0" * (20 << 20)})
    answer = Cdn(tmp_path, settings=served.settings).answer(FILE)
    assert answer.outcome == "unavailable"
    assert word in answer.detail
    assert packages(tmp_path) == []


def test_too_many_members_are_refused(served: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of more files than any real one has is refused whole."""
    monkeypatch.setattr(tarball_module, "MAX_MEMBERS", 50)
    served.publish("thing", "1.2.3", {f"{number}.js": "" for number in range(60)})
    answer = Cdn(tmp_path, settings=served.settings).answer(FILE)
    assert answer.outcome == "unavailable"
    assert "more than 50 files" in answer.detail


@pytest.mark.parametrize("data", [b"", b"not a tarball at all", tarball({"a.js": "x" * 100_000})[:-20]])
def test_a_broken_tarball_is_refused(served: Registry, tmp_path: Path, data: bytes) -> None:
    """Bytes that carry the right hash but are no whole tar.gz give no package."""
    served.publish_tarball("thing", "1.2.3", data)
    answer = Cdn(tmp_path, settings=served.settings).answer(FILE)
    assert answer.outcome == "unavailable"
    assert "cannot be unpacked" in answer.detail
    assert packages(tmp_path) == []


def test_a_damaged_archive_is_fetched_anew(served: Registry, tmp_path: Path) -> None:
    """A cache file that was cut, emptied or changed anywhere on disk is noticed and replaced."""
    served.publish("thing", "1.2.3", {"dist/thing.js": "".join(f"line {number}\n" for number in range(3000))})
    whole = Cdn(tmp_path, settings=served.settings).answer(FILE).body
    path = tmp_path / "packages" / "thing@1.2.3.zip"
    good = path.read_bytes()
    damages = [good[:200], good[: len(good) // 2], b"", b"PK"]
    for place in range(0, len(good), max(1, len(good) // 12)):
        changed = bytearray(good)
        changed[place] ^= 0xFF
        damages.append(bytes(changed))
    for damaged in damages:
        path.write_bytes(damaged)
        assert Cdn(tmp_path, settings=served.settings).answer(FILE).body == whole


def test_a_damaged_list_of_versions_is_asked_for_anew(served: Registry, tmp_path: Path) -> None:
    """Nonsense in the cache's list of versions is replaced by the registry's."""
    (tmp_path / "packuments").mkdir()
    for text in ("{", "[]", '{"tags": 1, "dists": 2, "asked_at": "x"}'):
        (tmp_path / "packuments" / "thing.json").write_text(text)
        assert (
            Cdn(tmp_path, settings=served.settings).answer("https://unpkg.com/thing@1.2.2/dist/thing.js").body == b"old"
        )


def test_a_cache_that_cannot_be_written_costs_no_answer(served: Registry, tmp_path: Path) -> None:
    """With the cache below a plain file nothing is kept, and pages still get their files."""
    (tmp_path / "file").write_text("")
    cdn = Cdn(tmp_path / "file" / "cache", settings=served.settings)
    assert [cdn.answer(FILE).body for _ in range(2)] == [b"new", b"new"]


def test_threads_share_one_download(served: Registry, tmp_path: Path) -> None:
    """Eight threads that want one package at once make one download, and all get it."""
    cdn = Cdn(tmp_path, settings=served.settings)
    bodies: list[bytes] = []
    threads = [threading.Thread(target=lambda: bodies.append(cdn.answer(FILE).body)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert bodies == [b"new"] * 8
    assert len([path for path in served.asked if path.endswith(".tgz")]) == 1


def test_processes_share_a_cache(served: Registry, tmp_path: Path) -> None:
    """Three processes that fill one cache at once all answer, and leave one whole archive and nothing else."""
    served.publish("thing", "1.2.3", {"dist/thing.js": "new", **{f"{i}.js": f"{i}" * 999 for i in range(300)}})
    program = (
        "import sys; from pathlib import Path; from sampler.browser.cdn import Cdn\n"
        "from sampler.browser.cdn.npmrc import NpmSettings\n"
        "cdn = Cdn(Path(sys.argv[1]), settings=NpmSettings(registry=sys.argv[2]))\n"
        f"assert cdn.answer({FILE!r}).body == b'new'\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path), served.url]
    running = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert packages(tmp_path) == ["thing@1.2.3.zip"]


def test_a_page_cannot_flood_the_registry(served: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that asks for thousands of packages makes a bounded number of requests; what is cached goes on."""
    monkeypatch.setattr(registry_module, "PER_MINUTE", 10)
    cdn = Cdn(tmp_path, settings=served.settings)
    assert cdn.answer(FILE).body == b"new"
    outcomes = [cdn.answer(f"https://unpkg.com/name-{number}").outcome for number in range(50)]
    assert (outcomes[0], outcomes[-1]) == ("missing", "unavailable")
    assert len(served.asked) == 10
    assert cdn.answer(FILE).body == b"new"


def test_names_that_differ_in_capitals_are_two_packages(served: Registry, tmp_path: Path) -> None:
    """Old packages differ in capitals only; their cache files differ on every file system."""
    served.publish("Thing", "1.2.3", {"dist/thing.js": "capital"})
    cdn = Cdn(tmp_path, settings=served.settings)
    assert cdn.answer(FILE).body == b"new"
    assert cdn.answer(FILE.replace("thing@", "Thing@")).body == b"capital"
    assert len({name.lower() for name in packages(tmp_path)}) == 2


def test_a_token_goes_to_its_registry_only(served: Registry, tmp_path: Path) -> None:
    """The registry's token is sent to the registry, and not to another host that holds the tarball."""
    with registry() as other:
        path = other.publish("thing", "1.2.3", {"dist/thing.js": "new"})
        served.publish_tarball("thing", "1.2.3", other.tarballs[path], tarball=other.url.rstrip("/") + path)
        place = served.url.removeprefix("http:")
        settings = NpmSettings(registry=served.url, authorization={place: "Bearer secret"})
        assert Cdn(tmp_path, settings=settings).answer(FILE).body == b"new"
        assert served.seen_authorization["/thing"] == "Bearer secret"
        assert other.seen_authorization[path] is None


def test_a_mirror_stands_for_the_public_registry(served: Registry, tmp_path: Path) -> None:
    """A tarball listed under npm's public name is fetched from the registry in use, as npm does."""
    path = "/thing/-/thing-1.2.3.tgz"
    served.packuments["thing"]["versions"]["1.2.3"]["dist"]["tarball"] = f"https://registry.npmjs.org{path}"
    assert Cdn(tmp_path, settings=served.settings).answer(FILE).body == b"new"
    assert path in served.asked


def test_without_a_network_set_up_says_one_sentence(served: Registry, tmp_path: Path) -> None:
    """Set-up with a registry that nobody listens at ends with one sentence that names the remedy, and quickly."""
    gone = NpmSettings(registry=served.url)
    served.close()
    started = time.monotonic()
    cdn = Cdn(tmp_path, settings=gone)
    with pytest.raises(NetworkError, match=r"^the npm registry 127\.0\.0\.1:\d+ cannot be reached: [^\n]+install"):
        prefetch([FILE], cdn=cdn)
    assert cdn.answer(FILE).outcome == "unavailable"
    assert time.monotonic() - started < 10


def test_prefetch_follows_imports(served: Registry, tmp_path: Path) -> None:
    """Set-up also fetches the packages that modules import from other packages, and passes over what is no CDN's."""
    served.publish("base", "2.0.0", {"index.js": "export const one = 1;"})
    served.publish(
        "user",
        "1.0.0",
        {
            "index.js": 'import {one} from "base"; export const two = one + one;',
            "package.json": '{"module": "index.js", "dependencies": {"base": "^2"}}',
        },
    )
    told: list[str] = []
    pages = ["https://cdn.jsdelivr.net/npm/user/+esm", "https://www.example.com/", "https://unpkg.com/thing@9.9.9"]
    prefetch(pages, tmp_path, told.append, cdn=Cdn(tmp_path, settings=served.settings))
    assert told == ["https://cdn.jsdelivr.net/npm/user/+esm", "https://cdn.jsdelivr.net/npm/base@2.0.0/+esm"]
    offline = Cdn(tmp_path, offline=True, settings=served.settings)
    assert offline.answer("https://cdn.jsdelivr.net/npm/base@2.0.0/+esm").body == b"export const one = 1;"


def test_npm_settings_are_read_as_npm_reads_them(tmp_path: Path) -> None:
    """Environment before project before user; scopes, tokens by longest place, variables, comments, proxy."""
    home, project = tmp_path / "home", tmp_path / "project"
    for folder in (home, project):
        folder.mkdir()
    (home / ".npmrc").write_text(
        "; a comment\nregistry=https://user.example/npm\n@team:registry = https://team.example\n"
        "//team.example/:_authToken=${TEAM_TOKEN}\n//user.example/:_auth=dXNlcg==\n"
        "//user.example/npm/:username=ann\n//user.example/npm/:_password=c2VjcmV0\n"
        "https-proxy=http://proxy.example:3128\nnoproxy=localhost, .local\nbroken line\n"
    )
    settings = npmrc.load({"TEAM_TOKEN": "abc", "PATH": ""}, home, project)
    assert settings.registry == "https://user.example/npm/"
    assert settings.registry_of("three") == "https://user.example/npm/"
    assert settings.registry_of("@team/tool") == "https://team.example/"
    assert settings.authorization_for("https://team.example/@team/tool") == "Bearer abc"
    assert settings.authorization_for("https://user.example/npm/three") == "Basic YW5uOnNlY3JldA=="
    assert settings.authorization_for("https://other.example/three") is None
    assert (settings.proxy, settings.no_proxy) == ("http://proxy.example:3128", ("localhost", ".local"))
    (project / ".npmrc").write_text('registry="https://project.example/"\n')
    assert npmrc.load({}, home, project).registry == "https://project.example/"
    environ = {"NPM_CONFIG_REGISTRY": "https://environment.example/"}
    assert npmrc.load(environ, home, project).registry == "https://environment.example/"


def test_without_settings_the_public_registry_is_used(tmp_path: Path) -> None:
    """A user who has no npm at all gets packages from npm's public registry."""
    settings = npmrc.load({"npm_config_globalconfig": str(tmp_path / "none")}, tmp_path, tmp_path)
    assert settings.registry == "https://registry.npmjs.org/"
    assert settings.authorization == {}
    assert settings.verify
