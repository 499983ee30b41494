"""Result files expire 30 days after the purchase (contract section 5): how long is left, and what was lost."""

from __future__ import annotations

from collections.abc import Sequence

from .display import counted
from .errors import DataRequestExpired
from .outcomes import RETENTION
from .rows import DataRequestRow, paid

_DAY = 86_400.0


def expires_at(request: DataRequestRow) -> float | None:
    """Return when the files of a data request expire, in seconds since the epoch; None where none is to be fetched."""
    if request.state not in {"accepted", "ready"} or request.accepted_at is None:
        return None
    return request.accepted_at + RETENTION


def first(requests: Sequence[DataRequestRow]) -> float | None:
    """Return when the first files expire that are not here yet."""
    return min((at for request in requests if (at := expires_at(request)) is not None), default=None)


def lines(collection_id: str, requests: Sequence[DataRequestRow], now: float) -> list[tuple[str, str]]:
    """Tell which files will expire, and which have: labelled lines, none where all is here."""
    open_ = [request for request in requests if (at := expires_at(request)) is not None and at > now]
    late = [request for request in requests if (at := expires_at(request)) is not None and at <= now]
    lost = _lost(requests)
    told = []
    if open_:
        soon = min(open_, key=lambda request: request.accepted_at or 0.0)
        words = f"files expire in {days(soon, now)}: client.resume({collection_id!r}) fetches them"
        told.append(("expiry", f"{_what(open_)}: {words}"))
    if late:
        told.append(("expiry", f"{_what(late)}: the 30 days of their files are over; what is gone stays paid"))
    if lost:
        told.append(("lost", f"{_what(lost)}: files expired; they cost {paid(lost):,} credits"))
    return told


def shortly(requests: Sequence[DataRequestRow], now: float) -> str:
    """Tell the most urgent of `lines` in a word or two."""
    to_fetch = [request for request in requests if expires_at(request) is not None]
    if to_fetch:
        oldest = min(to_fetch, key=lambda request: request.accepted_at or 0.0)
        return "past their 30 days" if (expires_at(oldest) or 0.0) <= now else f"expire in {days(oldest, now)}"
    return "some expired" if _lost(requests) else ""


def days(request: DataRequestRow, now: float) -> str:
    """Say how long the files of a data request stay."""
    left = int(((expires_at(request) or now) - now) // _DAY)
    return "less than a day" if left < 1 else counted(left, "day")


def _lost(requests: Sequence[DataRequestRow]) -> list[DataRequestRow]:
    return [request for request in requests if (request.error or {}).get("type") == DataRequestExpired.__name__]


def _what(requests: Sequence[DataRequestRow]) -> str:
    return f"{counted(len(requests), 'data request')}, {sum(request.records for request in requests):,} records"
