"""`DriftReport`: what changed between two sets of postings, or between one and what is documented."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from ..display import as_html, as_text
from .schema import COLUMNS, NO_COLUMN, POSTING_SCHEMA

NULL_RATE_STEP = 0.05  # a change of a null rate by as much, and beyond chance, is worth a line
_CHANCE = 3.0  # standard errors
_SHOWN = 5
_EXTRA = POSTING_SCHEMA.names()[-1]


@dataclass(frozen=True, slots=True)
class NullRate:
    """How often a column was empty, before and now (0 to 1)."""

    column: str
    before: float
    now: float


@dataclass(frozen=True, slots=True)
class Values:
    """What terms came into, and went out of, the vocabulary of a column."""

    column: str
    new: tuple[str, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DriftReport:
    """What changed; all empty where nothing did.

    Attributes
    ----------
    records_before, records : int
        Postings compared; ``records_before`` is None against the documentation.
    new_fields, gone_fields : dict of str to int
        Fields in ``extra``, or documented columns, that came or went; and in how many postings they are (or were).
    misfits : dict of str to (int, int)
        Documented fields whose values did not fit their column: how many before, and now.
    null_rates : list of NullRate
        Columns that are empty more, or less, often: by 5 points or more, and more than chance explains.
    values : list of Values
        Columns of the vendor's terms (seniority, employment type, country, industries, functions) with others now.
    """

    records_before: int | None
    records: int
    new_fields: dict[str, int] = field(default_factory=dict)
    gone_fields: dict[str, int] = field(default_factory=dict)
    misfits: dict[str, tuple[int, int]] = field(default_factory=dict)
    null_rates: list[NullRate] = field(default_factory=list)
    values: list[Values] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return bool(self.new_fields or self.gone_fields or self.misfits or self.null_rates or self.values)

    def rows(self) -> list[tuple[str, str]]:
        """Return it as labelled lines."""
        before = "the documentation" if self.records_before is None else f"{self.records_before:,} postings"
        rows = [("compared", f"{self.records:,} postings with {before}")]
        rows += [(f"new field {name}", f"in {count:,}") for name, count in self.new_fields.items()]
        rows += [
            (f"gone field {name}", f"was in {count:,}" if count else "") for name, count in self.gone_fields.items()
        ]
        rows += [(f"misfits of {name}", f"{then:,} before, {now:,} now") for name, (then, now) in self.misfits.items()]
        rows += [(f"empty {rate.column}", f"{rate.before:.0%} before, {rate.now:.0%} now") for rate in self.null_rates]
        rows += [
            (f"{what} values of {change.column}", _listed(found))
            for change in self.values
            for what, found in (("new", change.new), ("gone", change.gone))
            if found
        ]
        return rows if self else [*rows, ("changes", "none")]

    def __repr__(self) -> str:
        return as_text("Drift report", self.rows())

    def _repr_html_(self) -> str:
        return as_html("Drift report", self.rows())


def drift(now: pl.DataFrame, before: pl.DataFrame | None = None) -> DriftReport:
    """Compare postings with earlier ones, or with the documented schema.

    Parameters
    ----------
    now, before : polars.DataFrame
        Frames of `POSTING_SCHEMA`, such as those of two collections of the same query. Without `before`, fields are
        compared with what the contract documents for schema A, of which null rates and values are not known.

    Returns
    -------
    DriftReport
        False in a condition when nothing changed.
    """
    fields = _fields(now)
    misfits = _misfits(now)
    if before is None:
        empty = {column.name for column in COLUMNS if not column.nullable and now[column.name].null_count()}
        unfilled = {name for name in POSTING_SCHEMA if name != _EXTRA and now[name].null_count() == len(now)}
        return DriftReport(
            None,
            len(now),
            new_fields={name: count for name, count in fields.items() if name not in NO_COLUMN},
            gone_fields=dict.fromkeys(sorted(unfilled), 0) if len(now) else {},
            misfits={name: (0, count) for name, count in misfits.items()},
            null_rates=[NullRate(name, 0.0, now[name].null_count() / len(now)) for name in sorted(empty - unfilled)],
        )
    earlier, earlier_misfits = _fields(before), _misfits(before)
    filled, filled_before = _filled(now), _filled(before)
    return DriftReport(
        len(before),
        len(now),
        new_fields={name: count for name, count in {**fields, **filled}.items() if name not in earlier | filled_before},
        gone_fields={
            name: count for name, count in {**earlier, **filled_before}.items() if name not in fields | filled
        },
        misfits={
            name: (earlier_misfits.get(name, 0), misfits.get(name, 0))
            for name in sorted(misfits | earlier_misfits)
            if bool(misfits.get(name)) != bool(earlier_misfits.get(name))
        },
        null_rates=list(_null_rates(now, before)),
        values=list(_values(now, before)),
    )


def _filled(frame: pl.DataFrame) -> dict[str, int]:
    """Count the postings that have something in each column; columns that are always empty are left out."""
    counts = {name: len(frame) - frame[name].null_count() for name in POSTING_SCHEMA if name != _EXTRA}
    return {name: count for name, count in counts.items() if count}


def _extras(frame: pl.DataFrame) -> Iterator[dict[str, Any]]:
    return map(json.loads, frame[_EXTRA].drop_nulls())


def _fields(frame: pl.DataFrame) -> dict[str, int]:
    """Count the fields in ``extra`` that have no column."""
    counts: dict[str, int] = {}
    for extra in _extras(frame):
        for name in extra.keys() - _KNOWN:
            counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))


def _misfits(frame: pl.DataFrame) -> dict[str, int]:
    """Count the values in ``extra`` whose column is empty for their sake."""
    counts: dict[str, int] = {}
    there = frame.filter(pl.col(_EXTRA).is_not_null())
    for row, extra in zip(there.iter_rows(named=True), _extras(there), strict=True):
        for key in extra.keys() & _KNOWN:
            if row[_KNOWN[key]] is None and extra[key] is not None:
                counts[key] = counts.get(key, 0) + 1
    return dict(sorted(counts.items()))


_KNOWN = {key: column.name for column in COLUMNS for key in column.keys}


def _null_rates(now: pl.DataFrame, before: pl.DataFrame) -> Iterator[NullRate]:
    if not (len(now) and len(before)):
        return
    for name in _filled(now).keys() & _filled(before).keys():
        rate, earlier = now[name].null_count() / len(now), before[name].null_count() / len(before)
        pooled = (now[name].null_count() + before[name].null_count()) / (len(now) + len(before))
        error = (pooled * (1 - pooled) * (1 / len(now) + 1 / len(before))) ** 0.5
        if abs(rate - earlier) >= max(NULL_RATE_STEP, _CHANCE * error):
            yield NullRate(name, earlier, rate)


def _values(now: pl.DataFrame, before: pl.DataFrame) -> Iterator[Values]:
    """Compare the terms of columns that have a vocabulary."""
    for name in (column.name for column in COLUMNS if column.vocabulary):
        found, earlier = (_terms(frame[name]) for frame in (now, before))
        if found and earlier and found != earlier:
            yield Values(name, tuple(sorted(found - earlier)), tuple(sorted(earlier - found)))


def _terms(column: pl.Series) -> set[str]:
    values = column.explode() if isinstance(column.dtype, pl.List) else column
    return set(values.drop_nulls().unique())


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(map(repr, names[:_SHOWN])) + more
