"""`DriftReport`: what changed between two sets of postings, or between one and what is documented."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from ..display import as_html, as_text
from ..engine import Rows
from .schema import COLUMNS, NO_COLUMN, POSTING_SCHEMA

NULL_RATE_STEP = 0.05  # a change of a null rate by as much, and beyond chance, is worth a line
_CHANCE = 3.0  # standard errors
_SHOWN = 5
_EXTRA = POSTING_SCHEMA.names()[-1]

Postings = pl.DataFrame | pl.LazyFrame | Rows


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


def drift(now: Postings, before: Postings | None = None) -> DriftReport:
    """Compare postings with earlier ones, or with the documented schema.

    Parameters
    ----------
    now, before : DataFrame, LazyFrame or Rows
        Postings of `POSTING_SCHEMA`, such as those of two collections of the same query; or parts of them, looked
        through one by one (`bulkjobs.library.Library.rows`). Without `before`, fields are compared with what the
        contract documents for schema A, of which null rates and values are not known.

    Returns
    -------
    DriftReport
        False in a condition when nothing changed.
    """
    here = Profile.of(now)
    if before is None:
        empty = {column.name for column in COLUMNS if not column.nullable and here.nulls[column.name]}
        unfilled = {name for name, count in here.nulls.items() if count == here.records}
        return DriftReport(
            None,
            here.records,
            new_fields={name: count for name, count in sorted(here.fields.items()) if name not in NO_COLUMN},
            gone_fields=dict.fromkeys(sorted(unfilled), 0) if here.records else {},
            misfits={name: (0, count) for name, count in sorted(here.misfits.items())},
            null_rates=[NullRate(name, 0.0, here.nulls[name] / here.records) for name in sorted(empty - unfilled)],
        )
    then = Profile.of(before)
    filled, filled_then = here.present, then.present
    return DriftReport(
        then.records,
        here.records,
        new_fields={name: count for name, count in filled.items() if name not in filled_then},
        gone_fields={name: count for name, count in filled_then.items() if name not in filled},
        misfits={
            name: (then.misfits[name], here.misfits[name])
            for name in sorted(here.misfits.keys() | then.misfits.keys())
            if bool(here.misfits[name]) != bool(then.misfits[name])
        },
        null_rates=list(_null_rates(here, then)),
        values=list(_values(here, then)),
    )


@dataclass(frozen=True)
class Profile:
    """What postings are compared by; those of some parts make up that of all.

    Attributes
    ----------
    records : int
    nulls : Counter of str
        In how many postings a column is null.
    fields : Counter of str
        In how many there is a field in ``extra`` that has no column.
    misfits : Counter of str
        Values in ``extra`` whose column is null for their sake.
    terms : dict of str to set of str
        The terms of each column that has a vocabulary.
    """

    records: int
    nulls: Counter[str]
    fields: Counter[str]
    misfits: Counter[str]
    terms: dict[str, set[str]]

    @classmethod
    def of(cls, postings: Postings) -> Profile:
        """Look postings through."""
        rows = Rows.of(postings)
        return rows.engine.tree(_profile, rows.parts, _together)

    @property
    def present(self) -> dict[str, int]:
        """How many postings have something in a field or column; what none has is left out."""
        filled = {name: self.records - count for name, count in self.nulls.items() if count < self.records}
        return {**dict(sorted(self.fields.items())), **filled}


def _profile(part: pl.LazyFrame) -> Profile:
    """Look the postings of a part through; of texts it reads no more than whether they are there."""
    names = [name for name in POSTING_SCHEMA if name != _EXTRA]
    vocabularies = [column.name for column in COLUMNS if column.vocabulary]
    flags = [pl.col(name).is_null() for name in names]
    plans = [
        part.select(pl.len().alias(_EXTRA), *(flag.sum() for flag in flags)),
        part.filter(pl.col(_EXTRA).is_not_null()).select(_EXTRA, *flags),
        *(_terms(part, name) for name in vocabularies),
    ]
    # What the plans have in common would be held in memory, with its texts, to be read once only.
    apart = pl.QueryOptFlags(comm_subplan_elim=False)
    counts, extras, *terms = pl.collect_all(plans, engine="streaming", optimizations=apart)
    nulls = counts.row(0, named=True)
    records = nulls.pop(_EXTRA)
    fields, misfits = Counter[str](), Counter[str]()
    for row in extras.iter_rows(named=True):
        extra = json.loads(row[_EXTRA])
        fields.update(extra.keys() - _KNOWN.keys())
        misfits.update(key for key in extra.keys() & _KNOWN.keys() if row[_KNOWN[key]] and extra[key] is not None)
    found = {name: set(frame[name]) for name, frame in zip(vocabularies, terms, strict=True)}
    return Profile(records, Counter(nulls), fields, misfits, found)


def _together(profiles: list[Profile]) -> Profile:
    nulls, fields, misfits = Counter[str](), Counter[str](), Counter[str]()
    terms: dict[str, set[str]] = {}
    for one in profiles:
        nulls.update(one.nulls)
        fields.update(one.fields)
        misfits.update(one.misfits)
        for name, found in one.terms.items():
            terms.setdefault(name, set()).update(found)
    return Profile(sum(one.records for one in profiles), nulls, fields, misfits, terms)


_KNOWN = {key: column.name for column in COLUMNS for key in column.keys}


def _terms(part: pl.LazyFrame, name: str) -> pl.LazyFrame:
    values = part.select(name)
    return (values.explode(name) if isinstance(POSTING_SCHEMA[name], pl.List) else values).drop_nulls().unique()


def _null_rates(now: Profile, before: Profile) -> Iterator[NullRate]:
    if not (now.records and before.records):
        return
    for name in POSTING_SCHEMA:
        if name == _EXTRA or now.nulls[name] == now.records or before.nulls[name] == before.records:
            continue
        rate, earlier = now.nulls[name] / now.records, before.nulls[name] / before.records
        pooled = (now.nulls[name] + before.nulls[name]) / (now.records + before.records)
        error = (pooled * (1 - pooled) * (1 / now.records + 1 / before.records)) ** 0.5
        if abs(rate - earlier) >= max(NULL_RATE_STEP, _CHANCE * error):
            yield NullRate(name, earlier, rate)


def _values(now: Profile, before: Profile) -> Iterator[Values]:
    """Compare the terms of columns that have a vocabulary."""
    for name, found in now.terms.items():
        earlier = before.terms[name]
        if found and earlier and found != earlier:
            yield Values(name, tuple(sorted(found - earlier)), tuple(sorted(earlier - found)))


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(map(repr, names[:_SHOWN])) + more
