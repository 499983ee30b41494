"""The fast route: a batch of lines to columns at once, each record proven to have arrived whole.

Polars decodes JSON with an explicit shape fast, and loses in silence what does not fit it: unknown keys, the second
of two equal keys, fractions, large integers, half characters. The proof that nothing of this happened is to write
what was decoded back to JSON: where that gives the line again, to the byte, the columns hold all that it held. Lines
that fail the proof are left to `bulkjobs.records.values`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from .report import LoadReport
from .schema import COLUMNS, KEYS, NESTED, NO_COLUMN, POSTING_SCHEMA, Column, Kind, schema_of
from .values import INSTANT, MILLISECONDS_FROM, MOMENT

_LAST_MILLISECOND = 9_999_999_999_999  # of the year 2286; what lies beyond is left to the exact route
_FEWEST = 16  # lines; fewer are not halved once more to find the one that can't be decoded
_PATTERN = re.compile(r"\*|\^.*\$", re.DOTALL)  # a name that polars would take for a pattern of names
_RECORD = pl.col("record")
_AS_WRITTEN = pl.QueryOptFlags(comm_subexpr_elim=False)  # to look for what is common costs a fifth of the whole
_SPACED = {', "': ',"', '": ': '":', "}, {": "},{"}  # what writers put between values, and what it is without


@dataclass(frozen=True, slots=True)
class Decoded:
    """A decoded batch.

    Attributes
    ----------
    frame : polars.DataFrame
        Of `POSTING_SCHEMA`; only the rows that are `clean` mean anything.
    clean : polars.Series
        Whether the row is proven to hold all that its line held.
    """

    frame: pl.DataFrame
    clean: pl.Series


@dataclass
class Layout:
    """The shape that records of a file have in common.

    Attributes
    ----------
    types : dict of str to polars data type
        Type of each key, in the order of the file.
    spaced : bool
        Whether the writer put spaces after colons and commas.
    samples : dict of str to object
        A value of each key, for the report's examples.
    """

    types: dict[str, Any]
    spaced: bool
    samples: dict[str, Any] = field(compare=False)

    @classmethod
    def learn(cls, lines: Iterable[str]) -> Layout | None:
        """Learn from some lines; None where only the exact route can read them."""
        records = list(_objects(lines))
        if not records:
            return None
        first, text = records[0]
        columns = [KEYS[key].name for key in first if key in KEYS]
        if len(columns) != len(set(columns)) or any(map(_PATTERN.fullmatch, first)):
            return None
        alike = [record for record, _ in records if record.keys() == first.keys()]
        values = {key: [record[key] for record in alike if record[key] is not None] for key in first}
        types = {key: _type_of(key, found) for key, found in values.items()}
        return cls(types, '": ' in text, {key: _sample(found) for key, found in values.items()})

    def decode(self, lines: pl.Series) -> Decoded:
        """Decode lines that begin with a brace; what can't be decoded at all is not clean."""
        record, typed, clean = self._steps
        try:
            frame = (
                lines.to_frame("line")
                .lazy()
                .select("line", record=pl.col("line").str.json_decode(pl.Struct(self.types)))
                .select(*record)
                .unnest("record")
                .with_columns(*typed)
                .select(*POSTING_SCHEMA, clean=clean)
                .collect(engine="streaming", optimizations=_AS_WRITTEN)
            )
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            return self._halves(lines)
        if len(frame) != len(lines):  # two objects on a line; none can give less than one
            return self._halves(lines)
        return Decoded(frame.drop("clean"), frame["clean"])

    def _halves(self, lines: pl.Series) -> Decoded:
        if len(lines) <= _FEWEST:
            return Decoded(POSTING_SCHEMA.to_frame().clear(len(lines)), pl.repeat(False, len(lines), eager=True))
        middle = len(lines) // 2
        halves = [self.decode(lines[:middle]), self.decode(lines[middle:])]
        return Decoded(pl.concat(half.frame for half in halves), pl.concat(half.clean for half in halves))

    def note(self, clean: pl.DataFrame, report: LoadReport) -> None:
        """Count in `report` what the clean rows of a batch have in common, as the exact route does record by record."""
        rows = len(clean)
        if not rows:
            return
        report.schemas[schema_of(self.types)] += rows
        present = {KEYS[key].name for key in self.types if key in KEYS}
        for column in COLUMNS:
            if column.keys and column.name not in present:
                report.missing_fields[next(iter(column.keys))] += rows
        for key in self.types.keys() - KEYS.keys():
            if key in NO_COLUMN:
                report.other_fields[key] += rows
            else:
                report.unknown(key, self.samples[key], rows)
        for key, paths in self._unknown_paths().items():
            filled = int((clean[KEYS[key].name].list.len() > 0).sum())
            for path, sample in paths.items() if filled else ():
                report.unknown(f"{key}[]{path}", sample, filled)

    @cached_property
    def _steps(self) -> tuple[list[pl.Expr], list[pl.Expr], pl.Expr]:
        """What is asked of every batch, made once: the proven record, its columns, and whether a row is clean."""
        record = _RECORD.struct.rename_fields(list(map(self._name, self.types)))
        return (
            [self._proof().alias("proven"), record.alias("record")],
            [*(self._column(column) for column in COLUMNS[:-1]), self._extra()],
            pl.all_horizontal("proven", *self._fitting()).fill_null(value=False),
        )

    # --- expressions --------------------------------------------------------------------------------------

    def _proof(self) -> pl.Expr:
        line = pl.col("line")
        if self.spaced:  # only spaces are taken out, and a record that lost something lost more than spaces
            line = line.str.replace_many(list(_SPACED), list(_SPACED.values()))
        return line == _RECORD.struct.json_encode()

    def _column(self, column: Column) -> pl.Expr:
        key = next((key for key in self.types if key in column.keys), None)
        if key is None:
            return pl.lit(None, dtype=column.dtype).alias(column.name)
        return _converted(self._value(key), column.keys[key], self.types[key]).alias(column.name)

    def _fitting(self) -> Iterator[pl.Expr]:
        """Give what must hold for a value to fit its column, beyond its JSON type."""
        for key, kind in self._known():
            value = self._value(key)
            converted = pl.col(KEYS[key].name)
            if kind == "flag":
                fits = value.cast(pl.Int64).is_between(0, 1)
            elif kind == "unix":
                fits = value.is_between(0, _LAST_MILLISECOND)
            elif kind in {"moment", "instant"}:
                year_0 = value.str.starts_with("0000")  # polars knows that year, Python does not
                fits = value.str.contains(f"^{_PATTERNS[kind]}$") & converted.is_not_null() & ~year_0
            elif kind in NESTED:
                fits = ~converted.list.contains(None, nulls_equal=True)
            else:
                continue
            yield value.is_null() | fits

    def _extra(self) -> pl.Expr:
        """Write what has no column, and names that came with more than the name, as a JSON object."""
        pieces = []
        for key in sorted(self.types):
            value = self._value(key)
            text = pl.struct(value.alias(key)).struct.json_encode().str.strip_prefix("{").str.strip_suffix("}")
            if key not in KEYS:
                pieces.append(text)
            elif _is_rich(key, self.types[key]):
                pieces.append(pl.when(value.list.len() > 0).then(text))
        if not pieces:
            return pl.lit(None, dtype=pl.String).alias("extra")
        joined = pl.concat_list(pieces).list.drop_nulls().list.join(",")
        return pl.when(joined != "").then(pl.concat_str(pl.lit("{"), joined, pl.lit("}"))).alias("extra")

    def _name(self, key: str) -> str:
        """Name a vendor's field apart from our columns."""
        return f"vendor's {key}"

    def _value(self, key: str) -> pl.Expr:
        return pl.col(self._name(key))

    def _known(self) -> Iterator[tuple[str, Kind]]:
        return ((key, KEYS[key].keys[key]) for key in self.types if key in KEYS)

    def _unknown_paths(self) -> dict[str, dict[str, object]]:
        """Find the keys inside of nested names that nobody documented, with a value of each where one is at hand."""
        found = {}
        for key, kind in self._known():
            if _is_rich(key, self.types[key]):
                where = NESTED[kind]
                item = self.types[key].inner.to_schema()
                sample: dict[str, Any] = next(iter(self.samples[key] or ()), {})
                inside = {name: sample.get(where.outer, {}).get(name) for name in item[where.outer].to_schema()}
                found[key] = {f".{name}": sample.get(name) for name in item.keys() - where.outside} | {
                    f".{where.outer}.{name}": inside[name] for name in inside.keys() - where.inside
                }
        return found


_PATTERNS: dict[Kind, str] = {"moment": MOMENT, "instant": INSTANT}


def _converted(value: pl.Expr, kind: Kind, dtype: Any) -> pl.Expr:
    if kind == "flag":
        return value.cast(pl.Boolean)
    if kind == "moment":
        return value.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False, cache=False)
    if kind == "instant":
        plain = value.str.strip_suffix("Z").str.replace("T", " ", literal=True)
        return plain.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False, cache=False)
    if kind == "unix":
        factor = pl.when(value >= MILLISECONDS_FROM).then(1_000).otherwise(1_000_000)
        return (value * factor).cast(pl.Datetime("us"))
    if kind in NESTED and isinstance(dtype.inner, pl.Struct):
        where = NESTED[kind]
        return value.list.eval(pl.element().struct.field(where.outer).struct.field(where.inner))
    return value


def _is_rich(key: str, dtype: Any) -> bool:
    """Whether names come with more than the name."""
    kind = KEYS[key].keys[key] if key in KEYS else "text"
    if kind not in NESTED or not isinstance(dtype.inner, pl.Struct):
        return False
    item: Any = dtype.inner.to_schema()
    return len(item) > 1 or len(item[NESTED[kind].outer].fields) > 1


# --- learning ---------------------------------------------------------------------------------------------


def _objects(lines: Iterable[str]) -> Iterator[tuple[dict[str, Any], str]]:
    for line in lines:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict) and record:
            yield record, line


def _sample(values: Sequence[Any]) -> Any:
    return next((value for value in values if value), next(iter(values), None))


def _type_of(key: str, values: Sequence[Any]) -> Any:
    """Choose a type by the documentation, or by what the values are; a wrong choice only costs time."""
    if key not in KEYS:
        return _inferred(values)
    kind = KEYS[key].keys[key]
    if kind in NESTED:
        outer, inner = NESTED[kind].outer, NESTED[kind].inner
        items = [item for value in values if isinstance(value, list) for item in value]
        nested = [item for item in items if isinstance(item, dict) and isinstance(item.get(outer), dict)]
        if not items and key.startswith("job_") and kind == "industries":
            return pl.List(pl.Struct({outer: pl.Struct({inner: pl.String})}))
        if not nested or not all(inner in item[outer] for item in nested):
            return pl.List(pl.String)
        item = _inferred(nested).to_schema()
        return pl.List(pl.Struct(item | {outer: pl.Struct(item[outer].to_schema() | {inner: pl.String})}))
    if kind == "flag" and any(isinstance(value, bool) for value in values):
        return pl.Boolean
    return pl.Int64 if kind in {"integer", "flag", "unix"} else pl.String


def _inferred(values: Sequence[Any]) -> Any:
    kinds = {type(value) for value in values}
    if kinds == {bool}:
        return pl.Boolean
    if kinds == {int} and all(-(2**63) <= value < 2**63 for value in values):
        return pl.Int64
    if kinds == {float}:
        return pl.Float64
    if kinds == {list}:
        return pl.List(_inferred([item for value in values for item in value if item is not None]))
    if kinds == {dict} and values[0]:
        fields = {key: [value[key] for value in values if value.get(key) is not None] for key in values[0]}
        return pl.Struct({key: _inferred(found) for key, found in fields.items()})
    return pl.String
