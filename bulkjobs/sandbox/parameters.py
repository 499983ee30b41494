"""Numbers and cursors out of paths and query strings; what is wrong becomes a 422 list."""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus

from .replies import Refusal
from .validation import INT64, Location, range_problem, refusal

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")


def ranged(values: Mapping[str, str], name: str, *, default: int, highest: int) -> int:
    """Read an integer from 1 to `highest` out of a query string.

    Raises
    ------
    Refusal
        422 if it is no integer or outside the range.
    """
    loc, text = ("query", name), values.get(name)
    if text is None:
        return default
    value = integer(text, loc)
    problem = range_problem(value, loc, highest)
    if problem is not None:
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, [problem])
    return value


def integer(text: str, loc: Location) -> int:
    """Read an integer out of a path or a query string.

    Raises
    ------
    Refusal
        422 if it is none, or needs more than 64 bits.
    """
    if not _INTEGER.fullmatch(text) or not -INT64 <= int(text) < INT64:
        raise refusal("int_parsing", loc, "Input should be a valid integer, unable to parse string", text)
    return int(text)


def cursor(text: str) -> tuple[str, int]:
    """Read the cursor of a filter search, such as ``"2025-03-19 13:39:50",340784135``.

    It is given with and without a space after the comma (`api-contract.md` section 2.6).

    Raises
    ------
    Refusal
        422 if it is no cursor that a search gave.
    """
    try:
        found = json.loads(f"[{text}]")
    except (ValueError, RecursionError):
        found = []
    if [type(part) for part in found] != [str, int] or not -INT64 <= found[1] < INT64:
        raise refusal("value_error", ("query", "after"), "Value error, not a cursor", text)
    return found[0], found[1]


def format_cursor(last_updated: str, posting_id: int) -> str:
    """Write the cursor that `cursor` reads (section 2.6)."""
    # As JSON: a dataset of one's own may hold dates with anything in them, which a header could not carry.
    return f"{json.dumps(last_updated)},{posting_id}"
