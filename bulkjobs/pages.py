"""All ids that a filter matches, read page by page from the free search."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from .wire.api import Api

PAGE = 1_000  # ids; the most that the service gives at a time (contract section 2.6)
PASSES = 2  # a posting that is updated meanwhile moves, and may slip from a page not read to one that was


@dataclass(frozen=True, slots=True)
class Listing:
    """What the search told.

    Attributes
    ----------
    ids : polars.Series
        Int64, each once, in the service's order.
    total : int or None
        How many there are, as the service said at last.
    pages : int
        Searches made.
    """

    ids: pl.Series
    total: int | None
    pages: int

    @property
    def missed(self) -> int:
        """How many more the service said there are: postings that moved while they were listed."""
        return max(0, (self.total or 0) - len(self.ids))


async def listing(
    api: Api,
    filters: Mapping[str, Any],
    *,
    limit: int | None = None,
    on_page: Callable[[int, int | None], None] | None = None,
) -> Listing:
    """List the ids of the postings that a filter matches. Free.

    Parameters
    ----------
    api : Api
        The service.
    filters : mapping
        The filter object.
    limit : int, optional
        Stop after so many.
    on_page : callable, optional
        Told ids so far, and in all.

    Raises
    ------
    ServiceError
        The service refused it, or could not be reached.
    """
    found: dict[int, None] = {}
    pages, total = 0, None
    for _ in range(PASSES):
        seen: set[str] = set()
        after: str | None = None
        while limit is None or len(found) < limit:
            page = await api.search(filters, after=after, size=PAGE)
            pages += 1
            found.update(dict.fromkeys(page.ids))
            after, total = page.after, page.total if page.total is not None else total
            if on_page is not None:
                on_page(len(found), total)
            # How the last page looks is not documented, so any of these ends it (contract section 11, row 32).
            if not page.ids or after is None or after in seen or len(found) >= (total or math.inf):
                break
            seen.add(after)
        if len(found) >= (total or 0) or (limit is not None and len(found) >= limit):
            break
    ids = pl.Series("id", list(found), dtype=pl.Int64).head(len(found) if limit is None else limit)
    return Listing(ids, total if limit is None or total is None else min(total, limit), pages)
