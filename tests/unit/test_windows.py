"""Cutting a filter into windows: an exact partition of any dataset, with few counts."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import bulkjobs as bj
from bulkjobs.windows import Window, cut

NOW = dt.datetime(2026, 11, 1)
START = dt.datetime(2020, 8, 1)
Posting = tuple[str, str]  # created, last_updated


def stamp(seconds: float) -> str:
    return (START + dt.timedelta(seconds=int(seconds))).isoformat(sep=" ")


def matching(postings: Sequence[Posting], query: bj.JobFilter) -> list[int]:
    """The service's filter, as plain Python: both bounds are inclusive."""

    def within(value: str, lower: str | None, upper: str | None) -> bool:
        return (lower is None or lower <= value) and (upper is None or value <= upper)

    return [
        number
        for number, (created, updated) in enumerate(postings)
        if within(created, query.created_at_gte, query.created_at_lte)
        and within(updated, query.last_updated_gte, query.last_updated_lte)
    ]


class Service:
    """Counts filters over a dataset, and how often it is asked."""

    def __init__(self, postings: Sequence[Posting]) -> None:
        self.postings, self.counts = postings, 0

    async def count(self, query: bj.JobFilter) -> int:
        self.counts += 1
        return len(matching(self.postings, query))


async def cut_up(
    postings: Sequence[Posting], query: bj.JobFilter, most: int, limit: int | None = None
) -> tuple[list[Window], int]:
    service = Service(postings)
    total = len(matching(postings, query))
    return await cut(query, total, count=service.count, most=most, now=NOW, limit=limit), service.counts


def check_partition(postings: Sequence[Posting], query: bj.JobFilter, windows: list[Window], most: int) -> None:
    found = [number for window in windows for number in matching(postings, window.query)]
    assert len(found) == len(set(found))
    assert sorted(found) == matching(postings, query)
    for window in windows:
        assert window.records == len(matching(postings, window.query)) > 0
        assert window.records <= most or not window.divisible
        if not window.divisible:
            assert len({postings[number] for number in matching(postings, window.query)}) == 1


# Few different seconds, so that there are ties, bursts in one second and empty ranges; now and then far away.
SECONDS = st.integers(0, 12) | st.integers(0, 200_000_000) | st.sampled_from([-1_000_000_000, 10**10, 7, 8])
POSTINGS = st.lists(st.tuples(SECONDS, SECONDS).map(lambda pair: (stamp(pair[0]), stamp(pair[1]))), max_size=80)
BOUND = st.none() | st.integers(-5, 20) | st.integers(0, 200_000_000)


@settings(max_examples=400, deadline=None)
@given(POSTINGS, st.integers(1, 12), BOUND, BOUND)
@example([(stamp(5), stamp(5))] * 9 + [(stamp(6), stamp(1))], 4, None, None)
@example([(stamp(5), stamp(n)) for n in range(9)], 4, 5, 5)
async def test_any_dataset_is_cut_exactly(
    postings: list[Posting], most: int, lower: int | None, upper: int | None
) -> None:
    bounds: dict[str, Any] = {}
    if lower is not None:
        bounds["created_at_gte"] = stamp(lower)
    if upper is not None and (lower is None or lower <= upper):
        bounds["created_at_lte"] = stamp(upper)
    query = bj.JobFilter(deleted=False, **bounds)
    windows, _ = await cut_up(postings, query, most)
    check_partition(postings, query, windows, most)
    for window in windows:  # the user's own fields are in all of them
        assert window.query.deleted is False


@settings(max_examples=100, deadline=None)
@given(POSTINGS, st.integers(1, 12), st.integers(1, 60))
async def test_a_limit_takes_windows_from_the_start_until_there_are_enough(
    postings: list[Posting], most: int, limit: int
) -> None:
    query = bj.JobFilter(deleted=False)
    windows, _ = await cut_up(postings, query, most, limit)
    sizes = [window.records for window in windows]
    assert sum(sizes) >= min(limit, len(postings))
    assert sum(sizes[:-1]) < limit
    found = [number for window in windows for number in matching(postings, window.query)]
    assert len(found) == len(set(found)) == sum(sizes)


def even(chance: random.Random) -> float:
    return chance.random() * 190e6


def one_month(chance: random.Random) -> float:
    return 100e6 + chance.random() * 2.5e6


def growing(chance: random.Random) -> float:
    return 190e6 * float(chance.random() ** 0.2)


def mondays(chance: random.Random) -> float:
    return float(chance.randrange(300) * 7 * 86_400 + chance.randrange(30_000))


@pytest.mark.parametrize("made", [even, one_month, growing, mondays])
async def test_few_counts_and_few_windows(made: Any) -> None:
    chance = random.Random(1)
    for number, most in ((12_500, 500), (9_990, 1_000)):
        postings = [(stamp(second), stamp(second)) for second in (made(chance) for _ in range(number))]
        query = bj.JobFilter(deleted=False)
        windows, counts = await cut_up(postings, query, most)
        check_partition(postings, query, windows, most)
        assert counts <= 3 * len(windows)
        assert len(windows) <= 1.15 * math.ceil(number / most)


async def test_what_fits_is_not_cut() -> None:
    windows, counts = await cut_up([(stamp(1), stamp(1))] * 5, bj.JobFilter(deleted=False), 5)
    assert [window.query for window in windows] == [bj.JobFilter(deleted=False)]
    assert counts == 0


async def test_a_dataset_that_grows_meanwhile_gives_disjoint_windows_all_the_same() -> None:
    chance = random.Random(3)
    postings = [(stamp(even(chance)), stamp(0)) for _ in range(3_000)]
    service, query = Service(postings), bj.JobFilter(deleted=False)

    async def growing_count(narrowed: bj.JobFilter) -> int:
        postings.extend((stamp(even(chance)), stamp(0)) for _ in range(5))
        return await service.count(narrowed)

    windows = await cut(query, 3_000, count=growing_count, most=200, now=NOW)
    found = [number for window in windows for number in matching(postings, window.query)]
    assert sorted(found) == list(range(len(postings)))
