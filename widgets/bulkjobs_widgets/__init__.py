"""Thin views on the objects of `bulkjobs`, for notebooks; needs the extra ``bulkjobs[widgets]``."""

from __future__ import annotations

from .api_key_field import ApiKeyField
from .chart_panel import ChartPanel
from .collection_list import CollectionList
from .collector import Collector
from .credit_preview import CreditPreview
from .desk import Desk
from .filter_form import FilterForm
from .id_uploader import IdUploader
from .posting_table import PostingTable
from .status_card import StatusCard
from .work_progress import WorkProgress

__all__ = [
    "ApiKeyField",
    "ChartPanel",
    "CollectionList",
    "Collector",
    "CreditPreview",
    "Desk",
    "FilterForm",
    "IdUploader",
    "PostingTable",
    "StatusCard",
    "WorkProgress",
]
