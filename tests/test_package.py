"""What users install holds all that the program needs, and works away from the checkout."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("floorshot-*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh virtual environment that has the wheel; its dependencies are borrowed from this one."""
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    # A path in a .pth file comes after the environment's own packages, and .pth files there are not read,
    # so the checkout itself is not found by way of it.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


def names(folder: Path, pattern: str) -> set[str]:
    """Files below a folder as they are named in the wheel."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob(pattern) if path.is_file()}


@pytest.mark.parametrize("lock", ["runtime", "dev"])
def test_locks_hold_every_dependency(lock: str) -> None:
    """Each dependency of pyproject.toml is in requirements/*.txt, in a version that it allows, and with a hash."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = project["dependency-groups"]
    wanted = [*project["project"]["dependencies"], *groups["build"]]
    wanted += [entry for entry in groups["dev"] if isinstance(entry, str)] if lock == "dev" else []
    text = (ROOT / "requirements" / f"{lock}.txt").read_text("utf-8")
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+)[^\n]*\\\n +--hash=sha256:[0-9a-f]{64}", text, re.MULTILINE))
    for requirement in map(Requirement, wanted):
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not locked; run `make lock`"
        assert requirement.specifier.contains(version)
    assert not re.search(r"https?://|file:|--(extra-)?index-url|--find-links", text)


def test_wheel_holds_everything(wheel: Path) -> None:
    """Code, JavaScript, pages, templates and styles of the package, all prompts and all recorded attempts are there."""
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    package = {f"sampler/{name}" for name in names(ROOT / "sampler", "*") if "__pycache__" not in name}
    prompts = {f"sampler/data/prompts/{name}" for name in names(ROOT / "prompts", "*")}
    assert {name.rsplit(".", 1)[1] for name in package if "." in name} >= {"py", "js", "html", "j2"}
    assert len(prompts) > 50
    assert package | prompts <= held


def test_wheel_holds_nothing_else(wheel: Path) -> None:
    """Tests, runs, reports and caches stay out of it."""
    with zipfile.ZipFile(wheel) as archive:
        held = archive.namelist()
    assert {name.split("/")[0].split("-")[0] for name in held} == {"sampler", "floorshot"}
    assert [name for name in held if "__pycache__" in name or name.endswith(".pyc")] == []


@pytest.mark.parametrize("program", ["sampler", "floorshot"])
def test_program_works_away_from_the_checkout(environment: Path, tmp_path: Path, program: str) -> None:
    """Both names of the program start from the installed wheel, and the prompts that come with it are listed."""
    command = [str(environment / "bin" / program), "prompts"]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.stderr == ""
    assert "friends-apartment" in answer.stdout
    assert answer.returncode == 0
    where = [str(environment / "bin" / "python"), "-c", "import sampler; print(sampler.__file__)"]
    origin = subprocess.run(where, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert origin.startswith(str(environment))


def test_recorded_models_come_with_the_wheel(environment: Path, tmp_path: Path) -> None:
    """The recorded attempts can be asked from the installed wheel."""
    command = [str(environment / "bin" / "sampler"), "models"]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert {"recorded:compact", "recorded:sketch"} <= set(answer.stdout.split())
