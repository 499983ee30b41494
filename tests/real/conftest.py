"""111,825 real postings, where they are at hand: they are read in place and never copied into the project."""

from __future__ import annotations

import io
from collections.abc import Iterator

import polars as pl
import pytest

from bulkjobs.sandbox.catalog import Catalog
from bulkjobs.sandbox.dataset import read_postings
from tests.support import SHARED

REAL = SHARED / "data" / "real" / "jobs_real.ndjson.zst"


@pytest.fixture(scope="session")
def real_catalog() -> Iterator[Catalog]:
    """The real postings as a sandbox's dataset."""
    if not REAL.exists():
        pytest.skip(f"{REAL.name} is not at hand")
    made = Catalog.build(read_postings(REAL))
    yield made
    made.close()


@pytest.fixture(scope="session")
def source() -> pl.DataFrame:
    """The real postings, read by polars alone: nothing of bulkjobs is used."""
    if not REAL.exists():
        pytest.skip(f"{REAL.name} is not at hand")
    return pl.read_ndjson(io.BytesIO(REAL.read_bytes()), infer_schema_length=None)
