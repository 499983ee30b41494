"""Postings of a library, enriched part by part: the same as in one frame, whatever happens on the way."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from bulkjobs.analysis import Prepared, enrich, prepare, questions
from bulkjobs.analysis.pieces import make_piece
from bulkjobs.errors import ConfigError, InvalidQuery
from bulkjobs.events import Event, Worked
from bulkjobs.library import Library
from tests.support import Listener
from tests.unit.analysis.parts.support import ONLY, assert_same_answers, assert_same_rows, enriched, files, parts_of

MODULE = sys.modules["bulkjobs.analysis.prepare"]  # its function has the same name


def test_rows_and_answers_are_those_of_one_frame(library: Library, expected: pl.DataFrame, folder: Path) -> None:
    heard = Listener()
    made = prepare(library, folder, only=ONLY, parts=4, on_event=heard)
    assert made.postings == len(expected)
    assert expected["reposts"].sum() > 100
    assert_same_rows(made, expected)
    assert_frame_equal(made.scan().collect(), pl.read_parquet(folder / "part-*.parquet"))
    assert_same_answers(made, expected)
    assert parts_of(folder) == list(range(4)) == list(range(len(files(folder))))
    steps = [(event.step, event.done, event.of) for event in heard.events if isinstance(event, Worked)]
    units = [step for step in steps if step[0] == "enrich"]
    assert units == [("enrich", at, len(units)) for at in range(1, len(units) + 1)]
    assert len(units) > 6
    assert steps[len(units) :] == [("reposts", at, 4) for at in range(1, 5)]


def test_only_one_part_of_some_companies(library: Library, folder: Path) -> None:
    made = prepare(library, folder, only=["reposts"], parts=5)
    rows = [part.collect() for part in made.parts]
    companies = [set(part["company_id"].drop_nulls()) for part in rows]
    assert sum(map(len, companies)) == len(set().union(*companies))
    nobody = [part["company_id"].is_null().sum() for part in rows]
    assert min(nobody) > sum(nobody) / 10, "postings without a company are spread"


def test_questions_of_some_postings(library: Library, expected: pl.DataFrame, folder: Path) -> None:
    made = prepare(library, folder, only=ONLY, parts=3)
    active = pl.col("application_active")
    found = questions.top(made.filter(active).with_columns(year=pl.col("created").dt.year()), "year")
    same = questions.top(expected.filter(active).with_columns(year=pl.col("created").dt.year()), "year")
    assert_frame_equal(found.frame, same.frame)


def test_as_of_and_texts(library: Library, folder: Path) -> None:
    made = prepare(library, folder, only=["plain", "skills"], texts=True)
    assert_same_rows(made, enrich(library.scan().collect(), only=["plain", "skills"]))
    past = prepare(library, folder.with_name("past"), only=["skills"], as_of="2000-01-01")
    assert past.postings == 0
    assert past.scan().collect().schema == enriched(library, only=["skills"]).schema


def test_what_was_cut_off_goes_on(library: Library, expected: pl.DataFrame, folder: Path) -> None:
    def stop_at(step: str, done: int) -> Any:
        def heard(event: Event) -> None:
            if isinstance(event, Worked) and (event.step, event.done) == (step, done):
                raise KeyboardInterrupt

        return heard

    with pytest.raises(KeyboardInterrupt):
        prepare(library, folder, only=ONLY, parts=3, on_event=stop_at("enrich", 3))
    pieces = files(folder)
    assert len(pieces) == 3
    with pytest.raises(InvalidQuery, match="not all of them"):
        Prepared.open(folder)
    with pytest.raises(KeyboardInterrupt):
        prepare(library, folder, only=ONLY, parts=3, on_event=stop_at("reposts", 2))
    later = files(folder)
    assert pieces.items() < later.items()
    (folder / "piece-x-00000.x.part").write_bytes(b"cut")  # as a killed worker leaves it
    made = prepare(library, folder, only=ONLY, parts=3)
    assert {name: later[name] for name in later if name.startswith("part")}.items() < files(folder).items()
    assert not list(folder.glob("piece-*"))
    assert_same_rows(made, expected)


def test_what_is_done_is_opened(library: Library, folder: Path) -> None:
    heard = Listener()
    prepare(library, folder, only=ONLY, parts=3)
    before = files(folder)
    again = prepare(library, folder, only=ONLY, parts=3, on_event=heard)
    assert files(folder) == before
    assert heard.events == []
    assert repr(again) == repr(Prepared.open(folder))
    assert f"{again.postings:,} in 3 files" in repr(again)
    assert "<table>" in again._repr_html_()


def test_what_is_of_other_postings_or_settings_is_not_mixed(frame: pl.DataFrame, tmp_path: Path, folder: Path) -> None:
    library = Library(tmp_path / "table")
    library.append("request:a/00000", [frame[:50]], bought_at=1e9)
    prepare(library, folder, only=["skills"], parts=3)
    library.append("request:a/00001", [frame[50:90]], bought_at=1e9)
    for only in ("skills", "salary"):
        with pytest.raises(ConfigError, match="overwrite=True"):
            prepare(library, folder, parts=2, only=[only])
    made = prepare(library, folder, only=["skills"], parts=2, overwrite=True)
    assert made.postings == 90
    assert len(files(folder)) == 2


def test_what_still_runs_of_an_earlier_work_changes_nothing(
    library: Library, expected: pl.DataFrame, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late: list[Callable[[], int]] = []

    def cut_off(how: Any, parts: int, piece: Any) -> int:
        late.append(lambda: make_piece(how, parts, piece))
        if len(late) == 2:
            raise KeyboardInterrupt
        return 0

    monkeypatch.setattr(MODULE, "make_piece", cut_off)
    with pytest.raises(KeyboardInterrupt):
        prepare(library, folder, only=ONLY, parts=3, where={"none": pl.col("id") < 0})
    monkeypatch.undo()
    monkeypatch.setattr("bulkjobs.library.newest._ROWS", 600)

    def listen(_: Event) -> None:
        while late:
            late.pop()()  # a worker that was not stopped in time writes what it was asked for

    made = prepare(library, folder, only=ONLY, parts=3, overwrite=True, on_event=listen)
    assert_same_rows(made, expected)
    assert made.left_out == {}
    assert not list(folder.glob("piece-*"))


def test_what_is_replaced_is_not_there_half(library: Library, folder: Path) -> None:
    prepare(library, folder, only=["skills"], parts=3)

    def stop(event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(library, folder, only=["salary"], parts=3, overwrite=True, on_event=stop)
    with pytest.raises(InvalidQuery, match="not all of them"):
        Prepared.open(folder)
    again = prepare(library, folder, only=["skills"], parts=3, overwrite=True)
    assert again.scan().collect().height == again.postings
    assert parts_of(folder) == list(range(3))


def test_a_killed_writer_leaves_nothing_in_the_way(library: Library, folder: Path) -> None:
    folder.mkdir()
    (folder / "prepared.0123.part").write_bytes(b"cut")
    assert prepare(library, folder, only=["skills"]).postings > 1_000


def test_who_comes_second_takes_what_the_first_one_made(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def first(event: Event) -> None:
        monkeypatch.undo()
        if isinstance(event, Worked) and (event.step, event.done) == ("reposts", 1):
            prepare(library, folder, only=["skills"], parts=3)  # another process; it removes all pieces at its end

    made = prepare(library, folder, only=["skills"], parts=3, on_event=first)
    assert made.postings == made.scan().collect().height > 1_000
    assert parts_of(folder) == list(range(3))


def test_what_fails_on_the_way_says_where(library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(MODULE, "make_part", full)
    with pytest.raises(ConfigError, match=r"prepared in .* \(.*No space left.*do the same again"):
        prepare(library, folder, only=["skills"], parts=3)


def test_files_and_lazy_frames(frame: pl.DataFrame, folder: Path, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    for at in (0, 1_000):
        frame[at : at + 1_000].with_columns(source=pl.lit("mine")).write_parquet(raw / f"{at}.parquet")
    expected = enrich(pl.read_parquet(raw / "*.parquet"), only=["skills", "reposts"])
    how: dict[str, Any] = {"only": ["skills", "reposts"], "texts": True}
    sources: dict[str, Any] = {
        "folder": raw, "files": sorted(raw.iterdir()), "frame": pl.scan_parquet(raw / "*.parquet"),
        "frames": [pl.scan_parquet(path) for path in raw.iterdir()],
    }  # fmt: skip
    for name, source in sources.items():
        assert_same_rows(prepare(source, folder / name, **how), expected)


def test_only_what_meets_conditions_is_kept_and_the_rest_is_counted(
    library: Library, folder: Path, frame: pl.DataFrame
) -> None:
    conditions = {
        "without a level": pl.col("level").is_not_null(),
        "of other levels": pl.col("level").is_in(["Associate", "Director"]),
        "early": pl.col("created") > frame["created"].median(),
    }
    left = enrich(library.scan().collect(), only=["seniority"])
    expected, counts = left, {}
    for words, met in conditions.items():
        expected = expected.filter(met)
        counts[words] = left.height - expected.height
        left = expected
    made = prepare(library, folder, only=ONLY, parts=3, where=conditions)
    assert made.left_out == counts
    assert min(counts.values()) > 50
    stated = pl.when(pl.col("description").str.strip_chars() != "").then(pl.lit("…"))
    assert_same_rows(made, enrich(expected, only=ONLY).with_columns(description=stated))
    assert re.search(rf"left out, early +{counts['early']:,}\n", repr(made))
    before = files(folder)
    assert prepare(library, folder, only=ONLY, parts=3, where=dict(conditions)).left_out == counts
    assert files(folder) == before
    with pytest.raises(ConfigError, match="other settings"):  # it counts in another order
        prepare(library, folder, only=ONLY, parts=3, where=dict(reversed(conditions.items())))
    with pytest.raises(ConfigError, match="other settings"):
        prepare(library, folder, only=ONLY, parts=3, where={"early": conditions["early"]})


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"where": {"x": pl.col("luck") > 1}}, "luck"),
        ({"where": {"x": pl.col("reposts") > 1}}, "reposts, which is found last"),
        ({"where": {"x": pl.col("id")}}, "no condition"),
        ({"parts": 0}, "parts"),
        ({"only": ["luck"]}, "luck"),
        ({"same": ["description"]}, "not kept"),
        ({"same": ["nothing"]}, "nothing"),
        ({"engine": "dusk"}, "dusk"),
        ({"engine": None}, "dask.distributed.Client"),
    ],
)
def test_what_makes_no_sense_is_refused_before_any_work(
    library: Library, folder: Path, how: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidQuery, match=words):
        prepare(library, folder, **how)
    assert not folder.exists()


def test_other_peoples_folders_are_left_alone(library: Library, folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="something else"):
        prepare(library, folder, overwrite=True)
    with pytest.raises(InvalidQuery, match="no prepared postings"):
        Prepared.open(folder)
    with pytest.raises(InvalidQuery, match="no postings in files"):
        prepare(folder, folder.with_name("other"))
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


def test_an_empty_library(folder: Path, tmp_path: Path) -> None:
    made = prepare(Library(tmp_path / "nothing"), folder, only=ONLY)
    assert made.postings == 0
    assert "nothing to count" in questions.top(made, "skills").sentence
