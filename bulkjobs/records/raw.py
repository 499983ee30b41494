"""The vendor's own shape: every key a column, nothing renamed, nothing converted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from .loading import parsed
from .report import LoadReport
from .values import as_json, without_surrogates


def load_raw(paths: Sequence[Path], aside: str | os.PathLike[str] | None) -> tuple[pl.DataFrame, LoadReport]:
    """Read files to a frame with the vendor's names, at every depth, in the order in which they first occur.

    Types are those of the values: Int64, Float64, Boolean, String, List and Struct. Where the values of a key are of
    several types (or too large for one), the column is String and holds each as JSON; that is reported as a misfit.
    """
    report = LoadReport()
    records: list[dict[str, Any]] = []
    for path in paths:
        part = LoadReport(files=1, source=path.name)
        for record in parsed(path, part, aside=aside):
            records.append(record)
            part.records += 1
        report.add(part)
    values = {key: [record.get(key) for record in records] for key in dict.fromkeys(k for r in records for k in r)}
    return pl.DataFrame([_series(key, column, report) for key, column in values.items()]), report


def _series(key: str, values: list[Any], report: LoadReport) -> pl.Series:
    dtype = _type_of(values)
    name = without_surrogates(key)
    if dtype is not None:
        return pl.Series(name, [_shaped(value, dtype, report) for value in values], dtype=dtype)
    report.misfit(key, next(value for value in values if value is not None))
    return pl.Series(name, [None if value is None else as_json(value) for value in values], dtype=pl.String)


def _shaped(value: Any, dtype: Any, report: LoadReport) -> Any:
    """Fill in the keys that a struct lacks, and replace half characters, which no column can hold."""
    if isinstance(value, str):
        clean = without_surrogates(value)
        report.lone_surrogates += clean != value
        return clean
    if isinstance(value, list):
        return [_shaped(item, dtype.inner, report) for item in value]
    if isinstance(value, dict):
        return {field.name: _shaped(value.get(field.name), field.dtype, report) for field in dtype.fields}
    return value


def _type_of(values: Sequence[Any]) -> Any:
    """Return the one type of all values; None when there is none."""
    there = [value for value in values if value is not None]
    kinds = {type(value) for value in there}
    if kinds <= {str}:
        return pl.String
    if kinds == {bool}:
        return pl.Boolean
    if kinds == {int}:
        return pl.Int64 if all(-(2**63) <= value < 2**63 for value in there) else None
    if kinds == {float}:
        return pl.Float64
    if kinds == {list}:
        inner = _type_of([item for value in there for item in value])
        return None if inner is None else pl.List(inner)
    if all(isinstance(value, dict) for value in there):
        keys = dict.fromkeys(key for value in there for key in value)
        fields = {key: _type_of([value.get(key) for value in there]) for key in keys}
        return pl.Struct(fields) if fields and None not in fields.values() else None
    return None
