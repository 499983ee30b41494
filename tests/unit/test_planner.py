"""Plans over any dataset, any cap, anything owned, either strategy: exactly the query, and nothing that is owned."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bulkjobs as bj
from bulkjobs.errors import InvalidQuery
from bulkjobs.ledger import Ledger
from bulkjobs.library import Library
from bulkjobs.plan import Plan
from bulkjobs.planner import Planner, Strategy
from bulkjobs.wire.api import Api, Count, Page
from tests.support import ManualClock
from tests.unit.test_windows import POSTINGS, Posting, matching

QUERY = bj.JobFilter(deleted=False)


@dataclass
class Service:
    """The free searches over a dataset; the id of a posting is its place in it, from 1."""

    postings: Sequence[Posting]
    skipping: list[int] = field(default_factory=list)  # left out of the first listing: they moved meanwhile

    async def count(self, filters: Mapping[str, Any]) -> Count:
        return Count(len(matching(self.postings, bj.JobFilter.restored(filters))), 1_000)

    async def search(self, filters: Mapping[str, Any], *, after: str | None = None, size: int = 1_000) -> Page:
        size = min(size, 7)
        ids = [number + 1 for number in matching(self.postings, bj.JobFilter.restored(filters))]
        left, start = [one for one in ids if one not in self.skipping], int(after or 0)
        if start + size >= len(left):
            self.skipping = []
        return Page(left[start : start + size], str(start + size), len(ids), 1_000)

    async def balance(self) -> int | None:
        return 1_000


@dataclass
class Shelf:
    """What a library holds."""

    ids: Sequence[int]

    def owned(self, ids: pl.Series, **_: Any) -> pl.DataFrame:
        return ids.filter(ids.is_in(list(self.ids))).to_frame()

    def may_hold(self, query: bj.JobFilter) -> bool:
        return bool(self.ids)


def make(service: Service, shelf: Shelf, most: int, **options: Any) -> Plan:
    with TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "ledger.sqlite3")
        planner = Planner(cast(Api, service), ledger, cast(Library, shelf), "s", ManualClock(), most=most)
        query = options.pop("query", QUERY)
        return asyncio.run(planner.plan(query, **options))


def brought(plan: Plan, postings: Sequence[Posting]) -> list[int]:
    """The ids that its data requests bring."""
    return [
        number
        for request in plan.requests
        for number in (
            list(request.query)
            if isinstance(request.query, bj.JobIds)
            else [place + 1 for place in matching(postings, request.query)]
        )
    ]


@settings(max_examples=150, deadline=None)
@given(POSTINGS, st.integers(1, 12), st.sampled_from(["auto", "windows", "ids"]), st.sets(st.integers(1, 90)))
def test_any_dataset_any_cap_any_strategy(
    postings: list[Posting], most: int, strategy: Strategy, owned: set[int]
) -> None:
    plan = make(Service(postings), Shelf(sorted(owned)), most, strategy=strategy)
    everything = list(range(1, len(postings) + 1))
    ids = brought(plan, postings)
    assert len(ids) == len(set(ids)) == sum(request.records for request in plan.requests) == plan.credits
    assert all(request.records <= most for request in plan.requests)
    assert plan.matched == len(postings)
    if strategy == "windows":
        assert sorted(ids) == everything
    else:
        assert sorted([*ids, *plan.taken]) == everything
        assert not set(ids) & owned
    assert plan.records == len(postings)
    assert Plan.from_dict(plan.to_dict()) == plan


@settings(max_examples=60, deadline=None)
@given(POSTINGS, st.integers(1, 12), st.integers(1, 60), st.sampled_from(["windows", "ids"]))
def test_a_limit_is_kept(postings: list[Posting], most: int, limit: int, strategy: Strategy) -> None:
    plan = make(Service(postings), Shelf([]), most, strategy=strategy, limit=limit)
    assert plan.records == min(limit, len(postings)) == plan.credits
    assert all(request.records <= most for request in plan.requests)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, unique=True), st.integers(1, 12), st.sets(st.integers(1, 60)))
def test_an_id_list_without_what_is_owned(ids: list[int], most: int, owned: set[int]) -> None:
    plan = make(Service([]), Shelf(sorted(owned)), most, query=bj.JobIds(ids))
    assert brought(plan, []) == [number for number in ids if number not in owned]
    assert plan.taken.to_list() == [number for number in ids if number in owned]
    fresh = make(Service([]), Shelf(sorted(owned)), most, query=bj.JobIds(ids), fresh=True)
    assert brought(fresh, []) == ids


def test_what_moved_while_it_was_listed_is_found_in_a_second_pass() -> None:
    postings = [(f"2026-01-01 00:00:{second:02}", "2026-01-02 00:00:00") for second in range(30)]
    plan = make(Service(postings, skipping=[3, 9]), Shelf([1]), 10, strategy="ids")
    assert sorted([*brought(plan, postings), 1]) == list(range(1, 31))


def test_what_arrives_after_the_plan_is_in_no_window() -> None:
    postings = [(f"2026-01-01 00:00:{second:02}", "2026-01-02 00:00:00") for second in range(30)]
    plan = make(Service(postings), Shelf([]), 10, strategy="windows")
    later = [*postings, ("2026-12-01 00:00:00", "2026-12-01 00:00:00")]
    assert brought(plan, later) == brought(plan, postings)


def test_postings_of_the_future_are_not_left_out() -> None:
    postings = [(f"2026-12-01 00:00:{second:02}", "2026-12-01 00:00:00") for second in range(30)]
    plan = make(Service(postings), Shelf([]), 10, strategy="windows")
    assert sorted(brought(plan, postings)) == list(range(1, 31))


def test_a_second_that_holds_too_much_is_bought_by_ids_and_said() -> None:
    postings = [("2026-01-01 00:00:00", "2026-01-02 00:00:00")] * 25
    plan = make(Service(postings), Shelf([]), 10, strategy="windows")
    assert [request.records for request in plan.requests] == [10, 10, 5]
    assert any("in one second" in reason for reason in plan.why)


def test_another_strategy_is_refused() -> None:
    with pytest.raises(InvalidQuery, match="strategy"):
        make(Service([]), Shelf([]), 10, strategy="both")
