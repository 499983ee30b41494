"""Up to when postings were watched: what nobody could have seen yet, no report tells."""

from __future__ import annotations

import datetime as dt

import polars as pl

from ..clock import naive
from ..engine import Rows, collected, tally
from ..provenance import Provenance


def watched_until(postings: pl.DataFrame | Rows, known: Provenance) -> dt.datetime | None:
    """Return the latest date in the postings, but none after they were bought or imported; UTC.

    Some postings bear dates in the future. None where neither is known.
    """
    moments = [one.completed or one.submitted for one in known.purchases]
    moments += [known.library.as_of or known.library.at] if known.library and known.kind != "collection" else []
    bought = [naive(dt.datetime.fromisoformat(moment)) for moment in moments if moment]
    (found,) = collected(tally(Rows.of(postings), most={"seen": pl.max_horizontal("created", "last_updated")}))
    seen = found["seen"].item()
    return min(filter(None, (seen, max(bought, default=None))), default=None)
