"""Replies in the vendor's words: the application's envelope, the gateway's, and FastAPI-like 422 lists."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import web

PENDING_MESSAGE = "Data request is still being processed"


@dataclass(frozen=True)
class Problem:
    """One entry of a 422 list (`api-contract.md` section 10).

    Attributes
    ----------
    type
        Kind of the fault in pydantic's words, such as `extra_forbidden`.
    loc
        Path to the value, such as ``("body", "filters", "title")``.
    msg
        What is wrong, for people.
    input
        The value that was sent.
    """

    type: str
    loc: tuple[str | int, ...]
    msg: str
    input: Any = None

    def to_json(self) -> dict[str, Any]:
        """Return the entry as a JSON object."""
        return {"type": self.type, "loc": list(self.loc), "msg": self.msg, "input": self.input}


class Refusal(Exception):  # an answer of the contract, not an error of the sandbox
    """The application refuses a request.

    Parameters
    ----------
    status
        HTTP status of the answer.
    detail
        What the answer's `detail` holds: a text, or the list of a 422.
    """

    def __init__(self, status: int, detail: str | Sequence[Problem]) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail

    def reply(self) -> web.Response:
        """Return the answer."""
        if isinstance(self.detail, str):
            return json_reply({"detail": self.detail}, self.status)
        return json_reply({"detail": [problem.to_json() for problem in self.detail]}, self.status)


def json_reply(value: object, status: int = 200) -> web.Response:
    """Answer with `value` as JSON."""
    return web.Response(text=json.dumps(value), status=status, content_type="application/json")


def not_found() -> Refusal:
    """Refuse what is unknown or expired (sections 10 and 12.8; the text was seen on collect)."""
    return Refusal(HTTPStatus.NOT_FOUND, "Not Found")


def insufficient_credits() -> Refusal:
    """Refuse for lack of credits (section 10)."""
    return Refusal(HTTPStatus.PAYMENT_REQUIRED, "Insufficient credits")


def server_error() -> web.Response:
    """Answer 500: a fault of the server, or a wrong verb on a known path (sections 10 and 12.10)."""
    return json_reply({"detail": "Internal Server Error"}, HTTPStatus.INTERNAL_SERVER_ERROR)


def no_route() -> web.Response:
    """Answer as the gateway does for a path that it does not know (sections 1, 10 and 12.1)."""
    message = "no Route matched with those values"
    return json_reply({"message": message, "request_id": uuid.uuid4().hex}, HTTPStatus.NOT_FOUND)


def too_fast() -> web.Response:
    """Answer as the gateway does above the rate limit (section 10)."""
    return json_reply({"message": "API rate limit exceeded"}, HTTPStatus.TOO_MANY_REQUESTS)
