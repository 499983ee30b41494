"""What the ledger keeps, as frozen rows, and what they say together about a collection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

# planned: the intent is on disk, nothing was sent   sending: the POST may be on its way   accepted: has a request id
# ready: its files are known   fetched: they are on disk   loaded: they were read and counted
# refused: provably not accepted, nothing charged   failed: accepted, but ended without files
# unknown: sent, and no usable answer came back; never sent again
State = Literal["planned", "sending", "accepted", "ready", "fetched", "loaded", "refused", "failed", "unknown"]
PATH: tuple[State, ...] = ("planned", "sending", "accepted", "ready", "fetched", "loaded")
UNFINISHED = frozenset(PATH[:-1])
HERE: frozenset[State] = frozenset({"fetched", "loaded"})  # its files are on disk
CREDITS_A_RECORD = 1  # contract section 8
BOUGHT: frozenset[State] = frozenset({"accepted", "ready", "fetched", "loaded"})
IN_FLIGHT: frozenset[State] = frozenset({"sending", "accepted", "ready", "fetched"})  # not in the library yet
RESERVED: frozenset[State] = frozenset({*BOUGHT, "sending", "unknown"})  # spent, or perhaps spent: what a budget counts


@dataclass(frozen=True, slots=True)
class CollectionRow:
    """A collection as the ledger knows it. Times are seconds since the epoch."""

    id: str
    service: str
    key: str
    query: dict[str, Any]
    record_limit: int | None
    matched: int | None
    made_at: float
    account: str
    balance_before: int | None
    reconciliation: dict[str, Any] | None
    owned: int
    project: str | None


@dataclass(frozen=True, slots=True)
class DataRequestRow:
    """One POST of a collection: what was promised, what was answered, what was received.

    Of an id list, `query` tells the length only: `Ledger.query` gives the ids.
    """

    id: int
    collection_id: str
    number: int
    query: dict[str, Any]
    records: int
    state: State
    account: str | None
    request_id: str | None
    sent_at: float | None
    accepted_at: float | None
    ready_at: float | None
    loaded_at: float | None
    received: int | None
    error: dict[str, Any] | None
    basis: int | None
    turn: int | None

    @property
    def by_ids(self) -> bool:
        """Whether it is an id file, not a filter."""
        return "ids" in self.query


@dataclass(frozen=True, slots=True)
class FileRow:
    """One result file. `path` is relative to the home folder, and None until the file is whole."""

    data_request_id: int
    number: int
    name: str
    path: str | None
    size: int | None
    sha256: str | None
    records: int | None
    fetched_at: float | None


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of a query that is followed; see the table `runs`. Times are seconds since the epoch."""

    id: int
    service: str
    name: str
    query: dict[str, Any]
    started_at: float
    since: str | None
    collection_id: str | None
    records: int | None
    changed: int | None
    credits: int | None
    newest: str | None
    finished_at: float | None
    error: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Intent:
    """What is about to be bought: written down, and synced to disk, before any POST.

    Attributes
    ----------
    key : str
        Names query and limit; the same key attaches.
    requests : sequence of (dict, int)
        Query and promised records of each data request.
    owned : sequence of int
        Ids of the postings that the query matches and the library holds: they are not bought.
    basis : int, optional
        `Ledger.turn` when ownership was looked up; None to buy without regard to what others bought since.
    project : str, optional
        Whose budget pays.
    """

    id: str
    service: str
    key: str
    query: dict[str, Any]
    record_limit: int | None
    matched: int | None
    made_at: float
    account: str
    balance_before: int | None
    requests: Sequence[tuple[dict[str, Any], int]]
    owned: Sequence[int] = ()
    basis: int | None = None
    project: str | None = None


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many credits may be spent in a time, by a project or by all.

    Attributes
    ----------
    name : str
        Where it is set, as the user knows it: ``"day"``.
    credits : int
        The most that may be spent.
    since : float
        Where its time begins, in seconds since the epoch.
    project : str or None
        Only what this project spends; None for all of the home.
    """

    name: str
    credits: int
    since: float
    project: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Whether a data request may be sent now, and if not, why.

    Attributes
    ----------
    won : bool
        It is this caller's to send.
    rivals : tuple of DataRequestRow
        Data requests of other collections that may bring the same postings, or brought them since it was planned.
    over : (Allowance, int) or None
        The budget that it would exceed, and what is spent of that already.
    """

    won: bool
    rivals: tuple[DataRequestRow, ...] = ()
    over: tuple[Allowance, int] | None = None


def source_of(request: DataRequestRow) -> str:
    """Name a data request in the library."""
    return f"request:{request.collection_id}/{request.number:05d}"


def overall(requests: Sequence[DataRequestRow]) -> State:
    """State of a collection: the worst end of any of its data requests, else the least advanced of them.

    One that was refused for a reason that passes counts as planned, where other parts were not: it is sent again.
    """
    void = is_void(requests)
    states = {"planned" if is_reopenable(request) and not void else request.state for request in requests}
    for ended in ("unknown", "failed", "refused"):
        if ended in states:
            return ended
    return min(states, key=PATH.index, default="loaded")


def is_void(requests: Sequence[DataRequestRow]) -> bool:
    """Whether nothing was bought, and provably so: the same query may be collected anew without asking."""
    return all(
        request.state == "refused" or (request.state == "failed" and (request.error or {}).get("charged") == "no")
        for request in requests
    )


def is_coming(requests: Sequence[DataRequestRow]) -> bool:
    """Whether something is paid, and not in the library yet."""
    return any(request.state in {"accepted", "ready", "fetched"} for request in requests)


def bought(requests: Sequence[DataRequestRow]) -> int:
    """Sum the records of all data requests that were accepted and did not fail: received, or promised until then."""
    return sum(
        request.records if request.received is None else request.received
        for request in requests
        if request.state in BOUGHT
    )


def credits_of(request: DataRequestRow) -> int | None:
    """Credits that a data request cost, received or promised; None where nobody knows whether it was charged."""
    charged = (request.error or {}).get("charged")
    if request.state in {"sending", "unknown"} or (request.state == "failed" and charged not in {"yes", "no"}):
        return None
    if request.state in BOUGHT or (request.state == "failed" and charged == "yes"):
        return (request.records if request.received is None else request.received) * CREDITS_A_RECORD
    return 0


def paid(requests: Sequence[DataRequestRow]) -> int:
    """Sum the credits of all data requests that were surely charged: also of those whose files have expired."""
    return sum(credits_of(request) or 0 for request in requests)


def unsent(requests: Sequence[DataRequestRow]) -> int:
    """Sum the records of all data requests that carrying the collection out will send: that will spend."""
    return sum(request.records for request in waiting(requests))


def to_spend(requests: Sequence[DataRequestRow]) -> int:
    """Sum the credits that carrying the collection out will spend, at the most."""
    return unsent(requests) * CREDITS_A_RECORD


def waiting(requests: Sequence[DataRequestRow]) -> list[DataRequestRow]:
    """Return the data requests that carrying the collection out will send."""
    void = is_void(requests)
    return [request for request in requests if request.state == "planned" or (is_reopenable(request) and not void)]


def is_reopenable(request: DataRequestRow) -> bool:
    """Whether a data request ended by the service's refusal, without a charge, and may be sent when that is cured."""
    error = request.error or {}
    # Not a 409: it proves that the same was accepted before, perhaps for a POST whose outcome was unknown.
    cured = {"OutOfCredits", "InsufficientCredits", "Unauthorized", "RateLimited", "ConnectionFailed"}
    return request.state in {"refused", "failed"} and error.get("charged") == "no" and error.get("type") in cured
