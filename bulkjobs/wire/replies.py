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

    def without(self, secret: str) -> Reply:
        """Return the same answer with `secret` masked in its body, however JSON wrote its slashes."""
        body = self.body
        for written in (secret, secret.replace("/", "\\/")):
            body = body.replace(written.encode(), b"***")
        return Reply(self.status, self.headers, body)

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
        return _whole(self.headers.get(header, ""))


def wanted_pause(headers: Mapping[str, str], now: float) -> float:
    """Seconds that the service asks us to wait: ``Retry-After``, or an exhausted ``ratelimit-*``; else 0.

    Neither is documented (contract section 11, row 29); both are honoured if they come.
    """
    text = headers.get("Retry-After", "").strip()
    seconds = _whole(text)
    if seconds is not None:
        return float(seconds)
    if text:
        try:
            date = email.utils.parsedate_to_datetime(text)
            return max(0.0, date.timestamp() - now)
        except (ValueError, OverflowError):  # a wrong header must not spoil the reply that it came with
            return 0.0
    if _whole(headers.get("ratelimit-remaining", "")) == 0:
        return float(_whole(headers.get("ratelimit-reset", "")) or 0)
    return 0.0


def _whole(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


_CORRECT = "correct it; the service's words are above"
_KNOWN: dict[int, tuple[type[ServiceError], str, str]] = {
    400: (RequestRejected, "The service refused the request", _CORRECT),
    401: (Unauthorized, "The service did not accept the key", "check CORESIGNAL_API_KEY and api_version"),
    402: (InsufficientCredits, "The account has too few credits", "add credits, or give a smaller limit"),
    403: (Unauthorized, "The key may not do this", "check the plan of the account"),
    404: (NotFound, "The service knows no such thing", "check base_url, api_version and the plan of the account"),
    409: (AlreadyRunning, "An identical data request is still running", "see client.collections()"),
    422: (RequestRejected, "The service refused the request", _CORRECT),
    429: (RateLimited, "The service says: too many requests", "wait a little, or give the client a lower rate"),
}


def error_of(reply: Reply) -> ServiceError:
    """Turn an error reply to the typed error for it; for a request that spends nothing."""
    status, detail = reply.status, reply.detail
    if status in _KNOWN:
        kind, what, next_step = _KNOWN[status]
        if "company_professional_network_url" in detail and kind is RequestRejected:  # contract section 11, row 14
            next_step = 'the service may want the old name: Client(..., company_url_field="company_linkedin_url")'
        if "no route" in detail.lower():
            next_step = "check base_url (it ends with /cdapi), api_version and the plan of the account"
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
