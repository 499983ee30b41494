"""Result files to one typed frame, a few files at a time, with a report of everything that was not as documented."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Self

import polars as pl

from ..errors import Charged, LoadFailed
from ..inflate import Undecodable, inflated
from .decode import Layout
from .lines import Batch, after, are_plain_lines, batches, quick_batches
from .report import LoadReport
from .schema import POSTING_SCHEMA
from .values import normalise, parse

AT_ONCE = min(4, (os.cpu_count() or 1) + 1)  # files; one more than there are cores, as each waits now and then
_LEARNED_FROM = 20  # lines
_LESSONS = 5  # layouts learned for a file, at the most: a file of many shapes is read by the exact route

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def load(
    paths: Paths, *, raw: bool = False, strict: bool = False, aside: str | os.PathLike[str] | None = None
) -> tuple[pl.DataFrame, LoadReport]:
    """Read result files (gzip, Zstandard or plain; lines or one array of JSON) to one typed frame.

    Schemas A, B and C are told apart record by record. Whatever is not as documented is kept and reported.

    Parameters
    ----------
    paths : path or sequence of paths
        The files, in the order in which their records shall stand.
    raw : bool
        Give the vendor's own names and shapes instead: see `bulkjobs.records.raw`.
    strict : bool
        Raise when anything had to be set aside, replaced or put into ``extra``.
    aside : path, optional
        A folder for the lines that are no record, each as it came: ``<name of the file>.bad-lines``.

    Returns
    -------
    (polars.DataFrame, LoadReport)
        A frame of `POSTING_SCHEMA`, a row for each record; and what was noticed. A line that is no record is set
        aside and reported. One chunk a file; nothing is copied together.

    Raises
    ------
    LoadFailed
        A file can't be read at all; or, with `strict`, something was noticed: the report is its ``report``.
    """
    chosen = [Path(paths)] if isinstance(paths, (str, os.PathLike)) else [Path(path) for path in paths]
    if raw:
        from .raw import load_raw

        frame, report = load_raw(chosen, aside)
    else:
        with ThreadPoolExecutor(AT_ONCE, "bulkjobs-load") as pool:
            parts = list(pool.map(lambda path: load_file(path, aside=aside), chosen))
        report = LoadReport()
        for _, part in parts:
            report.add(part)
        frame = concatenated(part for part, _ in parts)
        report.duplicate_ids = duplicates(frame)
    if strict and not report.clean:
        raise LoadFailed(
            f"Not all is as documented.\n{report!r}\n",
            charged=Charged.NO,
            next_step="load without strict; the report of this error says what is where",
            report=report,
        )
    return frame, report


def load_file(path: Path, *, aside: str | os.PathLike[str] | None = None) -> tuple[pl.DataFrame, LoadReport]:
    """Read one file to a frame of one chunk."""
    report = LoadReport(files=1, source=path.name)
    parts = list(read(path, report, aside=aside))
    frame = concatenated(parts).rechunk()
    report.duplicate_ids = duplicates(frame)
    return frame, report


def concatenated(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Put frames of `POSTING_SCHEMA` one below the other, without a copy."""
    there = [frame for frame in frames if len(frame)]
    return pl.concat(there, rechunk=False) if there else POSTING_SCHEMA.to_frame()


def duplicates(frame: pl.DataFrame) -> int:
    """Count the rows whose id came before; a row without an id is like no other."""
    ids = frame["id"].drop_nulls()
    return len(ids) - ids.n_unique()


def read(path: Path, report: LoadReport, *, aside: str | os.PathLike[str] | None = None) -> Iterator[pl.DataFrame]:
    """Read one file in frames of some MB of JSON each, so that a file of any size needs little memory.

    Parameters
    ----------
    path : Path
        The file.
    report : LoadReport
        Is told what is noticed.
    aside : path, optional
        As for `load`.

    Yields
    ------
    polars.DataFrame
        Of `POSTING_SCHEMA`.

    Raises
    ------
    LoadFailed
        It can't be read.
    """
    with _SideFile(aside, path.name) as side_file:
        reader = _Reader(report, side_file)
        for frame in _frames(path, reader):
            report.records += len(frame)
            yield frame


def _frames(path: Path, reader: _Reader) -> Iterator[pl.DataFrame]:
    """Read quickly until something is wrong, and from there on so that it can be told what, and where."""
    with suppress(OSError, Undecodable, pl.exceptions.PolarsError, _NotLocated):
        with inflated(path) as content:
            plain = are_plain_lines(content)
        for batch in quick_batches(path) if plain else ():
            yield reader.read(batch)
        if plain:
            return
    for batch in after(_batches(path), reader.lines_read):
        yield reader.read(batch)


class _NotLocated(Exception):
    """A line is no record, and where it stands is not known."""


def parsed(path: Path, report: LoadReport, *, aside: str | os.PathLike[str] | None = None) -> Iterator[dict[str, Any]]:
    """Read the records of one file as they are, one by one; what is no record is set aside as in `read`."""
    with _SideFile(aside, path.name) as side_file:
        reader = _Reader(report, side_file)
        for batch in _batches(path):
            yield from reader.records(batch)


def _batches(path: Path) -> Iterator[Batch]:
    try:
        with inflated(path) as content:
            yield from batches(content)
    except (OSError, Undecodable) as error:
        raise LoadFailed(
            f"{path} can't be read ({error}).",
            charged=Charged.NO,
            next_step="check where it came from, and get it again",
        ) from error


class _SideFile:
    """Takes the lines that are no record; bears its final name when it is whole, and is not there without need."""

    def __init__(self, folder: str | os.PathLike[str] | None, name: str) -> None:
        self._target = None if folder is None else Path(folder, f"{name}.bad-lines")
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def write(self, line: bytes) -> None:
        """Keep a line."""
        if self._target is not None:
            if self._file is None:
                self._part = self._target.with_name(f".{self._target.name}.{uuid.uuid4().hex}.part")
                self._file = self._part.open("wb")
            self._file.write(line + b"\n")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if self._file is not None and self._target is not None:
            self._file.close()
            if kind is None:
                self._part.replace(self._target)
            else:
                self._part.unlink()


class _Reader:
    """Reads the batches of one file: the fast route for what is proven clean, the exact one for the rest."""

    def __init__(self, report: LoadReport, side_file: _SideFile) -> None:
        self._report = report
        self._side_file = side_file
        self._layout: Layout | None = None
        self._lessons = 0
        self.lines_read = 0  # before this batch

    def records(self, batch: Batch) -> Iterator[dict[str, Any]]:
        """Give the records of a batch as they are."""
        for _, record, raw_controls in self._parsed(batch, None):
            self._report.control_characters += raw_controls
            yield record
        self.lines_read += len(batch.lines())

    def read(self, batch: Batch) -> pl.DataFrame:
        """Read a batch to a frame; its rows stand in the order of its lines."""
        try:
            texts = batch.texts()
        except (pl.exceptions.ComputeError, UnicodeDecodeError):  # some bytes are no UTF-8
            frame, lines = self._exactly(batch, None)[1], len(batch.lines())
        else:
            frame, lines = self._proven(batch, texts), len(texts)
        self.lines_read += lines
        return frame

    def _proven(self, batch: Batch, texts: pl.Series) -> pl.DataFrame:
        """Take the fast route as far as it can be proven."""
        if self._layout is None:
            self._learn(texts.head(_LEARNED_FROM))
        if self._layout is None:
            return self._exactly(batch, None)[1]
        begun = texts.str.starts_with("{")
        objects = texts if begun.all() else texts.filter(begun)
        decoded = self._layout.decode(objects)
        few = 2 * int(decoded.clean.sum()) < len(objects)
        if few and self._learn(objects.filter(~decoded.clean).head(_LEARNED_FROM)):
            decoded = self._layout.decode(objects)
        clean = decoded.frame if decoded.clean.all() else decoded.frame.filter(decoded.clean)
        if len(clean) == len(texts):
            self._layout.note(clean, self._report)
            return clean
        proven = begun.arg_true().filter(decoded.clean)
        every = pl.int_range(len(texts), dtype=pl.UInt32, eager=True)
        numbers, rest = self._exactly(batch, every.filter(~every.is_in(proven.implode())))
        self._layout.note(clean, self._report)
        order = pl.concat([proven.cast(pl.Int64), pl.Series(numbers, dtype=pl.Int64)]).arg_sort()
        return pl.concat([clean, rest])[order]

    def _learn(self, lines: pl.Series) -> bool:
        """Learn the layout of some lines; tells whether it is another one."""
        if self._lessons == _LESSONS:
            return False
        self._lessons += 1
        learned = Layout.learn(lines)
        changed = learned is not None and learned != self._layout
        self._layout = learned if changed else self._layout
        return changed

    def _exactly(self, batch: Batch, which: Iterable[int] | None) -> tuple[list[int], pl.DataFrame]:
        """Read some lines (or all) one by one; also tells which of them are records."""
        columns: dict[str, list[Any]] = {name: [] for name in POSTING_SCHEMA}
        numbers: list[int] = []
        for n, record, raw_controls in list(self._parsed(batch, which)):  # all are read before the first is counted
            self._report.control_characters += raw_controls
            numbers.append(n)
            for name, value in normalise(record, self._report).items():
                columns[name].append(value)
        return numbers, pl.DataFrame(columns, schema=POSTING_SCHEMA)

    def _parsed(self, batch: Batch, which: Iterable[int] | None) -> Iterator[tuple[int, dict[str, Any], bool]]:
        """Parse some lines of a batch (or all): place, record, and whether it holds raw control characters."""
        lines = batch.lines()
        for n in range(len(lines)) if which is None else which:
            offset, line = lines[n]
            if not line.strip():
                continue
            try:
                record, raw_controls = parse(line)
            except (ValueError, RecursionError) as error:
                if not batch.located:
                    raise _NotLocated from None
                reason = "it is no UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
                self._report.set_aside(self.lines_read + n + 1, offset, reason, line)
                self._side_file.write(line)
                continue
            yield n, record, raw_controls
