"""What postings say, as columns one can count with, and the questions one asks of them.

`enrich` adds everything at once; each expression is here for itself, too. Needs the extra ``analysis``.
"""

from ..engine import Rows
from . import questions
from .coverage import coverage
from .enrich import COLUMNS, PARTS, enrich
from .pay import HOURS_A_YEAR, salary
from .places import place
from .prepare import prepare
from .prepared import Prepared
from .reposts import reposts
from .terms import applicants, employment, seniority, work_mode
from .text import Taxonomy, default_taxonomy, language, plain, read_esco, read_onet, read_taxonomy, skills

__all__ = [
    "COLUMNS",
    "HOURS_A_YEAR",
    "PARTS",
    "Prepared",
    "Rows",
    "Taxonomy",
    "applicants",
    "coverage",
    "default_taxonomy",
    "employment",
    "enrich",
    "language",
    "place",
    "plain",
    "prepare",
    "questions",
    "read_esco",
    "read_onet",
    "read_taxonomy",
    "reposts",
    "salary",
    "seniority",
    "skills",
    "work_mode",
]
