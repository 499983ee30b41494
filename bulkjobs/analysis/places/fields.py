"""The fields of a place as expressions, one each."""

from __future__ import annotations

import polars as pl

from ..column import Column
from .place import place


def country_iso_2(location: Column = "location", country: Column | None = "country") -> pl.Expr:
    """Return the country's two letters, ISO 3166-1, String: a field of `place`."""
    return place(location, country).struct.field("country_iso_2")


def country_iso_3(location: Column = "location", country: Column | None = "country") -> pl.Expr:
    """Return the country's three letters, ISO 3166-1, String: a field of `place`."""
    return place(location, country).struct.field("country_iso_3")


def region(location: Column = "location", country: Column | None = "country") -> pl.Expr:
    """Return the continent's English name, String: a field of `place`."""
    return place(location, country).struct.field("region")


def state(location: Column = "location", country: Column | None = "country") -> pl.Expr:
    """Return the part of the country, ISO 3166-2, String: a field of `place`."""
    return place(location, country).struct.field("state")


def city(location: Column = "location", country: Column | None = "country") -> pl.Expr:
    """Return the city, String: a field of `place`."""
    return place(location, country).struct.field("city")
