"""Playwright's driver: the Node.js that comes with it, which needs system libraries that a bare machine may lack."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import playwright

from sampler.errors import BrowserUnusableError

_SECONDS = 30.0


def problem() -> str | None:
    """Why the driver does not run, in a few words; None when it does. Takes some hundredths of a second."""
    name = "node.exe" if sys.platform == "win32" else "node"
    # The same choice as Playwright makes.
    node = os.environ.get("PLAYWRIGHT_NODEJS_PATH") or str(Path(str(playwright.__file__)).parent / "driver" / name)
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603 (Playwright's own)
    except FileNotFoundError:
        return f"{node} is not there"
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{node}: {error}"
    if answer.returncode == 0:
        return None
    said = answer.stderr.decode("utf-8", "replace")
    missing = re.search(r"loading shared libraries: ([^:\s]+)", said)
    if missing:
        return f"the system library {missing[1]} is missing"
    return (said.strip().splitlines() or [f"exit code {answer.returncode}"])[0][:200]


def require() -> None:
    """Raise BrowserUnusableError, with the remedy, when the driver does not run."""
    reason = problem()
    if reason is not None:
        raise BrowserUnusableError(f"Playwright's driver does not run ({reason}); run `sampler install`")
