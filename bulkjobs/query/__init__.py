"""What to ask for: `JobFilter` and `JobIds`. Pure values: validated, printable, with a canonical fingerprint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from .fields import FIELDS, Field
from .filter import JobFilter
from .ids import JobIds

__all__ = ["FIELDS", "Field", "JobFilter", "JobIds", "Query", "may_share", "query_from_dict"]

Query: TypeAlias = JobFilter | JobIds


def query_from_dict(saved: Mapping[str, Any]) -> Query:
    """Rebuild a query from its own `to_dict()`."""
    if "ids" in saved:
        return JobIds(saved["ids"])
    return JobFilter.restored(saved["filters"])


def may_share(one: Query, other: Query) -> bool:
    """Whether two queries may bring the same posting: not if their ids, or their times of creation, are disjoint."""
    if isinstance(one, JobIds) and isinstance(other, JobIds):
        return bool(one.series.is_in(other.series.implode()).any())
    if isinstance(one, JobIds) or isinstance(other, JobIds):
        return True
    # Nothing but the time of creation is sure never to change (contract section 7).
    return not (_ends_before(one, other) or _ends_before(other, one))


def _ends_before(one: JobFilter, other: JobFilter) -> bool:
    end, start = one.created_at_lte, other.created_at_gte
    return end is not None and start is not None and end < start
