"""`JobFilter`: a search filter, checked before it can cost anything."""

from __future__ import annotations

import datetime as dt
import difflib
import hashlib
import json
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yarl import URL

from ..clock import naive, stamp
from ..errors import InvalidQuery
from .fields import FIELDS, Field

_RANGES = (("created_at_gte", "created_at_lte"), ("last_updated_gte", "last_updated_lte"))

DateLike = str | dt.date | dt.datetime


@dataclass(frozen=True, init=False, repr=False)
class JobFilter:
    """A search filter over job postings; all given fields must match (AND).

    Dates are accepted as `datetime` (an aware one is turned to UTC, a naive one is taken as UTC), `date` or ISO
    string, and are always kept and sent as ``YYYY-MM-DD HH:MM:SS``. A bare date as an upper bound includes that
    whole day. Text fields take the service's operators untouched: ``AND``, ``OR``, parentheses, inner double quotes
    for a phrase, a trailing ``*`` (contract section 3).

    Raises
    ------
    InvalidQuery
        With the name of the field: unknown field, wrong type, unbalanced parentheses or quotes, a from after its to,
        or no field at all.

    Examples
    --------
    >>> JobFilter(title='(Data Engineer) OR "Data Scientist"', country="Portugal", created_at_gte="2026-01-01")
    JobFilter(title='(Data Engineer) OR "Data Scientist"', country='Portugal', created_at_gte='2026-01-01 00:00:00')
    """

    title: str | None
    keyword_description: str | None
    country: str | None
    location: str | None
    employment_type: str | None
    industry: str | None
    created_at_gte: str | None
    created_at_lte: str | None
    last_updated_gte: str | None
    last_updated_lte: str | None
    application_active: bool | None
    deleted: bool | None
    company_name: str | None
    company_id: int | None
    company_domain: str | None
    company_exact_website: str | None
    company_professional_network_url: str | None

    def __init__(
        self,
        *,
        title: str | None = None,
        keyword_description: str | None = None,
        country: str | None = None,
        location: str | None = None,
        employment_type: str | None = None,
        industry: str | None = None,
        created_at_gte: DateLike | None = None,
        created_at_lte: DateLike | None = None,
        last_updated_gte: DateLike | None = None,
        last_updated_lte: DateLike | None = None,
        application_active: bool | None = None,
        deleted: bool | None = None,
        company_name: str | None = None,
        company_id: int | None = None,
        company_domain: str | None = None,
        company_exact_website: str | None = None,
        company_professional_network_url: str | None = None,
        **unknown: object,
    ) -> None:
        given = locals()  # the signature above is for readers and editors; the table of fields does the work
        for name in unknown:
            raise _unknown_field(name)
        for field in FIELDS.values():
            value = given[field.name]
            object.__setattr__(self, field.name, None if value is None else _check(field, value))
        _check_whole(self)

    @classmethod
    def restored(cls, filters: Mapping[str, Any]) -> JobFilter:
        """Rebuild a filter from the ledger as it was sent, whatever today's checks would say to it."""
        query = object.__new__(cls)
        for name in FIELDS:
            object.__setattr__(query, name, filters.get(name))
        return query

    def to_dict(self) -> dict[str, Any]:
        """Return the query as JSON-ready data: ``{"filters": {...}}``."""
        return {"filters": self.filters}

    @property
    def filters(self) -> dict[str, Any]:
        """The filter object as the service takes it: only the fields that are set."""
        return {name: value for name in FIELDS if (value := getattr(self, name)) is not None}

    @property
    def fingerprint(self) -> str:
        """64 hex digits that name this query: equal for equal filters, whatever the order of the fields."""
        canonical = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def __repr__(self) -> str:
        return f"JobFilter({', '.join(f'{name}={value!r}' for name, value in self.filters.items())})"


def _unknown_field(name: str) -> InvalidQuery:
    aliases = {"company_linkedin_url": "company_professional_network_url"}  # contract section 11, row 14
    near = [aliases[name]] if name in aliases else difflib.get_close_matches(name, FIELDS, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return InvalidQuery(
        f"{name!r} is not a filter field.{hint}", field=name, next_step=f"use one of: {', '.join(FIELDS)}"
    )


def _check(field: Field, value: object) -> str | int | bool:
    match field.kind:
        case "from" | "to":
            return _bound(field, value)
        case "boolean":
            if not isinstance(value, bool):
                raise InvalidQuery(f"{field.name} must be True or False, not {value!r}.", field=field.name)
            return value
        case "integer":
            return _positive_integer(field, value)
        case _:
            return _text(field, value)


def _positive_integer(field: Field, value: object) -> int:
    try:
        number = operator.index(value)  # type: ignore[arg-type]  # int and numpy integers, not float, not str
    except TypeError:
        number = 0
    if isinstance(value, bool) or not 0 < number < 2**63:
        raise InvalidQuery(f"{field.name} must be a positive whole number, not {value!r}.", field=field.name)
    return number


def _bound(field: Field, value: object) -> str:
    """Format a bound to whole seconds so that it selects the same postings (their times are whole seconds)."""
    upper = field.kind == "to"
    moment, bare_date = _moment(field, value)
    if bare_date and upper:
        moment = moment.replace(hour=23, minute=59, second=59)
    try:
        moment = naive(moment)
        if moment.microsecond:
            moment = moment.replace(microsecond=0) + dt.timedelta(seconds=0 if upper else 1)
    except OverflowError:
        raise InvalidQuery(f"{field.name} is beyond the years 1 to 9999: {value!r}.", field=field.name) from None
    return stamp(moment)


def _moment(field: Field, value: object) -> tuple[dt.datetime, bool]:
    if isinstance(value, dt.datetime):
        return value, False
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time()), True
    if isinstance(value, str):
        text = value.strip()
        try:
            return dt.datetime.fromisoformat(text), len(text) <= len("2026-01-01")
        except ValueError:
            pass
    raise InvalidQuery(
        f"{field.name} must be a date, not {value!r}.",
        field=field.name,
        next_step='write it as "2026-01-31", "2026-01-31 23:59:59", or a datetime',
    )


def _text(field: Field, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidQuery(f"{field.name} must be text, not {value!r}.", field=field.name)
    if not value.strip():
        raise InvalidQuery(f"{field.name} is empty.", field=field.name, next_step="leave the field out")
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise InvalidQuery(f"{field.name} holds half a character (a lone surrogate).", field=field.name)
    if field.kind == "text":
        _check_grammar(field, value)
    elif any(char.isspace() for char in value.strip()):
        raise InvalidQuery(f"{field.name} must hold no spaces: {value!r}.", field=field.name)
    if field.kind == "url" and not (value.startswith(("http://", "https://")) and _host(value)):
        raise InvalidQuery(f"{field.name} must be a full address, not {value!r}.", field=field.name)
    return value


def _host(value: str) -> str | None:
    try:
        return URL(value).host
    except ValueError:
        return None


def _check_grammar(field: Field, text: str) -> None:
    """Refuse what the service's query parser is likely to answer with an error (contract section 3)."""
    depth, quoted = 0, False
    for position, char in enumerate(text):
        if position and text[position - 1] == "\\":
            continue
        if char == '"':
            quoted = not quoted
        elif not quoted:
            depth += (char == "(") - (char == ")")
            if depth < 0:
                raise InvalidQuery(
                    f"{field.name} closes a parenthesis that was not opened: {text!r}.", field=field.name
                )
    if quoted:
        raise InvalidQuery(f"{field.name} has an unbalanced double quote: {text!r}.", field=field.name)
    if depth:
        raise InvalidQuery(f"{field.name} has an unclosed parenthesis: {text!r}.", field=field.name)
    words = text.split()
    if words[0] in {"AND", "OR"} or words[-1] in {"AND", "OR", "NOT"}:
        raise InvalidQuery(
            f"{field.name} has an operator with nothing beside it: {text!r}.",
            field=field.name,
            next_step="write and/or in small letters if you mean the word",
        )


def _check_whole(query: JobFilter) -> None:
    if not query.filters:
        raise InvalidQuery(
            "The filter is empty: it would match every posting there is.",
            next_step='give at least one field, such as JobFilter(title="Data Engineer")',
        )
    for lower, upper in _RANGES:
        start, end = getattr(query, lower), getattr(query, upper)
        if start and end and start > end:
            raise InvalidQuery(f"{lower} ({start}) is after {upper} ({end}): nothing can match.", field=lower)
