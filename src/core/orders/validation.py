"""Whether terms can be an order of an instrument: ticks, lots, minimums, expiry."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ports.commands import NORMAL, OrderTerms
from ports.instruments import Instrument
from ports.replies import InvalidOrder
from ports.values import OrderType, TimeInForce, is_multiple, multiply_rounded, plain, round_down, round_up

LARGEST_NOTIONAL: Final = Decimal(10) ** 18  # what NUMERIC(36, 18) holds


def check_terms(terms: OrderTerms, now_ns: int) -> InvalidOrder | None:
    """Say what is wrong with terms by themselves; None means nothing is."""
    if (terms.order_type is OrderType.MARKET) != (terms.price is None):
        shown = "" if terms.price is None else plain(terms.price)
        return InvalidOrder(field="price", value=shown, remedy="a LIMIT order has a price, a MARKET order has none")
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
    if terms.exec_algorithm != NORMAL:
        return InvalidOrder(field="exec_algorithm", value=terms.exec_algorithm, remedy=f"available: {NORMAL}")
    return None


def check_against(terms: OrderTerms, instrument: Instrument) -> InvalidOrder | None:
    """Say what is wrong with terms as an order of `instrument`; None means nothing is."""
    return _check_quantity(terms, instrument) or _check_price(terms, instrument)


def _check_quantity(terms: OrderTerms, instrument: Instrument) -> InvalidOrder | None:
    quantity, lot = terms.quantity, instrument.lot_size
    if not is_multiple(quantity, lot):
        return _invalid("amount", quantity, f"use a whole number of lots of {plain(lot)}: {_neighbours(quantity, lot)}")
    if quantity < instrument.min_quantity:
        return _invalid(
            "amount", quantity, f"the smallest order of {instrument.key} is {plain(instrument.min_quantity)}"
        )
    if instrument.max_quantity is not None and quantity > instrument.max_quantity:
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
    if multiply_rounded(max(terms.quantity, Decimal(1)), price) >= LARGEST_NOTIONAL:
        return _invalid("price", price, "amount times price must stay under 10^18")
    if instrument.min_notional is not None and not instrument.key.is_inverse:
        notional = multiply_rounded(terms.quantity, price)
        if notional < instrument.min_notional:
            return _invalid(
                "amount",
                terms.quantity,
                f"amount times price is {plain(notional)}; the least is {plain(instrument.min_notional)}",
            )
    return None


def _neighbours(value: Decimal, step: Decimal) -> str:
    below, above = round_down(value, step), round_up(value, step)
    return plain(above) if below <= 0 else f"{plain(below)} or {plain(above)}"


def _invalid(field: str, value: Decimal, remedy: str) -> InvalidOrder:
    return InvalidOrder(field=field, value=plain(value), remedy=remedy)
