"""`Prepared`: enriched postings in Parquet files, to ask any number of questions of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ..display import as_html, as_text
from ..engine import Rows, Workers
from ..errors import InvalidQuery

MARK = "prepared.json"
FORMAT = 2


@dataclass(frozen=True, kw_only=True)
class Prepared(Rows):
    """Enriched postings in a folder of Parquet files. Questions take it in place of a frame.

    Each file holds whole companies, so that what was put up again lies in one file. Any reader of Parquet reads them.

    Attributes
    ----------
    folder : Path
        Where they are.
    postings : int
        How many.
    left_out : dict of str to int
        How many were left out, by the conditions of `prepare` that they did not meet.
    """

    folder: Path
    postings: int
    left_out: dict[str, int]

    @classmethod
    def open(cls, folder: str | Path, *, engine: Workers = "local") -> Prepared:
        """Open what `bulkjobs.analysis.prepare` made.

        Raises
        ------
        InvalidQuery
            There is nothing of this kind, or it is not finished.
        """
        known = mark_of(Path(folder))
        if known is None or "rows" not in known:
            raise InvalidQuery(f"{folder} holds no prepared postings, or not all of them.", field="folder",
                               next_step="prepare(library, folder) makes them, or goes on with it")  # fmt: skip
        files = [part_file(Path(folder), number) for number in range(len(known["rows"]))]
        scans, postings = tuple(map(pl.scan_parquet, files)), sum(known["rows"])
        return cls(scans, folder=Path(folder), postings=postings, left_out=known["left_out"]).on(engine)

    def scan(self) -> pl.LazyFrame:
        """Return all of them as one lazy frame."""
        return pl.concat(self.parts)

    def _lines(self) -> list[tuple[str, str]]:
        return [
            ("folder", str(self.folder)),
            ("postings", f"{self.postings:,} in {len(self.parts):,} files"),
            *((f"left out, {words}", f"{count:,}") for words, count in self.left_out.items()),
            ("engine", repr(self.engine)),
        ]

    def __repr__(self) -> str:
        return as_text("Prepared postings", self._lines())

    def _repr_html_(self) -> str:
        return as_html("Prepared postings", self._lines())


def part_file(folder: Path, number: int) -> Path:
    """Return the file of a part."""
    return folder / f"part-{number:05}.parquet"


def mark_of(folder: Path) -> dict[str, Any] | None:
    """Return what a folder says of itself; None where it says nothing."""
    try:
        known: dict[str, Any] = json.loads((folder / MARK).read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InvalidQuery(f"{folder / MARK} can't be read ({error}).", field="folder") from error
    return known if known.get("format") == FORMAT else None
