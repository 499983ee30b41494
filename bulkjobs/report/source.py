"""`Source`: the postings that a report is made of, wherever they lie, and where they come from."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from ..engine import LOCAL, Engine
from ..library import Library
from ..library.library import utc_moment
from ..provenance import Provenance


class Postings(Protocol):
    """A collection, blocking or not, or a bundle."""

    def scan(self) -> pl.LazyFrame:
        """Return the postings."""

    def provenance(self) -> Provenance:
        """Tell where they come from."""


@dataclass(frozen=True, slots=True)
class Source:
    """Postings, where they come from, and, of a library, up to when what was added counts (UTC)."""

    postings: Library | pl.LazyFrame
    provenance: Provenance
    as_of: dt.datetime | None = None

    @classmethod
    def of(cls, given: Postings | Library, *, as_of: dt.datetime | str | None = None, engine: Engine = LOCAL) -> Source:
        """Take the postings of a collection, a bundle or a library.

        Parameters
        ----------
        given : Collection, Bundle or Library
            Nothing is bought of it, and nothing written.
        as_of : datetime or str, optional
            Of a library only what had been added by then (UTC): the same for ever, whatever is bought later. Unless
            told, all that is there now.
        engine : Engine
            What reads a library.

        Raises
        ------
        LoadFailed, LibraryError
            The postings are not wholly here, or can't be read.
        """
        if isinstance(given, Library):
            moment = _last_addition(given) if as_of is None else utc_moment(as_of)
            return cls(given, given.provenance(as_of=moment, engine=engine), moment)
        return cls(given.scan(), given.provenance())


def _last_addition(library: Library) -> dt.datetime | None:
    """Return a time after the last addition and before any later one: compaction moves no row."""
    added = library.versions().drop_nulls("source")["at"].sort().to_list()
    return added[-1] + dt.timedelta(milliseconds=1) if added else None  # commits are told in whole milliseconds
