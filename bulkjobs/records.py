"""Result files to one typed polars frame: both spellings of the schema, and nothing lost in silence."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import os
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from .display import as_html, as_text
from .errors import LoadFailed

_FIELDS: dict[str, Any] = {
    "id": pl.Int64,
    "created": pl.Datetime("us"),
    "last_updated": pl.Datetime("us"),
    "time_posted": pl.String,
    "title": pl.String,
    "description": pl.String,
    "seniority": pl.String,
    "employment_type": pl.String,
    "location": pl.String,
    "url": pl.String,
    "hash": pl.String,
    "company_id": pl.Int64,
    "company_name": pl.String,
    "company_url": pl.String,
    "external_url": pl.String,
    "deleted": pl.Boolean,
    "application_active": pl.Boolean,
    "salary": pl.String,
    "applicants_count": pl.String,
    "posting_id": pl.Int64,
    "country": pl.String,
    "last_updated_ux": pl.Datetime("us"),
    "redirected_url": pl.String,
    "redirected_url_hash": pl.String,
    "industries": pl.List(pl.String),
    "functions": pl.List(pl.String),
    "extra": pl.String,
}
POSTING_SCHEMA = pl.Schema(_FIELDS)
"""The frame of postings (contract section 7.1). Times are UTC without a zone; `posting_id` is the professional
network's own id; `extra` is a JSON object of every field that has no column here or whose value did not fit."""

_POSTING_ID_KEYS = ("professional_network_job_id", "linkedin_job_id")  # contract section 11, row 15
_INDUSTRY_KEYS = ("job_industry_collection", "job_industries_collection")  # schema A and schema B
_FUNCTION_KEYS = ("job_functions_collection",)
_MILLISECONDS_FROM = 100_000_000_000  # a Unix time above this is in ms (contract section 11, row 27)
_BAD_LINES_KEPT = 100
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Misfit(Exception):
    """The value does not fit its column."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no record: where it stands, and why it was set aside."""

    file: str
    line: int
    reason: str
    text: str


@dataclass
class LoadReport:
    """What happened while loading: every record is in the frame or counted here.

    Attributes
    ----------
    files, records : int
        Files read, and rows in the frame.
    bad_lines : list of BadLine
        The first 100 lines that are no record; `bad_count` counts them all.
    unknown_fields : Counter
        Fields that have no column, and in how many records; their values are in ``extra``.
    misfits : Counter
        Fields whose value did not fit its column (nulled there, kept in ``extra``), and in how many records.
    missing_fields : Counter
        Documented fields that records lack.
    lone_surrogates : int
        Texts with half a character, replaced by U+FFFD in the column; the original is in ``extra`` as JSON.
    duplicate_ids : int
        Rows whose id came before.
    """

    files: int = 0
    records: int = 0
    bad_count: int = 0
    bad_lines: list[BadLine] = field(default_factory=list)
    unknown_fields: Counter[str] = field(default_factory=Counter)
    misfits: Counter[str] = field(default_factory=Counter)
    missing_fields: Counter[str] = field(default_factory=Counter)
    lone_surrogates: int = 0
    duplicate_ids: int = 0

    def set_aside(self, bad: BadLine) -> None:
        """Count a bad line, and keep the first ones."""
        self.bad_count += 1
        if len(self.bad_lines) < _BAD_LINES_KEPT:
            self.bad_lines.append(bad)

    def rows(self) -> list[tuple[str, str]]:
        """Return the report as labelled lines; only what is worth a look."""
        rows = [("records", f"{self.records:,} from {self.files:,} file{'' if self.files == 1 else 's'}")]
        for label, counts in (
            ("unknown fields (kept in extra)", self.unknown_fields),
            ("values that did not fit (kept in extra)", self.misfits),
        ):
            if counts:
                rows.append((label, ", ".join(f"{name}: {n:,}" for name, n in counts.most_common())))
        for label, number in (
            ("lines set aside", self.bad_count),
            ("texts with half a character", self.lone_surrogates),
            ("ids that came twice", self.duplicate_ids),
        ):
            if number:
                rows.append((label, f"{number:,}"))
        return rows

    def __repr__(self) -> str:
        return as_text("Load report", self.rows())

    def _repr_html_(self) -> str:
        return as_html("Load report", self.rows())


def load(paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> tuple[pl.DataFrame, LoadReport]:
    """Read result files (gzip or plain; lines or one array of JSON) to one typed frame.

    Parameters
    ----------
    paths : path or sequence of paths
        The files, in the order in which their records shall stand.

    Returns
    -------
    (polars.DataFrame, LoadReport)
        A frame of `POSTING_SCHEMA`, and what was noticed. A line that is no record is set aside and reported.

    Raises
    ------
    LoadFailed
        A file can't be read at all.
    """
    chosen = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    report = LoadReport(files=len(chosen))
    columns: dict[str, list[Any]] = {name: [] for name in POSTING_SCHEMA}
    for path in map(Path, chosen):
        for number, text in enumerate(split_records(_content(path)), start=1):
            record = _parse(text, path.name, number, report)
            if record is not None:
                for name, value in normalise(record, report).items():
                    columns[name].append(value)
    frame = pl.DataFrame(columns, schema=POSTING_SCHEMA)
    report.records = len(frame)
    report.duplicate_ids = len(frame) - frame["id"].n_unique()
    return frame, report


def split_records(data: bytes) -> Iterator[bytes]:
    """Split the content of a result file into the JSON text of its records.

    One JSON array gives its items; anything else is taken as lines, blank ones left out (contract section 11, 23).
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    if data.lstrip().startswith(b"["):
        try:
            items = json.loads(data)
        except ValueError:
            pass
        else:
            yield from (json.dumps(item).encode() for item in items)
            return
    yield from (line for line in data.split(b"\n") if line.strip())


def normalise(record: dict[str, Any], report: LoadReport) -> dict[str, Any]:
    """Turn one vendor record (schema A or B) into the values of `POSTING_SCHEMA`; count what is odd in `report`."""
    extra: dict[str, Any] = {}
    row: dict[str, Any] = {}
    used = {"extra"} & record.keys()
    if used:
        extra["extra"] = record["extra"]
    for name, (keys, convert) in _COLUMNS.items():
        present = [key for key in keys if key in record]
        if not present:
            report.missing_fields[keys[0]] += 1
            row[name] = None
            continue
        key, *others = present
        used.update(present)
        extra.update({other: record[other] for other in others if record[other] != record[key]})
        row[name] = _fit(key, record[key], convert, extra, report)
    for key in record.keys() - used:
        report.unknown_fields[key] += 1
        extra[key] = record[key]
    # ASCII only: half a character survives as its escape, and the text stays valid UTF-8
    row["extra"] = json.dumps(extra, sort_keys=True) if extra else None
    return row


def _fit(key: str, value: object, convert: Callable[[Any], Any], extra: dict[str, Any], report: LoadReport) -> object:
    if value is None:
        return None
    try:
        fitted = convert(value)
    except (_Misfit, ValueError, OverflowError):
        report.misfits[key] += 1
        extra[key] = value
        return None
    if _has_surrogate(fitted):
        report.lone_surrogates += 1
        extra[key] = value
        return _without_surrogates(fitted)
    if isinstance(fitted, _Reduced):
        extra[key] = value
        return list(fitted)
    return fitted


# --- one value --------------------------------------------------------------------------------------------


class _Reduced(list[str]):
    """Names taken out of a richer structure, which must be kept as well."""


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise _Misfit
    return value


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise _Misfit
    return value


def _flag(value: object) -> bool:
    if isinstance(value, (bool, int)) and value in (0, 1):
        return bool(value)
    raise _Misfit


def _moment(value: object) -> dt.datetime:
    text = _string(value)
    if _MOMENT.fullmatch(text) is None:
        raise _Misfit
    return dt.datetime.fromisoformat(text)  # UTC without a zone, as sent


def _unix_time(value: object) -> dt.datetime:
    number = _integer(value)
    step = dt.timedelta(milliseconds=1) if abs(number) >= _MILLISECONDS_FROM else dt.timedelta(seconds=1)
    return dt.datetime(1970, 1, 1) + number * step  # noqa: DTZ001


def _names(*path: str) -> Callable[[object], list[str]]:
    """Make a converter for a list of names, bare or nested one level deep under one of `path`."""

    def convert(value: object) -> list[str]:
        if not isinstance(value, list):
            raise _Misfit
        names = [_name(item, path) for item in value]
        plain = all(isinstance(item, str) or _is_bare(item, path) for item in value)
        return names if plain else _Reduced(names)

    return convert


def _name(item: object, path: Sequence[str]) -> str:
    for key in path:
        if isinstance(item, dict):
            item = item.get(key)
    return _string(item)


def _is_bare(item: object, path: Sequence[str]) -> bool:
    """Whether the item holds the name and nothing else, so that nothing is lost by keeping only the name."""
    for key in path:
        if not isinstance(item, dict) or set(item) != {key}:
            return False
        item = item[key]
    return True


def _has_surrogate(value: object) -> bool:
    if isinstance(value, str):
        return not value.isascii() and _SURROGATE.search(value) is not None
    return isinstance(value, list) and any(map(_has_surrogate, value))


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    return _SURROGATE.sub("\ufffd", value)


_CONVERTERS: dict[Any, Callable[[Any], Any]] = {
    pl.String: _string,
    pl.Int64: _integer,
    pl.Boolean: _flag,
    pl.Datetime("us"): _moment,
}
_COLUMNS: dict[str, tuple[tuple[str, ...], Callable[[Any], Any]]] = {
    **{
        name: ((name,), _CONVERTERS[kind])
        for name, kind in POSTING_SCHEMA.items()
        if kind in _CONVERTERS and name != "extra"
    },
    "posting_id": (_POSTING_ID_KEYS, _integer),
    "last_updated_ux": (("last_updated_ux",), _unix_time),
    "industries": (_INDUSTRY_KEYS, _names("job_industry_list", "industry")),
    "functions": (_FUNCTION_KEYS, _names("job_function_list", "function")),
}


# --- files ------------------------------------------------------------------------------------------------


def _content(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise LoadFailed(
            f"{path} can't be read ({error}).", next_step="check where it came from, and get it again"
        ) from error


def _parse(text: bytes, file: str, line: int, report: LoadReport) -> dict[str, Any] | None:
    try:
        record = json.loads(text.decode("utf-8"))
        reason = "" if isinstance(record, dict) else "it is JSON, but no object"
    except UnicodeDecodeError:
        reason = "it is no UTF-8"
    except (ValueError, RecursionError) as error:
        reason = str(error)
    if not reason:
        return dict(record)
    shown = text[:500].decode("utf-8", "replace")
    report.set_aside(BadLine(file, line, reason, shown))
    return None
