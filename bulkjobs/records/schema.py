"""The columns of a posting, and the vendor's names for them: schemas A, B and C of contract section 7."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

Kind = Literal["text", "integer", "flag", "moment", "instant", "unix", "industries", "functions"]
"""How a vendor's value becomes a column's: see `bulkjobs.records.values`."""

Schema = Literal["A", "B", "C"]

_TEXT, _INTEGER, _FLAG, _TIME, _NAMES = pl.String, pl.Int64, pl.Boolean, pl.Datetime("us"), pl.List(pl.String)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the frame of postings.

    Attributes
    ----------
    keys : mapping of str to Kind
        The vendor's names for it in all schemas, and how a value of each is read. The first that is there counts.
    nullable : bool
        Whether the vendor leaves it out, or null, in sound records (contract section 7.1).
    vocabulary : bool
        Whether its values are terms of the vendor, so that a new one is news.
    """

    name: str
    dtype: Any
    keys: Mapping[str, Kind]
    meaning: str
    unit: str = ""
    nullable: bool = True
    vocabulary: bool = False


def _plain(name: str, dtype: Any, kind: Kind, meaning: str, **more: Any) -> Column:
    return Column(name, dtype, {name: kind}, meaning, **more)


COLUMNS: tuple[Column, ...] = (
    _plain("id", _INTEGER, "integer", "The service's own number of the posting.", nullable=False),
    Column(
        "created",
        _TIME,
        {"created": "moment", "created_at": "instant"},
        "When the posting was first seen.",
        unit="UTC",
        nullable=False,
    ),
    Column(
        "last_updated",
        _TIME,
        {"last_updated": "moment", "updated_at": "instant"},
        "When the posting was last seen to change.",
        unit="UTC",
        nullable=False,
    ),
    _plain("time_posted", _TEXT, "text", "The age of the posting as the page showed it, such as '2 weeks ago'."),
    _plain("title", _TEXT, "text", "The title, as the page showed it.", nullable=False),
    _plain("description", _TEXT, "text", "The whole text, with its line feeds and control characters."),
    _plain("seniority", _TEXT, "text", "Seniority level in the network's words.", vocabulary=True),
    _plain("employment_type", _TEXT, "text", "Such as 'Full-time'.", vocabulary=True),
    _plain("location", _TEXT, "text", "The place as the page showed it."),
    _plain("url", _TEXT, "text", "The page of the posting.", nullable=False),
    _plain("hash", _TEXT, "text", "MD5 of `url`, as 32 hex digits."),
    _plain("company_id", _INTEGER, "integer", "The service's number of the company; joins company data."),
    _plain("company_name", _TEXT, "text", "The company's name; may be an empty text."),
    _plain("company_url", _TEXT, "text", "The company's page on the network."),
    _plain("external_url", _TEXT, "text", "Where to apply, unless one applies on the network."),
    _plain("deleted", _FLAG, "flag", "Whether the page was gone at the last visit.", nullable=False),
    _plain("application_active", _FLAG, "flag", "Whether one could apply at the last visit; may be true when deleted."),
    _plain("salary", _TEXT, "text", "Pay as the page showed it."),
    _plain("applicants_count", _TEXT, "text", "Applicants as the page showed them, such as 'Over 200 applicants'."),
    Column(
        "posting_id",
        _INTEGER,
        {"professional_network_job_id": "integer", "linkedin_job_id": "integer", "source_id": "integer"},
        "The network's own number of the posting (contract section 11, row 15: both spellings occur).",
    ),
    _plain("country", _TEXT, "text", "The country's English name; 'Unknown' occurs.", vocabulary=True),
    _plain("last_updated_ux", _TIME, "unix", "`last_updated`, sent as a Unix time in s or ms (row 27).", unit="UTC"),
    _plain("redirected_url", _TEXT, "text", "Where `url` led to."),
    _plain("redirected_url_hash", _TEXT, "text", "MD5 of `redirected_url`, as 32 hex digits."),
    Column(
        "industries",
        _NAMES,
        {
            "job_industry_collection": "industries",
            "job_industries_collection": "industries",
            "industries": "industries",
        },
        "Industries of the company; an empty list when none is stated.",
        vocabulary=True,
    ),
    Column(
        "functions",
        _NAMES,
        {"job_functions_collection": "functions", "functions": "functions"},
        "Job functions; an empty list when none is stated.",
        vocabulary=True,
    ),
    Column("extra", _TEXT, {}, "A JSON object of all that has no column here or did not fit it."),
)

POSTING_SCHEMA = pl.Schema({column.name: column.dtype for column in COLUMNS})
"""Names and types of a frame of postings. Times are UTC without a zone, exact to the microsecond."""

SCHEMA_VERSION = 1
"""Counts up when `POSTING_SCHEMA` changes: what was shared says by it how to read it."""

KEYS: Mapping[str, Column] = {key: column for column in COLUMNS for key in column.keys}
"""Each of the vendor's names that has a column."""

NO_COLUMN = frozenset(
    {
        "job_status_log_collection",  # schema B; all others are of schema C
        "date_posted",
        "posted",
        "valid_through",
        "status_changed_at",
        "country_iso_2",
        "country_iso_3",
        "state",
        "city",
        "regions",
        "latitude",
        "longitude",
        "required_months_of_experience",
        "estimated_applicants_count",
        "recruiter",
        "company",
        "benefits",
        "processed_at",
    }
)
"""Names that the contract knows (sections 7.2 and 7.3) and that have no column: kept in ``extra``, no surprise."""


@dataclass(frozen=True, slots=True)
class Nested:
    """Where a nested name stands, and what else schema B is known to have beside it, on both levels."""

    outer: str
    inner: str
    outside: frozenset[str]
    inside: frozenset[str]


def _nested(noun: str) -> Nested:
    outer = f"job_{noun}_list"
    return Nested(
        outer,
        noun,
        frozenset({"id", "job_id", f"{noun}_id", "deleted", "created", "last_updated", outer}),
        frozenset({"id", "created", "last_updated", noun, "hash"}),
    )


NESTED: Mapping[Kind, Nested] = {"industries": _nested("industry"), "functions": _nested("function")}


def schema_of(keys: Iterable[str]) -> Schema:
    """Tell the schema of a record by its keys."""
    found = set(keys)
    if found & {"created_at", "updated_at", "date_posted", "status_changed_at"}:
        return "C"
    return "B" if found & {"job_industries_collection", "job_status_log_collection"} else "A"


def data_dictionary() -> pl.DataFrame:
    """Return the documentation of the columns, one row each: type, unit, nullability, source and meaning."""
    return pl.DataFrame(
        {
            "column": [column.name for column in COLUMNS],
            "type": [str(column.dtype).partition("(time")[0] for column in COLUMNS],
            "unit": [column.unit for column in COLUMNS],
            "nullable": [column.nullable for column in COLUMNS],
            "source": [", ".join(column.keys) for column in COLUMNS],
            "meaning": [column.meaning for column in COLUMNS],
        }
    )
