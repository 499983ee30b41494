"""How fast result files become a frame, and a library: ours beside other ways, each run in a process of its own.

Makes its own files of 10,000 made-up postings, and compares every way with merely inflating the same files.
Prints tables, and writes ``bench/results/load.json``. Read the ratios: seconds are those of one machine on one day.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from measuring import Run, machine, save, timed

# Nothing that is large is imported here: on Linux, what this process takes would count for those it starts.

ROUNDS = 3  # of the fast ways; the slow ones run once
FRAMES_UP_TO = 100  # files; beyond that only the floor and the library are measured
FLOOR, FRAME, LIBRARY = "floor: inflate only", "ours to frame", "ours to library"
DUCKDB, DUCKDB_POLARS = "duckdb with columns", "duckdb to polars"
POLARS, ORJSON, PANDAS = "polars read_ndjson", "orjson rows", "pandas"
OPTIONAL = {"duckdb", "orjson", "pandas", "pyarrow"}  # packages of the extra `bench`
VERSIONS = ("bulkjobs", "polars", "duckdb", "pandas", "pyarrow", "orjson", "isal", "deltalake")

COLUMNS = {
    name: "BIGINT" if name in {"id", "company_id", "deleted", "application_active", "last_updated_ux"} else "VARCHAR"
    for name in (
        "id created last_updated time_posted title description seniority employment_type location url hash company_id "
        "company_name company_url external_url deleted application_active salary applicants_count "
        "professional_network_job_id country last_updated_ux redirected_url redirected_url_hash"
    ).split()
} | {
    "professional_network_job_id": "BIGINT",
    "job_industry_collection": "STRUCT(job_industry_list STRUCT(industry VARCHAR))[]",
    "job_functions_collection": "VARCHAR[]",
}
"""The vendor's columns, in the order in which they come, and their types in DuckDB's words."""


# --- the ways ---------------------------------------------------------------------------------------------
# What they yield when, `timed` tells.


def floor(paths: list[Path]) -> Iterator[int | None]:
    """Inflate each file whole into memory, and drop it."""
    from isal import isal_zlib

    def inflate(path: Path) -> bytes:
        return isal_zlib.decompress(path.read_bytes(), wbits=31)

    yield None
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(lambda path: len(inflate(path)), paths):
            pass
    yield None
    yield sum(inflate(path).count(b"\n") for path in paths)


def ours_to_frame(paths: list[Path]) -> Iterator[int | None]:
    """Load everything to one frame."""
    from bulkjobs import records

    yield None
    frame, _ = records.load(paths)
    yield None
    yield len(frame)


def ours_to_library(paths: list[Path]) -> Iterator[int | None]:
    """Check, load and append each file as a data request of its own, as `bulkjobs.receive` does."""
    from bulkjobs import disk, records
    from bulkjobs.library import Library
    from bulkjobs.pipeline import LOADS_AT_ONCE

    library = Library(Path.cwd() / "library")

    def shelve(path: Path) -> None:
        digest = disk.hash_of(path)
        frame, _ = records.load(path, aside=Path.cwd())
        library.append(f"request:bench/{path.stem}", [frame], bought_at=time.time(), hashes=[digest])

    yield None
    with ThreadPoolExecutor(LOADS_AT_ONCE) as pool:
        for _ in pool.map(shelve, paths):
            pass
    yield None
    yield library.stats().rows


def pandas_concat(paths: list[Path]) -> Iterator[int | None]:
    """Read each file with pandas."""
    import pandas as pd

    yield None
    frame = pd.concat([pd.read_json(path, lines=True, compression="gzip") for path in paths])
    yield None
    yield rows(frame.columns, len(frame))


def polars_ndjson(paths: list[Path]) -> Iterator[int | None]:
    """Read each file with the reader that polars has for it."""
    import polars as pl

    names = pl.List(pl.Struct({"job_industry_list": pl.Struct({"industry": pl.String})}))
    dtypes = {"VARCHAR": pl.String(), "BIGINT": pl.Int64(), "VARCHAR[]": pl.List(pl.String)}
    schema = {name: dtypes.get(dtype, names) for name, dtype in COLUMNS.items()}
    yield None
    frame = pl.concat([pl.read_ndjson(path, schema=schema) for path in paths])
    yield None
    yield rows(frame.columns, len(frame))


def duckdb_columns(paths: list[Path]) -> Iterator[int | None]:
    """Read all files with DuckDB, told what the columns are, to an Arrow table."""
    import duckdb
    import pyarrow as pa

    yield None
    table: pa.Table = duckdb.read_json([*map(str, paths)], columns=COLUMNS, format="nd").to_arrow_table()
    yield None
    yield rows(table.column_names, len(table))


def duckdb_to_polars(paths: list[Path]) -> Iterator[int | None]:
    """Read all files with DuckDB, told what the columns are, to a frame of polars."""
    import duckdb
    import polars as pl
    import pyarrow  # noqa: F401 - DuckDB goes by way of it

    yield None
    frame: pl.DataFrame = duckdb.read_json([*map(str, paths)], columns=COLUMNS, format="nd").pl()
    yield None
    yield rows(frame.columns, len(frame))


def orjson_rows(paths: list[Path]) -> Iterator[int | None]:
    """Parse each line to a dict; not even a frame."""
    import orjson

    yield None
    records: list[dict[str, Any]] = []
    for path in paths:
        with gzip.open(path) as file:
            records.extend(map(orjson.loads, file))
    yield None
    yield rows(records[0], len(records))


def rows(columns: Iterable[str], count: int) -> int:
    """Give the number of rows: none, where the columns are not the vendor's."""
    return count if list(columns) == list(COLUMNS) else 0


WAYS: dict[str, Callable[[list[Path]], Iterator[int | None]]] = {
    FLOOR: floor,
    FRAME: ours_to_frame,
    LIBRARY: ours_to_library,
    DUCKDB: duckdb_columns,
    DUCKDB_POLARS: duckdb_to_polars,
    POLARS: polars_ndjson,
    ORJSON: orjson_rows,
    PANDAS: pandas_concat,
}
SLOW = {POLARS, ORJSON, PANDAS}


# --- measuring --------------------------------------------------------------------------------------------


def measure(way: str, paths: list[Path]) -> Run:
    """Go one way, here; without the time of its imports."""
    try:
        return timed(WAYS[way](paths))
    except ModuleNotFoundError as error:
        if error.name not in OPTIONAL:
            raise
        return {"skipped": f"{error.name} is not installed"}


def measured(way: str, folder: Path, files: int, postings: int) -> Run:
    """Go one way in a process of its own; fails where it gives another number of rows than was written."""
    command = [sys.executable, str(Path(__file__).resolve()), "--measure", way, str(folder), str(files)]
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run(command, cwd=scratch, stdout=subprocess.PIPE, check=True)
    run: Run = json.loads(done.stdout)
    if "skipped" not in run and run["rows"] != files * postings:
        raise SystemExit(f"{way}: {run['rows']:,} rows of {files * postings:,}, or other columns")
    return run


def write(folder: Path, postings: int, seed: int) -> None:
    """Write a file of made-up postings, as the service compresses them."""
    from bulkjobs.sandbox.sample import generate

    with gzip.open(folder / f"{seed:05d}.json.gz", "wb", compresslevel=6) as file:
        for posting in generate(postings, seed=seed):
            file.write(json.dumps(posting, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


def make(folder: Path, postings: int, seeds: Iterable[int]) -> None:
    """Write a file for each seed, one at a time in each process."""
    with ProcessPoolExecutor() as pool:
        for _ in pool.map(partial(write, folder, postings), seeds):
            pass


def compare(folder: Path, files: int, options: argparse.Namespace) -> dict[str, Run]:
    """Go all ways, in turns; of several rounds, the median of each figure."""
    most = {way: options.slow_up_to if way in SLOW else FRAMES_UP_TO for way in WAYS} | {FLOOR: files, LIBRARY: files}
    runs: dict[str, list[Run]] = {way: [] for way in WAYS}
    for turn in range(1 if options.quick else ROUNDS):
        for way in WAYS:
            if files > most[way]:
                runs[way] = [{"skipped": f"only up to {most[way]} files"}]
            elif turn == 0 or way not in SLOW:
                runs[way].append(measured(way, folder, files, options.postings))
    return {way: {**median(some), "runs": some} for way, some in runs.items()}


def median(runs: list[Run]) -> Run:
    if "skipped" in runs[0]:
        return runs[0]
    return {figure: statistics.median(run[figure] for run in runs) for figure in runs[0]}


# --- telling ----------------------------------------------------------------------------------------------


def table(files: int, postings: int, results: dict[str, Run]) -> Iterator[str]:
    """Give the lines of the table for one number of files."""
    yield f"\n{files} file(s), {files * postings:,} records\n"
    yield f"{'way':22}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}{'x floor':>9}{'records/s':>12}"
    for way, run in results.items():
        if "skipped" in run:
            yield f"{way:22}" + "".join(f"{'-':>{width}}" for width in (9, 9, 9, 9, 12)) + f"  {run['skipped']}"
        else:
            wall = run["wall_s"]
            yield (
                f"{way:22}{wall:>9.2f}{run['cpu_s']:>9.2f}{run['peak_rss_mb']:>9,.0f}"
                f"{wall / results[FLOOR]['wall_s']:>9.1f}{files * postings / wall:>12,.0f}"
            )


def ratios(results: dict[int, dict[str, Run]]) -> Iterator[str]:
    """Give the lines that say how many times the time and memory of ours the others take."""
    for figure, what in (("wall_s", "seconds"), ("peak_rss_mb", "peak memory")):
        yield f"\n{what + ', x ours to frame':32}" + "".join(f"{files:>6} files" for files in results)
        for way in (DUCKDB, DUCKDB_POLARS, POLARS, PANDAS):
            pairs = [(runs[way].get(figure), runs[FRAME].get(figure)) for runs in results.values()]
            yield f"{way:32}" + "".join(f"{f'{its / ours:.1f}' if its and ours else '-':>12}" for its, ours in pairs)
    peaks = [runs[LIBRARY]["peak_rss_mb"] for runs in results.values()]
    yield f"\n{'ours to library, peak MB':32}" + "".join(f"{peak:>12,.0f}" for peak in peaks)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", default="1,10,50,100", help="numbers of files; beyond 100 only the library")
    parser.add_argument("--postings", type=int, default=10_000, help="in each file")
    parser.add_argument("--slow-up-to", type=int, default=50, help="files; slow ways need minutes and memory")
    parser.add_argument("--quick", action="store_true", help="one round")
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results" / "load.json")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)  # one run: way, folder, number of files
    options = parser.parse_args()
    if options.measure:
        way, folder, files = options.measure
        print(json.dumps(measure(way, sorted(Path(folder).iterdir())[: int(files)])))
        return
    counts = [int(count) for count in options.files.split(",")]
    results = {}
    with tempfile.TemporaryDirectory() as data:
        make(Path(data), options.postings, range(max(counts)))
        for files in counts:
            results[files] = compare(Path(data), files, options)
            print(*table(files, options.postings, results[files]), sep="\n", flush=True)
    where = machine(VERSIONS)
    print(*ratios(results), "", ", ".join(f"{name} {what}" for name, what in where.items()), sep="\n")
    save(options.results, {"machine": where, "postings_a_file": options.postings, "files": results})


if __name__ == "__main__":
    main()
