"""A balance that does not suffice: what can't be paid is not sent, and after a top-up only the rest is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import bulkjobs as bj
from bulkjobs import errors, events, pipeline
from bulkjobs.events import Event
from bulkjobs.purse import Purse
from bulkjobs.sandbox import Fault
from tests.support import in_parts, posts, spent, states

Start = Callable[..., Any]
MakeClient = Callable[..., bj.Client]
pytestmark = pytest.mark.usefixtures("every_ledger")


def top_up(sandbox: bj.Sandbox, credits_: int) -> None:
    sandbox._running().account.remaining += credits_


def charged(sandbox: bj.Sandbox) -> list[int]:
    """Credits of each data request that the service carried out."""
    requests = sandbox.stats()["requests"].values()
    return [int(request["credits"]) for request in requests if request["credits"]]


@pytest.mark.parametrize("delay", [0.0, 0.05])
async def test_what_cannot_be_paid_is_not_sent_and_the_rest_follows_a_top_up(
    delay: float, start_sandbox: Start, make_client: MakeClient
) -> None:
    sandbox = await start_sandbox(credits=35)
    client = make_client(sandbox)
    if delay:  # many on their way at once
        sandbox.faults.add(Fault("bulk_id_file", "delay", times=None, seconds=delay))
        sandbox.faults.add(Fault("search", "delay", times=None, seconds=delay / 2))
    plan = await in_parts(client, 60, 10)
    with pytest.raises(errors.BudgetExceeded) as caught:
        await client.collect(plan)
    assert "3 of 6 data requests are done; the rest needs 30 credits more" in caught.value.message
    assert "The balance is 5 credits" in caught.value.message
    assert "25 credits are missing" in caught.value.message
    (collection,) = client.collections()
    assert caught.value.next_step == f"add credits, then client.resume({collection.id!r}): it sends only the rest"
    assert (collection.state, states(collection)) == ("planned", {"loaded": 3, "planned": 3})
    assert (posts(sandbox), spent(sandbox)) == (3, 30)

    with pytest.raises(errors.BudgetExceeded):
        await client.resume()
    assert posts(sandbox) == 3
    top_up(sandbox, 25)
    (done,) = await client.resume()
    assert (len(done.frame()), done.credits) == (60, 60)
    assert charged(sandbox) == [10] * 6
    (difference,) = (done.reconciliation or {})["differences"]
    assert difference.endswith("60 spent since: credits were added meanwhile, or not all was charged")
    assert (posts(sandbox), spent(sandbox)) == (6, done.credits)


@pytest.mark.parametrize("at_once", [1, 64])
async def test_credits_that_others_spend_meanwhile_are_noticed_and_only_the_rest_is_sent_again(
    at_once: int, start_sandbox: Start, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "OPEN_AT_ONCE", at_once)
    sandbox = await start_sandbox(credits=120)
    client = make_client(sandbox)
    plan = await in_parts(client, 120, 10)
    heard: list[int] = []

    def others_spend(event: Event) -> None:
        if isinstance(event, events.Submitted):
            heard.append(event.data_request)
            if len(heard) == 1:
                sandbox._running().account.remaining = 25

    with pytest.raises((errors.OutOfCredits, errors.BudgetExceeded)) as caught:
        await client.collect(plan, on_event=others_spend)
    (collection,) = client.collections()
    done = collection.credits // 10
    assert f"{done} of 12 data requests are done; the rest needs {120 - collection.credits} credits more" in str(
        caught.value
    )
    assert collection.id in caught.value.next_step
    assert "add credits" in caught.value.next_step
    assert collection.state == "planned"
    assert collection.credits == sum(charged(sandbox)) < 120
    assert states(collection)["failed"] == posts(sandbox) - done > 0
    if at_once == 1:  # the first that fails makes the next one look at the balance
        assert states(collection) == {"loaded": 3, "failed": 1, "planned": 8}
    assert (await client.plan(plan.query)).unsent == 120 - collection.credits

    top_up(sandbox, 120)
    before = posts(sandbox)
    (resumed,) = await client.resume()
    assert posts(sandbox) - before == 12 - done
    assert charged(sandbox) == [10] * 12
    assert (len(resumed.frame()), resumed.credits, resumed.error) == (120, 120, None)


async def test_a_402_at_the_last_poll_says_how_to_go_on(
    start_sandbox: Start, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def enough(purse: Purse) -> None:  # as the service said before the others came
        purse._left = 1_000

    sandbox = await start_sandbox(credits=20)
    client = make_client(sandbox)

    def others_spend(event: Event) -> None:
        if isinstance(event, events.Submitted):
            sandbox._running().account.remaining = 0

    monkeypatch.setattr(pipeline, "POSTS_AT_ONCE", 1)
    monkeypatch.setattr(Purse, "_ask", enough)
    with pytest.raises(errors.OutOfCredits, match="data requests are done; the rest needs") as caught:
        await client.collect(await in_parts(client, 20, 10), on_event=others_spend)
    (collection,) = client.collections()
    assert states(collection) == {"loaded": 1, "failed": 1}
    assert collection.state == "planned"
    assert caught.value.next_step == f"add credits, then client.resume({collection.id!r}): it sends only the rest"


async def test_a_refused_post_is_not_counted_as_done(sandbox: bj.Sandbox, client: bj.Client) -> None:
    sandbox.faults.add(Fault("bulk_id_file", "status", times=None, skip=2, status=402, body='{"detail": "no credits"}'))
    with pytest.raises(errors.InsufficientCredits) as caught:
        await client.collect(await in_parts(client, 60, 10))
    assert "2 of 6 data requests are done; the rest needs 40 credits more" in caught.value.message
    assert caught.value.next_step.startswith("add credits, then client.resume(")
    (collection,) = client.collections()
    assert collection.state == "planned"
    sandbox.faults.clear()
    (done,) = await client.resume()
    assert (len(done.frame()), posts(sandbox), spent(sandbox)) == (60, 6, 60)


async def test_a_service_that_does_not_tell_the_balance_is_asked_once(
    sandbox: bj.Sandbox, client: bj.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = await in_parts(client, 40, 10)
    asked: list[int] = []

    async def silent() -> None:
        asked.append(1)

    monkeypatch.setattr(client._shop.api, "balance", silent)
    assert len((await client.collect(plan)).frame()) == 40
    assert len(asked) == 3  # for the intent, before the first POST, when the books are settled
