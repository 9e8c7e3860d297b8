"""What a run will be, before anything is asked: every fault of the request is found here, and nothing is written."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

from sampler import __version__, ledger, prompts, providers
from sampler.errors import InputError
from sampler.records import AttemptId, CellPlan, PageFile, Prompt, RunManifest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

from sampler import pages as page_files

PAGES_PROMPT = Prompt(
    id=page_files.MODEL, title="Pages on disk", text="No prompt is known: the pages were there already."
)


def asked(
    prompt_refs: Sequence[str], models: Sequence[str], n: int, *, folder: Path | None, versions: dict[str, str]
) -> RunManifest:
    """A run of `n` attempts of every model at every prompt; its name is still to be given.

    Raises:
        SamplerError: an unknown prompt or model, or something a provider cannot do.
    """
    chosen = tuple({prompt.id: prompt for prompt in _loaded(prompt_refs, folder)}.values())
    names = tuple(dict.fromkeys(models))
    if not chosen or not names or n < 1:
        raise InputError("A run needs a prompt, a model and at least one attempt")
    for name in names:
        providers.provider(name).check(chosen, n)
    cells = tuple(CellPlan(prompt=prompt.id, model=name, n=n) for prompt in chosen for name in names)
    folders = {AttemptId(prompt=cell.prompt, model=cell.model, number=1).path for cell in cells}
    if len(folders) < len(cells):
        raise InputError(f"Two of {', '.join(names)} would share a folder; sample them in two runs")
    return _manifest(chosen, cells, versions)


def of_pages(
    pages: Sequence[PageFile], prompt: str | None, import_map: str | None, versions: dict[str, str]
) -> RunManifest:
    """A run of pages that are there already; `prompt` says what they had to be."""
    known = prompts.load(prompt) if prompt is not None else PAGES_PROMPT
    cell = CellPlan(prompt=known.id, model=page_files.MODEL, n=len(pages))
    return _manifest((known,), (cell,), versions).model_copy(update={"pages": tuple(pages), "import_map": import_map})


def _loaded(refs: Sequence[str], folder: Path | None) -> list[Prompt]:
    loaded = [prompts.load(ref, folder) for ref in refs]
    texts: dict[str, str] = {}
    for prompt in loaded:
        if texts.setdefault(prompt.id, prompt.text) != prompt.text:
            raise InputError(f"Two different prompts have the id '{prompt.id}'; rename one of the files")
    return loaded


def _manifest(chosen: tuple[Prompt, ...], cells: tuple[CellPlan, ...], versions: dict[str, str]) -> RunManifest:
    return RunManifest(
        run="",
        created_at=ledger.now(),
        version=__version__,
        prompts=chosen,
        cells=cells,
        versions={"Python": platform.python_version(), "Playwright": version("playwright"), **versions},
    )
