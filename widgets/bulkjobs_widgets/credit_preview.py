"""`CreditPreview`: what a plan would cost, and the one button that spends: exactly what is shown, or nothing."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import traitlets

import bulkjobs as bj
from bulkjobs.display import Rows, counted
from bulkjobs.errors import BudgetExceeded, BulkJobsError, Charged, InvalidQuery

from .desk import AnyClient, Desk, settled
from .view import View, alert, front

THRESHOLD = 1_000  # credits, above which a second click is asked for
EDITED = "It was edited since: preview it again."
_FINGERPRINT = 12  # hex digits of it that are shown

Submit = Callable[[bj.Plan, int], object]


class CreditPreview(View):
    """The price of a plan, bound to that plan: what is submitted is what is shown, or nothing is.

    Parameters
    ----------
    client : Client, sync.Client or Desk, optional
        Makes the plans, for nothing; see `Desk`.
    max_credits : int, optional
        The most credits that one click may spend; what costs more is refused.
    threshold : int
        Credits above which a second click is asked for.
    on_submit : callable, optional
        Called with the plan and the most credits that it may cost, once for each preview; may be a coroutine function.

    Examples
    --------
    >>> preview = CreditPreview(client, on_submit=card.run)
    >>> await preview.show(bj.JobFilter(title="Nurse"), limit=100)
    >>> preview
    """

    _esm, _css = front("credit_preview")

    state = traitlets.Unicode("empty").tag(sync=True)  # empty, bound, stale, refused, sent
    reason = traitlets.Unicode().tag(sync=True)  # why it can't be submitted as it stands
    facts: Any = traitlets.List().tag(sync=True)
    headline = traitlets.Unicode().tag(sync=True)
    button = traitlets.Unicode("Collect").tag(sync=True)
    bound_to = traitlets.Unicode().tag(sync=True)  # names the query and the limit that are shown
    token = traitlets.Unicode().tag(sync=True)  # names this very plan and price; comes back with the submit
    confirm = traitlets.Unicode().tag(sync=True)  # what is asked before it is spent; empty below the threshold
    sample = traitlets.Dict().tag(sync=True)
    requests: Any = traitlets.List().tag(sync=True)

    def __init__(
        self,
        client: AnyClient | Desk | None = None,
        *,
        max_credits: int | None = None,
        threshold: int = THRESHOLD,
        on_submit: Submit | None = None,
        **traits: Any,
    ) -> None:
        self.max_credits, self.threshold = max_credits, threshold
        self._on_submit = on_submit
        self._plan: bj.Plan | None = None
        self._edition = 0  # counts whatever makes void what is asked for, or shown
        self._asking: asyncio.Task[Any] | None = None
        traits.setdefault("title", "Cost")
        super().__init__(client, **traits)

    @property
    def plan(self) -> bj.Plan | None:
        """The plan that is shown, and that the button would submit; None where there is none, or it is out of date."""
        return self._plan if self.state in {"bound", "refused", "sent"} else None

    async def show(self, query: bj.JobFilter | bj.JobIds, limit: int | None = None) -> None:
        """Plan a query and show what it would cost. Free. Of two at once, the later one is shown.

        Raises
        ------
        BulkJobsError
            It can't be planned; nothing is shown then.
        """
        if self._asking is not None:
            self._asking.cancel()
        asking = self._asking = asyncio.ensure_future(self._planned(query, limit))
        self.notice = {}
        self.unbind("Asking what it would cost ...")
        edition = self._edition
        with self.working():
            try:
                plan = await asking
            except asyncio.CancelledError:
                if asking is self._asking:
                    raise
                return  # a later one is asked about
            except Exception:
                self.clear()
                raise
            if edition == self._edition:
                await self.bind(plan)
            else:
                self._draw(plan)
                self.state, self.reason = "stale", EDITED

    async def _planned(self, query: bj.JobFilter | bj.JobIds, limit: int | None) -> bj.Plan:
        return await self.desk.ask(self.desk.client.plan(query, limit=limit))

    async def bind(self, plan: bj.Plan) -> None:
        """Show a plan; from now on, the button submits it."""
        self._edition += 1
        edition = self._edition
        self._draw(plan)
        self.state, self.reason = "stale", "Checking the budgets ..."
        if not plan.records:
            self.state, self.reason = "refused", "There is nothing to collect."
            return
        refused: BudgetExceeded | None = None
        try:
            await asyncio.to_thread(self.desk.client.check, plan, max_credits=self._most(plan))
        except BudgetExceeded as error:
            refused = error
        if edition != self._edition:
            return  # it was edited meanwhile, or another one is shown
        self.state, self.reason = ("bound", "") if refused is None else ("refused", refused.message)
        self.notice = {} if refused is None else alert(refused)

    def _draw(self, plan: bj.Plan) -> None:
        """Show a plan, whatever can be done with it."""
        self._plan, self.notice, self.token = plan, {}, secrets.token_hex(8)
        self.facts, self.headline, self.button = plan.rows(), _headline(plan), _button(plan)
        self.sample, self.requests = _sample(plan), [one.range for one in plan.requests] if plan.posts > 1 else []
        self.bound_to = f"{plan.query.fingerprint[:_FINGERPRINT]}, limit {plan.limit or 'none'}"
        dear = plan.credits > self.threshold
        self.confirm = f"This spends up to {counted(plan.credits, 'credit')}." if dear else ""

    def unbind(self, reason: str = EDITED) -> None:
        """Make the button useless: what is shown, or is being asked for, is not what would be asked for now."""
        self._edition += 1
        if self.state != "empty":
            self.state, self.reason = "stale", reason

    def submitted(self) -> None:
        """Hear that the plan was submitted by other means than the button."""
        if self._plan is not None:
            self.state, self.reason = "sent", "Submitted."

    def _look(self) -> None:
        """Show nothing that another client said: its prices, what it owns, its balance."""
        super()._look()
        self.clear()

    def clear(self) -> None:
        """Show nothing."""
        self._edition += 1
        self.token = ""
        self._plan, self.state, self.reason, self.notice = None, "empty", "", {}
        self.facts, self.headline, self.bound_to, self.confirm, self.sample, self.requests = [], "", "", "", {}, []

    def rows(self) -> Rows:
        """Return the plan as labelled lines."""
        if self._plan is None or self.state == "empty":
            return [("cost", "nothing is previewed yet")]
        return [*self._plan.rows(), ("request", self.bound_to), *([("note", self.reason)] if self.reason else [])]

    def _most(self, plan: bj.Plan) -> int:
        return plan.credits if self.max_credits is None else self.max_credits

    async def do_submit(self, content: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Hand the plan on, if it is the one that the user saw, and was asked about where it costs much."""
        plan = self._plan
        if plan is None or self.state != "bound" or content.get("token") != self.token:
            return  # a second click of the same, or one on what was shown before
        if self.confirm and content.get("confirmed") != self.confirm:
            raise InvalidQuery("This was not confirmed.", next_step="press the button that names the credits")
        self.submitted()  # before anything else can run: one preview, one purchase
        try:
            if self._on_submit is not None:
                await settled(self._on_submit(plan, min(plan.credits, self._most(plan))))
        except BulkJobsError as error:
            if error.charged is Charged.NO and error.retry_safe and self._plan is plan and self.state == "sent":
                self.state, self.reason = "bound", ""  # nothing came of it
            raise


def _headline(plan: bj.Plan) -> str:
    if not plan.records:
        return "Nothing matches"
    if plan.credits:
        return f"{counted(plan.credits, 'credit')} at most" + (f"; {plan.owned:,} more are owned" if plan.owned else "")
    if plan.attaches_to and plan.owned < plan.records:
        return f"Free: collection {plan.attaches_to} is this query, without a result so far"
    return f"Free: {counted(plan.records, 'record')} that you own"


def _button(plan: bj.Plan) -> str:
    if not plan.records:
        return ""
    return f"Collect for {counted(plan.credits, 'credit')}" if plan.credits else "Open: costs nothing"


def _sample(plan: bj.Plan) -> dict[str, Any]:
    columns, cells = plan.sample_cells()
    return {"columns": columns, "rows": cells} if cells else {}
