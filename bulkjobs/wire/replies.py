"""What a reply means: its JSON, its headers, and the typed error behind an error status (contract section 10)."""

from __future__ import annotations

import email.utils
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import (
    AlreadyRunning,
    Charged,
    InsufficientCredits,
    NotFound,
    ProtocolError,
    RateLimited,
    RequestRejected,
    ServiceError,
    ServiceUnavailable,
    Unauthorized,
)

DETAIL_SHOWN = 500  # characters of the service's own words that an error quotes


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer of the service."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Decode the body.

        Raises
        ------
        ProtocolError
            If it is no JSON.
        """
        try:
            return json.loads(self.body)
        except ValueError:
            raise ProtocolError(
                "The service sent a body that is no JSON.", status=self.status, detail=self.detail
            ) from None

    @property
    def detail(self) -> str:
        """The service's own words: ``detail`` or ``message`` of the body, else its text, shortened."""
        text = self.body.decode("utf-8", "replace").strip()
        try:
            body = json.loads(text)
        except ValueError:
            return text[:DETAIL_SHOWN]
        words = body.get("detail", body.get("message", body)) if isinstance(body, dict) else body
        return (words if isinstance(words, str) else json.dumps(words, ensure_ascii=False))[:DETAIL_SHOWN]

    @property
    def balance(self) -> int | None:
        """Credits left, where the service tells (``x-credits-remaining``, contract section 1)."""
        return self.integer("x-credits-remaining")

    def integer(self, header: str) -> int | None:
        """Value of a header as a whole number, or None."""
        value = self.headers.get(header, "").strip()
        return int(value) if value.isascii() and value.isdigit() else None


def wanted_pause(headers: Mapping[str, str], now: float) -> float:
    """Seconds that the service asks us to wait: ``Retry-After``, or an exhausted ``ratelimit-*``; else 0.

    Neither is documented (contract section 11, row 29); both are honoured if they come.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    if text:
        date = email.utils.parsedate_tz(text)
        return max(0.0, email.utils.mktime_tz(date) - now) if date else 0.0
    if headers.get("ratelimit-remaining", "").strip() == "0":
        reset = headers.get("ratelimit-reset", "").strip()
        return float(reset) if reset.isascii() and reset.isdigit() else 0.0
    return 0.0


def error_of(reply: Reply) -> ServiceError:
    """Turn an error reply to the typed error for it; for a request that spends nothing."""
    status, detail = reply.status, reply.detail
    known: dict[int, tuple[type[ServiceError], str, str]] = {
        400: (
            RequestRejected,
            "The service refused the request",
            "correct it; the service's words are above",
        ),
        401: (Unauthorized, "The service did not accept the key", "check CORESIGNAL_API_KEY and api_version"),
        402: (InsufficientCredits, "The account has too few credits", "add credits, or give a smaller limit"),
        403: (Unauthorized, "The key may not do this", "check the plan of the account"),
        404: (
            NotFound,
            "The service knows no such thing",
            "check base_url, api_version and the plan of the account",
        ),
        409: (
            AlreadyRunning,
            "An identical data request is still running",
            "wait until it is done, then try again",
        ),
        422: (
            RequestRejected,
            "The service refused the request",
            "correct it; the service's words are above",
        ),
        429: (
            RateLimited,
            "The service says: too many requests",
            "wait a little, or give the client a lower rate",
        ),
    }
    if status in known:
        kind, what, next_step = known[status]
        if "company_professional_network_url" in detail and kind is RequestRejected:  # contract section 11, row 14
            next_step = 'the service may want the old name: Client(..., company_url_field="company_linkedin_url")'
        return kind(f"{what} ({status}: {detail}).", status=status, detail=detail, next_step=next_step)
    if status >= 500:
        return ServiceUnavailable(
            f"The service is in trouble ({status}: {detail}).",
            status=status,
            detail=detail,
            next_step="try again later",
        )
    return ProtocolError(
        f"The service answered {status}, which the contract does not know ({detail}).",
        status=status,
        detail=detail,
        charged=Charged.NO,
    )
