"""`Library`: every posting ever bought or imported, as one Delta Lake table that other tools read too."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
from deltalake.transaction import AddAction

from ..clock import naive
from ..disk import hash_of
from ..errors import BulkJobsError, ConfigError
from ..origins import Snapshot
from ..provenance import Provenance, utc
from ..query import JobFilter, JobIds
from ..records import AT_ONCE, POSTING_SCHEMA, LoadReport, read
from .reports import ImportReport, LibraryStats
from .snapshot import of_library
from .table import Table, TableFile, told

_ROWS_A_FILE = 20_000  # held in memory by each writer; compaction makes larger files of them
NEWEST = ("last_updated", "bought_at", "added_at", "source", "row")
"""What makes one version of a posting newer than another, first things first."""


class Library:
    """The table of all postings of a home folder.

    Each data request, or imported file, is one commit that names it: a process may end at any instant, and several
    may write at once, and still each is in the table once. Nothing is ever changed or taken out; of a posting that
    was bought again, `scan` gives the newest version and `history` all.

    Parameters
    ----------
    path : Path
        Folder of the table; made at the first `append`. Any reader of Delta Lake tables can open it.

    Raises
    ------
    LibraryError
        From every method, when the table can't be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._delta = Table(path)

    def __repr__(self) -> str:
        return f"<Library at {self.path}>"

    # --- reading ------------------------------------------------------------------------------------------

    def scan(
        self,
        *,
        version: int | None = None,
        as_of: dt.datetime | str | None = None,
        sources: Sequence[str] | None = None,
    ) -> pl.LazyFrame:
        """Return the newest version of each posting, lazily: a LazyFrame of `POSTING_SCHEMA`, one row a posting.

        Parameters
        ----------
        version : int, optional
            The table as it was at that version (see `versions`); until `vacuum` removed what only it needs.
        as_of : datetime or str, optional
            Only what had been added by then (UTC, unless the datetime has a zone). This works for ever.
        sources : sequence of str, optional
            Only rows of these sources, all of them, in their order.
        """
        return self._chosen(version, as_of, sources).select(*POSTING_SCHEMA)

    def _chosen(
        self, version: int | None, as_of: dt.datetime | str | None, sources: Sequence[str] | None
    ) -> pl.LazyFrame:
        """Return the rows of `scan`, of `LIBRARY_SCHEMA`."""
        rows = self._delta.rows(version)
        if as_of is not None:
            rows = rows.filter(pl.col("added_at") <= utc_moment(as_of))
        if sources is not None:
            return rows.filter(pl.col("source").is_in(list(sources))).sort("source", "row")
        keys = rows.select("id", *NEWEST)
        newest = keys.filter(pl.col("id").is_not_null()).sort(NEWEST).unique("id", keep="last")
        nameless = keys.filter(pl.col("id").is_null())  # nobody can tell whether they are the same
        chosen = pl.concat([newest, nameless]).select("source", "row")
        return rows.join(chosen, on=["source", "row"], how="semi")

    def files(self, *, version: int | None = None) -> list[TableFile]:
        """Return the files of the table, for who works on them one by one: all versions of all postings.

        Parameters
        ----------
        version : int, optional
            As for `scan`.
        """
        return self._delta.files(version)

    def provenance(
        self,
        *,
        version: int | None = None,
        as_of: dt.datetime | str | None = None,
        sources: Sequence[str] | None = None,
        where: pl.Expr | None = None,
    ) -> Provenance:
        """Tell where the postings of `scan` come from, with a hash of the rows themselves; reads them all, bit by bit.

        Parameters
        ----------
        version, as_of, sources
            As for `scan`. With `as_of` it stays the same, whatever is added later.
        where : polars.Expr, optional
            Only postings for which this holds, as in ``scan().filter(where)``.

        Raises
        ------
        InvalidQuery
            `where` can't be asked of postings.
        """
        table = self._delta.found(version)
        read = None if table is None else table.version()
        rows = self._chosen(read, as_of, sources)
        made = None if table is None or as_of is not None else table.history(1)[0]["timestamp"] / 1e3
        snapshot = Snapshot(
            version=None if as_of is not None else read,
            at=utc(made),
            as_of=None if as_of is None else f"{utc_moment(as_of).isoformat()}Z",
        )
        return of_library(rows, where, snapshot, self._delta.collect)

    def history(self, posting: int) -> pl.DataFrame:
        """Return every version of a posting, oldest first: a frame of `LIBRARY_SCHEMA`."""
        return self._delta.collect(self._delta.rows().filter(pl.col("id") == posting).sort(NEWEST))

    def owned(
        self,
        ids: JobIds | pl.Series | Iterable[int],
        *,
        since: dt.datetime | str | None = None,
        sources: Sequence[str] | None = None,
        except_collections: Sequence[str] = (),
    ) -> pl.DataFrame:
        """Tell which of some postings are here.

        Parameters
        ----------
        ids : JobIds, polars.Series or iterable of int
            The service's ids.
        since : datetime or str, optional
            Leave out those bought before (UTC).
        sources : sequence of str, optional
            Only what came from these.
        except_collections : sequence of str
            Leave out what these brought: another service may give the same id to another posting.

        Returns
        -------
        polars.DataFrame
            ``id``, ``last_updated`` and ``bought_at`` of the newest version of each one that is here, sorted by id.
        """
        series = ids.series if isinstance(ids, JobIds) else pl.Series(ids, dtype=pl.Int64)
        asked = series.cast(pl.Int64).alias("id").to_frame().lazy()
        rows = _without(self._delta.rows(), except_collections)
        if since is not None:
            rows = rows.filter(pl.col("bought_at") >= utc_moment(since))
        if sources is not None:
            rows = rows.filter(pl.col("source").is_in(list(sources)))
        found = rows.select("id", *NEWEST).join(asked, on="id", how="semi")
        newest = found.sort(NEWEST).unique("id", keep="last").sort("id")
        return self._delta.collect(newest.select("id", "last_updated", "bought_at"))

    def may_hold(self, query: JobFilter) -> bool:
        """Tell whether a posting is here that a filter might match, by its time of creation: other fields may change.

        Where the time is not known, it might.
        """
        created = pl.col("created")
        rows = self._delta.rows().select("created")
        if query.created_at_gte is not None:
            rows = rows.filter(created.is_null() | (created >= dt.datetime.fromisoformat(query.created_at_gte)))
        if query.created_at_lte is not None:
            rows = rows.filter(created.is_null() | (created <= dt.datetime.fromisoformat(query.created_at_lte)))
        return not self._delta.collect(rows.head(1)).is_empty()

    def taken(self, ids: pl.Series, *, as_of: float, except_collections: Sequence[str] = ()) -> pl.LazyFrame:
        """Return one version of each of some postings: the newest that was here at a time, else the first that came.

        Parameters
        ----------
        ids : polars.Series
            Int64; the rows come in their order.
        as_of : float
            Seconds since the epoch; the answer stays the same whatever is bought later.
        except_collections : sequence of str
            As for `owned`.

        Returns
        -------
        polars.LazyFrame
            Of `POSTING_SCHEMA`.
        """
        asked = ids.rename("id").to_frame().lazy().with_row_index("asked")
        rows = _without(self._delta.rows(), except_collections)
        late = pl.col("added_at") > naive(as_of)
        # Of those that were here the last one counts, of those that came later the first.
        keys = rows.select("id", *NEWEST).join(asked.select("id"), on="id", how="semi").with_columns(late=late)
        here = keys.filter(~pl.col("late")).sort(NEWEST).unique("id", keep="last")
        later = keys.filter("late").sort("added_at", *NEWEST).unique("id", keep="first").join(here, on="id", how="anti")
        chosen = pl.concat([here, later]).select("source", "row")
        found = rows.join(chosen, on=["source", "row"], how="semi").join(asked, on="id")
        return found.sort("asked").select(*POSTING_SCHEMA)

    def stats(self) -> LibraryStats:
        """Count what is here."""
        table = self._delta.found()
        if table is None:
            return LibraryStats(0, 0, 0, 0, 0, None)
        counts = self._delta.collect(
            self._delta.rows().select(
                pl.col("id").drop_nulls().n_unique() + pl.col("id").null_count(),
                rows=pl.len(),
                sources=pl.col("source").n_unique(),
            )
        ).row(0)
        sizes = pl.DataFrame(table.get_add_actions(flatten=True))["size_bytes"]
        postings, rows, sources = counts
        return LibraryStats(postings, rows, sources, len(sizes), int(sizes.sum()), table.version())

    def versions(self) -> pl.DataFrame:
        """Return the table's versions, newest first: version, at (UTC), operation, source, records."""
        table = self._delta.found()
        commits = [] if table is None else table.history()
        return pl.DataFrame(
            {
                "version": [commit["version"] for commit in commits],
                "at": [naive(commit["timestamp"] / 1e3) for commit in commits],
                "operation": [commit["operation"] for commit in commits],
                "source": [commit.get("bulkjobs.source") for commit in commits],
                "records": [
                    int(commit["bulkjobs.records"]) if "bulkjobs.records" in commit else None for commit in commits
                ],
            },
            schema={
                "version": pl.Int64,
                "at": pl.Datetime("us"),
                "operation": pl.String,
                "source": pl.String,
                "records": pl.Int64,
            },
        )

    def has(self, source: str) -> bool:
        """Tell whether a source was added."""
        table = self._delta.found()
        with told(self.path):
            return table is not None and table.transaction_version(source) is not None

    # --- writing ------------------------------------------------------------------------------------------

    def append(
        self, source: str, frames: Iterable[pl.DataFrame], *, bought_at: float, hashes: Sequence[str] = ()
    ) -> bool:
        """Add the postings of one source, in one commit, unless they are here.

        Parameters
        ----------
        source : str
            Names them for ever, as in `LIBRARY_SCHEMA`.
        frames : iterable of polars.DataFrame
            Of `POSTING_SCHEMA`; taken one by one, so that they need not all fit into memory.
        bought_at : float
            When they were bought, in seconds since the epoch.
        hashes : sequence of str
            SHA-256 of the files that they came in: importing one of them will add nothing.

        Returns
        -------
        bool
            False where the source is here already.
        """
        with told(self.path):
            table = self._delta.opened()
            if table.transaction_version(source) is not None:
                return False
            files: list[AddAction] = []
            added = False
            try:
                for rows in self._stamped(source, frames, bought_at):
                    files.append(self._delta.write(rows))  # noqa: PERF401 - those written so far are removed on failure
                added = self._delta.commit(table, source, files, hashes)
            finally:
                if not added:
                    for file in files:
                        (self.path / file.path).unlink(missing_ok=True)
        return added

    def add(self, paths: Iterable[str | os.PathLike[str]], *, aside: Path | None = None) -> ImportReport:
        """Import files from elsewhere: old exports, of any of the vendor's schemas, compressed or not.

        A file whose content is here already is known by its hash and adds nothing, whatever it is called.

        Parameters
        ----------
        paths : iterable of paths
            What `bulkjobs.records.load` reads.
        aside : Path, optional
            Folder for lines that are no record; unless told, ``bad-lines`` beside the table.
        """
        done = ImportReport()
        folder = aside or self.path.parent / "bad-lines"

        def one(path: Path) -> tuple[Path, LoadReport | BulkJobsError | None]:
            try:
                return path, self._add(path, folder)
            except BulkJobsError as error:
                return path, error

        with ThreadPoolExecutor(AT_ONCE, "bulkjobs-import") as pool:
            for path, end in pool.map(one, map(Path, paths)):
                if isinstance(end, BulkJobsError):
                    done.failed[path] = end
                elif end is None:
                    done.known.append(path)
                else:
                    done.added.append(path)
                    done.report.add(end)
        return done

    def _add(self, path: Path, aside: Path) -> LoadReport | None:
        try:
            digest, written_at = hash_of(path), path.stat().st_mtime
            aside.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"{path} can't be read ({error.strerror}).", next_step="check its name") from error
        source, report = f"file:{digest}", LoadReport(files=1, source=path.name)
        added = self.append(source, read(path, report, aside=aside), bought_at=written_at)
        return report if added else None

    def compact(self) -> None:
        """Make few large files of many small ones. Readers and other writers are not disturbed; old versions stay."""
        table = self._delta.found()
        if table is not None:
            with told(self.path):
                table.optimize.compact()

    def vacuum(self, *, keep_days: int = 30, dry_run: bool = False) -> list[str]:
        """Delete files that no version of the last days needs: what compaction replaced, or a killed process left.

        Parameters
        ----------
        keep_days : int
            How many days back `scan(version=...)` shall go on to work; 7 at the least, so that nothing that is being
            written or read is taken away. ``as_of`` is not touched by this.
        dry_run : bool
            Only tell what would be deleted.

        Returns
        -------
        list of str
            The files.
        """
        if keep_days < 7:
            raise ConfigError("keep_days must be 7 or more: others may be reading or writing.", next_step="keep_days=7")
        table = self._delta.found()
        with told(self.path):
            return [] if table is None else table.vacuum(keep_days * 24, dry_run=dry_run, full=True)

    # --- Delta --------------------------------------------------------------------------------------------

    def _stamped(self, source: str, frames: Iterable[pl.DataFrame], bought_at: float) -> Iterator[pl.DataFrame]:
        """Gather frames to files of a good size, and give each row its source."""
        first = 0
        for rows in _gathered(frames):
            yield rows.with_columns(
                source=pl.lit(source),
                row=pl.int_range(first, first + len(rows), dtype=pl.Int64),
                bought_at=pl.lit(naive(bought_at)),
                added_at=pl.lit(naive(time.time())),
            )
            first += len(rows)


def _without(rows: pl.LazyFrame, collections: Sequence[str]) -> pl.LazyFrame:
    if not collections:
        return rows
    collection = pl.col("source").str.extract(r"^request:(.+)/\d+$")
    return rows.filter(collection.is_null() | ~collection.is_in(list(collections)))


def _gathered(frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    waiting: list[pl.DataFrame] = []
    for frame in frames:
        waiting.append(frame)
        if sum(map(len, waiting)) >= _ROWS_A_FILE:
            yield pl.concat(waiting)
            waiting.clear()
    if any(map(len, waiting)):
        yield pl.concat(waiting)


def utc_moment(moment: dt.datetime | str) -> dt.datetime:
    """Read a time of the library: UTC, unless the datetime has a zone; without one afterwards."""
    if isinstance(moment, str):
        try:
            moment = dt.datetime.fromisoformat(moment)
        except ValueError as error:
            raise ConfigError(f"as_of={moment!r} is no date.", next_step='as_of="2026-01-31 12:00:00"') from error
    return naive(moment)
