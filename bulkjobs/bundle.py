"""`Bundle`: postings and where they come from in one file that is read with no account, no key and no home folder."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from .display import as_html, as_text
from .errors import Charged, LoadFailed
from .provenance import Provenance
from .records import POSTING_SCHEMA
from .rowhash import data_sha256

FORMAT = 1
"""Of the file; a reader refuses what is newer."""

MANIFEST, POSTINGS, README = "manifest.json", "postings.parquet", "README.md"
MEMBERS = (README, MANIFEST, POSTINGS)
_MOST = 64 << 20  # bytes of a member that is read as text


class Bundle:
    """A bundle that was opened: its postings, and where they come from. Made by `open_bundle`.

    The postings stay in memory as the bundle holds them, compressed, so that nothing is left on the disk.

    Attributes
    ----------
    path : Path
        Where it was read.
    title, note : str or None
        What its maker said of it.
    """

    def __init__(self, path: Path, manifest: dict[str, Any], provenance: Provenance, postings: bytes) -> None:
        self.path = path
        self.title: str | None = manifest.get("title")
        self.note: str | None = manifest.get("note")
        self._provenance = provenance
        self._postings = postings

    def scan(self) -> pl.LazyFrame:
        """Return the postings lazily: a LazyFrame of `bulkjobs.records.POSTING_SCHEMA`."""
        return pl.scan_parquet(io.BytesIO(self._postings))

    def frame(self) -> pl.DataFrame:
        """Return the postings as a frame of `bulkjobs.records.POSTING_SCHEMA`."""
        return self._frame.clone()

    @cached_property
    def _frame(self) -> pl.DataFrame:
        return pl.read_parquet(io.BytesIO(self._postings))

    def provenance(self) -> Provenance:
        """Tell where the postings come from, as the maker of the bundle knew it; their hash was checked."""
        return self._provenance

    def rows(self) -> list[tuple[str, str]]:
        """Return it as labelled lines, for any kind of display."""
        own = [(name, text) for name, text in (("title", self.title), ("note", self.note)) if text]
        return own + self._provenance.lines()

    def __repr__(self) -> str:
        return as_text(f"Bundle {self.path.name}", self.rows())

    def _repr_html_(self) -> str:
        return as_html(f"Bundle {self.path.name}", self.rows())


def open_bundle(path: str | os.PathLike[str]) -> Bundle:
    """Open a bundle, and check all of it: its members by their hashes, and the postings by the hash of their rows.

    Parameters
    ----------
    path : path
        What `Collection.bundle` wrote.

    Returns
    -------
    Bundle

    Raises
    ------
    LoadFailed
        It is none, is of a newer format, was changed, or is not whole. The message names the part.
    """
    file = Path(path)
    try:
        with zipfile.ZipFile(file) as archive:
            members = _members(file, archive)
            manifest = _manifest(file, archive, members)
            contents = {name: archive.read(members[name]) for name in (README, POSTINGS)}
    except (OSError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise _refused(file, f"it can't be read ({error})") from error
    for name, content in contents.items():
        _check(file, name, content, manifest)
    postings = contents[POSTINGS]
    return Bundle(file, manifest, _proven(file, manifest, postings), postings)


def _members(file: Path, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return its members; what is packed small and unpacks huge, or has another name, is no part of a bundle."""
    names = sorted(info.filename for info in archive.infolist())
    if names != sorted(MEMBERS):
        odd = next((name for name in names if names.count(name) > 1 or name not in MEMBERS), None)
        said = f"{odd!r} is no part of one" if odd else f"{min(set(MEMBERS) - set(names))!r} is missing"
        raise _refused(file, said)
    for info in archive.infolist():
        if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
            raise _refused(file, f"{info.filename!r} is packed")
        if info.filename != POSTINGS and info.file_size > _MOST:
            raise _refused(file, f"{info.filename!r} is larger than {_MOST:,} bytes")
    return {info.filename: info for info in archive.infolist()}


def _manifest(file: Path, archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> dict[str, Any]:
    try:
        manifest = json.loads(archive.read(members[MANIFEST]))
    except (ValueError, RecursionError) as error:
        raise _refused(file, f"{MANIFEST!r} is no JSON ({error})") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("format"), int):
        raise _refused(file, f"{MANIFEST!r} does not tell its format")
    if manifest["format"] != FORMAT:
        raise _refused(file, f"it is of format {manifest['format']}, and this version reads {FORMAT}")
    if any(not isinstance(manifest.get(name), str | None) for name in ("title", "note")):
        raise _refused(file, f"a title or note in {MANIFEST!r} is no text")
    return manifest


def _check(file: Path, name: str, content: bytes, manifest: dict[str, Any]) -> None:
    members = manifest.get("members")
    told = members.get(name) if isinstance(members, dict) else None
    if not isinstance(told, dict):
        raise _refused(file, f"{MANIFEST!r} does not tell of {name!r}")
    if (told.get("size"), told.get("sha256")) != (len(content), hashlib.sha256(content).hexdigest()):
        raise _refused(file, f"{name!r} was changed")


def _proven(file: Path, manifest: dict[str, Any], postings: bytes) -> Provenance:
    """Return where the postings come from, when they are those that it tells of."""
    try:
        provenance = Provenance.from_dict(manifest.get("provenance"))
    except LoadFailed as error:
        raise _refused(file, error.message) from error
    if provenance.kind == "bundle":
        raise _refused(file, "it tells that it was made of a bundle")
    try:
        frame = pl.scan_parquet(io.BytesIO(postings))
        schema = frame.collect_schema()
        same = schema == POSTING_SCHEMA and data_sha256(frame) == provenance.data_sha256
    except pl.exceptions.PolarsError as error:
        raise _refused(file, f"{POSTINGS!r} can't be read ({error})") from error
    if not same:
        what = "has other columns than postings have" if schema != POSTING_SCHEMA else f"is not what {MANIFEST!r} tells"
        raise _refused(file, f"{POSTINGS!r} {what}")
    return replace(provenance, kind="bundle", bundled=provenance.kind)


def _refused(file: Path, why: str) -> LoadFailed:
    return LoadFailed(
        f"{file.name} is no bundle that can be trusted: {why}.",
        charged=Charged.NO,
        next_step="ask whoever made it for another copy",
    )
