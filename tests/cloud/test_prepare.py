"""Postings that are prepared in an object store, from a library in one: no worker needs a shared disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from bulkjobs import report
from bulkjobs.analysis import Prepared, enrich, prepare, questions
from bulkjobs.errors import ConfigError, InvalidQuery
from bulkjobs.events import Event, Worked
from bulkjobs.library import Library
from tests.unit.analysis.parts.support import assert_same_rows, fill, postings, two_workers

ONLY = ("salary", "skills", "reposts")


def test_here_and_on_a_cluster(library: Library, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bulkjobs.library.newest._ROWS", 200)
    fill(library, postings(tmp_path, 400))
    expected = enrich(library.scan().collect(), only=ONLY)
    here = f"{bucket}/enriched"

    def stop(event: Event) -> None:
        if isinstance(event, Worked) and (event.step, event.done) == ("reposts", 1):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(library, here, only=ONLY, parts=2, texts=True, on_event=stop)
    with pytest.raises(InvalidQuery, match="not all of them"):
        Prepared.open(here)
    made = prepare(library, here, only=ONLY, parts=2, texts=True)
    assert_same_rows(made, expected)
    assert here in repr(made)
    with pytest.raises(ConfigError, match="other settings"):
        prepare(library, here, only=ONLY, parts=3)
    with pytest.raises(ConfigError, match="something else"):
        prepare(library, library.url, only=ONLY)
    with two_workers() as client:
        there = prepare(library, f"{bucket}/there", only=ONLY, parts=2, texts=True, engine=client)
        assert_same_rows(there, expected)
        asked = questions.top(Prepared.open(f"{bucket}/there", engine=client), "skills")
        assert_frame_equal(asked.frame, questions.top(expected, "skills").frame)
        made_there = report.labour_market(library, engine=client, folder=f"{bucket}/reports")
    assert made_there.document == report.labour_market(library).document
