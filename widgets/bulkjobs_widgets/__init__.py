"""Thin views on the objects of `bulkjobs`, for notebooks; needs the extra ``bulkjobs[widgets]``."""

from __future__ import annotations

from .collection_list import CollectionList
from .credit_preview import CreditPreview
from .desk import Desk
from .filter_form import FilterForm
from .status_card import StatusCard

__all__ = ["CollectionList", "CreditPreview", "Desk", "FilterForm", "StatusCard"]
