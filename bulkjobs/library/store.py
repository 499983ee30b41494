"""`Store`: where files lie, those of a table or those to import: a folder, or a part of an object store."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

import polars as pl

from ..disk import publish, sync, sync_folder


@dataclass(frozen=True, slots=True)
class File:
    """A file of a store: its name there (with ``/`` between folders), its bytes, and when it was written.

    Attributes
    ----------
    written_at : float
        Seconds since the epoch.
    """

    name: str
    size: int
    written_at: float


class Store(Protocol):
    """A place for files that are written whole, once, and never changed.

    It can be sent to another process. Its `str` is its address, and never shows a credential.
    """

    @property
    def location(self) -> Path | str:
        """What the libraries that read tables are given."""

    @property
    def options(self) -> dict[str, str] | None:
        """Their ``storage_options``."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What it raises besides OSError."""

    @property
    def advice(self) -> str:
        """What to do when it can't be used; empty for what `LibraryError` says."""

    def ready(self) -> None:
        """Make sure, before the first write, that two writers can't both believe that they were the first.

        Raises
        ------
        LibraryError
            They could.
        """

    def write(self, name: str, fill: Callable[[IO[bytes]], object]) -> File:
        """Write a file; it is there when it is whole, and not before."""

    def create(self, name: str, content: bytes) -> bool:
        """Write a small file, unless there is one of that name: then return False, and leave that as it is."""

    def has(self, name: str) -> bool:
        """Tell whether there is a file of that name."""

    def read(self, name: str) -> bytes:
        """Return the content of a small file."""

    def local(self, name: str) -> AbstractContextManager[Path]:
        """Give a file as one of this machine: itself, or a copy that is removed afterwards."""

    def uri(self, name: str) -> str:
        """Return what polars opens a file by, with `options`."""

    def files(self, under: str = "") -> Iterator[File]:
        """List all files in a folder of it, and in those below."""

    def delete(self, names: Iterable[str]) -> None:
        """Remove files; those that are not there are none."""

    def at(self, place: str) -> Store:
        """Return the store at another place: ``below`` it, or ``../beside`` it."""

    def said(self, error: Exception) -> str:
        """Return the words of an error, and leave it no others, without any credential."""


def store_at(where: str | os.PathLike[str], options: Mapping[str, str] | None = None) -> Store:
    """Find the store at an address.

    Parameters
    ----------
    where : str or path
        A folder, or ``s3://``, ``gs://`` or ``az://`` and what follows.
    options : mapping, optional
        Storage options for a URL, beside those of the environment.

    Raises
    ------
    ConfigError
        It is no such address; or what reads object stores is not installed.
    """
    if isinstance(where, str) and "://" in where:
        from .bucket import Bucket

        return Bucket(where, options)
    return Folder(Path(where))


def scan(store: Store, *names: str) -> pl.LazyFrame:
    """Return the rows of Parquet files of a store, all of the same columns."""
    return pl.scan_parquet([store.uri(name) for name in names], storage_options=store.options)


class Folder:
    """A folder of this machine, or of a disk that it shares.

    What is published there is on the disk itself; two writers can't make the same file.
    """

    options = None
    advice = ""
    errors: tuple[type[Exception], ...] = ()

    def __init__(self, path: Path) -> None:
        self.location = path

    def __str__(self) -> str:
        return str(self.location)

    def ready(self) -> None:
        """Do nothing: a file system lets one writer be the first."""

    def write(self, name: str, fill: Callable[[IO[bytes]], object]) -> File:
        """Write a file and bring it to the disk, then give it its name."""
        target = self.location / name
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.stem}.{uuid.uuid4().hex}.part")
        try:
            with part.open("wb") as file:
                fill(file)
                file.flush()
                sync(file.fileno())
            publish(part, target)
        finally:
            part.unlink(missing_ok=True)
        return self._file(target)

    def create(self, name: str, content: bytes) -> bool:
        """Write a file and bring it to the disk, then give it its name, unless that is taken."""
        target = self.location / name
        part = target.with_name(f"{target.stem}.{uuid.uuid4().hex}.part")
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                sync(file.fileno())
            target.hardlink_to(part)  # other than a rename, it fails where there is one
            sync_folder(target.parent)
        except FileExistsError:
            return False
        finally:
            part.unlink(missing_ok=True)
        return True

    def has(self, name: str) -> bool:
        """Look for the file."""
        return (self.location / name).exists()

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        return (self.location / name).read_bytes()

    @contextlib.contextmanager
    def local(self, name: str) -> Iterator[Path]:
        """Give the file itself."""
        yield self.location / name

    def uri(self, name: str) -> str:
        """Return its path."""
        return str(self.location / name)

    def files(self, under: str = "") -> Iterator[File]:
        """List all files, in the order of their names."""
        for folder, below, names in os.walk(self.location / under):
            below.sort()
            yield from (self._file(Path(folder, name)) for name in sorted(names))

    def delete(self, names: Iterable[str]) -> None:
        """Remove files."""
        for name in names:
            (self.location / name).unlink(missing_ok=True)

    def at(self, place: str) -> Folder:
        """Return a folder in it, or beside it."""
        return Folder(self.location.parent / place[3:] if place.startswith("../") else self.location / place)

    def said(self, error: Exception) -> str:
        """Return its words."""
        return str(error)

    def _file(self, path: Path) -> File:
        status = path.stat()
        return File(path.relative_to(self.location).as_posix(), status.st_size, status.st_mtime)
