"""A ledger on a server: what is told when something is wrong, without a password, and what survives its end."""

from __future__ import annotations

import builtins
import logging
import signal
import subprocess
import sys
import textwrap
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import bulkjobs as bj
from bulkjobs import config, errors
from bulkjobs.ledger import Ledger
from bulkjobs.rows import Intent
from bulkjobs.wire.pace import Pace
from tests.postgres import PASSWORD, QUOTED, Server, server
from tests.support import ManualClock, posts

MakeClient = Callable[..., bj.Client]
QUERY = {"filters": {"title": "x"}}


def intent(name: str = "one") -> Intent:
    return Intent(name, "s", name, QUERY, None, 10, 1.0, "a", None, [(QUERY, 10)])


@pytest.fixture
def ledger(database: str) -> Iterator[Ledger]:
    made = Ledger(database)
    yield made
    made.close()


@pytest.fixture(scope="module")
def syncing(postgres_server: Server) -> Iterator[Server]:
    with server(fsync=True) as started:
        yield started


@pytest.fixture
def fragile(syncing: Server) -> Server:
    """A server that may be stopped; it syncs what it writes."""
    syncing.start()
    syncing.empty()
    return syncing


def shown(error: BaseException) -> str:
    """All that a person could see of an error: its traceback, with the locals of all frames but those of this test."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    each: traceback.TracebackException | None = told
    while each is not None:
        each.stack = traceback.StackSummary.from_list([one for one in each.stack if one.filename != __file__])
        each = each.__cause__ or each.__context__
    return "\n".join([*told.format(), repr(error), repr(error.__dict__), repr(error.args)])


# --- what is told -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda url: url.replace(QUOTED, "wrong-password"), "password authentication failed"),
        (lambda url: url.replace("/postgres", "/nothing"), 'database "nothing" does not exist'),
        (lambda url: url.replace("team:", "nobody:"), "password authentication failed"),
        (lambda url: url[: url.rindex(":")] + ":1/postgres", "refused"),
        (lambda url: f"{url}?no_such_option=1", "no_such_option"),
        (lambda url: url.replace("127.0.0.1", "nowhere.invalid"), "nowhere.invalid"),
    ],
)
def test_a_server_that_does_not_let_us_in(change: Callable[[str], str], words: str, database: str) -> None:
    with pytest.raises(errors.LedgerError, match=words) as caught:
        Ledger(change(database))
    assert caught.value.charged == "no"
    assert "BULKJOBS_LEDGER" in caught.value.next_step
    for secret in (PASSWORD, QUOTED, "wrong-password"):
        assert secret not in shown(caught.value)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("mysql://u:s3cret@h/db", "no postgresql:// URL"),
        ("ledger.sqlite3", "no postgresql:// URL"),
        ("postgresql://u:s3cret@h", "names no database"),
        ("postgresql://u:s3c@ret@h/db", "write %40"),
        ("postgresql://u:s3cret@h:x/db", "port"),
        ("postgresql://u:s3#cret@h/db", "write %23"),
        ("postgresql://u:s3 cret@h/db", "plain letters"),
        (7, "plain letters"),
    ],
)
def test_an_address_that_makes_no_sense_is_not_quoted(address: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(errors.ConfigError, match=words) as caught:
        bj.Client("k", home=tmp_path, ledger=address)
    assert "postgresql://user:password@host/db" in caught.value.next_step
    text = shown(caught.value)
    assert "s3" not in text
    assert "ret@" not in text


def test_a_driver_that_is_missing(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bring = builtins.__import__

    def without(name: str, *words: Any, **options: Any) -> Any:
        if name.split(".")[0] == "psycopg":
            raise ModuleNotFoundError("No module named 'psycopg'")
        return bring(name, *words, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(errors.ConfigError, match="needs the package psycopg") as caught:
        Ledger(database)
    assert caught.value.next_step == 'pip install "bulkjobs[team]"'
    assert PASSWORD not in shown(caught.value)


@pytest.mark.parametrize(("version", "words"), [(99, "newer bulkjobs"), (1, "early, unreleased")])
def test_a_database_of_another_version_is_left_alone(
    version: int, words: str, database: str, postgres_server: Server
) -> None:
    Ledger(database).close()
    postgres_server.ask(f"UPDATE bulkjobs.version SET number = {version}", "DROP TABLE bulkjobs.runs")
    with pytest.raises(errors.LedgerError, match=words) as caught:
        Ledger(database)
    assert PASSWORD not in shown(caught.value)
    assert postgres_server.ask("SELECT to_regclass('bulkjobs.runs')") is None


def test_a_user_who_may_not_is_told_what_to_ask_for(database: str, postgres_server: Server) -> None:
    Ledger(database).close()
    postgres_server.ask("DROP ROLE IF EXISTS guest", "CREATE ROLE guest LOGIN PASSWORD 'guest-password'")
    with pytest.raises(errors.LedgerError, match="permission denied") as caught:
        Ledger(database.replace(f"team:{QUOTED}", "guest:guest-password"))
    assert "GRANT" in caught.value.next_step
    assert "guest-password" not in shown(caught.value)


# --- the setting ------------------------------------------------------------------------------------------


def test_argument_before_environment_before_file(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_shared(**settings: Any) -> bool:
        client = bj.Client("k", home=tmp_path, **settings)
        shared = client.ledger.is_shared
        assert PASSWORD not in repr(client) + repr(client.__dict__) + repr(client.ledger)
        assert QUOTED not in repr(client) + repr(client.__dict__) + repr(client.ledger.__dict__)
        client.ledger.close()
        return shared

    assert not is_shared()
    monkeypatch.setenv("BULKJOBS_LEDGER", database)
    assert is_shared()
    assert not is_shared(ledger="sqlite")
    (tmp_path / "config.toml").write_text(f'ledger = "{database}"\n')
    (tmp_path / "config.toml").chmod(0o644)
    with pytest.raises(errors.ConfigError, match="holds a password") as caught:
        is_shared()
    assert QUOTED not in shown(caught.value)
    (tmp_path / "config.toml").chmod(0o600)
    assert QUOTED not in repr(config.read_file(tmp_path))
    monkeypatch.setenv("BULKJOBS_LEDGER", "sqlite")
    assert not is_shared()
    monkeypatch.delenv("BULKJOBS_LEDGER")
    assert is_shared()
    other = bj.Client("k", home=tmp_path).with_key("other")
    assert other.ledger.is_shared
    with pytest.raises(errors.LedgerError, match="is no file"):
        _ = other.ledger.path


async def test_play_money_is_kept_apart(
    sandbox: bj.Sandbox, database: str, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BULKJOBS_LEDGER", database)
    async with bj.Client(sandbox.api_key, base_url=sandbox.url, rate=1e4) as client:
        await client.collect(bj.JobFilter(country="Germany"), limit=5)
    assert postgres_server.ask("SELECT count(*) FROM bulkjobs_sandbox.collections") == 1
    assert postgres_server.ask("SELECT to_regclass('bulkjobs.collections')") is None
    async with bj.Client.sandbox(postings=10) as own:  # and one of this process alone is nobody else's
        assert not own.ledger.is_shared


def test_by_way_of_a_socket(database: str, postgres_server: Server) -> None:
    ledger = Ledger(postgres_server.socket_url)
    ledger.open(intent())
    assert Ledger(database).collection("one").id == "one"
    assert "pass" not in repr(ledger)


# --- what survives ----------------------------------------------------------------------------------------


def test_what_was_written_survives_the_server_s_sudden_end(fragile: Server) -> None:
    ledger = Ledger(fragile.url)
    with ledger._reading() as db:
        settings = db.exec_driver_sql("SELECT current_setting('synchronous_commit'), current_setting('fsync')").one()
    assert tuple(settings) == ("on", "on")
    for number in range(2):
        ledger.open(intent(str(number)))
        assert ledger.claim(ledger.data_requests(str(number))[0], account="a", at=1.0).won
        fragile.stop()
        with pytest.raises(errors.LedgerError):
            ledger.turn()
        fragile.start()
        assert ledger.data_requests(str(number))[0].state == "sending"  # the same ledger goes on, too


@pytest.mark.parametrize(
    ("setting", "bad", "good"),
    [("synchronous_commit", "off", "on"), ("transaction_isolation", "serializable", "read committed")],
)
def test_what_the_server_does_unless_told_does_not_matter(
    setting: str, bad: str, good: str, database: str, postgres_server: Server
) -> None:
    default = setting.replace("transaction", "default_transaction")
    postgres_server.ask(f"ALTER ROLE team SET {default} = '{bad}'")
    try:
        assert postgres_server.ask(f"SHOW {default}") == bad
        with Ledger(database)._writing(charged=errors.Charged.NO) as db:
            assert db.exec_driver_sql(f"SHOW {setting}").scalar() == good
    finally:
        postgres_server.ask(f"ALTER ROLE team RESET {default}")


async def test_a_server_that_ends_before_the_post_costs_nothing_and_after_it_tells_the_request_id(
    fragile: Server, sandbox: bj.Sandbox, make_client: MakeClient, query: bj.JobFilter, tmp_path: Path
) -> None:
    client = make_client(sandbox, ledger=fragile.url)
    plan = await client.plan(query, limit=20)
    fragile.stop()
    with pytest.raises(errors.LedgerError) as caught:
        await client.collect(plan)
    assert (caught.value.charged, posts(sandbox)) == ("no", 0)
    fragile.start()

    def end(event: bj.events.Event) -> None:
        if isinstance(event, bj.events.Submitting):
            fragile.stop()

    with pytest.raises(errors.LedgerError) as caught:
        await client.collect(plan, on_event=end)
    (request_id,) = sandbox.stats()["requests"]
    assert request_id in str(caught.value)
    assert (caught.value.charged, caught.value.retry_safe, posts(sandbox)) == ("yes", False, 1)
    assert request_id in (client.home / "unrecorded-request-ids.txt").read_text()
    fragile.start()
    assert PASSWORD not in shown(caught.value)
    (collection,) = client.collections()
    settled = await client.settle(collection.id, request_id=request_id)
    assert (len(settled.frame()), posts(sandbox)) == (20, 1)


# --- what processes share ---------------------------------------------------------------------------------


def child(database: str, code: str) -> subprocess.Popen[str]:
    """Run code in a process with a ledger; it begins once it has told that it is ready."""
    head = "import sys, os, time\nfrom bulkjobs.ledger import Ledger\nledger = Ledger(sys.argv[1])\n"
    command = [sys.executable, "-W", "error", "-c", head + textwrap.dedent(code), database]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_lock_is_one_holder_s_and_ends_with_its_process(ledger: Ledger, database: str) -> None:
    process = child(database, "assert ledger.lock('x').acquire()\nprint('ready', flush=True)\nsys.stdin.readline()")
    try:
        assert not ledger.lock("x").acquire()
        assert ledger.lock("y").acquire()
        assert not ledger.lock("y").acquire()  # nor a second time by another task of this process
        assert not Ledger(database).lock("y").acquire()
        ledger.lock("y").release()
        assert Ledger(database).lock("y").acquire()
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    deadline = time.monotonic() + 60  # the server is told by the system, and takes a moment
    while not ledger.lock("x").acquire():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_lock_whose_session_broke_is_taken_again(ledger: Ledger, database: str, postgres_server: Server) -> None:
    assert ledger.lock("x").acquire()
    postgres_server.ask(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    assert ledger.lock("y").acquire()
    other = Ledger(database)
    assert not other.lock("x").acquire()
    for name in "xy":
        ledger.lock(name).release()
        assert other.lock(name).acquire()


def test_a_fork_leaves_the_connections_of_its_parent_alone(database: str) -> None:
    process = child(
        database,
        """
        assert ledger.lock("x").acquire()
        print("ready", flush=True)
        forked = os.fork()
        if not forked:
            assert ledger.turn() == 0
            assert not ledger.lock("x").acquire()
            assert ledger.lock("y").acquire()
            sys.exit()  # with all that an interpreter does at its end
        assert os.waitpid(forked, 0)[1] == 0
        assert not Ledger(sys.argv[1]).lock("x").acquire()
        assert ledger.turn() == 0
        ledger.lock("x").release()
        ledger.close()
        """,
    )
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_one_writes_at_a_time(ledger: Ledger, database: str, postgres_server: Server) -> None:
    with ledger._writing(charged=errors.Charged.NO) as db:
        other = Ledger(database)
        with other._reading() as impatient:
            impatient.exec_driver_sql("SET lock_timeout = '1ms'")
        with pytest.raises(errors.LedgerError, match="lock timeout") as caught:
            other.open(intent())
        assert "try again" in caught.value.next_step
        assert db.execute(sa.text("SELECT count(*) FROM collections")).scalar() == 0
    assert other.open(intent())[1]


async def test_the_time_of_turns_is_the_server_s(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # the book that follows a test's clock
    clocks = [ManualClock(at) for at in (0.0, 4e9)]  # two machines whose clocks are wrong
    ledgers = [Ledger(database) for _ in clocks]
    paces = [
        Pace(0.01, clock, lambda ledger=ledger, clock=clock: ledger.book("key", clock))  # type: ignore[misc]
        for ledger, clock in zip(ledgers, clocks, strict=True)
    ]
    for pace in paces:
        await pace.turn()
    assert clocks[0].sleeps == []
    assert clocks[1].sleeps == [pytest.approx(100.0, abs=60.0)]
    for ledger in ledgers:
        ledger.close()


async def test_a_server_that_is_gone_fails_no_request(
    fragile: Server, caplog: pytest.LogCaptureFixture, clock: ManualClock
) -> None:
    ledger = Ledger(fragile.url)
    pace = Pace(5.0, clock, lambda: ledger.book("key", clock))
    fragile.stop()
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            await pace.turn()
        await pace.pause(7)
        await pace.turn()
    assert clock.now - ManualClock().now == pytest.approx(7.4)
    (warning,) = caplog.records
    assert "for this process alone" in warning.getMessage()
    assert PASSWORD not in warning.getMessage()


def test_nothing_is_left_open(ledger: Ledger, postgres_server: Server) -> None:
    assert ledger.lock("x").acquire()
    ledger.lock("x").release()
    ledger.close()
    left = "SELECT count(*) FROM pg_stat_activity WHERE application_name <> '' AND pid <> pg_backend_pid()"
    deadline = time.monotonic() + 60
    while postgres_server.ask(f"{left} AND backend_type = 'client backend'"):
        assert time.monotonic() < deadline
