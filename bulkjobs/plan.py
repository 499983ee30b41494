"""`Plan`: what a query would cost, to look at before anything is spent; to save, compare, and buy in parts."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from .display import as_grid, as_html, as_text
from .errors import InvalidQuery
from .query import JobFilter, JobIds, Query, query_from_dict
from .rows import CREDITS_A_RECORD

MAX_RECORDS = 10_000  # a data request carries no more (contract section 5)
SHOWN = 12  # data requests listed in a display; all of them are in `requests`
_SAMPLE_COLUMNS = ("title", "company_name", "location", "created")
# Fields that are JSON as they are, in the order of a saved plan.
_PLAIN = (
    *("limit", "matched", "owned", "unsent", "attaches_to", "balance", "service", "fresh", "replaces"),
    *("strategy", "counts", "pages", "part", "basis", "made_at", "waiting"),
)


def requests_for(records: int) -> int:
    """Return how many data requests it takes to carry so many records."""
    return math.ceil(records / MAX_RECORDS)


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

    @property
    def credits(self) -> int:
        """Credits that it costs, at the most."""
        return self.records * CREDITS_A_RECORD

    @property
    def range(self) -> str:
        """What sets it apart from the others: its times, or that it is an id file."""
        if isinstance(self.query, JobIds):
            return f"ids {self.query.series[0]} ... {self.query.series[-1]}"
        times = [
            f"{name} {words}"
            for name in ("created_at", "last_updated")
            if (words := _range(getattr(self.query, f"{name}_gte"), getattr(self.query, f"{name}_lte")))
        ]
        return ", ".join(times) or "all times"


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
        Records that need not be bought: in the library already; or that an earlier collection of the same query and
        limit brought, or is bringing.
    unsent : int
        Records that such a collection planned and never sent (its process ended): collecting sends them.
    attaches_to : str or None
        Id of that collection: collecting means attaching to it, and buys nothing that is owned.
    balance : int or None
        Credits left, where the service told.
    sample : tuple of dict
        A few short records, where a free preview is available.
    service : str
        Which service it was made for.
    fresh : bool
        Whether it means to buy anew what is owned.
    replaces : str or None
        Id of the collection of the same query that is older than was allowed, and in whose place this one comes.
    taken : polars.Series
        Ids (Int64) of the postings that come out of the library.
    strategy : {"windows", "ids"}
        How it was split: by ranges of time, or by listing the ids.
    why : tuple of str
        Why so, and what else is worth knowing.
    counts, pages : int
        Free searches that it took: for counting, and for listing.
    part : str
        Which part of a larger plan this is; empty for a whole one.
    basis : int or None
        `Ledger.turn` when ownership was looked up.
    made_at : float
        When it was made, in seconds since the epoch.
    waiting : int
        Data requests that such a collection planned and never sent.
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
    service: str
    fresh: bool = False
    replaces: str | None = None
    taken: pl.Series = field(default_factory=lambda: pl.Series("id", [], pl.Int64), compare=False, repr=False)
    strategy: str = "windows"
    why: tuple[str, ...] = ()
    counts: int = 0
    pages: int = 0
    part: str = ""
    basis: int | None = None
    made_at: float = 0.0
    waiting: int = 0

    @property
    def records(self) -> int:
        """Records that collecting it brings, at the most, those that the library holds included."""
        return sum(request.records for request in self.requests) + len(self.taken)

    @property
    def cost(self) -> int:
        """Credits that buying all of its data requests anew costs, at the most."""
        return sum(request.credits for request in self.requests)

    @property
    def credits(self) -> int:
        """Credits that collecting it costs, at the most: nothing for what is owned."""
        return self.cost if self.is_new else self.unsent * CREDITS_A_RECORD

    @property
    def posts(self) -> int:
        """Data requests that collecting it sends: none for what is owned."""
        return len(self.requests) if self.is_new else self.waiting

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
        """Names query, limit and part: a collection of the same key is the same purchase."""
        return plan_key(self.query, self.limit, self.part)

    # --- parts, files, differences ------------------------------------------------------------------------

    def first(self, count: int) -> Plan:
        """Return a plan of the first data requests only; what it buys, a later plan of the whole does not buy again.

        Raises
        ------
        InvalidQuery
            `count` is less than 1; or it was begun to buy the whole, and the rest of that is meant.
        """
        if count < 1:
            raise InvalidQuery(f"first({count}) leaves nothing to buy.", field="count", next_step="plan.first(1)")
        if not self.is_new and self.unsent:
            raise InvalidQuery(
                f"Collection {self.attaches_to} is this plan, half done.",
                next_step=f"client.resume({self.attaches_to!r})",
            )
        if count >= len(self.requests) or not self.is_new:
            return self
        part = f"first {count} of {len(self.requests)}"
        return replace(self, requests=self.requests[:count], part=part, attaches_to=None)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready data; `from_dict` makes it a plan again."""
        return {
            "query": self.query.to_dict(),
            **{name: getattr(self, name) for name in _PLAIN},
            "requests": [{"query": one.query.to_dict(), "records": one.records} for one in self.requests],
            "taken": self.taken.to_list(),
            "why": list(self.why),
            "sample": list(self.sample),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Plan:
        """Make a plan of what `to_dict` gave.

        Raises
        ------
        InvalidQuery
            It is no plan.
        """
        try:
            return cls(
                **{
                    **data,
                    "query": query_from_dict(data["query"]),
                    "requests": tuple(
                        PlannedRequest(query_from_dict(one["query"]), int(one["records"])) for one in data["requests"]
                    ),
                    "taken": pl.Series("id", data["taken"], pl.Int64),
                    "why": tuple(data["why"]),
                    "sample": tuple(data["sample"]),
                }
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidQuery(f"This is no saved plan ({error!r}).", next_step="plan.save(path) makes one") from error

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it as JSON, to look at, to compare, or to be collected another day."""
        target = Path(path)
        target.write_text(json.dumps(self.to_dict(), ensure_ascii=False, indent=1) + "\n", "utf-8")
        return target

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Plan:
        """Read what `save` wrote.

        Raises
        ------
        InvalidQuery
            It is no saved plan.
        OSError
            The file can't be read.
        """
        try:
            data = json.loads(Path(path).read_text("utf-8"))
        except ValueError as error:
            raise InvalidQuery(f"{path} is no saved plan ({error}).") from error
        return cls.from_dict(data if isinstance(data, dict) else {})

    def diff(self, other: Plan) -> list[str]:
        """Tell what another plan has that this one has not, a line each; no lines when they buy the same."""
        lines = [
            f"{name}: {before:,} -> {after:,}"
            for name in ("matched", "records", "owned", "credits")
            if (before := getattr(self, name)) != (after := getattr(other, name))
        ]
        if self.query != other.query:
            lines.insert(0, f"query: {self.query!r} -> {other.query!r}")
        mine = {one.query.fingerprint: one for one in self.requests}
        theirs = {one.query.fingerprint: one for one in other.requests}
        lines += [f"- {_line(one)}" for name, one in mine.items() if name not in theirs]
        lines += [f"+ {_line(one)}" for name, one in theirs.items() if name not in mine]
        lines += [
            f"~ {_line(one)} (was {mine[name].records:,})"
            for name, one in theirs.items()
            if name in mine and mine[name].records != one.records
        ]
        return lines

    # --- display ------------------------------------------------------------------------------------------

    def rows(self) -> list[tuple[str, str]]:
        """Return the plan as labelled lines, for any kind of display."""
        asked = "ids asked for" if isinstance(self.query, JobIds) else "matching postings"
        rows = [
            ("query", repr(self.query)),
            (asked, f"{self.matched:,}"),
            ("records", f"{self.records:,}" + (f" (limit {self.limit:,})" if self.limit else "")),
            ("already owned", f"{self.owned:,}" + (": they come out of the library" if len(self.taken) else "")),
            ("data requests", f"{self.posts:,}" + (f" ({self.part})" if self.part else "")),
            ("cost", f"{self.credits:,} credits" + (" at most" if self.credits else "")),
        ]
        if self.balance is not None:
            rows.append(("balance", f"{self.balance:,} now, {self.balance_after:,} after"))
        rows += [("note", reason) for reason in self.why]
        if self.attaches_to:
            what = "already bought" if self.owned else "sent before, without a result so far,"
            what = "planned, and not sent yet," if self.unsent else what
            if self.unsent and self.owned:
                what = f"bought in part, {self.unsent:,} records not sent yet,"
            anew = "bought anew all the same" if self.fresh else "fresh=True plans to buy it anew"
            rows.append(("note", f"{what} as collection {self.attaches_to}; {anew}"))
        if self.balance_after is not None and self.balance_after < 0:
            rows.append(("note", "the balance is too small: add credits or give a smaller limit"))
        return rows

    def __repr__(self) -> str:
        requests = self._request_cells()
        listed = [("requests" if not at else "", "  ".join(cells)) for at, cells in enumerate(requests)]
        sample = [("sample" if not at else "", " | ".join(row)) for at, row in enumerate(self.sample_cells()[1])]
        return as_text("Plan", [*self.rows(), *listed, *sample])

    def _repr_html_(self) -> str:
        requests = self._request_cells()
        listed = as_grid("Data requests", ("range", "records", "credits"), requests) if requests else ""
        sample = as_grid("Sample", *self.sample_cells()) if self.sample else ""
        return as_html("Plan", self.rows()) + listed + sample

    def _request_cells(self) -> list[list[str]]:
        if len(self.requests) < 2:
            return []
        cells = [[one.range, f"{one.records:,} records", f"{one.credits:,} credits"] for one in self.requests]
        more = len(cells) - SHOWN
        return cells if more <= 0 else [*cells[: SHOWN - 1], [f"... {more + 1:,} more"]]

    def sample_cells(self) -> tuple[list[str], list[list[str]]]:
        """Return the sample as names of columns and rows of text, for any kind of display."""
        return list(_SAMPLE_COLUMNS), [[str(row.get(name) or "") for name in _SAMPLE_COLUMNS] for row in self.sample]


def _range(start: str | None, end: str | None) -> str:
    if start and end:
        return f"{start} to {end}"
    return f"from {start}" if start else f"up to {end}" if end else ""


def _line(request: PlannedRequest) -> str:
    return f"{request.range}: {request.records:,} records"


def plan_key(query: Query, limit: int | None, part: str = "") -> str:
    """Name a query, its limit, and which part of its plan is meant."""
    return f"{query.fingerprint}:{limit if limit is not None else 'all'}" + (f":{part}" if part else "")


def asked_for(query: Query, limit: int | None) -> tuple[Query, int | None]:
    """Check a query and its limit; of ids, a limit leaves the first ones.

    Raises
    ------
    InvalidQuery
        It is no query, or the limit is not a whole number from 1 on.
    """
    if not isinstance(query, (JobFilter, JobIds)):
        raise InvalidQuery(
            f"A JobFilter, JobIds or Plan is wanted, not {type(query).__name__}.",
            next_step='write it as bj.JobFilter(title="Data Engineer")',
        )
    if limit is None:
        return query, None
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise InvalidQuery(f"limit must be a whole number from 1 on, not {limit!r}.", field="limit")
    return (query.head(limit), None) if isinstance(query, JobIds) else (query, limit)
