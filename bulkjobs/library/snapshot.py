"""Where the postings of a library come from: see `bulkjobs.provenance`."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from ..engine import Rows, collected, tally
from ..engine.engine import BUCKET, BUCKETS, as_they_are
from ..errors import InvalidQuery
from ..origins import Snapshot
from ..provenance import Provenance
from ..rowhash import GROUPS, digests, group_hashes, hash_of_groups


def of_library(rows: Rows, where: pl.Expr | None, snapshot: Snapshot) -> Provenance:
    """Tell where rows of `LIBRARY_SCHEMA` come from.

    Parameters
    ----------
    rows : Rows
        What is read; each posting once.
    where : polars.Expr, optional
        Only those for which this holds.
    snapshot : Snapshot
        What was read, as far as it is known.

    Raises
    ------
    InvalidQuery
        `where` can't be asked of them.
    """
    if where is not None:
        rows = rows.filter(where)
        try:
            rows.parts[0].head(0).collect()
        except pl.exceptions.PolarsError as error:
            raise InvalidQuery(f"{where} can't be asked of postings ({error}).", field="where") from error
    (sources,) = collected(tally(rows, "source", rows=pl.len()))
    found = rows.engine.buckets(_digests, rows.parts, as_they_are, _hashed)
    names = sources["source"].sort()
    return Provenance(
        kind="library",
        rows=int(sources["rows"].sum()),
        data_sha256=hash_of_groups(dict(pl.concat(found).iter_rows())),
        library=replace(
            snapshot,
            where=None if where is None else str(where),
            collections=_named(names, r"^request:(.+)/\d+$"),
            imported=_named(names, r"^file:(.+)$"),
        ),
    )


def _digests(rows: pl.LazyFrame) -> pl.DataFrame:
    """Return the hash of each row; those of one group fall into one bucket."""
    found = digests(rows)
    buckets = [digest[0] * BUCKETS // GROUPS for digest in found]
    return pl.DataFrame({"digest": found, BUCKET: buckets}, schema={"digest": pl.Binary, BUCKET: pl.UInt8})


def _hashed(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the hash of each group."""
    made = list(group_hashes(rows["digest"]).items())
    return pl.DataFrame(made, schema={"group": pl.UInt8, "hash": pl.Binary}, orient="row")


def _named(sources: pl.Series, pattern: str) -> tuple[str, ...]:
    return tuple(sources.str.extract(pattern).drop_nulls().unique().sort())
