"""The sandbox as an object: starting, stopping, what it is built over, and what it counts."""

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from click.testing import CliRunner

from bulkjobs import Client
from bulkjobs.cli import main
from bulkjobs.errors import ConfigError
from bulkjobs.sandbox import Fault, FaultPlan, Sandbox
from bulkjobs.sandbox.catalog import Catalog
from tests.contract.conftest import ENGINEERS, FIRST_ID, POSTINGS, Api, Connect, Version, posting
from tests.support import ManualClock

FEW = [posting(number) for number in range(30)]


async def total(sandbox: Sandbox) -> int:
    async with (
        aiohttp.ClientSession(headers={"apikey": sandbox.api_key}) as session,
        session.post(f"{sandbox.url}/v2/job_base/search/filter", json={}) as reply,
    ):
        return int(reply.headers["x-total-results"])


async def test_counts(connect: Connect, version: Version) -> None:
    api = await connect(version, latency=10, rate_headers=True)
    request_id = await api.accepted(ENGINEERS, limit=10)
    await api.poll(request_id)
    await api.post_filter(ENGINEERS)
    before = api.sandbox.stats()["requests"][request_id]
    api.clock.now += 10
    [name] = await api.files(request_id)
    for _ in range(2):
        await api.download(request_id, name)
    await api.poll("unknown")
    await api.download(request_id, "unknown")
    await api.search(ENGINEERS)
    await api.send("GET", api.path("collect", FIRST_ID))
    assert before == {"state": "queued", "records": 10, "credits": 10, "polls": 1, "downloads": 0}
    assert api.sandbox.stats() == {
        "posts": 1,
        "polls": 2,
        "downloads": 2,
        "searches": 1,
        "previews": 0,
        "collects": 1,
        "credits_spent": 11,
        "credits_remaining": 49_989,
        "refused": {409: 1, 404: 2},
        "faults_fired": {},
        "requests": {request_id: {"state": "ready", "records": 10, "credits": 10, "polls": 2, "downloads": 2}},
    }


async def test_counts_over_http_need_no_key(api: Api) -> None:
    await api.accepted(ENGINEERS)
    await api.post_filter({})
    reply = await api.send_elsewhere("GET", "/_sandbox/stats")
    assert reply.json() == json.loads(json.dumps(api.sandbox.stats()))
    assert api.sandbox.api_key.encode() not in reply.body


async def test_records_may_be_given(clock: ManualClock) -> None:
    async with Sandbox(iter(FEW), clock=clock) as sandbox:
        assert await total(sandbox) == 30


@pytest.mark.parametrize("as_text", [True, False])
async def test_a_file_may_be_given(tmp_path: Path, as_text: bool) -> None:
    path = tmp_path / "postings.ndjson"
    path.write_text("\n".join(map(json.dumps, FEW)))
    async with Sandbox(str(path) if as_text else path) as sandbox:
        assert await total(sandbox) == 30


async def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await Sandbox(tmp_path / "nothing").start()


async def test_postings_are_made_up_by_default_the_same_for_the_same_seed() -> None:
    names = []
    for seed in (1, 1, 2):
        async with Sandbox(postings=50, seed=seed) as sandbox:
            assert await total(sandbox) == 50
            names.append(sandbox.dataset)
    assert names[0] == names[1] != names[2]


async def made_up(**options: Any) -> tuple[str, list[dict[str, Any]]]:
    """Return the name and the postings of a dataset that is made up."""
    async with (
        Sandbox(postings=40, seed=3, **options) as sandbox,
        aiohttp.ClientSession(headers={"apikey": sandbox.api_key}) as session,
    ):
        async with session.post(f"{sandbox.url}/v2/job_base/search/filter", json={}) as reply:
            ids = await reply.json()
        records = []
        for number in sorted(ids):
            async with session.get(f"{sandbox.url}/v2/job_base/collect/{number}") as reply:
                records.append(await reply.json())
        return sandbox.dataset, records


async def test_descriptions_made_up_may_be_short() -> None:
    full_name, full = await made_up()
    short_name, short = await made_up(description="short")
    assert full_name == (await made_up(description="full"))[0] != short_name
    assert len(short) == 40
    assert max(len(record["description"]) for record in short) <= 200
    assert min(len(record["description"]) for record in full) > 200
    assert [record | {"description": ""} for record in short] == [record | {"description": ""} for record in full]


@pytest.mark.parametrize("data", [None, FEW])
def test_an_unknown_length_of_descriptions_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="description must be one of full, short, not 'long'"):
        Sandbox(data, description="long")  # type: ignore[arg-type]


async def test_a_client_with_a_sandbox_passes_the_length_on(tmp_path: Path) -> None:
    async with Client.sandbox(home=tmp_path, postings=40, seed=3, description="short") as client:
        assert client.server.dataset == (await made_up(description="short"))[0]


@pytest.mark.parametrize("command", ["sandbox", "demo"])
@pytest.mark.parametrize(("words", "given"), [([], "full"), (["--description", "short"], "short")])
def test_the_length_of_descriptions_on_the_command_line(
    command: str, words: list[str], given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}

    async def start(**options: Any) -> None:
        asked.update(options)
        raise ConfigError("Started.", next_step="nothing")

    monkeypatch.setattr("bulkjobs.local.started_sandbox", start)
    runner = CliRunner()
    assert "Started." in runner.invoke(main, [command, *words, "--home", str(tmp_path)]).output
    assert asked["description"] == given
    refused = runner.invoke(main, [command, "--description", "long", "--home", str(tmp_path)])
    assert refused.exit_code == 2
    assert "'full', 'short'" in refused.output


async def test_a_catalogue_given_stays_open(catalog: Catalog) -> None:
    async with Sandbox(catalog) as sandbox:
        assert sandbox.dataset == catalog.fingerprint
    assert len(catalog) == POSTINGS


async def test_the_url_is_on_this_computer_and_at_a_free_port(catalog: Catalog) -> None:
    async with Sandbox(catalog) as first, Sandbox(catalog) as second:
        assert first.url.startswith("http://127.0.0.1:")
        assert first.url.endswith("/cdapi")
        assert first.url != second.url


async def test_the_port_may_be_chosen(catalog: Catalog) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with Sandbox(catalog, port=port) as sandbox:
        assert sandbox.url == f"http://127.0.0.1:{port}/cdapi"
        with pytest.raises(OSError, match="address already in use"):
            await Sandbox(catalog, port=port).start()


async def test_without_permission_it_listens_on_this_computer_only(catalog: Catalog) -> None:
    with pytest.raises(ValueError, match="allow_remote"):
        Sandbox(catalog, host="0.0.0.0")
    async with Sandbox(catalog, host="0.0.0.0", allow_remote=True) as sandbox:
        assert sandbox.url.startswith("http://127.0.0.1:")
        assert await total(sandbox) == POSTINGS


async def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(TypeError, match="lattency"):
        Sandbox(lattency=3)


async def test_start_and_stop(catalog: Catalog) -> None:
    sandbox = Sandbox(catalog)
    for name in ("url", "dataset"):
        with pytest.raises(RuntimeError, match="not running"):
            getattr(sandbox, name)
    await sandbox.stop()
    await sandbox.start()
    url = sandbox.url
    with pytest.raises(RuntimeError, match="once"):
        await sandbox.start()
    await sandbox.stop()
    await sandbox.stop()
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(url)
    assert sandbox.stats()["posts"] == 0


async def test_nothing_is_left_on_disk(connect: Connect, version: Version, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    api = await connect(version, data=FEW)
    request_id = await api.accepted(ENGINEERS)
    await api.download(request_id, (await api.files(request_id))[0])
    assert list(tmp_path.iterdir())
    await api.sandbox.stop()
    assert not list(tmp_path.iterdir())


async def test_packed_files_take_no_more_room_than_they_may(
    connect: Connect, version: Version, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    api = await connect(version, records_per_file=1, cache_bytes=5_000)
    request_id = await api.accepted(ENGINEERS)
    names = await api.files(request_id)
    assert len(names) == 25
    await asyncio.gather(*(api.download(request_id, name) for name in names * 2))
    await api.download(request_id, names[0])
    sizes = [path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()]
    assert 4_000 < sum(sizes) <= 5_000


async def test_faults_may_be_planned_before_the_start(catalog: Catalog) -> None:
    plan = FaultPlan(Fault("search", "status"))
    async with Sandbox(catalog, faults=plan) as sandbox:
        assert sandbox.faults is plan
        async with aiohttp.ClientSession(headers={"apikey": sandbox.api_key}) as session:
            for status in (503, 200):
                async with session.post(f"{sandbox.url}/v2/job_base/search/filter", json={}) as reply:
                    assert reply.status == status


async def test_it_can_be_asked_from_another_thread(api: Api) -> None:
    await api.accepted(ENGINEERS)
    stats = await asyncio.to_thread(api.sandbox.stats)
    assert stats["posts"] == 1
