"""Where the work on many parts of postings is done: in this process, one part after the other, or on a cluster."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, TypeVar

import polars as pl

if TYPE_CHECKING:
    from distributed import Client

Item = TypeVar("Item")
Result = TypeVar("Result")

BUCKET = "__bucket"
"""The column that says into which of `BUCKETS` a row falls."""

BUCKETS = 64
AT_ONCE = 16
"""Small results that are merged in one step."""

_ROWS = 1_000_000  # of buckets that are finished at once


class Engine(Protocol):
    """Carries out one function on many parts. What it gives does not depend on where, nor in which order."""

    def each(
        self, function: Callable[[Item], Result], items: Sequence[Item], done: Callable[[Result], None] | None = None
    ) -> list[Result]:
        """Return what a function makes of each item, in their order; `done` is told of each one as it comes."""

    def tree(
        self, function: Callable[[Item], Result], items: Sequence[Item], merge: Callable[[list[Result]], Result]
    ) -> Result:
        """Merge what a function makes of each item, a few at a time."""

    def buckets(
        self,
        function: Callable[[Item], pl.DataFrame],
        items: Sequence[Item],
        merge: Callable[[pl.DataFrame], pl.DataFrame],
        finish: Callable[[pl.DataFrame], pl.DataFrame],
    ) -> list[pl.DataFrame]:
        """Merge the rows of each bucket out of all items, and finish them; never are all rows in one place.

        `function` gives frames with `BUCKET`. Where there is one item, its rows are finished as they are.
        """


Workers: TypeAlias = "Literal['local'] | Client | Engine"
"""What a user names as ``engine``; see `engine_of`."""


class Local:
    """In this process, an item after the other; polars uses all cores for each."""

    def __repr__(self) -> str:
        return "local"

    def each(
        self, function: Callable[[Item], Result], items: Sequence[Item], done: Callable[[Result], None] | None = None
    ) -> list[Result]:
        """See `Engine`."""
        results = []
        for item in items:
            results.append(function(item))
            if done:
                done(results[-1])
        return results

    def tree(
        self, function: Callable[[Item], Result], items: Sequence[Item], merge: Callable[[list[Result]], Result]
    ) -> Result:
        """See `Engine`."""
        waiting: list[Result] = []
        for item in items:
            waiting.append(function(item))
            if len(waiting) == AT_ONCE:
                waiting = [merge(waiting)]
        return waiting[0] if len(waiting) == 1 else merge(waiting)

    def buckets(
        self,
        function: Callable[[Item], pl.DataFrame],
        items: Sequence[Item],
        merge: Callable[[pl.DataFrame], pl.DataFrame],
        finish: Callable[[pl.DataFrame], pl.DataFrame],
    ) -> list[pl.DataFrame]:
        """See `Engine`; the rows of many items wait on disk."""
        if len(items) == 1:
            return [finish(function(items[0]).drop(BUCKET))]
        rows = 0
        with tempfile.TemporaryDirectory(prefix="bulkjobs-") as folder:
            for at, item in enumerate(items):
                frame = function(item).sort(BUCKET)
                frame.write_parquet(Path(folder) / f"{at}.parquet", compression="lz4", row_group_size=_group(frame))
                rows += len(frame)
            waiting = pl.scan_parquet(Path(folder) / "*.parquet")
            step = max(1, BUCKETS * _ROWS // max(rows, 1))
            return [
                finish(merge(waiting.filter(pl.col(BUCKET).is_between(at, at + step - 1)).drop(BUCKET).collect()))
                for at in range(0, BUCKETS, step)
            ]


def engine_of(given: Workers | object) -> Engine:
    """Return the engine that is meant: ``"local"`` or a `dask.distributed.Client`.

    Raises
    ------
    InvalidQuery
        It is nothing of this kind.
    ConfigError
        The extra ``cluster`` is not installed.
    """
    if isinstance(given, str) and given == "local":
        return LOCAL
    if isinstance(given, Local):
        return given
    from .cluster import Cluster

    return given if isinstance(given, Cluster) else Cluster.of(given)


def bucket(keys: Sequence[str]) -> pl.Expr:
    """Return into which bucket a row falls, by its keys: UInt8."""
    return (pl.struct(keys).hash(7) % BUCKETS).cast(pl.UInt8)


def as_they_are(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows as they are: for `Engine.buckets`, where nothing is to be merged."""
    return rows


def _group(frame: pl.DataFrame) -> int:
    return max(1_000, len(frame) // BUCKETS)  # rows; readers of a bucket skip the others


LOCAL = Local()
