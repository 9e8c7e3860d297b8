"""The plain scripts are checked as strictly as the Python is, by the TypeScript compiler on their JSDoc types."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import playwright
import pytest

import sampler
from sampler.browser.cdn.cache import Cache, default_folder
from sampler.browser.cdn.library import Library

PACKAGE = Path(sampler.__file__).parent
TYPESCRIPT = "5.9.3"


def _node() -> Path:
    """The Node.js that comes with Playwright."""
    name = "node.exe" if os.name == "nt" else "node"
    return Path(playwright.__file__).parent / "driver" / name


@pytest.mark.network
def test_scripts_pass_the_type_checker(tmp_path: Path) -> None:
    """Every script of the package is free of type errors in strict mode."""
    package = Library(Cache(default_folder()), offline=False).package("typescript", TYPESCRIPT)
    for name in sorted(package.paths):
        if name.startswith("lib/") and name.count("/") == 1:
            target = tmp_path / "typescript" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(package.read(name))
    for group, folder in (("probe", PACKAGE / "browser" / "probe"), ("report", PACKAGE / "report" / "static")):
        scripts = sorted(str(path) for path in folder.glob("*.js"))
        assert scripts
        options = {
            "allowJs": True,
            "checkJs": True,
            "noEmit": True,
            "strict": True,
            "noImplicitOverride": True,
            "noFallthroughCasesInSwitch": True,
            "target": "es2022",
            "lib": ["es2023", "dom", "dom.iterable"],
            "types": [],
            "moduleDetection": "legacy",
        }
        project = tmp_path / f"{group}.json"
        project.write_text(json.dumps({"compilerOptions": options, "files": scripts}))
        done = subprocess.run(
            [_node(), tmp_path / "typescript" / "lib" / "tsc.js", "-p", project],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
