"""Postings in parts, written to a folder: all of them, or none."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from bulkjobs.engine import Rows
from bulkjobs.errors import ConfigError
from bulkjobs.export import export, export_parts

FRAME = pl.DataFrame({"id": [1, 2, 3, 4], "title": ["a", None, "ü", ""], "skills": [["x"], [], None, ["y", None]]})
ROWS = Rows((FRAME[:3].lazy(), FRAME[3:].lazy()))


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".ndjson"])
def test_each_part_is_what_a_frame_of_it_would_be(ending: str, tmp_path: Path) -> None:
    paths = export_parts(ROWS, tmp_path / "out", ending)
    assert paths == [tmp_path / f"out/part-{number:05}{ending}" for number in range(2)]
    for path, part in zip(paths, ROWS.parts, strict=True):
        alone = export(part.collect(), tmp_path / f"alone{ending}", overwrite=True)
        assert path.read_bytes() == alone.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"alone{ending}", "out"]


def test_a_folder_is_replaced_only_when_asked_and_only_by_a_whole_one(tmp_path: Path) -> None:
    export_parts(ROWS, tmp_path / "out", ".ndjson")
    with pytest.raises(ConfigError, match="there already"):
        export_parts(ROWS, tmp_path / "out")
    broken = ROWS.with_columns(pl.col("title").cast(pl.Int64))
    with pytest.raises(pl.exceptions.InvalidOperationError):
        export_parts(broken, tmp_path / "out", overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert json.loads((tmp_path / "out/part-00000.ndjson").read_text().splitlines()[2])["title"] == "ü"
    paths = export_parts(ROWS, tmp_path / "out", overwrite=True)
    assert_frame_equal(pl.read_parquet(paths), FRAME)
    assert sorted((tmp_path / "out").iterdir()) == paths


def test_no_folder_is_replaced_but_an_export(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/ledger.sqlite").write_text("paid")
    with pytest.raises(ConfigError, match="something else"):
        export_parts(ROWS, tmp_path / "home", overwrite=True)
    assert (tmp_path / "home/ledger.sqlite").read_text() == "paid"


@pytest.mark.parametrize("renames", [1, 2])
def test_what_was_there_is_put_back(renames: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = export_parts(ROWS, tmp_path / "out")
    rename, done = Path.replace, 0

    def interrupted(path: Path, target: Path) -> Path:
        nonlocal done
        done += ".part" not in path.name or path.is_dir()
        if done == renames:
            done = 9
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export_parts(ROWS, tmp_path / "out", overwrite=True)
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert_frame_equal(pl.read_parquet(paths), FRAME)


def test_what_a_kill_left_between_two_renames_is_put_back(tmp_path: Path) -> None:
    export_parts(ROWS, tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / ".out.0123.old")
    with pytest.raises(pl.exceptions.InvalidOperationError):
        export_parts(ROWS.with_columns(pl.col("title").cast(pl.Int64)), tmp_path / "out")
    assert_frame_equal(pl.read_parquet(tmp_path / "out"), FRAME)


def test_what_can_t_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="none of"):
        export_parts(ROWS, tmp_path / "out", "csv")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ConfigError, match="there already"):
        export_parts(ROWS, tmp_path / "file", overwrite=True)
    with pytest.raises(ConfigError, match="could not be written"):
        export_parts(ROWS, tmp_path / "nowhere" / "out")
    assert (tmp_path / "file").read_text() == "mine"
