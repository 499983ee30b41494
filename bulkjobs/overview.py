"""All that a home knows of its collections, from one read of the ledger: for lists of thousands."""

from __future__ import annotations

from dataclasses import dataclass

from . import expiry
from .query import JobFilter
from .rows import (
    UNFINISHED,
    CollectionRow,
    DataRequestRow,
    State,
    bought,
    is_coming,
    overall,
    paid,
    to_spend,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A collection in a list; `Client.attach` makes it one to work with.

    Attributes
    ----------
    row : CollectionRow
        The collection.
    requests : tuple of DataRequestRow
        Its data requests.
    at : float
        When it was read, in seconds since the epoch.
    """

    row: CollectionRow
    requests: tuple[DataRequestRow, ...]
    at: float

    @property
    def id(self) -> str:
        """Its name, for `Client.attach` and the command line."""
        return self.row.id

    @property
    def service(self) -> str:
        """Where it was bought."""
        return self.row.service

    @property
    def asked(self) -> str:
        """Query and limit in one line; of ids their number only."""
        query, limit = self.row.query, self.row.record_limit
        text = f"{query['ids']:,} ids" if "ids" in query else repr(JobFilter.restored(query["filters"]))
        return text + (f" (limit {limit:,})" if limit else "")

    @property
    def made_at(self) -> float:
        """When it was made, in seconds since the epoch."""
        return self.row.made_at

    @property
    def state(self) -> State:
        """Where it stands: see `bulkjobs.rows.State`."""
        return overall(self.requests)

    @property
    def records(self) -> int:
        """Records received of what was bought (promised, until they are), and those taken out of the library."""
        return bought(self.requests) + self.row.owned

    @property
    def credits(self) -> int:
        """Credits booked for it."""
        return paid(self.requests)

    @property
    def credits_to_spend(self) -> int:
        """Credits that finishing it will spend, at the most."""
        return to_spend(self.requests)

    @property
    def is_unfinished(self) -> bool:
        """Whether something of it is still to be sent or to be received."""
        return bool(self.credits_to_spend) or any(request.state in UNFINISHED for request in self.requests)

    @property
    def is_coming(self) -> bool:
        """Whether something of it is paid, and not here."""
        return is_coming(self.requests)

    @property
    def files_left(self) -> str:
        """How long the files stay that are not here yet, in a word or two; empty where all is here."""
        return expiry.shortly(self.requests, self.at)
