"""What risk makes of an order that has a route: its value, every rule's word, and what the decision leaves behind."""

from __future__ import annotations

from typing import Final

from core.cancelling import take_back
from core.orders.order import Order
from core.reconciliation.patience import Patience
from core.reconciliation.steps import open_break
from core.risk.engine import judge
from core.risk.loss import marks_due, marks_of_new_day
from core.risk.rule import ProposedOrder
from core.routing.direct import Listing
from core.turn import Turn
from ports.commands import OrderTerms
from ports.facts import BreakKind, Verdict
from ports.limits import SelfTrade
from ports.records import maker
from ports.risk import RAISED
from ports.values import SYSTEM, ZERO, Quantity, multiply_rounded

_new_proposed_order: Final = maker(ProposedOrder)


def proposed(turn: Turn, terms: OrderTerms, listing: Listing, quantity: Quantity) -> ProposedOrder:
    """Return `quantity` of an order as risk sees it, were it to go to a venue's account."""
    book, key = turn.book, listing.instrument.key
    known = book.oms.get(terms.operation_id)
    waits_for = terms.price if terms.price is not None else terms.trigger_price
    price = book.market.price_of_order(key, terms.side, waits_for)
    unit_usd = book.market.unit_usd_at(key, price)
    return _new_proposed_order(
        strategy_id=terms.strategy_id,
        asked_for=terms.instrument,
        instrument=key,
        venue=listing.venue,
        account=listing.account,
        side=terms.side,
        quantity=quantity,
        added=quantity,
        limit_price=terms.price,
        price=price,
        unit_usd=unit_usd,
        notional_usd=None if unit_usd is None else multiply_rounded(quantity, unit_usd),
        now_ns=turn.now_ns,
        operation_id=terms.operation_id,
        parent_operation_id=terms.parent_operation_id,
        listed=listing.instrument,
        tags=terms.tags,
        standings={},
        reduces=terms.reduce_only,
        states_margin=listing.abilities.states_margin,
        waits=terms.order_type.has_trigger and (known is None or known.triggered is None),
    )


def proposed_amend(turn: Turn, order: Order, wanted: OrderTerms, listing: Listing) -> ProposedOrder:
    """Return an amend as risk sees it: it adds the rise of its quantity to what is counted already."""
    whole = proposed(turn, wanted, listing, wanted.quantity)
    whole.added = Quantity(max(wanted.quantity - order.quantity, ZERO))
    whole.is_amend = True
    return whole


def decide(turn: Turn, order: ProposedOrder) -> tuple[Verdict, ...]:
    """Ask every rule; a rule of a plugin that raised is reported by a break, once until somebody settles it."""
    book = turn.book
    verdicts = judge(book.rules, order, book.risk_book)
    turn.fact(*marks_due(book.limits, book.profit, order))
    for verdict in verdicts:
        if verdict.unit == RAISED:
            detail = f"risk rule {verdict.rule} of a plugin {verdict.value}; it refuses orders until it is mended"
            open_break(turn, f"rule-{verdict.rule}", BreakKind.RULE_FAILED, None, None, detail)
    return verdicts


def clear_the_way(turn: Turn, terms: OrderTerms, listing: Listing, patience: Patience) -> None:
    """Take back first what an allowed order would meet of ours, where limits say so, or it closes a position."""
    book = turn.book
    clears = book.limits.self_trade is SelfTrade.CANCEL_RESTING or terms.reduce_only
    if book.limits.self_trade is SelfTrade.ALLOW or not clears or not book.limits.enabled:
        return
    met = book.resting.all_met_by(listing.account, listing.instrument.key, terms.side, terms.price)
    for one in list(met):
        take_back(turn, one, SYSTEM, "an order of ours would have met it", patience)


def begin_day(turn: Turn) -> None:
    """Mark how a new UTC day begins, for limits on the day's loss; once a day for whoever can be valued."""
    book = turn.book
    if book.profit.is_new_day(turn.now_ns):
        turn.fact(*marks_of_new_day(book.limits, book.profit, turn.now_ns))
