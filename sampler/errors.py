"""The one family of errors that a user meets; imports nothing of the package.

Every message is one sentence that names the thing and the remedy. The command line catches
`SamplerError` in one place, prints the message and exits with 2.
"""

from __future__ import annotations

from typing import ClassVar


class SamplerError(Exception):
    """Something a user can mend; the message says what and how."""

    slug: ClassVar[str] = "error"


class PromptFileError(SamplerError):
    """A prompt file does not say what a prompt file must say."""

    slug = "prompt-file"

    def __init__(self, path: str, line: int, problem: str) -> None:
        """Name the file, its line (1-based) and the problem."""
        super().__init__(f"{path}:{line}: {problem}")
        self.path = path
        self.line = line
        self.problem = problem


class UnknownPromptError(SamplerError):
    """No prompt has this id and no file this path."""

    slug = "unknown-prompt"


class UnknownModelError(SamplerError):
    """No provider of this name, or the provider has no such model."""

    slug = "unknown-model"


class UnknownRunError(SamplerError):
    """No run folder of this name."""

    slug = "unknown-run"


class InputError(SamplerError):
    """A path or value given on the command line cannot be used."""

    slug = "input"


class OutputError(SamplerError):
    """A folder or file cannot be written."""

    slug = "output"


class RunFolderError(SamplerError):
    """A run folder holds something that this version cannot read."""

    slug = "run-folder"


class BrowserMissingError(SamplerError):
    """No Chromium or Chrome can be found or installed."""

    slug = "browser-missing"


class BrowserUnusableError(SamplerError):
    """A browser is there but does not start, is not sandboxed, or draws no WebGL."""

    slug = "browser-unusable"


class NetworkError(SamplerError):
    """Set-up needs something from the network that cannot be reached."""

    slug = "network"


class IntegrityError(SamplerError):
    """A downloaded package is not the one that the registry promised."""

    slug = "integrity"


class ProviderError(SamplerError):
    """A provider refused or failed before there was a reply."""

    slug = "provider"
