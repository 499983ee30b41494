"""The ledger as a table, in Python and on the command line."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from bulkjobs import books
from bulkjobs.cli import main
from bulkjobs.ledger import Ledger
from bulkjobs.rows import FileRow, Intent

DAY = 86_400.0
NOW = dt.datetime(2026, 9, 21, 12, tzinfo=dt.UTC).timestamp()


def moment(timestamp: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(timestamp, dt.UTC).replace(tzinfo=None)


@pytest.fixture
def ledger(every_ledger: str, tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "home" / "ledger.sqlite3" if every_ledger == "sqlite" else every_ledger)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(exist_ok=True)


def opened(ledger: Ledger, name: str, requests: int, *, at: float, project: str | None = None) -> None:
    query = {"filters": {"title": name}}
    parts = [({"ids": list(range(1, 11))}, 10)] * requests
    ledger.open(Intent(name, "s", name, query, None, 10, at, "account", 100, parts, project=project))


def filled(ledger: Ledger) -> None:
    """Three days: one loaded; one accepted, one in question, one planned; one that expired."""
    opened(ledger, "oldest", 1, at=NOW - 40 * DAY)
    (lost,) = ledger.data_requests("oldest")
    ledger.claim(lost, account="account", at=NOW - 40 * DAY)
    ledger.accepted(lost, "id-lost", at=NOW - 40 * DAY)
    ledger.failed(lost, {"type": "DataRequestExpired", "charged": "yes"})
    opened(ledger, "older", 1, at=NOW - DAY, project="A")
    (loaded,) = ledger.data_requests("older")
    ledger.claim(loaded, account="account", at=NOW - DAY)
    ledger.accepted(loaded, "id-loaded", at=NOW - DAY + 1)
    ledger.ready(loaded, ["a.gz"], at=NOW - DAY + 2)
    ledger.fetched(FileRow(loaded.id, 0, "a.gz", "files/secret/a.gz", 1, "f", 9, NOW))
    ledger.loaded(loaded, 9, at=NOW - DAY + 3)
    opened(ledger, "newer", 3, at=NOW, project="A")
    accepted, unknown, _ = ledger.data_requests("newer")
    for request in (accepted, unknown):
        ledger.claim(request, account="account", at=NOW)
    ledger.accepted(accepted, "id-accepted", at=NOW + 1.5)
    ledger.unknown(unknown, {"charged": "unknown"})


def test_one_row_a_data_request_newest_first(ledger: Ledger) -> None:
    filled(ledger)
    frame = ledger.frame()
    assert dict(frame.schema) == books.SCHEMA
    assert frame.rows(named=True)[2] == {
        "collection": "newer",
        "number": 0,
        "project": "A",
        "account": "account",
        "service": "s",
        "query": "10 ids",
        "state": "accepted",
        "records": 10,
        "received": None,
        "credits": 10,
        "request_id": "id-accepted",
        "sent_at": moment(NOW),
        "accepted_at": moment(NOW + 1.5),
        "loaded_at": None,
        "expires_at": moment(NOW + 1.5 + 30 * DAY),
    }
    assert frame["collection"].to_list() == ["newer"] * 3 + ["older", "oldest"]
    assert frame["number"].to_list() == [2, 1, 0, 0, 0]
    assert frame["state"].to_list() == ["planned", "unknown", "accepted", "loaded", "failed"]
    assert frame["credits"].to_list() == [0, None, 10, 9, 10]
    assert frame["received"].to_list() == [None, None, None, 9, None]
    assert frame["expires_at"].is_not_null().to_list() == [False, False, True, False, False]
    assert frame["loaded_at"].to_list() == [None, None, None, moment(NOW - DAY + 3), None]
    assert "secret" not in str(frame.rows())


def test_the_table_of_an_empty_ledger_is_typed(ledger: Ledger) -> None:
    assert dict(ledger.frame().schema) == books.SCHEMA
    assert len(ledger.frame()) == 0
    assert books.sums(ledger.frame()).schema["credits"] == pl.Int64


def test_a_long_query_is_shortened(ledger: Ledger) -> None:
    query = {"filters": {"title": "x" * 200}}
    ledger.open(Intent("one", "s", "k", query, None, 10, NOW, "a", None, [(query, 10)]))
    (text,) = ledger.frame()["query"]
    assert text.startswith("JobFilter(title='xxx")
    assert (len(text), text[-3:]) == (80, "...")


def test_sums_of_days_and_projects(ledger: Ledger) -> None:
    filled(ledger)
    assert books.sums(ledger.frame()).rows() == [
        (dt.date(2026, 9, 21), "A", 2, 0, 10, 10),
        (dt.date(2026, 9, 20), "A", 1, 9, 9, 0),
        (dt.date(2026, 8, 12), None, 1, 0, 10, 0),
    ]
    recent = books.since(ledger.frame(), 1, NOW + 60)
    assert recent["collection"].to_list() == ["newer"] * 3  # and what is not sent yet
    assert len(books.since(ledger.frame(), None, NOW)) == 5


def test_the_command_needs_no_key(ledger: Ledger, tmp_path: Path) -> None:
    home = ("--home", str(tmp_path / "home"))
    empty = CliRunner().invoke(main, ["ledger", *home])
    assert (empty.exit_code, "0 credits, 0 more in question" in empty.stdout) == (0, True)
    filled(ledger)
    shown = CliRunner().invoke(main, ["ledger", *home])
    assert shown.exit_code == 0, shown.output
    assert "2026-09-21 12:00" in shown.stdout
    assert "29 credits, 10 more in question" in shown.stdout
    told = json.loads(CliRunner().invoke(main, ["ledger", "--json", *home]).stdout)
    assert [row["state"] for row in told["data_requests"]] == ["planned", "unknown", "accepted", "loaded", "failed"]
    assert told["data_requests"][2]["sent_at"] == "2026-09-21 12:00:00"
    assert told["sums"][0] == {
        "day": "2026-09-21", "project": "A", "data_requests": 2, "received": 0, "credits": 10, "in_question": 10,
    }  # fmt: skip
    told = json.loads(CliRunner().invoke(main, ["ledger", "--json", "--days", "0", *home]).stdout)
    assert [row["state"] for row in told["data_requests"] if row["sent_at"] is None] == ["planned"]


def test_text_of_a_query_or_a_project_cannot_steer_the_terminal(ledger: Ledger, tmp_path: Path) -> None:
    query = {"filters": {"title": "\x1b[2J [red]y[/red]"}}
    ledger.open(Intent("one", "s", "k", query, None, 10, NOW, "a", None, [(query, 10)], project="\x1b[red]x[/red]"))
    shown = CliRunner().invoke(main, ["ledger", "--home", str(tmp_path / "home")]).stdout
    assert "\x1b" not in shown
    assert "[red]x[/red]" in shown
    assert "[red]y[/red]" in shown
