"""Beyond 10,000 records: split exactly, by either strategy, and nothing bought twice."""

from __future__ import annotations

import asyncio
import json
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import bulkjobs as bj
from bulkjobs import errors
from bulkjobs.plan import Plan
from bulkjobs.sandbox.catalog import Catalog
from bulkjobs.sandbox.sample import generate
from tests.conftest import MakeClient
from tests.support import ManualClock, posts, spent

POSTINGS = 60_000
BUYER = Path(__file__).with_name("buyer.py")
Start = Callable[..., Any]
pytestmark = pytest.mark.usefixtures("every_ledger")


@pytest.fixture(scope="module")
def many() -> Iterator[Catalog]:
    made = Catalog.build(generate(POSTINGS, description="short"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def dataset() -> pl.DataFrame:
    """The same postings, as plain polars sees them."""
    rows = [
        (one["id"], one["country"], one["created"], one["deleted"]) for one in generate(POSTINGS, description="short")
    ]
    return pl.DataFrame(rows, schema=["id", "country", "created", "deleted"], orient="row")


@pytest.fixture
async def shop(many: Catalog, start_sandbox: Start) -> bj.Sandbox:
    started: bj.Sandbox = await start_sandbox(many, credits=10_000_000)
    return started


QUERY = bj.JobFilter(country="United States OR Germany")


def expected(dataset: pl.DataFrame) -> pl.Series:
    return dataset.filter(pl.col("country").is_in(["United States", "Germany"]))["id"].sort()


@pytest.mark.parametrize("strategy", ["windows", "ids"])
async def test_all_that_matches_comes_once(
    strategy: Any, shop: bj.Sandbox, make_client: MakeClient, dataset: pl.DataFrame
) -> None:
    client, ids = make_client(shop), expected(dataset)
    plan = await client.plan(QUERY, strategy=strategy)
    assert (plan.records, plan.credits, plan.matched, plan.strategy) == (len(ids), len(ids), len(ids), strategy)
    assert len(plan.requests) <= 1.15 * math.ceil(len(ids) / 10_000)
    assert max(request.records for request in plan.requests) <= 10_000
    if strategy == "windows":
        assert plan.counts <= 3 * len(plan.requests)
        assert plan.pages == 0
    else:
        assert plan.pages in {math.ceil(len(ids) / 1_000), math.ceil(len(ids) / 1_000) + 1}
        assert plan.counts == 1
    collection = await client.collect(plan, max_credits=plan.credits)
    assert collection.frame()["id"].sort().to_list() == ids.to_list()
    assert collection.records == collection.credits == spent(shop) == len(ids)
    assert posts(shop) == len(plan.requests)
    assert collection.reconciliation is not None
    assert collection.reconciliation["differences"] == []
    assert (await client.collect(QUERY)).id == collection.id  # the same again attaches
    assert posts(shop) == len(plan.requests)


async def test_what_is_owned_is_not_bought_again(
    shop: bj.Sandbox, make_client: MakeClient, dataset: pl.DataFrame
) -> None:
    client, ids = make_client(shop), expected(dataset)
    share = client.search(QUERY, limit=int(0.4 * len(ids)))
    first = await client.collect(bj.JobIds(await share))
    plan = await client.plan(QUERY)
    assert (plan.strategy, plan.owned, plan.credits) == ("ids", first.credits, len(ids) - first.credits)
    second = await client.collect(plan)
    assert (second.credits, second.owned, second.records) == (plan.credits, first.credits, len(ids))
    assert spent(shop) == len(ids)
    for rows in (second.frame(), second.scan().collect()):
        assert rows["id"].sort().to_list() == ids.to_list()
    part = await client.collect(bj.JobFilter(country="Germany"))
    assert (part.credits, len(part.frame()), posts(shop)) == (0, part.owned, 3)
    assert (await client.collect(bj.JobFilter(country="Germany"))).id == part.id  # and its rows stay the same
    assert (await client.plan(bj.JobIds(first.frame()["id"].head(7)))).credits == 0
    fresh = await client.plan(bj.JobFilter(country="Germany"), fresh=True)
    assert fresh.credits == len(part.frame())


async def test_postings_of_another_service_are_not_owned(
    sandbox: bj.Sandbox, make_client: MakeClient, query: bj.JobFilter
) -> None:
    """One home may know several services, and each may give the same id to another posting."""
    one, other = make_client(sandbox, service="one"), make_client(sandbox, service="other")
    mine = await one.collect(query, limit=20)
    plan = await other.plan(query, limit=30)
    assert (plan.owned, plan.credits) == (0, 30)
    theirs = await other.collect(plan)
    assert (await one.plan(query, limit=30)).owned == 20
    assert (await one.collect(query, limit=25)).credits == 5
    assert len(theirs.frame()) == 30
    assert len(mine.frame()) == 20


async def test_what_the_library_gave_whole_does_not_lapse(
    start_sandbox: Start, make_client: MakeClient, query: bj.JobFilter, clock: ManualClock
) -> None:
    client = make_client(await start_sandbox(clock=clock), clock=clock)
    ids = (await client.collect(query, limit=20)).frame()["id"]
    part = await client.collect(bj.JobIds(ids.head(5)))
    assert (part.credits, part.owned) == (0, 5)
    clock.now += 400 * 86_400
    assert (await client.collect(bj.JobIds(ids.head(5)))).id == part.id
    assert (await client.collect(await client.plan(bj.JobIds(ids.head(5))))).id == part.id


async def test_older_copies_are_bought_again_where_that_is_asked_for(
    many: Catalog, start_sandbox: Start, make_client: MakeClient, clock: Any
) -> None:
    sandbox = await start_sandbox(many, clock=clock)
    client = make_client(sandbox, clock=clock)
    query = bj.JobFilter(country="Portugal")
    first = await client.collect(query, max_credits=5_000)
    clock.now += 20 * 86_400
    assert (await client.plan(query, refresh_after="30d")).attaches_to == first.id
    clock.now += 20 * 86_400
    plan = await client.plan(query, refresh_after="30d")
    assert (plan.credits, plan.owned, plan.replaces) == (first.credits, 0, first.id)
    again = await client.collect(plan)
    assert again.id != first.id
    assert len(client.library.history(int(again.frame()["id"][0]))) == 2
    assert client.library.stats().postings == first.credits
    assert (await client.plan(query, refresh_after="30d")).attaches_to == again.id
    assert len(first.frame()) == first.credits
    with pytest.raises(errors.InvalidQuery, match="refresh_after"):
        await client.plan(query, refresh_after="a month")


async def test_a_plan_is_saved_compared_and_bought_in_parts(
    shop: bj.Sandbox, make_client: MakeClient, tmp_path: Path, dataset: pl.DataFrame
) -> None:
    client = make_client(shop)
    plan = await client.plan(QUERY)
    saved = Plan.load(plan.save(tmp_path / "plan.json"))
    assert saved == plan
    assert repr(saved) == repr(plan)
    assert plan.diff(saved) == []
    assert saved.requests[0].range in repr(saved)
    with pytest.raises(errors.InvalidQuery, match="leaves nothing"):
        saved.first(0)
    first = saved.first(1)
    assert (first.records, first.posts) == (plan.requests[0].records, 1)
    changed = "\n".join(plan.diff(first))
    assert f"records: {plan.records:,} -> {first.records:,}" in changed
    assert changed.count("\n- ") == len(plan.requests) - 1
    bought = await client.collect(first)
    assert bought.records == first.records
    rest = await client.plan(QUERY)
    assert (rest.owned, rest.credits) == (bought.records, plan.records - bought.records)
    # A plan that was made before buys what is missing, no more: the gate sees what came since.
    whole = await client.collect(saved)
    assert whole.frame()["id"].sort().to_list() == expected(dataset).to_list()
    assert spent(shop) == plan.records
    attached = await client.plan(QUERY)
    assert attached.first(1) is attached  # it is bought: a part of it is nothing to buy
    for bad in ("{}", "[]", "no", '{"query": 1}'):
        (tmp_path / "bad.json").write_text(bad)
        with pytest.raises(errors.InvalidQuery, match="no saved plan"):
            Plan.load(tmp_path / "bad.json")


async def test_what_arrives_meanwhile_is_reported_and_not_bought(
    many: Catalog, start_sandbox: Start, make_client: MakeClient, tmp_path: Path, dataset: pl.DataFrame
) -> None:
    late = [{**one, "id": one["id"] + 10**10, "created": "2027-06-01 00:00:00"} for one in generate(40)]
    grown = tmp_path / "grown.ndjson"
    grown.write_bytes(
        b"\n".join([*many.lines(many.ids({"deleted": False})), *(json.dumps(one).encode() for one in late)])
    )
    before = await start_sandbox(many, credits=10_000_000)
    after = await start_sandbox(grown, credits=10_000_000)
    query = bj.JobFilter(deleted=False)
    client = make_client(before, service="s", clock=ManualClock(1_800_000_000.0))  # in January 2027
    plan = await client.plan(query)
    collection = await make_client(after, service="s").collect(plan, max_credits=plan.credits)
    more = await make_client(after, service="s").count(query) - plan.matched
    assert more > 10
    assert collection.reconciliation is not None
    assert f"{more} more postings match by now" in collection.reconciliation["differences"][0]
    assert not (collection.frame()["id"] >= 10**10).any()
    assert spent(after) == plan.credits == len(collection.frame())


async def test_a_limit_beyond_one_data_request(shop: bj.Sandbox, make_client: MakeClient) -> None:
    client = make_client(shop)
    for strategy, limit in (("windows", 12_345), ("ids", 12_346)):
        plan = await client.plan(QUERY, limit=limit, strategy=strategy, fresh=True)  # type: ignore[arg-type]
        assert (plan.records, len(plan.requests)) == (limit, 2)
        collection = await client.collect(plan, max_credits=limit)
        assert collection.frame()["id"].n_unique() == limit == collection.credits


async def test_two_processes_buy_overlapping_queries_and_nothing_twice(
    many: Catalog, start_sandbox: Start, make_client: MakeClient, dataset: pl.DataFrame, tmp_path: Path
) -> None:
    sandbox = await start_sandbox(many, credits=10_000_000, latency=0.3, rate=60.0)
    queries = [{"country": "United States OR Germany"}, {"country": "Germany OR India", "created_at_gte": "2024-01-01"}]
    both = [
        await asyncio.create_subprocess_exec(
            sys.executable, str(BUYER), sandbox.url, sandbox.api_key, str(tmp_path / "home"), json.dumps(query),
            stdout=asyncio.subprocess.PIPE,
        )
        for query in queries
    ]  # fmt: skip
    outs = [(await process.communicate())[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    ids = dataset.filter(
        pl.col("country").is_in(["United States", "Germany"])
        | (pl.col("country").is_in(["Germany", "India"]) & (pl.col("created") >= "2024-01-01"))
    )["id"]
    assert spent(sandbox) == len(ids)
    first, second = (set(json.loads(out)) for out in outs)
    assert first == set(expected(dataset))
    assert first | second == set(ids)
    assert sandbox.stats()["refused"] == {}  # no 429: one speed limit for both
    client = make_client(sandbox)
    assert sum(collection.credits for collection in client.collections()) == len(ids)


async def test_a_queries_postings_that_are_on_their_way_are_waited_for(
    many: Catalog, start_sandbox: Start, make_client: MakeClient
) -> None:
    """Collected at once in one process: the second waits for the first, as far as they share postings."""
    sandbox = await start_sandbox(many, credits=10_000_000, latency=0.3)
    client = make_client(sandbox)
    wide, narrow = bj.JobFilter(country="Germany OR Portugal"), bj.JobFilter(country="Portugal OR Spain")
    one, two = await asyncio.gather(
        client.collect(wide, max_credits=10_000), client.collect(narrow, max_credits=10_000)
    )
    rows = set(one.frame()["id"]) | set(two.frame()["id"])
    assert spent(sandbox) == len(rows) < len(one.frame()) + len(two.frame())
    assert len(two.frame()) == await client.count(narrow)
    assert len(one.frame()) == await client.count(wide)


async def test_who_bought_and_left_is_helped(many: Catalog, start_sandbox: Start, make_client: MakeClient) -> None:
    """A submit whose process went away holds up nobody for ever: what it bought is brought here for it."""
    sandbox = await start_sandbox(many, credits=10_000_000)
    client, other = make_client(sandbox), make_client(sandbox)
    left = await client.submit(bj.JobFilter(country="Germany OR Portugal"), max_credits=10_000)
    collection = await other.collect(bj.JobFilter(country="Portugal"), max_credits=10_000)
    assert (left.state, collection.credits, posts(sandbox)) == ("loaded", 0, 1)
    assert len(collection.frame()) == await other.count(bj.JobFilter(country="Portugal"))
