"""A client whose library is in an object store, and how it is told so."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from polars.testing import assert_frame_equal

import bulkjobs as bj
from bulkjobs.cli import main
from bulkjobs.errors import ConfigError
from tests.cloud.conftest import SECRETS


async def test_the_verbs_are_the_same(
    make_client: Callable[..., bj.Client], sandbox: bj.Sandbox, query: bj.JobFilter, bucket: str, tmp_path: Path
) -> None:
    client = make_client(sandbox, library=f"{bucket}/library")
    assert client.library.url == f"{bucket}/library"
    collection = await client.collect(query, limit=40)
    assert_frame_equal(collection.scan().collect(), collection.frame())
    assert not (client.home / "library").exists()
    assert client.library.stats().rows == 40
    other = make_client(sandbox, library=bj.Library(f"{bucket}/library"), home=tmp_path / "another home")
    assert (await other.plan(query, limit=40)).owned == 40  # bought by somebody else: not bought again
    assert client.library.provenance().rows == 40
    bundled = bj.open_bundle(collection.bundle(tmp_path / "study.zip"))
    assert_frame_equal(bundled.frame(), collection.frame())
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    for secret in SECRETS.values():
        assert secret not in repr(client) + repr(vars(client)) + repr(client.library.provenance())
        assert not [path for path in kept if secret.encode() in path.read_bytes()]


def test_argument_before_environment_before_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    assert bj.Client(home=home).library.url == str(home / "library")
    (home / "config.toml").write_text('library = "s3://bucket/of-the-file/"')
    assert bj.Client(home=home).library.url == "s3://bucket/of-the-file"
    monkeypatch.setenv("BULKJOBS_LIBRARY", "gs://bucket/of-the-environment")
    assert bj.Client(home=home).library.url == "gs://bucket/of-the-environment"
    assert bj.Client(home=home, library=tmp_path / "shared").library.path == tmp_path / "shared"
    assert bj.sync.Client(home=home, library="az://container/given").library.url == "az://container/given"
    assert bj.Client(home=home, library="az://container/given").with_key("k" * 32).library.url == "az://container/given"
    for wrong in ("", 7, "ftp://host/library"):
        with pytest.raises(ConfigError):
            bj.Client(home=home, library=wrong)  # type: ignore[arg-type]


def test_play_money_buys_nothing_for_the_real_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BULKJOBS_LIBRARY", "s3://bucket/library")
    local = "http://127.0.0.1:1/cdapi"
    assert bj.Client(home=tmp_path, base_url=local).library.url == "s3://bucket/library-sandbox"
    assert bj.Client(home=tmp_path, base_url=local, library="s3://bucket/play").library.url == "s3://bucket/play"


async def test_on_the_command_line(bucket: str) -> None:
    run = CliRunner().invoke
    told = await asyncio.to_thread(run, main, ["library", "--json", "--library-at", f"{bucket}/library"])
    assert json.loads(told.stdout)["path"] == f"{bucket}/library"
    told = await asyncio.to_thread(run, main, ["library", "--library-at", "s3://key:secret@bucket/library"])
    assert told.exit_code == 2
    assert "secret" not in told.output
