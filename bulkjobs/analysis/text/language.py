"""The language of a description, by its small words: one pass over the head of the text, no model."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

from ..column import Column, column

HEAD = 1_000
"""Characters of a text that are looked at, from its start."""

_WORDS = Path(__file__).parent / "data" / "stop_words.csv"
_FEW = 3  # small words; with fewer there is no telling
_MANY = 100  # small words that are counted; of one language they fit into a byte
_BYTES = 7  # languages counted in one number


def language(text: Column = "description") -> pl.Expr:
    """Return the language of a text.

    Small words (``the``, ``les``, ``und``, ``の``) of 36 languages are found with one Aho-Corasick automaton, and the
    language with the most of them counts. Words stand between blanks, but in Chinese, Japanese, Korean and Thai.

    Parameters
    ----------
    text : str or polars.Expr
        A column of strings: plain text or HTML; any text, or null.

    Returns
    -------
    Expr of String
        ISO 639-1, such as ``en`` (``nb`` for Norwegian). Null where a text has fewer than 3 small words, or as many
        of two languages.
    """
    return column(text).map_batches(_spoken, return_dtype=pl.String, is_elementwise=True)


def _spoken(texts: pl.Series) -> pl.Series:
    """Count the small words of each text: an expression would find them anew for each language."""
    patterns, numbers, codes = _table()
    head = (" " + pl.col("text").str.slice(0, HEAD) + " ").str
    found = head.extract_many(patterns.implode(), overlapping=True).list.head(_MANY)
    words = pl.DataFrame({"text": texts.cast(pl.String)}).select(words=found.fill_null([]))
    sums = {
        str(at): pl.col("words").list.eval(pl.element().replace_strict(patterns, number)).list.sum()
        for at, number in enumerate(numbers)
    }  # many languages in one number, a byte each: one sum counts them all
    packed = words.select(**sums)
    counts = packed.select(
        (pl.col(str(at // _BYTES)) // 256 ** (at % _BYTES) % 256).alias(code) for at, code in enumerate(codes)
    )
    # How many, and of which language, in one number, so that the largest one tells both.
    ranked = [(256 * pl.col(code) + len(codes) - at).alias(code) for at, code in enumerate(codes)]
    best = counts.with_columns(most=pl.max_horizontal(codes), first=pl.max_horizontal(ranked))
    sole = pl.sum_horizontal(pl.col(code) == pl.col("most") for code in codes) == 1
    winner = (len(codes) - pl.col("first") % 256).replace_strict(dict(enumerate(codes)), return_dtype=pl.String)
    return best.select(pl.when((pl.col("most") >= _FEW) & sole).then(winner).alias(texts.name)).to_series()


@cache
def _table() -> tuple[pl.Series, list[pl.Series], list[str]]:
    """Return the patterns, their packed counts, and the languages in the order of their bytes."""
    table = pl.read_csv(_WORDS, schema={"language": pl.String, "word": pl.String, "alone": pl.Boolean})
    word = pl.col("word")
    cases = [table.with_columns(case) for case in (word, word.str.to_titlecase(), word.str.to_uppercase())]
    table = pl.concat(cases).unique(maintain_order=True)
    table = table.with_columns(pattern=pl.when("alone").then(" " + pl.col("word") + " ").otherwise("word"))
    codes = table["language"].unique(maintain_order=True).to_list()
    patterns = table["pattern"].unique(maintain_order=True)
    numbers = []
    for at in range(0, len(codes), _BYTES):
        byte = {code: 256**place for place, code in enumerate(codes[at : at + _BYTES])}
        value = pl.col("language").replace_strict(byte, default=0, return_dtype=pl.Int64).sum()
        packed = table.group_by("pattern", maintain_order=True).agg(value.alias("number"))
        numbers.append(packed["number"])
    return patterns, numbers, codes
