"""Who asks, and how fast: the made-up key and JWT of the sandbox, and a token bucket for each."""

import base64
import hashlib
import hmac
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from .lifecycle import Version

_JWT_LIFETIME_SECONDS = 31_556_952
_KEY_LENGTH = 32


@dataclass(frozen=True)
class Credentials:
    """The credentials that the sandbox takes. They open nothing else.

    Attributes
    ----------
    api_key
        For v2, in the header `apikey`: 32 letters and digits (`api-contract.md` section 1).
    jwt
        For v1, as a bearer token. It has the vendor's shape and no valid signature (section 1).
    """

    api_key: str
    jwt: str

    @classmethod
    def made_up(cls, seed: int, now: float) -> "Credentials":
        """Make credentials: the same for the same seed, the JWT also dated by the year of `now`."""
        digest = hashlib.sha256(f"bulkjobs sandbox {seed}".encode()).hexdigest()
        return cls(api_key=f"SandboxKey{digest}"[:_KEY_LENGTH], jwt=_made_up_jwt(digest, now))

    def accept(self, version: Version, headers: Mapping[str, str]) -> bool:
        """Whether a request to the `version` tree with these headers may pass (section 1)."""
        if version == "v2":
            return _same(headers.get("apikey", ""), self.api_key)
        return _same(headers.get("Authorization", ""), f"Bearer {self.jwt}")


class RateLimiter:
    """One token bucket a key, over all endpoints (section 8).

    Parameters
    ----------
    rate
        Requests a second; None is no limit. The bucket holds ``max(1, rate)`` requests.
    clock
        Seconds since the epoch.
    """

    def __init__(self, rate: float | None, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def admit(self, key: str) -> "Admission":
        """Count one request of `key`."""
        if self._rate is None:
            return Admission(admitted=True)
        now = self._clock()
        burst = max(1.0, self._rate)
        tokens, since = self._buckets.get(key, (burst, now))
        # A clock that is set back must not empty the bucket.
        tokens = min(burst, tokens + max(0.0, now - since) * self._rate)
        admitted = tokens >= 1
        tokens -= admitted
        self._buckets[key] = (tokens, now)
        wait = max(0.0, (1 - tokens) / self._rate)
        return Admission(admitted, limit=math.floor(burst), remaining=math.floor(tokens), wait=wait)


@dataclass(frozen=True)
class Admission:
    """Whether a request came slowly enough, and how many more may come.

    Attributes
    ----------
    admitted
        Whether it may pass.
    limit, remaining
        Size of the bucket and what is left in it, in requests; None without a limit.
    wait
        Seconds until the next request may pass.
    """

    admitted: bool
    limit: int | None = None
    remaining: int | None = None
    wait: float = 0.0

    @property
    def retry_after(self) -> str:
        """What `Retry-After` would say: whole seconds, rounded up."""
        return str(math.ceil(self.wait))

    def headers(self) -> dict[str, str]:
        """Return the `ratelimit-*` headers; none without a limit (section 1)."""
        if self.limit is None:
            return {}
        return {
            "ratelimit-limit": str(self.limit),
            "ratelimit-remaining": str(self.remaining),
            "ratelimit-reset": self.retry_after,
        }


def _made_up_jwt(digest: str, now: float) -> str:
    # Dated by the year: it outlives restarts of the sandbox, and has not expired for whoever looks at it.
    issued = int(datetime(datetime.fromtimestamp(now, UTC).year, 1, 1, tzinfo=UTC).timestamp())
    claims = {
        "aud": "bulkjobs-sandbox",
        "exp": issued + _JWT_LIFETIME_SECONDS,
        "iat": issued,
        "iss": "bulkjobs-sandbox",
        "namespace": "sandbox",
        "preferred_username": "sandbox",
        "sub": digest[:32],
        "userinfo": {"scopes": "cdapi"},
    }
    parts = (_json({"alg": "EdDSA", "kid": "bulkjobs-sandbox"}), _json(claims), b"sandbox-" * 8)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode())
