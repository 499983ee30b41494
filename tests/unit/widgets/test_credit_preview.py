"""The credit preview without a browser: what is shown is what is bought, once, or nothing is."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import bulkjobs as bj
from bulkjobs.sandbox import Fault
from bulkjobs.sandbox.catalog import Catalog
from bulkjobs_widgets import CreditPreview, Desk
from tests.forms import act

NURSE = bj.JobFilter(title="Nurse")
Bought = list[tuple[bj.Plan, int]]


class Shop:
    """A preview, and what it handed on."""

    def __init__(self, desk: Desk, **options: Any) -> None:
        self.bought: Bought = []
        self.preview = CreditPreview(desk, on_submit=lambda plan, most: self.bought.append((plan, most)), **options)

    async def press(self, **changed: Any) -> None:
        preview = self.preview
        said = {"token": preview.token, "confirmed": preview.confirm, **changed}
        await act(preview, "submit", **said)


async def test_what_is_shown_is_handed_on_once(desk: Desk) -> None:
    shop = Shop(desk)
    await shop.preview.show(NURSE, 5)
    plan = shop.preview.plan
    assert plan is not None
    assert (plan.credits, shop.preview.state, shop.preview.button) == (5, "bound", "Collect for 5 credits")
    assert shop.preview.bound_to == f"{NURSE.fingerprint[:12]}, limit 5"
    assert dict(shop.preview.facts)["cost"] == "5 credits at most"
    assert len(shop.preview.sample["rows"]) == 5
    await shop.press()
    await shop.press()  # a second click that was under way
    assert shop.bought == [(plan, 5)]
    assert shop.preview.state == "sent"


async def test_what_nothing_came_of_can_be_submitted_again(desk: Desk) -> None:
    def refuse(plan: bj.Plan, most: int) -> None:
        raise errors.pop()

    errors = [bj.errors.OutcomeUnknown("lost"), bj.errors.BulkJobsError("busy")]
    preview = CreditPreview(desk, on_submit=refuse)
    await preview.show(NURSE, 5)
    for state in ("bound", "sent"):
        await act(preview, "submit", token=preview.token)
        assert (preview.state, preview.notice["kind"]) == (state, "alert")


async def test_a_preview_is_free(desk: Desk, client: Any) -> None:
    await Shop(desk).preview.show(NURSE, 5)
    stats = client.server.stats()
    assert (stats["posts"], stats["credits_spent"]) == (0, 0)


async def test_after_an_edit_nothing_can_be_submitted(desk: Desk) -> None:
    shop = Shop(desk)
    await shop.preview.show(NURSE, 5)
    before = shop.preview.token
    shop.preview.unbind()
    await shop.press()
    assert (shop.bought, shop.preview.state, shop.preview.plan) == ([], "stale", None)
    assert "edited" in shop.preview.reason
    await shop.preview.show(NURSE, 6)
    await shop.press(token=before)  # what was drawn when it was pressed is not what is bound now
    assert shop.bought == []


async def test_an_edit_while_it_is_asked_makes_the_answer_stale(
    desk: Desk, client: bj.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(desk)
    for step in ("plan", "check"):
        shop.preview.clear()
        whole = getattr(client, step)

        async def plan(*args: Any, _whole: Any = whole, **options: Any) -> Any:
            found = await _whole(*args, **options)
            shop.preview.unbind()
            return found

        def check(*args: Any, _whole: Any = whole, **options: Any) -> None:
            _whole(*args, **options)
            shop.preview.desk._loop.call_soon_threadsafe(shop.preview.unbind)

        monkeypatch.setattr(client, step, {"plan": plan, "check": check}[step])
        await shop.preview.show(NURSE, 5)
        monkeypatch.undo()
        assert (step, shop.preview.state) == (step, "stale")
        await shop.press()
    assert shop.bought == []


async def test_a_click_on_the_price_before_is_not_one_on_this(desk: Desk) -> None:
    shop = Shop(desk)
    await shop.preview.show(NURSE, 5)
    plan, before = shop.preview.plan, shop.preview.token
    assert plan is not None
    await shop.preview.bind(plan)  # the same query and limit, and perhaps another price
    await shop.press(token=before)
    assert shop.bought == []


async def test_another_client_voids_what_was_said_by_the_one_before(
    desk: Desk, tmp_path: Path, catalog: Catalog
) -> None:
    shop = Shop(desk)
    await shop.preview.show(NURSE, 5)
    async with bj.Client.sandbox(data=catalog, home=tmp_path / "other") as other:
        desk.use(other)
        assert (shop.preview.state, shop.preview.plan, shop.preview.facts) == ("empty", None, [])
        await shop.press()
    assert shop.bought == []


async def test_a_larger_allowance_is_not_handed_on(desk: Desk) -> None:
    shop = Shop(desk, max_credits=500)
    await shop.preview.show(NURSE, 5)
    await shop.press()
    assert [most for _, most in shop.bought] == [5]


async def test_what_has_no_result_so_far_is_not_called_owned(desk: Desk, client: Any) -> None:
    client.server.faults.add(Fault("bulk_filter", "status", status=503))
    with pytest.raises(bj.errors.OutcomeUnknown):
        await client.collect(NURSE, limit=5)
    preview = Shop(desk).preview
    await preview.show(NURSE, 5)
    assert "own" not in preview.headline
    assert "without a result" in preview.headline
    assert "without a result" in "".join(text for _, text in preview.facts)
    assert "already bought" not in "".join(text for _, text in preview.facts)


async def test_above_the_threshold_a_second_click_is_needed(desk: Desk) -> None:
    shop = Shop(desk, threshold=4)
    await shop.preview.show(NURSE, 5)
    assert shop.preview.confirm == "This spends up to 5 credits."
    await shop.press(confirmed="")
    assert (shop.bought, shop.preview.state) == ([], "bound")
    assert shop.preview.notice["kind"] == "alert"
    await shop.press()
    assert len(shop.bought) == 1
    await shop.preview.show(NURSE, 4)
    assert shop.preview.confirm == ""


async def test_more_than_was_allowed_is_refused(desk: Desk) -> None:
    shop = Shop(desk, max_credits=4)
    await shop.preview.show(NURSE, 5)
    assert shop.preview.state == "refused"
    assert "more than the 4 allowed" in shop.preview.notice["text"]
    await shop.press()
    assert shop.bought == []
    await shop.preview.show(NURSE, 4)
    await shop.press()
    assert [most for _, most in shop.bought] == [4]


async def test_more_than_the_balance_is_refused(tmp_path: Path, catalog: Catalog) -> None:
    async with bj.Client.sandbox(data=catalog, credits=3, home=tmp_path) as client:
        shop = Shop(Desk(client))
        await shop.preview.show(NURSE, 5)
        assert shop.preview.state == "refused"
        assert "balance is 3" in shop.preview.notice["text"]


async def test_more_than_the_budget_of_the_day_is_refused(
    tmp_path: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bulkjobs.toml").write_text("[budget]\nday = 7\n")
    monkeypatch.chdir(tmp_path)
    async with bj.Client.sandbox(data=catalog, home=tmp_path) as client:
        shop = Shop(Desk(client))
        await shop.preview.show(NURSE, 5)
        assert shop.preview.state == "bound"
        await client.collect(NURSE, limit=5)
        await shop.preview.show(bj.JobFilter(title="Engineer"), 3)
        assert shop.preview.state == "refused"
        assert "for the day: 5 of 7 credits are spent" in shop.preview.notice["text"]
        await shop.preview.show(bj.JobFilter(title="Engineer"), 2)
        assert shop.preview.state == "bound"


async def test_what_is_owned_opens_for_nothing(desk: Desk, client: bj.Client) -> None:
    bought = await client.collect(NURSE, limit=5)
    shop = Shop(desk, max_credits=0)
    await shop.preview.show(NURSE, 5)
    assert (shop.preview.state, shop.preview.button) == ("bound", "Open: costs nothing")
    await shop.press()
    assert [(plan.attaches_to, most) for plan, most in shop.bought] == [(bought.id, 0)]


async def test_nothing_that_matches_is_nothing_to_collect(desk: Desk) -> None:
    shop = Shop(desk)
    await shop.preview.show(bj.JobFilter(title="zzzzzz"))
    assert (shop.preview.state, shop.preview.headline, shop.preview.button) == ("refused", "Nothing matches", "")
    await shop.press()
    assert shop.bought == []


async def test_of_two_questions_the_later_is_shown(
    desk: Desk, client: bj.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, plan_of = asyncio.Event(), client.plan

    async def plan(query: Any, *, limit: int | None = None) -> bj.Plan:
        if limit == 1:
            await held.wait()
        return await plan_of(query, limit=limit)

    monkeypatch.setattr(client, "plan", plan)
    preview = Shop(desk).preview
    first = asyncio.create_task(preview.show(NURSE, 1))
    await asyncio.sleep(0)
    await preview.show(NURSE, 2)
    held.set()
    await first
    assert preview.plan is not None
    assert (preview.plan.limit, preview.state, preview.busy) == (2, "bound", False)


async def test_while_it_is_asked_the_old_plan_can_not_be_submitted(desk: Desk, client: bj.Client) -> None:
    shop = Shop(desk)
    await shop.preview.show(NURSE, 5)
    asking = asyncio.create_task(shop.preview.show(NURSE, 6))
    await asyncio.sleep(0)
    await shop.press()
    await asking
    assert shop.bought == []


async def test_what_can_not_be_planned_shows_no_old_price(desk: Desk, client: Any) -> None:
    preview = Shop(desk).preview
    await preview.show(NURSE, 5)
    await client.server.stop()
    with pytest.raises(bj.errors.ServiceError):
        await preview.show(NURSE, 6)
    assert (preview.state, preview.facts, preview.plan) == ("empty", [], None)


async def test_exports_say_what_it_would_cost(desk: Desk) -> None:
    preview = Shop(desk).preview
    assert "nothing is previewed yet" in repr(preview)
    await preview.show(NURSE, 5)
    bundle = preview._repr_mimebundle_()
    assert bundle is not None
    assert "5 credits at most" in bundle[0]["text/html"]
