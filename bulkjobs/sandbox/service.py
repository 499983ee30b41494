"""What all endpoints share: the dataset, the account, the data requests, and the counts of what happened."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, ParamSpec, TypeVar

from .catalog import Catalog
from .faults import FaultPlan
from .grammar import FilterSyntaxError
from .lifecycle import Account, DataRequests
from .replies import insufficient_credits
from .result_files import ResultFiles
from .settings import Settings
from .validation import Location, refusal
from .webhooks import Notifier

Counted = Literal["posts", "polls", "downloads", "searches", "previews", "collects"]

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True, eq=False)
class Service:
    """The state of one running sandbox.

    Attributes
    ----------
    settings, catalog, account, requests, files, notifier
        Its parts.
    faults
        What is to go wrong.
    counts
        Requests that were served, by kind.
    refused
        Replies with a status of 400 or more, by status.
    """

    settings: Settings
    catalog: Catalog
    account: Account
    requests: DataRequests
    files: ResultFiles
    notifier: Notifier
    faults: FaultPlan
    counts: Counter[Counted] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)

    async def ask(self, loc: Location, question: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Ask the catalogue in a thread.

        Parameters
        ----------
        loc
            Where the filters stood in the request.
        question, args, kwargs
            A method of the catalogue, and what it takes.

        Raises
        ------
        Refusal
            422 at the filter whose operators cannot be read (`api-contract.md` sections 3 and 10).
        """
        try:
            return await asyncio.to_thread(question, *args, **kwargs)
        except FilterSyntaxError as error:
            place = loc if error.field is None else (*loc, error.field)
            raise refusal("value_error", place, f"Value error, {error}", None) from error

    def charge(self, price: int) -> None:
        """Charge for a request that succeeded (section 8).

        Raises
        ------
        Refusal
            402 if the balance does not cover it. Nothing is charged then.
        """
        if not self.account.charge(price):
            raise insufficient_credits()

    def stats(self) -> dict[str, Any]:
        """Return what happened so far; see `Sandbox.stats`."""
        now = self.settings.clock()
        names: tuple[Counted, ...] = ("posts", "polls", "downloads", "searches", "previews", "collects")
        return {
            **{name: self.counts[name] for name in names},
            "credits_spent": self.account.spent,
            "credits_remaining": self.account.remaining,
            "refused": dict(self.refused),
            "faults_fired": self.faults.fired,
            "requests": {
                request.id: {
                    "state": str(request.state(now)),
                    "records": len(request.ids),
                    "credits": request.credits,
                    "polls": request.polls,
                    "downloads": request.downloads,
                }
                for request in self.requests.all()
            },
        }
