"""The table of cities that is kept: made once, and made anew when it can't be used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from bulkjobs.analysis.places import gazetteer

TABLE = pl.DataFrame({"key": ["porto"], "city": ["Porto"]})


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[int]]:
    """How often the table was made."""
    times: list[int] = []
    monkeypatch.setattr(gazetteer, "user_cache_path", lambda name: tmp_path / "cache" / name)

    def cities() -> pl.DataFrame:
        times.append(1)
        return TABLE

    monkeypatch.setattr(gazetteer, "_cities", cities)
    gazetteer.cities.cache_clear()
    yield times
    gazetteer.cities.cache_clear()


def read() -> pl.DataFrame:
    gazetteer.cities.cache_clear()
    return gazetteer.cities()


def test_it_is_made_once(made: list[int], tmp_path: Path) -> None:
    for _ in range(2):
        assert_frame_equal(read(), TABLE)
    assert len(made) == 1
    (kept,) = tmp_path.glob("cache/bulkjobs/cities-*")
    for damaged in (b"", kept.read_bytes()[:-1], kept.read_bytes()[:40] + b"x" + kept.read_bytes()[41:]):
        kept.write_bytes(damaged)
        assert_frame_equal(read(), TABLE)
    assert len(made) == 4


def test_no_home_and_no_room_are_no_matter(made: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").write_text("a file")
    assert_frame_equal(read(), TABLE)

    def homeless(_: str) -> Path:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr(gazetteer, "user_cache_path", homeless)
    assert_frame_equal(read(), TABLE)
    assert len(made) == 2
