"""Opening a collection: attach to what was bought, or write down what is about to be, within all budgets of a call."""

from __future__ import annotations

import secrets

from .budget import Budget, over
from .clock import as_datetime
from .errors import BudgetExceeded, BulkJobsError, ConfigError, InvalidQuery, PlanRefused
from .events import Attached, Listener, notify
from .outcomes import saved
from .plan import Plan, asked_for, plan_key
from .query import JobIds, Query
from .rows import CollectionRow, Intent, bought, is_void, to_spend
from .workshop import Workshop, written

INTENT_LAPSES = 86_400.0  # seconds after which an intent that was never sent is not sent out of the blue


async def opened(
    shop: Workshop,
    plan: Plan | Query,
    *,
    limit: int | None = None,
    max_credits: int | None = None,
    fresh: bool = False,
    on_event: Listener | None = None,
) -> CollectionRow:
    """Attach to what was bought, or write the intent down; see `bulkjobs.Client.submit`. Nothing is sent.

    Raises
    ------
    BudgetExceeded
        What will be sent may cost more than this call is allowed to spend; a new intent is not written down then.
    InvalidQuery, ConfigError, PlanRefused
        The plan is none that can be bought here, or has another limit.
    """
    if isinstance(plan, Plan):
        if limit not in {None, plan.limit}:
            raise InvalidQuery("A plan has its limit already.", field="limit", next_step="plan it with that limit")
        limit, fresh, key = plan.limit, fresh or plan.fresh, plan.key
        replaces = plan.replaces
    else:
        plan, limit = asked_for(plan, limit)
        key, replaces = plan_key(plan, limit), None
    allowed = Budget(max_credits, bounded=isinstance(plan, (Plan, JobIds)) or limit is not None)
    row = None if fresh else shop.ledger.current(shop.service, key)
    if row is not None and (row.id == replaces or await lapsed(shop, row)):
        row = None
    made = False
    if row is None:
        row, made = await anew(shop, plan, limit, allowed, fresh=fresh)
    if not made:
        requests = shop.ledger.data_requests(row.id)
        _check(shop, allowed, to_spend(requests))
        notify(on_event, Attached(row.id, bought(requests) + row.owned))
    return row


async def anew(
    shop: Workshop, plan: Plan | Query, limit: int | None, allowed: Budget, *, fresh: bool
) -> tuple[CollectionRow, bool]:
    """Check the price, and write the intent down; tells whether the collection is new, or another was first."""
    if not isinstance(plan, Plan):
        plan = await shop.planner.plan(plan, limit=limit, fresh=fresh)
    elif plan.service != shop.service:
        raise ConfigError(f"The plan was made for {plan.service}, not for {shop.service}: plan it again.")
    elif plan.attaches_to and not fresh:
        raise PlanRefused(f"Collection {plan.attaches_to} brought nothing in the end.", next_step="plan it again")
    _check(shop, allowed, plan.cost)
    await _check_taken(shop, plan)
    account, balance = shop.account(), await shop.api.balance()
    now = shop.clock.time()
    intent = Intent(
        id=f"{as_datetime(now):%Y%m%d}-{secrets.token_hex(3)}",
        service=shop.service,
        key=plan.key,
        query=plan.query.to_dict(),
        record_limit=plan.limit,
        matched=plan.matched,
        made_at=now,
        account=account,
        balance_before=balance,
        requests=[(request.query.to_dict(), request.records) for request in plan.requests],
        owned=plan.taken.to_list(),
        basis=None if fresh else plan.basis or 0,
        project=shop.budgets.name,
    )
    return await written(shop.ledger.open, intent, replacing=plan.attaches_to if fresh else plan.replaces)


def check(shop: Workshop, plan: Plan, *, max_credits: int | None) -> None:
    """Raise where the whole of a plan can't be paid for now; see `bulkjobs.Client.check`."""
    cost = plan.credits
    _check(shop, Budget(max_credits, bounded=True), cost)
    if not cost:
        return
    smaller = "plan it with a smaller limit"
    for allowance in shop.budgets.at(shop.clock.time(), shop.budgets.name):
        spent = shop.ledger.spent(shop.service, allowance)
        if spent + cost > allowance.credits:
            raise over(cost, allowance, spent, next_step=f"{smaller}, or wait")
    if plan.balance is not None and cost > plan.balance:
        raise BudgetExceeded(
            f"The balance is {plan.balance:,} credits, and this may cost {cost:,}.",
            next_step=f"add credits, or {smaller}",
        )


async def lapsed(shop: Workshop, row: CollectionRow) -> bool:
    """Give up an intent of long ago that was never sent: to send it now would be a charge out of the blue."""
    requests = shop.ledger.data_requests(row.id)
    sent = any(request.sent_at is not None and request.state != "refused" for request in requests)
    if shop.clock.time() - row.made_at <= INTENT_LAPSES or sent or not requests:
        return False
    lapse = BulkJobsError("It was planned, never sent, and is more than a day old.", next_step="collect it again")
    for request in requests:
        if request.state == "planned":
            await written(shop.ledger.call_off, request, saved(lapse))
    return is_void(shop.ledger.data_requests(row.id))


async def _check_taken(shop: Workshop, plan: Plan) -> None:
    """Raise where a plan leaves out postings that this home does not hold: it was made for another one."""
    if len(plan.taken):
        held = await shop.planner.owned(plan.taken)
        if len(held) < len(plan.taken):
            raise PlanRefused(
                f"The plan leaves out {len(plan.taken):,} postings as owned; this home holds {len(held):,} of them.",
                next_step="plan it again",
            )


def _check(shop: Workshop, allowed: Budget, cost: int) -> None:
    """Raise `BudgetExceeded` where a call would spend more than it may, or than any call may."""
    allowed.check(cost)
    shop.budgets.check_call(cost)
