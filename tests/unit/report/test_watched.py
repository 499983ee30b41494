"""Up to when postings count as watched."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from bulkjobs.origins import Purchase, Snapshot
from bulkjobs.provenance import Provenance
from bulkjobs.report.watched import watched_until

SEEN = dt.datetime(2026, 3, 1, 12)
KNOWN: dict[str, Any] = {"rows": 1, "data_sha256": "0" * 64}


def bought(completed: str | None, submitted: str | None = None) -> Purchase:
    return Purchase("r", 1, 1, submitted, completed, None, ())


@pytest.mark.parametrize(
    ("known", "until"),
    [
        (Provenance(kind="collection", **KNOWN), SEEN),
        (Provenance(kind="collection", purchases=(bought("2026-02-01T00:00:00Z"),), **KNOWN), dt.datetime(2026, 2, 1)),
        (Provenance(kind="bundle", purchases=(bought(None, "2026-02-01T00:00:00Z"),), **KNOWN),
         dt.datetime(2026, 2, 1)),
        (
            Provenance(
                kind="collection",
                purchases=(bought("2026-02-01T00:00:00Z"), bought("2026-02-03T00:00:00Z")),
                library=Snapshot(None, None, as_of="2026-01-01T00:00:00Z"),  # of what it owned before
                **KNOWN,
            ),
            dt.datetime(2026, 2, 3),
        ),
        (Provenance(kind="collection", purchases=(bought("2027-01-01T00:00:00Z"),), **KNOWN), SEEN),
        (Provenance(kind="library", library=Snapshot(3, "2026-02-02T00:00:00Z"), **KNOWN), dt.datetime(2026, 2, 2)),
        (Provenance(kind="library", library=Snapshot(None, None, as_of="2026-02-02T00:00:00Z"), **KNOWN),
         dt.datetime(2026, 2, 2)),
    ],
)  # fmt: skip
def test_nothing_counts_that_nobody_could_have_seen(known: Provenance, until: dt.datetime) -> None:
    frame = pl.DataFrame({"created": [dt.datetime(2025, 1, 1), None], "last_updated": [SEEN, None]})
    assert watched_until(frame, known) == until


def test_without_dates_nothing_is_known() -> None:
    frame = pl.DataFrame(schema={"created": pl.Datetime("us"), "last_updated": pl.Datetime("us")})
    assert watched_until(frame, Provenance(kind="collection", **KNOWN)) is None
