"""The journal of a sandbox: what it accepted outlives its process, whatever became of the file's last line."""

import json
import multiprocessing
from pathlib import Path
from typing import Any

import pytest

import bulkjobs as bj
from bulkjobs.sandbox.catalog import Catalog
from bulkjobs.sandbox.journal import Journal
from bulkjobs.sandbox.lifecycle import Account, DataRequests, DuplicateRunningError, Failure, State
from bulkjobs.sandbox.settings import Settings
from tests.support import ManualClock

DAY = 86_400.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "journal.ndjson"


def started(path: Path, clock: ManualClock, *, dataset: str = "data", **settings: Any) -> tuple[DataRequests, Account]:
    """What a process does at its start."""
    account = Account(settings.pop("credits", 100))
    return DataRequests(Settings(clock=clock, **settings), account, Journal(path, dataset)), account


def test_a_restart_knows_all_of_a_data_request_and_charges_nothing_again(path: Path, clock: ManualClock) -> None:
    first, _ = started(path, clock, latency=10, records_per_file=2)
    accepted = first.accept([1, 2, 3], version="v2", query="q", webhook_url="https://secret.example")
    failed = first.accept([], version="v1")
    second, account = started(path, clock, latency=99)
    found = second.find(accepted.id)
    assert found is not None
    kept = ("id", "version", "ids", "credits", "failure", "accepted_at", "running_at", "ends_at", "expires_at", "files")
    assert all(getattr(found, name) == getattr(accepted, name) for name in kept)
    assert found.state(clock.now + 10) is State.READY  # its own latency, not that of the restart
    ended = second.find(failed.id)
    assert ended is not None
    assert ended.failure == Failure(404, "Request did not match any IDs")
    assert (account.spent, account.remaining) == (0, 100)
    assert "secret" not in path.read_text()


def test_identical_filters_that_run_are_refused_after_a_restart_too(path: Path, clock: ManualClock) -> None:
    started(path, clock, latency=10)[0].accept([1], version="v2", query="q")
    requests, _ = started(path, clock, latency=10)
    with pytest.raises(DuplicateRunningError):
        requests.accept([1], version="v2", query="q")
    clock.now += 10
    requests.accept([1], version="v2", query="q")


def test_what_another_process_accepts_is_found(path: Path, clock: ManualClock) -> None:
    here, there = started(path, clock, latency=10)[0], started(path, clock, latency=10)[0]
    for number in range(3):
        accepted = there.accept([number], version="v2", query=f"q{number}")
        here.accept([number], version="v2", query=f"mine {number}")
        found = here.find(accepted.id)
        assert found is not None
        assert found.ids == (number,)
        with pytest.raises(DuplicateRunningError):
            here.accept([1], version="v2", query=f"q{number}")
    assert here.find("nobody's") is None


def test_own_lines_are_not_read_again(path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = started(path, clock)[0], started(path, clock)[0]
    parsed: list[bytes] = []
    parse = Journal._parsed

    def noted(self: Journal, line: bytes) -> Any:
        parsed.append(line)
        return parse(self, line)

    monkeypatch.setattr(Journal, "_parsed", noted)
    for number in range(3):
        here.accept([number], version="v2")
    assert here.find("nobody's") is None
    assert parsed == []
    theirs = there.accept([3], version="v2")
    mine = here.accept([4], version="v2")  # behind a line that was not read yet
    assert here.find(theirs.id) is not None
    here.accept([5], version="v2")
    parsed.clear()
    assert here.find("nobody's") is None
    assert parsed == []
    assert [request.ids for request in started(path, clock)[0].all()] == [(number,) for number in range(5 + 1)]
    assert there.find(mine.id) is not None


def test_what_is_expired_or_of_other_postings_stays_away(path: Path, clock: ManualClock) -> None:
    old = started(path, clock)[0].accept([1], version="v2")
    clock.now += 30 * DAY
    new = started(path, clock)[0].accept([2], version="v2")
    other = started(path, clock, dataset="other")[0].accept([3], version="v2")
    requests, _ = started(path, clock)
    assert [request.id for request in requests.all()] == [new.id]
    assert requests.find(old.id) is requests.find(other.id) is None


@pytest.mark.parametrize("end", [b'{"id":"half', b"\xff\xfe", b"[]", b"{}", b'{"dataset":"data"}', b"null\n"])
def test_a_broken_last_line_loses_only_itself(path: Path, clock: ManualClock, end: bytes) -> None:
    first, _ = started(path, clock)
    before = first.accept([1], version="v2")
    with path.open("ab") as file:
        file.write(end)
    requests, _ = started(path, clock)
    after = requests.accept([2], version="v2")  # written behind it
    again, _ = started(path, clock)
    assert [request.id for request in again.all()] == [before.id, after.id]


def test_a_line_that_is_being_written_is_read_when_it_is_whole(path: Path, clock: ManualClock) -> None:
    started(path, clock)[0].accept([1], version="v2")
    line = path.read_bytes()
    path.write_bytes(line[:-20])
    requests, _ = started(path, clock)
    assert requests.all() == []
    path.write_bytes(line)
    requests.find("look again")
    assert [request.ids for request in requests.all()] == [(1,)]


def test_a_file_that_somebody_removed_is_begun_anew(path: Path, clock: ManualClock) -> None:
    here, there = started(path, clock)[0], started(path, clock)[0]
    here.accept(range(50), version="v2")
    assert there.find("nobody's") is None
    path.unlink()
    accepted = here.accept([1], version="v2")
    assert there.find(accepted.id) is not None


def test_a_journal_that_cannot_be_written_does_not_stop_the_sandbox(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "journal.ndjson"  # no folder
    requests = DataRequests(Settings(clock=clock), Account(10), None)
    requests._journal = Journal(path, "data")
    accepted = requests.accept([1], version="v2")
    assert requests.find(accepted.id) is accepted


def _accept_many(path: Path, count: int) -> None:
    requests, _ = started(path, ManualClock(), credits=10**9)
    for _ in range(count):
        requests.accept(range(3_000), version="v2")


def test_lines_of_two_processes_do_not_mix(path: Path, clock: ManualClock) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_accept_many, args=(path, 40)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    lines = [json.loads(line) for line in path.read_bytes().split(b"\n") if line]
    assert len(lines) == 80
    assert len(started(path, clock)[0].all()) == 80


async def test_a_client_of_a_sandbox_polls_and_downloads_after_a_restart(catalog: Catalog, tmp_path: Path) -> None:
    async with bj.Client.sandbox(home=tmp_path, data=catalog, latency=1) as client:
        bought = await client.submit(bj.JobFilter(deleted=False), limit=20)
        assert bought.state == "accepted"
    async with bj.Client.sandbox(home=tmp_path, data=catalog) as client:
        assert await client.balance() == 50_000
        (collection,) = await client.resume()
        assert (collection.id, collection.records, len(collection.frame())) == (bought.id, 20, 20)
        assert client.server.stats()["posts"] == 0


async def test_a_sandbox_by_itself_keeps_nothing(catalog: Catalog, tmp_path: Path) -> None:
    async with bj.Client.sandbox(home=tmp_path, data=catalog, journal=None) as client:
        await client.submit(bj.JobFilter(deleted=False), limit=20)
    assert not list(tmp_path.glob("sandbox*"))
    assert bj.Sandbox().settings.journal is None
