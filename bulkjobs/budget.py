"""What may be spent: checked before anything is sent."""

from __future__ import annotations

from .errors import BudgetExceeded, InvalidQuery


class Budget:
    """The most that may be spent, and whether the user set any bound at all."""

    def __init__(self, max_credits: int | None, *, bounded: bool) -> None:
        if max_credits is not None and (isinstance(max_credits, bool) or not isinstance(max_credits, int)):
            raise InvalidQuery(f"max_credits must be a whole number, not {max_credits!r}.", field="max_credits")
        self._most = max_credits
        self._bounded = bounded or max_credits is not None

    def check(self, cost: int) -> None:
        """Raise `BudgetExceeded` where `cost` credits are more than was allowed."""
        if cost and not self._bounded:
            raise BudgetExceeded(
                f"This would cost {cost:,} credits, and no limit was set.",
                next_step=f"collect(..., max_credits={cost})",
            )
        if self._most is not None and cost > self._most:
            smaller = f", or plan it with limit={self._most}" if self._most > 0 else ""
            raise BudgetExceeded(
                f"This would cost {cost:,} credits, more than the {self._most:,} allowed.",
                next_step=f"collect(..., max_credits={cost}){smaller}",
            )
