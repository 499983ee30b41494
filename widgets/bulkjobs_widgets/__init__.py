"""Thin views on the objects of `bulkjobs`, for notebooks; needs the extra ``bulkjobs[widgets]``."""

from __future__ import annotations

from .credit_preview import CreditPreview
from .desk import Desk
from .filter_form import FilterForm
from .id_uploader import IdUploader

__all__ = ["CreditPreview", "Desk", "FilterForm", "IdUploader"]
