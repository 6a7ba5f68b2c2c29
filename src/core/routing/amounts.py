"""How little and how much of an order a venue can be given: lots, minimums, balance, margin, position."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from core.routing.offers import Kind, OrderToRoute, VenueOffer
from core.routing.supply import whole_lots_down, whole_lots_up
from ports.market_data import Level
from ports.values import ZERO, Side

_ONE: Final = Decimal(1)


class Room(NamedTuple):
    """From `least` to `most` in whole lots, or nothing."""

    least: Decimal
    most: Decimal


class NoRoom(NamedTuple):
    """Why a venue can take nothing of the order: one word and a sentence."""

    code: str
    reason: str


def room(order: OrderToRoute, offer: VenueOffer, price: Decimal | None, kind: Kind) -> Room | NoRoom:
    """Return what the venue may be given of the order; `price` is the limit on its tick, None at the market."""
    quantity = order.quantity
    least = _least(order, offer, price, kind)
    if quantity < least:
        return NoRoom("TOO_SMALL", f"the venue takes no less than {least}")
    lot = offer.instrument.lot_size
    most = quantity // lot * lot
    for code, limit in _limits(order, offer, price, kind):
        most = min(most, limit)
        if most < least:
            return NoRoom(code, f"no more than {limit} is possible there, and it takes no less than {least}")
    return Room(least, most)


def closable(order: OrderToRoute, offer: VenueOffer) -> Decimal:
    """Return how much of what its strategy holds at the account the order could close, in whole lots."""
    return whole_lots_down(max(ZERO, -order.side.sign * offer.position), offer.instrument.lot_size)


def _least(order: OrderToRoute, offer: VenueOffer, price: Decimal | None, kind: Kind) -> Decimal:
    """Return the least order: the venue's least quantity, or its least notional at the lowest price it may fill at."""
    listed = offer.instrument
    lot = listed.lot_size
    least: Decimal = lot if listed.min_quantity == lot else whole_lots_up(listed.min_quantity, lot)
    notional = listed.min_notional
    if notional is None:
        return least
    if kind.is_inverse:
        return max(least, whole_lots_up(notional, lot))
    lowest = _lowest(order.side, offer) if price is None else price
    if not lowest or least * lowest >= notional:
        return least
    of_a_lot = lowest * lot
    lots = notional // of_a_lot
    return (lots if lots * of_a_lot == notional else lots + 1) * lot


def _lowest(side: Side, offer: VenueOffer) -> Decimal | None:
    levels = offer.asks[:1] if side is Side.BUY else offer.bids[-1:]
    return levels[0].price if levels else None


def _limits(order: OrderToRoute, offer: VenueOffer, price: Decimal | None, kind: Kind) -> Sequence[tuple[str, Decimal]]:
    """Return what limits it, in whole lots: nothing for nearly every order."""
    listed = offer.instrument
    limits: list[tuple[str, Decimal]] = []
    if listed.max_quantity is not None:
        limits.append(("ABOVE_MAXIMUM", whole_lots_down(listed.max_quantity, listed.lot_size)))
    if order.reduce_only:
        limits.append(("NO_POSITION", closable(order, offer)))
    if kind.is_spot and order.side is Side.SELL:
        if offer.free_quantity is not None:
            limits.append(("NO_BALANCE", _sellable(offer, kind, offer.free_quantity)))
    elif offer.free_funds is not None and not order.reduce_only:
        affordable = _affordable(order, offer, price, kind, offer.free_funds)
        if affordable is not None:
            limits.append(("NO_FUNDS", affordable))
    return limits


def _sellable(offer: VenueOffer, kind: Kind, free: Decimal) -> Decimal:
    lot = offer.instrument.lot_size
    fee = max(offer.taker_rate, ZERO) if offer.fee_currency == kind.base else ZERO
    return free // ((_ONE + fee) * lot) * lot


def _affordable(
    order: OrderToRoute, offer: VenueOffer, price: Decimal | None, kind: Kind, funds: Decimal
) -> Decimal | None:
    """Return how much of the visible book, or at the limit, the free funds pay or secure, with the fee.

    None: all of the order, which is nearly always so.
    """
    lot = offer.instrument.lot_size
    fee = max(offer.taker_rate, offer.maker_rate, ZERO) if offer.fee_currency == kind.settlement else ZERO
    share = offer.margin_rate + fee
    levels = offer.asks if order.side is Side.BUY else offer.bids
    if kind.is_inverse:
        return funds // (share * lot) * lot
    if price is not None:
        return funds // (price * share * lot) * lot
    if levels and max(levels[0].price, levels[-1].price) * share * order.quantity <= funds:
        return None  # even at the worst visible price
    paid = ZERO
    for at, size in levels:
        needed = at * share * size
        if needed > funds:
            return whole_lots_down(paid + funds // (at * share * lot) * lot, lot)
        funds -= needed
        paid += size
    return whole_lots_down(paid + _behind(levels, share * lot, funds) * lot, lot)


def _behind(levels: tuple[Level, ...], share_of_lot: Decimal, funds: Decimal) -> Decimal:
    """Return for how many lots more the funds last at the last visible price; none where no price is visible."""
    return funds // (levels[-1].price * share_of_lot) if levels else ZERO
