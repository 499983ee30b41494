"""Choices by chance, repeatable everywhere."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from typing import TypeVar

T = TypeVar("T")


def repeated(weights: Mapping[T, int]) -> tuple[T, ...]:
    """Repeat each choice as often as its weight says, so that an even pick is a weighted one."""
    return tuple(chain.from_iterable(repeat(choice, weight) for choice, weight in weights.items()))


class Draw:
    """Random choices that are the same on every machine and Python version.

    They all come from ``random.Random.random``, the one method whose sequence Python promises to keep, and are taken
    with arithmetic that rounds alike everywhere.

    Parameters
    ----------
    name : str
        Draws of the same name make the same choices.
    """

    def __init__(self, name: str) -> None:
        self.unit = random.Random(name).random  # noqa: S311
        """The next number in [0, 1)."""

    def below(self, bound: int) -> int:
        """Give a whole number from 0 to `bound` - 1."""
        return int(self.unit() * bound)

    def chance(self, share: float) -> bool:
        """Say yes in `share` of all cases."""
        return self.unit() < share

    def pick(self, pool: Sequence[T]) -> T:
        """Give one of `pool`."""
        return pool[int(self.unit() * len(pool))]

    def several(self, pool: tuple[T, ...], count: int) -> tuple[T, ...]:
        """Give `count` different ones of `pool`, or all of a smaller pool."""
        size = len(pool)
        count = min(count, size)
        if not count:
            return ()
        # Even steps from a random start never meet the same item twice while they span less than one round.
        start = int(self.unit() * size)
        step = 1 + int(self.unit() * (size // count))
        return (pool + pool)[start : start + count * step : step]
