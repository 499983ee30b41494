"""Request bodies, checked: what is wrong becomes a 422 list in pydantic's words.

Where the contract is silent this is the stricter of the possible readings, so that a client which passes here
passes there as well. What real clients were seen to send is accepted.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from .lifecycle import Version
from .replies import Problem, Refusal
from .settings import Settings

Location = tuple[str | int, ...]
FilterValue = str | int | bool
Filters = dict[str, FilterValue]

INT64 = 2**63
PAGE_URL = "company_professional_network_url"
PAGE_URL_ALIAS = "company_linkedin_url"

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_DATE_FORMAT = "%Y-%m-%d %H:%M:%S"
# Booleans as real clients send them, besides true and false (recorded behaviour, contract section 3).
_LAX_BOOLEANS: Mapping[object, bool] = {"true": True, "false": False, 1: True, 0: False}


class JsonObject(dict[str, Any]):
    """A decoded JSON object that knows which keys stood in it more than once."""

    repeated: tuple[str, ...] = ()

    @classmethod
    def of_pairs(cls, pairs: list[tuple[str, Any]]) -> "JsonObject":
        """Build the object from the pairs of a decoder."""
        found = cls(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            found.repeated = tuple(key for key in found if keys.count(key) > 1)
        return found


@dataclass(frozen=True)
class BulkQuery:
    """A bulk POST by filter, checked (`api-contract.md` section 2.2).

    Attributes
    ----------
    filters
        At least one filter, with booleans and the company page in one spelling.
    limit
        Records wanted, from 1 to `Settings.max_records`; None is no limit.
    webhook_url
        Where to tell that it ended.
    """

    filters: Filters
    limit: int | None
    webhook_url: str | None

    @property
    def canonical(self) -> str:
        """The filters alone as one text: equal for queries that mean the same (sections 5 and 11.12)."""
        return json.dumps(self.filters, sort_keys=True)


@dataclass
class _Checked:
    """A value in the making: `problems` gathers all that is wrong with it, not only the first thing."""

    problems: list[Problem]

    def fault(self, kind: str, loc: Location, message: str, value: object) -> None:
        self.problems.append(Problem(kind, loc, message, value))

    def raise_if_any(self) -> None:
        if self.problems:
            raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, self.problems)


async def read_json(request: web.Request) -> JsonObject:
    """Read the JSON body of a request; see `decode`.

    Raises
    ------
    Refusal
        422 if it is not a JSON object.
    """
    named = request.content_type if hdrs.CONTENT_TYPE in request.headers else ""
    return decode(await request.read(), named)


def decode(body: bytes, content_type: str) -> JsonObject:
    """Decode a JSON body that must be an object.

    Parameters
    ----------
    body
        The body as it came.
    content_type
        Its content type; empty if none was given, which counts as JSON.

    Raises
    ------
    Refusal
        422 for no body, no JSON, a content type other than JSON, or JSON that is no object (section 10).
    """
    if not body:
        raise refusal("missing", ("body",), "Field required", None)
    if content_type not in ("", "application/json"):
        raise refusal("model_attributes_type", ("body",), _NOT_AN_OBJECT, None)
    try:
        value = json.loads(
            body.decode(),
            object_pairs_hook=JsonObject.of_pairs,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    # Bad UTF-8, bad JSON and an integer of too many digits are all ValueErrors; too deep a nesting is not.
    except (ValueError, RecursionError) as error:
        raise refusal("json_invalid", ("body", 0), f"JSON decode error: {error}", {}) from error
    if not isinstance(value, JsonObject):
        raise refusal("model_attributes_type", ("body",), _NOT_AN_OBJECT, value)
    return value


def bulk_query(body: JsonObject, version: Version, settings: Settings) -> BulkQuery:
    """Check the body of a bulk POST by filter (section 2.2).

    Raises
    ------
    Refusal
        422 with a list of all that is wrong.
    """
    checked = _Checked([])
    _check_keys(checked, body, {"filters", "limit", "webhook_url", "data_format"}, ("body",))
    filters = _nested_filters(checked, body, settings)
    limit = _limit(checked, body, settings.max_records)
    webhook_url = webhook(body["webhook_url"], checked.problems) if "webhook_url" in body else None
    if "data_format" in body:
        data_format(body["data_format"], version, checked.problems)
    checked.raise_if_any()
    return BulkQuery(filters, limit, webhook_url)


def search_filters(body: JsonObject, settings: Settings) -> Filters:
    """Check the flat filters of a search or a preview (section 3). An empty object asks for everything.

    Raises
    ------
    Refusal
        422 with a list of all that is wrong.
    """
    checked = _Checked([])
    filters = _filters(checked, body, ("body",), settings)
    checked.raise_if_any()
    return filters


def webhook(value: object, problems: list[Problem]) -> str | None:
    """Check a `webhook_url`; what is wrong is appended to `problems`."""
    checked = _Checked(problems)
    text = _text(checked, value, ("body", "webhook_url"))
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        valid = False
    if not valid:
        checked.fault("url_parsing", ("body", "webhook_url"), "Input should be a valid http(s) URL", value)
    return text


def data_format(value: object, version: Version, problems: list[Problem]) -> None:
    """Check a `data_format`: unknown to v2 since 2025-08-13 (sections 0 and 11.13).

    v1 also had CSV. Its layout was never seen (section 11.36), so here it is refused rather than made up.
    """
    loc = ("body", "data_format")
    if version == "v2":
        problems.append(Problem("extra_forbidden", loc, _EXTRA, value))
    elif value != "json":
        problems.append(Problem("literal_error", loc, "Input should be 'json'", value))


_EXTRA = "Extra inputs are not permitted"
_NOT_AN_OBJECT = "Input should be a valid dictionary or object to extract fields from"


def refusal(kind: str, loc: Location, message: str, value: object) -> Refusal:
    """Refuse with a 422 list of one entry (section 10)."""
    return Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, [Problem(kind, loc, message, value)])


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("number out of range")
    return value


def _check_keys(checked: _Checked, body: JsonObject, known: Collection[str], loc: Location) -> None:
    for key in body.repeated:
        checked.fault("duplicate_key", (*loc, key), "Duplicate keys are not permitted", body[key])
    for key in body:
        if key not in known:
            checked.fault("extra_forbidden", (*loc, key), _EXTRA, body[key])


def _nested_filters(checked: _Checked, body: JsonObject, settings: Settings) -> Filters:
    loc = ("body", "filters")
    if "filters" not in body:
        checked.fault("missing", loc, "Field required", body)
        return {}
    value = body["filters"]
    if not isinstance(value, JsonObject):
        checked.fault("model_attributes_type", loc, _NOT_AN_OBJECT, value)
        return {}
    before = len(checked.problems)
    filters = _filters(checked, value, loc, settings)
    # Nothing but unused filters would ask for the whole archive (section 11.17).
    if not filters and len(checked.problems) == before:
        message = "Dictionary should have at least 1 item after validation, not 0"
        checked.fault("too_short", loc, message, value)
    return filters


def _limit(checked: _Checked, body: JsonObject, highest: int) -> int | None:
    if "limit" not in body:
        return None
    loc = ("body", "limit")
    value = _whole(checked, body["limit"], loc)
    problem = None if value is None else range_problem(value, loc, highest)
    if problem is not None:
        checked.problems.append(problem)
    return value


def range_problem(value: int, loc: Location, highest: int) -> Problem | None:
    """Say what is wrong with a number that is not from 1 to `highest`."""
    if value < 1:
        return Problem("greater_than_equal", loc, "Input should be greater than or equal to 1", value)
    if value > highest:
        return Problem("less_than_equal", loc, f"Input should be less than or equal to {highest}", value)
    return None


def _filters(checked: _Checked, given: JsonObject, loc: Location, settings: Settings) -> Filters:
    pages = {PAGE_URL, PAGE_URL_ALIAS} if settings.company_url_key == "both" else {settings.company_url_key}
    _check_keys(checked, given, _CHECKS.keys() | pages, loc)
    if pages <= given.keys() and len(pages) > 1:
        checked.fault("extra_forbidden", (*loc, PAGE_URL_ALIAS), _EXTRA, given[PAGE_URL_ALIAS])
    filters: Filters = {}
    for key, raw in given.items():
        check = _text if key in pages else _CHECKS.get(key)
        # Real clients leave unused filters in as empty strings (recorded behaviour).
        if check is None or raw == "":
            continue
        value = check(checked, raw, (*loc, key))
        if value is not None:
            filters[PAGE_URL if key in pages else key] = value
    return filters


def _text(checked: _Checked, value: object, loc: Location) -> str | None:
    if not isinstance(value, str):
        checked.fault("string_type", loc, "Input should be a valid string", value)
        return None
    try:
        value.encode()
    except UnicodeEncodeError:  # an escape such as \ud83d without its other half
        checked.fault("string_unicode", loc, "Input should be a valid string, unable to parse as unicode", value)
        return None
    return value


def _whole(checked: _Checked, value: object, loc: Location) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        checked.fault("int_type", loc, "Input should be a valid integer", value)
        return None
    if not -INT64 <= value < INT64:
        checked.fault("int_parsing_size", loc, "Input should be an integer of at most 64 bits", value)
        return None
    return value


def _truth(checked: _Checked, value: object, loc: Location) -> bool | None:
    if isinstance(value, bool):
        return value
    if not isinstance(value, str | int):
        checked.fault("bool_type", loc, "Input should be a valid boolean", value)
        return None
    found = _LAX_BOOLEANS.get(value.lower() if isinstance(value, str) else value)
    if found is None:
        message = "Input should be a valid boolean, unable to interpret input"
        checked.fault("bool_parsing", loc, message, value)
    return found


def _date(checked: _Checked, value: object, loc: Location) -> str | None:
    text = _text(checked, value, loc)
    if text is None or _is_date(text):
        return text
    message = "Input should be a valid datetime of the form YYYY-MM-DD HH:MM:SS"
    checked.fault("datetime_parsing", loc, message, value)
    return None


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        datetime.strptime(text, _DATE_FORMAT)  # noqa: DTZ007 - only whether there is such a date
    except ValueError:
        return False
    return True


# The filters but for the company page, whose spelling is a setting (section 3).
_CHECKS: Mapping[str, Callable[[_Checked, object, Location], FilterValue | None]] = {
    "created_at_gte": _date,
    "created_at_lte": _date,
    "last_updated_gte": _date,
    "last_updated_lte": _date,
    "title": _text,
    "keyword_description": _text,
    "employment_type": _text,
    "location": _text,
    "company_id": _whole,
    "company_name": _text,
    "company_domain": _text,
    "company_exact_website": _text,
    "deleted": _truth,
    "application_active": _truth,
    "country": _text,
    "industry": _text,
}
