"""The filter form without a browser: what is typed comes as a value, what is pressed as a message."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bulkjobs as bj
from bulkjobs.query import FIELDS
from bulkjobs_widgets import Desk, FilterForm, filter_form
from tests.forms import act, act_at_once


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filter_form, "PAUSE", 0.0)


async def test_all_filters_have_a_field_with_a_label_and_help(desk: Desk) -> None:
    form = FilterForm(desk)
    assert {field["name"] for field in form.fields} == FIELDS.keys()
    assert len({field["label"] for field in form.fields}) == 17
    assert all(field["help"] for field in form.fields)
    assert sum(field["common"] for field in form.fields) == 6


async def test_a_valid_form_is_handed_on(desk: Desk) -> None:
    heard: list[Any] = []
    form = FilterForm(desk, on_submit=lambda query, limit: heard.append((query, limit)))
    form.values = {
        "title": " Nurse ",
        "deleted": "no",
        "company_id": "12",
        "created_at_lte": "2026-01-31",
        "limit": "1,000",
    }
    await act(form, "submit")
    wanted = bj.JobFilter(title="Nurse", deleted=False, company_id=12, created_at_lte="2026-01-31")
    assert heard == [(wanted, 1_000)]
    assert form.errors == {}


async def test_a_limit_alone_is_something_to_begin_with(desk: Desk) -> None:
    form = FilterForm(desk, limit=200)
    assert (form.limit, form.values) == (200, {"limit": "200"})


async def test_what_stood_there_when_it_was_submitted_counts(desk: Desk) -> None:
    heard: list[Any] = []
    form = FilterForm(desk, query=bj.JobFilter(title="Nurse"), on_submit=lambda query, limit: heard.append(query))
    await act(form, "submit", state={"values": {"title": "Engineer"}})  # the change itself is still on its way
    assert heard == [bj.JobFilter(title="Engineer")]


async def test_a_coroutine_that_takes_it_is_awaited_and_its_error_shown(desk: Desk) -> None:
    async def refuse(query: bj.JobFilter, limit: int | None) -> None:
        raise bj.errors.BudgetExceeded("Too much.", next_step="less")

    form = FilterForm(desk, query=bj.JobFilter(title="Nurse"), on_submit=refuse)
    await act(form, "submit")
    assert form.notice == {"kind": "alert", "text": "Too much.", "next": "less", "charged": "Nothing was charged."}


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"title": "(Nurse", "company_id": "x"}, ["title", "company_id"]),
        ({"created_at_gte": "half a date"}, ["created_at_gte"]),
        ({"created_at_gte": "2026-02-01", "created_at_lte": "2026-01-01"}, ["created_at_gte"]),
        ({"title": "Nurse", "limit": "0"}, ["limit"]),
        ({"title": "Nurse", "limit": "ten"}, ["limit"]),
        ({}, ["title"]),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field(
    desk: Desk, values: dict[str, str], wrong: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Any] = []
    sent: list[Any] = []
    form = FilterForm(desk, on_submit=lambda *given: heard.append(given))
    monkeypatch.setattr(form, "send", lambda content, buffers=None: sent.append(content))
    form.values = values
    assert form.errors == {}  # nobody is told off while typing
    await act(form, "submit")
    assert list(form.errors) == wrong
    assert sent == [{"focus": wrong[0]}]
    assert form.values == values
    assert heard == []


async def test_what_was_mended_is_not_complained_of_any_longer(desk: Desk) -> None:
    form = FilterForm(desk)
    form.values = {"title": "(Nurse", "company_id": "x"}
    await act(form, "submit")
    form.values = {"title": "Nurse", "company_id": "x", "limit": "0"}
    assert list(form.errors) == ["company_id"]


async def test_matches_are_counted_for_nothing(desk: Desk, client: Any) -> None:
    form = FilterForm(desk)
    form.values = {"title": "Nurse"}
    await desk.idle()
    wanted = await client.count(bj.JobFilter(title="Nurse"))
    assert form.matches == f"{wanted:,} postings match"
    assert client.server.stats()["credits_spent"] == 0
    form.values = {"title": "(Nurse"}
    await desk.idle()
    assert form.matches == ""


async def test_a_stale_count_is_cancelled(desk: Desk, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    held = asyncio.Event()

    async def count(query: bj.JobFilter) -> int:
        asked.append(str(query.title))
        if query.title == "first":
            await held.wait()
            raise AssertionError("a stale count went on")
        return 7

    monkeypatch.setattr(client, "count", count)
    form = FilterForm(desk)
    form.values = {"title": "first"}
    while not asked:
        await asyncio.sleep(0)
    form.values = {"title": "second"}
    await desk.idle()
    assert (asked, form.matches) == (["first", "second"], "7 postings match")


async def test_another_client_counts_anew(desk: Desk, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, held = asyncio.Event(), asyncio.Event()

    async def count(query: bj.JobFilter) -> int:
        begun.set()
        await held.wait()
        return 1_000_000

    form = FilterForm(desk, query=bj.JobFilter(title="Nurse"))
    await desk.idle()
    counted = form.matches
    monkeypatch.setattr(client, "count", count)
    form.values = {"title": "Nurses"}
    await begun.wait()
    seen: list[str] = []
    form.observe(lambda change: seen.append(change["new"]), "matches")
    async with bj.Client.sandbox(postings=50) as other:
        held.set()  # the old one's answer is there just now
        desk.use(other)
        assert form.matches == ""
        await desk.idle()
        found = await other.count(bj.JobFilter(title="Nurses"))
    assert form.matches == seen[-1] != counted
    assert form.matches.startswith(f"{found:,} posting")
    assert not any("1,000,000" in text for text in seen)


async def test_with_the_first_key_what_stands_there_is_counted(client: Any, tmp_path: Path) -> None:
    async with bj.Client(base_url=client.server.url, home=tmp_path / "home") as keyless:
        form = FilterForm(keyless, query=bj.JobFilter(title="Nurse"))
        await form.desk.idle()
        assert form.matches == ""
        async with keyless.with_key(client.server.api_key) as keyed:
            form.desk.use(keyed)
            await form.desk.idle()
            assert form.matches.endswith("match")


async def test_a_count_that_fails_says_why(desk: Desk, client: Any) -> None:
    form = FilterForm(desk)
    await client.server.stop()
    form.values = {"title": "Nurse"}
    await desk.idle()
    assert form.matches.startswith("not counted: ")


async def test_unsent_edits_are_in_sight(desk: Desk) -> None:
    form = FilterForm(desk, query=bj.JobFilter(title="Nurse"))
    assert not form.edited  # nothing was submitted yet
    await act(form, "submit")
    assert not form.edited
    form.values = {"title": "Nurses"}
    assert form.edited
    form.values = {"title": "Nurse"}
    assert not form.edited


TEXTS = {"title", "country"}  # a form leaves out what is around them

text = st.text("abcXYZ äß'\"\\\n{}", min_size=1, max_size=12)
filters = st.fixed_dictionaries(
    {},
    optional={
        "title": text,
        "country": text,
        "deleted": st.booleans(),
        "company_id": st.integers(1, 10**12),
        "created_at_gte": st.datetimes().map(str),
        "created_at_lte": st.dates().map(str),
    },
)


@given(filters)
def test_any_filter_is_the_same_after_it_was_in_the_form_and_in_the_code(given: dict[str, Any]) -> None:
    async def check() -> None:
        clean: dict[str, Any] = {name: value.strip() if name in TEXTS else value for name, value in given.items()}
        try:
            query = bj.JobFilter(**clean)
        except bj.errors.InvalidQuery:
            return
        form = FilterForm(query=query, limit=5)
        assert form.query == query
        assert form.limit == 5
        space: dict[str, Any] = {"bj": bj}
        exec(form.code, space)
        assert space["query"] == query

    asyncio.run(check())


async def test_with_no_client_and_no_key_the_sandbox_is_offered() -> None:
    form = FilterForm()
    assert "key" in form.offer
    form.values = {"title": "Nurse"}
    await form.desk.idle()
    assert form.matches == ""
    await act(form, "sandbox")
    assert (form.offer, form.busy) == ("", False)
    form.values = {"title": "Nurses"}
    await form.desk.idle()
    assert form.matches.endswith("match")
    await form.desk.client.close()


async def test_a_double_click_starts_one_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[bj.Client] = []
    make = bj.Client.sandbox

    def sandbox() -> bj.Client:
        started.append(make(postings=50))
        return started[-1]

    monkeypatch.setattr(bj.Client, "sandbox", sandbox)
    form = FilterForm()
    await act_at_once(form, {"action": "sandbox"}, {"action": "sandbox"})
    await act(form, "sandbox")  # from a button that was not drawn anew yet
    assert started == [form.desk.client]
    await form.desk.client.close()


async def test_a_blocking_client_can_be_handed_in() -> None:
    client = bj.sync.Client.sandbox(postings=50).start()
    form = FilterForm(client)
    form.values = {"deleted": "no"}
    await form.desk.idle()
    assert form.matches == f"{client.count(bj.JobFilter(deleted=False)):,} postings match"
    client.close()


def test_outside_a_notebook_it_says_so() -> None:
    with pytest.raises(bj.errors.ConfigError, match="notebook"):
        FilterForm()


async def test_what_is_left_in_an_export_is_text_and_escaped(desk: Desk) -> None:
    form = FilterForm(desk, query=bj.JobFilter(title="<script>alert(1)</script>"))
    bundle = form._repr_mimebundle_()
    assert bundle is not None
    assert "<script>alert(1)</script>" in bundle[0]["text/plain"]
    assert "<script>" not in bundle[0]["text/html"]
    assert "&lt;script&gt;" in bundle[0]["text/html"]
