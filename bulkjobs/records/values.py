"""One record at a time, exactly: each value to its column, or to ``extra`` and the report.

The reference that the fast route of `bulkjobs.records.decode` is measured against, and the way for all that it
can't prove to be clean.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from .report import LoadReport
from .schema import COLUMNS, KEYS, NESTED, NO_COLUMN, Kind, schema_of

MILLISECONDS_FROM = 100_000_000_000  # a Unix time above this is in ms (contract section 11, row 27)
_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
MOMENT = rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}} {_CLOCK}"
INSTANT = rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[ T]{_CLOCK}(?:\.[0-9]{{1,6}})?Z?"  # three forms occur (section 7.4)
_MOMENT, _INSTANT = re.compile(MOMENT), re.compile(INSTANT)
_SURROGATE = re.compile("[\ud800-\udfff]")
_REPEATED = "fields that came before"


class Misfit(Exception):
    """The value does not fit its column."""


class Repeated(dict[str, Any]):
    """A record in which keys came more than once; `earlier` has the values that the last ones replaced."""

    earlier: Mapping[str, list[Any]]


def parse(text: bytes) -> tuple[dict[str, Any], bool]:
    """Read one line as a record; also tells whether it held raw control characters.

    Raises
    ------
    ValueError, RecursionError
        It is no JSON object; the message says why.
    """
    decoded = text.decode("utf-8")
    try:
        record, raw_controls = _STRICT.decode(decoded), False
    except json.JSONDecodeError as error:
        if not error.msg.startswith("Invalid control character"):
            raise
        record, raw_controls = _LENIENT.decode(decoded), True
    if not isinstance(record, dict):
        raise ValueError("it is JSON, but no object")  # noqa: TRY004 - the line is bad, not the caller
    return record, raw_controls


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    earlier: dict[str, list[Any]] = {}
    repeated = Repeated()
    for key, value in pairs:
        if key in repeated:
            earlier.setdefault(key, []).append(repeated[key])
        repeated[key] = value
    repeated.earlier = earlier
    return repeated


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


_STRICT = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant)
_LENIENT = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant, strict=False)


def normalise(record: dict[str, Any], report: LoadReport) -> dict[str, Any]:
    """Turn one vendor record of any schema into the values of `POSTING_SCHEMA`; count what is odd in `report`."""
    extra: dict[str, Any] = {}
    row: dict[str, Any] = dict.fromkeys(_NAMES)
    seen: dict[str, str] = {}  # column -> the key that filled it
    for key in _in_order(record):
        value = record[key]
        column = KEYS.get(key)
        if column is None:
            extra[key] = value
            report.lone_surrogates += _has_surrogate(value)
            if key in NO_COLUMN:
                report.other_fields[key] += 1
            else:
                report.unknown(key, value)
        elif column.name in seen:
            if value != record[seen[column.name]] or seen[column.name] in extra:
                extra[key] = value
        else:
            seen[column.name] = key
            if value is not None:
                row[column.name] = _fit(key, value, column.keys[key], extra, report)
    for name, first_key in _FIRST_KEYS:
        if name not in seen:
            report.missing_fields[first_key] += 1
    report.schemas[schema_of(record)] += 1
    _note_repeated(record, extra, report)
    row["extra"] = as_json(dict(sorted(extra.items()))) if extra else None
    return row


_NAMES = tuple(column.name for column in COLUMNS)
_FIRST_KEYS = tuple((column.name, next(iter(column.keys))) for column in COLUMNS if column.keys)
_RANK = {key: rank for column in COLUMNS for rank, key in enumerate(column.keys) if rank}  # of later spellings


def _in_order(record: dict[str, Any]) -> list[str]:
    """Return the keys so that of several spellings the first documented one fills the column."""
    if _RANK.keys().isdisjoint(record):
        return list(record)
    return sorted(record, key=lambda key: _RANK.get(key, 0))


def _fit(key: str, value: object, kind: Kind, extra: dict[str, Any], report: LoadReport) -> object:
    if kind == "text" and type(value) is str and value.isascii():
        return value
    try:
        fitted = _CONVERTERS[kind](value)
    except (Misfit, ValueError, OverflowError):
        report.misfit(key, value)
        report.lone_surrogates += _has_surrogate(value)
        extra[key] = value
        return None
    if isinstance(fitted, _Reduced):
        extra[key] = value
        for path, example in fitted.unknown.items():
            report.unknown(f"{key}[]{path}", example)
    if _has_surrogate(fitted):
        report.lone_surrogates += 1
        extra[key] = value
        return without_surrogates(fitted)
    return fitted


def _note_repeated(value: object, extra: dict[str, Any], report: LoadReport) -> None:
    """Keep what later values of the same key replaced; inside of nested values too, where it hardly ever occurs."""
    for where in _repeated(value):
        for key, earlier in where.earlier.items():
            report.repeated_fields[key] += 1
            extra.setdefault(_REPEATED, []).append({key: earlier})


def _repeated(value: object) -> list[Repeated]:
    found = [value] if isinstance(value, Repeated) else []
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            if isinstance(item, (dict, list)):
                found += _repeated(item)
    return found


def as_json(value: object) -> str:
    """Write JSON as short as can be; half characters stay as their escapes, so that the text is valid UTF-8."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return json.dumps(value, separators=(",", ":")) if _has_surrogate(text) else text


# --- one value --------------------------------------------------------------------------------------------


class _Reduced(list[str]):
    """Names taken out of a richer structure, which must be kept as well; `unknown`: paths that nobody documented."""

    def __init__(self, names: list[str], unknown: Mapping[str, object]) -> None:
        super().__init__(names)
        self.unknown = unknown


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Misfit
    return value


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise Misfit
    return value


def _flag(value: object) -> bool:
    if isinstance(value, (bool, int)) and value in (0, 1):
        return bool(value)
    raise Misfit


def _moment(value: object) -> dt.datetime:
    text = _text(value)
    if _MOMENT.fullmatch(text) is None:
        raise Misfit
    return dt.datetime.fromisoformat(text)  # UTC without a zone, as sent


def _instant(value: object) -> dt.datetime:
    text = _text(value)
    if _INSTANT.fullmatch(text) is None:
        raise Misfit
    return dt.datetime.fromisoformat(text.removesuffix("Z"))


def _unix_time(value: object) -> dt.datetime:
    number = _integer(value)
    step = dt.timedelta(milliseconds=1) if abs(number) >= MILLISECONDS_FROM else dt.timedelta(seconds=1)
    return dt.datetime(1970, 1, 1) + number * step  # noqa: DTZ001


def _names(kind: Kind) -> Callable[[object], list[str]]:
    """Make a converter for a list of names: bare, or nested as in schema A or B."""
    where = NESTED[kind]

    def convert(value: object) -> list[str]:
        if not isinstance(value, list):
            raise Misfit
        names: list[str] = []
        unknown: dict[str, object] = {}
        bare = True
        for item in value:
            if isinstance(item, str):
                names.append(item)
                continue
            nested = item.get(where.outer) if isinstance(item, dict) else None
            if not isinstance(nested, dict):
                raise Misfit
            names.append(_text(nested.get(where.inner)))
            bare = bare and len(item) == len(nested) == 1
            if not bare:
                unknown.update({f".{key}": item[key] for key in item.keys() - where.outside})
                unknown.update({f".{where.outer}.{key}": nested[key] for key in nested.keys() - where.inside})
        if bare:
            return names
        return _Reduced(names, unknown)

    return convert


def _has_surrogate(value: object) -> bool:
    if isinstance(value, str):
        return not value.isascii() and _SURROGATE.search(value) is not None
    if isinstance(value, dict):
        return any(map(_has_surrogate, value)) or any(map(_has_surrogate, value.values()))
    return isinstance(value, list) and any(map(_has_surrogate, value))


def without_surrogates(value: Any) -> Any:
    """Replace half characters, which no column can hold, by U+FFFD."""
    if isinstance(value, list):
        return [without_surrogates(item) for item in value]
    return _SURROGATE.sub("\ufffd", value)


_CONVERTERS: dict[Kind, Callable[[Any], Any]] = {
    "text": _text,
    "integer": _integer,
    "flag": _flag,
    "moment": _moment,
    "instant": _instant,
    "unix": _unix_time,
    "industries": _names("industries"),
    "functions": _names("functions"),
}
