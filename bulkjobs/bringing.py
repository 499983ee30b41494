"""What was bought on other machines, with a ledger that they share: brought into the library here, for nothing."""

from __future__ import annotations

import logging

from . import receive
from .errors import DataRequestExpired, FetchFailed, ServiceError
from .query import JobIds, Query, may_share
from .rows import CollectionRow, DataRequestRow, source_of
from .workshop import Workshop, written

log = logging.getLogger("bulkjobs.bringing")


async def bring(shop: Workshop, request: DataRequestRow) -> bool:
    """Add a data request that was loaded, here or elsewhere, to the library, unless it is there.

    Returns
    -------
    bool
        False where that can't be: its files have expired, or another key bought it, to which alone they are given.

    Raises
    ------
    BulkJobsError
        It did not work this time.
    """
    if await written(shop.library.has, source_of(request)):
        return True
    try:
        await receive.fetch(shop, request, tidy=False)  # others of this home may be at it, for no lock is held
    except DataRequestExpired as error:
        log.warning("%s can't be brought here: %s", source_of(request), error.message)
        return False
    except (FetchFailed, ServiceError) as error:
        if request.account == shop.account():
            raise
        log.warning("%s was bought with another key: %s", source_of(request), error.message)
        return False
    await written(receive.shelve, shop, request)
    return True


async def catch_up(shop: Workshop, query: Query) -> None:
    """Bring here all that others bought and that may match a query."""
    for request in await written(shop.planner.elsewhere, query):
        await bring(shop, request)


async def complete(shop: Workshop, row: CollectionRow) -> None:
    """Bring here what a collection takes out of the library, where it was planned on another machine."""
    if not shop.ledger.is_shared or not row.owned:
        return
    missing = await written(receive.not_owned, shop, row)
    for request in reversed(await written(shop.ledger.all_loaded, shop.service)):
        if not len(missing):
            return
        brings = await written(shop.ledger.query, request)
        lacking = not await written(shop.library.has, source_of(request))
        if lacking and may_share(JobIds(missing), brings) and await bring(shop, request):
            missing = await written(receive.not_owned, shop, row)
