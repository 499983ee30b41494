"""Polling: every answer of contract section 5, outages, deadlines, and files that are gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bulkjobs as bj
from bulkjobs import errors, events
from bulkjobs.clock import SystemClock
from bulkjobs.poll import Patience
from bulkjobs.sandbox import Fault
from tests.support import START, Listener, ManualClock, in_parts, leave_intent, posts, record, spent

Start = Callable[..., Any]
MakeClient = Callable[..., bj.Client]
DAY = 86_400.0
pytestmark = pytest.mark.usefixtures("every_ledger")


@pytest.mark.parametrize("pending", ["202", "202-empty", "200-empty-list"])
async def test_polls_until_ready_whatever_pending_looks_like(
    pending: str, start_sandbox: Start, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    sandbox = await start_sandbox(latency=300.0, clock=clock, pending_reply=pending)
    client, listener = make_client(sandbox, clock=clock), Listener()
    collection = await client.collect(query, limit=20, on_event=listener)
    assert len(collection.frame()) == 20
    waits = [event.next_poll for event in listener.events if isinstance(event, events.Polled)]
    assert 8 <= len(waits) < 40  # exponential at first, then every 15 to 30 s
    assert max(waits) <= 30.0
    names = [name for name in listener.names() if name != "Progress"]
    assert names[:3] == ["Submitting", "Submitted", "Polled"]
    assert names[-4:] == ["Fetching", "Fetched", "Loaded", "Reconciled"]


async def test_jitter_spreads_the_polls(
    start_sandbox: Start, make_client: MakeClient, query: bj.JobFilter, tmp_path: Path
) -> None:
    first_waits = []
    for jitter in (0.0, 1.0):
        clock, listener = ManualClock(), Listener()
        sandbox = await start_sandbox(latency=10.0, clock=clock)
        client = make_client(sandbox, clock=clock, jitter=lambda value=jitter: value, home=tmp_path / str(jitter))
        await client.collect(query, limit=20, on_event=listener)
        first_waits.append(next(event.next_poll for event in listener.events if isinstance(event, events.Polled)))
    assert first_waits[0] * 2 == pytest.approx(first_waits[1])


async def test_data_requests_take_turns_and_the_first_that_is_ready_wakes_the_others() -> None:
    patience, clock = Patience(), SystemClock()
    with patience.waiting():
        assert patience.before(0.0, pause=1.0) == 0.0
        with patience.waiting(), patience.waiting():
            assert patience.before(0.0, pause=1.0) == 2.0
            assert patience.between(1.0) == 3.0
            asleep = asyncio.create_task(patience.sleep(clock, clock.sleep, 3_600.0, clock.time() - 60.0))
            await asyncio.sleep(0)
            patience.learn(50.0, watched=True)
            await asyncio.wait_for(asleep, 10.0)
            assert patience.before(20.0, pause=1.0) == 30.0
            assert patience.between(1.0) == 1.0


async def test_one_that_was_ready_long_ago_says_nothing_about_new_ones() -> None:
    patience = Patience()
    patience.learn(DAY, watched=False)
    assert patience.before(0.0, pause=1.0) == 0.0


@pytest.mark.parametrize("fault", [
    Fault("list_files", "status", times=10_000, status=503),
    Fault("list_files", "status", times=10_000, status=429),
    Fault("list_files", "reset_before", times=10_000),
    Fault("list_files", "bad_json", times=10_000),
    Fault("list_files", "empty_list", times=10_000),
], ids=lambda fault: f"{fault.kind}-{fault.status}")  # fmt: skip
async def test_survives_an_outage_of_ten_minutes(
    fault: Fault, sandbox: bj.Sandbox, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    client = make_client(sandbox, clock=clock)
    sandbox.faults.add(fault)

    def end_of_outage(event: events.Event) -> None:
        if isinstance(event, events.Polled) and clock.now - START > 600:
            sandbox.faults.clear()

    collection = await client.collect(query, limit=20, on_event=end_of_outage)
    assert len(collection.frame()) == 20
    assert clock.now - START > 600
    assert posts(sandbox) == 1


async def test_deadline_passes_and_resume_goes_on(
    start_sandbox: Start, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    sandbox = await start_sandbox(latency=500.0, clock=clock)
    client = make_client(sandbox, clock=clock)
    with pytest.raises(errors.StillRunning, match="resume") as caught:
        await client.collect(query, limit=20, deadline=100.0)
    assert caught.value.charged == "yes"
    assert isinstance(caught.value, TimeoutError)
    assert clock.now - START <= 101
    (collection,) = await client.resume()
    assert len(collection.frame()) == 20
    assert posts(sandbox) == 1


async def test_slower_motion_steps(
    start_sandbox: Start, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    sandbox = await start_sandbox(latency=50.0, clock=clock)
    client = make_client(sandbox, clock=clock)
    collection = await client.submit(await client.plan(query, limit=20), max_credits=20)
    states: list[str] = [collection.state]
    with pytest.raises(errors.LoadFailed, match="accepted"):
        collection.frame()
    await collection.wait()
    states.append(collection.state)
    with pytest.raises(errors.LoadFailed, match="not wholly here"):
        await collection.load()
    await client.attach(collection.id[:12]).fetch()
    states.append(collection.state)
    assert len(await collection.load()) == 20
    assert [*states, collection.state] == ["accepted", "ready", "fetched", "loaded"]


async def test_too_little_credit_fails_at_poll_and_charges_nothing(
    start_sandbox: Start, make_client: MakeClient, query: bj.JobFilter
) -> None:
    sandbox = await start_sandbox(credits=10)
    client = make_client(sandbox)
    plan = await client.plan(query, limit=20)
    assert plan.balance_after == -10
    assert "balance is too small" in repr(plan)
    with pytest.raises(errors.InsufficientCredits) as caught:
        await client.collect(plan)
    assert caught.value.charged == "no"
    assert (client.collections()[0].state, spent(sandbox)) == ("failed", 0)
    assert len((await client.collect(query, limit=10)).frame()) == 10


async def test_too_many_matches_fails_at_poll(start_sandbox: Start, make_client: MakeClient) -> None:
    sandbox = await start_sandbox(data=[record(n) for n in range(1, 31)], max_records=25, limit_before_cap=False)
    client = make_client(sandbox)
    with pytest.raises(errors.TooManyMatches, match="narrow the filter"):
        await client.collect(bj.JobFilter(country="Portugal"), limit=20)
    assert client.collections()[0].error is not None
    assert spent(sandbox) == 0


@pytest.mark.parametrize("status", ["404", "422"])
async def test_nothing_matched_at_poll(
    status: str, start_sandbox: Start, make_client: MakeClient, clock: ManualClock
) -> None:
    sandbox = await start_sandbox(no_match=status, clock=clock)
    client = make_client(sandbox, clock=clock)
    with pytest.raises(errors.NothingMatched):
        await client.collect(bj.JobIds([1, 2, 3]))
    assert (client.collections()[0].state, spent(sandbox)) == ("failed", 0)


async def test_nothing_matches_the_plan_so_nothing_is_sent(sandbox: bj.Sandbox, client: bj.Client) -> None:
    plan = await client.plan(bj.JobFilter(title="astronaut AND plumber"))
    assert (plan.records, plan.credits) == (0, 0)
    collection = await client.collect(plan)
    assert collection.frame().schema == bj.records.POSTING_SCHEMA
    assert len(collection.frame()) == 0
    assert posts(sandbox) == 0
    assert (await client.collect(plan.query, max_credits=5)).id != collection.id  # asked anew: some may be there by now


async def test_unknown_ids_are_shown_not_raised(sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter) -> None:
    known = await client.search(query, limit=5)
    collection = await client.collect(bj.JobIds([*known, 1, 2]))
    assert len(collection.frame()) == 5
    assert "7 ids were asked for, 5 have a posting" in repr(collection)
    assert collection.credits == 5


async def test_short_404_after_the_post_is_borne(
    sandbox: bj.Sandbox, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    sandbox.faults.add(Fault("list_files", "status", times=4, status=404, body='{"detail": "Not Found"}'))
    collection = await make_client(sandbox, clock=clock).collect(query, limit=20)
    assert len(collection.frame()) == 20


async def test_wrong_route_says_nothing_about_the_data_request(
    sandbox: bj.Sandbox, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    client = make_client(sandbox, clock=clock)
    collection = await client.submit(query, limit=20)
    clock.now += 10 * DAY
    sandbox.faults.add(
        Fault("list_files", "status", status=404, body='{"message": "no Route matched with those values"}')
    )
    with pytest.raises(errors.NotFound) as caught:
        await collection.wait()
    assert caught.value.charged == "yes"
    assert collection.state == "accepted"
    assert len((await collection.finish()).frame()) == 20


@pytest.mark.parametrize("status", [400, 404, 405, 418, 500])
async def test_odd_answers_long_after_the_post_end_nothing(
    status: int, sandbox: bj.Sandbox, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    client = make_client(sandbox, clock=clock)
    collection = await client.submit(query, limit=20)
    clock.now += 3_600  # a laptop that slept, a service that is being deployed
    sandbox.faults.add(Fault("list_files", "status", times=5, status=status, body="<html>"))
    assert len((await collection.finish()).frame()) == 20
    assert posts(sandbox) == 1


async def test_two_404s_with_a_nap_between_them_end_nothing(
    sandbox: bj.Sandbox, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    client = make_client(sandbox, clock=clock)
    collection = await client.submit(query, limit=20)
    clock.now += 3_600
    sandbox.faults.add(Fault("list_files", "status", times=2, status=404, body="<html>"))

    def nap(event: events.Event) -> None:
        clock.now += 1_000 if isinstance(event, events.Polled) else 0

    assert len((await collection.finish(on_event=nap)).frame()) == 20


async def test_a_refused_key_says_nothing_about_the_data_request(
    sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter
) -> None:
    for endpoint in ("list_files", "download"):
        sandbox.faults.add(Fault(endpoint, "status", status=401))
        with pytest.raises(errors.Unauthorized) as caught:
            await client.collect(query, limit=20)
        assert caught.value.charged == "yes"
        assert "client.resume(" in str(caught.value)
    assert len((await client.collect(query, limit=20)).frame()) == 20
    assert posts(sandbox) == 1


async def test_a_failed_data_request_can_be_asked_for_again(
    sandbox: bj.Sandbox, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    client = make_client(sandbox, clock=clock)
    sandbox.faults.add(Fault("list_files", "status", times=10_000, status=404, body='{"detail": "Not Found"}'))
    for _ in range(2):  # it may have been charged: the same cell does not buy it again
        with pytest.raises(errors.NothingMatched) as caught:
            await client.collect(query, limit=20)
        assert caught.value.charged == "unknown"
    sandbox.faults.clear()
    (request_id,) = sandbox.stats()["requests"]
    settled = await client.settle(client.collections()[0].id, request_id=request_id)
    assert len(settled.frame()) == 20
    assert posts(sandbox) == 1


async def test_steps_out_of_order_are_said(
    start_sandbox: Start, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    sandbox = await start_sandbox(latency=50.0, clock=clock)
    client = make_client(sandbox, clock=clock)
    intent = client.attach(await leave_intent(client, bj.JobFilter(country="Germany"), 20))
    for step in (intent.wait, intent.fetch):
        with pytest.raises(errors.StillRunning, match="planned") as caught:
            await step()
        assert caught.value.charged == "no"
    accepted = await client.submit(query, limit=30)
    with pytest.raises(errors.StillRunning, match="accepted"):
        await accepted.fetch()


async def test_a_lock_that_is_not_let_go_ends_at_the_deadline(
    sandbox: bj.Sandbox, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    client, listener = make_client(sandbox, clock=clock), Listener()
    collection = await client.collect(query, limit=20)
    lock = make_client(sandbox).ledger.lock(collection.id)
    assert lock.acquire()
    with pytest.raises(errors.StillRunning, match="Another process"):
        await collection.finish(deadline=30.0, on_event=listener)
    assert listener.names().count("Held") == 1
    lock.release()
    assert client.attach(collection.id).frame().equals(collection.frame())


async def test_a_local_server_that_is_gone_is_not_waited_for(
    start_sandbox: Start, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    sandbox = await start_sandbox(latency=60.0, clock=clock)
    client = make_client(sandbox, clock=clock)
    collection = await client.submit(query, limit=20)
    await sandbox.stop()
    for ask in (collection.wait, client.balance):
        started = clock.now
        with pytest.raises(errors.ConnectionFailed, match=r"http://127\.0\.0\.1"):
            await ask()
        assert clock.now - started < 10
    assert collection.state == "accepted"


@pytest.mark.parametrize("ledger_address", ["sqlite"], indirect=True)
async def test_a_home_that_cannot_lock_sends_nothing(
    sandbox: bj.Sandbox, client: bj.Client, query: bj.JobFilter
) -> None:
    (client.home / "locks").write_text("in the way")
    with pytest.raises(errors.LedgerError, match="locked"):
        await client.collect(query, limit=20)
    assert posts(sandbox) == 0


async def test_another_key_says_nothing_about_the_data_request(
    sandbox: bj.Sandbox, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    collection = await make_client(sandbox, clock=clock).submit(query, limit=20)
    clock.now += 3_600
    other = make_client(sandbox, clock=clock, api_key="A" * 32)
    sandbox.faults.add(Fault("list_files", "status", times=10_000, status=404, body='{"detail": "Not Found"}'))
    with pytest.raises(errors.NotFound, match="another") as caught:
        await other.resume()
    assert caught.value.charged == "yes"
    assert collection.state == "accepted"
    sandbox.faults.clear()
    assert len((await collection.finish()).frame()) == 20


async def test_expired_before_it_was_fetched(
    start_sandbox: Start, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    sandbox = await start_sandbox(clock=clock)
    client = make_client(sandbox, clock=clock)
    polled = await client.submit(query, limit=20)
    ready = await (await client.submit(query, limit=30)).wait()
    loaded = await client.collect(query, limit=40, fresh=True)
    clock.now += 31 * DAY
    for lost in (polled, ready):
        with pytest.raises(errors.DataRequestExpired, match="31 days ago") as caught:
            await client.resume(lost.id)
        assert caught.value.charged == "yes"
        assert lost.state == "failed"
    with pytest.raises(errors.DataRequestExpired):  # paid, so it is not bought again by itself
        await client.collect(query, limit=20)
    assert len((await client.collect(query, limit=40)).frame()) == len(loaded.frame()) == 40
    assert posts(sandbox) == 3


@pytest.mark.parametrize("lost", ["deleted", "changed"])
async def test_files_that_are_lost_after_they_expired_are_in_the_library(
    lost: str, start_sandbox: Start, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    sandbox = await start_sandbox(clock=clock)
    client = make_client(sandbox, clock=clock)
    whole = (await client.collect(query, limit=40)).frame()
    parts = (await client.collect(await in_parts(client, 60, 30, query=query), max_credits=60)).frame()
    clock.now += 31 * DAY
    for file in (client.home / "files").rglob("*.gz"):
        file.unlink() if lost == "deleted" else file.write_bytes(b"")
    again = make_client(sandbox, clock=clock)
    first = await again.collect(query, limit=40)
    assert first.frame().equals(whole)
    assert (first.state, first.report.records) == ("loaded", 40)
    second = again.attach(again.collections()[0].id)
    assert second.frame().equals(parts)  # with no network, too
    assert (await second.finish()).frame().equals(parts)
    assert posts(sandbox) == 3


async def test_resume_finishes_all_others_before_it_raises(
    start_sandbox: Start, make_client: MakeClient, clock: ManualClock, query: bj.JobFilter
) -> None:
    sandbox = await start_sandbox(latency=10.0, clock=clock)
    client = make_client(sandbox, clock=clock)
    for country in ("Germany", "India", "France", "Japan"):
        await client.submit(bj.JobFilter(country=country), limit=5)
    sandbox.faults.add(Fault("list_files", "status", times=2, status=401))
    with pytest.raises(ExceptionGroup) as caught:
        await client.resume()
    assert [type(error) for error in caught.value.exceptions] == [errors.Unauthorized] * 2
    assert sorted(collection.state for collection in client.collections()) == ["accepted"] * 2 + ["loaded"] * 2
    assert len(await client.resume()) == 2
    assert posts(sandbox) == 4
