"""Reports: a labour market as one page that anyone can rebuild, at no cost, from the same postings.

Needs the extra ``report``.
"""

from .check import Check, check, read
from .report import Report, labour_market

__all__ = ["Check", "Report", "check", "labour_market", "read"]
