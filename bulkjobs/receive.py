"""Receiving what was bought: fetch the files, load them, settle the books. Costs nothing, safe to do again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import aiohttp
import polars as pl

from . import disk, errors, events, outcomes, records
from . import fetch as fetching
from .errors import BulkJobsError, Charged
from .events import Listener, notify
from .query import JobIds
from .records import LoadReport
from .rows import HERE, CollectionRow, DataRequestRow, FileRow, overall, source_of
from .workshop import Workshop, written

_TAKEN_AT_ONCE = 50_000  # postings that come out of the library, where they are read bit by bit

# --- fetch ------------------------------------------------------------------------------------------------


async def fetch(
    shop: Workshop, request: DataRequestRow, listener: Listener | None = None, *, tidy: bool = True
) -> None:
    """Bring every listed file of a data request here, a few at a time; one that is here, unchanged, is not fetched.

    Who holds its collection may `tidy`, too: take away what was left of downloads that were cut off.

    Raises
    ------
    FetchFailed, CorruptFile
        A file could not be brought here whole within the time allowed.
    DataRequestExpired
        The files are gone after 30 days.
    """
    if tidy:
        fetching.remove_leftovers(folder(shop, request))
    await _fetch_files(shop, request, listener)
    if request.state == "ready" and await _listed_more(shop, request):
        await _fetch_files(shop, request, listener)


async def _fetch_files(shop: Workshop, request: DataRequestRow, listener: Listener | None) -> None:
    async def one(file: FileRow) -> None:
        async with shop.downloads:
            if not await asyncio.to_thread(_is_here, shop, file):
                await _fetch_file(shop, request, file, listener)

    ends = await asyncio.gather(*map(one, shop.ledger.files(request)), return_exceptions=True)
    for end in ends:  # one broken file does not stop the others; it is raised when they are here
        if end is not None:
            raise end


async def _listed_more(shop: Workshop, request: DataRequestRow) -> bool:
    """Where fewer records came than a filter promised, ask once more: files may be listed one after the other."""
    files = shop.ledger.files(request)
    if _fetched_records(files) >= request.records or request.by_ids:
        return False
    try:
        names = await shop.api.files(request.request_id or "")
    except BulkJobsError:  # what is here is here; the difference is shown when the books are settled
        return False
    await written(shop.ledger.ready, request, names, at=shop.clock.time())
    return len(shop.ledger.files(request)) > len(files)


def _fetched_records(files: Iterable[FileRow]) -> int:
    return sum(file.records or 0 for file in files)


def folder(shop: Workshop, request: DataRequestRow) -> Path:
    """Where the files of a data request lie."""
    return shop.home / "files" / request.collection_id / f"{request.number:05d}"


def _is_here(shop: Workshop, file: FileRow) -> bool:
    """Whether a file is on disk, the very same that was fetched."""
    if file.path is None:
        return False
    try:
        return disk.hash_of(shop.home / file.path) == file.sha256
    except OSError:
        return False


async def _fetch_file(shop: Workshop, request: DataRequestRow, file: FileRow, listener: Listener | None) -> None:
    target = folder(shop, request) / f"{file.number:05d}-{fetching.local_name(file.name)}"
    checked = await _found(target) if file.path is None else None
    if checked is None:
        checked = await _download(shop, request, file, target, listener)
    await written(
        shop.ledger.fetched,
        replace(
            file,
            path=target.relative_to(shop.home).as_posix(),
            size=checked.size,
            sha256=checked.sha256,
            records=checked.records,
            fetched_at=shop.clock.time(),
        ),
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
            raise await _lost(shop, request, error) from None
        except (errors.ServiceUnavailable, errors.RateLimited, errors.CorruptFile) as error:
            failure: BulkJobsError = error
        except errors.ServiceError as error:
            raise outcomes.paid(error, request) from None
        except (aiohttp.ClientError, TimeoutError) as error:
            failure = errors.FetchFailed(f"The download of {file.name} broke off ({type(error).__name__}).")
            if shop.local and isinstance(error, aiohttp.ClientConnectorError):
                break
        pause = shop.downloading.wait(tries)
        if shop.clock.time() + pause - started > shop.download_patience:
            break
        notify(listener, events.FetchRetried(request.collection_id, file.name, failure.message))
        await shop.clock.sleep(pause)
        tries += 1
    failure.charged = Charged.YES
    failure.next_step = f"client.resume({request.collection_id!r}): it costs nothing"
    raise failure


async def _lost(shop: Workshop, request: DataRequestRow, error: errors.NotFound) -> BulkJobsError:
    age = shop.clock.time() - (request.accepted_at or 0.0)
    if age > outcomes.RETENTION:
        expired = outcomes.failure(request, error, age)
        if not await written(is_kept, shop, request):
            await written(shop.ledger.failed, request, outcomes.saved(expired))
        if shop.ledger.is_shared and request.state in HERE:
            expired.next_step = f"the library where it was loaded has it; {expired.next_step}"
        return expired
    return errors.FetchFailed(
        f"The service does not know a file that it has listed ({error.detail}).",
        next_step=f"client.resume({request.collection_id!r}): it costs nothing",
    )


# --- load -------------------------------------------------------------------------------------------------


def shelve(shop: Workshop, request: DataRequestRow) -> tuple[pl.DataFrame, LoadReport]:
    """Read one data request and add it to the library, unless it is there; compare the rows with what was fetched.

    Raises
    ------
    LoadFailed
        A file can't be read, or is not the one that was fetched.
    LibraryError
        The library can't be written.
    """
    files = shop.ledger.files(request)
    frame, report = _read(shop, request, files)
    try:
        shop.library.append(
            source_of(request),
            [frame],
            bought_at=request.accepted_at or shop.clock.time(),
            hashes=[file.sha256 for file in files if file.sha256],
        )
    except errors.LibraryError as error:
        raise outcomes.paid(error, request) from error
    shop.ledger.loaded(request, _fetched_records(files), at=shop.clock.time())
    return frame, report


def joined(parts: Iterable[tuple[pl.DataFrame, LoadReport]]) -> tuple[pl.DataFrame, LoadReport]:
    """Put the data requests of a collection together."""
    frames, report = [], LoadReport()
    for frame, part in parts:
        frames.append(frame)
        report.merge(part)
    whole = records.concatenated(frames)
    report.duplicate_ids = records.duplicates(whole)
    return whole, report


def scan(shop: Workshop, collection_id: str) -> pl.LazyFrame:
    """Return the postings of a collection out of the library; what is missing there is added first.

    Raises
    ------
    LoadFailed
        It is not wholly here yet; or it is not in the library, and its files are gone.
    """
    requests = [request for request in all_here(shop, collection_id) if request.request_id is not None]
    for request in requests:
        if not shop.library.has(source_of(request)):
            shelve(shop, request)
    bought = shop.library.scan(sources=[source_of(request) for request in requests])
    row = shop.ledger.collection(collection_id)
    if shop.ledger.is_shared:
        _check_taken(row, row.owned - len(not_owned(shop, row)))
    return pl.concat([bought, _taken(shop, row, shop.ledger.owned(row.id))]) if row.owned else bought


def _taken(shop: Workshop, row: CollectionRow, ids: pl.Series) -> pl.LazyFrame:
    """Return postings that a collection did not buy, for the library held them."""
    return shop.library.taken(ids, as_of=row.made_at, except_collections=shop.planner.foreign())


def not_owned(shop: Workshop, row: CollectionRow) -> pl.Series:
    """Return the ids of what a collection takes out of the library, and what is not there."""
    ids = shop.ledger.owned(row.id)
    held = shop.library.owned(ids, except_collections=shop.planner.foreign())
    return ids.filter(~ids.is_in(held["id"].implode()))


def _check_taken(row: CollectionRow, found: int) -> None:
    """Raise where the library does not hold all that a collection takes out of it."""
    if found < row.owned:
        raise errors.LoadFailed(
            f"Collection {row.id} takes {row.owned:,} postings out of the library, and {found:,} of them are here.",
            next_step=f"client.resume({row.id!r}) brings here what others bought in 30 days; or share their library",
        )


def read(shop: Workshop, collection_id: str) -> tuple[pl.DataFrame, LoadReport]:
    """Read the files of a collection, each the very same that was fetched; the library, where they are gone for good.

    Raises
    ------
    LoadFailed
        It is not wholly here yet; or a file is gone, was changed, or does not hold the records that were counted
        when it arrived.
    """
    requests = [request for request in all_here(shop, collection_id) if request.request_id is not None]
    frame, report = joined(_read_again(shop, request) for request in requests)
    return with_taken(shop, collection_id, frame), report


def parts(shop: Workshop, collection_id: str) -> Iterator[pl.DataFrame]:
    """Read the rows of `read`, in their order, one data request after the other: no more than that is in memory.

    Raises
    ------
    LoadFailed
        As for `read`.
    """
    for request in all_here(shop, collection_id):
        if request.request_id is not None:
            yield _read_again(shop, request)[0]
    row = shop.ledger.collection(collection_id)
    if row.owned:
        found = 0
        for ids in shop.ledger.owned(collection_id).to_frame().iter_slices(_TAKEN_AT_ONCE):
            taken = _taken(shop, row, ids["id"]).collect(engine="streaming")
            found += len(taken)
            yield taken
        _check_taken(row, found)


def is_kept(shop: Workshop, request: DataRequestRow) -> bool:
    """Whether the library gives the postings of a data request where its files are not here.

    They have expired; or another machine fetched them, and the library has them by now.
    """
    expired = shop.clock.time() - (request.accepted_at or 0.0) > outcomes.RETENTION
    lost = request.state == "loaded" and (expired or is_away(shop, request))
    return lost and shop.library.has(source_of(request))


def is_away(shop: Workshop, request: DataRequestRow) -> bool:
    """Whether a data request was fetched on another machine: this home never had a file of it."""
    return shop.ledger.is_shared and request.state in HERE and not folder(shop, request).exists()


def _read_again(shop: Workshop, request: DataRequestRow) -> tuple[pl.DataFrame, LoadReport]:
    files = shop.ledger.files(request)
    if all(_is_here(shop, file) for file in files) or not is_kept(shop, request):
        return _read(shop, request, files)
    frame = shop.library.scan(sources=[source_of(request)]).collect(engine="streaming")
    return frame, LoadReport(records=len(frame), source="the library")


def with_taken(shop: Workshop, collection_id: str, bought: pl.DataFrame) -> pl.DataFrame:
    """Add what a collection takes out of the library to what it bought."""
    row = shop.ledger.collection(collection_id)
    if not row.owned:
        return bought
    taken = _taken(shop, row, shop.ledger.owned(row.id)).collect(engine="streaming")
    _check_taken(row, len(taken))
    return records.concatenated([bought, taken])


def all_here(shop: Workshop, collection_id: str) -> list[DataRequestRow]:
    """Return the data requests of a collection.

    Raises
    ------
    LoadFailed
        Some of it is not on disk yet.
    """
    requests = shop.ledger.data_requests(collection_id)
    if any(request.state not in HERE for request in requests):
        raise errors.LoadFailed(
            f"Collection {collection_id} is {overall(requests)}: it is not wholly here yet.",
            next_step=f"client.resume({collection_id!r})",
        )
    return requests


def _read(shop: Workshop, request: DataRequestRow, files: Sequence[FileRow]) -> tuple[pl.DataFrame, LoadReport]:
    again = f"client.resume({request.collection_id!r}) fetches it again, within 30 days of the purchase"
    for file in files:
        if not _is_here(shop, file):
            gone = "on another machine" if is_away(shop, request) else "gone"
            raise errors.LoadFailed(f"{file.path} is {gone}, or is not the file that was fetched.", next_step=again)
    frame, report = records.load([shop.home / (file.path or "") for file in files], aside=folder(shop, request))
    counted = _fetched_records(files)
    if report.records + report.bad_count != counted:
        raise errors.LoadFailed(
            f"{report.records + report.bad_count:,} records were read, but {counted:,} were fetched.",
            next_step="please report this, with a file that shows it",
        )
    return frame, report


async def reconcile(shop: Workshop, collection: CollectionRow, listener: Listener | None) -> None:
    """Compare what was promised, what was received, and what the balance says. Differences are shown, not raised."""
    requests = shop.ledger.data_requests(collection.id)
    promised = sum(request.records for request in requests)
    received = sum(request.received or 0 for request in requests)
    differences = []
    if received != promised and "ids" in collection.query:
        differences.append(f"{promised:,} ids were asked for, {received:,} have a posting; only those are charged")
    elif received != promised:
        differences.append(f"{promised:,} records were expected, {received:,} came")
    if (moved := await _moved(shop, collection, len(requests))) is not None:
        differences.append(moved)
    before, after = collection.balance_before, await _balance(shop, collection)
    since, until = collection.made_at, shop.clock.time()
    booked = shop.ledger.credits_booked(shop.service, since, until)
    spent = None if before is None or after is None else before - after
    # A balance that rose was topped up, and one read while a POST was on its way says nothing certain.
    certain = not any(shop.ledger.in_flight(shop.service, at) for at in (since, until))
    if spent is not None and spent != booked and spent >= 0 and certain:
        added = "" if spent > booked else ": credits were added meanwhile, or not all was charged"
        differences.append(f"the balance fell by {spent:,} credits, the ledger knows of {booked:,} spent since{added}")
    result = {
        "promised": promised,
        "received": received,
        "booked": booked,
        "balance_before": before,
        "balance_after": after,
        "differences": differences,
    }
    await written(shop.ledger.reconciled, collection.id, result)
    notify(listener, events.Reconciled(collection.id, promised, received, tuple(differences)))


async def _moved(shop: Workshop, collection: CollectionRow, requests: int) -> str | None:
    """Tell how many postings came or went while a large collection was carried out; one free count."""
    query = shop.ledger.query(collection)
    if requests < 2 or isinstance(query, JobIds) or collection.record_limit is not None or collection.matched is None:
        return None
    try:
        more = (await shop.api.count(query.filters)).total - collection.matched
    except BulkJobsError:
        return None
    if more > 0:
        return f"{more:,} more postings match by now; client.follow(query, name=...) buys what is new"
    return f"{-more:,} postings fewer match by now" if more else None


async def _balance(shop: Workshop, collection: CollectionRow) -> int | None:
    """Ask for the balance of the account that paid; with no key, another key or no network it stays unknown."""
    try:
        return await shop.api.balance() if shop.account() == collection.account else None
    except BulkJobsError:
        return None
