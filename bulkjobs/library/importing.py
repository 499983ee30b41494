"""Raw files to the library: read by threads of this process or on a cluster, and committed here, one by one."""

from __future__ import annotations

import contextlib
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from deltalake.transaction import AddAction

from ..disk import hash_of
from ..errors import BulkJobsError, Charged, ConfigError, LoadFailed
from ..events import FileImported, ImportStarted, Listener, notify
from ..records import AT_ONCE, LoadReport, read
from .raw import Found, Raw
from .reports import ImportReport
from .store import Store
from .table import Table, gathered, told

if TYPE_CHECKING:
    from deltalake import DeltaTable


@dataclass(frozen=True)
class Job:
    """What every worker is told: where to, what is known already, where lines go that are no record."""

    table: Table
    known: frozenset[str]
    aside: Store
    rows_a_file: int


@dataclass
class Prepared:
    """A raw file that was read: its rows are written, and not in the table yet; or it is known, or can't be read."""

    source: str = ""
    files: list[AddAction] = field(default_factory=list)
    report: LoadReport | None = None
    failure: BulkJobsError | None = None


def prepare(job: Job, raw: Raw) -> Prepared:
    """Hash a raw file and, unless it is known, read it and write its rows. Runs anywhere, and may run again."""
    try:
        with raw.store.local(raw.name) as path:
            source = f"file:{hash_of(path)}"
            if source in job.known:
                return Prepared(source)
            return _read(job, raw, path, source)
    except BulkJobsError as error:
        return Prepared(failure=error)
    except (OSError, *raw.store.errors) as error:  # type: ignore[misc]  # a tuple that is not known before
        words = getattr(error, "strerror", None) or raw.store.said(error)
        return Prepared(failure=ConfigError(f"{raw.path} can't be read ({words}).", next_step="check its name"))


def _read(job: Job, raw: Raw, path: Path, source: str) -> Prepared:
    report = LoadReport(files=1, source=raw.label)
    written_at = path.stat().st_mtime if raw.written_at is None else raw.written_at
    with tempfile.TemporaryDirectory(prefix="bulkjobs-") as folder:
        frames = gathered(read(path, report, aside=folder), job.rows_a_file)
        with told(job.table.store):
            files = job.table.put(source, frames, written_at)
        try:
            for side in Path(folder).iterdir():
                _keep(job.aside, raw.label, source, side.read_bytes())
        except (OSError, *job.aside.errors) as error:  # type: ignore[misc]
            job.table.discard(files)
            words = job.aside.said(error)
            raise ConfigError(
                f"The lines of {raw.path} that are no record can't be kept in {job.aside} ({words}).",
                next_step="give another folder: aside=...",
            ) from error
    return Prepared(source, files, report)


def _keep(aside: Store, label: str, source: str, lines: bytes) -> None:
    """Keep lines beside those of other files, that may have the same name."""
    for name in (f"{label}.bad-lines", f"{label}.{source[5:13]}.bad-lines"):
        with contextlib.suppress(FileNotFoundError):
            if aside.read(name) != lines:
                continue
            return
        aside.write(name, lambda file: file.write(lines))
        return


def bring(job: Job, found: Found, engine: Any, listener: Listener | None) -> ImportReport:
    """Import raw files; each is a commit of its own, so that what is cut off goes on where it was.

    Parameters
    ----------
    engine : "local" or dask.distributed.Client
        Who reads and writes; the commits are made by this process.
    """
    done = ImportReport(failed=dict(found.failed), skipped=found.skipped)
    notify(listener, ImportStarted("", len(found.raws), getattr(engine, "dashboard_link", None)))
    ends: dict[int, Prepared] = {}
    shelf = _Shelf(job.table)
    workers: Callable[..., Iterator[tuple[int, Prepared]]] = _threads if engine == "local" else _cluster
    with contextlib.closing(workers(job, found.raws, engine)) as ended:  # type: ignore[type-var]
        for number, end in ended:
            raw = found.raws[number]
            outcome = shelf.take(end)
            ends[number] = end
            notify(
                listener,
                FileImported("", str(raw.path), outcome, 0 if end.report is None else end.report.records,
                             len(ends), len(found.raws)),
            )  # fmt: skip
    for number, raw in enumerate(found.raws):  # told in the order in which they were given, whoever was first
        end = ends[number]
        if end.failure is not None:
            done.failed[raw.path] = end.failure
        elif end.report is None:
            done.known.append(raw.path)
        else:
            done.added.append(raw.path)
            done.report.add(end.report)
    return done


class _Shelf:
    """Commits what was prepared."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._open: DeltaTable | None = None

    def take(self, end: Prepared) -> Literal["added", "known", "failed"]:
        """Commit a file that was read, unless another one has brought it meanwhile."""
        if end.failure is not None:
            return "failed"
        if end.report is None:
            return "known"
        try:
            with told(self._table.store):
                if self._open is None:
                    self._open = self._table.opened()
                else:
                    self._open.update_incremental()
                added = self._table.commit(self._open, end.source, end.files)
        except BulkJobsError as error:
            end.failure, self._open = error, None
            return "failed"
        if not added:
            self._table.discard(end.files)
            end.report = None
        return "added" if added else "known"


def _threads(job: Job, raws: Sequence[Raw], _: Any) -> Iterator[tuple[int, Prepared]]:
    """Prepare files in this process, as they come."""
    with ThreadPoolExecutor(AT_ONCE, "bulkjobs-import") as pool:
        waiting = {pool.submit(prepare, job, raw): number for number, raw in enumerate(raws)}
        try:
            for future in as_completed(list(waiting)):
                yield waiting.pop(future), future.result()
        finally:  # what was read and will not be committed
            left = [future for future in waiting if not future.cancel()]
            for future in left:
                job.table.discard(future.result().files)


def _cluster(job: Job, raws: Sequence[Raw], cluster: Any) -> Iterator[tuple[int, Prepared]]:
    """Prepare files on the workers of a cluster; one that dies is replaced by another, which reads the file again."""
    from dask.distributed import as_completed as as_they_end

    shared = cluster.scatter(job, broadcast=True, hash=False)
    name = f"bulkjobs-import-{uuid.uuid4().hex}"
    waiting = {
        cluster.submit(prepare, shared, raw, key=f"{name}-{number}", pure=False): number
        for number, raw in enumerate(raws)
    }
    try:
        for future in as_they_end(list(waiting)):
            number = waiting.pop(future)
            failure = future.exception()
            if failure is None:
                yield number, future.result()
            else:
                words = f"{raws[number].path} could not be read on the cluster ({type(failure).__name__}: {failure})."
                yield (
                    number,
                    Prepared(failure=LoadFailed(words, charged=Charged.NO, next_step="engine='local' tells more")),
                )
    finally:
        cluster.cancel(list(waiting))
