"""The credits left while a collection is carried out: what is on its way is taken out before the service says so."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from .errors import BudgetExceeded


class Purse:
    """Stops before the balance does: what is accepted without credits fails later, and takes a turn for nothing.

    Parameters
    ----------
    balance : callable
        Asks the service for the credits left; None where it does not tell.
    rest : callable
        Credits that all data requests need that are not sent yet.
    next_step : str
        What to do where the balance is too small.
    """

    def __init__(
        self, balance: Callable[[], Awaitable[int | None]], rest: Callable[[], int], *, next_step: str
    ) -> None:
        self._balance, self._rest, self._next_step = balance, rest, next_step
        self._left = 0
        self._told = True
        self._turn = asyncio.Lock()
        self._on_the_way = 0
        self._landed = asyncio.Event()
        self._landed.set()

    @contextlib.asynccontextmanager
    async def paying(self, cost: int) -> AsyncIterator[None]:
        """Set the credits of a POST aside while it is sent.

        Raises
        ------
        BudgetExceeded
            The balance is too small.
        """
        async with self._turn:
            if self._told and self._left < cost:
                await self._ask()
            if self._told and self._left < cost:
                raise BudgetExceeded(
                    f"The balance is {self._left:,} credits, the next data request may cost {cost:,}: "
                    f"{self._rest() - self._left:,} credits are missing.",
                    next_step=self._next_step,
                )
            self._left -= cost
            self._on_the_way += 1
            self._landed.clear()
        try:
            yield
        finally:
            self._on_the_way -= 1
            if not self._on_the_way:
                self._landed.set()

    async def _ask(self) -> None:
        """Look at the balance when no POST is on its way: of those it may tell or not."""
        await self._landed.wait()
        left = await self._balance()
        self._left, self._told = left or 0, left is not None

    def forget(self) -> None:
        """Hear that others spend from the same account: the next POST asks again."""
        self._left = 0
