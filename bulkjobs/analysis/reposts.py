"""Postings that were put up again: the same company, title and nearly the same text, within a window of days."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from .column import Column, column

_BANDS, _ROWS = 3, 4  # texts alike in 4 of 4 samples of one of 3 bands are near-duplicates
_FEW = 8  # words; a text of fewer says too little to be known again
_FIRST_BAND = "band0"
SKETCH = {"key": pl.UInt64, **{f"band{at}": pl.UInt64 for at in range(_BANDS)}}
"""The numbers of a `sketch`."""

_ROUNDS = 2  # how often a find is handed on from band to band
_POSTING = ["id", "created", "__group", "__key"]  # what tells postings apart: those that agree in it share their chain


def reposts(frame: pl.LazyFrame, *, days: int = 180, same: Sequence[str] = ()) -> pl.LazyFrame:
    """Add which postings are the same one, put up again.

    Two are the same when company (``company_id``, else ``company_name``) and title agree but for case and blanks,
    their texts are nearly the same (MinHash over pairs of words; digits, punctuation and case don't count: found at a
    Jaccard similarity of 0.9 in 96 of 100 cases, at 0.5 in 18), and no more than `days` lie between one and the next.
    Texts of fewer than 8 words are nobody's repost.

    Parameters
    ----------
    frame : LazyFrame
        Of `bulkjobs.records.POSTING_SCHEMA`: ``id``, ``created``, ``company_id``, ``company_name``, ``title`` and
        ``description`` are used.
    days : int, default 180
        The longest gap between two postings of one chain, in days.
    same : sequence of str
        More columns that must agree; ``["location"]`` counts openings in each place apart.

    Returns
    -------
    LazyFrame
        All rows in their order, with ``canonical_id`` (Int64: the ``id`` of the first one of the chain, by ``created``;
        its own for all others) and ``reposts`` (UInt32: how many others the chain has).
    """
    marked = _marked(frame, pl.col("description").hash(), same)
    candidates = _candidates(marked, pl.col("description").is_not_null(), text="description")
    known = candidates.join(_sketches(candidates), left_on="__key", right_on="key")
    return _with_chains(marked, known, days)


def reposts_of_sketches(frame: pl.LazyFrame, *, days: int = 180, same: Sequence[str] = ()) -> pl.LazyFrame:
    """Do the same as `reposts`, of postings that have no text but a `sketch` of it, in a column of that name."""
    key = pl.col("sketch").struct.field("key")
    marked = _marked(frame, key, same)
    return _with_chains(marked, _candidates(marked, key.is_not_null(), sketch="sketch").unnest("sketch"), days)


def sketch(text: Column = "description") -> pl.Expr:
    """Return what `reposts` compares of a text: a struct of a few numbers, null for a text of too few words.

    Made row by row, so that the texts can stay where they are while postings of one company come together.
    """
    return column(text).map_batches(_sketched, return_dtype=pl.Struct(SKETCH), is_elementwise=True)


def company() -> pl.Expr:
    """Return the company that `reposts` tells apart, as String: of its number, else its name; empty where unknown."""
    return pl.coalesce(pl.col("company_id").cast(pl.String), _alike(pl.col("company_name")))


def _marked(frame: pl.LazyFrame, key: pl.Expr, same: Sequence[str]) -> pl.LazyFrame:
    """Add what postings are compared by. Not a number: a frame that is read twice need not come in the same order."""
    group = pl.struct(company().alias("company"), _alike(pl.col("title")).alias("title"), *same)
    return frame.with_columns(__group=group.hash(), __key=key)


def _candidates(marked: pl.LazyFrame, usable: pl.Expr, **kept: str) -> pl.LazyFrame:
    """Keep the postings of which others have the same company and title."""
    keyed = marked.filter(usable & (company() != "")).select(*_POSTING, **kept)
    return keyed.filter(pl.len().over("__group") > 1)


def _with_chains(marked: pl.LazyFrame, known: pl.LazyFrame, days: int) -> pl.LazyFrame:
    chains = _chains(_clusters(known), days)
    joined = marked.join(chains, on=_POSTING, how="left", nulls_equal=True, maintain_order="left")
    return joined.drop("__group", "__key").with_columns(
        pl.coalesce("canonical_id", "id").alias("canonical_id"), pl.col("reposts").fill_null(0).cast(pl.UInt32)
    )


def _alike(text: pl.Expr) -> pl.Expr:
    return text.fill_null("").str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()


def fingerprint(text: Column = "description") -> pl.Expr:
    """Return the words of a text to compare it by: List(String), lower case, letters only, no markup of HTML."""
    bare = column(text).str.replace_all(r"&(?:lt;|#?\w{2,8};)|<[^<>]*>", " ").str.to_lowercase()
    return bare.str.extract_all(r"\p{L}+")


def _sketched(texts: pl.Series) -> pl.Series:
    rows = texts.alias("text").to_frame().with_columns(key=pl.col("text").hash())
    made = rows.join(_sketches(rows.lazy()).collect(), on="key", how="left", maintain_order="left")
    known = pl.col(_FIRST_BAND).is_not_null()
    return made.select(pl.struct(pl.when(known).then(name).alias(name) for name in SKETCH))[:, 0].alias(texts.name)


def _sketches(candidates: pl.LazyFrame) -> pl.LazyFrame:
    """Return a number for each band of each text: the least of its pairs of words by each of some hashes."""
    distinct = candidates.select("text", key=pl.col("text").hash()).drop_nulls("text").unique("key")
    words = distinct.select("key", word=fingerprint("text")).filter(pl.col("word").list.len() >= _FEW)
    within = pl.col("key") == pl.col("key").shift(-1)  # the last word of a text has no next one
    pair = pl.col("word").hash(1) ^ pl.col("word").shift(-1).hash(2)
    pairs = words.explode("word").select("key", pair=pl.when(within).then(pair)).drop_nulls()
    least = {f"{at}": pl.col("pair").hash(at).min() for at in range(_BANDS * _ROWS)}
    sketch = pairs.group_by("key").agg(**least)
    bands = [
        pl.struct(str(at) for at in range(band * _ROWS, (band + 1) * _ROWS)).hash().alias(f"band{band}")
        for band in range(_BANDS)
    ]
    return sketch.select("key", *bands)


def _clusters(known: pl.LazyFrame) -> pl.LazyFrame:
    """Give postings of near-duplicate texts one label: that of the first of all that are alike, from band to band."""
    # By their own order, so that it does not matter in which order they came.
    labelled = known.sort("created", "id", "__key").with_row_index("label")
    for _ in range(_ROUNDS):
        for band in range(_BANDS):
            labelled = labelled.with_columns(pl.col("label").min().over("__group", f"band{band}"))
    return labelled


def _chains(labelled: pl.LazyFrame, days: int) -> pl.LazyFrame:
    """Cut clusters where they pause for more than `days`, and name each chain by its first posting."""
    # Each window says its order: the streaming engine need not keep one within a group, however the rows were sorted.
    order = ["created", "id", "__key"]
    gap = pl.col("created") - pl.col("created").shift(1).over("label", order_by=order)
    pause = (gap > pl.duration(days=days)).fill_null(False).cast(pl.UInt32)
    chained = labelled.with_columns(pause=pause)
    chained = chained.with_columns(chain=pl.col("pause").cum_sum().over("label", order_by=order))
    first = pl.col("id").first().over("label", "chain", order_by=order)
    chains = chained.select(*_POSTING, canonical_id=first, reposts=pl.len().over("label", "chain") - 1)
    return chains.unique(_POSTING, keep="any")
