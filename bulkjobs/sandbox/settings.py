"""What can be set on the sandbox: every point that the contract leaves open, and the stand-in's sizes."""

import ipaddress
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

PendingReply = Literal["202", "202-empty", "200-empty-list"]
DuplicateIds = Literal["reject", "merge"]
NoMatch = Literal["404", "422", "empty-list"]
CompanyUrlKey = Literal["company_professional_network_url", "company_linkedin_url", "both"]
ResultFormat = Literal["ndjson", "array"]

_CHOICES = {
    "pending_reply": PendingReply,
    "duplicate_ids": DuplicateIds,
    "no_match": NoMatch,
    "company_url_key": CompanyUrlKey,
    "result_format": ResultFormat,
}
_AT_LEAST_ONE = ("records_per_file", "max_records", "preview_pages", "cache_bytes", "max_file_bytes")
_AT_LEAST_ZERO = ("credits", "latency", "port", "search_credits", "preview_credits", "collect_credits")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How one sandbox behaves. The defaults are those of `api-contract.md` section 12.

    Attributes
    ----------
    host, port
        Where to listen. Port 0 takes a free one.
    allow_remote
        Whether to listen on, and to send webhooks to, anything but this computer.
    credits
        Balance at the start, in credits (section 8).
    rate
        Requests a second for each key, over all endpoints; None is no limit (section 8). The burst is
        ``max(1, rate)``.
    retry_after
        Whether a 429 carries `Retry-After` (whole seconds). The vendor documents none (section 8).
    rate_headers
        Whether replies carry `ratelimit-limit`, `-remaining` and `-reset` (seen in one live test, section 1).
    latency
        Seconds from the acceptance of a data request to its end: half queued, half running (section 12.5).
    clock
        Seconds since the epoch. Latency, retention and rate read this clock and nothing ever sleeps on it.
    pending_reply
        What a poll answers before the end: 202 with a message, 202 without a body, or 200 with an empty list
        (sections 2.4 and 11.3).
    duplicate_ids
        Whether an ID file that repeats an id is refused with 422, or its ids are merged (sections 4, 11.20).
    no_match
        What a poll answers when nothing matched (sections 5 and 11.4).
    limit_before_cap
        Whether the ceiling of `max_records` looks at the matches after `limit`, or before (section 11.6).
    too_many_ids_status
        Status for an ID file with too many ids: 400, or 422 as in the newer code table (sections 4, 11.22).
    records_per_file
        Most records in one result file (section 6).
    max_records
        Most records, or ids, in one data request (section 5); also the highest `limit`.
    max_file_bytes
        Size in bytes above which an ID file is refused as oversized (section 4).
    retention_days
        Days from submission for which result files are served (section 5).
    search_credits, preview_credits, collect_credits
        Price of one successful request, in credits (section 8).
    preview_pages
        Depth of the preview, in pages of 20 postings (section 2.7).
    post_status
        Status of an accepted bulk POST on v2: 201, or 200 as before 2025-04-30 (section 2.2). v1 answers 200.
    company_url_key
        Which spelling of the company page filter is known (section 11.14).
    result_format
        One JSON object a line, or one JSON array a file (sections 6 and 11.23).
    cache_bytes
        Room for packed result files on disk, in bytes. Files beyond it are packed again when asked for.
    journal
        File in which accepted data requests outlive the process: another sandbox over the same dataset, started with
        the same file, goes on serving them. Credits are not kept. None forgets all at the end.

    Raises
    ------
    ValueError
        For a value outside its range, and for a host that is not this computer without `allow_remote`.
    """

    host: str = "127.0.0.1"
    port: int = 0
    allow_remote: bool = False
    credits: int = 50_000
    rate: float | None = None
    retry_after: bool = False
    rate_headers: bool = False
    latency: float = 0.0
    clock: Callable[[], float] = time.time
    pending_reply: PendingReply = "202"
    duplicate_ids: DuplicateIds = "reject"
    no_match: NoMatch = "404"
    limit_before_cap: bool = True
    too_many_ids_status: Literal[400, 422] = 400
    records_per_file: int = 10_000
    max_records: int = 10_000
    max_file_bytes: int = 16 * 1024 * 1024
    retention_days: float = 30
    search_credits: int = 0
    preview_credits: int = 0
    collect_credits: int = 1
    preview_pages: int = 50
    post_status: Literal[200, 201] = 201
    company_url_key: CompanyUrlKey = "both"
    result_format: ResultFormat = "ndjson"
    cache_bytes: int = 1024 * 1024 * 1024
    journal: str | os.PathLike[str] | None = None

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            _require(getattr(self, name) in get_args(choices), name, f"one of {get_args(choices)}")
        for name in _AT_LEAST_ONE:
            _require(getattr(self, name) >= 1, name, "at least 1")
        for name in _AT_LEAST_ZERO:
            _require(getattr(self, name) >= 0, name, "at least 0")
        _require(self.rate is None or self.rate > 0, "rate", "above 0, or None for no limit")
        _require(self.retention_days > 0, "retention_days", "above 0")
        _require(self.too_many_ids_status in {400, 422}, "too_many_ids_status", "400 or 422")
        _require(self.post_status in {200, 201}, "post_status", "200 or 201")
        if not self.allow_remote and not is_loopback(self.host):
            raise ValueError(
                f"host {self.host!r} can be reached from other computers, and the sandbox has no secrets: "
                "pass allow_remote=True if you mean it"
            )


def is_loopback(host: str) -> bool:
    """Whether `host`, a name or an address, is this computer and nothing else.

    Names other than `localhost` are not looked up: what they resolve to can change.
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _require(holds: bool, name: str, wanted: str) -> None:
    if not holds:
        raise ValueError(f"sandbox setting {name} must be {wanted}")
