"""Files on disk: known by their hash, brought there for good, and never half there under their name."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file, as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(descriptor: int) -> None:
    """Bring a file to the disk itself; on macOS a plain fsync stops at the drive's cache."""
    full = getattr(fcntl, "F_FULLFSYNC", None)
    if full is None:
        os.fsync(descriptor)
    else:
        fcntl.fcntl(descriptor, full)


@contextlib.contextmanager
def whole(target: Path) -> Iterator[Path]:
    """Give the path of a hidden file to write, which gets the target's name when that has ended well, and only then."""
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    try:
        yield part
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Give a hidden folder to fill, which takes the target's name and place when that has ended well, and only then.

    What was there before is put back if that fails; after a kill between the two renames, the next call does so.
    """
    for lost in target.parent.glob(f".{glob.escape(target.name)}.*.old"):
        if not target.exists():
            lost.replace(target)
    part, old = (target.with_name(f".{target.name}.{uuid.uuid4().hex}.{kind}") for kind in ("part", "old"))
    part.mkdir()
    try:
        yield part
        try:
            if target.exists():
                target.replace(old)
            part.replace(target)
        except BaseException:
            if old.exists() and not target.exists():
                old.replace(target)
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def publish(part: Path, target: Path) -> None:
    """Give a whole, synced file its final name, in the same folder."""
    part.replace(target)
    sync_folder(target.parent)


def sync_folder(path: Path) -> None:
    """Bring the names in a folder to the disk itself."""
    if os.name == "nt":  # a folder can't be opened there, and renames are journalled
        return
    folder = os.open(path, os.O_RDONLY)
    try:
        sync(folder)
    finally:
        os.close(folder)
