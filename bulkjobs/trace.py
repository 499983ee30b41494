"""Where the postings of a collection come from, as the ledger knows it: see `bulkjobs.provenance`."""

from __future__ import annotations

from .origins import Promise, Purchase, ResultFile, Snapshot
from .provenance import Provenance, seller, utc
from .query import JobIds, Query
from .rowhash import RowsHash
from .rows import CREDITS_A_RECORD, CollectionRow, DataRequestRow, credits_of
from .workshop import Workshop


def of_collection(shop: Workshop, collection_id: str, read: RowsHash) -> Provenance:
    """Tell where the rows of a collection come from, once all of them were read."""
    row, requests = shop.ledger.collection(collection_id), shop.ledger.data_requests(collection_id)
    query = shop.ledger.query(row)
    purchases = tuple(_purchase(shop, request) for request in requests if request.request_id is not None)
    return Provenance(
        kind="collection",
        rows=read.rows,
        data_sha256=read.hexdigest(),
        service=seller(row.service),
        collection_id=row.id,
        made_at=utc(row.made_at),
        asked=_asked(row, query),
        query=_as_json(query),
        limit=row.record_limit,
        promise=_promise(row, requests),
        purchases=purchases,
        credits=sum(one.credits or 0 for one in purchases),
        library=Snapshot(version=None, at=None, as_of=utc(row.made_at)) if row.owned else None,
    )


def _asked(row: CollectionRow, query: Query) -> str:
    limit = f" (limit {row.record_limit:,})" if row.record_limit else ""
    part = row.key.split(":", 2)[2] if row.key.count(":") > 1 else ""
    return repr(query) + limit + (f" ({part})" if part else "")


def _as_json(query: Query) -> dict[str, object]:
    """Return a query as JSON; of ids their number and the hash of their list: it may hold millions."""
    return {"ids": len(query), "sha256": query.fingerprint} if isinstance(query, JobIds) else query.to_dict()


def _promise(row: CollectionRow, requests: list[DataRequestRow]) -> Promise:
    records = sum(request.records for request in requests)
    return Promise(row.matched, records + row.owned, row.owned, records * CREDITS_A_RECORD, len(requests))


def _purchase(shop: Workshop, request: DataRequestRow) -> Purchase:
    return Purchase(
        request_id=request.request_id,
        records=request.records if request.received is None else request.received,
        credits=credits_of(request),
        submitted=utc(request.sent_at or request.accepted_at),
        completed=utc(request.ready_at),
        imported=utc(request.loaded_at),
        files=tuple(
            ResultFile(file.name, file.size or 0, file.sha256 or "", file.records or 0)
            for file in shop.ledger.files(request)
        ),
    )
