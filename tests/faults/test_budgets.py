"""Budgets: what a day, a month, a project may spend is never exceeded, and the rest goes on when there is budget."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bulkjobs as bj
from bulkjobs import errors
from bulkjobs.sandbox import Fault
from tests.support import ManualClock, in_parts, posts, spent, states

Start = Callable[..., Any]
MakeClient = Callable[..., bj.Client]
DAY = 86_400.0
pytestmark = pytest.mark.usefixtures("every_ledger")


def at(*when: int) -> float:
    return dt.datetime(*when, tzinfo=dt.UTC).timestamp()  # type: ignore[misc, arg-type]


def allow(folder: Path, *, project: str | None = None, **credits_: int) -> None:
    """Write a budget: for the home folder, or for a project."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [*([f'project = "{project}"'] if project else []), "[budget]", *(f"{k} = {v}" for k, v in credits_.items())]
    (folder / ("bulkjobs.toml" if project else "config.toml")).write_text("\n".join(lines))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


async def test_a_day_s_budget_stops_in_the_middle_and_the_next_day_sends_exactly_the_rest(
    sandbox: bj.Sandbox, make_client: MakeClient, clock: ManualClock, home: Path
) -> None:
    allow(home, day=42)
    clock.now = at(2026, 9, 21, 23, 0)
    client = make_client(sandbox, clock=clock)
    plan = await in_parts(client, 60, 1)
    with pytest.raises(errors.BudgetExceeded) as caught:
        await client.collect(plan)
    assert "42 of 60 data requests are done; the rest needs 18 credits more" in caught.value.message
    assert "42 of 42 credits are spent" in caught.value.message
    (collection,) = client.collections()
    assert f"client.resume({collection.id!r})" in caught.value.next_step
    assert (collection.state, collection.credits) == ("planned", 42)
    assert states(collection) == {"loaded": 42, "planned": 18}
    again = await client.plan(plan.query)
    assert (again.unsent, again.credits, again.owned, again.posts) == (18, 18, 42, 18)
    assert "bought in part, 18 records not sent yet" in repr(again)

    clock.now = at(2026, 9, 21, 23, 59)
    for _ in range(2):  # the same day: nothing more, by no way
        with pytest.raises(errors.BudgetExceeded, match="42 of 60"):
            await client.resume(collection.id)
        with pytest.raises(errors.BudgetExceeded, match="42 of 60"):
            await client.collect(plan.query)
    assert posts(sandbox) == 42

    clock.now = at(2026, 9, 22, 0, 0)
    (done,) = await client.resume(collection.id)
    assert (done.state, done.credits, len(done.frame())) == ("loaded", 60, 60)
    assert (posts(sandbox), spent(sandbox)) == (60, 60)


async def test_the_same_query_collected_the_next_day_attaches_and_sends_the_rest(
    sandbox: bj.Sandbox, make_client: MakeClient, clock: ManualClock, home: Path
) -> None:
    allow(home, day=30)
    client = make_client(sandbox, clock=clock)
    plan = await in_parts(client, 40, 10)
    with pytest.raises(errors.BudgetExceeded, match="3 of 4"):
        await client.collect(plan)
    clock.now += DAY
    with pytest.raises(errors.BudgetExceeded, match="10 credits, more than the 9"):
        await client.collect(plan.query, max_credits=9)
    assert posts(sandbox) == 3
    collection = await client.collect(plan.query, max_credits=10)
    assert len(collection.frame()) == 40
    assert (posts(sandbox), spent(sandbox), len(client.collections())) == (4, 40, 1)


async def test_what_was_planned_more_than_a_day_ago_is_sent_only_by_its_name(
    sandbox: bj.Sandbox, make_client: MakeClient, clock: ManualClock, home: Path
) -> None:
    allow(home, day=10)
    client = make_client(sandbox, clock=clock)
    with pytest.raises(errors.BudgetExceeded):
        await client.collect(await in_parts(client, 30, 10))
    clock.now += DAY - 1
    with pytest.raises(errors.BudgetExceeded, match="2 of 3"):  # less than a day: one more
        await client.resume()
    assert posts(sandbox) == 2
    clock.now += DAY
    (left,) = await client.resume()
    assert (posts(sandbox), left.state) == (2, "planned")
    (done,) = await client.resume(left.id)
    assert (posts(sandbox), done.state) == (3, "loaded")


async def test_by_its_name_also_what_was_never_sent_is_sent(
    sandbox: bj.Sandbox, make_client: MakeClient, clock: ManualClock, home: Path
) -> None:
    allow(home, day=0)
    client = make_client(sandbox, clock=clock)
    with pytest.raises(errors.BudgetExceeded, match="0 of 2 data requests are done"):
        await client.collect(await in_parts(client, 20, 10))
    assert posts(sandbox) == 0
    allow(home, day=20)
    clock.now += 3 * DAY
    (done,) = await make_client(sandbox, clock=clock).resume(client.collections()[0].id)
    assert (done.state, posts(sandbox)) == ("loaded", 2)


async def test_a_month_ends_at_midnight_utc_and_a_total_never(
    sandbox: bj.Sandbox, make_client: MakeClient, clock: ManualClock, home: Path
) -> None:
    allow(home, month=20, total=35)
    clock.now = at(2026, 9, 1)
    client = make_client(sandbox, clock=clock)
    ids = await client.search(bj.JobFilter(application_active=True), limit=60)

    async def buy(number: int) -> None:
        await client.collect(bj.JobIds(ids[number * 10 : number * 10 + 10]))

    await buy(0)
    clock.now = at(2026, 9, 30, 23, 59)
    await buy(1)
    with pytest.raises(errors.BudgetExceeded, match="budget for the month: 20 of 20"):
        await buy(2)
    clock.now = at(2026, 10, 1)
    await buy(2)
    clock.now = at(2026, 11, 1)
    with pytest.raises(errors.BudgetExceeded, match="budget for the total: 30 of 35"):
        await buy(3)
    assert spent(sandbox) == 30


async def test_a_project_s_budget_counts_only_its_own_and_the_home_s_counts_all(
    sandbox: bj.Sandbox, make_client: MakeClient, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(home, day=50)
    allow(tmp_path / "a", project="A", day=20)
    allow(tmp_path / "b", project="B", total=20)
    ids = await make_client(sandbox).search(bj.JobFilter(application_active=True), limit=100)

    async def buy(folder: str, number: int) -> bj.Collection:
        (tmp_path / folder / "deep").mkdir(parents=True, exist_ok=True)
        monkeypatch.chdir(tmp_path / folder / "deep")  # the file is in a folder above
        return await make_client(sandbox).collect(bj.JobIds(ids[number * 10 : number * 10 + 10]))

    for number in (0, 1):
        assert (await buy("a", number)).project == "A"
    with pytest.raises(errors.BudgetExceeded, match="project A for the day: 20 of 20"):
        await buy("a", 2)
    for number in (3, 4):
        assert (await buy("b", number)).project == "B"
    assert (await buy("none", 5)).project is None
    with pytest.raises(errors.BudgetExceeded, match="budget for the day: 50 of 50"):
        await buy("none", 6)
    assert spent(sandbox) == 50


async def test_another_project_s_rest_is_not_sent_from_here(
    sandbox: bj.Sandbox, make_client: MakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(tmp_path / "a", project="A", total=10)
    allow(tmp_path / "b", project="B", total=1_000)
    monkeypatch.chdir(tmp_path / "a")
    client = make_client(sandbox)
    plan = await in_parts(client, 20, 10)
    with pytest.raises(errors.BudgetExceeded, match="project A for the total: 10 of 10"):
        await client.collect(plan)
    (left,) = client.collections()
    for folder in ("b", "work"):
        monkeypatch.chdir(tmp_path / folder)
        elsewhere = make_client(sandbox)
        assert [(one.id, one.state) for one in await elsewhere.resume()] == [(left.id, "planned")]
        for again in (elsewhere.resume(left.id), elsewhere.collect(plan.query)):
            with pytest.raises(errors.BudgetExceeded, match="planned for project A"):
                await again
    assert posts(sandbox) == 1


async def test_one_call_s_budget(
    sandbox: bj.Sandbox, make_client: MakeClient, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(home, call=20)
    allow(tmp_path / "a", project="A", call=15)
    client = make_client(sandbox)
    plan = await in_parts(client, 21, 7)
    with pytest.raises(errors.BudgetExceeded, match=r"21 credits, and config\.toml allows 20 for one call"):
        await client.collect(plan, max_credits=1_000)
    monkeypatch.chdir(tmp_path / "a")
    with pytest.raises(errors.BudgetExceeded, match=r"bulkjobs\.toml allows 15 for one call"):
        await make_client(sandbox).collect(await in_parts(client, 16, 8))
    assert client.collections() == []
    assert posts(sandbox) == 0
    assert len((await client.collect(await in_parts(client, 20, 10))).frame()) == 20


async def test_an_unknown_outcome_counts_as_spent_until_it_is_known_that_it_never_arrived(
    sandbox: bj.Sandbox, make_client: MakeClient, home: Path
) -> None:
    allow(home, day=20)
    client = make_client(sandbox)
    ids = await client.search(bj.JobFilter(application_active=True), limit=30)
    sandbox.faults.add(Fault("bulk_id_file", "reset_before"))
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await client.collect(bj.JobIds(ids[:10]))
    await client.collect(bj.JobIds(ids[10:20]))
    with pytest.raises(errors.BudgetExceeded, match="20 of 20"):
        await client.collect(bj.JobIds(ids[20:]))
    await client.settle(caught.value.collection_id, arrived=False)
    await client.collect(bj.JobIds(ids[20:]))
    assert spent(sandbox) == 20


async def test_what_expired_or_failed_in_doubt_counts_as_spent(
    start_sandbox: Start, make_client: MakeClient, clock: ManualClock, home: Path
) -> None:
    allow(home, total=15)
    sandbox = await start_sandbox(clock=clock)
    client = make_client(sandbox, clock=clock)
    ids = await client.search(bj.JobFilter(application_active=True), limit=20)
    await client.submit(bj.JobIds(ids[:10]))
    clock.now += 31 * DAY
    with pytest.raises(errors.DataRequestExpired):
        await client.resume()
    with pytest.raises(errors.BudgetExceeded, match="10 of 15"):
        await client.collect(bj.JobIds(ids[10:]))


async def test_clients_at_once_never_exceed_a_day_s_budget(
    sandbox: bj.Sandbox, make_client: MakeClient, home: Path
) -> None:
    allow(home, day=25)
    clients = [make_client(sandbox) for _ in range(3)]
    plans = [
        await in_parts(client, 20, 2, query=bj.JobFilter(country=country))
        for client, country in zip(clients, ("United States", "Germany", "France"), strict=True)
    ]
    ends = await asyncio.gather(
        *(client.collect(plan) for client, plan in zip(clients, plans, strict=True)), return_exceptions=True
    )
    assert any(isinstance(end, errors.BudgetExceeded) for end in ends)
    assert (posts(sandbox), spent(sandbox)) == (12, 24)
    assert sum(collection.credits for collection in clients[0].collections()) == 24


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[budget]\nday = 10.5", "day = 10.5 is no budget"),
        ("[budget]\nday = -1", "day = -1 is no budget"),
        ("[budget]\nday = true", "day = True is no budget"),
        ("[budget]\nday = '10'", "day = '10' is no budget"),
        ("[budget]\nweek = 10", "week = 10 is no budget"),
        ("budget = 10", "is no table"),
        ("[budget", "can't be read"),
    ],
)
@pytest.mark.parametrize("name", ["config.toml", "bulkjobs.toml"])
async def test_a_bad_budget_is_said_and_nothing_can_be_bought(
    name: str, text: str, said: str, sandbox: bj.Sandbox, make_client: MakeClient, home: Path, tmp_path: Path
) -> None:
    home.mkdir(exist_ok=True)
    path = (home if name == "config.toml" else tmp_path / "work") / name
    path.write_text(text)
    with pytest.raises(errors.ConfigError) as caught:
        make_client(sandbox)
    assert said in caught.value.message
    assert name in caught.value.message
    assert caught.value.next_step


@pytest.mark.parametrize("text", ["project = 5", "project = ''", "projekt = 'x'", "day = 10"])
async def test_a_project_file_that_holds_something_else_is_said(
    text: str, sandbox: bj.Sandbox, make_client: MakeClient, tmp_path: Path
) -> None:
    (tmp_path / "work" / "bulkjobs.toml").write_text(text)
    with pytest.raises(errors.ConfigError, match=r"bulkjobs\.toml holds"):
        make_client(sandbox)
