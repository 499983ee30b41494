"""What the benchmarks share: timing a way to do something, and saying where that was done."""

from __future__ import annotations

import json
import os
import platform
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

Run = dict[str, Any]


def timed(steps: Iterator[int | None]) -> Run:
    """Go one way, here; without the time of its imports.

    It gets ready, yields, does its work, yields while it still holds what it made, and then gives its rows.
    """
    next(steps)
    wall, cpu = time.perf_counter(), time.process_time()
    next(steps)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    unit = 1 if sys.platform == "darwin" else 1024  # bytes
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    return {"wall_s": wall, "cpu_s": cpu, "peak_rss_mb": peak, "rows": next(steps)}


def machine(packages: Sequence[str]) -> dict[str, str]:
    """Say where it was measured, and with which versions."""
    here = {"cores": str(os.cpu_count()), "system": platform.platform(), "Python": platform.python_version()}
    return here | {name: _version(name) for name in packages}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "-"


def save(path: Path, results: Run) -> None:
    """Write the results."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(results, indent=2) + "\n")
