"""How fast a folder of raw files becomes a library, the first time and the second: here, and on a Dask cluster.

Makes its own files of small postings, and compares each way with merely hashing the same files, in the same run. Each
way runs in a process of its own. Prints a table, and writes ``bench/results/imports.json``. Read the ratios: seconds
are those of one machine on one day.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from measuring import Run, machine, save, timed

FLOOR, LOCAL, AGAIN = "floor: hash only", "local, first time", "local, second time"
DASK, DASK_AGAIN = "dask, 2 workers, first time", "dask, 2 workers, second time"
VERSIONS = ("bulkjobs", "polars", "deltalake", "dask", "distributed")


def make(folder: Path, files: int, postings: int) -> None:
    """Write the files: the same postings in each, under ids of its own."""
    from bulkjobs.sandbox.sample import generate

    made = [json.dumps({**posting, "id": 0}) for posting in generate(postings, description="short")]
    for number in range(files):
        first = number * postings
        lines = (line.replace('"id": 0', f'"id": {first + n}', 1) for n, line in enumerate(made))
        path = folder / str(2016 + number % 10) / f"part-{number // 10:05d}.json.gz"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(gzip.compress("\n".join(lines).encode(), compresslevel=1))


def hashed(folder: Path, _: Path) -> Iterator[int | None]:
    """Hash each file."""
    from bulkjobs.disk import hash_of

    paths = sorted(folder.rglob("*.gz"))
    yield None
    for path in paths:
        hash_of(path)
    yield None
    yield len(paths)


def imported(folder: Path, library: Path, *, dask: bool = False) -> Iterator[int | None]:
    """Import the folder."""
    from bulkjobs.library import Library

    engine: Any = "local"
    if dask:
        from dask.distributed import Client

        engine = Client(n_workers=2, threads_per_worker=1, dashboard_address=None)
    shelf = Library(library)
    yield None
    done = shelf.add(folder, engine=engine)
    yield None
    if dask:
        engine.shutdown()
    assert not done.failed
    yield done.report.records or len(done.known)


def on_dask(folder: Path, library: Path) -> Iterator[int | None]:
    """Import the folder on a cluster of two workers."""
    return imported(folder, library.with_name("on-dask"), dask=True)


WAYS: dict[str, Callable[[Path, Path], Iterator[int | None]]] = {
    FLOOR: hashed, LOCAL: imported, AGAIN: imported, DASK: on_dask, DASK_AGAIN: on_dask,
}  # fmt: skip


def measured(way: str, folder: Path, library: Path) -> Run:
    """Go one way, in a process of its own."""
    command = [sys.executable, __file__, "--way", way, "--folder", str(folder), "--library", str(library)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    run: Run = json.loads(done.stdout.splitlines()[-1])
    return run


def table(runs: dict[str, Run], first: int) -> str:
    """Write what was measured as a table."""
    floor, local = runs[FLOOR]["wall_s"], runs[LOCAL]["wall_s"]
    lines = [f"{'':32}{'seconds':>10}{'x floor':>10}{'x local':>10}{'rows/s':>12}{'peak MB':>10}"]
    for way, run in runs.items():
        speed = f"{run['rows'] / run['wall_s']:>12,.0f}" if run["rows"] == first else f"{'-':>12}"
        lines.append(
            f"{way:32}{run['wall_s']:>10.2f}{run['wall_s'] / floor:>10.1f}{run['wall_s'] / local:>10.3f}{speed}"
            f"{run['peak_rss_mb']:>10,.0f}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--postings", type=int, default=10_000, help="in each file")
    parser.add_argument("--quick", action="store_true", help="without the cluster")
    parser.add_argument("--results", type=Path, default=Path(__file__).with_name("results") / "imports.json")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--library", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.way:
        print(json.dumps(timed(WAYS[asked.way](asked.folder, asked.library))))
        return
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made, "exports")
        folder.mkdir()
        make(folder, asked.files, asked.postings)
        ways = [FLOOR, LOCAL, AGAIN] if asked.quick else list(WAYS)
        runs = {way: measured(way, folder, Path(made, "library")) for way in ways}
    rows = asked.files * asked.postings
    assert {runs[way]["rows"] for way in ways if way in {LOCAL, DASK}} == {rows}
    assert {runs[way]["rows"] for way in ways if way in {AGAIN, DASK_AGAIN}} == {asked.files}  # all known
    print(f"{asked.files} files, {rows:,} postings\n{table(runs, rows)}")
    save(asked.results, {"machine": machine(VERSIONS), "files": asked.files, "postings": rows, "ways": runs})


if __name__ == "__main__":
    main()
