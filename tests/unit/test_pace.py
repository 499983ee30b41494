"""The speed limit: order, pauses, and one rate for all processes that share a file."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import pytest

import bulkjobs as bj
from bulkjobs import postgres
from bulkjobs.clock import Clock
from bulkjobs.ledger import Ledger
from bulkjobs.wire.pace import LONGEST_PAUSE, NORMAL, POLL, SPEND, Book, FileBook, Pace
from tests.support import START, ManualClock

ROOT = Path(__file__).resolve().parents[2]


class Timeline(ManualClock):
    """A clock that goes on to the earliest end of a sleep once all tasks sleep: several processes, but exact."""

    def __init__(self, start: float = START) -> None:
        super().__init__(start)
        self._ends: list[float] = []

    async def sleep(self, seconds: float) -> None:
        end = self.now + seconds
        self._ends.append(end)
        try:
            passes = 0
            while passes < 10:  # of the loop, with no sleeper before this one: time enough for all to come to their own
                await asyncio.sleep(0)
                passes = passes + 1 if end <= min(self._ends) else 0
            self.now = max(self.now, end)
        finally:
            self._ends.remove(end)


class Turns:
    """Takes turns and writes down who had one, and when."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.names: list[str] = []
        self.times: list[float] = []

    async def take(self, pace: Pace, name: str = "", priority: int = NORMAL, turns: int = 1) -> None:
        for _ in range(turns):
            await pace.turn(priority)
            self.names.append(name)
            self.times.append(self.clock.now - START)


Where = Callable[[Clock], Callable[[], Book] | None]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pace" / "key.sqlite3"


def where(request: pytest.FixtureRequest, file: Path, monkeypatch: pytest.MonkeyPatch) -> Where:
    """Give what processes share, for a clock: nothing, a file, or a row of a database."""
    if request.param != "row":
        return lambda clock: None if request.param == "alone" else lambda: FileBook(file, clock)
    ledger = Ledger(request.getfixturevalue("database"))

    async def at_once(ask: Callable[..., float], *words: Any) -> float:
        return ask(*words)  # while a thread asks, a clock of the test's would go on

    monkeypatch.setattr(postgres, "_in_thread", at_once)
    return lambda clock: lambda: ledger.book("key", clock)


@pytest.fixture(params=["alone", "file", "row"])
def path(request: pytest.FixtureRequest, file: Path, monkeypatch: pytest.MonkeyPatch) -> Where:
    """Every rule holds within a process and between processes."""
    return where(request, file, monkeypatch)


@pytest.fixture(params=["file", "row"])
def shared(request: pytest.FixtureRequest, file: Path, monkeypatch: pytest.MonkeyPatch) -> Where:
    return where(request, file, monkeypatch)


async def test_the_urgent_go_first_and_equals_as_they_came(path: Where, clock: ManualClock) -> None:
    pace, turns = Pace(5.0, clock, path(clock)), Turns(clock)
    waiting = [("poll", POLL), ("count 1", NORMAL), ("poll 2", POLL), ("count 2", NORMAL), ("buy", SPEND)]
    await asyncio.gather(*(turns.take(pace, name, priority) for name, priority in waiting))
    assert turns.names == ["buy", "count 1", "count 2", "poll", "poll 2"]
    assert turns.times == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8])


async def test_who_comes_while_the_others_wait_can_still_be_first(path: Where) -> None:
    clock = Timeline()
    pace, turns = Pace(5.0, clock, path(clock)), Turns(clock)
    polls = asyncio.gather(*(turns.take(pace, "poll", POLL) for _ in range(3)))
    await clock.sleep(0.1)  # the second poll waits, for a turn at 0.2 that is reserved
    await turns.take(pace, "buy", SPEND)
    await polls
    assert turns.names == ["poll", "buy", "poll", "poll"]
    assert turns.times == pytest.approx([0.0, 0.2, 0.4, 0.6])


async def test_a_turn_of_a_cancelled_waiter_goes_to_the_next(path: Where) -> None:
    clock = Timeline()
    pace, turns = Pace(5.0, clock, path(clock)), Turns(clock)
    tasks = [asyncio.create_task(turns.take(pace, name)) for name in "abcd"]
    await clock.sleep(0.1)
    tasks[1].cancel()  # the turn at 0.2 was to be b's
    await asyncio.gather(*tasks, return_exceptions=True)
    assert turns.names == ["a", "c", "d"]
    assert turns.times == pytest.approx([0.0, 0.2, 0.4])


async def test_a_waiter_cancelled_as_its_turn_comes_passes_it_on(path: Where) -> None:
    clock = Timeline()
    pace, turns = Pace(5.0, clock, path(clock)), Turns(clock)
    tasks = {name: asyncio.create_task(turns.take(pace, name)) for name in "abc"}

    await asyncio.sleep(0)  # all three wait; the dispatcher comes next
    await asyncio.sleep(0)  # a has its turn, and has not run with it
    tasks["a"].cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    assert turns.names == ["b", "c"]
    assert turns.times[0] == 0.0


async def test_no_turn_is_given_to_a_waiter_that_is_being_cancelled(path: Where, clock: ManualClock) -> None:
    pace, turns = Pace(5.0, clock, path(clock)), Turns(clock)
    tasks = [asyncio.create_task(turns.take(pace, name)) for name in "abc"]
    await asyncio.sleep(0)  # all three wait; the dispatcher comes next, before a knows that it is cancelled
    tasks[0].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert turns.names == ["b", "c"]
    assert turns.times == pytest.approx([0.0, 0.2])


async def test_nothing_is_left_behind_when_nobody_waits(path: Where) -> None:
    clock = Timeline()
    pace, turns = Pace(5.0, clock, path(clock)), Turns(clock)
    await pace.pause(100)
    tasks = [asyncio.create_task(turns.take(pace)) for _ in range(3)]
    await clock.sleep(1)
    for task in tasks:
        task.cancel()
    late = asyncio.create_task(turns.take(pace, "late"))  # comes before the end of what is being cancelled
    await asyncio.gather(*tasks, return_exceptions=True)
    await late
    assert turns.names == ["late"]
    abandoned = asyncio.create_task(turns.take(pace))
    await asyncio.sleep(0)
    abandoned.cancel()
    await asyncio.gather(abandoned, return_exceptions=True)
    for _ in range(3):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_several_loops_one_after_another(path: Where, clock: ManualClock) -> None:
    pace, turns = Pace(5.0, clock, path(clock)), Turns(clock)

    async def cut_off() -> None:
        forsaken = asyncio.gather(*(turns.take(pace, "forsaken", SPEND) for _ in range(3)))
        await asyncio.sleep(0)
        assert not forsaken.done()  # and the loop ends

    async def go_on() -> None:
        await asyncio.gather(*(turns.take(pace, "next") for _ in range(2)))

    asyncio.run(cut_off())
    asyncio.run(go_on())
    loop = asyncio.new_event_loop()
    left = loop.create_task(turns.take(pace, "left"))
    loop.run_until_complete(asyncio.sleep(0))  # a loop that is stopped with a waiter in it
    asyncio.run(go_on())
    assert turns.names == ["next"] * 4
    assert all(later - sooner >= 0.2 - 1e-6 for sooner, later in pairwise(turns.times))
    left.cancel()
    loop.run_until_complete(asyncio.gather(left, return_exceptions=True))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


async def test_a_turn_that_came_late_does_not_bring_the_next_one_near(path: Where) -> None:
    class Sleepy(ManualClock):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds if self.sleeps else seconds + 0.15)

    clock = Sleepy()
    turns = Turns(clock)
    await turns.take(Pace(5.0, clock, path(clock)), turns=4)
    assert turns.times == pytest.approx([0.0, 0.35, 0.55, 0.75])


async def test_a_trouble_with_the_clock_reaches_who_waits(path: Where, clock: ManualClock) -> None:
    async def broken(seconds: float) -> None:
        raise ArithmeticError

    clock.sleep = broken  # type: ignore[method-assign]
    pace = Pace(5.0, clock, path(clock))
    await pace.turn()
    done = await asyncio.wait_for(asyncio.gather(pace.turn(), pace.turn(), return_exceptions=True), 10)
    assert [type(error) for error in done] == [ArithmeticError] * 2


async def test_processes_share_one_rate_and_alternate(shared: Where) -> None:
    clock = Timeline()
    turns = Turns(clock)
    await asyncio.gather(*(turns.take(Pace(5.0, clock, shared(clock)), name, turns=20) for name in "abc"))
    assert turns.names == list("abc") * 20
    assert turns.times == pytest.approx([0.2 * n for n in range(60)])


async def test_nobody_comes_between_the_look_and_the_reservation(file: Path, clock: ManualClock) -> None:
    refused: list[str] = []

    class Meddling(ManualClock):  # is asked in the middle of it
        def time(self) -> float:
            try:
                FileBook(file, clock).reserve(0.0, 0.2).send(None)
            except sqlite3.OperationalError as error:
                refused.append(str(error))
            return super().time()

    assert await FileBook(file, Meddling()).reserve(0.0, 0.2) == 0.0
    assert refused == ["database is locked"]
    assert await FileBook(file, clock).reserve(0.0, 0.2) == pytest.approx(0.2)


async def test_a_crowd_in_one_process_does_not_starve_another(shared: Where) -> None:
    clock = Timeline()
    turns, crowded = Turns(clock), Pace(5.0, clock, shared(clock))
    crowd = asyncio.gather(*(turns.take(crowded, "crowd", SPEND) for _ in range(50)))
    await clock.sleep(0.1)
    await turns.take(Pace(5.0, clock, shared(clock)), "other", POLL, turns=5)
    assert turns.times[-1] <= 2.1
    await crowd


async def test_each_process_reserves_its_own_gap(shared: Where) -> None:
    clock = Timeline()
    turns = Turns(clock)
    slow, quick = Pace(2.0, clock, shared(clock)), Pace(10.0, clock, shared(clock))
    await asyncio.gather(turns.take(slow, "slow", turns=5), turns.take(quick, "quick", turns=5))
    assert turns.names == ["slow", "quick"] * 5
    gaps = [later - sooner for sooner, later in pairwise(turns.times)]
    assert gaps == pytest.approx([0.5, 0.1] * 4 + [0.5])


async def test_a_pause_holds_for_all_processes(shared: Where) -> None:
    clock = Timeline()
    turns = Turns(clock)
    told, other, third = (Pace(5.0, clock, shared(clock)) for _ in range(3))
    await turns.take(told, "told")
    others = [asyncio.create_task(turns.take(pace, "other", turns=2)) for pace in (other, third)]
    await clock.sleep(0.1)  # they sleep until 0.2 and 0.4
    await told.pause(7)
    await told.pause(0.01)  # a shorter one takes nothing from it
    await asyncio.gather(*others)
    assert turns.times == pytest.approx([0.0, 7.1, 7.3, 7.5, 7.7])


async def test_a_pause_is_bounded_and_none_is_shortened(path: Where, clock: ManualClock) -> None:
    pace, turns = Pace(5.0, clock, path(clock)), Turns(clock)
    await pace.pause(10**9)
    await pace.pause(1)
    await turns.take(pace)
    assert turns.times == pytest.approx([LONGEST_PAUSE])


@pytest.mark.parametrize("way", ["turn", "pause"])
async def test_a_clock_that_was_set_back_makes_nobody_wait(way: str, shared: Where) -> None:
    ahead, clock = ManualClock(START + 86_400), ManualClock()
    before = Pace(5.0, ahead, shared(ahead))
    await before.turn()
    if way == "pause":
        await before.pause(LONGEST_PAUSE)
    turns = Turns(clock)
    await turns.take(Pace(5.0, clock, shared(clock)))
    assert turns.times == [0.0]
    await turns.take(Pace(5.0, clock, shared(clock)))  # and from there on all is as usual
    assert turns.times == pytest.approx([0.0, 0.2])


async def test_a_clock_set_back_does_not_speed_up_a_process(shared: Where) -> None:
    class TwoHands(ManualClock):
        ahead = 86_400.0

        def time(self) -> float:
            return self.now + self.ahead

    clock = TwoHands()
    pace, turns = Pace(5.0, clock, shared(clock)), Turns(clock)
    await turns.take(pace, turns=2)
    await pace.pause(7)
    clock.ahead = 0.0
    await turns.take(pace, turns=2)
    assert turns.times == pytest.approx([0.0, 0.2, 7.2, 7.4])


async def test_a_long_gap_is_no_clock_that_was_set_back(shared: Where, clock: ManualClock) -> None:
    turns = Turns(clock)
    for _ in range(3):
        await turns.take(Pace(0.001, clock, shared(clock)))
    assert turns.times == pytest.approx([0.0, 1_000.0, 2_000.0])


def _in_the_way(folder: Path) -> None:
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("no folder")


def _read_only(folder: Path) -> None:
    if os.name == "nt" or os.geteuid() == 0:
        pytest.skip("nothing is read-only for this user")
    folder.mkdir(parents=True)
    folder.chmod(0o500)


def _no_database(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "key.sqlite3").write_text("something else " * 100)


def _other_database(folder: Path) -> None:
    folder.mkdir(parents=True)
    db = sqlite3.connect(folder / "key.sqlite3")
    db.execute("CREATE TABLE t (x)")
    db.close()


@pytest.mark.parametrize("spoil", [_in_the_way, _read_only, _no_database, _other_database])
async def test_a_file_that_cannot_be_used_fails_no_request(
    spoil: Callable[[Path], None], file: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    spoil(file.parent)
    pace, turns = Pace(5.0, clock, lambda: FileBook(file, clock)), Turns(clock)
    with caplog.at_level(logging.WARNING):
        await turns.take(pace, turns=3)
        await pace.pause(7)
        await turns.take(pace, turns=2)
        clock.now += 100  # it is tried again, in vain
        await turns.take(pace)
    assert turns.times == pytest.approx([0.0, 0.2, 0.4, 7.4, 7.6, 107.6])
    (warning,) = caplog.records  # said once
    assert "for this process alone" in warning.getMessage()


async def test_a_file_that_is_held_is_shared_again_later(
    file: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    pace, turns = Pace(5.0, clock, lambda: FileBook(file, clock)), Turns(clock)
    await turns.take(pace)
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    await turns.take(pace, turns=3)
    holder.execute("ROLLBACK")
    holder.close()
    assert turns.times == pytest.approx([0.0, 0.2, 0.4, 0.6])
    assert len(caplog.records) == 1
    clock.now += 60
    await Pace(5.0, clock, lambda: FileBook(file, clock)).pause(7)
    await turns.take(pace)
    assert turns.times[-1] == pytest.approx(60.6 + 7)


PROCESS = """
import asyncio, json, sys, time
from bulkjobs.clock import SystemClock
from bulkjobs.ledger import Ledger
from bulkjobs.wire.pace import Pace

async def main():
    ledger, clock = Ledger(sys.argv[1]), SystemClock()
    pace = Pace(float(sys.argv[2]), clock, lambda: ledger.book("key", clock))
    times = []
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(int(sys.argv[3])):
        await pace.turn()
        times.append(time.time())
    print(json.dumps(times))
    ledger.close()

asyncio.run(main())
"""


def test_real_processes_share_one_rate(ledger_address: str, tmp_path: Path) -> None:
    rate, turns, processes = 200.0, 30, 3
    place = str(tmp_path / "ledger.sqlite3") if ledger_address == "sqlite" else ledger_address
    Ledger(place).close()
    command = [sys.executable, "-W", "error", "-c", PROCESS, place, str(rate), str(turns)]
    paths = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = [
        subprocess.Popen(command, env=paths, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    try:
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        started = time.time()
        for process in running:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        times = [json.loads(process.communicate(timeout=120)[0]) for process in running]
    finally:
        for process in running:
            process.kill()
            process.communicate()
    assert [len(of_one) for of_one in times] == [turns] * processes
    # The nth of all turns comes no sooner than n gaps after the start, however late a process writes its own down:
    # a bound that slowness can't break. Between two late ones, on the other hand, any time may lie.
    for n, instant in enumerate(sorted(chain.from_iterable(times))):
        assert instant - started >= n / rate - 0.001


async def test_clients_of_one_home_share_the_file_of_their_key(
    start_sandbox: Any, make_client: Callable[..., bj.Client], clock: ManualClock
) -> None:
    sandbox = await start_sandbox()
    clients = [make_client(sandbox, clock=clock, rate=5.0) for _ in range(2)]
    for client in clients * 2:
        await client.balance()
    assert clock.now - START == pytest.approx(0.6)
    (file,) = (clients[0].home / "pace").iterdir()
    assert file.name == f"{bj.config.ApiKey(sandbox.api_key).account}.sqlite3"


async def test_what_spends_goes_first_and_polls_last(
    sandbox: bj.Sandbox, make_client: Callable[..., bj.Client], query: bj.JobFilter, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    turn = Pace.turn

    async def noted(pace: Pace, priority: int = NORMAL) -> None:
        taken.append(priority)
        await turn(pace, priority)

    monkeypatch.setattr(Pace, "turn", noted)
    client = make_client(sandbox)
    plan = await client.plan(query, limit=20)
    before = len(taken)
    assert set(taken) == {NORMAL}
    steps = []
    collection = await client.submit(plan)
    for step in (collection.wait, collection.fetch):
        steps.append(taken[before:])
        before = len(taken)
        await step()
    steps.append(taken[before:])
    assert steps == [[NORMAL, SPEND], [POLL], [NORMAL]]  # the balance and the purchase; the poll; the download
