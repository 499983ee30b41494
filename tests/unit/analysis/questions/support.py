"""What the tests of questions share: enriched postings, made up, and ways to look at an answer."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import datetime
from typing import Any

import polars as pl
from polars.testing import assert_frame_equal

from bulkjobs.analysis import COLUMNS
from bulkjobs.analysis.questions import Answer
from bulkjobs.records import POSTING_SCHEMA

SCHEMA = pl.Schema({**POSTING_SCHEMA, **COLUMNS})
HOSTILE = "<img src=x onerror=alert(1)></svg><script>alert('1')</script>\x1b[31m\x00\uffff"

Ask = Callable[[Any], Answer]


def postings(*rows: dict[str, Any]) -> pl.DataFrame:
    """Enriched postings that state no more than is given."""
    numbered = [{"id": at, "canonical_id": at, "reposts": 0, **row} for at, row in enumerate(rows)]
    return pl.DataFrame(numbered, schema=SCHEMA)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text)


def drawn(answer: Answer) -> str:
    """The chart of an answer as SVG, found to be well-formed, harmless, and told in words."""
    svg = answer.chart().svg()
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert (root.get("aria-label") or "").startswith(answer.title[:40].replace("\x1b", "\ufffd"))
    assert "script" not in {element.tag.rpartition("}")[2] for element in root.iter()}
    return "".join(root.itertext())


def asked_lazily(ask: Ask, frame: pl.DataFrame) -> Answer:
    """The answer, found to be the same of a lazy frame, of the rows in another order, and in its bytes."""
    answer, lazy, turned = ask(frame), ask(frame.lazy()), ask(frame.reverse())
    for other in (lazy, turned):
        assert_frame_equal(answer.frame, other.frame)
        assert (answer.title, answer.sentence, answer.note) == (other.title, other.sentence, other.note)
    assert answer.frame.write_csv() == lazy.frame.write_csv() == turned.frame.write_csv()
    return answer
