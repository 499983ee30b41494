"""What a report is about, in words for readers who don't program."""

from __future__ import annotations

import polars as pl

from ..display import counted
from ..provenance import Provenance
from ..query import FIELDS


def asked(known: Provenance) -> str:
    """Say what was asked for: a scope for titles, such as ``title Nurse; country Portugal``."""
    query = known.query or {}
    if "ids" in query:
        return f"{query['ids']:,} ids"
    filters = query.get("filters")
    if not filters:
        return "a whole library"
    return "; ".join(f"{_label(name)} {_said(value)}" for name, value in filters.items())


def reach(frame: pl.DataFrame) -> str:
    """Say how many postings count, of how many companies and countries, and from when to when."""
    if frame.is_empty():
        return "No posting counts: see below what was left out."
    companies, countries = (frame[name].drop_nulls().n_unique() for name in ("company_name", "country_iso_2"))
    said = (
        f"{counted(frame.height, 'posting')} of {companies:,} {'company' if companies == 1 else 'companies'}"
        f" in {countries:,} {'country' if countries == 1 else 'countries'}"
    )
    dates = frame["created"].drop_nulls().sort().dt.strftime("%-d %B %Y")
    return f"{said}, first seen from {dates[0]} to {dates[-1]}." if len(dates) else f"{said}."


def _label(name: str) -> str:
    return FIELDS[name].label.lower() if name in FIELDS else name


def _said(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value).removesuffix(" 00:00:00")
