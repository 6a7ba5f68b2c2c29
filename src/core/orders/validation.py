"""Whether terms can be an order of an instrument: ticks, lots, minimums, expiry."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from core.orders.oms import Oms
from core.orders.order import Order
from ports.capabilities import Abilities
from ports.commands import NORMAL, OrderTerms
from ports.instruments import MULTI, Instrument
from ports.replies import InvalidOrder
from ports.values import OrderType, TimeInForce, is_multiple, multiply_rounded, plain, round_down, round_up

LARGEST_NOTIONAL: Final = Decimal(10) ** 18  # what NUMERIC(36, 18) holds


def check_terms(terms: OrderTerms, now_ns: int) -> InvalidOrder | None:
    """Say what is wrong with terms by themselves; None means nothing is."""
    wrong = _check_fields(terms)
    if wrong is not None:
        return wrong
    if (terms.time_in_force is TimeInForce.GTD) != (terms.expire_time_ns is not None):
        return InvalidOrder(
            field="expire_time_ns", value=str(terms.expire_time_ns or ""), remedy="set it for GTD, and only for GTD"
        )
    if terms.expire_time_ns is not None and terms.expire_time_ns <= now_ns:
        return InvalidOrder(
            field="expire_time_ns",
            value=str(terms.expire_time_ns),
            remedy=f"must be in the future; it is {now_ns} ns UTC now",
        )
    return None


def _check_fields(terms: OrderTerms) -> InvalidOrder | None:
    """Every type has exactly the prices that it needs."""
    kind = terms.order_type
    if _is_plain(terms):
        return None
    trails = kind is OrderType.TRAILING_STOP
    for field, value, wanted, remedy in (
        ("price", terms.price, kind.has_price, "LIMIT, STOP_LIMIT and LIMIT_IF_TOUCHED have a price, others have none"),
        (
            "trigger_price",
            terms.trigger_price,
            kind.has_trigger and not trails,
            "stops and if-touched orders have a trigger price, others have none (a trailing stop makes its own)",
        ),
        ("trailing_offset", terms.trailing_offset, trails, "set it for TRAILING_STOP, and only for it"),
    ):
        if (value is not None) != wanted:
            return InvalidOrder(field=field, value="" if value is None else plain(value), remedy=remedy)
    if terms.post_only and not kind.has_price:
        return InvalidOrder(field="post_only", value="true", remedy="only an order with a limit price can rest")
    if terms.display_quantity is not None and not (kind.has_price and terms.display_quantity <= terms.quantity):
        return _invalid("display_amount", terms.display_quantity, "a part of the amount of an order with a limit price")
    if terms.display_quantity is not None and terms.time_in_force in (TimeInForce.IOC, TimeInForce.FOK):
        return _invalid("display_amount", terms.display_quantity, "leave it out: what never rests shows nothing")
    return None


def _is_plain(terms: OrderTerms) -> bool:
    """Say whether terms are those of nearly every order: a limit with its price, or a market order, and no more."""
    if terms.trigger_price is not None or terms.trailing_offset is not None or terms.display_quantity is not None:
        return False
    if terms.order_type is OrderType.LIMIT:
        return terms.price is not None
    return terms.order_type is OrderType.MARKET and terms.price is None and not terms.post_only


def check_links(terms: OrderTerms, oms: Oms) -> InvalidOrder | None:
    """Say what is wrong with the orders that terms depend on; None means nothing is, or they depend on none."""
    if terms.after_operation_id is not None:
        before = oms.get(terms.after_operation_id)
        remedy = _why_not_after(terms, before)
        if before is None and oms.departed.may_have(terms.after_operation_id):
            remedy = "that order ended long ago, or never was; submit this one without it"
        if remedy is not None:
            return InvalidOrder(field="after_operation_id", value=terms.after_operation_id, remedy=remedy)
    for one in oms.contingent.group(terms):
        if terms.instrument not in (one.instrument, one.terms.instrument):
            remedy = f"a group is of one instrument; {one.terms.operation_id} of it is of {one.instrument}"
            return InvalidOrder(field="oco_group", value=terms.oco_group, remedy=remedy)
    return None


def _why_not_after(terms: OrderTerms, before: Order | None) -> str | None:
    if before is None:
        return "no such order; submit the order that comes first before the one that follows it"
    if before.terms.strategy_id != terms.strategy_id:
        return "an order follows one of its own strategy"
    if before.status.is_terminal and not before.filled_quantity:
        return f"that order is {before.status} without a trade; there is nothing to follow"
    if before.venue == MULTI:
        return "that order is shared out over several venues, and what follows it works at one; name a venue in both"
    if terms.instrument not in (before.instrument, before.terms.instrument):
        return f"an order follows one of its own instrument; that one is of {before.instrument}"
    return None


def check_able(terms: OrderTerms, abilities: Abilities) -> InvalidOrder | None:
    """Say what a venue cannot do, and we cannot do for it; None means nothing."""
    sent = terms.order_type.once_triggered
    if sent not in abilities.order_types:
        able = ", ".join(abilities.order_types)
        return InvalidOrder(field="order_type", value=terms.order_type, remedy=f"that venue takes {able}")
    at_once = terms.time_in_force in (TimeInForce.IOC, TimeInForce.FOK)
    if at_once and terms.time_in_force not in abilities.times_in_force:
        able = ", ".join(abilities.times_in_force)
        return InvalidOrder(field="time_in_force", value=terms.time_in_force, remedy=f"that venue takes {able}")
    if terms.post_only and not abilities.post_only:
        return InvalidOrder(field="post_only", value="true", remedy="that venue has no post-only orders; leave it out")
    if terms.display_quantity is not None and not abilities.display_quantity:
        return _invalid("display_amount", terms.display_quantity, "that venue shows orders whole; leave it out")
    return None


def check_against(terms: OrderTerms, instrument: Instrument) -> InvalidOrder | None:
    """Say what is wrong with terms as an order of `instrument`; None means nothing is."""
    wrong = _check_quantity(terms, instrument) or _check_price(terms, instrument)
    return wrong if wrong is not None or _is_plain(terms) else _check_ticks(terms, instrument)


def _check_quantity(terms: OrderTerms, instrument: Instrument) -> InvalidOrder | None:
    quantity, lot = terms.quantity, instrument.lot_size
    if not is_multiple(quantity, lot):
        return _invalid("amount", quantity, f"use a whole number of lots of {plain(lot)}: {_neighbours(quantity, lot)}")
    if quantity < instrument.min_quantity:
        return _invalid(
            "amount", quantity, f"the smallest order of {instrument.key} is {plain(instrument.min_quantity)}"
        )
    is_parent = terms.exec_algorithm != NORMAL  # what it places is within the venue's largest, not the whole
    if instrument.max_quantity is not None and quantity > instrument.max_quantity and not is_parent:
        return _invalid(
            "amount", quantity, f"the largest order of {instrument.key} is {plain(instrument.max_quantity)}"
        )
    return None


def _check_price(terms: OrderTerms, instrument: Instrument) -> InvalidOrder | None:
    price, tick = terms.price, instrument.tick_size
    if price is None:
        return None
    if not is_multiple(price, tick):
        return _invalid("price", price, f"use a whole number of ticks of {plain(tick)}: {_neighbours(price, tick)}")
    notional, least = multiply_rounded(terms.quantity, price), instrument.min_notional
    if max(price, notional) >= LARGEST_NOTIONAL:
        return _invalid("price", price, "amount times price must stay under 10^18")
    if least is not None and notional < least and not instrument.key.is_inverse:
        remedy = f"amount times price is {plain(notional)}; the least is {plain(least)}"
        return _invalid("amount", terms.quantity, remedy)
    return None


def _check_ticks(terms: OrderTerms, instrument: Instrument) -> InvalidOrder | None:
    for field, value, step, of in (
        ("trigger_price", terms.trigger_price, instrument.tick_size, "ticks"),
        ("trailing_offset", terms.trailing_offset, instrument.tick_size, "ticks"),
        ("display_amount", terms.display_quantity, instrument.lot_size, "lots"),
    ):
        if value is not None and not is_multiple(value, step):
            return _invalid(field, value, f"use a whole number of {of} of {plain(step)}: {_neighbours(value, step)}")
    return None


def _neighbours(value: Decimal, step: Decimal) -> str:
    below, above = round_down(value, step), round_up(value, step)
    return plain(above) if below <= 0 else f"{plain(below)} or {plain(above)}"


def _invalid(field: str, value: Decimal, remedy: str) -> InvalidOrder:
    return InvalidOrder(field=field, value=plain(value), remedy=remedy)
