"""How fast postings are enriched: ours beside pandas with Python functions, and beside merely reading the text.

500,000 postings: the real ones, where they are at hand, else made-up ones, repeated with other ids; once as they are,
and once with a number behind each text, so that no text comes twice. Every figure is that of a fresh process. pandas is
given a sample, since all would take it hours; its time is scaled by the number of rows, which flatters its ``reposts``:
a sample has fewer pairs. Prints tables, and writes ``bench/results/analysis.json``. Read the ratios.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measuring import Run, machine, save, timed

# Nothing that is large is imported here: on Linux, what this process takes would count for those it starts.

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "real" / "jobs_real.ndjson.zst"
VERSIONS = ("bulkjobs", "polars", "pandas")
MADE_UP = 20_000
GROUP = 25_000  # rows; what is written waits in memory until a group is full
KINDS = ("as they are", "each text once")
TEXTS = {"title": " {}", "description": " {}", "location": "; {}", "salary": " #{}"}
WAYS = ("read", "eager", "streaming", "parts", "pandas")


def postings() -> Any:
    """Give the real postings, or made-up ones, as a frame."""
    from bulkjobs import records
    from bulkjobs.sandbox.sample import generate

    if REAL.exists():
        return records.load(REAL)[0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made-up.json"
        path.write_text("\n".join(json.dumps(posting) for posting in generate(MADE_UP)))
        return records.load(path)[0]


def write(folder: Path, rows: int) -> dict[str, Any]:
    """Write both kinds of postings, and say what is in them."""
    import polars as pl

    frame = postings()
    many = pl.concat([frame] * -(-rows // len(frame))).head(rows).with_columns(id=pl.int_range(1, rows + 1))
    for kind in KINDS:
        made = many if kind == KINDS[0] else many.with_columns(
            (pl.col(name) + pl.format(form, "id")).alias(name) for name, form in TEXTS.items()
        )  # fmt: skip
        made.write_parquet(folder / f"{kind}.parquet", row_group_size=GROUP)
    text = pl.col("description")
    described, megabytes, distinct = many.select(
        count=text.count(), megabytes=text.str.len_bytes().sum() / 1e6, distinct=text.drop_nulls().n_unique()
    ).row(0)
    return {"source": "real" if REAL.exists() else "made-up", "rows": rows, "distinct": len(frame),
            "described": described, "megabytes": megabytes, "distinct_texts": distinct}  # fmt: skip


# --- the ways: what they yield when, `timed` tells -----------------------------------------------------------


def read(path: Path) -> Iterator[int | None]:
    """Read the descriptions, and nothing else."""
    import polars as pl

    yield None
    frame = pl.read_parquet(path, columns=["description"])
    yield None
    yield len(frame)


def eager(path: Path) -> Iterator[int | None]:
    """Enrich a frame that is in memory."""
    import polars as pl

    from bulkjobs.analysis import enrich

    frame = pl.read_parquet(path)
    enrich(frame.head(100))  # the tables of places, once a process
    yield None
    made = enrich(frame)
    yield None
    yield len(made)


def streaming(path: Path) -> Iterator[int | None]:
    """Read, enrich and write, with the streaming engine."""
    import polars as pl

    from bulkjobs.analysis import enrich

    out = path.with_suffix(".out.parquet")
    enrich(pl.read_parquet(path, n_rows=100))  # the tables of places, once a process
    yield None
    enrich(pl.scan_parquet(path)).sink_parquet(out, engine="streaming", row_group_size=GROUP)
    yield None
    yield pl.scan_parquet(out).select(pl.len()).collect().item()
    out.unlink()


def parts(path: Path) -> dict[str, float]:
    """Enrich with each part alone; seconds of each."""
    import polars as pl

    from bulkjobs.analysis import PARTS, enrich

    frame = pl.read_parquet(path)
    enrich(frame.head(100))
    return {part: _seconds(lambda part=part: enrich(frame, only=[part])) for part in PARTS}


def pandas(path: Path, sample: int) -> dict[str, float]:
    """Do each part a row at a time; seconds of each, scaled from a sample to all rows."""
    import by_row
    import pandas as pd

    frame = pd.read_parquet(path)
    rows, frame = len(frame), frame.sample(sample, random_state=0).astype(object)
    frame = frame.where(frame.notna(), None)
    by_row.warm()
    for part in by_row.PARTS.values():
        part(frame.head(20))
    return {name: _seconds(lambda part=part: part(frame)) * rows / sample for name, part in by_row.PARTS.items()}


def _seconds(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(way: str, path: Path, sample: int) -> Any:
    """Go one way, here."""
    if way == "pandas":
        return pandas(path, sample)
    if way == "parts":
        return parts(path)
    return timed({"read": read, "eager": eager, "streaming": streaming}[way](path))


def measured(way: str, path: Path, sample: int) -> Any:
    """Go one way in a process of its own."""
    command = [sys.executable, str(Path(__file__).resolve()), "--measure", way, str(path), "--sample", str(sample)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


# --- telling -------------------------------------------------------------------------------------------------


def table(kind: str, runs: Run, sample: int) -> Iterator[str]:
    """Give the lines of the table of one kind of postings."""
    yield f"\n{kind}\n"
    yield f"{'part':14}{'ours s':>10}{f'pandas s, from {sample:,} rows':>30}{'x ours':>10}"
    for part, seconds in runs["parts"].items():
        other = runs["pandas"][part]
        yield f"{part:14}{seconds:>10.2f}{other:>30,.0f}{other / seconds:>10,.0f}"
    whole, other = runs["eager"]["wall_s"], sum(runs["pandas"].values())
    yield f"{'all at once':14}{whole:>10.2f}{other:>30,.0f}{other / whole:>10,.0f}"
    yield f"\n{'way':38}{'wall s':>9}{'x reading':>11}{'peak MB':>9}"
    names = {"read": "read descriptions out of Parquet", "eager": "enrich, in memory",
             "streaming": "read, enrich, write, streaming"}  # fmt: skip
    for way, name in names.items():
        run = runs[way]
        wall, reading = run["wall_s"], runs["read"]["wall_s"]
        yield f"{name:38}{wall:>9.2f}{wall / reading:>11.1f}{run['peak_rss_mb']:>9,.0f}"


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--sample", type=int, default=5_000, help="rows for pandas")
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results" / "analysis.json")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)  # one run: way, file
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure[0], Path(options.measure[1]), options.sample)))
        return
    if options.write:
        print(json.dumps(write(options.write, options.rows)))
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--write", folder, "--rows", str(options.rows)]
        about = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
        print("{rows:,} {source} postings, {distinct:,} of them distinct; {described:,} with a description, "
              "{megabytes:,.0f} MB, {distinct_texts:,} distinct".format(**about))  # fmt: skip
        results = {}
        for kind in KINDS:
            path = Path(folder) / f"{kind}.parquet"
            results[kind] = {way: measured(way, path, options.sample) for way in WAYS}
            print(*table(kind, results[kind], options.sample), sep="\n", flush=True)
    where = machine(VERSIONS)
    print("", ", ".join(f"{name} {what}" for name, what in where.items()), sep="\n")
    save(options.results, {"machine": where, "postings": about, "sample": options.sample, "kinds": results})


if __name__ == "__main__":
    main()
