"""Settling a POST whose outcome was unknown, with what the user has learned of it."""

from __future__ import annotations

from .errors import InvalidQuery, UnknownCollection
from .rows import DataRequestRow
from .workshop import Workshop, held, written

_LOST = frozenset({"sending", "unknown"})  # nobody else is sending: the collection is held


async def settle(
    shop: Workshop, collection_id: str, *, request_id: str | None, number: int | None, arrived: bool
) -> None:
    """Write down the request id of a POST, or that it never arrived; see `bulkjobs.Client.settle`."""
    request_id = (request_id or "").strip()
    if arrived != bool(request_id):
        raise InvalidQuery(
            "Either the request id is known, or the POST never arrived.",
            field="request_id",
            next_step=f"client.settle({collection_id!r}, request_id=...), or client.settle(..., arrived=False)",
        )
    async with held(shop, collection_id, None):
        request = _in_question(shop, collection_id, request_id, number, arrived=arrived)
        if not arrived:
            await written(shop.ledger.never_arrived, request)
            return
        known = shop.ledger.knows(request_id)
        if known is not None and known.id != request.id:
            where = f"collection {known.collection_id}, data request {known.number}"
            raise InvalidQuery(f"{request_id} is {where}.", field="request_id")
        await shop.api.files(request_id)  # an id that the service does not know is not written down
        same = request.request_id == request_id and request.accepted_at is not None
        at = (request.accepted_at if same else request.sent_at) or shop.clock.time()
        await written(shop.ledger.settled, request, request_id, at=at)


def _in_question(
    shop: Workshop, collection_id: str, request_id: str, number: int | None, *, arrived: bool
) -> DataRequestRow:
    """Find the one data request that is meant."""
    states = {*_LOST, "failed"} if arrived else _LOST
    asked = [request for request in shop.ledger.data_requests(collection_id) if request.state in states]
    named = [request for request in asked if number in {None, request.number}]
    if number is None and request_id:  # one that failed is asked about again by its own id
        named = [request for request in asked if request.request_id == request_id] or named
    if not named:
        what = f"Data request {number}" if number is not None else "No data request"
        raise UnknownCollection(
            f"{what} of collection {collection_id} is {'not ' if number is not None else ''}in question."
        )
    if len(named) > 1:
        numbers = ", ".join(str(request.number) for request in named)
        raise InvalidQuery(
            f"Several data requests of collection {collection_id} are in question: {numbers}.",
            field="number",
            next_step=f"say which: client.settle(..., number={named[0].number})",
        )
    return named[0]
