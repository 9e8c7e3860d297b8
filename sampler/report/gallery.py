"""Write the gallery of a run: one page that opens from the disk, its pictures and texts beside it, and summary.json.

    <folder>/index.html, summary.json
             attempts/<edition>/<prompt>/<model>/NN/  frame-N.webp, frame-N-small.webp, source.html,
                                                      page.html.txt, reply.txt, log.txt

The edition is named by a hash of what is shown. A new gallery's files are written beside the older one's,
then index.html is replaced in one rename, and only then the older files go. So whatever fails, and
whenever, the folder holds one whole gallery.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from sampler import disk
from sampler.report import cells, html, logs, thumbnails, view
from sampler.report.source import Sources

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from sampler.records import AttemptId, Document, Frame, Result, RunManifest, Summary

ASSETS = "attempts"
"""Folder of pictures and texts beside index.html; what else lies in the report's folder is left alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Assets:
    """What the gallery needs of an attempt beyond its records."""

    reply: str
    """As the model wrote it; empty where there is no reply."""
    document: Document | None
    pictures: Path
    """Folder of the frames' PNG files."""


def write(
    folder: Path,
    manifest: RunManifest,
    summary: Summary,
    results: Sequence[Result],
    assets: Callable[[AttemptId], Assets],
) -> Path:
    """Write the gallery and summary.json into `folder`; the same run gives the same bytes.

    Returns:
        The path of index.html.

    Raises:
        OutputError: the folder cannot be written; an older gallery in it is whole.
    """
    edition = _edition(manifest, summary, results)
    base = PurePosixPath(ASSETS) / edition
    fresh = not (folder / base).exists()
    try:
        with disk.writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            views = _attempts(folder, base, manifest, summary, results, assets=assets)
            page = cells.page(manifest, summary, results, views)
            index = html.gallery(page)
            disk.replace(folder / "summary.json", disk.to_json(summary))
            disk.replace(folder / "index.html", index)
    except BaseException:
        if fresh:
            shutil.rmtree(folder / base, ignore_errors=True)
        raise
    _remove_older(folder / ASSETS, edition)
    return folder / "index.html"


def _edition(manifest: RunManifest, summary: Summary, results: Sequence[Result]) -> str:
    """A name for exactly this content: replies and pictures are in it by their hashes, which the records hold."""
    content = hashlib.sha256()
    for record in (manifest, summary, *results):
        content.update(disk.to_json(record, one_line=True))
    return content.hexdigest()[:12]


def _remove_older(folder: Path, edition: str) -> None:
    """Clear away the files of galleries that index.html no longer shows; what cannot go now goes next time."""
    with contextlib.suppress(OSError):
        for older in folder.iterdir():
            if older.name != edition:
                shutil.rmtree(older, ignore_errors=True)


def _attempts(
    folder: Path,
    base: PurePosixPath,
    manifest: RunManifest,
    summary: Summary,
    results: Sequence[Result],
    *,
    assets: Callable[[AttemptId], Assets],
) -> dict[AttemptId, view.AttemptView]:
    """Write every attempt's files, pictures on all cores, and make its view."""
    ranks = {(cell.prompt, cell.model): cells.ranks(cell) for cell in summary.cells}
    views: dict[AttemptId, view.AttemptView] = {}
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 8), "pictures") as pool:
        # The same picture is written once, however many frames and attempts show it.
        encoded: dict[str, Future[view.FrameView]] = {}
        for result in results:
            identity = result.attempt.id
            found = assets(identity)
            for number, frame in enumerate(result.render.frames, 1):
                if frame.sha256 not in encoded:
                    stem = base / identity.path / f"frame-{number}"
                    encoded[frame.sha256] = pool.submit(_picture, folder, stem, found.pictures / frame.picture, frame)
            addresses = (request.url for request in result.render.requests if request.kind == "document")
            sources = Sources(found.document, next(addresses, None))
            views[identity] = view.attempt(
                result,
                page=manifest.pages[identity.number - 1].shown if identity.number <= len(manifest.pages) else "",
                ranks=ranks.get((identity.prompt, identity.model), {}).get(identity.label, ()),
                links=_texts(folder, base / identity.path, result, found, sources),
                sources=sources,
            )
        for result in results:
            pictures = [encoded[frame.sha256].result() for frame in result.render.frames]
            views[result.attempt.id] = view.framed(views[result.attempt.id], result, pictures)
    return views


def _picture(folder: Path, stem: PurePosixPath, png: Path, frame: Frame) -> view.FrameView:
    read = thumbnails.read(png, frame.sha256)
    if isinstance(read, str):
        return view.FrameView(at="", large="", small="", small_width=0, width=0, height=0, problem=read)
    large, small = f"{stem}.webp", f"{stem}-small.webp"
    _put(folder / large, read.large)
    _put(folder / small, read.small)
    return view.FrameView(
        at="",
        large=large,
        small=small,
        small_width=read.small_width,
        width=read.width,
        height=read.height,
        problem="",
    )


def _texts(folder: Path, base: PurePosixPath, result: Result, found: Assets, sources: Sources) -> view.Links:
    """Write what can be read of an attempt as text, and say where it is."""
    links: dict[str, str | None] = {"source": None, "page": None, "reply": None}
    if found.document is not None:
        links["source"], links["page"] = f"{base}/source.html", f"{base}/page.html.txt"
        _put(folder / f"{base}/source.html", html.source(result.attempt.id, sources.listing()))
        _put(folder / f"{base}/page.html.txt", _bytes(sources.plain_copy()))
    if result.attempt.reply_sha256 is not None:
        links["reply"] = f"{base}/reply.txt"
        _put(folder / f"{base}/reply.txt", _bytes(found.reply))
    _put(folder / f"{base}/log.txt", _bytes(logs.text(result.render)))
    return view.Links(source=links["source"], page=links["page"], reply=links["reply"], log=f"{base}/log.txt")


def _bytes(text: str) -> bytes:
    # Lone surrogates are no text; a browser would show the same mark.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _put(path: Path, content: bytes) -> None:
    """Write one file of an edition; unsynced, because nothing shows it before index.html, which is synced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{secrets.token_hex(6)}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
