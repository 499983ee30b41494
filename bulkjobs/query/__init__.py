"""What to ask for: `JobFilter` and `JobIds`. Pure values: validated, printable, with a canonical fingerprint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from .fields import FIELDS, Field
from .filter import JobFilter
from .ids import JobIds

__all__ = ["FIELDS", "Field", "JobFilter", "JobIds", "Query", "query_from_dict"]

Query: TypeAlias = JobFilter | JobIds


def query_from_dict(saved: Mapping[str, Any]) -> Query:
    """Rebuild a query from its own `to_dict()`."""
    if "ids" in saved:
        return JobIds(saved["ids"])
    return JobFilter.restored(saved["filters"])
