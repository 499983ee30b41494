"""What a report is about, in words for readers who don't program."""

from __future__ import annotations

import polars as pl

from ..display import counted
from ..engine import Large, Rows, collected, tally
from ..provenance import Provenance
from ..query import FIELDS

_COUNTED = ("company_name", "country_iso_2")


def asked(known: Provenance) -> str:
    """Say what was asked for: a scope for titles, such as ``title Nurse; country Portugal``."""
    query = known.query or {}
    if "ids" in query:
        return f"{query['ids']:,} ids"
    filters = query.get("filters")
    if not filters:
        return "a whole library"
    return "; ".join(f"{_label(name)} {_said(value)}" for name, value in filters.items())


def reach(postings: Rows) -> str:
    """Say how many postings count, of how many companies and countries, and from when to when."""
    created = pl.col("created")
    all_, companies, countries = collected(
        tally(postings, postings=pl.len(), least={"first": created}, most={"last": created}),
        *(Large(tally(postings.drop_nulls(name), name, postings=pl.len()), _number) for name in _COUNTED),
    )
    if not all_["postings"].item():
        return "No posting counts: see below what was left out."
    hiring, places = (int(found["number"].sum()) for found in (companies, countries))
    said = (
        f"{counted(all_['postings'].item(), 'posting')} of {hiring:,} {'company' if hiring == 1 else 'companies'}"
        f" in {places:,} {'country' if places == 1 else 'countries'}"
    )
    first, last = all_["first"].item(), all_["last"].item()
    return f"{said}, first seen from {first:%-d %B %Y} to {last:%-d %B %Y}." if first else f"{said}."


def _number(sums: pl.DataFrame) -> pl.DataFrame:
    return sums.select(number=pl.len())


def _label(name: str) -> str:
    return FIELDS[name].label.lower() if name in FIELDS else name


def _said(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value).removesuffix(" 00:00:00")
