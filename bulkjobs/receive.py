"""Receiving what was bought: fetch the files, load them, settle the books. Costs nothing, safe to do again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import aiohttp
import polars as pl

from . import errors, events, outcomes, records
from . import fetch as fetching
from .carry import Workshop, held
from .errors import BulkJobsError, Charged
from .events import Listener, notify
from .records import LoadReport
from .rows import CollectionRow, DataRequestRow, FileRow

DOWNLOADS_AT_ONCE = 4


# --- fetch ------------------------------------------------------------------------------------------------


async def fetch(shop: Workshop, collection: CollectionRow, listener: Listener | None = None) -> None:
    """Bring every listed file here, a few at a time; what is already here, whole, is not fetched again.

    Raises
    ------
    FetchFailed, CorruptFile
        A file could not be brought here whole within the time allowed.
    DataRequestExpired
        The files are gone after 30 days.
    """
    slots = asyncio.Semaphore(DOWNLOADS_AT_ONCE)

    async def one(request: DataRequestRow, file: FileRow) -> None:
        async with slots:
            await _fetch_file(shop, request, file, listener)

    async with held(shop, collection.id, listener):
        for request in shop.ledger.data_requests(collection.id):
            if request.state not in {"ready", "fetched", "loaded"}:
                continue
            missing = [file for file in shop.ledger.files(request) if not _is_here(shop, file)]
            fetching.remove_leftovers(folder(shop, request))
            ends = await asyncio.gather(*(one(request, file) for file in missing), return_exceptions=True)
            for end in ends:  # one broken file does not stop the others; it is raised when they are here
                if end is not None:
                    raise end


def folder(shop: Workshop, request: DataRequestRow) -> Path:
    """Where the files of a data request lie."""
    return shop.home / "files" / request.collection_id / f"{request.number:05d}"


def _is_here(shop: Workshop, file: FileRow) -> bool:
    if file.path is None:
        return False
    try:
        return (shop.home / file.path).stat().st_size == file.size
    except OSError:
        return False


async def _fetch_file(shop: Workshop, request: DataRequestRow, file: FileRow, listener: Listener | None) -> None:
    target = folder(shop, request) / fetching.local_name(file.name)
    checked = await _found(target)
    if checked is None:
        checked = await _download(shop, request, file, target, listener)
    relative = target.relative_to(shop.home).as_posix()
    shop.ledger.fetched(
        replace(
            file,
            path=relative,
            size=checked.size,
            sha256=checked.sha256,
            records=checked.records,
            fetched_at=shop.clock.time(),
        )
    )
    notify(listener, events.Fetched(request.collection_id, file.name, checked.size, checked.records))


async def _found(target: Path) -> fetching.CheckedFile | None:
    """Check a file that bears its final name though the ledger does not know: a process ended between the two."""
    try:
        return await asyncio.to_thread(fetching.check, target)
    except (OSError, errors.CorruptFile):
        return None


async def _download(
    shop: Workshop, request: DataRequestRow, file: FileRow, target: Path, listener: Listener | None
) -> fetching.CheckedFile:
    def progress(received: int, size: int | None) -> None:
        notify(listener, events.Fetching(request.collection_id, file.name, received, size))

    started, tries = shop.clock.time(), 0
    while True:
        try:
            async with shop.api.download(request.request_id or "", file.name) as response:
                return await fetching.fetch(response, target, progress)
        except errors.NotFound as error:
            raise _lost(shop, request, error) from None
        except (errors.ServiceUnavailable, errors.RateLimited, errors.CorruptFile) as error:
            failure: BulkJobsError = error
        except (aiohttp.ClientError, TimeoutError) as error:
            failure = errors.FetchFailed(f"The download of {file.name} broke off ({type(error).__name__}).")
        pause = shop.downloading.wait(tries)
        if shop.clock.time() + pause - started > shop.download_patience:
            break
        notify(listener, events.FetchRetried(request.collection_id, file.name, failure.message))
        await shop.clock.sleep(pause)
        tries += 1
    failure.charged = Charged.YES
    failure.next_step = failure.next_step or f"await client.resume({request.collection_id!r}): it costs nothing"
    raise failure


def _lost(shop: Workshop, request: DataRequestRow, error: errors.NotFound) -> BulkJobsError:
    age = shop.clock.time() - (request.accepted_at or 0.0)
    if age > outcomes.RETENTION:
        expired = outcomes.failure(request, error, age)
        shop.ledger.failed(request, outcomes.saved(expired))
        return expired
    return errors.FetchFailed(
        f"The service does not know a file that it has listed ({error.detail}).",
        next_step=f"await client.resume({request.collection_id!r}): it costs nothing",
    )


# --- load -------------------------------------------------------------------------------------------------


async def load(
    shop: Workshop, collection: CollectionRow, listener: Listener | None = None
) -> tuple[pl.DataFrame, LoadReport]:
    """Read all files into a frame, compare the rows with what was fetched, and settle the books.

    Raises
    ------
    LoadFailed
        A file can't be read, or does not hold the records that were counted when it arrived.
    """
    async with held(shop, collection.id, listener):
        requests = shop.ledger.data_requests(collection.id)
        if any(request.state not in {"fetched", "loaded"} for request in requests):
            raise errors.LoadFailed(
                f"Collection {collection.id} is not wholly here yet.",
                next_step=f"await client.resume({collection.id!r})",
            )
        frame, report = await asyncio.to_thread(read, shop, collection.id)
        for request in requests:
            received = sum(file.records or 0 for file in shop.ledger.files(request))
            shop.ledger.loaded(request, received, at=shop.clock.time())
        notify(listener, events.Loaded(collection.id, report.records))
        if collection.reconciliation is None and requests:
            await _reconcile(shop, collection, listener)
    return frame, report


def read(shop: Workshop, collection_id: str) -> tuple[pl.DataFrame, LoadReport]:
    """Read the files of a collection, and compare the rows with what was counted when they arrived.

    Raises
    ------
    LoadFailed
        A file can't be read, or does not hold what was fetched.
    """
    files = [file for request in shop.ledger.data_requests(collection_id) for file in shop.ledger.files(request)]
    frame, report = records.load([shop.home / (file.path or "") for file in files])
    counted = sum(file.records or 0 for file in files)
    if report.records + report.bad_count != counted:
        raise errors.LoadFailed(
            f"{report.records + report.bad_count:,} records were read, but {counted:,} were fetched.",
            next_step=f"delete the files below {shop.home / 'files' / collection_id} and resume the collection",
        )
    return frame, report


async def _reconcile(shop: Workshop, collection: CollectionRow, listener: Listener | None) -> None:
    """Compare what was promised, what was received, and what the balance says. Differences are shown, not raised."""
    requests = shop.ledger.data_requests(collection.id)
    promised = sum(request.records for request in requests)
    received = sum(request.received or 0 for request in requests)
    differences = []
    if received != promised:
        differences.append(f"{promised:,} records were expected, {received:,} came")
    try:
        after = await shop.api.balance()
    except BulkJobsError:  # no key, no network: the balance stays unknown, the data is here all the same
        after = None
    before = collection.balance_before
    spent = None if before is None or after is None else before - after
    booked = shop.ledger.credits_booked(shop.service, collection.made_at, shop.clock.time())
    if spent is not None and spent != booked:
        differences.append(f"the balance fell by {spent:,} credits, the ledger knows of {booked:,} spent since")
    result = {
        "promised": promised,
        "received": received,
        "booked": booked,
        "balance_before": before,
        "balance_after": after,
        "differences": differences,
    }
    shop.ledger.reconciled(collection.id, result)
    notify(listener, events.Reconciled(collection.id, promised, received, tuple(differences)))
