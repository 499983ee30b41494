"""The ledger: one winner among processes, states that only go where they may, and files that last."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bulkjobs.errors import LedgerError, UnknownCollection
from bulkjobs.ledger import Ledger
from bulkjobs.query import JobIds
from bulkjobs.rows import DataRequestRow, Intent, is_reopenable, is_void, overall


def intent(number: int = 1, *, key: str = "k", service: str = "s", requests: int = 1) -> Intent:
    query = {"filters": {"title": "x"}}
    return Intent(
        id=f"20260101-{number:06d}",
        service=service,
        key=key,
        query=query,
        record_limit=None,
        matched=10,
        made_at=float(number),
        account="a",
        balance_before=100,
        requests=[(query, 10)] * requests,
    )


@pytest.fixture
def place(ledger_address: str, tmp_path: Path) -> str:
    """Where the ledger is, in either kind of database."""
    return str(tmp_path / "ledger.sqlite3") if ledger_address == "sqlite" else ledger_address


@pytest.fixture
def ledger(place: str) -> Iterator[Ledger]:
    made = Ledger(place)
    yield made
    made.close()


def first(ledger: Ledger, number: int = 1) -> DataRequestRow:
    return ledger.data_requests(f"20260101-{number:06d}")[0]


def test_the_same_again_attaches(ledger: Ledger) -> None:
    row, made = ledger.open(intent(1))
    assert made
    again, made = ledger.open(intent(2))
    assert (again, made) == (row, False)
    assert ledger.current("s", "k") == row
    for other in (intent(3, key="other"), intent(4, service="other")):
        assert ledger.open(other)[1]
    assert [found.id for found in ledger.collections()] == [f"20260101-{n:06d}" for n in (4, 3, 1)]


def test_replacing_takes_the_place_of_that_one_only(ledger: Ledger) -> None:
    one, _ = ledger.open(intent(1))
    two, made = ledger.open(intent(2), replacing=one.id)
    assert made
    assert ledger.current("s", "k") == two
    assert first(ledger, 1).state == "refused"  # it was never sent, and will not be
    three, made = ledger.open(intent(3), replacing=one.id)  # somebody replaced it before
    assert (three, made) == (two, False)


def test_the_way_of_a_data_request(ledger: Ledger) -> None:
    ledger.open(intent())
    assert first(ledger).state == "planned"
    assert ledger.claim(first(ledger), account="a", at=5.0).won
    assert not ledger.claim(first(ledger), account="b", at=6.0).won
    ledger.accepted(first(ledger), "uuid", at=7.0)
    ledger.ready(first(ledger), ["json/a.gz", "json/b.gz"], at=8.0)
    ledger.ready(first(ledger), ["json/b.gz"], at=9.0)  # a second list adds what is new
    files = ledger.files(first(ledger))
    assert [file.name for file in files] == ["json/a.gz", "json/b.gz"]
    for number, file in enumerate(files):
        assert first(ledger).state == "ready"
        ledger.fetched(type(file)(file.data_request_id, number, file.name, "files/x", 1, "f", 5, 10.0))
    assert first(ledger).state == "fetched"
    ledger.loaded(first(ledger), 9, at=11.0)
    ledger.loaded(first(ledger), 9, at=12.0)  # read again
    row = first(ledger)
    assert (row.state, row.account, row.request_id, row.sent_at, row.accepted_at) == ("loaded", "a", "uuid", 5.0, 7.0)
    assert (row.ready_at, row.loaded_at, row.records, row.received) == (8.0, 11.0, 10, 9)
    ledger.failed(row, {"type": "x"})  # the end is the end
    assert first(ledger) == row


def test_credits_are_what_came_or_was_promised(ledger: Ledger) -> None:
    for number, at in ((1, 10.0), (2, 20.0), (3, 30.0)):
        ledger.open(intent(number, key=str(number)))
        ledger.claim(first(ledger, number), account="a", at=at)
        ledger.accepted(first(ledger, number), "uuid", at=at)
    assert ledger.credits_booked("s", 0.0, 99.0) == 30
    assert ledger.credits_booked("s", 15.0, 20.0) == 10
    assert ledger.credits_booked("other", 0.0, 99.0) == 0
    ledger.failed(first(ledger, 3), {"type": "x"})
    assert ledger.credits_booked("s", 0.0, 99.0) == 20


def test_overall_state(ledger: Ledger) -> None:
    ledger.open(intent(requests=3))
    one, two, three = ledger.data_requests("20260101-000001")
    assert overall([one, two, three]) == "planned"
    for request in (one, two, three):
        ledger.claim(request, account="a", at=1.0)
    ledger.accepted(one, "x", at=2.0)
    assert overall(ledger.data_requests(one.collection_id)) == "sending"
    ledger.refused(two, {"charged": "no"})
    assert not is_void(ledger.data_requests(one.collection_id))
    assert overall(ledger.data_requests(one.collection_id)) == "refused"
    ledger.unknown(three, {"charged": "unknown"})
    assert overall(ledger.data_requests(one.collection_id)) == "unknown"
    assert overall([]) == "loaded"


@pytest.mark.parametrize(("kind", "again"), [("OutOfCredits", True), ("Unauthorized", True), ("AlreadyRunning", False)])
def test_what_was_refused_is_sent_again_unless_it_may_be_bought_already(kind: str, again: bool, ledger: Ledger) -> None:
    ledger.open(intent())
    ledger.claim(first(ledger), account="a", at=1.0)
    ledger.refused(first(ledger), {"type": kind, "charged": "no"})
    assert is_reopenable(first(ledger)) is again


def test_void_means_provably_nothing_bought(ledger: Ledger) -> None:
    ledger.open(intent())
    assert not is_void([first(ledger)])
    ledger.claim(first(ledger), account="a", at=1.0)
    ledger.accepted(first(ledger), "x", at=1.0)
    ledger.failed(first(ledger), {"charged": "unknown"})
    assert not is_void([first(ledger)])
    ledger.settled(first(ledger), "x", at=1.0)  # asked for again
    ledger.failed(first(ledger), {"charged": "no"})
    assert is_void([first(ledger)])
    assert ledger.current("s", "k") is None
    assert ledger.open(intent(2))[1]


def test_a_purchase_that_came_to_nothing_does_not_hide_the_one_before(ledger: Ledger) -> None:
    one, _ = ledger.open(intent(1))
    ledger.claim(first(ledger, 1), account="a", at=1.0)
    ledger.accepted(first(ledger, 1), "x", at=1.0)
    two, _ = ledger.open(intent(2), replacing=one.id)
    ledger.claim(first(ledger, 2), account="a", at=2.0)
    assert ledger.current("s", "k") == two
    ledger.refused(first(ledger, 2), {"charged": "no"})
    assert ledger.current("s", "k") == one
    assert ledger.open(intent(3)) == (one, False)


def test_an_acceptance_that_fits_no_data_request_is_not_swallowed(ledger: Ledger) -> None:
    ledger.open(intent())
    with pytest.raises(LedgerError) as caught:
        ledger.accepted(first(ledger), "x", at=1.0)
    assert caught.value.charged == "yes"
    assert ledger.call_off(first(ledger), {"charged": "no"})
    assert not ledger.call_off(first(ledger), {"charged": "no"})


def test_files_of_another_request_id_are_forgotten(ledger: Ledger) -> None:
    ledger.open(intent())
    ledger.claim(first(ledger), account="a", at=1.0)
    ledger.accepted(first(ledger), "x", at=1.0)
    ledger.ready(first(ledger), ["a.gz"], at=2.0)
    for request_id, left in (("x", 1), ("y", 0)):
        ledger.failed(first(ledger), {"charged": "unknown"})
        ledger.settled(first(ledger), request_id, at=3.0)
        assert len(ledger.files(first(ledger))) == left
    assert ledger.knows("y") == first(ledger)
    assert ledger.knows("x") is None


def test_a_post_on_its_way_makes_a_balance_uncertain(ledger: Ledger) -> None:
    ledger.open(intent())
    assert not ledger.in_flight("s", 5.0)
    ledger.claim(first(ledger), account="a", at=3.0)
    assert ledger.in_flight("s", 5.0)
    assert not ledger.in_flight("s", 2.0)
    ledger.accepted(first(ledger), "x", at=6.0)
    assert ledger.in_flight("s", 5.0)
    assert not ledger.in_flight("s", 7.0)
    assert not ledger.in_flight("other", 5.0)


def test_found_by_the_beginning_of_its_id(ledger: Ledger) -> None:
    ledger.open(intent(1))
    ledger.open(intent(12, key="other"))
    assert ledger.collection("20260101-000001").id == "20260101-000001"
    assert ledger.collection("20260101-00001").id == "20260101-000012"
    for name in ("20260101", "", "nothing", "%", "_"):
        with pytest.raises(UnknownCollection):
            ledger.collection(name)


def test_everything_is_there_for_the_next_process(ledger: Ledger, place: str) -> None:
    row, _ = ledger.open(intent())
    ledger.reconciled(row.id, {"differences": ["x"]})
    found = Ledger(place).collections()[0]
    assert (found.query, found.reconciliation) == ({"filters": {"title": "x"}}, {"differences": ["x"]})


def test_one_winner_among_processes(place: str) -> None:
    script = textwrap.dedent(
        """
        import sys
        from bulkjobs.ledger import Ledger
        from bulkjobs.rows import Intent
        ledger = Ledger(sys.argv[1])
        for turn in range(10):
            it = Intent(f"{sys.argv[2]}-{turn}", "s", str(turn), {}, None, 1, 1.0, "a", None, [({}, 1)])
            row, made = ledger.open(it)
            won = ledger.claim(ledger.data_requests(row.id)[0], account="a", at=1.0).won
            print(turn, "made" if made else "-", "claimed" if won else "-")
        """
    )
    command = [sys.executable, "-c", script, place]
    racers = [subprocess.Popen([*command, str(n)], stdout=subprocess.PIPE, text=True) for n in range(4)]
    words = [word for racer in racers for word in racer.communicate()[0].split()]
    assert [racer.returncode for racer in racers] == [0] * 4
    assert Counter(words)["made"] == Counter(words)["claimed"] == 10


def test_troubles_are_ledger_errors(tmp_path: Path) -> None:
    garbage = tmp_path / "garbage.sqlite3"
    garbage.write_bytes(b"this is no database, but long enough to be taken for one" * 50)
    with pytest.raises(LedgerError, match="can't be used") as caught:
        Ledger(garbage)
    assert caught.value.charged == "no"


@pytest.mark.parametrize(("version", "words"), [(99, "newer bulkjobs"), (1, "early, unreleased")])
def test_a_ledger_of_another_version_is_left_alone(version: int, words: str, tmp_path: Path) -> None:
    path = Ledger(tmp_path / "other.sqlite3").path
    db = sqlite3.connect(path, isolation_level=None)
    db.execute(f"PRAGMA user_version = {version}")
    db.close()
    before = path.read_bytes()
    with pytest.raises(LedgerError, match=words):
        Ledger(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("version", [2, 3])
def test_an_older_ledger_is_brought_up_to_date(version: int, tmp_path: Path) -> None:
    path = Ledger(tmp_path / "old.sqlite3").path
    Ledger(path).open(intent())
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("DROP TABLE runs")
    if version == 2:
        db.execute("DROP TABLE id_lists")
        for table, column in (("collections", "owned"), ("collections", "project"), ("data_requests", "basis"),
                              ("data_requests", "turn")):  # fmt: skip
            db.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        db.execute("""UPDATE data_requests SET query = '{"ids": [5, 6]}'""")
    db.execute(f"PRAGMA user_version = {version}")
    db.close()
    for _ in range(2):  # once is enough
        ledger = Ledger(path)
        assert ledger.runs("s") == []
        assert ledger.collection("20260101-000001").owned == 0
    if version == 2:
        query = ledger.query(first(ledger))
        assert isinstance(query, JobIds)
        assert query.series.to_list() == [5, 6]
    run = ledger.run_begun("s", "name", {"filters": {}}, None, at=1.0)
    assert ledger.run_noted(run, records=5, finished_at=2.0) == ledger.runs("s", "name")[0]
    assert (ledger.runs("s")[0].records, ledger.runs("s", "other"), ledger.runs("t")) == (5, [], [])


def test_a_failed_transaction_leaves_nothing(ledger: Ledger) -> None:
    ledger.open(intent(1))
    with pytest.raises(LedgerError):
        ledger.open(intent(1, key="same id, other key"))
    assert len(ledger.collections()) == 1
