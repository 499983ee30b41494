"""How a data request ends: the typed error for it, and how the ledger keeps it."""

from __future__ import annotations

from typing import Any, TypeVar

from . import errors
from .errors import BulkJobsError, Charged, DataRequestFailed, OutcomeUnknown, ServiceError
from .rows import DataRequestRow

E = TypeVar("E", bound=BulkJobsError)

RETENTION = 30 * 86_400.0  # seconds that result files can be downloaded (contract section 5)


def unknown(collection_id: str, message: str, number: int | None = None) -> OutcomeUnknown:
    """Return the error for a POST whose outcome is not known; `number` tells which, where there are several."""
    which = "" if number is None else f", number={number}"
    return OutcomeUnknown(
        message,
        collection_id=collection_id,
        next_step=(
            f"compare the balance; ask the service's support for the request id and call "
            f"client.settle({collection_id!r}, request_id=...{which}), or, where it never arrived, "
            f"client.settle({collection_id!r}, arrived=False{which}); or collect(..., fresh=True) to buy it (again)"
        ),
    )


def interrupted(collection_id: str, number: int | None = None) -> OutcomeUnknown:
    """Return the error for a POST whose sender ended before it heard an answer."""
    return unknown(collection_id, "The process that sent the POST ended before an answer was written down.", number)


def failure(request: DataRequestRow, error: ServiceError, age: float) -> DataRequestFailed:
    """Tell what an error at poll or download means for a data request (contract section 5).

    Parameters
    ----------
    request : DataRequestRow
        The data request.
    error : ServiceError
        `NotFound`, `RequestRejected` or `InsufficientCredits`, as the service answered.
    age : float
        Seconds since the data request was accepted.
    """
    about = f"Data request {request.request_id}"
    decide = (
        f"client.settle({request.collection_id!r}, request_id={request.request_id!r}) asks again; "
        "or compare the balance, and collect(..., fresh=True) buys it (again)"
    )
    kind: type[DataRequestFailed]
    if isinstance(error, errors.InsufficientCredits):
        kind, what = errors.OutOfCredits, f"{about} failed: {error.detail}."
        next_step = "add credits, or collect with a smaller limit"
    elif error.status == 422 and "too many" in error.detail.lower():
        kind, what = errors.TooManyMatches, f"{about} failed: {error.detail}."
        next_step = "narrow the filter, or collect with a smaller limit"
    elif error.status == 422:
        kind, what = errors.NothingMatched, f"{about} brought nothing ({error.detail})."
        next_step = decide
    elif age > RETENTION:
        kind = errors.DataRequestExpired
        what = f"{about} was submitted {age / 86_400:.0f} days ago; its files are gone after 30."
        next_step = "collect(..., fresh=True) buys it again"
    else:
        kind = errors.NothingMatched  # a 404 does not tell which of the two it was
        what = f"{about} is unknown to the service, or matched nothing ({error.detail})."
        next_step = decide
    return kind(what, status=error.status, detail=error.detail, next_step=next_step)


def not_yet(request: DataRequestRow) -> errors.StillRunning:
    """Return the error for a step that comes too early: the data request has no files yet."""
    charged = {"planned": Charged.NO, "accepted": Charged.YES}.get(request.state, Charged.UNKNOWN)
    return errors.StillRunning(
        f"Collection {request.collection_id} is {request.state}: it has no files yet.",
        charged=charged,
        next_step=f"client.resume({request.collection_id!r})",
    )


def paid(error: E, request: DataRequestRow) -> E:
    """Say of an error that came after the purchase what it says of nothing else: it is paid, and not lost."""
    error.charged = Charged.YES
    error.next_step = f"{error.next_step}; then client.resume({request.collection_id!r}), which costs nothing"
    return error


def saved(error: BulkJobsError) -> dict[str, Any]:
    """Turn an error to what the ledger keeps of it."""
    return {
        "type": type(error).__name__,
        "message": error.message,
        "charged": str(error.charged),
        "next_step": error.next_step,
        "status": getattr(error, "status", None),
        "detail": getattr(error, "detail", ""),
    }


def ended_with(request: DataRequestRow) -> BulkJobsError | None:
    """Return the error that a data request ended with, if it did."""
    kept = request.error
    if kept is None:
        return None
    kind: type[BulkJobsError] = getattr(errors, kept["type"], BulkJobsError)
    charged, next_step = Charged(kept["charged"]), kept["next_step"]
    if issubclass(kind, OutcomeUnknown):
        return kind(kept["message"], collection_id=request.collection_id, next_step=next_step)
    if issubclass(kind, ServiceError):
        status, detail = kept.get("status"), kept.get("detail", "")
        return kind(kept["message"], status=status, detail=detail, charged=charged, next_step=next_step)
    return BulkJobsError(kept["message"], charged=charged, next_step=next_step)
