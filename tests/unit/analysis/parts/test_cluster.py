"""The same on the workers of a cluster, some of whom die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dask
import polars as pl
import pytest
from distributed import Client
from polars.testing import assert_frame_equal

from bulkjobs import report
from bulkjobs.analysis import Prepared, Rows, prepare, questions
from bulkjobs.engine.cluster import Cluster
from bulkjobs.errors import ConfigError, InvalidQuery
from bulkjobs.events import Worked
from bulkjobs.export import export_parts
from bulkjobs.library import Library
from bulkjobs.records import drift
from bulkjobs.rowhash import data_sha256
from tests.support import Listener
from tests.unit.analysis.parts.support import ONLY, assert_same_answers, assert_same_rows, files, parts_of, two_workers


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with two_workers() as made:
        yield made


def gate(folder: Path) -> Callable[[], None]:
    """Make what holds the first worker that comes by, for ever, and lets all others pass."""
    here = os.getpid()

    def pass_by() -> None:
        if os.getpid() == here:
            return
        try:
            (folder / "held").mkdir()
        except FileExistsError:
            return
        (folder / "pid").write_text(str(os.getpid()))
        (folder / "pid").rename(folder / "caught")
        threading.Event().wait()

    return pass_by


def kill_who_is_caught(folder: Path) -> threading.Thread:
    """Kill, as if its machine had died, the worker that a gate holds."""

    def kill() -> None:
        while not (folder / "caught").exists():
            time.sleep(0.01)
        os.kill(int((folder / "caught").read_text()), signal.SIGKILL)
        (folder / "killed").touch()

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    return thread


def test_rows_and_answers_are_those_of_one_frame(
    library: Library, expected: pl.DataFrame, folder: Path, client: Client
) -> None:
    heard = Listener()
    made = prepare(library, folder, only=ONLY, parts=3, engine=client, on_event=heard)
    assert_same_rows(made, expected)
    assert_same_answers(made, expected)
    assert_frame_equal(questions.top(made.on("local"), "title").frame, questions.top(made, "title").frame)
    steps = [event for event in heard.events if isinstance(event, Worked)]
    assert [(one.step, one.done) for one in steps[-3:]] == [("reposts", at) for at in range(1, 4)]
    assert {one.dashboard for one in steps} == {client.dashboard_link}
    assert f"Dask, 2 workers; watch it at {client.dashboard_link}" in repr(made)
    assert_frame_equal(questions.live(made).frame, questions.live(Prepared.open(folder, engine=client)).frame)


def test_what_does_not_fit_in_memory_waits_on_disk(library: Library, expected: pl.DataFrame, folder: Path) -> None:
    prepare(library, folder, only=ONLY, parts=8)
    little = {f"distributed.worker.memory.{name}": limit for name, limit in (("target", 1e-6), ("spill", False))}
    with dask.config.set(little), two_workers() as client:
        made = Prepared.open(folder, engine=client)
        assert_frame_equal(questions.top(made, "title").frame, questions.top(expected, "title").frame)
        written = client.run(lambda dask_worker: dask_worker.data.cumulative_metrics["disk-write", "bytes"])
    assert sum(written.values()) > 100_000


def test_a_report_is_that_of_this_process(library: Library, client: Client, tmp_path: Path) -> None:
    asked: dict[str, Any] = {"period": "2026", "country": ["US", "GB"]}
    here = report.labour_market(library, **asked)
    heard = Listener()
    there = report.labour_market(library, engine=client, folder=tmp_path, on_event=heard, **asked)
    assert there.document == here.document
    assert dict(there.facts)["postings"] > 100
    assert dict(there.facts)["left out, of another time"] > 100
    assert there.summary == here.summary
    assert heard.events
    silent = Listener()
    again = report.labour_market(library, engine=client, folder=tmp_path, on_event=silent, **asked)
    assert again.document == here.document
    assert silent.events == []
    with pytest.raises(InvalidQuery, match="folder"):
        report.labour_market(library, engine=client, **asked)


def test_where_postings_come_from_what_changed_and_their_export_are_those_of_this_process(
    library: Library, frame: pl.DataFrame, client: Client, tmp_path: Path
) -> None:
    there = library.rows(engine=client)
    assert len(there.parts) > 6
    assert library.provenance(engine=client) == library.provenance()
    assert library.provenance().data_sha256 == data_sha256(library.scan())
    before = frame.with_columns(seniority=pl.lit("Chief"), salary=None)
    found = drift(there, before)
    assert found == drift(library.scan(), before) == drift(library.rows(), before)
    assert found.values
    assert "salary" in found.new_fields
    paths = export_parts(there, tmp_path / "there")
    assert [path.name for path in paths] == [f"part-{at:05}.parquet" for at in range(len(there.parts))]
    order = ["id", "created", "title", "url"]
    assert_frame_equal(pl.read_parquet(paths).sort(order), library.scan().collect().sort(order))


def test_a_worker_that_dies_while_it_asks_changes_nothing(
    library: Library, expected: pl.DataFrame, folder: Path, client: Client, tmp_path: Path
) -> None:
    made = prepare(library, folder, only=["skills"], parts=6)
    hold = gate(tmp_path)

    def held(titles: pl.Series) -> pl.Series:
        hold()
        return titles

    gated = made.on(client).with_columns(pl.col("title").map_batches(held, return_dtype=pl.String))
    killer = kill_who_is_caught(tmp_path)
    found = questions.top(gated, "title")
    killer.join(60)
    assert (tmp_path / "killed").exists()
    assert_frame_equal(found.frame, questions.top(expected, "title").frame)


def test_a_worker_that_dies_while_it_enriches_changes_nothing(
    library: Library, expected: pl.DataFrame, folder: Path, client: Client, tmp_path: Path
) -> None:
    hold = gate(tmp_path)

    def held(titles: pl.Series) -> pl.Series:
        hold()
        return titles

    before = set(client.run(os.getpid).values())
    raw = library.scan().collect()
    units = []
    for at in range(6):
        raw[at::6].write_parquet(tmp_path / f"{at}.parquet")
        scan = pl.scan_parquet(tmp_path / f"{at}.parquet")
        units.append(scan.with_columns(pl.col("title").map_batches(held, return_dtype=pl.String)))
    killer = kill_who_is_caught(tmp_path)
    made = prepare(units, folder, only=ONLY, parts=3, engine=client)
    killer.join(60)
    assert (tmp_path / "killed").exists()
    assert set(client.run(os.getpid).values()) != before
    assert_same_rows(made, expected)
    assert parts_of(folder) == list(range(3)) == list(range(len(files(folder))))


def test_what_fails_for_good_says_so(client: Client, tmp_path: Path) -> None:
    def broken(titles: pl.Series) -> pl.Series:
        raise ValueError("no such luck")

    part = pl.LazyFrame({"title": ["a"]}).with_columns(pl.col("title").map_batches(broken, return_dtype=pl.String))
    with pytest.raises(ValueError, match="no such luck"):
        questions.top(Rows((part, part)).on(client), "title")


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigError, match=r"bulkjobs\[cluster\]"):
        Cluster.of("dask")


def test_nothing_of_a_cluster_is_imported_unless_asked_for() -> None:
    code = "import sys, bulkjobs.analysis; assert not {'dask', 'distributed'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_client_that_does_not_block_is_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Client, "asynchronous", True)
    with pytest.raises(InvalidQuery, match="that blocks"):
        Cluster.of(client)
    monkeypatch.undo()
