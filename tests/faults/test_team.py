"""People on several machines, each with a home of its own, who share a ledger in PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bulkjobs as bj
from bulkjobs import errors
from bulkjobs.sandbox.catalog import Catalog
from tests.support import Listener, ManualClock, posts, record, spent

Start = Callable[..., Any]
MakeClient = Callable[..., bj.Client]
BUYER = Path(__file__).with_name("team_buyer.py")
DAY = 86_400.0
GERMANY, EUROPE = bj.JobFilter(country="Germany"), bj.JobFilter(country="Germany OR France")


@pytest.fixture(autouse=True)
def _ledger(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BULKJOBS_LEDGER", database)


@pytest.fixture
def machine(make_client: MakeClient, tmp_path: Path) -> MakeClient:
    """Make a client of a machine, by its name."""
    return lambda sandbox, name, **settings: make_client(sandbox, home=tmp_path / name, **settings)


async def run(sandbox: bj.Sandbox, homes: list[Path], rate: float, queries: list[bj.JobFilter]) -> list[Any]:
    """Buy with a process for each home, all at once."""
    processes = []
    for home, query in zip(homes, queries, strict=True):
        words = (str(BUYER), sandbox.url, sandbox.api_key, str(home), str(rate), json.dumps(query.filters))
        pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
        processes.append(await asyncio.create_subprocess_exec(sys.executable, *words, **pipes))  # type: ignore[arg-type]
    ends = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    assert [process.returncode for process in processes] == [0] * len(processes)
    return [json.loads(output) for output, _ in ends]


def bought_ids(sandbox: bj.Sandbox) -> list[int]:
    assert sandbox._service is not None
    return [posting for request in sandbox._service.requests.all() for posting in request.ids]


@pytest.mark.parametrize("budget", [None, 150])
async def test_many_processes_buy_nothing_twice_within_one_budget_and_one_rate(
    budget: int | None, start_sandbox: Start, tmp_path: Path, catalog: Catalog
) -> None:
    rate = 40.0
    sandbox = await start_sandbox(rate=rate, latency=0.2)
    one, two, three = (bj.JobFilter(country=country) for country in ("Germany", "Germany OR France", "France OR India"))
    queries = [one, two, three, one, two, three, two, three]
    homes = [tmp_path / f"machine-{number % 4}" for number in range(8)]  # two people on each of four machines
    if budget is None:  # half of them: enough to see that nothing is missing
        homes, queries = homes[2:6], queries[:4]
    for home in homes[:4] if budget else []:
        home.mkdir()
        (home / "config.toml").write_text(f"[budget]\nday = {budget}\n")
    found = await run(sandbox, homes, rate, queries)
    bought = bought_ids(sandbox)
    assert len(set(bought)) == len(bought) == spent(sandbox)
    assert sandbox.stats()["refused"] == {}
    if budget is None:
        expected = [sorted(catalog.ids(query.filters)) for query in queries]
        assert [sorted(ids) for ids in found] == expected
        assert sorted(bought) == sorted({posting for ids in expected for posting in ids})
    else:
        assert spent(sandbox) <= budget
        assert None in found


async def test_what_a_colleague_bought_is_fetched_again_and_not_bought(
    start_sandbox: Start, machine: MakeClient, clock: ManualClock
) -> None:
    sandbox = await start_sandbox(clock=clock)
    theirs = await machine(sandbox, "theirs", clock=clock).collect(GERMANY, max_credits=1_000)
    mine = machine(sandbox, "mine", clock=clock)
    with pytest.raises(errors.LoadFailed, match="on another machine") as caught:
        mine.attach(theirs.id).frame()
    assert "client.resume(" in caught.value.next_step
    again = await mine.collect(GERMANY, max_credits=0)
    assert again.id == theirs.id
    for rows in (again.frame(), again.scan().collect(), mine.library.scan().collect()):
        assert sorted(rows["id"]) == sorted(theirs.frame()["id"])
    assert (posts(sandbox), sandbox.stats()["downloads"]) == (1, 2)
    assert theirs.frame().equals(again.frame())


async def test_what_a_colleague_bought_is_left_out_of_a_larger_query(
    sandbox: bj.Sandbox, machine: MakeClient, catalog: Catalog
) -> None:
    theirs = await machine(sandbox, "theirs").collect(GERMANY, max_credits=1_000)
    mine, all_of_it = machine(sandbox, "mine"), sorted(catalog.ids(EUROPE.filters))
    plan = await mine.plan(EUROPE)
    assert plan.credits == len(all_of_it)  # at the most
    assert "1 data request of other machines may hold some of it" in repr(plan)
    collection = await mine.collect(plan, max_credits=plan.credits)
    assert collection.credits == len(all_of_it) - theirs.credits
    assert sorted(collection.frame()["id"]) == all_of_it
    assert spent(sandbox) == len(all_of_it)
    assert (await mine.plan(bj.JobFilter(country="Germany OR Italy"))).owned == theirs.credits  # it is here by now

    third = machine(sandbox, "third")  # what it takes out of the library is brought to this one, too
    for ask in (third.attach(collection.id).frame, third.attach(collection.id).scan):
        with pytest.raises(errors.LoadFailed):
            ask()
    for whole in ((await third.collect(EUROPE, max_credits=0)).frame(), third.attach(collection.id).scan().collect()):
        assert sorted(whole["id"]) == all_of_it
    assert spent(sandbox) == len(all_of_it)


async def test_postings_that_are_missing_in_the_library_are_not_left_out_in_silence(
    start_sandbox: Start, machine: MakeClient, clock: ManualClock
) -> None:
    sandbox = await start_sandbox(clock=clock)
    theirs = machine(sandbox, "theirs", clock=clock)
    owned = await theirs.collect(GERMANY, max_credits=1_000)
    part = await theirs.collect(bj.JobIds(owned.frame()["id"].head(5)))
    clock.now += 31 * DAY
    third = machine(sandbox, "third", clock=clock)
    with pytest.raises(errors.LoadFailed, match="takes 5 postings out of the library, and 0 of them"):
        await third.resume(part.id)
    with pytest.raises(errors.DataRequestExpired) as caught:
        await third.collect(GERMANY, max_credits=1_000)
    assert "the library where it was loaded has it" in caught.value.next_step
    assert (theirs.attach(part.id).frame().height, posts(sandbox)) == (5, 1)


async def test_a_library_that_is_shared_needs_no_files(
    sandbox: bj.Sandbox, machine: MakeClient, tmp_path: Path
) -> None:
    theirs = await machine(sandbox, "theirs").collect(EUROPE, max_credits=1_000)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "library").symlink_to(tmp_path / "theirs" / "library")
    mine = machine(sandbox, "mine", api_key="A" * 32)  # another key would be given no files
    before = sandbox.stats()["downloads"]
    assert mine.attach(theirs.id).frame().equals(theirs.frame())
    assert (await mine.collect(EUROPE, max_credits=0)).frame().equals(theirs.frame())
    assert (sandbox.stats()["downloads"], posts(sandbox)) == (before, 1)


async def test_a_colleague_waits_for_who_is_at_it_and_then_has_it_too(
    start_sandbox: Start, machine: MakeClient, catalog: Catalog
) -> None:
    sandbox, heard = await start_sandbox(latency=0.3), Listener()
    one, two = machine(sandbox, "one"), machine(sandbox, "two")
    ends = await asyncio.gather(
        one.collect(GERMANY, max_credits=1_000), two.collect(GERMANY, max_credits=1_000, on_event=heard)
    )
    assert len({collection.id for collection in ends}) == 1
    assert [sorted(collection.frame()["id"]) for collection in ends] == [sorted(catalog.ids(GERMANY.filters))] * 2
    assert posts(sandbox) == 1


async def test_a_run_that_another_machine_follows_up_buys_only_what_is_new_or_changed(
    start_sandbox: Start, machine: MakeClient, clock: ManualClock
) -> None:
    monday, tuesday = "2026-03-02 10:00:00", "2026-03-03 10:00:00"
    world = [record(n, last_updated=monday) for n in (1, 2)]
    sandbox = await start_sandbox(world, clock=clock)
    query = bj.JobFilter(country="Portugal")
    first = machine(sandbox, "one", clock=clock, service="pt")
    assert (await first.follow(query, name="pt", max_credits=10)).credits == 2
    other = machine(sandbox, "two", clock=clock, service="pt")
    run_ = await other.follow(query, name="pt", max_credits=10)  # both are of the second where the first run ended
    assert (run_.credits, posts(sandbox)) == (0, 1)
    assert sorted(other.library.scan().collect()["id"]) == [1, 2]
    changed = [world[0], record(2, last_updated=tuesday), record(3, last_updated=tuesday)]
    third = machine(await start_sandbox(changed), "two", clock=clock, service="pt")
    run_ = await third.follow(query, name="pt", max_credits=10)
    assert (run_.new, run_.changed, sorted(run_.frame()["id"])) == (1, 1, [2, 3])
