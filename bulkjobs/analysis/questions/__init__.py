"""Questions asked of enriched postings: each gives an `Answer`, with a small frame, words and a chart.

They take a frame or a lazy frame and collect small sums only. ``of`` says in words which postings they are, for the
title; ``unique=True`` counts a posting that was put up again once.
"""

from .answer import SMALL, Answer
from .over_time import over_time
from .top import top

__all__ = ["SMALL", "Answer", "over_time", "top"]
