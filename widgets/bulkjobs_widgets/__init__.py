"""Thin views on the objects of `bulkjobs`, for notebooks; needs the extra ``bulkjobs[widgets]``."""

from __future__ import annotations

from .desk import Desk
from .filter_form import FilterForm
from .posting_table import PostingTable

__all__ = ["Desk", "FilterForm", "PostingTable"]
