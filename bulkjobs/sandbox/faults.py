"""Faults to order: what goes wrong, at which endpoint, how often. How it goes wrong is in `disruption`."""

import random
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Self, get_args

Endpoint = Literal["bulk_filter", "bulk_id_file", "list_files", "download", "search", "preview", "collect"]
Kind = Literal[
    # The request is not handled.
    "status",
    "reset_before",
    "redirect",
    # It is handled, later.
    "delay",
    # It is handled (and charged), and the reply does not come, or comes otherwise.
    "reset_after",
    "status_after",
    "late_reply",
    "no_body",
    "bad_json",
    # A poll is answered as if the data request were still running.
    "empty_list",
    "pending_202",
    "pending_202_no_body",
    # The body is cut, or altered, or drips.
    "cut_length",
    "cut_chunked",
    "cut_close",
    "gzip_truncated",
    "gzip_corrupt",
    "not_gzip",
    "slow",
]

ENDPOINTS: tuple[Endpoint, ...] = get_args(Endpoint)
KINDS: tuple[Kind, ...] = get_args(Kind)
_GZIP_KINDS = {"gzip_truncated", "gzip_corrupt", "not_gzip"}
_POLL_KINDS = {"empty_list", "pending_202", "pending_202_no_body"}


def _check(holds: bool, message: str) -> None:
    if not holds:
        raise ValueError(message)


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Parameters
    ----------
    endpoint
        One of `ENDPOINTS`, or ``"*"`` for any.
    kind
        One of `KINDS`.
    times
        How many requests it befalls; None is every one from now on.
    skip
        How many requests to the endpoint pass before it begins. They are counted whether or not another fault
        befalls them.
    seconds
        For `delay` and `late_reply`: how long, in real seconds. For `slow`: the wait before each chunk.
    status, headers, body
        For `status` and `status_after`: the reply. The body need not be JSON, as with a gateway's 502
        (section 10). `status` also is the code of a `redirect`, and is 503 (302 for a redirect) unless given.
    location
        For `redirect`: where to.
    chunk
        For `slow`: bytes in a chunk.
    keep
        For the cuts and `gzip_truncated`: the part of the body, from 0 to 1, that is sent.

    Raises
    ------
    ValueError
        For an unknown endpoint or kind, a number outside its range, or a kind that the endpoint cannot show.
    """

    endpoint: Endpoint | Literal["*"]
    kind: Kind
    times: int | None = 1
    skip: int = 0
    seconds: float = 0.0
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    body: str = ""
    location: str = ""
    chunk: int = 1024
    keep: float = 0.5

    def __post_init__(self) -> None:
        _check(self.endpoint == "*" or self.endpoint in ENDPOINTS, f"unknown endpoint {self.endpoint!r}")
        _check(self.kind in KINDS, f"unknown kind {self.kind!r}")
        _check(self.times is None or self.times >= 1, "times must be at least 1, or None for always")
        _check(self.skip >= 0, "skip must be at least 0")
        _check(self.seconds >= 0, "seconds must be at least 0")
        _check(self.status is None or 200 <= self.status <= 599, "status must be a final HTTP status")
        _check(self.chunk >= 1, "chunk must be at least 1 byte")
        _check(0 <= self.keep < 1, "keep must be at least 0 and below 1: the rest is what is lost")
        _check(bool(self.location) == (self.kind == "redirect"), "location goes with the kind redirect")
        if self.kind in _GZIP_KINDS:
            _check(self.endpoint == "download", f"{self.kind} is a fault of the endpoint download")
        if self.kind in _POLL_KINDS:
            _check(self.endpoint == "list_files", f"{self.kind} is a fault of the endpoint list_files")

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Read a fault from decoded JSON: an object with the names of the parameters.

        Raises
        ------
        ValueError
            If it is not an object, has an unknown name, lacks a needed one, or has a value of the wrong type.
        """
        if not isinstance(value, dict):
            raise ValueError("a fault is a JSON object")  # noqa: TRY004 - what was sent is wrong, not our call
        unknown = value.keys() - {parameter.name for parameter in fields(cls)}
        _check(not unknown, f"a fault has no {', '.join(sorted(unknown))}")
        try:
            return cls(**value)
        except TypeError as error:
            raise ValueError(str(error)) from error

    def to_json(self) -> dict[str, Any]:
        """Return the fault as a JSON object that `from_json` reads."""
        return {**asdict(self), "headers": dict(self.headers)}


# What a right client lives through at each endpoint, with the same result and not one credit more. A request
# that costs credits is only ever refused (429): after anything else the client cannot know what it paid for,
# and must stop and say so.
TRANSIENT: Mapping[Endpoint, tuple[Fault, ...]] = {
    "bulk_filter": (Fault("bulk_filter", "status", status=429),),
    "bulk_id_file": (Fault("bulk_id_file", "status", status=429),),
    "list_files": (
        Fault("list_files", "status", status=429),
        Fault("list_files", "status", status=503, body="<html>Service Unavailable</html>"),
        Fault("list_files", "reset_before"),
        Fault("list_files", "reset_after"),
        Fault("list_files", "pending_202_no_body"),
    ),
    "download": (
        Fault("download", "status", status=502, body="<html>Bad Gateway</html>"),
        Fault("download", "reset_before"),
        Fault("download", "cut_length"),
        Fault("download", "cut_chunked"),
        Fault("download", "cut_close"),
        Fault("download", "gzip_corrupt"),
    ),
    "search": (Fault("search", "status", status=429), Fault("search", "reset_before")),
    "preview": (Fault("preview", "status", status=429),),
    "collect": (Fault("collect", "status", status=429),),
}


@dataclass(eq=False)
class _Pending:
    """A fault and what is left of it."""

    fault: Fault
    skip: int
    times: int | None

    def befalls(self, endpoint: Endpoint) -> bool:
        """Count one request; whether the fault is due for it."""
        if self.fault.endpoint not in ("*", endpoint):
            return False
        if self.skip:
            self.skip -= 1
            return False
        return True

    def use(self) -> bool:
        """Use the fault once; whether it is now used up."""
        if self.times is None:
            return False
        self.times -= 1
        return self.times == 0


class FaultPlan:
    """The faults still to come, in order. At most one befalls a request. Safe to use from several threads.

    Parameters
    ----------
    faults
        The first faults; `add` appends more.
    """

    def __init__(self, *faults: Fault) -> None:
        self._lock = threading.Lock()
        self._pending: list[_Pending] = []
        self._fired: Counter[str] = Counter()
        self._chance = 0.0
        self._draws: dict[Endpoint, random.Random] = {}
        self.add(*faults)

    @classmethod
    def random(cls, seed: int, rate: float, *endpoints: Endpoint) -> "FaultPlan":
        """Plan faults by chance: those of `TRANSIENT`, for one in ``1 / rate`` requests.

        Each endpoint draws from a sequence of its own, so the nth request to it meets the same fault whatever
        other endpoints are asked in between.

        Parameters
        ----------
        seed
            The same seed gives the same faults.
        rate
            Chance of a fault for each request, from 0 to 1.
        endpoints
            Where; all endpoints if none is given.

        Raises
        ------
        ValueError
            For a rate outside 0 to 1 or an unknown endpoint.
        """
        _check(0 <= rate <= 1, "rate must be from 0 to 1")
        for endpoint in endpoints:
            _check(endpoint in ENDPOINTS, f"unknown endpoint {endpoint!r}")
        plan = cls()
        plan._chance = rate
        plan._draws = {name: random.Random(f"{seed}:{name}") for name in endpoints or ENDPOINTS}  # noqa: S311
        return plan

    def add(self, *faults: Fault) -> None:
        """Append faults to the plan."""
        with self._lock:
            self._pending.extend(_Pending(fault, fault.skip, fault.times) for fault in faults)

    def clear(self) -> None:
        """Forget every fault to come, those by chance too. Counts of those that fired stay."""
        with self._lock:
            self._pending.clear()
            self._draws.clear()

    def take(self, endpoint: Endpoint) -> Fault | None:
        """Return the fault that befalls this request to `endpoint`, and use it once; None if none does."""
        with self._lock:
            fault = self._take_ordered(endpoint) or self._draw(endpoint)
            if fault is not None:
                self._fired[f"{endpoint}:{fault.kind}"] += 1
            return fault

    @property
    def pending(self) -> list[Fault]:
        """The ordered faults that are not used up."""
        with self._lock:
            return [entry.fault for entry in self._pending]

    @property
    def fired(self) -> dict[str, int]:
        """How often each fault befell a request, by ``"endpoint:kind"``."""
        with self._lock:
            return dict(self._fired)

    def _take_ordered(self, endpoint: Endpoint) -> Fault | None:
        # Every entry is asked, not only the first that is due: each counts the requests that it lets pass.
        due = [entry for entry in self._pending if entry.befalls(endpoint)]
        if not due:
            return None
        if due[0].use():
            self._pending.remove(due[0])
        return due[0].fault

    def _draw(self, endpoint: Endpoint) -> Fault | None:
        draw = self._draws.get(endpoint)
        if draw is None or draw.random() >= self._chance:
            return None
        return draw.choice(TRANSIENT[endpoint])
