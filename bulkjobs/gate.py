"""The gate before each POST: nothing that another collection has bought, or is buying, passes it a second time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import polars as pl

from . import events
from .bringing import bring
from .budget import over
from .errors import BulkJobsError, Charged, StillRunning
from .events import Listener, notify
from .pages import listing
from .query import JobIds
from .rows import CREDITS_A_RECORD, IN_FLIGHT, Claim, DataRequestRow, source_of
from .workshop import LOOK_AGAIN, Workshop, written

COMPARED = 50_000  # ids that are listed at the most to show that two filters share no posting


class Gate:
    """Claims data requests of a collection, one after the other or many at once.

    A data request of another collection is a rival while it may bring the same postings. One that is loaded is
    subtracted; one that is still on its way is waited for, unless the free search shows that they share nothing.

    Parameters
    ----------
    shop : Workshop
        The service, the ledger, the library.
    listener : callable, optional
        Told who is waited for.
    patient : bool
        Whether to wait for rivals that are on their way; else what they bring may be bought twice.
    help : callable
        Takes the id of another collection and brings here what it has bought, where nobody else does.
    deadline : float
        Seconds to wait for a rival.
    """

    def __init__(
        self,
        shop: Workshop,
        listener: Listener | None,
        *,
        patient: bool,
        help: Callable[[str], Awaitable[None]],  # noqa: A002 - the word for it
        deadline: float,
    ) -> None:
        self._shop, self._listener, self._patient, self._help = shop, listener, patient, help
        self._deadline = deadline
        self._harmless: set[tuple[int, int]] = set()
        self._listed: dict[int, pl.Series | None] = {}

    async def claim(self, request: DataRequestRow, *, account: str) -> Claim:
        """Try to claim a data request, to be sent at once."""
        now = self._shop.clock.time()
        collection = await written(self._shop.ledger.collection, request.collection_id)
        return await written(
            self._shop.ledger.claim,
            request,
            account=account,
            at=now,
            allowances=self._shop.budgets.at(now, collection.project),
            harmless={other for one, other in self._harmless if one == request.id},
        )

    async def clear(self, request: DataRequestRow, claim: Claim) -> DataRequestRow | None:
        """Do away with what kept a claim from being won.

        Returns
        -------
        DataRequestRow or None
            The data request to be claimed anew, perhaps narrowed; None when there is nothing left to send.

        Raises
        ------
        BudgetExceeded
            A budget does not allow it.
        StillRunning
            A rival did not end in time.
        """
        if claim.over is not None:
            later = f"client.resume({request.collection_id!r}) when there is budget again: it sends only the rest"
            raise over(request.records * CREDITS_A_RECORD, *claim.over, next_step=later)
        if not claim.rivals:  # sent, or called off, by another process
            return None
        loaded = [rival for rival in claim.rivals if rival.state == "loaded"]
        if loaded:
            request = await self._narrowed(request, loaded)
            return request if request.records else None
        for rival in claim.rivals:
            if not self._patient or await self._share_nothing(request, rival):
                self._harmless.add((request.id, rival.id))
            else:
                await self._done(request, rival)
        return request

    async def _narrowed(self, request: DataRequestRow, loaded: Sequence[DataRequestRow]) -> DataRequestRow:
        """Take out of a data request what rivals have brought into the library since it was planned."""
        shop = self._shop
        if shop.ledger.is_shared:
            for rival in loaded:
                await bring(shop, rival)
        query = await written(shop.ledger.query, request)
        if isinstance(query, JobIds):
            ids = query.series
        else:
            ids = (await listing(shop.api, query.filters, limit=request.records)).ids
        held = await written(shop.library.owned, ids, sources=[source_of(rival) for rival in loaded])
        owned = ids.filter(ids.is_in(held["id"].implode()))
        rest = ids.filter(~ids.is_in(owned.implode())) if len(owned) else None
        basis = max(rival.turn or 0 for rival in loaded)
        return await written(shop.ledger.narrowed, request, rest, owned, basis=basis)

    async def _share_nothing(self, request: DataRequestRow, rival: DataRequestRow) -> bool:
        mine, theirs = await self._ids(request), await self._ids(rival)
        return mine is not None and theirs is not None and not mine.is_in(theirs.implode()).any()

    async def _ids(self, request: DataRequestRow) -> pl.Series | None:
        """List what a data request may bring; None when that is too much."""
        if request.id not in self._listed:
            query = await written(self._shop.ledger.query, request)
            if isinstance(query, JobIds):
                self._listed[request.id] = query.series
            else:
                found = await listing(self._shop.api, query.filters, limit=COMPARED)
                self._listed[request.id] = found.ids if len(found.ids) < COMPARED and not found.missed else None
        return self._listed[request.id]

    async def _done(self, request: DataRequestRow, rival: DataRequestRow) -> None:
        """Wait until a rival is in the library, or has ended; where nobody carries it out, do that."""
        shop = self._shop
        notify(self._listener, events.Waiting(request.collection_id, request.number, rival.collection_id))
        started = shop.clock.monotonic()
        while (await written(shop.ledger.data_request, rival.id)).state in IN_FLIGHT:
            try:
                await self._help(rival.collection_id)
            except StillRunning:
                pass  # somebody is at it
            except BulkJobsError as error:
                if (await written(shop.ledger.data_request, rival.id)).state in IN_FLIGHT:
                    raise self._stuck(request, rival, error) from error
            if shop.clock.monotonic() - started > self._deadline:
                raise self._stuck(request, rival, None)
            await shop.clock.sleep(LOOK_AGAIN)

    def _stuck(self, request: DataRequestRow, rival: DataRequestRow, error: BulkJobsError | None) -> StillRunning:
        why = "is still running" if error is None else f"can't be finished: {error.message}"
        return StillRunning(
            f"Collection {rival.collection_id} may bring the same postings, and {why}",
            charged=Charged.NO,
            next_step=f"client.resume({rival.collection_id!r}), then client.resume({request.collection_id!r})",
        )
