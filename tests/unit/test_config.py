"""Settings: argument before environment before file."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

import bulkjobs as bj
from bulkjobs import config
from bulkjobs.errors import ConfigError


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
