"""`Library`: every posting ever bought or imported, as one Delta Lake table that other tools read too."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl

from ..clock import naive
from ..engine import Rows, Workers, engine_of
from ..errors import ConfigError
from ..events import Listener
from ..origins import Snapshot
from ..provenance import Provenance, utc
from ..query import JobFilter, JobIds
from ..records import POSTING_SCHEMA
from . import upkeep
from .compaction import compact
from .importing import Job, bring
from .marks import marks
from .newest import NEWEST, newest, units
from .raw import find
from .reports import ImportReport, LibrarySnapshot, LibraryStats, Verification
from .snapshot import of_library
from .store import store_at
from .table import LIBRARY_SCHEMA, Table, TableFile, gathered, told

_ROWS_A_FILE = 20_000  # held in memory by each writer; compaction makes larger files of them


class Library:
    """The table of all postings of a home folder.

    Each data request, or imported file, is one commit that names it: a process may end at any instant, and several
    may write at once, and still each is in the table once. Nothing is ever changed or taken out; of a posting that
    was bought again, `scan` gives the newest version and `history` all.

    Parameters
    ----------
    path : path or str
        Folder of the table, or ``s3://``, ``gs://`` or ``az://`` and what follows; made at the first `append`. Any
        reader of Delta Lake tables can open it.
    storage_options : mapping of str to str, optional
        For an object store, what the environment does not tell (``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL``, ...), as
        delta-rs calls it. It is kept in memory alone, and never shown.

    Raises
    ------
    ConfigError
        It is no such address, or the extra ``cloud`` is not installed.
    LibraryError
        From every method, when the table can't be read or written; from those that write also where a store does not
        keep two writers apart.
    """

    def __init__(self, path: str | os.PathLike[str], *, storage_options: Mapping[str, str] | None = None) -> None:
        self._store = store_at(path, storage_options)
        if isinstance(self._store.location, str) and not urlsplit(self._store.location).path:
            raise ConfigError("A library has a folder of its own in a bucket.", next_step=f"{self.url}/library")
        self._delta = Table(self._store)

    def __repr__(self) -> str:
        return f"<Library at {self.url}>"

    @property
    def url(self) -> str:
        """Where it is: the path of its folder, or its URL; without any credential."""
        return str(self._store)

    @property
    def path(self) -> Path:
        """The folder that it is in.

        Raises
        ------
        ConfigError
            It is in an object store.
        """
        if isinstance(self._store.location, str):
            raise ConfigError(f"The library {self.url} is in no folder.", next_step="use library.url")
        return self._store.location

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

    def rows(
        self,
        *,
        engine: Workers = "local",
        version: int | None = None,
        as_of: dt.datetime | str | None = None,
    ) -> Rows:
        """Return the postings of `scan` in parts that one worker can hold, for work on a library of any size.

        Parameters
        ----------
        engine : "local" or dask.distributed.Client
            Where to work on them: in this process, a part after the other, or on the workers of a cluster.
        version, as_of
            As for `scan`.
        """
        return self._newest(engine, version, as_of).select(*POSTING_SCHEMA)

    def _newest(self, engine: Workers, version: int | None, as_of: dt.datetime | str | None) -> Rows:
        """Return the rows of `rows`, of `LIBRARY_SCHEMA`."""
        with told(self._store):
            return newest(self.units(self.files(version=version), as_of=as_of), engine_of(engine))

    def units(self, files: Sequence[TableFile], *, as_of: dt.datetime | str | None = None) -> list[pl.LazyFrame]:
        """Return the rows of files, each small enough for one worker; at least one, which may be empty."""
        cut = list(units((file.scan, file.rows, False) for file in files)) or [LIBRARY_SCHEMA.to_frame().lazy()]
        if as_of is None:
            return cut
        return [scan.filter(pl.col("added_at") <= utc_moment(as_of)) for scan in cut]

    def provenance(
        self,
        *,
        version: int | None = None,
        as_of: dt.datetime | str | None = None,
        sources: Sequence[str] | None = None,
        where: pl.Expr | None = None,
        engine: Workers = "local",
    ) -> Provenance:
        """Tell where the postings of `scan` come from, with a hash of the rows themselves; reads them all, bit by bit.

        Parameters
        ----------
        version, as_of, sources
            As for `scan`. With `as_of` it stays the same, whatever is added later.
        where : polars.Expr, optional
            Only postings for which this holds, as in ``scan().filter(where)``.
        engine : "local" or dask.distributed.Client
            Where to read them.

        Raises
        ------
        InvalidQuery
            `where` can't be asked of postings.
        """
        table = self._delta.found(version)
        read = None if table is None else table.version()
        if sources is None:
            rows = self._newest(engine, read, as_of)
        else:
            rows = Rows.of(self._chosen(read, as_of, sources)).on(engine)
        made = None if read is None or as_of is not None else self._delta.commits([read])[0]["at"]
        snapshot = Snapshot(
            version=None if as_of is not None else read,
            at=utc(made),
            as_of=None if as_of is None else f"{utc_moment(as_of).isoformat()}Z",
        )
        with told(self._store):
            return of_library(rows, where, snapshot)

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
        commits = [] if table is None else self._delta.commits(range(table.version(), -1, -1))
        return pl.DataFrame(
            {
                "version": [commit["version"] for commit in commits],
                "at": [None if commit["at"] is None else naive(commit["at"]) for commit in commits],
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
        with told(self._store):
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
        with told(self._store):
            table = self._delta.opened()
            if table.transaction_version(source) is not None:
                return False
            files = self._delta.put(source, gathered(frames, _ROWS_A_FILE), bought_at)
            added = self._delta.commit(table, source, files, hashes)
            if not added:
                self._delta.discard(files)
        return added

    def add(
        self,
        paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        *,
        aside: str | os.PathLike[str] | None = None,
        engine: Workers = "local",
        storage_options: Mapping[str, str] | None = None,
        on_event: Listener | None = None,
    ) -> ImportReport:
        """Import files from elsewhere: old exports, of any of the vendor's schemas, compressed or not.

        A file whose content is here already is known by its hash and adds nothing, whatever it is called: what was cut
        off goes on where it was. A file that can't be read stops no other one.

        Parameters
        ----------
        paths : path or URL, or an iterable of them
            Files that `bulkjobs.records.load` reads; and folders, or what is below a ``s3://``, ``gs://`` or ``az://``
            URL: all in there that is called ``.json``, ``.ndjson``, ``.jsonl``, ``.gz`` or ``.zst``.
        aside : path or str, optional
            Folder or URL for lines that are no record; unless told, ``bad-lines`` beside the table.
        engine : "local" or dask.distributed.Client
            Who reads the files, and writes their rows: threads of this process, or the workers of a cluster, who must
            be able to open the files and the library. The commits are made by this process.
        storage_options : mapping of str to str, optional
            As for `Library`, for `paths` and `aside`.
        on_event : callable, optional
            Told of `bulkjobs.events.ImportStarted` and, for each file, `FileImported`.
        """
        if engine != "local" and not hasattr(engine, "scatter"):
            raise ConfigError(
                f"engine={engine!r} is no engine.", next_step='engine="local", or a dask.distributed.Client'
            )
        side = self._store.at("../bad-lines") if aside is None else store_at(aside, storage_options)
        with told(self._store):
            known = marks(self._store)
        return bring(Job(self._delta, known, side, _ROWS_A_FILE), find(paths, storage_options), engine, on_event)

    # --- in order -----------------------------------------------------------------------------------------

    def compact(self) -> None:
        """Make few large files of many small ones. Readers and other writers are not disturbed; old versions stay."""
        with told(self._store):
            compact(self._delta)

    def verify(self) -> Verification:
        """Read every file of the newest version, and tell what is wrong.

        Each file must be there, with the size and the rows that the log says, and be read to its end; of each source
        every row must be there once. Others may read and write meanwhile.
        """
        with told(self._store):
            return upkeep.verify(self._delta)

    def snapshot(
        self, out: str | os.PathLike[str] | None = None, *, storage_options: Mapping[str, str] | None = None
    ) -> LibrarySnapshot | None:
        """Tell what the newest version consists of; and copy it, as a library of its own.

        Parameters
        ----------
        out : path or str, optional
            A folder or URL for the copy. It knows all sources that are in it, so that none is added there twice; of
            the versions of the table, it has only this one.
        storage_options : mapping of str to str, optional
            As for `Library`, for `out`.

        Returns
        -------
        LibrarySnapshot or None
            None where nothing was ever added.

        Raises
        ------
        ConfigError
            There is a table already.
        """
        with told(self._store):
            if out is None:
                return upkeep.snapshot(self._delta)
            return upkeep.copy(self._delta, Library(out, storage_options=storage_options)._delta)

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
        with told(self._store):
            return [] if table is None else table.vacuum(keep_days * 24, dry_run=dry_run, full=True)


def _without(rows: pl.LazyFrame, collections: Sequence[str]) -> pl.LazyFrame:
    if not collections:
        return rows
    collection = pl.col("source").str.extract(r"^request:(.+)/\d+$")
    return rows.filter(collection.is_null() | ~collection.is_in(list(collections)))


def utc_moment(moment: dt.datetime | str) -> dt.datetime:
    """Read a time of the library: UTC, unless the datetime has a zone; without one afterwards."""
    if isinstance(moment, str):
        try:
            moment = dt.datetime.fromisoformat(moment)
        except ValueError as error:
            raise ConfigError(f"as_of={moment!r} is no date.", next_step='as_of="2026-01-31 12:00:00"') from error
    return naive(moment)
