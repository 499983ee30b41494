"""Where a collection stands as a whole, while it is carried out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from . import events
from .events import Listener, notify
from .rows import HERE, DataRequestRow, credits_of
from .workshop import Workshop, written


class _Counts(NamedTuple):
    """What one data request, or all of them, add to a `bulkjobs.events.Progress`."""

    sent: int = 0
    ready: int = 0
    loaded: int = 0
    records: int = 0
    expected: int = 0
    credits: int = 0


class Picture:
    """Tells a listener where a collection stands, whenever that has changed.

    Of thousands of data requests only the one that moved is counted anew; what others did meanwhile is seen at the
    end.

    Parameters
    ----------
    shop : Workshop
        The ledger, the time.
    collection_id : str
        The collection.
    requests : iterable of DataRequestRow
        All of its data requests, as they are now.
    listener : callable, optional
        Told of it.
    """

    def __init__(
        self, shop: Workshop, collection_id: str, requests: Iterable[DataRequestRow], listener: Listener | None
    ) -> None:
        self._shop, self._id, self._listener = shop, collection_id, listener
        self._each: dict[int, _Counts] = {}
        self._all = _Counts()
        for request in requests:
            self._count(request)
        self._started = shop.clock.monotonic()
        self._before = self._all.records  # what earlier runs loaded tells nothing of the rate of this one
        self._told: events.Progress | None = None

    async def moved(self, request: DataRequestRow) -> None:
        """Take a data request as it is now."""
        self._count(request)
        if self._listener is not None:
            await self._tell()

    async def ended(self) -> None:
        """Look at all data requests once more: some may have ended on the way, or been moved by another process."""
        if self._told is not None:
            for request in await written(self._shop.ledger.data_requests, self._id):
                self._count(request)
            await self._tell()

    def _count(self, request: DataRequestRow) -> None:
        before, now = self._each.get(request.id, _Counts()), _counts(request)
        self._each[request.id] = now
        self._all = _Counts(*(total - old + new for total, old, new in zip(self._all, before, now, strict=True)))

    async def _tell(self) -> None:
        picture = self._drawn(*await written(self._look))
        if self._told is None or _timeless(picture) != _timeless(self._told):
            notify(self._listener, picture)
        self._told = picture

    def _look(self) -> tuple[int, int]:
        ledger = self._shop.ledger
        return ledger.files_here(self._id), ledger.collection(self._id).owned

    def _drawn(self, files: int, owned: int) -> events.Progress:
        counts = self._all._replace(records=self._all.records + owned, expected=self._all.expected + owned)
        elapsed = self._shop.clock.monotonic() - self._started
        rate = (self._all.records - self._before) / elapsed if elapsed else 0.0
        return events.Progress(
            self._id,
            requests=len(self._each),
            **counts._asdict(),
            files=files,
            elapsed=elapsed,
            rate=rate,
            left=(counts.expected - counts.records) / rate if rate else None,
        )


def standing(shop: Workshop, collection_id: str) -> events.Progress:
    """Tell where a collection stands as a whole, by the ledger; there is no run, and so no time."""
    picture = Picture(shop, collection_id, shop.ledger.data_requests(collection_id), None)
    return replace(picture._drawn(*picture._look()), elapsed=0.0)


def _counts(request: DataRequestRow) -> _Counts:
    loaded = request.state == "loaded"
    return _Counts(
        sent=request.request_id is not None,
        ready=request.state in {"ready", *HERE},
        loaded=loaded,
        records=(request.received or 0) if loaded else 0,
        expected=request.records if request.received is None else request.received,
        credits=credits_of(request) or 0,
    )


def _timeless(picture: events.Progress) -> events.Progress:
    return replace(picture, elapsed=0.0, rate=0.0, left=None)
