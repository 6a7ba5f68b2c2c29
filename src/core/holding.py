"""Orders that wait with us: for the market, for another order, or for their time; so they work at every venue.

A held order has nothing reserved. When what it waits for has come, the orders that it replaces are taken back first;
only when they have ended is it judged, reserved and released, with what they have left of it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal
from typing import Final

from core.cancelling import expire, take_back
from core.market.triggers import is_met, trailed
from core.orders.identity import names_of
from core.orders.order import Order
from core.positions.pnl import position_change
from core.reconciliation.patience import Patience, look_at, time_is_up
from core.releasing import (
    Refusal,
    closable,
    is_ended_by_us,
    judged,
    listing_of,
    reducible,
    reducing_beside,
    refuse,
    release,
    waits_at_its_venue,
)
from core.routing.direct import used
from core.turn import Turn
from ports.capabilities import Abilities
from ports.commands import OrderTerms
from ports.facts import OrderCanceled, OrderHeld, OrderTriggered, RiskDecided, TriggerMoved
from ports.market_data import Quote
from ports.values import SYSTEM, ZERO, DecisionId, OperationId, OrderType, Quantity, plain, round_down

_REPLACED: Final = "another order takes its place"


def must_be_held(terms: OrderTerms, abilities: Abilities) -> bool:
    """Say whether an order waits with us before it may go to its venue."""
    waits_for_market = terms.order_type.has_trigger and not waits_at_its_venue(terms, abilities)
    return waits_for_market or terms.after_operation_id is not None


def hold(turn: Turn, order: Order, patience: Patience) -> None:
    """Keep an order until what it waits for has come, which may be now."""
    turn.fact(OrderHeld(operation_id=order.terms.operation_id, waits_for=_waits_for(order.terms), held_ns=turn.now_ns))
    consider(turn, order, patience)


def look(turn: Turn, operation_id: OperationId, patience: Patience) -> None:
    """Look again at a held order whose time has come, and that something stood in the way of."""
    order = turn.book.oms.get(operation_id)
    if order is None or not order.is_held or order.triggered is None:
        return
    if turn.now_ns < order.try_again_ns:
        return  # it was tried since this look was asked for, which asked for one of its own
    consider(turn, order, patience)
    _look_again(turn, order, patience)


def quoted(turn: Turn, quote: Quote, patience: Patience) -> None:
    """A new quote: does it meet the trigger of a held order?"""
    for order in turn.book.oms.contingent.may_be_met(quote):
        if order.is_held and order.triggered is None:
            consider(turn, order, patience)


def consider(turn: Turn, order: Order, patience: Patience) -> None:
    """Decide what becomes of a held order as things are now: it ends, it is triggered, it leaves, or it waits on."""
    if not order.is_held:
        return
    over = _why_it_is_over(turn, order)
    if over:
        _end(turn, order, over)
        return
    if order.triggered is None and not _trigger(turn, order, patience):
        return
    if not _has_room(turn, order, patience):
        return
    listing = listing_of(turn, order)
    if not listing.is_ready or turn.now_ns < order.try_again_ns:
        return
    quantity = _leaves(turn, order)
    if quantity < listing.instrument.min_quantity and _waits_to_close(turn, order):
        return
    if quantity < listing.instrument.min_quantity:
        _end(turn, order, f"{plain(quantity)} is left to trade; the least is {plain(listing.instrument.min_quantity)}")
        return
    decision, refused = _judged(turn, order, Quantity(quantity))
    turn.fact(decision)
    if refused is not None:
        refuse(turn, order.terms, *refused)
    else:
        release(turn, _as_it_is(order), listing, Quantity(quantity), patience)


def wake_at_its_end(turn: Turn, order: Order) -> None:
    """Ask to be woken when an order's time in force ends, where it is for us to end it."""
    if order.expires_ns is None or order.status.is_terminal:
        return
    if order.is_held or is_ended_by_us(order.terms, turn.book.accounts.abilities(order.account)):
        turn.request(time_is_up(order.terms.operation_id, order.expires_ns))


def end_in_time(turn: Turn, operation_id: OperationId, patience: Patience) -> None:
    """An order's time has come: one that we hold expires, one that its venue does not end by itself is taken back."""
    order = turn.book.oms.get(operation_id)
    if order is None or order.expires_ns is None or order.expires_ns > turn.now_ns:
        return
    if order.is_held or (order.is_open and is_ended_by_us(order.terms, turn.book.accounts.abilities(order.account))):
        expire(turn, order, SYSTEM, f"its {order.terms.time_in_force} has come to its end", patience)


def resume(turn: Turn, patience: Patience) -> None:
    """After a restart: no wake-up is left, and every held order and every end in time has to be watched anew."""
    for order in (*turn.book.oms.contingent.all_held(), *turn.book.oms.open_orders()):
        wake_at_its_end(turn, order)
        if order.is_held and order.triggered is not None:
            _look_again(turn, order, patience)


def _trigger(turn: Turn, order: Order, patience: Patience) -> bool:
    """Say whether what an order waits for has come, and note it where it has."""
    if any(one.is_held and one.triggered is not None for one in _siblings(turn, order)):
        return False  # its turn comes if that one ends without a trade
    before = _before(turn, order)
    quote = None
    if order.terms.order_type.has_trigger and not _waits_at_its_venue(turn, order):
        if before is not None and not before.filled_quantity:
            return False  # there is nothing yet that it could follow
        quote = turn.book.market.quote(order.instrument)
        if quote is None or not _met(turn, order, quote):
            return False
    elif before is not None and not before.status.is_terminal:
        return False
    turn.fact(
        OrderTriggered(
            operation_id=order.terms.operation_id,
            trigger_price=order.trigger_price,
            quote=None if quote is None else used(quote),
            triggered_ns=turn.now_ns,
        )
    )
    _look_again(turn, order, patience)
    return True


def _met(turn: Turn, order: Order, quote: Quote) -> bool:
    terms = order.terms
    if terms.order_type is OrderType.TRAILING_STOP:
        tick = listing_of(turn, order).instrument.tick_size
        moved = trailed(terms, order.trigger_price, quote, tick)
        if moved is not None:
            turn.fact(TriggerMoved(operation_id=terms.operation_id, trigger_price=moved, moved_ns=turn.now_ns))
    return order.trigger_price is not None and is_met(terms, order.trigger_price, quote)


def _look_again(turn: Turn, order: Order, patience: Patience) -> None:
    """Until it has left: what stands in its way may refuse to go, and a cancel is asked again."""
    if order.is_held:
        turn.request(look_at(order.terms.operation_id, max(turn.now_ns + patience.answer_ns, order.try_again_ns)))


def _why_it_is_over(turn: Turn, order: Order) -> str:
    before = _before(turn, order)
    if before is not None and before.status.is_terminal and not before.filled_quantity:
        return f"{before.terms.operation_id}, which it was to follow, ended {before.status} without a trade"
    if not turn.book.oms.contingent.left_by_siblings(order):
        return f"its group {order.terms.oco_group} has traded"
    return ""


def _has_room(turn: Turn, order: Order, patience: Patience) -> bool:
    """Say whether nothing stands in a triggered order's way; what does is taken back, if the order may then leave.

    The rest of what it follows is taken back at once: nothing is to be opened any more. The others are not before risk
    has let the order pass in their place, or a refusal would leave neither.
    """
    before, others = _before(turn, order), _others_in_the_way(turn, order)
    opens = before is not None and before.is_open
    if opens and before is not None:
        take_back(turn, before, SYSTEM, _REPLACED, patience)
    if any(not one.cancel_requested for one in others):
        quantity = _leaves(turn, order, others)
        if quantity < listing_of(turn, order).instrument.min_quantity:
            return not opens  # it has nothing to do even without them
        decision, refused = _judged(turn, order, Quantity(quantity), others)
        if refused is not None and opens:
            return False  # perhaps for what is only just taken back
        if refused is not None:
            turn.fact(decision)
            refuse(turn, order.terms, *refused)
            return False
    for one in others:
        take_back(turn, one, SYSTEM, _REPLACED, patience)
    return not opens and not others


def _others_in_the_way(turn: Turn, order: Order) -> list[Order]:
    """Return what works of its group and, of a stop, the resting orders that would close what it has to close."""
    siblings = [one for one in _siblings(turn, order) if one.is_open]
    if not order.terms.reduce_only or not order.terms.order_type.is_stop:
        return siblings
    listing = listing_of(turn, order)
    beside = [one for one in reducing_beside(turn, order.terms, listing) if one not in siblings]
    missing = _left(turn, order)  # of what it is for
    missing = min(missing, closable(turn, order.terms, listing))
    missing -= reducible(turn, order.terms, listing, siblings)
    side = order.terms.side
    resting = [(not one.cancel_requested, side.sign * one.price, one) for one in beside if one.price is not None]
    for _, _, one in sorted(resting, key=lambda told: told[:2]):  # the farthest from the market first
        if missing <= 0:
            break
        siblings.append(one)
        missing -= one.reserved
    return siblings


def _judged(
    turn: Turn, order: Order, quantity: Quantity, without: Collection[Order] = ()
) -> tuple[RiskDecided, Refusal | None]:
    again = f"-{order.times_unsent + 1}" if order.times_unsent else ""
    decision_id = DecisionId(f"{names_of(order.terms.operation_id).decision_id}-release{again}")
    return judged(turn, _as_it_is(order), listing_of(turn, order), quantity, decision_id, without)


def _as_it_is(order: Order) -> OrderTerms:
    """Return the terms of a held order as they are amended, and as far as its trigger has trailed."""
    return replace(order.terms, price=order.price, trigger_price=order.trigger_price)


def _leaves(turn: Turn, order: Order, without: Collection[Order] = ()) -> Decimal:
    """Return how much of a held order leaves: what is left of it, and of a reduce-only one what it may close."""
    quantity, listing = _left(turn, order), listing_of(turn, order)
    if order.terms.reduce_only:
        quantity = min(quantity, reducible(turn, order.terms, listing, without))
    return round_down(quantity, listing.instrument.lot_size)


def _left(turn: Turn, order: Order) -> Decimal:
    """Return what its group left of an order, and of what it follows: both together may trade no more than that did."""
    left = turn.book.oms.contingent.left_by_siblings(order)
    before = _before(turn, order)
    if before is None:
        return left
    return max(min(left, _brought(before, order) - (order.quantity - left)), ZERO)


def _brought(before: Order, order: Order) -> Decimal:
    """Return what an order's trades brought that can be given back: at spot less the fees taken out of it."""
    if before.terms.side is order.terms.side:
        return before.filled_quantity
    fills = [fill for one in (before, *before.children) for fill in one.fills]
    kept = [position_change(fill.instrument, fill.side.sign * fill.quantity, fill.fee) for fill in fills]
    return min(before.filled_quantity, abs(sum(kept, ZERO)))


def _waits_to_close(turn: Turn, order: Order) -> bool:
    """Say whether other reduce-only orders alone leave it nothing: where they end without a trade, it is needed."""
    listing = listing_of(turn, order)
    return order.terms.reduce_only and closable(turn, order.terms, listing) >= listing.instrument.min_quantity


def _end(turn: Turn, order: Order, reason: str) -> None:
    turn.fact(
        OrderCanceled(operation_id=order.terms.operation_id, reason=reason, venue_time_ns=0, learnt_ns=turn.now_ns)
    )


def _before(turn: Turn, order: Order) -> Order | None:
    followed = order.terms.after_operation_id
    return None if followed is None else turn.book.oms.get(followed)


def _siblings(turn: Turn, order: Order) -> list[Order]:
    return turn.book.oms.contingent.siblings(order)


def _waits_at_its_venue(turn: Turn, order: Order) -> bool:
    return waits_at_its_venue(order.terms, turn.book.accounts.abilities(order.account))


def _waits_for(terms: OrderTerms) -> str:
    waits = []
    if terms.after_operation_id is not None:
        waits.append(f"a trade of {terms.after_operation_id}")
    if terms.trigger_price is not None:
        waits.append(f"its trigger {plain(terms.trigger_price)}")
    if terms.trailing_offset is not None:
        waits.append(f"a turn of the market by {plain(terms.trailing_offset)}")
    return f"waits for {' and '.join(waits)}"
