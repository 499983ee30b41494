"""Thin views on the objects of `bulkjobs`, for notebooks; needs the extra ``bulkjobs[widgets]``."""

from __future__ import annotations

from .chart_panel import ChartPanel
from .desk import Desk
from .filter_form import FilterForm
from .posting_table import PostingTable

__all__ = ["ChartPanel", "Desk", "FilterForm", "PostingTable"]
