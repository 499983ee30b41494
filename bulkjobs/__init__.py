"""bulkjobs: from a search filter or a list of IDs to a typed polars DataFrame, without ever paying twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import errors, events, records, sync
from .bundle import Bundle, open_bundle
from .client import Client
from .collection import Collection
from .library import Library
from .plan import Plan
from .provenance import Provenance
from .query import JobFilter, JobIds

if TYPE_CHECKING:
    from .ledger import Ledger
    from .sandbox import Sandbox

__all__ = [
    "Bundle",
    "Client",
    "Collection",
    "JobFilter",
    "JobIds",
    "Ledger",
    "Library",
    "Plan",
    "Provenance",
    "Sandbox",
    "errors",
    "events",
    "open_bundle",
    "records",
    "sync",
]


def __getattr__(name: str) -> Any:
    """Bring in when it is asked for what not all need: a client that talks to the real service loads no sandbox."""
    if name == "Ledger":
        from .ledger import Ledger

        return Ledger
    if name == "Sandbox":
        from .sandbox import Sandbox

        return Sandbox
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
