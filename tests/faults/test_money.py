"""The money rules: a POST is sent once, and what is not known is said, kept, and never tried again."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bulkjobs as bj
from bulkjobs import errors, opening, outcomes
from bulkjobs.budget import Budget
from bulkjobs.sandbox import Fault
from bulkjobs.wire.transport import Timeouts
from bulkjobs.workshop import held
from tests.support import START, ManualClock, in_parts, leave_intent, posts, spent, until

Start = Callable[..., Any]
MakeClient = Callable[..., bj.Client]
pytestmark = pytest.mark.usefixtures("every_ledger")

LOST_ANSWERS = {
    "late_reply": Fault("bulk_filter", "late_reply", seconds=5.0),
    "502": Fault("bulk_filter", "status_after", status=502),
    "500": Fault("bulk_filter", "status_after", status=500),
    "reset_after": Fault("bulk_filter", "reset_after"),
    "no_body": Fault("bulk_filter", "no_body"),
    "bad_json": Fault("bulk_filter", "bad_json"),
}


# v2 names the request in Location as well, so there a lost body loses nothing: see the next test.
LOST = [
    *((name, "v1") for name in LOST_ANSWERS),
    *((name, "v2") for name in LOST_ANSWERS if name not in {"no_body", "bad_json"}),
]


@pytest.mark.parametrize(("name", "version"), LOST)
async def test_lost_answer_is_one_post_and_an_unknown_outcome(
    name: str, version: str, sandbox: bj.Sandbox, make_client: MakeClient, query: bj.JobFilter
) -> None:
    client = make_client(sandbox, api_version=version, timeouts=Timeouts(spend=0.5))
    sandbox.faults.add(LOST_ANSWERS[name])
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await client.collect(query, limit=20)
    assert caught.value.charged == "unknown"
    assert not caught.value.retry_safe
    assert "settle" in str(caught.value)
    assert posts(sandbox) == 1

    (collection,) = client.collections()
    assert collection.state == "unknown"
    assert isinstance(collection.error, errors.OutcomeUnknown)

    assert [done.state for done in await client.resume()] == ["unknown"]
    with pytest.raises(errors.OutcomeUnknown):
        await client.resume(collection.id)
    with pytest.raises(errors.OutcomeUnknown):  # the same cell again
        await client.collect(query, limit=20)
    assert posts(sandbox) == 1


@pytest.mark.parametrize("kind", ["no_body", "bad_json"])
async def test_request_id_is_taken_from_location_when_the_body_is_lost(
    kind: str, sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter
) -> None:
    sandbox.faults.add(Fault("bulk_filter", kind))  # type: ignore[arg-type]
    collection = await client.collect(query, limit=20)
    assert len(collection.frame()) == 20
    assert posts(sandbox) == 1


async def test_unknown_outcome_is_settled_with_the_request_id(
    sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter
) -> None:
    sandbox.faults.add(Fault("bulk_filter", "reset_after"))
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await client.collect(query, limit=20)
    (request_id,) = sandbox.stats()["requests"]
    collection = await client.settle(caught.value.collection_id, request_id=request_id)
    assert len(collection.frame()) == 20
    assert (posts(sandbox), spent(sandbox)) == (1, 20)
    with pytest.raises(errors.UnknownCollection):
        await client.settle(collection.id, request_id=request_id)


async def test_unknown_outcome_is_bought_anew_only_on_demand(
    sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter
) -> None:
    sandbox.faults.add(Fault("bulk_filter", "reset_before"))
    with pytest.raises(errors.OutcomeUnknown):
        await client.collect(query, limit=20)
    assert posts(sandbox) == 0
    collection = await client.collect(query, limit=20, fresh=True)
    assert len(collection.frame()) == 20
    assert posts(sandbox) == 1


async def test_429_is_tried_again_and_charged_once(
    sandbox: bj.Sandbox, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    client = make_client(sandbox, clock=clock)
    sandbox.faults.add(Fault("bulk_filter", "status", times=3, status=429, headers={"Retry-After": "7"}))
    collection = await client.collect(query, limit=20)
    assert len(collection.frame()) == 20
    assert (posts(sandbox), spent(sandbox)) == (1, 20)
    assert clock.now - START >= 21  # three times seven seconds were asked for


async def test_429_for_ever_is_refused_and_charged_nothing(
    sandbox: bj.Sandbox, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    client = make_client(sandbox, clock=clock)
    sandbox.faults.add(Fault("bulk_filter", "status", times=100, status=429))
    with pytest.raises(errors.RateLimited) as caught:
        await client.collect(query, limit=20)
    assert caught.value.charged == "no"
    assert client.collections()[0].state == "refused"
    sandbox.faults.clear()
    assert len((await client.collect(query, limit=20)).frame()) == 20  # refused, so the same again is sent
    assert posts(sandbox) == 1


async def test_connection_refused_is_tried_again_and_charged_once(
    start_sandbox: Start, make_client: MakeClient, query: bj.JobFilter
) -> None:
    first = await start_sandbox()
    port = int(first.url.split(":")[2].split("/")[0])
    clock = ManualClock()
    client = make_client(first, clock=clock)
    collection_id = await leave_intent(client, query, 20)
    await first.stop()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0

    restarted: list[bj.Sandbox] = []
    sleep = clock.sleep

    async def sleep_and_restart(seconds: float) -> None:
        await sleep(seconds)
        if len(clock.sleeps) == 3:
            restarted.append(await start_sandbox(port=port))

    clock.sleep = sleep_and_restart  # type: ignore[method-assign]
    (collection,) = await client.resume(collection_id)
    assert len(collection.frame()) == 20
    assert (posts(restarted[0]), spent(restarted[0])) == (1, 20)


async def test_connection_refused_for_ever_is_refused_and_charged_nothing(
    start_sandbox: Start, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    sandbox = await start_sandbox()
    client = make_client(sandbox, clock=clock)
    collection_id = await leave_intent(client, query, 20)
    await sandbox.stop()
    with pytest.raises(errors.ConnectionFailed) as caught:
        await client.resume(collection_id)
    assert caught.value.charged == "no"
    assert client.attach(collection_id).state == "refused"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, errors.RequestRejected), (401, errors.Unauthorized), (402, errors.InsufficientCredits),
     (404, errors.NotFound), (409, errors.AlreadyRunning), (422, errors.RequestRejected)],
)  # fmt: skip
async def test_refusals_are_typed_and_charge_nothing(
    status: int, kind: type[errors.ServiceError], sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter
) -> None:
    sandbox.faults.add(Fault("bulk_filter", "status", status=status, body='{"detail": "no, <b>because</b>"}'))
    with pytest.raises(kind) as caught:
        await client.collect(query, limit=20)
    assert (caught.value.charged, caught.value.status) == ("no", status)
    assert "because" in str(caught.value)
    assert client.collections()[0].state == "refused"
    assert await client.resume() == []  # a refusal that somebody saw is not sent later, out of the blue
    assert posts(sandbox) == 0


async def test_same_collect_twice_is_one_post(sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter) -> None:
    first = await client.collect(query, limit=20)
    second = await client.collect(query, limit=20)
    assert second.id == first.id
    assert second.frame().equals(first.frame())
    assert (posts(sandbox), spent(sandbox)) == (1, 20)
    other = await client.collect(query, limit=21)  # another limit is another purchase
    assert other.id != first.id


async def test_double_click_is_one_post(sandbox: bj.Sandbox, make_client: MakeClient, query: bj.JobFilter) -> None:
    clients = [make_client(sandbox) for _ in range(3)]
    plan = await clients[0].plan(query, limit=20)
    done = await asyncio.gather(*(client.collect(plan, max_credits=20) for client in clients for _ in range(2)))
    assert len({collection.id for collection in done}) == 1
    assert all(len(collection.frame()) == 20 for collection in done)
    assert (posts(sandbox), spent(sandbox)) == (1, 20)


async def test_fresh_buys_anew_and_a_double_click_on_it_once(
    sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter
) -> None:
    first = await client.collect(query, limit=20)
    plan = await client.plan(query, limit=20, fresh=True)
    assert (plan.credits, plan.owned, plan.attaches_to) == (20, 20, first.id)
    one, two = await asyncio.gather(client.collect(plan), client.collect(plan))
    assert one.id == two.id != first.id
    assert (posts(sandbox), spent(sandbox)) == (2, 40)
    assert (await client.collect(query, limit=20)).id == one.id  # the newest purchase is the one attached to


async def test_budget_is_checked_before_any_post(sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter) -> None:
    plan = await client.plan(query, limit=20)
    with pytest.raises(errors.BudgetExceeded, match="20 credits, more than the 19"):
        await client.collect(plan, max_credits=19)
    with pytest.raises(errors.BudgetExceeded, match="no limit was set"):
        await client.collect(query)
    assert client.collections() == []
    assert posts(sandbox) == 0
    await client.collect(plan, max_credits=20)
    assert (await client.collect(query, limit=20)).credits == 20  # attached: no budget is needed


async def test_limit_is_always_sent(start_sandbox: Start, make_client: MakeClient, clock: ManualClock) -> None:
    sandbox = await start_sandbox(latency=60.0, clock=clock)
    client = make_client(sandbox, clock=clock)
    query = bj.JobFilter(country="Portugal")
    matched = await client.count(query)
    collection = await client.submit(query, max_credits=matched)
    assert collection.requests[0].records == matched > 0
    assert spent(sandbox) == matched


async def test_more_than_a_data_request_carries_is_split(sandbox: bj.Sandbox, client: bj.Client) -> None:
    plan = await client.plan(bj.JobIds(range(1, 10_002)))
    assert [request.records for request in plan.requests] == [10_000, 1]
    assert (plan.posts, plan.credits) == (2, 10_001)
    for limit in (0, -1, 2.5, True):
        with pytest.raises(errors.InvalidQuery, match="limit"):
            await client.plan(bj.JobFilter(title="x"), limit=limit)  # type: ignore[arg-type]
    assert posts(sandbox) == 0


@pytest.mark.parametrize("cancels", [1, 3])
async def test_cancelled_cell_stops_waiting_and_the_answer_is_kept(
    cancels: int, sandbox: bj.Sandbox, make_client: MakeClient, query: bj.JobFilter
) -> None:
    client, other = make_client(sandbox), make_client(sandbox)
    sandbox.faults.add(Fault("bulk_filter", "late_reply", seconds=0.4))
    task = asyncio.create_task(client.collect(query, limit=20))
    await until(lambda: posts(sandbox))
    meanwhile = asyncio.create_task(other.collect(query, limit=20))  # sees a POST on its way, and waits for its end
    for _ in range(cancels):
        task.cancel()
        await asyncio.sleep(0.02)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert client.collections()[0].state in {"accepted", "ready", "fetched", "loaded"}
    assert len((await meanwhile).frame()) == 20
    assert (posts(sandbox), spent(sandbox)) == (1, 20)


async def test_cancelled_before_it_was_sent_is_not_sent(
    sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter
) -> None:
    sandbox.faults.add(Fault("bulk_filter", "status", times=1, status=429, headers={"Retry-After": "60"}))
    task = asyncio.create_task(client.collect(query, limit=20))
    await until(lambda: sandbox.stats()["refused"])
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert client.collections()[0].state == "refused"
    assert posts(sandbox) == 0


async def test_cancelled_with_an_answer_that_cannot_be_kept_still_tells_the_request_id(
    sandbox: bj.Sandbox,
    client: bj.Client,
    query: bj.JobFilter,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def full(*_: object, **__: object) -> None:
        raise errors.LedgerError("The disk is full.")

    monkeypatch.setattr(client.ledger, "accepted", full)
    sandbox.faults.add(Fault("bulk_filter", "late_reply", seconds=0.2))
    task = asyncio.create_task(client.collect(query, limit=20))
    await until(lambda: posts(sandbox))
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    (request_id,) = sandbox.stats()["requests"]
    assert request_id in "".join(caught.value.__notes__)
    assert request_id in caplog.text
    assert request_id in (client.home / "unrecorded-request-ids.txt").read_text()


async def test_closing_the_client_waits_for_the_answer_to_a_post(
    sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter
) -> None:
    sandbox.faults.add(Fault("bulk_filter", "late_reply", seconds=0.2))
    task = asyncio.create_task(client.submit(query, limit=20))
    await until(lambda: posts(sandbox))
    await client.close()
    assert (await task).state == "accepted"


# --- intents that were never sent -------------------------------------------------------------------------


async def test_an_intent_of_long_ago_is_not_sent_by_the_way(
    start_sandbox: Start, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    sandbox = await start_sandbox(clock=clock)
    client = make_client(sandbox, clock=clock)
    old = await leave_intent(client, query, 20)
    clock.now += 2 * 86_400
    assert await client.resume() == []
    assert client.attach(old).state == "refused"
    other = await leave_intent(client, query, 20)
    clock.now += 2 * 86_400
    with pytest.raises(errors.BudgetExceeded):  # nor by the same cell: it is planned and priced anew
        await client.collect(query, limit=20, max_credits=0)
    assert client.attach(other).state == "refused"
    assert posts(sandbox) == 0


async def test_an_intent_that_was_never_sent_is_not_owned_and_has_its_price(
    sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter
) -> None:
    collection_id = await leave_intent(client, query, 20)
    plan = await client.plan(query, limit=20)
    assert (plan.owned, plan.credits, plan.attaches_to) == (0, 20, collection_id)
    assert "not sent yet" in repr(plan)
    for ask in (plan, query):
        with pytest.raises(errors.BudgetExceeded):
            await client.collect(ask, limit=20, max_credits=19)
    assert posts(sandbox) == 0
    assert (await client.collect(plan, max_credits=20)).id == collection_id
    assert (posts(sandbox), spent(sandbox)) == (1, 20)


async def test_fresh_over_an_intent_that_was_never_sent_buys_once(
    sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter
) -> None:
    left = await leave_intent(client, query, 20)
    collection = await client.collect(query, limit=20, fresh=True)
    assert collection.id != left
    assert await client.resume() == []
    with pytest.raises(errors.BulkJobsError, match="collected anew"):
        await client.resume(left)
    assert (posts(sandbox), spent(sandbox)) == (1, 20)


# --- what counts as bought --------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [402, 409, 422, 429])
async def test_a_fresh_purchase_that_is_refused_does_not_hide_what_is_owned(
    status: int, sandbox: bj.Sandbox, make_client: MakeClient, query: bj.JobFilter
) -> None:
    client = make_client(sandbox, clock=ManualClock())
    owned = await client.collect(query, limit=20)
    sandbox.faults.add(Fault("bulk_filter", "status", times=10, status=status))
    with pytest.raises(errors.ServiceError):
        await client.collect(query, limit=20, fresh=True)
    sandbox.faults.clear()
    assert (await client.collect(query, limit=20)).id == owned.id
    assert (posts(sandbox), spent(sandbox)) == (1, 20)


async def test_409_proves_that_the_unknown_one_was_accepted(
    start_sandbox: Start, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    sandbox = await start_sandbox(latency=60.0, clock=clock)
    client = make_client(sandbox, clock=clock)
    sandbox.faults.add(Fault("bulk_filter", "status_after", status=502))
    with pytest.raises(errors.OutcomeUnknown) as first:
        await client.collect(query, limit=20)
    for limit, fresh, proved in ((20, True, True), (20, False, False), (30, False, True)):
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await client.collect(query, limit=limit, fresh=fresh)
        assert caught.value.collection_id == first.value.collection_id
        assert ("was accepted" in caught.value.message) == proved
    assert posts(sandbox) == 1


async def test_409_names_the_running_purchase_with_another_limit(
    start_sandbox: Start, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    sandbox = await start_sandbox(latency=60.0, clock=clock)
    client = make_client(sandbox, clock=clock)
    running = await client.submit(query, limit=20)
    with pytest.raises(errors.AlreadyRunning, match=running.id) as caught:
        await client.submit(query, limit=30)
    assert caught.value.charged == "no"
    assert (posts(sandbox), spent(sandbox)) == (1, 20)


async def test_a_superseded_unknown_outcome_is_no_longer_asked_about(
    sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter
) -> None:
    sandbox.faults.add(Fault("bulk_filter", "reset_before"))
    with pytest.raises(errors.OutcomeUnknown):
        await client.collect(query, limit=20)
    assert len(await client.resume()) == 1
    await client.collect(query, limit=20, fresh=True)
    assert await client.resume() == []


async def test_a_plan_whose_purchase_came_to_nothing_is_made_again(
    start_sandbox: Start, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    sandbox = await start_sandbox(credits=10, latency=60.0, clock=clock)
    client = make_client(sandbox, clock=clock)
    await client.submit(query, limit=20)
    plan = await client.plan(query, limit=20)
    assert plan.credits == 0
    with pytest.raises(errors.InsufficientCredits):
        await client.resume()
    with pytest.raises(errors.PlanRefused, match="plan it again"):  # it showed no cost
        await client.collect(plan)
    assert posts(sandbox) == 1


async def test_bounds_that_make_no_sense_are_refused(
    sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter
) -> None:
    plan = await client.plan(query, limit=20)
    with pytest.raises(errors.InvalidQuery, match="limit"):
        await client.collect(plan, limit=5)
    for most in (float("nan"), "20", 20.0, True):
        with pytest.raises(errors.InvalidQuery, match="max_credits"):
            await client.collect(plan, max_credits=most)  # type: ignore[arg-type]
    assert posts(sandbox) == 0


async def test_a_limit_of_ids_takes_the_first_ones(sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter) -> None:
    ids = (await client.search(query))[:6]
    first = await client.collect(bj.JobIds(ids), limit=2)
    last = await client.collect(bj.JobIds(ids[::-1]), limit=2)
    assert sorted(first.frame()["id"]) == sorted(ids[:2])
    assert sorted(last.frame()["id"]) == sorted(ids[-2:])
    assert (await client.collect(bj.JobIds(ids[:2]))).id == first.id


async def test_settle_does_not_take_a_wrong_request_id(
    sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter
) -> None:
    other = await client.collect(bj.JobFilter(country="Germany"), limit=5)
    sandbox.faults.add(Fault("bulk_filter", "reset_after"))
    with pytest.raises(errors.OutcomeUnknown) as caught:
        await client.collect(query, limit=20)
    unknown = caught.value.collection_id
    wrong: list[tuple[str, type[errors.BulkJobsError]]] = [
        (str(other.requests[0].request_id), errors.InvalidQuery),
        ("00000000-0000-0000-0000-000000000000", errors.NotFound),
        (" ", errors.InvalidQuery),
    ]
    for request_id, kind in wrong:
        with pytest.raises(kind):
            await client.settle(unknown, request_id=request_id)
        assert client.attach(unknown).state == "unknown"


async def test_an_account_that_was_topped_up_is_no_difference(
    sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter
) -> None:
    collection = await client.submit(query, limit=20)
    sandbox._running().account.remaining += 5_000
    await collection.finish()
    assert (collection.reconciliation or {})["differences"] == []


async def test_reconciliation_shows_what_does_not_agree(
    sandbox: bj.Sandbox, make_client: MakeClient, query: bj.JobFilter
) -> None:
    client = make_client(sandbox)
    collection = await client.submit(query, limit=20)
    other = make_client(sandbox, home=client.home / "elsewhere", ledger="sqlite")
    await other.collect(query, limit=7)  # somebody else spends from the same account
    await collection.finish()
    assert collection.reconciliation is not None
    assert collection.reconciliation["differences"] == [
        "the balance fell by 27 credits, the ledger knows of 20 spent since"
    ]
    assert "27 credits" in repr(collection)


async def test_a_ledger_that_cannot_be_written_spends_nothing(
    sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter, request: pytest.FixtureRequest
) -> None:
    if client.ledger.is_shared:
        request.getfixturevalue("postgres_server").ask("DROP SCHEMA bulkjobs CASCADE")
    else:
        client.ledger.path.unlink()
        client.ledger.path.mkdir()
    with pytest.raises(errors.LedgerError):
        await client.collect(query, limit=20)
    assert posts(sandbox) == 0


async def test_an_acceptance_that_cannot_be_kept_is_said_with_its_request_id(
    sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise errors.LedgerError("The disk is full.")

    monkeypatch.setattr(client.ledger, "accepted", full)
    with pytest.raises(errors.LedgerError) as caught:
        await client.collect(query, limit=20)
    (request_id,) = sandbox.stats()["requests"]
    assert request_id in str(caught.value)
    assert caught.value.charged == "yes"
    monkeypatch.undo()
    settled = await client.settle(client.collections()[0].id, request_id=request_id)
    assert len(settled.frame()) == 20
    assert posts(sandbox) == 1


async def test_what_was_allowed_holds_for_what_others_give_back_meanwhile(
    sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter
) -> None:
    plan = await in_parts(client, 30, 10, query=query)
    row, _ = await opening.anew(client._shop, plan, None, Budget(None, bounded=True), fresh=False)
    requests = client.ledger.data_requests(row.id)
    async with held(client._shop, row.id, None):  # another process is at it, and sends two of the three
        for request in requests[:2]:
            assert client.ledger.claim(request, account=client._shop.account(), at=0.0).won
        waiting = [
            asyncio.create_task(client.resume(row.id, max_credits=10)),
            asyncio.create_task(client.collect(plan, max_credits=10)),
        ]
        await asyncio.sleep(0)
        short = outcomes.saved(errors.InsufficientCredits("too few", status=402, charged=errors.Charged.NO))
        for request in requests[:2]:
            client.ledger.refused(request, short)
    for end in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(end, errors.BudgetExceeded)
        assert "30 credits, more than the 10 allowed" in end.message
    assert posts(sandbox) == 0
    assert (await client.resume(row.id, max_credits=30))[0].credits == 30
    with pytest.raises(errors.InvalidQuery, match="one collection"):
        await client.resume(max_credits=30)


async def test_a_plan_of_another_home_is_not_taken_for_what_this_one_owns(
    sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter, tmp_path: Path
) -> None:
    await client.collect(query, limit=20)
    ids = bj.JobIds(await client.search(query, limit=30))
    plan = await client.plan(ids)
    assert (plan.credits, len(plan.taken)) == (10, 20)
    async with bj.Client(sandbox.api_key, base_url=sandbox.url, home=tmp_path / "other") as other:
        with pytest.raises(errors.PlanRefused, match="this home holds 0 of them"):
            await other.collect(plan, max_credits=30)
    assert posts(sandbox) == 1
    assert len((await client.collect(plan, max_credits=10)).frame()) == 30
