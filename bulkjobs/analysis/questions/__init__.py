"""Questions asked of enriched postings: each gives an `Answer`, with a small frame, words and a chart.

They take a frame, a lazy frame, or `bulkjobs.analysis.Rows` in many parts, and collect small sums only. ``of`` says in
words which postings they are, for the title; ``unique=True`` counts a posting that was put up again once.
"""

from .answer import SMALL, Answer
from .by_country import by_country
from .live import live
from .over_time import over_time
from .remote_share import remote_share
from .salaries import salaries
from .time_to_close import time_to_close
from .together import together
from .top import top

__all__ = [
    "SMALL",
    "Answer",
    "by_country",
    "live",
    "over_time",
    "remote_share",
    "salaries",
    "time_to_close",
    "together",
    "top",
]
