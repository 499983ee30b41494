"""The benchmarks go on to run, whatever of the packages they compare with is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[2] / "bench"
LOAD, COLLECT = BENCH / "load.py", BENCH / "collect.py"
ALWAYS = {"floor: inflate only", "ours to frame", "ours to library", "polars read_ndjson"}


def test_each_way_is_measured_or_said_to_be_skipped(tmp_path: Path) -> None:
    for name in ("orjson", "pandas"):  # as if they were not installed
        (tmp_path / f"{name}.py").write_text(f"raise ModuleNotFoundError(name={name!r})\n")
    results = tmp_path / "load.json"
    done = subprocess.run(
        [sys.executable, str(LOAD), *f"--files 1 --quick --postings 50 --results {results}".split()],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    ways = json.loads(results.read_text("utf-8"))["files"]["1"]
    assert ways.keys() > ALWAYS
    for way, run in ways.items():
        line = next(line for line in done.stdout.splitlines() if line.startswith(way)).removeprefix(way)
        if "skipped" in run:
            assert way not in ALWAYS
            assert line.split() == ["-"] * 5 + run["skipped"].split()
        else:
            assert run["rows"] == 50
            assert len(line.split()) == 5
    assert ways["pandas"]["skipped"] == "pandas is not installed"
    assert "skipped" in ways["orjson rows"]


def test_each_way_to_collect_is_measured_and_brings_the_same(tmp_path: Path) -> None:
    results = tmp_path / "collect.json"
    done = subprocess.run(
        [sys.executable, str(COLLECT), "--quick", "--results", str(results)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(results.read_text("utf-8"))
    (ways,) = told["rates"].values()
    assert list(ways) == ["ours", "script, one by one", "gather, no limit"]
    for way, run in ways.items():
        line = next(line for line in done.stdout.splitlines() if line.startswith(way)).removeprefix(way)
        assert len(line.split()) == 8
        assert run["rows"] == 12_000
        assert run["of"]["posts"] == run["of"]["downloads"] == 2
        assert run["requests"] == sum(run["of"].values()) + run["429s"]
        assert min(run["wall_s"], run["cpu_s"], run["peak_rss_mb"], run["floor_s"], run["x_floor"]) > 0
    assert ways["ours"]["counts"] > 0
    assert told["memory"]["12000"]["rows"] == 12_000


def test_an_import_is_measured_and_its_second_time_adds_nothing(tmp_path: Path) -> None:
    results = tmp_path / "imports.json"
    done = subprocess.run(
        [sys.executable, str(BENCH / "imports.py"), *f"--quick --files 3 --postings 40 --results {results}".split()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    ways = json.loads(results.read_text("utf-8"))["ways"]
    assert [run["rows"] for run in ways.values()] == [3, 120, 3]
    assert all(way in done.stdout for way in ways)
