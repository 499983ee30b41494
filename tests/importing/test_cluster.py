"""The same on a Dask cluster: workers read, one process commits, and a worker that dies loses nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from dask.distributed import Client, LocalCluster

from bulkjobs.events import Event, FileImported, ImportStarted
from bulkjobs.library import Library
from tests.importing.conftest import FILES, RECORDS
from tests.importing.test_importing import check

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")


@pytest.fixture
def cluster() -> Iterator[Client]:
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as workers,
        Client(workers) as client,
    ):
        yield client


def test_on_a_cluster_with_a_worker_killed_in_the_middle(
    exports: Path, library: Library, parsed: list[str], cluster: Client
) -> None:
    pids: dict[str, int] = cluster.run(os.getpid)
    (exports / "2022" / "torn.json.gz").write_bytes(b"\x1f\x8b nothing")
    (exports / "2023" / "odd.json").write_text("no record\n")
    told: list[Event] = []

    def kill(event: Event) -> None:
        told.append(event)
        if isinstance(event, FileImported) and event.done == 3:
            os.kill(next(iter(pids.values())), signal.SIGKILL)

    done = library.add(exports, engine=cluster, on_event=kill)
    assert (len(done.added), done.known, [path.name for path in done.failed]) == (FILES + 1, [], ["torn.json.gz"])
    assert done.report.records == FILES * RECORDS
    assert (done.report.bad_count, done.added) == (1, sorted(done.added))
    assert parsed == []  # all of it elsewhere
    assert isinstance(told[0], ImportStarted)
    assert told[0].dashboard == cluster.dashboard_link
    assert (library.path.parent / "bad-lines" / "2023" / "odd.json.bad-lines").read_text() == "no record\n"
    check(library)
    again = library.add(exports, engine=cluster)
    assert (again.added, len(again.known)) == ([], FILES + 1)
    assert library.stats().version == FILES + 1
