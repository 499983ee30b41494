"""How long it lasts until something ends, where for some it has not ended yet: Kaplan and Meier's estimate."""

from __future__ import annotations

import polars as pl

_EXACT = 1e-9  # a product of fractions is off by less


def survival(counts: pl.DataFrame) -> pl.DataFrame:
    """Estimate the share that lasts longer than each number of days.

    Parameters
    ----------
    counts : DataFrame
        ``days``, and how many ``ended`` after so many days or were ``censored``: looked at last, and had not ended.
        Those that were censored on a day count as there when others ended on it.

    Returns
    -------
    DataFrame
        By ``days``: ``at_risk``, how many had not ended nor been censored before; ``ended``; ``lasting``, the share
        that lasts longer.
    """
    by_day = counts.group_by("days").agg(pl.col("ended").sum(), pl.col("censored").sum()).sort("days")
    gone = (pl.col("ended") + pl.col("censored")).cum_sum()
    at_risk = gone.last() - gone.shift(1, fill_value=0)
    lasting = (1 - pl.col("ended") / pl.col("at_risk")).cum_prod()
    return by_day.with_columns(at_risk=at_risk).select("days", "at_risk", "ended", lasting=lasting)


def days_until(curve: pl.DataFrame, share: float) -> int | None:
    """Return after how many days a share has ended; None where so many have not ended in the time looked at."""
    reached = curve.filter(pl.col("lasting") <= 1 - share + _EXACT)
    return None if reached.is_empty() else int(reached["days"][0])
