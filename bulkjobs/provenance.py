"""`Provenance`: where a frame of postings comes from, in words and as JSON, and the hash that names its rows."""

from __future__ import annotations

import datetime as dt
import platform
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Literal

from yarl import URL

from .clock import as_datetime
from .config import is_loopback_host
from .display import as_html, as_text
from .errors import Charged, LoadFailed
from .origins import Promise, Purchase, Snapshot
from .plain import plain, restored
from .records import SCHEMA_VERSION

_NAMED = 20  # data requests in a table; the JSON has them all


def versions_here() -> dict[str, str]:
    """Return the versions of what reads and writes postings here, and of the columns that postings have."""
    return {
        **{name: version(name) for name in ("bulkjobs", "polars", "deltalake")},
        "python": platform.python_version(),
        "record_schema": str(SCHEMA_VERSION),
    }


@dataclass(frozen=True, slots=True, repr=False)
class Provenance:
    """Where a frame of postings comes from.

    The same data gives the same, whenever it is made. It holds no key, no account, no balance, and no path.

    Attributes
    ----------
    kind : {"collection", "library", "bundle"}
        What was read.
    rows : int
        Postings in the frame.
    data_sha256 : str
        Names the rows themselves, wherever they lie and in whatever order: see `bulkjobs.rowhash`.
    service : str or None
        The host that sold them; ``sandbox`` for a server on this machine. None for a library: it may hold any.
    collection_id, made_at : str or None
        The collection, and when it was made (UTC).
    asked : str or None
        Query and limit in words.
    query : dict or None
        The query as JSON: ``{"filters": {...}}``, or the number of ids and the hash of their list.
    limit : int or None
        The most records wanted.
    promise : Promise or None
        What the plan said.
    purchases : tuple of Purchase
        The data requests, in order.
    credits : int or None
        Credits charged, as far as is known.
    library : Snapshot or None
        What came out of the library.
    versions : dict of str to str
        Of bulkjobs, polars, deltalake, python and the record schema.
    bundled : {"collection", "library"} or None
        What a bundle was made of.
    """

    kind: Literal["collection", "library", "bundle"]
    rows: int
    data_sha256: str
    service: str | None = None
    collection_id: str | None = None
    made_at: str | None = None
    asked: str | None = None
    query: dict[str, Any] | None = None
    limit: int | None = None
    promise: Promise | None = None
    purchases: tuple[Purchase, ...] = ()
    credits: int | None = None
    library: Snapshot | None = None
    versions: dict[str, str] = field(default_factory=versions_here)
    bundled: Literal["collection", "library"] | None = None

    @property
    def is_sandbox(self) -> bool:
        """Whether a sandbox gave it: the credits were none, and the postings may be made up."""
        return self.service is not None and self.service.partition(":")[0] == "sandbox"

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready data; `from_dict` makes it the same again."""
        made: dict[str, Any] = plain(self)
        return made

    @classmethod
    def from_dict(cls, data: object) -> Provenance:
        """Make a provenance of what `to_dict` gave.

        Raises
        ------
        LoadFailed
            It is none; the message names the field.
        """
        try:
            return restored(cls, data)
        except ValueError as error:
            raise LoadFailed(
                f"This is no provenance: {error}.", charged=Charged.NO, next_step="take it as to_dict() gave it"
            ) from None

    def citation(self, accessed: dt.date | None = None) -> str:
        """Return one sentence that names the data in a paper.

        Parameters
        ----------
        accessed : date, optional
            When they were read; it is told only where it is given.
        """
        what = f"{self.rows:,} job postings"
        if self.service is not None:
            what += f" from {'a bulkjobs sandbox' if self.is_sandbox else self.service}"
        bought = sorted(one.submitted for one in self.purchases if one.submitted)
        parts = [
            what,
            f"collection {self.collection_id}" if self.collection_id else "a library of job postings",
            *([f"bought {_span(bought)}"] if bought else []),
            *([f"accessed {accessed.isoformat()}"] if accessed else []),
            f"data SHA-256 {self.data_sha256}",
            f"bulkjobs {self.versions.get('bulkjobs', '?')}",
        ]
        return "; ".join(parts) + "."

    # --- display ------------------------------------------------------------------------------------------

    def lines(self) -> list[tuple[str, str]]:
        """Return it as labelled lines, for any kind of display."""
        found: list[tuple[str, object]] = [
            ("source", self.kind if self.bundled is None else f"{self.kind} of a {self.bundled}"),
            ("service", self.service),
            ("collection", self.collection_id),
            ("query", self.asked),
            ("made", self.made_at),
            ("plan", self.promise),
            *((f"request {n}", one) for n, one in enumerate(self.purchases[:_NAMED])),
            ("more requests", f"{len(self.purchases) - _NAMED:,}" if len(self.purchases) > _NAMED else None),
            ("credits", None if self.credits is None else f"{self.credits:,}"),
            ("library", self.library),
            ("postings", f"{self.rows:,}"),
            ("data SHA-256", self.data_sha256),
            ("versions", ", ".join(f"{name} {number}" for name, number in self.versions.items())),
        ]
        return [(label, str(value)) for label, value in found if value is not None]

    def __repr__(self) -> str:
        return as_text("Provenance", self.lines())

    def _repr_html_(self) -> str:
        return as_html("Provenance", self.lines())


def utc(moment: float | None) -> str | None:
    """Write seconds since the epoch as ``2026-01-31T23:59:59Z``."""
    return None if moment is None else f"{as_datetime(moment):%Y-%m-%dT%H:%M:%SZ}"


def seller(service: str) -> str:
    """Return the host of a service as the ledger calls it; a name that a user gave it stays at home."""
    if service.startswith("sandbox:"):
        return service
    try:
        host = URL(service).host
    except ValueError:
        host = None
    if host is None:
        return "unnamed"
    return "sandbox" if is_loopback_host(host) else host


def _span(dates: list[str]) -> str:
    first, last = dates[0][:10], dates[-1][:10]
    return first if first == last else f"{first} to {last}"
