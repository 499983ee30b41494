"""Taxonomies of skills: which texts name which skill. A small one comes along; ESCO and O*NET can be read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

from ...errors import InvalidQuery

_DEFAULT = Path(__file__).parent / "data" / "skills.csv"


@dataclass(frozen=True, eq=False)
class Taxonomy:
    """Skills and the patterns that name them.

    Attributes
    ----------
    patterns : DataFrame
        ``pattern`` as it stands in texts, case and all, and ``skill``; null where the pattern is no skill, though a
        part of it would be (`C` in `C-suite`). A pattern may name several skills, in a row each.
    """

    patterns: pl.DataFrame

    @property
    def fingerprint(self) -> str:
        """SHA-256 that tells two taxonomies apart, whatever the order of their patterns."""
        rows = self.patterns.select("pattern", "skill").unique().sort("pattern", "skill", nulls_last=False)
        return hashlib.sha256(rows.write_ndjson().encode()).hexdigest()

    @classmethod
    def of(cls, skills: Mapping[str, Iterable[str]], *, not_skills: Iterable[str] = ()) -> Taxonomy:
        """Return a taxonomy of your own.

        Parameters
        ----------
        skills : mapping of str to iterable of str
            The patterns of each skill: literal texts, no regular expressions. One with a leading ``=`` counts only in
            this case of letters (``=Go``), any other as written and in lower, title and upper case.
        not_skills : iterable of str
            Texts in which no skill is seen, such as ``=C-suite``.

        Raises
        ------
        InvalidQuery
            A pattern is empty, or there is none.
        """
        rows: list[tuple[str, str | None]] = [(text, name) for name, texts in skills.items() for text in texts]
        rows += [(text, None) for text in not_skills]
        table = pl.DataFrame(rows, schema={"written": pl.String, "skill": pl.String}, orient="row")
        return cls(_in_cases(table))


@cache
def default_taxonomy() -> Taxonomy:
    """Return the taxonomy that comes along: some 200 skills in data, software, health and finance.

    Its CSV has the columns ``skill``, ``field``, ``patterns`` (separated by ``|``) and ``source``, the page that
    defines the skill.
    """
    return read_taxonomy(_DEFAULT)


def read_taxonomy(path: str | os.PathLike[str]) -> Taxonomy:
    """Read a taxonomy out of a CSV: one of your own, of ESCO or of O*NET, told apart by its columns.

    One of your own has ``skill`` and ``patterns``, separated by ``|``; what has no skill is not one.

    Raises
    ------
    InvalidQuery
        A column is missing, a pattern is empty, or the file can't be read.
    """
    table = _read(path)
    if "preferredLabel" in table.columns:
        return read_esco(path)
    if _example(table):
        return read_onet(path)
    table = _with(path, table, "skill", "patterns").filter(pl.col("patterns").is_not_null())
    rows = table.select("skill", written=pl.col("patterns").str.split("|")).explode("written")
    return Taxonomy(_in_cases(rows.select("written", pl.col("skill").replace("", None))))


def read_esco(path: str | os.PathLike[str]) -> Taxonomy:
    """Read ESCO's ``skills_xx.csv``, in any language: ``preferredLabel`` names a skill, ``altLabels`` do so too.

    Raises
    ------
    InvalidQuery
        It has no such columns.
    """
    table = _with(path, _read(path), "preferredLabel", "altLabels")
    other = pl.col("altLabels").fill_null("").str.split("\n")
    texts = pl.concat_list("preferredLabel", other)
    rows = table.select(skill="preferredLabel", written=texts).explode("written")
    return Taxonomy(_in_cases(_cleaned(rows)))


def read_onet(path: str | os.PathLike[str]) -> Taxonomy:
    """Read O*NET's ``Technology Skills``, as CSV or tab-separated: each example is a skill.

    Raises
    ------
    InvalidQuery
        It has neither a column ``Example`` nor ``Workplace Example``.
    """
    table = _read(path)
    name = _example(table)
    if name is None:
        raise InvalidQuery(f"{path} has no column Example: is it O*NET's Technology Skills?", field="path")
    skills = table.select(skill=pl.col(name)).unique(maintain_order=True)
    # One letter in any case would be found in each list of letters.
    written = pl.when(pl.col("skill").str.len_chars() < 3).then("=" + pl.col("skill")).otherwise("skill")
    return Taxonomy(_in_cases(_cleaned(skills.with_columns(written=written))))


def _read(path: str | os.PathLike[str]) -> pl.DataFrame:
    try:
        with Path(path).open(encoding="utf-8-sig") as lines:
            separator = "\t" if "\t" in lines.readline() else ","
        return pl.read_csv(Path(path), separator=separator, infer_schema=False, truncate_ragged_lines=True)
    except (OSError, UnicodeError, pl.exceptions.PolarsError) as error:
        raise InvalidQuery(f"{path} is no taxonomy that can be read ({error}).", field="path") from error


def _with(path: str | os.PathLike[str], table: pl.DataFrame, *needed: str) -> pl.DataFrame:
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise InvalidQuery(f"{path} has no column {' or '.join(missing)}.", field="path")
    return table


def _example(table: pl.DataFrame) -> str | None:
    return next((name for name in ("Example", "Workplace Example") if name in table.columns), None)


def _cleaned(rows: pl.DataFrame) -> pl.DataFrame:
    stripped = rows.with_columns(pl.col("written").str.strip_chars())
    return stripped.filter(pl.col("written").is_not_null() & (pl.col("written") != ""))


def _in_cases(rows: pl.DataFrame) -> pl.DataFrame:
    text = pl.col("written")
    bare = text.str.strip_prefix("=")
    if rows.is_empty() or rows.select((bare.is_null() | (bare.str.strip_chars() == "")).any()).item():
        raise InvalidQuery("A taxonomy needs patterns, and none that is empty.", field="skills")
    exact = rows.select(pattern=bare, skill="skill")
    free = rows.filter(~text.str.starts_with("=")).select(pattern="written", skill="skill")
    pattern = pl.col("pattern")
    cases = [free.with_columns(case) for case in (pattern.str.to_lowercase(), pattern.str.to_titlecase(),
                                                  pattern.str.to_uppercase(), _first_upper(pattern))]  # fmt: skip
    return pl.concat([exact, *cases]).unique(maintain_order=True)


def _first_upper(text: pl.Expr) -> pl.Expr:
    return text.str.slice(0, 1).str.to_uppercase() + text.str.slice(1)
