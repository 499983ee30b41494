"""A library of made-up postings, and what `enrich` makes of it in one frame."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from bulkjobs.library import Library
from tests.unit.analysis.parts.support import ONLY, enriched, fill, postings


@pytest.fixture(scope="session")
def frame(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    return postings(tmp_path_factory.mktemp("made-up"), 2_500)


@pytest.fixture(scope="session")
def library(frame: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Library:
    made = Library(tmp_path_factory.mktemp("library") / "table")
    fill(made, frame)
    return made


@pytest.fixture(scope="session")
def expected(library: Library) -> pl.DataFrame:
    return enriched(library, only=ONLY)


@pytest.fixture(autouse=True)
def _small_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """Units of 600 rows, so that there are several, and the files of the table are cut."""
    monkeypatch.setattr("bulkjobs.library.newest._ROWS", 600)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "prepared"
