"""Raw result files to import, wherever they lie: single ones, folders, and what has a URL."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from yarl import URL

from ..errors import BulkJobsError, ConfigError, LibraryError
from .store import Store, store_at

_CHOSEN = re.compile(r"(?:[^./_][^/]*/)*[^./_][^/]*\.(?:json|ndjson|jsonl|gz|zst)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Raw:
    """A raw file.

    Attributes
    ----------
    path : Path or yarl.URL
        What it is told by.
    store, name
        Where it is.
    label : str
        What its lines that are no record are filed under: its name, below the folder that was given.
    written_at : float or None
        Seconds since the epoch; None where only a look at it tells.
    """

    path: Path | URL
    store: Store
    name: str
    label: str
    written_at: float | None = None


@dataclass
class Found:
    """What there is to import, what in the folders is no raw file by its name, and what is not there."""

    raws: list[Raw] = field(default_factory=list)
    skipped: list[Path | URL] = field(default_factory=list)
    failed: dict[Path | URL, BulkJobsError] = field(default_factory=dict)


def find(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], options: Mapping[str, str] | None = None
) -> Found:
    """List raw files, in the order given; in a folder, and in those below, by their names.

    A file that is named is taken whatever it is called. In folders these are: ``.json``, ``.ndjson``, ``.jsonl``,
    ``.gz`` and ``.zst``, unless they or a folder on the way begin with a dot or an underscore.
    """
    found = Found()
    for given in [paths] if isinstance(paths, (str, os.PathLike)) else paths:
        text = os.fspath(given)
        if "://" in text:
            _in_store(text, options, found)
        elif Path(text).is_dir():
            _below(store_at(Path(text)), Path(text), found)
        else:
            path = Path(text)
            found.raws.append(Raw(path, store_at(path.parent), path.name, path.name))
    return found


def _in_store(text: str, options: Mapping[str, str] | None, found: Found) -> None:
    store = store_at(text, options)
    url = URL(str(store))
    parent, _, name = str(store).rpartition("/")
    try:
        there = list(store.files()) if url.path.strip("/") == "" or not _CHOSEN.fullmatch(name) else []
        if there:
            _below(store, url, found)
        elif url.path.strip("/"):  # a file, which may be missing
            found.raws.append(Raw(url, store_at(parent, options), name, name))
        else:
            found.failed[url] = ConfigError(f"Nothing is at {url}.", next_step="check its name")
    except (OSError, *store.errors) as error:  # type: ignore[misc]  # a tuple that is not known before
        found.failed[url] = LibraryError(f"{url} can't be listed ({store.said(error)}).", next_step=store.advice)


def _below(store: Store, given: Path | URL, found: Found) -> None:
    for file in store.files():
        path = given / file.name
        if _CHOSEN.fullmatch(file.name):
            found.raws.append(Raw(path, store, file.name, file.name, file.written_at))
        else:
            found.skipped.append(path)
