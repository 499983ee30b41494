"""`Plan`: what a query would cost, to look at before anything is spent. Making one is free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .display import as_grid, as_html, as_text
from .errors import InvalidQuery, PlanRefused
from .ledger import Ledger
from .query import JobFilter, JobIds, Query, query_from_dict
from .rows import CREDITS_A_RECORD, bought, unsent
from .wire.api import Api

MAX_RECORDS = 10_000  # a data request carries no more (contract section 5)
SAMPLE_ROWS = 5
_NARROW = "narrow the query, for example by its dates, or give limit=10_000 or less"


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """One data request of a plan.

    Attributes
    ----------
    query : JobFilter or JobIds
        What it asks for.
    records : int
        How many records it can bring at the most: the `limit` sent with a filter, or the ids in the file.
    """

    query: Query
    records: int


@dataclass(frozen=True)
class Plan:
    """What it would cost to collect a query.

    Attributes
    ----------
    query : JobFilter or JobIds
        What is asked for.
    limit : int or None
        The most records wanted, as given by the user.
    matched : int
        Records that match a filter; for ids, how many ids are asked for (unknown ones are free).
    requests : tuple of PlannedRequest
        The data requests it needs.
    owned : int
        Records that an earlier collection of the same query and limit brought, or is bringing.
    unsent : int
        Records that such a collection planned and never sent (its process ended): collecting sends them.
    attaches_to : str or None
        Id of that collection: collecting means attaching to it, and buys nothing that is owned.
    balance : int or None
        Credits left, where the service told.
    sample : tuple of dict
        A few short records, where a free preview is available.
    problem : str
        Why it can't be carried out as it stands; empty when it can.
    service : str
        Which service it was made for.
    fresh : bool
        Whether it means to buy anew what is owned.
    """

    query: Query
    limit: int | None
    matched: int
    requests: tuple[PlannedRequest, ...]
    owned: int
    unsent: int
    attaches_to: str | None
    balance: int | None
    sample: tuple[dict[str, Any], ...]
    problem: str
    service: str
    fresh: bool = False

    @property
    def records(self) -> int:
        """Records that collecting it brings, at the most."""
        return sum(request.records for request in self.requests)

    @property
    def cost(self) -> int:
        """Credits that buying all of it anew costs, at the most."""
        return self.records * CREDITS_A_RECORD

    @property
    def credits(self) -> int:
        """Credits that collecting it costs, at the most: nothing for what is owned."""
        return self.cost if self.is_new else self.unsent * CREDITS_A_RECORD

    @property
    def posts(self) -> int:
        """Data requests that collecting it sends: none for what is owned."""
        return len(self.requests) if self.credits else 0

    @property
    def is_new(self) -> bool:
        """Whether collecting it makes a new purchase, rather than attaching to an earlier one."""
        return self.fresh or self.attaches_to is None

    @property
    def balance_after(self) -> int | None:
        """Credits left after collecting it, where the balance is known."""
        return None if self.balance is None else self.balance - self.credits

    @property
    def key(self) -> str:
        """Names query and limit: a collection of the same key is the same purchase."""
        return plan_key(self.query, self.limit)

    def check(self) -> None:
        """Raise if the plan can't be carried out.

        Raises
        ------
        PlanRefused
            It needs more than one data request can carry.
        """
        if self.problem:
            raise PlanRefused(f"{self.problem}.", next_step=_NARROW)

    def rows(self) -> list[tuple[str, str]]:
        """Return the plan as labelled lines, for any kind of display."""
        asked = "ids asked for" if isinstance(self.query, JobIds) else "matching postings"
        rows = [
            ("query", repr(self.query)),
            (asked, f"{self.matched:,}"),
            ("records", f"{self.records:,}" + (f" (limit {self.limit:,})" if self.limit else "")),
            ("already owned", f"{self.owned:,} (by this very query and limit)"),
        ]
        if self.problem:
            return [*rows, ("problem", self.problem), ("next step", _NARROW)]
        rows += [
            ("data requests", str(self.posts)),
            ("cost", f"{self.credits:,} credits" + (" at most" if self.credits else "")),
        ]
        if self.balance is not None:
            rows.append(("balance", f"{self.balance:,} now, {self.balance_after:,} after"))
        if self.attaches_to:
            what = "planned, and not sent yet," if self.unsent else "already bought"
            anew = "bought anew all the same" if self.fresh else "fresh=True plans to buy it anew"
            rows.append(("note", f"{what} as collection {self.attaches_to}; {anew}"))
        if self.balance_after is not None and self.balance_after < 0:
            rows.append(("note", "the balance is too small: add credits or give a smaller limit"))
        return rows

    def __repr__(self) -> str:
        sample = [("sample" if not number else "", " | ".join(row)) for number, row in enumerate(self._sample_cells())]
        return as_text("Plan", [*self.rows(), *sample])

    def _repr_html_(self) -> str:
        sample = as_grid("Sample", _SAMPLE_COLUMNS, self._sample_cells()) if self.sample else ""
        return as_html("Plan", self.rows()) + sample

    def _sample_cells(self) -> list[list[str]]:
        return [[str(row.get(name) or "") for name in _SAMPLE_COLUMNS] for row in self.sample]


_SAMPLE_COLUMNS = ("title", "company_name", "location", "created")


def plan_key(query: Query, limit: int | None) -> str:
    """Name a query and its limit."""
    return f"{query.fingerprint}:{limit if limit is not None else 'all'}"


def asked_for(query: Query, limit: int | None) -> tuple[Query, int | None]:
    """Check a query and its limit; of ids, a limit leaves the first ones.

    Raises
    ------
    InvalidQuery
        It is no query, or the limit is not a whole number from 1 to 10,000 (contract section 11, row 7).
    """
    if not isinstance(query, (JobFilter, JobIds)):
        raise InvalidQuery(
            f"A JobFilter, JobIds or Plan is wanted, not {type(query).__name__}.",
            next_step='write it as bj.JobFilter(title="Data Engineer")',
        )
    if limit is None:
        return query, None
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MAX_RECORDS:
        raise InvalidQuery(f"limit must be a whole number from 1 to {MAX_RECORDS:,}, not {limit!r}.", field="limit")
    return (query.head(limit), None) if isinstance(query, JobIds) else (query, limit)


async def make_plan(
    api: Api, ledger: Ledger, query: Query, *, limit: int | None, service: str, sample: bool, fresh: bool
) -> Plan:
    """Count, price, and look up what is owned. Spends nothing.

    Parameters
    ----------
    api : Api
        The service; asked with searches only (and a preview where that is known to be free).
    ledger : Ledger
        Where bought collections are known.
    query : JobFilter or JobIds
        What to ask for.
    limit : int, optional
        The most records wanted.
    service : str
        Which service this is, in the ledger's words.
    sample : bool
        Whether to ask for sample records.
    fresh : bool
        Whether to ask the service although the ledger holds the answer.

    Raises
    ------
    InvalidQuery
        The limit is out of range.
    ServiceError
        The service could not be asked.
    """
    query, limit = asked_for(query, limit)
    current = ledger.current(service, plan_key(query, limit))
    earlier = ledger.data_requests(current.id) if current else []
    balance: int | None = None
    rows: tuple[dict[str, Any], ...] = ()
    if current and not fresh:
        matched = current.matched or 0
        requests = tuple(PlannedRequest(query_from_dict(request.query), request.records) for request in earlier)
    else:
        matched, balance, rows = await _asked(api, query, sample=sample)
        wanted = matched if limit is None else min(matched, limit)
        requests = (PlannedRequest(query, wanted),) if wanted else ()
    return Plan(
        query=query,
        limit=limit,
        matched=matched,
        requests=requests,
        owned=bought(earlier),
        unsent=unsent(earlier),
        attaches_to=current.id if current else None,
        balance=balance,
        sample=rows,
        problem=_problem(requests),
        service=service,
        fresh=fresh,
    )


async def _asked(api: Api, query: Query, *, sample: bool) -> tuple[int, int | None, tuple[dict[str, Any], ...]]:
    """Ask the service about a query: matches, balance, sample rows."""
    if isinstance(query, JobIds):
        return len(query), await api.balance(), ()
    count = await api.count(query.filters)
    rows = await api.preview(query.filters) if sample and count.total else []
    return count.total, count.balance, tuple(rows[:SAMPLE_ROWS])


def _problem(requests: tuple[PlannedRequest, ...]) -> str:
    for request in requests:
        if request.records > MAX_RECORDS:
            return f"{request.records:,} records are wanted, and one data request carries at most {MAX_RECORDS:,}"
    return ""
