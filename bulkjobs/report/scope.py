"""`Scope`: which of the postings a report is about: a period and countries."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from ..analysis.places import gazetteer
from ..errors import InvalidQuery

_PART = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of the postings that counts.

    Attributes
    ----------
    first, last : date or None
        The days of ``created`` (UTC) that are the first and the last to count.
    countries : tuple of str
        ISO 3166-1 codes of two letters; none for all.
    """

    first: dt.date | None = None
    last: dt.date | None = None
    countries: tuple[str, ...] = ()

    @classmethod
    def of(cls, period: str | None = None, country: str | Iterable[str] | None = None) -> Scope:
        """Read a scope as people write it.

        Parameters
        ----------
        period : str, optional
            Of ``created``: a year, a month or a day (``2025``, ``2025-03``, ``2025-03-31``), or two of them with ``..``
            between, both included; either may be missing.
        country : str or iterable of str, optional
            Names in the main languages, or codes of two or three letters.

        Raises
        ------
        InvalidQuery
            It is no period, or no country.
        """
        first, last = _days(period)
        names = [country] if isinstance(country, str) else list(country or ())
        return cls(first, last, tuple(sorted({_code(name) for name in names if name.strip()})))

    @property
    def words(self) -> str:
        """What it is, for titles; empty where all counts."""
        known = dict(gazetteer.countries().select("iso_2", "name").iter_rows()) if self.countries else {}
        places = ", ".join(known[code] for code in self.countries)
        if self.first and self.last:
            dates = f"{self.first:%-d %B %Y} to {self.last:%-d %B %Y}"
        elif self.first or self.last:
            dates = f"from {self.first:%-d %B %Y}" if self.first else f"until {self.last:%-d %B %Y}"
        else:
            dates = ""
        return ", ".join(filter(None, (places, dates)))

    @property
    def conditions(self) -> dict[str, pl.Expr]:
        """What enriched postings must meet, by what those are called that don't; see `bulkjobs.analysis.prepare`."""
        made: dict[str, pl.Expr] = {}
        created, country = pl.col("created").dt.date(), pl.col("country_iso_2")
        tests = [created >= self.first] if self.first else []
        tests += [created <= self.last] if self.last else []
        if tests:
            made |= {"without a date": created.is_not_null(), "of another time": pl.all_horizontal(tests)}
        if self.countries:
            made |= {"without a country": country.is_not_null(), "of other countries": country.is_in(self.countries)}
        return made


def _days(period: str | None) -> tuple[dt.date | None, dt.date | None]:
    if period is None or not period.strip():
        return None, None
    start, dots, end = (part.strip() for part in period.partition(".."))
    first = _day(period, start, last=False) if start else None
    last = _day(period, end if dots else start, last=True) if end or not dots else None
    if first is None and last is None:
        raise _no_period(period)
    if first and last and first > last:
        raise InvalidQuery(f"The period {period!r} ends before it begins.", field="period", next_step="turn it round")
    return first, last


def _day(period: str, text: str, *, last: bool) -> dt.date:
    found = _PART.fullmatch(text)
    if not found:
        raise _no_period(period)
    year, month, day = (int(part) if part else None for part in found.groups())
    try:
        month = month or (12 if last else 1)
        return dt.date(year or 0, month, day or (calendar.monthrange(year or 0, month)[1] if last else 1))
    except ValueError as error:
        raise _no_period(period) from error


def _no_period(period: str) -> InvalidQuery:
    return InvalidQuery(
        f"{period!r} is no period.", field="period", next_step="2025, 2025-03, 2025-03-31, or 2025-01..2025-06"
    )


def _code(name: str) -> str:
    known = gazetteer.countries()
    upper = name.strip().upper()
    for column in ("iso_2", "iso_3"):
        found = known.filter(pl.col(column) == upper)
        if len(found):
            return str(found["iso_2"][0])
    names = gazetteer.country_names()
    key = pl.select(gazetteer.fold(pl.lit(name))).item()
    found = names.filter(pl.col("key") == key)
    if found.is_empty():
        raise InvalidQuery(f"{name!r} is no country.", field="country", next_step="its English name, or its ISO code")
    return str(found["iso_2"][0])
