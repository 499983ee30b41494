"""What may be spent: for a call, a day, a month, a project. Checked before anything is sent."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .clock import as_datetime
from .errors import BudgetExceeded, ConfigError, InvalidQuery
from .rows import Allowance

FILE = "bulkjobs.toml"  # beside the notebook or the script
_TABLE = "budget"
_CREDITS = ("call", "day", "month", "total")


class Budget:
    """The most that one call may spend, and whether the user set any bound at all."""

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


@dataclass(frozen=True, slots=True)
class Budgets:
    """What the home folder and the project allow, in credits; None where nothing is said.

    Attributes
    ----------
    home, project : mapping of str to int
        ``call``, ``day``, ``month`` (both of UTC) and ``total`` (for ever).
    name : str or None
        The project, in the ledger's books.
    source : str
        Where the project's budget is set.
    """

    home: Mapping[str, int]
    project: Mapping[str, int]
    name: str | None = None
    source: str = FILE

    def check_call(self, cost: int) -> None:
        """Raise `BudgetExceeded` where one call would cost more than is ever allowed."""
        for budget, where in ((self.home, "config.toml"), (self.project, self.source)):
            if cost > budget.get("call", cost):
                raise BudgetExceeded(
                    f"This would cost {cost:,} credits, and {where} allows {budget['call']:,} for one call.",
                    next_step=f"give a smaller limit, submit plan.first(...), or change {where}",
                )

    def at(self, now: float, project: str | None) -> list[Allowance]:
        """Return the budgets that hold at a time (seconds since the epoch) for what a project buys.

        Raises
        ------
        BudgetExceeded
            It is another project: what that may spend is not known here.
        """
        if project not in {None, self.name}:
            raise BudgetExceeded(
                f"It was planned for project {project}, whose budget is not known in this folder.",
                next_step=f"go on in the folder of project {project}",
            )
        day = as_datetime(now).replace(hour=0, minute=0, second=0, microsecond=0)
        since = {"day": day.timestamp(), "month": day.replace(day=1).timestamp(), "total": 0.0}
        owners = ((None, self.home), *([] if project is None else [(project, self.project)]))
        return [
            Allowance(name, budget[name], begin, owner)
            for owner, budget in owners
            for name, begin in since.items()
            if name in budget
        ]


def over(cost: int, allowance: Allowance, spent: int, *, next_step: str) -> BudgetExceeded:
    """Return the error for what would spend more than is left of a budget."""
    whose = f" of project {allowance.project}" if allowance.project else ""
    return BudgetExceeded(
        f"{cost:,} credits more would exceed the budget{whose} for the {allowance.name}: "
        f"{spent:,} of {allowance.credits:,} credits are spent.",
        next_step=next_step,
    )


def find(file: Mapping[str, Any], folder: Path) -> Budgets:
    """Put the budgets together: ``[budget]`` of the home's ``config.toml``, and of a project's ``bulkjobs.toml``.

    Parameters
    ----------
    file : mapping
        The home's settings.
    folder : Path
        Where the notebook or script runs; the file is looked for there, then in the folders above.

    Raises
    ------
    ConfigError
        A budget is no whole number of credits, or is called something unknown; or the file can't be read.
    """
    home = _credits(file.get(_TABLE, {}), "config.toml")
    path = next((place / FILE for place in (folder, *folder.parents) if (place / FILE).is_file()), None)
    if path is None:
        return Budgets(home, {})
    try:
        settings = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} can't be read ({error}).", next_step="correct or delete it") from error
    unknown = settings.keys() - {"project", _TABLE}
    name = settings.get("project", path.parent.name)
    if unknown or not isinstance(name, str) or not name:
        what = f"unknown settings: {', '.join(sorted(unknown))}" if unknown else "a project that is no name"
        raise ConfigError(f"{path} holds {what}.", next_step='project = "a name", and a table [budget]')
    return Budgets(home, _credits(settings.get(_TABLE, {}), str(path)), name, str(path))


def _credits(table: object, where: str) -> dict[str, int]:
    if not isinstance(table, dict):
        raise ConfigError(f"[budget] of {where} is no table.", next_step="write [budget] and then day = 10_000")
    for name, value in table.items():
        if name not in _CREDITS or isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ConfigError(
                f"[budget] of {where}: {name} = {value!r} is no budget.",
                next_step=f"use whole numbers of credits for {', '.join(_CREDITS)}",
            )
    return dict(table)
