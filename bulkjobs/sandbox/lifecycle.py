"""The life of a data request: accepted, charged, queued, running, and ready or failed; gone after 30 days.

Nothing here sleeps and nothing runs by itself. What state a data request is in follows from the clock at the
moment of the question, so a test with a clock of its own sees every state at once.
"""

import math
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from .settings import Settings

if TYPE_CHECKING:
    from .journal import Journal

Version = Literal["v1", "v2"]

_SECONDS_A_DAY = 86_400


class State(StrEnum):
    """Where a data request stands (`api-contract.md` sections 5 and 12.5)."""

    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    EXPIRED = "expired"


class DuplicateRunningError(Exception):
    """The same filters are being collected already (section 5: status 409)."""


@dataclass(frozen=True)
class Failure:
    """How a data request failed: the status and text that its polls answer."""

    status: int
    detail: str


@dataclass(eq=False)
class DataRequest:
    """One accepted bulk POST.

    Attributes
    ----------
    id
        The request id, a UUID.
    version
        The tree that it was posted to: it decides how result files are named (section 6).
    ids
        Ids of the postings in the result, as matched when it was accepted. Empty if it failed.
    credits
        Credits charged when it was accepted.
    failure
        How it ends, if it ends badly.
    accepted_at, running_at, ends_at, expires_at
        Moments of its life, in seconds since the epoch.
    files
        Names of the result files.
    webhook_url
        Where to tell that it ended.
    polls, downloads
        How often its files were listed, and downloaded.
    """

    id: str
    version: Version
    ids: tuple[int, ...]
    credits: int
    failure: Failure | None
    accepted_at: float
    running_at: float
    ends_at: float
    expires_at: float
    files: tuple[str, ...]
    webhook_url: str | None = None
    polls: int = field(default=0, init=False)
    downloads: int = field(default=0, init=False)

    def state(self, now: float) -> State:
        """Return the state at the moment `now` (seconds since the epoch)."""
        if now >= self.expires_at:
            return State.EXPIRED
        if now >= self.ends_at:
            return State.FAILED if self.failure else State.READY
        return State.RUNNING if now >= self.running_at else State.QUEUED

    def is_pending(self, now: float) -> bool:
        """Whether it has yet to end at the moment `now`."""
        return self.state(now) in (State.QUEUED, State.RUNNING)


class Account:
    """The credits of the sandbox's one account, shared by its v1 and its v2 key."""

    def __init__(self, credits: int) -> None:  # noqa: A002 - the field's own word
        self.remaining = credits
        self.spent = 0

    def charge(self, amount: int) -> bool:
        """Take `amount` credits if there are as many; whether they were taken."""
        if amount > self.remaining:
            return False
        self.remaining -= amount
        self.spent += amount
        return True


class DataRequests:
    """Every data request of the account, and the rules by which one is accepted.

    Parameters
    ----------
    settings
        Clock, latency, retention, sizes, and what the contract leaves open.
    account
        Who pays.
    journal
        Where they are written down, and read back from, to outlive the process.
    """

    def __init__(self, settings: Settings, account: Account, journal: "Journal | None" = None) -> None:
        self._settings = settings
        self._account = account
        self._journal = journal
        self._by_id: dict[str, DataRequest] = {}
        self._latest: dict[str, DataRequest] = {}
        self._catch_up()

    @property
    def clock(self) -> Callable[[], float]:
        """The clock that all states are read from."""
        return self._settings.clock

    def all(self) -> list[DataRequest]:
        """Return all data requests, expired ones too, in the order of their acceptance."""
        return list(self._by_id.values())

    def accept(
        self,
        ids: Sequence[int] | None,
        *,
        version: Version,
        query: str | None = None,
        webhook_url: str | None = None,
    ) -> DataRequest:
        """Accept a bulk POST and charge for it at once (sections 5 and 12.6).

        A shortage of credits, too many matches or no match at all do not refuse the POST: they fail the data
        request, show when it is polled, and cost nothing (section 5).

        Parameters
        ----------
        ids
            What it matched, in the order of the result; None if that is more than `Settings.max_records`.
        version
            The tree that it was posted to.
        query
            The canonical filters, for the check of duplicates; None for an ID file: it is exempt (section 4).
        webhook_url
            Where to tell that it ended.

        Raises
        ------
        DuplicateRunningError
            If a data request with the same `query` has yet to end. Nothing is charged and nothing created.
        """
        now = self.clock()
        if query is not None:
            self._catch_up()
            self._refuse_duplicate(query, now)
        failure = self._failure(ids)
        charged = len(ids or ()) if failure is None else 0
        if not self._account.charge(charged):
            failure, charged = Failure(402, "Insufficient credits"), 0
        delivered = tuple(ids or ()) if failure is None else ()
        accepted = DataRequest(
            id=str(uuid.uuid4()),
            version=version,
            ids=delivered,
            credits=charged,
            failure=failure,
            accepted_at=now,
            running_at=now + self._settings.latency / 2,
            ends_at=now + self._settings.latency,
            expires_at=now + self._settings.retention_days * _SECONDS_A_DAY,
            files=file_names(len(delivered), self._settings.records_per_file, version),
            webhook_url=webhook_url,
        )
        self._by_id[accepted.id] = accepted
        if query is not None:
            self._latest[query] = accepted
        if self._journal is not None:
            self._journal.append(accepted, query)
        return accepted

    def find(self, request_id: str) -> DataRequest | None:
        """Return a data request; None for an unknown id and for one past its retention (sections 5, 12.8)."""
        if request_id not in self._by_id:
            self._catch_up()  # another process's sandbox may have accepted it
        found = self._by_id.get(request_id)
        if found is None or found.state(self.clock()) is State.EXPIRED:
            return None
        return found

    def _catch_up(self) -> None:
        """Take over what the journal holds of earlier processes, and of others; nothing is charged for it again."""
        if self._journal is None:
            return
        now = self.clock()
        for request, query in self._journal.news():
            if request.id in self._by_id or request.state(now) is State.EXPIRED:
                continue
            self._by_id[request.id] = request
            if query is not None:
                self._latest[query] = request

    def _refuse_duplicate(self, query: str, now: float) -> None:
        earlier = self._latest.get(query)
        if earlier is not None and earlier.is_pending(now):
            raise DuplicateRunningError

    def _failure(self, ids: Sequence[int] | None) -> Failure | None:
        ceiling = self._settings.max_records
        if ids is None or len(ids) > ceiling:
            return Failure(422, f"Request matched too many IDs. Maximum is {ceiling:,} IDs")
        if not ids and self._settings.no_match != "empty-list":
            return Failure(int(self._settings.no_match), "Request did not match any IDs")
        return None


def file_names(records: int, records_per_file: int, version: Version) -> tuple[str, ...]:
    """Name the result files of one data request (section 6).

    Parameters
    ----------
    records
        Records in the result.
    records_per_file
        Most records in one file.
    version
        Names of v2 stand in a folder `json/`, names of v1 do not.
    """
    folder = "json/" if version == "v2" else ""
    run = uuid.uuid4()
    parts = math.ceil(records / records_per_file)
    return tuple(f"{folder}part-{part:05d}-{run}-h000.json.gz" for part in range(parts))
