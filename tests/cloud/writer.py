"""A process that adds sources to a library, of which some are those of other writers too. Says each that it added.

Arguments: address of the library, first source, last source, and what shall happen (``add``, or ``compact`` in turn).
"""

from __future__ import annotations

import sys

import polars as pl

from bulkjobs.library import Library
from bulkjobs.records import POSTING_SCHEMA

ROWS = 30


def rows_of(source: int) -> pl.DataFrame:
    ids = pl.int_range(source * ROWS, (source + 1) * ROWS, dtype=pl.Int64, eager=True).alias("id")
    filled = pl.DataFrame({"id": ids, "title": pl.Series([f"Posting {n}" for n in ids])})
    return pl.concat([POSTING_SCHEMA.to_frame(), filled], how="diagonal_relaxed")


def name_of(source: int) -> str:
    return f"request:made/{source:05d}"


def main(address: str, first: str, last: str, deed: str) -> None:
    library = Library(address)
    for source in range(int(first), int(last)):
        print(library.append(name_of(source), rows_of(source).iter_slices(10), bought_at=1.8e9), flush=True)
        if deed == "compact" and source % 3 == 2:
            library.compact()


if __name__ == "__main__":
    main(*sys.argv[1:])
