"""Settings: argument before environment before file."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import keyring.backends.fail
import keyring.backends.null
import platformdirs
import pytest

import bulkjobs as bj
from bulkjobs import config
from bulkjobs.config import ApiKey
from bulkjobs.errors import ConfigError
from tests.keyrings import Kept, Locked, PlainFile, Stubborn


def test_argument_before_environment_before_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('api_key = "from-file"\nbase_url = "https://file.example/cdapi"\nrate = 2.5\n')
    file.chmod(0o600)
    settings = config.read_file(tmp_path)
    assert config.api_key(None, settings).header() == "from-file"
    assert config.setting("base_url", None, settings, "x") == "https://file.example/cdapi"
    monkeypatch.setenv("CORESIGNAL_API_KEY", "from-environment")
    monkeypatch.setenv("BULKJOBS_BASE_URL", "https://environment.example")
    assert config.api_key(None, settings).header() == "from-environment"
    assert config.setting("base_url", None, settings, "x") == "https://environment.example"
    assert config.api_key("from-argument", settings).header() == "from-argument"
    assert config.setting("base_url", "https://argument.example", settings, "x") == "https://argument.example"
    assert config.setting("api_version", None, settings, "v2") == "v2"
    bj.Client(home=tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [("api_key = ", "can't be read"), ('apikey = "x"', "unknown settings: apikey"), ('api_key = "x"', "chmod 600")],
)
def test_a_bad_file_is_said(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(text)
    (tmp_path / "config.toml").chmod(0o644)
    with pytest.raises(ConfigError, match=words):
        bj.Client("k", home=tmp_path)


def test_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert config.home(tmp_path / "a" / "b").is_dir()
    monkeypatch.setenv("BULKJOBS_HOME", str(tmp_path / "c"))
    assert config.home() == (tmp_path / "c").resolve()
    assert config.home().stat().st_mode & 0o077 == 0
    monkeypatch.delenv("BULKJOBS_HOME")
    monkeypatch.setattr(platformdirs, "user_data_path", lambda name: tmp_path / "user" / name)
    assert config.home() == (tmp_path / "user" / "bulkjobs").resolve()
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="can't be made"):
        config.home(tmp_path / "file" / "below")


@pytest.mark.parametrize("rate", [0, -1, "fast", float("inf"), float("nan")])
def test_a_rate_that_makes_no_sense(rate: object, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="rate"):
        bj.Client("k", home=tmp_path, rate=rate)  # type: ignore[arg-type]


def test_other_settings_that_make_no_sense(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="v3"):
        bj.Client("k", home=tmp_path, api_version="v3")
    assert str(config.base_url("https://h.example/cdapi/?x=1#y")) == "https://h.example/cdapi"
    assert str(config.base_url("http://127.0.0.1:8/cdapi")) == "http://127.0.0.1:8/cdapi"
    assert str(config.base_url("http://[::1]:8/cdapi")) == "http://[::1]:8/cdapi"


# --- the system's keyring -------------------------------------------------------------------------------------


def test_the_keyring_is_asked_last_and_once_and_forgets(
    use_keyring: Callable[[object], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = Kept()
    use_keyring(kept)
    client = bj.Client(home=tmp_path)
    assert not client.has_key
    assert config.can_remember()
    config.remember(ApiKey("from-keyring"))
    assert kept.passwords == {("bulkjobs", "api.coresignal.com"): "from-keyring"}
    config._found.clear()  # as in another process
    kept.asked = 0
    assert (client.account, client.account) == (ApiKey("from-keyring").account,) * 2
    assert kept.asked == 1
    assert config.api_key(None, {"api_key": ApiKey("from-file")}).header() == "from-file"
    assert config.api_key("from-argument").header() == "from-argument"
    monkeypatch.setenv("CORESIGNAL_API_KEY", "from-environment")
    assert config.api_key().header() == "from-environment"
    monkeypatch.delenv("CORESIGNAL_API_KEY")
    assert config.remembered() is not None
    config.forget()
    assert (kept.passwords, client.has_key, config.remembered()) == ({}, False, None)
    config.forget()
    with pytest.raises(ConfigError, match="No API key was given"):
        config.api_key()


@pytest.mark.parametrize("kind", [Kept, Locked])
def test_the_keyring_is_asked_once_for_a_key_that_is_not_there(
    kind: Callable[[], Kept], use_keyring: Callable[[object], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[str] = []
    get = kind.get_password  # type: ignore[attr-defined]

    def noted(self: Kept, service: str, username: str) -> str | None:
        asked.append(username)
        return get(self, service, username)  # type: ignore[no-any-return]

    monkeypatch.setattr(kind, "get_password", noted)
    use_keyring(kind())
    client, local = bj.Client(home=tmp_path), bj.Client(base_url="http://127.0.0.1:1/cdapi", home=tmp_path)
    for one in (client, local, client, local, bj.Client(home=tmp_path)):
        assert not one.has_key
    assert asked == [client.host, local.host]


def test_a_key_is_found_as_soon_as_it_is_remembered(use_keyring: Callable[[object], None], tmp_path: Path) -> None:
    use_keyring(Kept())
    client = bj.Client(home=tmp_path)
    assert not client.has_key
    config.remember(ApiKey("k"))
    assert client.account == ApiKey("k").account


def test_a_key_that_the_keyring_does_not_delete_is_not_used_any_longer(
    use_keyring: Callable[[object], None], tmp_path: Path
) -> None:
    use_keyring(Stubborn())
    config.remember(ApiKey("sesame"))
    client = bj.Client(home=tmp_path)
    assert client.has_key
    with pytest.raises(ConfigError, match=r"did not delete the key \(RuntimeError\); until a restart, it is not used"):
        config.forget()
    assert not client.has_key


def test_each_host_has_a_key_of_its_own_in_the_keyring(use_keyring: Callable[[object], None], tmp_path: Path) -> None:
    use_keyring(Kept())
    config.remember(ApiKey("real"))
    local = bj.Client(base_url="http://127.0.0.1:1/cdapi", home=tmp_path)
    assert not local.has_key  # the real key goes to no other host
    config.remember(ApiKey("local"), local.host)
    assert local.account == ApiKey("local").account
    config.forget(local.host)
    assert config.api_key().header() == "real"


@pytest.mark.parametrize("kind", [keyring.backends.fail.Keyring, keyring.backends.null.Keyring, PlainFile])
def test_without_a_keyring_of_the_system_nothing_fails_and_nobody_is_asked(
    kind: Callable[[], object], use_keyring: Callable[[object], None], tmp_path: Path
) -> None:
    backend = kind()
    chain = type("Chain", (), {"backends": [backend], "priority": 10})()
    for one in (backend, chain):
        use_keyring(one)
        assert not config.can_remember()
        assert config.remembered() is None
        assert not bj.Client(home=tmp_path).has_key
        config.forget()
        with pytest.raises(ConfigError, match="no keyring"):
            config.remember(ApiKey("k"))


def test_without_the_package_nothing_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert not config.can_remember()
    assert not bj.Client(home=tmp_path).has_key


def test_of_a_chain_only_the_keyring_of_the_system_is_asked(use_keyring: Callable[[object], None]) -> None:
    kept = Kept()
    use_keyring(type("Chain", (), {"backends": [kept, PlainFile()], "priority": 10})())
    config.remember(ApiKey("k"))
    assert list(kept.passwords.values()) == ["k"]


def test_a_keyring_that_fails_is_none_and_its_error_does_not_quote_the_key(
    use_keyring: Callable[[object], None], tmp_path: Path
) -> None:
    use_keyring(Locked())
    assert not bj.Client(home=tmp_path).has_key
    with pytest.raises(ConfigError, match=r"did not take the key \(RuntimeError\)") as caught:
        config.remember(ApiKey("sesame"))
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "sesame" not in "".join(shown.format()).replace('ApiKey("sesame")', "")


def test_a_client_with_another_key_keeps_its_settings(tmp_path: Path) -> None:
    first = bj.Client("one", home=tmp_path, base_url="https://h.example/cdapi", webhook_url="https://me.example/x")
    second = first.with_key("two")
    assert (second.service, second.home, second.account) == (first.service, first.home, ApiKey("two").account)
    assert first.account == ApiKey("one").account
    assert second.with_key(None).account is None
    assert bj.sync.Client("one", home=tmp_path).with_key("two").twin.account == second.account
    assert "me.example" not in repr(first.__dict__)


def test_what_a_keyring_holds_that_is_no_key_can_be_forgotten(use_keyring: Callable[[object], None]) -> None:
    kept = Kept()
    use_keyring(kept)
    kept.passwords["bulkjobs", "api.coresignal.com"] = "two words"
    with pytest.raises(ConfigError, match="spaces") as caught:
        config.api_key()
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "two words" not in shown.replace('= "two words"', "")
    config.forget()
    assert kept.passwords == {}
    use_keyring(Locked())
    with pytest.raises(ConfigError, match="did not delete"):
        config.forget()
