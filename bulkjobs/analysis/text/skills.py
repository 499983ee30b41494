"""Skills that a text names: one Aho-Corasick pass, and then a look at what stands beside each find."""

from __future__ import annotations

from functools import partial

import polars as pl

from ..column import Column, column
from .taxonomy import Taxonomy, default_taxonomy

_WORD = [*b"0123456789_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"]
_AFTER = [*_WORD, *b"+#"]  # C is not in C++, nor in C#
_BESIDE = [*b"&'-.@*"]  # a single letter is no word beside these: R&D, H-C, C'est, e.C.
_LETTERS = [*range(0xC3, 0xE0)]  # first bytes of letters with accents, and of Greek, Cyrillic, Hebrew and Arabic
_QUOTE = 0xE2  # first byte of the curved apostrophe, and of dashes and bullets


def skills(*columns: Column, taxonomy: Taxonomy | None = None) -> pl.Expr:
    """Return the skills that texts name.

    A pattern counts where it stands as a word: no letter, digit or ``_`` beside it, and no ``+`` or ``#`` after it,
    so that `C`, `C++` and `C#` are three, `R` is not in `R&D`, and `.NET` not in `ASP.NET`. Chinese, Japanese and
    Korean letters are no part of a word. Of patterns within each other the longest counts.

    Parameters
    ----------
    *columns : str or polars.Expr
        Columns of strings; ``"title", "description"`` if none is given. Any text, HTML or not, or null.
    taxonomy : Taxonomy, optional
        `default_taxonomy` if none is given.

    Returns
    -------
    Expr of List(String)
        Names of skills, sorted, each once; an empty list where there is none, and null where all texts are null.
        Elementwise: Python is called once a batch.
    """
    chosen = taxonomy or default_taxonomy()
    texts = [column(given) for given in columns or ("title", "description")]
    joined = pl.when(pl.any_horizontal(text.is_not_null() for text in texts)).then(
        pl.concat_str([pl.lit(" "), *texts, pl.lit("  ")], separator="\n", ignore_nulls=True)
    )
    return joined.map_batches(
        partial(_skills, taxonomy=chosen), return_dtype=pl.List(pl.String), is_elementwise=True
    ).alias("skills")


def _skills(texts: pl.Series, taxonomy: Taxonomy) -> pl.Series:
    patterns = taxonomy.patterns
    literal = pl.lit(patterns["pattern"].unique(maintain_order=True)).implode()
    text = pl.col("text")
    frame = pl.DataFrame({"text": texts.cast(pl.String)}).with_row_index("row")
    # Both list the same finds, in the same order.
    found = frame.select(
        "row",
        "text",
        pattern=text.str.extract_many(literal, overlapping=True),
        start=text.str.find_many(literal, overlapping=True).cast(pl.List(pl.Int64)),
    ).filter(pl.col("pattern").list.len() > 0)
    found = found.with_columns(end=pl.col("start") + pl.col("pattern").list.eval(pl.element().str.len_bytes()))
    # Texts begin with a blank and a line feed and end with more, so that there is something beside each find.
    data = text.cast(pl.Binary).cast(pl.List(pl.UInt8))
    beside = {"earlier": pl.col("start") - 2, "before": pl.col("start") - 1, "after": pl.col("end"),
              "later": pl.col("end") + 1}  # fmt: skip
    finds = found.select(
        "row", "pattern", "start", "end", **{name: data.list.gather(at) for name, at in beside.items()}
    )
    words = finds.explode(*(name for name in finds.columns if name != "row")).filter(_is_word())
    named = _longest(words).join(patterns, on="pattern").drop_nulls("skill")
    lists = named.group_by("row").agg(pl.col("skill").unique().sort())
    joined = frame.select("row", seen=text.is_not_null()).join(lists, on="row", how="left", maintain_order="left")
    skill = pl.when("seen").then(pl.col("skill").fill_null([]))
    return joined.select(skill.alias(texts.name)).to_series()


def _is_word() -> pl.Expr:
    """Return whether what stands before and after a find makes it a word."""
    earlier, before, after, later = (pl.col(name) for name in ("earlier", "before", "after", "later"))
    joined = before.is_in(_WORD) | (earlier.is_in(_LETTERS) & (before >= 0x80))
    joined |= after.is_in(_AFTER) | after.is_in(_LETTERS)
    joined |= (after == ord(".")) & later.is_in([*b"abcdefghijklmnopqrstuvwxyz"])  # github.com
    # contact.html
    joined |= (before == ord(".")) & earlier.is_in(_WORD) & pl.col("pattern").str.contains("^[a-z]")
    full_stop = (after == ord(".")) & later.is_in([*b" \n\r\t<&"])
    # R$ is money; T&amp;C ends with no word, and &lt;li&gt;C does.
    entity = (before == ord(";")) & (earlier == ord("p"))
    beside = before.is_in([*_BESIDE, *b"$)"]) | entity | (after.is_in([*_BESIDE, *b"$\\", _QUOTE]) & ~full_stop)
    lone = (pl.col("end") - pl.col("start") == 1) & beside
    return ~joined & ~lone


def _longest(words: pl.DataFrame) -> pl.DataFrame:
    """Drop finds within longer ones."""
    ordered = words.sort("row", "start", "end", descending=[False, False, True])
    reached = pl.col("end").cum_max().shift(1, fill_value=0).over("row")
    return ordered.filter(pl.col("end") > reached)
