"""The terms of a job: applicants, type of employment, level and mode of work, in the vendor's vocabularies."""

from .applicants import applicants
from .employment import employment
from .seniority import seniority
from .work_mode import work_mode

__all__ = ["applicants", "employment", "seniority", "work_mode"]
