"""How long files of ten million ids take to read, and how much memory.

Each figure is that of a fresh process. Prints a table, and writes ``bench/results/ids.json``.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import bulkjobs as bj
from bulkjobs.errors import InvalidIds

IDS = 10_000_000
MEGABYTE = 1024**2 if sys.platform == "darwin" else 1024  # in the units of ru_maxrss
KINDS = ("clean", "one bad line near the end", "CRLF and a byte order mark")


def numbers() -> Iterator[int]:
    """Ids of ten digits, each once, in no order."""
    return (1_000_000_000 + number * 7_919_000_003 % 8_999_999_993 for number in range(IDS))


def write(path: Path, kind: str) -> None:
    """Write a file of one id a line."""
    windows = kind.startswith("CRLF")
    bad = IDS - 100 if "bad" in kind else -1
    with path.open("w", encoding="utf-8-sig" if windows else "utf-8", newline="\r\n" if windows else "\n") as file:
        file.writelines(f"{'oops' if place == bad else number}\n" for place, number in enumerate(numbers()))


def read(path: Path) -> None:
    """Read a file, in a process of its own; print the figures."""
    started = time.perf_counter()
    try:
        found = f"{len(bj.JobIds.from_file(path)):,} ids"
    except InvalidIds as error:
        found = f"bad: line {error.bad_lines[0][0]:,}"
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
    print(json.dumps({"seconds": seconds, "peak_mb": peak, "found": found}))


def id_files(folder: Path) -> dict[str, dict[str, float | str]]:
    """Write and read a file of each kind."""
    figures = {}
    for kind in KINDS:
        path = folder / "ids.csv"
        write(path, kind)
        # Nothing large may lie in this process meanwhile: a child's peak starts at its parent's.
        child = subprocess.run([sys.executable, __file__, str(path)], check=True, capture_output=True)
        figures[kind] = json.loads(child.stdout)
    return figures


def main() -> None:
    """Measure, print, write."""
    with tempfile.TemporaryDirectory() as folder:
        figures = id_files(Path(folder))
    print(f"{IDS:,} ids, one a line\n")
    print(f"{'file':32}{'seconds':>10}{'peak MB':>10}  found")
    for kind, figure in figures.items():
        print(f"{kind:32}{figure['seconds']:>10.2f}{figure['peak_mb']:>10.0f}  {figure['found']}")
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    (results / "ids.json").write_text(json.dumps({"ids": IDS, "files": figures}, indent=2) + "\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        read(Path(sys.argv[1]))
    else:
        main()
