"""How time and memory grow: enriching a library and five questions, here and on a Dask cluster of this machine.

Libraries of different sizes are made of 20,000 generated postings with short texts, again and again with other ids,
companies, dates and words, each in one file of 20,000, and a tenth of them bought twice. Every figure is that of a
fresh process with nothing but the tables of places in memory. Memory is what all processes of a run take together
(RSS, looked at 20 times a second), CPU time what they compute together. Prints a table, and writes
``bench/results/scale.json``. Read the ratios.

``--sizes 100000 500000 2000000 8000000`` is the whole of it, and takes hours.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from measuring import Run, machine, save, timed

# Nothing that is large is imported here: on Linux, what this process takes would count for those it starts.

VERSIONS = ("bulkjobs", "polars", "deltalake", "dask", "distributed")
BASE = 20_000  # postings that are made up; the others are made of them
WAYS = {"local": 0, "dask, 1 worker": 1, "dask, 2 workers": 2}
SIZES = (50_000, 200_000)
EVERY_VERB = 2_500_000  # postings of which all questions are asked, beside the five that are measured


def write(path: Path, rows: int) -> None:
    """Write a library of so many postings."""
    import polars as pl

    from bulkjobs import records
    from bulkjobs.library import Library
    from bulkjobs.sandbox.sample import generate

    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "made-up.json"
        raw.write_text("\n".join(json.dumps(posting) for posting in generate(BASE, description="short")))
        base, _ = records.load(raw)

    def copy(number: int, postings: int) -> pl.DataFrame:
        """Give other postings of the same kind; every second company is one of those before."""
        mark = pl.when(pl.col("company_id") % 2 == 0).then(pl.lit(f" {number}")).otherwise(pl.lit(""))
        moved = pl.duration(hours=number % 720)
        return base.head(postings).with_columns(
            pl.col("id") + number * 10**10, pl.col("created") - moved, pl.col("last_updated") - moved,
            pl.col("company_id") + pl.when(pl.col("company_id") % 2 == 0).then(number * 10**7).otherwise(0),
            pl.col("company_name") + mark, pl.col("description") + f" Reference {number}.",
        )  # fmt: skip

    library = Library(path)
    copies = ((at, min(BASE, rows - at * BASE)) for at in range(-(-rows // BASE)))
    library.append("request:made/00000", (copy(at, size) for at, size in copies), bought_at=1e9)
    again = (copy(at, BASE // 10) for at in range(rows // BASE))
    library.append("request:made/00001", again, bought_at=2e9)


def load(path: Path, records: Path) -> None:
    """Write a library of the records of a file."""
    from bulkjobs.library import Library

    added = Library(path).add([records])
    if not added.added:
        raise SystemExit(f"{records} holds no records that can be read: {added!r}")


def go(library: Path, folder: Path, workers: int, memory: Memory) -> Iterator[int | None]:
    """Enrich a library and ask five questions; then, unless it is very large, all that can be asked."""
    from bulkjobs.analysis import prepare, questions
    from bulkjobs.library import Library

    with ExitStack() as stack:
        engine: Any = "local"
        if workers:
            from distributed import Client, LocalCluster

            threads = {} if workers == 1 else {"env": {"POLARS_MAX_THREADS": "1"}}
            cluster = LocalCluster(
                n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0", **threads
            )
            engine = stack.enter_context(Client(stack.enter_context(cluster)))
            engine.run(warm)
        else:
            warm()
        yield None
        started, used = time.perf_counter(), cpu()
        made = prepare(Library(library), folder, engine=engine)
        enriched = time.perf_counter() - started
        answers = [
            questions.top(made, "company_name", unique=True),
            questions.live(made),
            questions.salaries(made, "level"),
            questions.remote_share(made),
            questions.together(made),
        ]
        (folder / "answers.txt").write_text("\n\n".join(map(repr, answers)))
        told = {"enrich_s": enriched, "cpu_all_s": cpu() - used}
        yield None
        (folder / "told.json").write_text(json.dumps({**told, "peak_mb": memory.stop()}))
        if made.postings <= EVERY_VERB:
            (folder / "verbs.txt").write_text("\n\n".join(every_verb(made)))
        yield made.postings


def every_verb(made: Any) -> Iterator[str]:
    """Give the answers to all questions, how much was understood, and a sum of the rows themselves."""
    import polars as pl

    from bulkjobs.analysis import coverage, questions
    from bulkjobs.engine import collected, tally
    from bulkjobs.records import drift

    ask = questions
    yield from map(repr, (
        ask.top(made, "company_name", unique=True), ask.top(made, "title"), ask.top(made, "skills", 20, unique=True),
        ask.top(made, "city"), ask.over_time(made, unique=True), ask.live(made), ask.time_to_close(made, "level"),
        ask.salaries(made, unique=True), ask.salaries(made, "skills"), ask.together(made, order="lift", unique=True),
        ask.remote_share(made, by="level"), ask.by_country(made, unique=True), drift(made),
    ))  # fmt: skip
    yield coverage(made).write_csv()
    (rows,) = collected(tally(made, rows=pl.len(), sum=(pl.struct(pl.all()).hash() % 2**32).sum()))
    yield str(rows.row(0))


def warm() -> None:
    """Read the tables of places, once a process."""
    import polars as pl

    from bulkjobs.analysis import enrich
    from bulkjobs.records import POSTING_SCHEMA

    enrich(pl.DataFrame([{"location": "Porto, Portugal", "title": "Nurse"}], schema=POSTING_SCHEMA))


def cpu() -> float:
    """Return what this process and those that it started have computed so far, in seconds."""
    import psutil

    own = psutil.Process()
    times = [process.cpu_times() for process in [own, *own.children(recursive=True)]]
    return sum(float(one.user + one.system) for one in times)


class Memory:
    """Looks 20 times a second at what this process and those that it started take, in bytes."""

    def __init__(self) -> None:
        import psutil

        self.peak = 0
        self._gone = psutil.Error
        self._own = psutil.Process()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._end.wait(0.05):
            taken = 0
            for process in [self._own, *self._own.children(recursive=True)]:
                try:
                    taken += process.memory_info().rss
                except self._gone:  # it ended meanwhile
                    continue
            self.peak = max(self.peak, taken)

    def stop(self) -> float:
        """Return the most there was, in MB."""
        self._end.set()
        self._thread.join()
        return self.peak / 1e6


def measure(way: str, library: Path) -> Run:
    """Go one way, here."""
    with tempfile.TemporaryDirectory(dir=library.parent) as folder:
        made = timed(go(library, Path(folder) / "prepared", WAYS[way], Memory()))
        prepared = Path(folder) / "prepared"
        size = sum(path.stat().st_size for path in prepared.glob("*.parquet"))
        told = json.loads((prepared / "told.json").read_text())
        answers = "\n\n".join(path.read_text() for path in sorted(prepared.glob("*.txt")))
    return {**made, **told, "prepared_mb": size / 1e6, "answers": answers}


def measured(way: str, library: Path) -> Run:
    """Go one way in a process of its own."""
    command = [sys.executable, str(Path(__file__).resolve()), "--measure", way, str(library)]
    run: Run = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return run


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """Return how time grows with size: 1 is in proportion. The slope of a line through logarithms."""
    x, y = [math.log(size) for size in sizes], [math.log(second) for second in seconds]
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    above = sum((a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True))
    return above / sum((a - middle_x) ** 2 for a in x)


def table(results: dict[str, dict[str, Run]]) -> Iterator[str]:
    """Give the lines of the table."""
    yield (
        f"{'postings':>10}  {'way':16}{'enrich s':>10}{'questions s':>13}{'in all s':>10}{'x local':>9}"
        f"{'CPU s':>8}{'x local':>9}{'peak MB':>9}{'library MB':>12}{'prepared MB':>13}"
    )
    for runs in results.values():
        for way, run in runs.items():
            if way == "library_mb":
                continue
            local = runs.get("local", run)
            wall, used = run["wall_s"], run["cpu_all_s"]
            yield (
                f"{run['rows']:>10,}  {way:16}{run['enrich_s']:>10.1f}{wall - run['enrich_s']:>13.1f}{wall:>10.1f}"
                f"{wall / local['wall_s']:>9.2f}{used:>8.1f}{used / local['cpu_all_s']:>9.2f}{run['peak_mb']:>9,.0f}"
                f"{runs['library_mb']:>12,.0f}{run['prepared_mb']:>13,.0f}"
            )
    for way in WAYS:
        made = {runs[way]["rows"]: runs[way] for runs in results.values() if way in runs}
        if len(made) > 1:
            grown = exponent(list(made), [run["cpu_all_s"] for run in made.values()])
            peaks = [run["peak_mb"] for run in made.values()]
            more = peaks[-1] / peaks[0]
            yield f"{way}: CPU time grows as postings to the {grown:.2f}; memory, last to first: {more:.2f} x"


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--of", type=Path, help="records of this file instead of made-up ones")
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results" / "scale.json")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)  # one run: way, library
    parser.add_argument("--write", nargs=2, help=argparse.SUPPRESS)  # library, postings or their file
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure[0], Path(options.measure[1]))))
        return
    if options.write:
        library, what = options.write
        write(Path(library), int(what)) if what.isdecimal() else load(Path(library), Path(what))
        return
    results: dict[str, dict[str, Any]] = {}
    for size in [options.of] if options.of else options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            library = Path(folder) / "library"
            subprocess.run([sys.executable, __file__, "--write", str(library), str(size)], check=True)
            runs = results[str(size)] = {
                "library_mb": sum(path.stat().st_size for path in library.rglob("*.parquet")) / 1e6
            }
            for way in options.ways:
                runs[way] = measured(way, library)
                save(options.results, {"machine": machine(VERSIONS), "sizes": results})
            told = {run["answers"] for way, run in runs.items() if way != "library_mb"}
            if len(told) > 1:
                raise SystemExit(f"The ways give different answers of {size} postings.")
    print(*table(results), sep="\n")
    print("", ", ".join(f"{name} {what}" for name, what in machine(VERSIONS).items()), sep="\n")


if __name__ == "__main__":
    main()
