"""`CreditPreview`: what a plan would cost, and the one button that spends: exactly what is shown, or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import traitlets

import bulkjobs as bj
from bulkjobs.display import Rows
from bulkjobs.errors import BudgetExceeded, BulkJobsError, Charged, InvalidQuery

from .desk import AnyClient, Desk
from .view import View, alert, front

THRESHOLD = 1_000  # credits, above which a second click is asked for
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
    bound_to = traitlets.Unicode().tag(sync=True)  # names the plan that is shown; comes back with the submit
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
        self._asking = asyncio.ensure_future(self._planned(query, limit))
        self.unbind("Asking what it would cost ...")
        with self.working():
            try:
                plan = await self._asking
            except asyncio.CancelledError:
                return  # a later one is asked about
            except Exception:
                self.clear()
                raise
            await self.bind(plan)

    async def _planned(self, query: bj.JobFilter | bj.JobIds, limit: int | None) -> bj.Plan:
        return await self.desk.ask(self.desk.client.plan(query, limit=limit))

    async def bind(self, plan: bj.Plan) -> None:
        """Show a plan; from now on, the button submits it."""
        self._plan, self.notice = plan, {}
        self.facts, self.headline, self.button = plan.rows(), _headline(plan), _button(plan)
        self.sample, self.requests = _sample(plan), [one.range for one in plan.requests] if plan.posts > 1 else []
        self.bound_to = f"{plan.query.fingerprint[:_FINGERPRINT]}, limit {plan.limit or 'none'}"
        self.confirm = f"This spends up to {plan.credits:,} credits." if plan.credits > self.threshold else ""
        if not plan.records:
            self.state, self.reason = "refused", "Nothing matches: there is nothing to collect."
            return
        try:
            await asyncio.to_thread(self.desk.client.check, plan, max_credits=self._most(plan))
        except BudgetExceeded as error:
            self.state, self.reason = "refused", error.message
            self.notice = alert(error)
        else:
            self.state, self.reason = "bound", ""

    def unbind(self, reason: str = "It was edited since: preview it again.") -> None:
        """Make the button useless: what is shown is not what would be asked for now."""
        if self.state != "empty":
            self.state, self.reason = "stale", reason

    def clear(self) -> None:
        """Show nothing."""
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
        if plan is None or self.state != "bound" or content.get("bound_to") != self.bound_to:
            return  # a second click of the same, or one that came too late
        if self.confirm and content.get("confirmed") != self.confirm:
            raise InvalidQuery("This was not confirmed.", next_step="press the button that names the credits")
        self.state, self.reason = "sent", "Submitted."  # before anything else can run: one preview, one purchase
        try:
            if self._on_submit is not None:
                result = self._on_submit(plan, min(plan.credits, self._most(plan)))
                if asyncio.iscoroutine(result):
                    await result
        except BulkJobsError as error:
            if error.charged is Charged.NO and error.retry_safe:
                self.state, self.reason = "bound", ""  # nothing came of it
            raise


def _headline(plan: bj.Plan) -> str:
    if not plan.credits:
        return f"{plan.records:,} records for nothing: you own them"
    owned = f"; {plan.owned:,} more are owned already" if plan.owned else ""
    return f"{plan.credits:,} credits at most{owned}"


def _button(plan: bj.Plan) -> str:
    if not plan.credits:
        return "Open: costs nothing"
    return f"Collect for {plan.credits:,} credit{'' if plan.credits == 1 else 's'}"


def _sample(plan: bj.Plan) -> dict[str, Any]:
    columns, cells = plan.sample_cells()
    return {"columns": columns, "rows": cells} if cells else {}
