"""Where the user's npm gets its packages: registry, tokens, proxy and certificates.

Read as npm reads them: `npm_config_*` in the environment, then the project's `.npmrc`, the user's,
the global one; `${NAME}` stands for a variable of the environment.
See https://docs.npmjs.com/cli/v11/configuring-npm/npmrc.
"""

from __future__ import annotations

import base64
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_REGISTRY = "https://registry.npmjs.org/"


@dataclass(frozen=True, slots=True, kw_only=True)
class NpmSettings:
    """What a request to the registry needs; addresses of registries end with a slash."""

    registry: str = DEFAULT_REGISTRY
    scopes: dict[str, str] = field(default_factory=dict)
    """Registry by scope, such as "@company"."""
    authorization: dict[str, str] = field(default_factory=dict, repr=False)
    """Value of the Authorization header by "//host/path/"."""
    proxy: str | None = None
    no_proxy: tuple[str, ...] = ()
    ca_file: str | None = None
    verify: bool = True

    def registry_of(self, package: str) -> str:
        """The registry that holds a package."""
        return self.scopes.get(package.partition("/")[0], self.registry)

    def authorization_for(self, url: str) -> str | None:
        """The Authorization header for an address: that of the longest "//host/path/" it begins with."""
        parts = urlsplit(url)
        place = f"//{parts.netloc}{parts.path}"
        fits = [prefix for prefix in self.authorization if place.startswith(prefix)]
        return self.authorization[max(fits, key=len)] if fits else None


def load(environ: Mapping[str, str], home: Path, project: Path) -> NpmSettings:
    """The settings that `npm` itself would use in the folder `project`; a file that cannot be read is none."""
    variables = {
        name[len("npm_config_") :].lower().replace("_", "-"): value
        for name, value in environ.items()
        if name.lower().startswith("npm_config_") and value
    }
    user = Path(variables["userconfig"]) if "userconfig" in variables else home / ".npmrc"
    values: dict[str, str] = {}
    for path in (_global_file(variables), user, project / ".npmrc"):
        if path is not None:
            values.update(_read(path, environ))
    values.update(variables)
    registry = _with_slash(values.get("registry", DEFAULT_REGISTRY))
    return NpmSettings(
        registry=registry,
        scopes={key.split(":")[0]: _with_slash(value) for key, value in values.items() if _is_scope(key)},
        authorization=_authorization(values),
        proxy=_proxy(values, registry),
        no_proxy=tuple(host.strip() for host in values.get("noproxy", "").split(",") if host.strip()),
        ca_file=values.get("cafile") or None,
        verify=values.get("strict-ssl", "true").lower() != "false",
    )


def _global_file(variables: Mapping[str, str]) -> Path | None:
    if "globalconfig" in variables:
        return Path(variables["globalconfig"])
    npm = shutil.which("npm")
    return Path(npm).parent.parent / "etc" / "npmrc" if npm else None


def _read(path: Path, environ: Mapping[str, str]) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    values = {}
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line[0] in ";#[" or "=" not in line:
            continue
        key, value = (part.strip() for part in line.split("=", 1))
        value = value.strip("\"'")
        values[key] = re.sub(r"\$\{([^}]+)\}", lambda match: environ.get(match[1], match[0]), value)
    return values


def _with_slash(url: str) -> str:
    return url if url.endswith("/") else f"{url}/"


def _is_scope(key: str) -> bool:
    return key.startswith("@") and key.endswith(":registry")


def _proxy(values: Mapping[str, str], registry: str) -> str | None:
    secure = values.get("https-proxy") if registry.startswith("https:") else None
    found = secure or values.get("proxy")
    return None if found in {None, "", "null", "false"} else found


def _authorization(values: Mapping[str, str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for key, value in values.items():
        if not key.startswith("//"):
            continue
        place, _, name = key.rpartition(":")
        place = _with_slash(place)
        if name == "_authToken":
            headers[place] = f"Bearer {value}"
        elif name == "_auth":
            headers.setdefault(place, f"Basic {value}")
        elif name == "_password" and f"{key[: -len('_password')]}username" in values:
            user = values[f"{key[: -len('_password')]}username"]
            secret = base64.b64decode(value).decode("utf-8", "replace")
            headers.setdefault(place, "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode())
    return headers
