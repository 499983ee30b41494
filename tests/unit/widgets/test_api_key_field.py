"""The field for the API key: what is typed works, and is nowhere to be seen."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

import bulkjobs as bj
from bulkjobs.config import ApiKey
from bulkjobs_widgets import ApiKeyField, Desk, FilterForm
from tests.forms import act
from tests.keyrings import Kept, Locked, Stubborn

HOST = "127.0.0.1"


@pytest.fixture
async def keyless(client: Any, tmp_path: Path) -> AsyncIterator[bj.Client]:
    """A client of the sandbox that was given no key."""
    async with bj.Client(base_url=client.server.url, home=tmp_path / "home") as made:
        yield made


@pytest.fixture
def key(client: Any) -> str:
    return str(client.server.api_key)


async def give(field: ApiKeyField, key: str, *, remember: bool = False) -> None:
    await act(field, "use", remember=remember, buffers=[key.encode()])


async def closed(desk: Desk, *others: bj.Client) -> None:
    for client in (desk.client, *others):
        await client.close()


def everywhere(field: ApiKeyField) -> str:
    """All that could be saved or shown."""
    named = {name: repr(getattr(field, name)) for name in field.trait_names()}
    values = {name: repr(value) for name, value in vars(field).items()}
    parts = [field.get_state(), field.get_manager_state(), named, values, repr(field), field._repr_mimebundle_()]
    return json.dumps(parts, default=repr)


async def test_a_key_is_used_and_is_nowhere_to_be_seen(
    keyless: bj.Client, key: str, caplog: pytest.LogCaptureFixture, use_keyring: Callable[[object], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    kept = Kept()
    use_keyring(kept)
    desk = Desk(keyless)
    sent: list[Any] = []
    field, form = ApiKeyField(desk), FilterForm(desk)
    monkeypatch.setattr(field, "send", lambda content, buffers=None: sent.append(content))
    monkeypatch.setattr(field, "send_state", lambda key=None: sent.append(field.get_state(key)))
    assert (field.account, field.can_forget, field.can_remember) == ("", False, True)
    assert "key" in form.offer
    await give(field, f" {key}\n")
    assert field.account == ApiKey(key).account
    assert (field.error, field.offer, form.offer, field.busy) == ("", "", "", False)
    assert "accepted" in field.notice["text"]
    assert "50,000 credits" in field.notice["text"]
    assert (field.kept, field.can_forget) == ("in the memory of this kernel, and nowhere else", True)
    assert kept.passwords == {}  # nobody asked for it
    assert desk.client.home == keyless.home
    assert await desk.client.count(bj.JobFilter(deleted=False)) > 0
    assert not keyless.has_key
    for place in (everywhere(field), caplog.text, repr(desk), repr(vars(desk)), repr(sent)):
        assert key not in place
    assert ApiKey(key).account in everywhere(field)
    await closed(desk)


@pytest.mark.parametrize("typed", ["", "  ", "two words", "k\u00e9y", "a\nb"])
async def test_what_is_no_key_is_refused_and_not_quoted(
    desk: Desk, typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    field = ApiKeyField(desk)
    monkeypatch.setattr(field, "send", lambda content, buffers=None: sent.append(content))
    before = desk.client
    await give(field, typed)
    assert field.error.startswith("The API key ")
    assert not typed.strip() or typed.strip() not in everywhere(field)
    assert sent[-1] == {"focus": "key"}
    assert (desk.client, field.can_forget) == (before, False)
    await act(field, "use", buffers=[b"\xff\xfe"])
    assert field.error.startswith("The API key holds")


async def test_a_key_that_the_service_refuses_is_not_used(keyless: bj.Client) -> None:
    desk = Desk(keyless)
    field = ApiKeyField(desk)
    await give(field, "WrongKey123")
    assert field.error == "The service did not accept this key."
    assert (desk.client, field.account, field.busy) == (keyless, "", False)
    assert "WrongKey123" not in everywhere(field)


async def test_without_the_service_a_key_is_used_unchecked(
    client: Any, keyless: bj.Client, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def balance(self: bj.Client) -> int:
        raise bj.errors.ConnectionFailed("No connection.")

    monkeypatch.setattr(bj.Client, "balance", balance)
    field = ApiKeyField(keyless)
    await give(field, key)
    assert field.account == ApiKey(key).account
    assert field.notice["text"] == "The key is used, but could not be checked: No connection."


async def test_a_key_can_be_forgotten(keyless: bj.Client, key: str) -> None:
    desk = Desk(keyless)
    field, form = ApiKeyField(desk), FilterForm(desk)
    await give(field, key)
    first = desk.client
    await give(field, key)  # once more
    second = desk.client
    await act(field, "forget")
    assert (desk.client, field.account, field.can_forget) == (keyless, "", False)
    assert "key" in form.offer
    assert field.rows() == [("API key", "none")]
    await first.close()
    await second.close()


async def test_a_key_is_remembered_only_where_that_was_asked_for(
    keyless: bj.Client, key: str, use_keyring: Callable[[object], None]
) -> None:
    kept = Kept()
    use_keyring(kept)
    desk = Desk(keyless)
    field = ApiKeyField(desk)
    await give(field, key, remember=True)
    assert kept.passwords == {("bulkjobs", HOST): key}
    assert (field.kept, field.can_forget) == ("in the system's keyring", True)
    assert key not in everywhere(field)
    assert keyless.has_key  # found there
    another = ApiKeyField(keyless)
    assert (another.account, another.can_forget) == (field.account, True)
    await act(another, "forget")
    assert kept.passwords == {}
    assert (another.account, another.desk.ready) == ("", False)
    assert not keyless.has_key
    await closed(desk)


async def test_a_keyring_that_fails_is_said_and_the_key_is_used(
    keyless: bj.Client, key: str, use_keyring: Callable[[object], None], caplog: pytest.LogCaptureFixture
) -> None:
    use_keyring(Locked())
    desk = Desk(keyless)
    field = ApiKeyField(desk)
    await give(field, key, remember=True)
    assert "did not take the key" in field.notice["text"]
    assert "accepted the key. 50,000 credits" in field.notice["text"]  # this is said, too
    assert field.account == ApiKey(key).account
    assert "memory" in field.kept
    assert key not in everywhere(field) + caplog.text
    await closed(desk)


async def test_a_key_that_the_keyring_does_not_delete_is_not_used_any_longer(
    keyless: bj.Client, key: str, use_keyring: Callable[[object], None]
) -> None:
    use_keyring(Stubborn())
    desk = Desk(keyless)
    field = ApiKeyField(desk)
    await give(field, key, remember=True)
    typed = desk.client
    await act(field, "forget")
    assert (desk.client, field.account, keyless.has_key) == (keyless, "", False)
    assert field.notice["kind"] == "alert"
    assert "did not delete the key (RuntimeError); until a restart, it is not used any longer" in field.notice["text"]
    assert field.wanted
    await typed.close()


async def test_it_is_wanted_while_there_is_something_to_do_or_to_read(
    client: Any, keyless: bj.Client, key: str, use_keyring: Callable[[object], None]
) -> None:
    use_keyring(Kept())
    assert not ApiKeyField(client).wanted  # that has a key
    desk = Desk(keyless)
    field = ApiKeyField(desk)
    shown: list[bool] = []
    field.observe(lambda _: shown.append(field.wanted), ["account", "can_forget", "error", "notice"])
    assert field.wanted
    await give(field, "WrongKey123")
    assert field.wanted
    await give(field, key)
    typed = desk.client
    field.notice = {}
    assert field.wanted  # to forget it, and to replace it
    assert all(shown)
    desk.use(client)
    assert not field.wanted
    field.error = "The API key is empty."
    assert field.wanted
    desk.use(client)
    assert (field.wanted, shown[-1]) == (False, False)  # what was said was of another client
    await give(field, key, remember=True)
    assert ApiKeyField(keyless).wanted  # it is remembered
    await closed(desk, typed)


async def test_without_a_keyring_it_is_not_offered(desk: Desk) -> None:
    assert not ApiKeyField(desk).can_remember


async def test_the_key_of_the_environment_is_told_of_and_not_forgotten(
    monkeypatch: pytest.MonkeyPatch, use_keyring: Callable[[object], None]
) -> None:
    use_keyring(Kept())
    monkeypatch.setenv("CORESIGNAL_API_KEY", "FromTheEnvironment")
    field = ApiKeyField()
    assert field.account == ApiKey("FromTheEnvironment").account
    assert (field.kept, field.can_forget, field.offer) == ("where the client found it", False, "")
    assert "FromTheEnvironment" not in everywhere(field)


async def test_a_client_that_is_handed_in_later_is_not_taken_for_ours(
    client: bj.Client, keyless: bj.Client, key: str
) -> None:
    desk = Desk(keyless)
    field = ApiKeyField(desk)
    await give(field, key)
    typed = desk.client
    desk.use(client)
    assert not field.can_forget
    await act(field, "forget")
    assert desk.client is client
    await typed.close()


async def test_a_blocking_client_stays_one(client: Any, key: str, tmp_path: Path) -> None:
    desk = Desk(bj.sync.Client(base_url=client.server.url, home=tmp_path / "home"))
    field = ApiKeyField(desk)
    await give(field, key)
    assert "accepted" in field.notice["text"]
    assert isinstance(desk.given, bj.sync.Client)
    assert await desk.ask(desk.client.count(bj.JobFilter(deleted=False))) > 0
    await desk.ask(desk.client.close())


async def test_an_error_shows_no_key_in_its_traceback(
    keyless: bj.Client, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def balance(self: bj.Client) -> int:
        raise RuntimeError("a fault of ours")

    seen: list[BaseException] = []
    monkeypatch.setattr(bj.Client, "balance", balance)
    field = ApiKeyField(keyless)
    monkeypatch.setattr(field, "fail", seen.append)
    await give(field, key)
    shown = "".join(traceback.TracebackException.from_exception(seen[0], capture_locals=True).format())
    assert "a fault of ours" in shown
    assert key not in shown
