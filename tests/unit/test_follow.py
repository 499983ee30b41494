"""Following a query: what is new or changed is bought, once, whatever happens between two runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import bulkjobs as bj
from bulkjobs import errors, follow
from bulkjobs.cli import main
from bulkjobs.clock import naive, stamp
from bulkjobs.follow import FollowRun
from bulkjobs.sandbox import Fault
from bulkjobs.sandbox.catalog import Catalog
from tests.support import START, Listener, ManualClock, posts, record, spent

Start = Callable[..., Any]
MakeClient = Callable[..., bj.Client]
pytestmark = pytest.mark.usefixtures("every_ledger")

QUERY = bj.JobFilter(country="Portugal")
NAME = "pt"
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (f"2026-03-0{day} 10:00:00" for day in (2, 3, 4, 5))


class World:
    """A service whose postings change: each state of it is a sandbox of its own, under one name and home."""

    def __init__(self, start: Start, make: MakeClient) -> None:
        self._start, self._make = start, make

    async def at(self, updated: dict[int, str], *, build: Any = None, **settings: Any) -> tuple[bj.Sandbox, bj.Client]:
        records = [record(number, last_updated=at) for number, at in updated.items()]
        sandbox = await self._start(records if build is None else build(records), **settings)
        return sandbox, self.client(sandbox)

    def client(self, sandbox: bj.Sandbox, **settings: Any) -> bj.Client:
        return self._make(sandbox, service="pt-service", **settings)


@pytest.fixture
def world(start_sandbox: Start, make_client: MakeClient) -> World:
    return World(start_sandbox, make_client)


async def run(client: bj.Client, most: int | None = 100, **options: Any) -> FollowRun:
    return await client.follow(QUERY, name=NAME, max_credits=most, **options)


def ids(run: FollowRun) -> list[int]:
    return sorted(run.frame()["id"].to_list())


FIRST = {1: MONDAY, 2: MONDAY, 3: TUESDAY, 4: TUESDAY}


async def test_the_first_run_takes_all_and_later_ones_what_is_new_or_changed(world: World) -> None:
    _, client = await world.at(FIRST)
    first = await run(client)
    assert (first.new, first.changed, first.credits, first.since, ids(first)) == (4, 0, 4, None, [1, 2, 3, 4])

    # 1 has changed, 3 as well, from the very second where the first run ended; 5 came in that second, 6 later.
    sandbox, client = await world.at({**FIRST, 1: WEDNESDAY, 3: WEDNESDAY, 5: TUESDAY, 6: THURSDAY})
    second = await run(client)
    assert (second.new, second.changed, second.credits, second.since) == (2, 2, 4, TUESDAY)
    assert ids(second) == [1, 3, 5, 6]  # 4 is unchanged, of the boundary second
    assert second.collection is not None
    assert second.frame()["last_updated"].dt.to_string("%Y-%m-%d %H:%M:%S").sort().to_list() == [
        TUESDAY, WEDNESDAY, WEDNESDAY, THURSDAY
    ]  # fmt: skip

    for _ in range(2):
        third = await run(client, None)  # costs nothing, so it needs no budget
        assert (third.new, third.changed, third.credits, third.since) == (0, 0, 0, THURSDAY)
        assert (third.collection, third.frame().schema) == (None, bj.records.POSTING_SCHEMA)
    assert (posts(sandbox), spent(sandbox)) == (1, 4)
    assert len(client.library.scan().collect()) == 6
    assert len(client.library.history(1)) == 2


async def test_the_runs_are_kept(world: World) -> None:
    _, client = await world.at(FIRST)
    assert client.runs().is_empty()
    first = await run(client)
    _, client = await world.at({**FIRST, 1: WEDNESDAY, 5: WEDNESDAY})
    second = await run(client)
    frame = client.runs(NAME)
    assert frame.schema == client.runs("other").schema
    assert first.collection is not None
    assert second.collection is not None
    assert frame["collection_id"].to_list() == [second.collection.id, first.collection.id]
    assert frame.select("records", "new", "changed", "credits").rows() == [(2, 1, 1, 2), (4, 4, 0, 4)]
    assert [str(since) for since in frame["since"]] == [TUESDAY, "None"]
    assert json.loads(frame["query"][0]) == QUERY.filters
    assert frame["finished_at"].null_count() == 0
    assert frame["error"].to_list() == [None, None]
    assert (len(client.runs()), len(client.runs("other"))) == (2, 0)


async def test_what_changes_again_is_bought_again_and_each_state_is_kept(world: World) -> None:
    for at in (MONDAY, TUESDAY, WEDNESDAY):
        sandbox, client = await world.at({1: at})
        assert ((await run(client)).credits, posts(sandbox)) == (1, 1)
        assert (await run(client)).credits == 0
    assert len(client.library.history(1)) == 3


async def test_what_another_collection_bought_meanwhile_is_not_bought_again(world: World) -> None:
    _, client = await world.at(FIRST)
    await run(client)
    grown = {**FIRST, 5: TUESDAY, 6: WEDNESDAY, 7: WEDNESDAY}
    sandbox, client = await world.at(grown)
    await client.collect(bj.JobIds([5, 6, 7]))
    found = await run(client)
    assert (found.credits, posts(sandbox)) == (0, 1)
    _, client = await world.at({**grown, 6: THURSDAY})  # and of those, what changed since is
    found = await run(client)
    assert (found.new, found.changed, ids(found), found.since) == (0, 1, [6], TUESDAY)


async def test_copies_of_many_seconds_are_never_bought_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "CUTS", 3)
    _, client = await world.at({1: MONDAY})
    await run(client)
    grown = {1: MONDAY, **{number: f"2026-03-04 10:00:{number:02}" for number in range(10, 31)}}
    _, client = await world.at(grown)
    await client.collect(bj.JobIds(range(10, 31)))
    sandbox, client = await world.at({**grown, 12: THURSDAY})
    assert ids(await run(client)) == [12]
    assert sandbox.stats()["searches"] < 10
    assert (await run(client)).credits == 0


class Behind(Catalog):
    """A service whose records say an older time than its search."""

    def lines(self, ids: Sequence[int]) -> Iterator[bytes]:
        return (line.replace(WEDNESDAY.encode(), MONDAY.encode()) for line in super().lines(ids))


async def test_a_record_that_never_comes_as_new_as_it_is_listed_is_not_bought_for_ever(world: World) -> None:
    _, client = await world.at(FIRST)
    await run(client)
    sandbox, client = await world.at({**FIRST, 1: WEDNESDAY}, build=Behind.build)
    assert [(await run(client)).credits for _ in range(3)] == [1, 0, 0]
    assert posts(sandbox) == 1


async def test_what_changed_while_a_run_went_on_is_found_by_the_next_one(world: World) -> None:
    # The run begins at START; 2 is updated half a minute later, while it goes on, and 1 a little before that.
    clock = ManualClock()
    assert stamp(naive(START)) == "2026-09-21 14:13:20"
    sandbox, _ = await world.at({1: MONDAY, 2: "2026-09-21 14:13:50"})
    client = world.client(sandbox, clock=clock)
    await run(client)
    clock.now += 3_600
    sandbox, _ = await world.at({1: "2026-09-21 14:13:45", 2: "2026-09-21 14:13:50"})
    client = world.client(sandbox, clock=clock)
    found = await run(client)
    assert (ids(found), found.since) == ([1], "2026-09-21 14:12:20")
    assert (await run(client)).credits == 0


async def test_bounds_of_the_query_hold(world: World) -> None:
    query = bj.JobFilter(country="Portugal", last_updated_lte=TUESDAY)
    _, client = await world.at(FIRST)
    assert (await client.follow(query, name=NAME, max_credits=9)).credits == 4
    _, client = await world.at({**FIRST, 4: WEDNESDAY, 5: TUESDAY, 6: THURSDAY})
    found = await client.follow(query, name=NAME, max_credits=9)
    assert (found.new, found.changed, ids(found)) == (1, 0, [5])
    query = bj.JobFilter(country="Portugal", last_updated_gte=WEDNESDAY)
    found = await client.follow(query, name="late", max_credits=9)
    assert ids(found) == [4, 6]


async def test_a_name_follows_one_query_and_names_are_apart(world: World) -> None:
    sandbox, client = await world.at(FIRST)
    await run(client)
    with pytest.raises(errors.InvalidQuery, match=r"'pt' follows another query: .*Portugal") as caught:
        await client.follow(bj.JobFilter(country="Spain"), name=NAME)
    assert "another name" in caught.value.next_step
    other = await client.follow(QUERY, name="other")  # owned: it costs nothing
    assert (other.credits, ids(other), other.since) == (0, [1, 2, 3, 4], None)
    for bad in ("", " ", 5):
        with pytest.raises(errors.InvalidQuery, match="name"):
            await client.follow(QUERY, name=bad)  # type: ignore[arg-type]
    with pytest.raises(errors.InvalidQuery, match="JobFilter"):
        await client.follow(bj.JobIds([1]), name=NAME)  # type: ignore[arg-type]
    assert posts(sandbox) == 1


async def test_nothing_matches_yet(world: World) -> None:
    _, client = await world.at({})
    found = await run(client)
    assert (found.new, found.collection, found.since) == (0, None, None)
    _, client = await world.at({1: MONDAY})
    assert ids(await run(client)) == [1]


async def test_a_dry_run_sends_and_writes_nothing(world: World) -> None:
    sandbox, client = await world.at(FIRST)
    for _ in range(2):
        dry = await run(client, None, dry_run=True)
        assert (dry.new, dry.changed, dry.credits, dry.since, dry.collection) == (4, 0, 4, None, None)
        assert (posts(sandbox), client.collections(), len(client.runs())) == (0, [], 0)
    await run(client)
    sandbox, client = await world.at({**FIRST, 1: WEDNESDAY, 5: WEDNESDAY, 6: WEDNESDAY})
    dry = await run(client, None, dry_run=True)
    assert (dry.new, dry.changed, dry.credits, dry.since) == (2, 1, 3, TUESDAY)
    assert "would cost  3 at most" in repr(dry)
    assert "<caption" in dry._repr_html_()
    assert (posts(sandbox), len(client.runs()), dry.frame().is_empty()) == (0, 1, True)
    assert (await run(client)).credits == 3


async def test_a_budget_is_kept(world: World) -> None:
    sandbox, client = await world.at(FIRST)
    for most in (None, 3):
        with pytest.raises(errors.BudgetExceeded) as caught:
            await run(client, most)
        assert caught.value.next_step.startswith("follow(..., max_credits=4)")
    assert (posts(sandbox), len(client.runs())) == (0, 0)
    await run(client, 4)
    sandbox, client = await world.at({**FIRST, 5: WEDNESDAY})
    with pytest.raises(errors.BudgetExceeded):
        await run(client, 0)
    assert posts(sandbox) == 0
    assert (await run(client, 1)).credits == 1


async def test_two_at_once_are_one_purchase(world: World) -> None:
    sandbox, client = await world.at(FIRST, latency=0.5)
    heard = Listener()
    other = world.client(sandbox)
    both = await asyncio.gather(run(client, on_event=heard), run(other, on_event=heard))
    assert sorted(one.credits for one in both) == [0, 4]
    assert (posts(sandbox), spent(sandbox)) == (1, 4)
    assert "Held" in heard.names()


async def test_who_waits_too_long_is_told(world: World) -> None:
    sandbox, client = await world.at(FIRST, latency=1.0)
    other, late = world.client(sandbox), list[BaseException]()

    async def ask() -> None:
        with pytest.raises(errors.StillRunning, match="at a run of 'pt'") as caught:
            await run(other, deadline=0.0)
        late.append(caught.value)

    async with asyncio.TaskGroup() as group:
        asking: list[asyncio.Task[None]] = []

        def begun(event: object) -> None:
            if not asking:
                asking.append(group.create_task(ask()))

        await run(client, on_event=begun)
    assert len(late) == 1


async def test_a_run_that_stands_still_is_finished_by_the_next_one(world: World) -> None:
    sandbox, client = await world.at(FIRST)
    sandbox.faults.add(Fault("download", "status", times=1, status=404))
    with pytest.raises(errors.FetchFailed):
        await run(client)
    (row,) = client.runs().rows(named=True)
    assert (row["finished_at"], "does not know a file" in row["error"], row["records"]) == (None, True, None)
    dry = await run(client, None, dry_run=True)
    assert (dry.credits, "cut off" in dry.notes[0]) == (0, True)
    done = await run(client, 0)
    assert (done.new, done.credits, ids(done), posts(sandbox)) == (4, 4, [1, 2, 3, 4], 1)
    assert done.earlier is not None
    assert client.runs()["error"].null_count() == 2


async def test_an_unknown_outcome_is_not_bought_again(world: World) -> None:
    _, client = await world.at({1: MONDAY})
    await run(client)
    sandbox, client = await world.at({1: TUESDAY})
    sandbox.faults.add(Fault("bulk_id_file", "reset_after"))
    for _ in range(3):
        with pytest.raises(errors.OutcomeUnknown):
            await run(client)
    assert (posts(sandbox), len(client.runs())) == (1, 2)
    (request_id,) = sandbox.stats()["requests"]
    await client.settle(client.collections()[0].id, request_id=request_id)
    done = await run(client, 0)
    assert (done.changed, ids(done), posts(sandbox)) == (1, [1], 1)


async def test_a_refusal_is_no_end(world: World) -> None:
    sandbox, client = await world.at(FIRST)
    sandbox.faults.add(Fault("bulk_filter", "status", status=400))
    with pytest.raises(errors.RequestRejected):
        await run(client)
    with pytest.raises(errors.BudgetExceeded):  # what is sent now is paid now
        await run(client, 3)
    done = await run(client, 4)
    assert (done.credits, posts(sandbox), len(client.runs())) == (4, 1, 2)


@pytest.mark.parametrize("gone", [True, False])
async def test_postings_that_are_gone_when_they_are_bought_end_the_run(gone: bool, world: World) -> None:
    _, client = await world.at({1: MONDAY})
    await run(client)
    clock = ManualClock()
    sandbox, _ = await world.at({1: TUESDAY})
    client = world.client(sandbox, clock=clock)
    sandbox.faults.add(Fault("list_files", "status", times=100, status=404))
    bare = Catalog.build([record(9, country="Spain")])

    def leave(event: object) -> None:
        if gone and type(event).__name__ == "Submitted":
            object.__setattr__(sandbox._running(), "catalog", bare)

    with pytest.raises(errors.NothingMatched):
        await run(client, on_event=leave)
    if gone:
        assert client.runs()["finished_at"].null_count() == 0
        assert (await run(client)).credits == 0  # nothing is listed any more: all is well
    else:  # the service lists it still, so it may have been charged: that is for a person to decide
        with pytest.raises(errors.NothingMatched):
            await run(client)
    assert posts(sandbox) == 1
    bare.close()


def test_the_command_line(catalog: Catalog, tmp_path: Path) -> None:
    sandbox = bj.Sandbox([record(number) for number in range(1, 6)])
    bj.sync._LOOP.run(sandbox.start())
    environment = {"BULKJOBS_HOME": str(tmp_path / "home"), "BULKJOBS_BASE_URL": sandbox.url, "BULKJOBS_RATE": "1000",
                   "CORESIGNAL_API_KEY": sandbox.api_key}  # fmt: skip

    def call(*words: str) -> Any:
        return CliRunner().invoke(main, ["follow", "pt", *words], env=environment)

    try:
        what = ("--country", "Portugal")
        dry = call(*what, "--dry-run")
        assert (dry.exit_code, "would cost  5 at most" in dry.stdout) == (0, True)
        silent = call(*what)
        assert (silent.exit_code, "--max-credits 5" in silent.stderr) == (5, True)
        assert posts(sandbox) == 0
        done = call(*what, "--max-credits", "5", "--json")
        assert done.exit_code == 0, done.stderr
        said = json.loads(done.stdout)
        assert (said["new"], said["changed"], said["credits"], len(said["collections"])) == (5, 0, 5, 1)
        for _ in range(2):  # as cron calls it
            again = call(*what)
            assert (again.exit_code, "credits  0" in again.stdout) == (0, True)
        refused = call("--country", "Spain", "--max-credits", "5")
        assert (refused.exit_code, "another name" in refused.stderr) == (2, True)
        assert (posts(sandbox), spent(sandbox)) == (1, 5)
    finally:
        bj.sync._LOOP.run(sandbox.stop())


def test_blocking(tmp_path: Path) -> None:
    with bj.sync.Client.sandbox(home=tmp_path, data=[record(number) for number in range(1, 6)]) as client:
        assert client.follow(QUERY, name=NAME, dry_run=True).credits == 5
        done = client.follow(QUERY, name=NAME, max_credits=5)
        assert (done.new, len(done.frame()), len(client.runs(NAME))) == (5, 5, 1)
        assert isinstance(done.collection, bj.sync.Collection)
        assert len(done.collection.finish().frame()) == 5
        assert "Run of pt" in repr(done)
        assert "<table>" in done._repr_html_()


async def test_what_one_call_may_never_cost_is_refused_before_the_run_is_written_down(
    world: World, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text("[budget]\ncall = 3\n")
    sandbox, client = await world.at(FIRST)
    with pytest.raises(errors.BudgetExceeded, match=r"config\.toml allows 3"):
        await run(client)
    assert (posts(sandbox), client.runs().is_empty(), client.collections()) == (0, True, [])


async def test_what_a_run_planned_long_ago_and_never_sent_is_planned_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cut_off(*_: Any, **__: Any) -> None:
        raise RuntimeError("the process ends here")

    clock = ManualClock()
    sandbox, _ = await world.at(FIRST)
    client = world.client(sandbox, clock=clock)
    with monkeypatch.context() as patch:
        patch.setattr(bj.Collection, "finish", cut_off)
        with pytest.raises(RuntimeError):
            await run(client)
    clock.now += 2 * 86_400.0
    found = await run(client)
    assert (found.new, found.credits, ids(found), posts(sandbox)) == (4, 4, [1, 2, 3, 4], 1)
    assert sorted(one.state for one in client.collections()) == ["loaded", "refused"]
