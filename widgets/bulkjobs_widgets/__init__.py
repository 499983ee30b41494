"""Thin views on the objects of `bulkjobs`, for notebooks; needs the extra ``bulkjobs[widgets]``."""

from __future__ import annotations

from .desk import Desk
from .filter_form import FilterForm
from .status_card import StatusCard

__all__ = ["Desk", "FilterForm", "StatusCard"]
