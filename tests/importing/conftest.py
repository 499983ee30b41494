"""Fixtures: years of old exports, and what is read of them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from backports import zstd

from bulkjobs import records
from bulkjobs.library import Library, importing
from tests.support import record

FILES, RECORDS = 40, 50


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """40 files of 50 postings, of the same names in several folders."""
    folder = tmp_path / "exports"
    for n in range(FILES):
        path = folder / f"{2022 + n % 4}" / f"part-{n // 4:05d}"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = "\n".join(json.dumps(record(n * RECORDS + k)) for k in range(RECORDS)).encode()
        if n % 4 == 3:
            path.with_suffix(".ndjson.zst").write_bytes(zstd.compress(lines))
        elif n % 4 == 2:
            path.with_suffix(".json").write_bytes(lines)
        else:
            path.with_suffix(".json.gz").write_bytes(gzip.compress(lines))
    return folder


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of files that were parsed in this process."""
    names: list[str] = []
    read: Callable[..., Any] = records.read

    def noted(path: Path, *args: Any, **more: Any) -> Any:
        names.append(path.name)
        return read(path, *args, **more)

    monkeypatch.setattr(importing, "read", noted)
    return names
