"""`Cluster`: the work on many parts, done by the workers of a Dask cluster. Needs the extra ``cluster``."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import polars as pl

from ..errors import ConfigError, InvalidQuery
from .engine import AT_ONCE, BUCKET, BUCKETS, Item, Result

if TYPE_CHECKING:
    from distributed import Client, Future

_RETRIES = 3  # of a task that fails; what a dead worker did is done again in any case
_TOGETHER = 8  # items of which one task merges the rows before they are cut into buckets


with contextlib.suppress(ImportError):  # workers import this module, too
    from dask.sizeof import sizeof

    # By itself, Dask takes any frame for 48 bytes, and brings none to disk before it is too late.
    sizeof.register(pl.DataFrame, pl.DataFrame.estimated_size)


class Cluster:
    """Workers of a Dask cluster. They give small frames back; what is large stays with them, or on disk.

    Parameters
    ----------
    client : dask.distributed.Client
        Its workers have the same versions of bulkjobs and polars, and see the same files.
    """

    def __init__(self, client: Client) -> None:
        self.client = client

    @classmethod
    def of(cls, given: object) -> Cluster:
        """Take a client; see `bulkjobs.engine.engine.engine_of`."""
        try:
            from distributed import Client
        except ImportError as error:
            raise ConfigError(
                "Working on a cluster needs what is not installed: dask and distributed.",
                next_step='pip install "bulkjobs[cluster]"',
            ) from error
        if not isinstance(given, Client) or given.asynchronous:
            raise InvalidQuery(
                f"engine must be 'local' or a dask.distributed.Client that blocks, not {given!r}.", field="engine",
                next_step="engine=dask.distributed.Client(address)",
            )  # fmt: skip
        return cls(given)

    @property
    def dashboard(self) -> str | None:
        """The address of the page on which the work can be watched; None where there is none."""
        link: str | None = self.client.dashboard_link
        return link

    def __repr__(self) -> str:
        workers = len(self.client.nthreads())
        where = f"; watch it at {self.dashboard}" if self.dashboard else ""
        return f"Dask, {workers} worker{'' if workers == 1 else 's'}{where}"

    def each(
        self, function: Callable[[Item], Result], items: Sequence[Item], done: Callable[[Result], None] | None = None
    ) -> list[Result]:
        """See `bulkjobs.engine.engine.Engine`."""
        from distributed import as_completed

        with self._running() as started:
            futures = self._submit(function, items, started)
            for future in as_completed(futures):
                result = future.result()
                if done:
                    done(result)
            results: list[Result] = self.client.gather(futures)
            return results

    def tree(
        self, function: Callable[[Item], Result], items: Sequence[Item], merge: Callable[[list[Result]], Result]
    ) -> Result:
        """See `bulkjobs.engine.engine.Engine`."""
        with self._running() as started:
            futures = self._submit(function, items, started)
            while len(futures) > 1:
                groups = [futures[at : at + AT_ONCE] for at in range(0, len(futures), AT_ONCE)]
                futures = self._submit(merge, groups, started)
            result: Result = futures[0].result()
            return result

    def buckets(
        self,
        function: Callable[[Item], pl.DataFrame],
        items: Sequence[Item],
        merge: Callable[[pl.DataFrame], pl.DataFrame],
        finish: Callable[[pl.DataFrame], pl.DataFrame],
    ) -> list[pl.DataFrame]:
        """See `bulkjobs.engine.engine.Engine`."""
        threads = max(1, sum(self.client.nthreads().values()))
        size = min(_TOGETHER, max(1, len(items) // (4 * threads)))
        groups = [items[at : at + size] for at in range(0, len(items), size)]
        into = min(BUCKETS, max(2 * threads, len(groups))) if len(items) > 1 else 1
        with self._running() as started:
            cut = self._submit(partial(_cut, function, merge, into), groups, started)
            pieces = [self._submit(itemgetter(at), cut, started) for at in range(into)]
            finished = self._submit(partial(_finished, merge, finish), pieces, started)
            frames: list[pl.DataFrame] = self.client.gather(finished)
            return frames

    def _submit(
        self, function: Callable[..., Any], items: Sequence[Any], started: list[Future[Any]]
    ) -> list[Future[Any]]:
        """Start a task for each item; it does nothing but return something, so it may be done twice."""
        made = function
        while isinstance(made, partial):
            made = made.func
        name = getattr(made, "__name__", type(made).__name__).strip("_").replace("_", "-")
        mark = uuid.uuid4().hex
        futures = [
            self.client.submit(function, item, key=(f"{name}-{mark}", at), pure=False, retries=_RETRIES)
            for at, item in enumerate(items)
        ]
        started += futures
        return futures

    @contextmanager
    def _running(self) -> Iterator[list[Future[Any]]]:
        """Stop what was started when a task fails for good, or the user stops it; say what can be done."""
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError

        started: list[Future[Any]] = []
        try:
            yield started
        except BaseException as error:
            self.client.cancel(started)
            if not isinstance(error, KilledWorker | FutureCancelledError | OSError):
                raise
            raise ConfigError(
                f"The cluster could not do it ({error}).",
                next_step="see to its workers' memory and disks, then do the same again: files that are done stay",
            ) from error


def _cut(
    function: Callable[[Any], pl.DataFrame],
    merge: Callable[[pl.DataFrame], pl.DataFrame],
    into: int,
    items: Sequence[Any],
) -> list[pl.DataFrame]:
    """Bring the rows of some items together, and cut them by their buckets."""
    frames = [function(item) for item in items]
    if into == 1:
        return [frame.drop(BUCKET) for frame in frames]
    rows = pl.concat(frames).with_columns(pl.col(BUCKET) % into)
    return [
        merge(rows.filter(pl.col(BUCKET) == at).drop(BUCKET)) if len(frames) > 1
        else rows.filter(pl.col(BUCKET) == at).drop(BUCKET)
        for at in range(into)
    ]  # fmt: skip


def _finished(
    merge: Callable[[pl.DataFrame], pl.DataFrame],
    finish: Callable[[pl.DataFrame], pl.DataFrame],
    pieces: Sequence[pl.DataFrame],
) -> pl.DataFrame:
    return finish(pieces[0] if len(pieces) == 1 else merge(pl.concat(pieces)))
