"""How many people applied, out of what the page shows."""

from __future__ import annotations

import polars as pl

from ..column import Column, column

_AT_LEAST = (
    r"\b(?:over|more than|at least|plus de|au moins|mehr als|mindestens|über|más de|al menos|mais de|pelo menos|più di"
    r"|oltre|almeno|meer dan|minstens|ponad|więcej niż|co najmniej|över|mer än|fler än|minst|mere end|mindst|mer enn"
    r"|yli|vähintään|více než|peste|cel puțin|több mint|πάνω από|более|больше|свыше|понад|більше|hơn|lebih dari"
    r"|den fazla|dan fazla|ten fazla|tan fazla)\b"
    r"|[0-9] ?\+|[0-9] ?(?:人|名|件|位)?(?:以上|超)|超过|超過|[0-9] ?명 ?(?:이상|초과)"
)
_AT_MOST = (
    r"\b(?:among the first|first|fewer than|less than|under|parmi les|premiers?|moins de|zu den ersten|ersten"
    r"|weniger als|primeros|primeras|menos de|primeiros|primeiras|primi|meno di|tra i primi|eerste|minder dan"
    r"|pierwszych|mniej niż|första|färre än|mindre än|første|færre end|færre enn|mindre end|mindre enn|ensimmäi\w+"
    r"|alle [0-9]+ hakij\w+|prvními|méně než|primii|mai puțin de|első|kevesebb mint|первых|менее|меньше|перших|менше"
    r"|i\u0307?lk|den az|dan az|ten az|tan az|pertama|kurang dari|đầu tiên|dưới)\b"
    r"|最初の|前 ?[0-9]+|未満|少于|少於|첫 ?[0-9]+|[0-9] ?명 ?미만"
)

FIELDS = {"applicants": pl.Int64, "applicants_bound": pl.String, "applicants_capped": pl.Boolean}
"""The fields that `applicants` gives, in order."""


def applicants(text: Column = "applicants_count") -> pl.Expr:
    """Read the number of applicants.

    Parameters
    ----------
    text : str or polars.Expr
        A column of strings such as 'Over 200 applicants', 'Be among the first 25 applicants', '41 applicants' or '23'
        (contract section 7.1), also in the main other languages. Their first 200 characters are read.

    Returns
    -------
    polars.Expr
        Structs, whose fields are null where no number is stated:

        - ``applicants`` : int, persons
        - ``applicants_bound`` : string: "exact"; "at least" ('Over 200'); "at most" ('Be among the first 25', so that
          there were fewer)
        - ``applicants_capped`` : boolean, whether the page hides the number behind a bound: all but "exact"
    """
    plain = column(text).str.slice(0, 200).str.normalize("NFKC").str.to_lowercase()
    number = plain.str.extract(r"([0-9]{1,3}(?:[.,' ’\u202f][0-9]{3})+|[0-9]{1,9})", 1).str.replace_all(r"[^0-9]", "")
    told = pl.struct(plain=plain, applicants=number.cast(pl.Int64, strict=False))
    bound = (
        pl.when(pl.field("applicants").is_null()).then(None)
        .when(pl.field("plain").str.contains(_AT_LEAST)).then(pl.lit("at least"))
        .when(pl.field("plain").str.contains(_AT_MOST)).then(pl.lit("at most"))
        .otherwise(pl.lit("exact"))
    )  # fmt: skip
    read = told.struct.with_fields(applicants_bound=bound)
    return read.struct.with_fields(applicants_capped=pl.field("applicants_bound") != "exact").cast(pl.Struct(FIELDS))
