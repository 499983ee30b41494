"""The status card without a browser: what runs is told by events, what is left is read from the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import bulkjobs as bj
from bulkjobs import events
from bulkjobs.sandbox import Fault
from bulkjobs.sandbox.catalog import Catalog
from bulkjobs_widgets import Desk, StatusCard
from bulkjobs_widgets.story import MOST, Story
from tests.forms import act
from tests.support import in_parts, leave_intent, posts, until

QUERY = bj.JobFilter(deleted=False)


@pytest.fixture
async def slow(tmp_path: Path) -> AsyncIterator[Any]:
    """A client of a sandbox that takes its time."""
    async with bj.Client.sandbox(postings=400, latency=600, home=tmp_path / "slow") as client:
        yield client


def texts(card: StatusCard) -> list[str]:
    return [line["text"] for line in card.history]


async def waiting(card: StatusCard) -> None:
    """Wait until the service is waited for."""
    await until(lambda: card.state == "waiting for the service")


def age(client: Any, seconds: float = 600) -> None:
    """Let what is running end: as if it had been accepted earlier."""
    for request in client.server._running().requests.all():
        request.ends_at -= seconds


# --- a run ------------------------------------------------------------------------------------------------


async def test_a_run_goes_from_the_plan_to_the_library(desk: Desk, client: Any) -> None:
    done: list[Any] = []
    card = StatusCard(desk, on_done=done.append)
    assert (card.collection, card.running) == (None, False)
    card.run(await client.plan(QUERY, limit=30), max_credits=30)
    assert card.running
    await desk.idle()
    assert not card.running
    assert (card.state, card.mood) == ("done: all of it is here", "good")
    assert card.collection is not None
    assert [found.id for found in done] == [card.collection.id] == [card.name]
    assert len(done[0].frame()) == 30
    assert card.figures == {
        "requests": 1, "sent": 1, "ready": 1, "loaded": 1, "files": 1, "records": 30, "expected": 30, "credits": 30,
    }  # fmt: skip
    assert card.bar == {"value": 30, "max": 30}
    assert texts(card) == [
        "checking the plan", "sending", "waiting for the service", "files are ready", "fetching files",
        "adding to the library", "settling the books", "done: all of it is here",
    ]  # fmt: skip
    assert (card.stop_button, card.resume_button, card.retry_button) == ("", {}, {})
    assert card.notice == {}
    assert dict(card.rows())["records"] == "30 of 30"


async def test_in_many_parts_the_counts_are_those_of_the_ledger(desk: Desk, client: Any) -> None:
    card = StatusCard(desk)
    card.run(await in_parts(client, 60, 10, query=QUERY), max_credits=60)
    await desk.idle()
    assert card.figures["loaded"] == card.figures["requests"] == 6
    assert dict(card.rows())["data requests"] == "6 sent, 6 ready, 6 loaded of 6"
    assert len(texts(card)) == len(set(texts(card)))
    assert card.detail == ""


async def test_a_second_run_meanwhile_is_refused_and_sends_nothing(slow: Any) -> None:
    card = StatusCard(slow)
    plan = await slow.plan(QUERY, limit=30)
    other = await slow.plan(bj.JobFilter(title="Nurse"), limit=3)
    card.run(plan, max_credits=30)
    with pytest.raises(bj.errors.BulkJobsError, match="already"):
        card.run(other, max_credits=30)  # before the first has begun
    await waiting(card)
    with pytest.raises(bj.errors.BulkJobsError, match="already"):
        card.run(other, max_credits=30)
    with pytest.raises(bj.errors.BulkJobsError, match="already"):
        card.attach(card.name)
    age(slow)
    await card.desk.idle()
    assert posts(slow.server) == 1
    assert len(slow.collections()) == 1
    assert card.state == "done: all of it is here"


async def test_a_flood_of_events_is_few_messages_and_the_last_state_is_not_lost(
    desk: Desk, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = StatusCard(desk)
    finish = bj.Collection.finish

    async def flooded(self: bj.Collection, *, on_event: Any = None, **options: Any) -> Any:
        result = await finish(self, on_event=on_event, **options)
        for received in range(5_000):
            on_event(events.Fetching(self.id, "file", received, 5_000))
            if received % 20 == 0:
                await asyncio.sleep(0)  # the loop gets its turn, as between two chunks
        on_event(events.FetchRetried(self.id, "file", "the very last"))
        return result

    sent = 0
    send = card.send_state

    def counted(key: Any = None) -> None:
        nonlocal sent
        sent += 1
        send(key)

    monkeypatch.setattr(bj.Collection, "finish", flooded)
    monkeypatch.setattr(card, "send_state", counted)
    card.run(await client.plan(QUERY, limit=30), max_credits=30)
    await desk.idle()
    assert texts(card)[-2:] == ["a download is tried again (the very last)", "done: all of it is here"]
    assert sent < 60


async def test_what_is_refused_sends_nothing_and_says_so(desk: Desk, client: Any) -> None:
    card = StatusCard(desk)
    card.run(await client.plan(QUERY, limit=30), max_credits=29)
    await desk.idle()
    assert (card.state, card.mood, card.running) == ("nothing was sent", "bad", False)
    assert card.notice["kind"] == "alert"
    assert card.notice["charged"] == "Nothing was charged."
    assert posts(client.server) == 0
    assert client.collections() == []


async def test_a_post_that_the_service_refuses_is_shown_with_its_collection(desk: Desk, client: Any) -> None:
    client.server.faults.add(Fault("bulk_filter", "status", status=402, times=None))
    card = StatusCard(desk)
    card.run(await client.plan(QUERY, limit=30), max_credits=30)
    await desk.idle()
    assert (card.state, card.mood) == ("refused", "bad")
    assert card.collection is not None
    assert card.notice["charged"] == "Nothing was charged."
    assert card.retry_button["enabled"] is False  # nothing of it was bought: the plan is made anew
    assert card.resume_button == {}


async def test_a_post_without_an_answer_is_in_question_and_cannot_be_sent_again_here(desk: Desk, client: Any) -> None:
    client.server.faults.add(Fault("bulk_filter", "reset_after"))
    card = StatusCard(desk)
    card.run(await client.plan(QUERY, limit=30), max_credits=30)
    await desk.idle()
    assert card.state.startswith("in question")
    assert "client.settle(" in card.notice["next"]
    assert card.notice["charged"] == "Whether it was charged is not known."
    assert (card.retry_button["enabled"], card.resume_button) == (False, {})
    await act(card, "resume", id=card.name, credits=30)
    assert posts(client.server) == 1


async def test_a_failed_data_request_says_whether_it_was_charged_and_what_to_do(desk: Desk, client: Any) -> None:
    client.server.faults.add(Fault("list_files", "status", status=422))
    card = StatusCard(desk)
    card.run(await client.plan(QUERY, limit=30), max_credits=30)
    await desk.idle()
    assert (card.state, card.mood) == ("failed", "bad")
    assert "client.settle(" in card.notice["next"]
    assert card.notice["charged"] == "Whether it was charged is not known."
    assert card.retry_button["enabled"] is False
    again = StatusCard(desk, card.name)  # the same is shown after a restart
    await desk.idle()
    assert (again.state, again.notice) == (card.state, card.notice)


async def test_what_failed_for_want_of_credits_is_sent_again_by_the_button_only(tmp_path: Path) -> None:
    async with bj.Client.sandbox(postings=400, credits=10, home=tmp_path / "poor") as client:
        desk = Desk(client)
        plan = await in_parts(client, 30, 10, query=QUERY)
        card = StatusCard(desk)
        card.run(plan, max_credits=30)
        await desk.idle()
        assert card.figures["loaded"] == 1
        assert "credits" in card.notice["text"]
        client.server._running().account.remaining += 100
        offered = card.resume_button or card.retry_button
        assert "20 credits" in offered["label"]
        StatusCard(desk, card.name)  # to look again sends nothing
        await desk.idle()
        assert posts(client.server) == 1
        await act(card, "resume", id=card.name, credits=offered["credits"])
        assert card.state == "done: all of it is here"
        assert posts(client.server) == 3


async def test_to_look_at_what_is_half_sent_receives_the_paid_half_and_sends_nothing(tmp_path: Path) -> None:
    async with bj.Client.sandbox(postings=400, credits=10, latency=600, home=tmp_path / "poor") as client:
        with pytest.raises(bj.errors.BudgetExceeded):
            await client.submit(await in_parts(client, 30, 10, query=QUERY))
        assert posts(client.server) == 1
        client.server._running().account.remaining += 100
        card = StatusCard(client, client.collections()[0])
        await waiting(card)
        age(client)
        await card.desk.idle()
        assert posts(client.server) == 1
        assert (card.figures["loaded"], card.running) == (1, False)
        assert "20 credits" in (card.resume_button or card.retry_button)["label"]


# --- stop, attach, resume ---------------------------------------------------------------------------------


async def test_to_stop_waiting_loses_nothing(slow: Any) -> None:
    done: list[Any] = []
    card = StatusCard(slow, on_done=done.append)
    card.run(await slow.plan(QUERY, limit=30), max_credits=30)
    await waiting(card)
    assert card.stop_button.startswith("Stop waiting: the request goes on at the service; resume with client.resume('")
    assert card.name in card.stop_button
    await act(card, "stop")
    assert not card.running
    assert (card.mood, card.state) == ("open", "the service is at work, and nobody waits for it here")
    assert "stopped waiting" in texts(card)
    assert card.notice == {"kind": "status", "text": f"Stopped waiting. Later: client.resume({card.name!r})"}
    assert card.resume_button == {"label": "Resume: receives what was bought, at no cost", "credits": 0}
    assert done == []
    age(slow)
    await act(card, "resume", id=card.name, credits=0)
    assert card.state == "done: all of it is here"
    assert (posts(slow.server), len(done)) == (1, 1)


async def test_to_stop_with_a_post_on_its_way_writes_its_answer_down(desk: Desk, client: Any) -> None:
    client.server.faults.add(Fault("bulk_filter", "late_reply", seconds=0.3))
    card = StatusCard(desk)
    card.run(await client.plan(QUERY, limit=30), max_credits=30)
    await until(lambda: posts(client.server))
    await act(card, "stop")
    assert card.resume_button["credits"] == 0
    assert [request.state for request in client.collections()[0].requests] == ["accepted"]


async def test_attach_shows_the_truth_and_receives_what_is_paid(slow: Any) -> None:
    bought = await slow.submit(QUERY, limit=30)
    card = StatusCard(slow, bought.id[:-1])
    assert (card.name, card.asked) == (bought.id, bought.asked)
    assert texts(card)[:3] == ["written down", "sent", "accepted"]
    await waiting(card)
    age(slow)
    await card.desk.idle()
    assert card.state == "done: all of it is here"
    assert posts(slow.server) == 1


async def test_attach_alone_asks_the_service_nothing(slow: Any) -> None:
    bought = await slow.submit(QUERY, limit=30)
    card = StatusCard(slow)
    card.attach(bought, receive=False)
    await card.desk.idle()
    assert card.state == "the service is at work, and nobody waits for it here"
    assert slow.server.stats()["polls"] == 0
    assert card.resume_button["credits"] == 0


async def test_what_was_never_sent_is_sent_by_the_button_only(desk: Desk, client: Any) -> None:
    name = await leave_intent(client, QUERY, 30)
    card = StatusCard(desk, name)
    await desk.idle()
    assert (card.state, posts(client.server)) == ("not sent yet", 0)
    assert card.resume_button == {"label": "Resume: sends the rest, 30 credits", "credits": 30}
    await act(card, "resume", id=card.name, credits=30)
    assert (card.state, posts(client.server)) == ("done: all of it is here", 1)
    await act(card, "resume", id=card.name, credits=30)  # a double click
    assert posts(client.server) == 1


@pytest.mark.parametrize("said", [29, 0, None, "30"])
async def test_a_button_never_spends_more_than_it_said(desk: Desk, client: Any, said: object) -> None:
    card = StatusCard(desk, await leave_intent(client, QUERY, 30))
    await act(card, "resume", id=card.name, credits=said)
    assert posts(client.server) == 0
    assert "30 credits" in card.notice["text"]


async def test_a_button_that_was_drawn_for_another_collection_spends_nothing(desk: Desk, client: Any) -> None:
    first = await leave_intent(client, QUERY, 18)
    second = await leave_intent(client, bj.JobFilter(country="Germany"), 15)
    card = StatusCard(desk, first)
    await desk.idle()
    card.attach(second)
    await act(card, "resume", id=first, credits=18)  # the browser has not drawn the second yet
    assert posts(client.server) == 0
    card.attach(first)
    await desk.idle()
    card._handle_custom_msg({"action": "resume", "id": first, "credits": 18}, [])
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    card.attach(second)  # while the price is looked up
    await desk.idle()
    assert posts(client.server) == 0


async def test_a_button_is_bound_by_what_one_click_may_spend(desk: Desk, client: Any) -> None:
    card = StatusCard(desk, await leave_intent(client, QUERY, 30), max_credits=29)
    await act(card, "resume", id=card.name, credits=30, confirmed=True)
    assert "more than the 29 allowed" in card.notice["text"]
    dear = StatusCard(desk, card.name, threshold=29)
    await act(dear, "resume", id=card.name, credits=30, confirmed=False)
    assert "not confirmed" in dear.notice["text"]
    assert posts(client.server) == 0
    await act(dear, "resume", id=card.name, credits=30, confirmed=True)
    assert posts(client.server) == 1


async def test_another_client_in_mid_run_changes_nothing_of_the_run(
    slow: Any, tmp_path: Path, catalog: Catalog
) -> None:
    card = StatusCard(slow)
    plan = await slow.plan(QUERY, limit=30)
    async with bj.Client.sandbox(data=catalog, home=tmp_path / "other") as other:
        card.run(plan, max_credits=30)
        card.desk.use(other)  # before it has begun
        while not slow.collections() or slow.collections()[0].state != "accepted":
            await asyncio.sleep(0.01)
        age(slow)
        await card.desk.idle()
        assert not card.running
        assert (posts(slow.server), posts(other.server)) == (1, 0)
        assert slow.collections()[0].state == "loaded"
        assert card.name == slow.collections()[0].id


async def test_who_hears_of_the_end_hears_of_that_collection(desk: Desk, client: Any) -> None:
    first = await client.collect(QUERY, limit=3)
    second = await client.collect(bj.JobFilter(country="Germany"), limit=3)
    done: list[str] = []
    card = StatusCard(desk, on_done=lambda collection: done.append(collection.id))
    card.attach(first.id)
    card.attach(second.id)
    await desk.idle()
    assert done == [first.id, second.id]


async def test_of_another_service_it_only_shows(desk: Desk, client: Any, tmp_path: Path) -> None:
    async with bj.Client.sandbox(postings=50, home=tmp_path / "play", latency=600) as other:
        bought = await other.submit(QUERY, limit=5)
    card = StatusCard(desk, bought.id)
    await desk.idle()
    assert bought.service in card.notice["text"]
    assert (card.running, card.resume_button) == (False, {})
    await act(card, "resume", id=card.name, credits=100)
    assert client.server.stats()["polls"] == 0


async def test_an_unknown_id_is_an_error_in_the_card(desk: Desk) -> None:
    card = StatusCard(desk, "nobody's")
    assert card.notice["kind"] == "alert"
    assert not card.running


async def test_what_is_done_is_done_after_a_restart(desk: Desk, client: Any) -> None:
    done: list[Any] = []
    bought = await client.collect(QUERY, limit=30)
    card = StatusCard(desk, bought, on_done=done.append)
    await desk.idle()
    assert (card.state, card.bar) == ("done: all of it is here", {"value": 30, "max": 30})
    assert texts(card) == ["written down", "sent", "accepted", "files are ready", "done: all of it is here"]
    assert card.times["until"] > card.times["since"]
    assert len(done) == 1


async def test_with_a_blocking_client_it_is_the_same() -> None:
    client = bj.sync.Client.sandbox(postings=400, latency=600).start()
    done: list[Any] = []
    card = StatusCard(client, on_done=done.append)
    client.twin.server.faults.add(Fault("bulk_filter", "late_reply", seconds=0.3))  # type: ignore[attr-defined]
    card.run(client.plan(QUERY, limit=30), max_credits=30)
    await until(lambda: posts(client.twin.server))  # type: ignore[attr-defined]
    await act(card, "stop")  # the answer of the POST is waited for, on the other loop
    assert [request.state for request in client.collections()[0].requests] == ["accepted"]
    age(client.twin)
    await act(card, "resume", id=card.name, credits=0)
    assert card.state == "done: all of it is here"
    assert isinstance(card.collection, bj.sync.Collection)
    assert isinstance(done[0], bj.sync.Collection)
    client.close()


async def test_an_error_of_on_done_is_shown(desk: Desk, client: Any) -> None:
    async def broken(_: object) -> None:
        await asyncio.sleep(0)
        raise ValueError("mine")

    card = StatusCard(desk, on_done=broken)
    card.run(await client.plan(QUERY, limit=3), max_credits=3)
    await desk.idle()
    assert card.notice["text"] == "ValueError: mine"
    assert card.state == "done: all of it is here"


async def test_hostile_words_stay_text(desk: Desk, client: Any) -> None:
    hostile = bj.JobFilter(title="<img src=x onerror=alert(1)>")
    card = StatusCard(desk, await leave_intent(client, bj.JobFilter(deleted=False), 3))
    card.run(await client.plan(hostile, limit=3), max_credits=3)
    await desk.idle()
    bundle = card._repr_mimebundle_()
    assert bundle is not None
    assert "<img" not in bundle[0]["text/html"]
    assert "&lt;img" in bundle[0]["text/html"]


# --- the story --------------------------------------------------------------------------------------------


def test_the_bar_counts_bytes_until_records_come() -> None:
    story = Story()
    story.begin(0.0, "go")
    assert story.bar == {}
    story.hear(1.0, events.Fetching("c", "one", 10, 100))
    story.hear(1.0, events.Fetching("c", "two", 5, 50))
    assert story.bar == {"value": 15, "max": 150}
    assert story.detail == "2 files on the way: 0.0 of 0.0 MB"
    story.hear(1.0, events.Fetching("c", "three", 5, None))
    assert story.bar == {}
    for file in ("one", "two", "three"):
        story.hear(1.0, events.Fetched("c", file, 100, 7))
    assert (story.bar, story.detail) == ({}, "")
    progress = events.Progress("c", 3, 3, 3, 1, 3, 7, 21, 7, 1.0, 7.0, 2.0)
    story.hear(2.0, progress)
    assert story.bar == {"value": 7, "max": 21}


def test_the_next_poll_is_the_first_of_all() -> None:
    story = Story()
    story.hear(10.0, events.Polled("c", 0, 1.0, 5.0))
    story.hear(10.0, events.Polled("c", 1, 1.0, 2.0, "no route"))
    assert story.next_poll == 12.0
    story.hear(12.0, events.Ready("c", 1, 1))
    assert story.next_poll == 15.0
    story.hear(12.0, events.Ready("c", 0, 1))
    assert story.next_poll == 0.0
    assert "a poll got no answer (no route); it goes on" in [line["text"] for line in story.history]


def test_the_history_has_an_end() -> None:
    story = Story()
    for number in range(3 * MOST):
        story.note(float(number), f"line {number}")
    assert len(story.history) == MOST
    assert story.history[-1]["text"] == f"line {3 * MOST - 1}"
