"""Pay: the text of a posting's salary, as amounts, currency and period."""

from .periods import HOURS_A_YEAR
from .salary import salary

__all__ = ["HOURS_A_YEAR", "salary"]
