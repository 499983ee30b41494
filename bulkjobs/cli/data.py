"""What commands print as JSON, for machines."""

from __future__ import annotations

from typing import Any

from ..collection import Collection
from ..follow import FollowRun
from ..library import ImportReport
from ..outcomes import saved
from ..plan import Plan


def plan_data(made: Plan) -> dict[str, Any]:
    """Return a plan: what it would cost, and why so."""
    return {
        "query": made.query.to_dict(),
        "limit": made.limit,
        "matched": made.matched,
        "records": made.records,
        "owned": made.owned,
        "credits": made.credits,
        "balance": made.balance,
        "data_requests": made.posts,
        "attaches_to": made.attaches_to,
        "strategy": made.strategy,
        "why": list(made.why),
        "sample": list(made.sample),
    }


def run_data(done: FollowRun) -> dict[str, Any]:
    """Return what a run of a follow brought."""
    return {
        **{name: getattr(done, name) for name in ("name", "since", "new", "changed", "credits", "dry_run", "notes")},
        "collections": [one.id for one in (done.earlier, done.collection) if one is not None],
    }


def import_data(done: ImportReport) -> dict[str, Any]:
    """Return what an import did."""
    return {
        "added": list(map(str, done.added)),
        "known": list(map(str, done.known)),
        "failed": {str(path): saved(error) for path, error in done.failed.items()},
        "skipped": list(map(str, done.skipped)),
        "records": done.report.records,
        "bad_lines": done.report.bad_count,
        "unknown_fields": done.report.unknown_fields,
        "misfits": done.report.misfits,
    }


def collection_data(collection: Collection) -> dict[str, Any]:
    """Return a collection as the ledger knows it."""
    error = collection.error
    return {
        "id": collection.id,
        "state": collection.state,
        "query": collection.query.to_dict(),
        "limit": collection.limit,
        "made_at": collection.made_at,
        "records": collection.records,
        "credits": collection.credits,
        "expires_at": collection.expires_at,
        "request_ids": [request.request_id for request in collection.requests],
        "reconciliation": collection.reconciliation,
        "error": saved(error) if error else None,
    }
