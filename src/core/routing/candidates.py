"""One venue's offer made ready for one order: what it would take, step by step, and at what cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, NamedTuple

from core.routing.amounts import NoRoom, room
from core.routing.decision import Lines
from core.routing.estimates import impact
from core.routing.offers import Kind, OrderToRoute, RoutingRules, VenueOffer
from core.routing.rates import fixed_costs, taking_rates
from core.routing.supply import Step, Supply, capped
from ports.records import maker
from ports.values import ZERO, Price, Side, round_down, round_up

_ONE: Final = Decimal(1)
_new_supply: Final = maker(Supply)
_HALF: Final = Decimal("0.5")


class Quoted(NamedTuple):
    """An offer that the order may have, with what of it every sum asks for."""

    offer: VenueOffer
    kind: Kind
    usd: Decimal  # per unit of the currency that its prices are counted in
    is_sound: bool  # healthy, and its book is fresh


@dataclass(slots=True, kw_only=True)
class Candidate:
    """A venue that could take part of an order.

    `levels` are the visible prices within the order's limit, as values of a unit in the quote currency: the price, or
    for an inverse instrument minus the share of the reference that its notional buys (a unit bought dearer is worth
    less of the base). `steps` are the same with every cost, in USD. `beyond` is the value that is feared behind the
    visible depth, None where nothing may go there.
    """

    offer: VenueOffer
    usd: Decimal  # per unit of the currency that its prices are counted in
    side: Side
    price: Price | None  # the limit on this venue's tick
    levels: Sequence[Step]
    steps: Sequence[Step]
    visible: Decimal
    value: Decimal  # of all the levels
    least: Decimal
    most: Decimal
    beyond: Decimal | None
    rates: Lines
    rate: Decimal  # their sum
    fixed: Lines
    is_inverse: bool
    is_sound: bool

    @property
    def lot(self) -> Decimal:
        """Its amounts are whole multiples of it."""
        return self.offer.instrument.lot_size

    @property
    def can_wait(self) -> bool:
        """Whether there is a price to wait at: the limit, else the best of its own side."""
        return self.price is not None or bool(self.offer.bids if self.side is Side.BUY else self.offer.asks)

    def supply(self, *, beyond_visible: bool = False) -> Supply:
        """Return what it brings to a split; `beyond_visible` adds what may stand behind the visible depth."""
        steps = self.steps
        if beyond_visible and self.beyond is not None and self.most > self.visible:
            steps = (*steps, (self.unit_cost(self.beyond), self.most - self.visible))
        fixed = sum([usd for _, usd in self.fixed], ZERO) if self.fixed else ZERO
        return _new_supply(steps=steps, lot=self.lot, least=self.least, most=self.most, fixed=fixed)

    def unit_cost(self, value: Decimal) -> Decimal:
        """Return what a unit costs in USD at a level's value, with every cost that grows with it."""
        charged = _ONE if self.is_inverse else value
        return (self.side.sign * value + self.rate * charged) * self.usd

    def limited_to(self, most: Decimal) -> Candidate:
        """Return the same venue with no more than `most`."""
        levels = capped(self.levels, most)
        return replace(
            self,
            levels=levels,
            steps=capped(self.steps, most),
            visible=min(self.visible, most),
            value=sum([at * size for at, size in levels], ZERO),
            most=most,
        )


_new_candidate: Final = maker(Candidate)


def candidate(order: OrderToRoute, quoted: Quoted, rules: RoutingRules, reference: Decimal) -> Candidate | NoRoom:
    """Return what the venue could take of the order, or why it can take nothing (`reference`: see `reference_of`)."""
    offer, kind, usd, is_sound = quoted
    price = order.limit_price
    if price is not None:
        to_tick = round_down if order.side is Side.BUY else round_up  # never dearer than what was asked for
        price = Price(to_tick(price, offer.instrument.tick_size))
        if price <= 0:
            return NoRoom("OFF_TICK", f"a limit of {order.limit_price} is below the tick {offer.instrument.tick_size}")
    allowed = room(order, offer, price, kind)
    if isinstance(allowed, NoRoom):
        return allowed
    rates = taking_rates(order, offer, rules)
    rate = ZERO
    for _, each in rates:
        rate += each
    if not -_ONE < rate < _ONE:
        return NoRoom("ABSURD_COST", f"its costs are {rate} of the notional")
    walked = _walk(order.side, quoted, price, allowed.most, rate, reference)
    return _new_candidate(
        offer=offer,
        usd=usd,
        side=order.side,
        price=price,
        levels=walked.levels,
        steps=walked.steps,
        visible=walked.visible,
        value=walked.value,
        least=allowed.least,
        most=allowed.most,
        beyond=_beyond(order, rules, walked) if price is None else None,
        rates=rates,
        rate=rate,
        fixed=fixed_costs(order, offer, reference, kind),
        is_inverse=kind.is_inverse,
        is_sound=is_sound,
    )


class _Walked(NamedTuple):
    levels: list[Step]
    steps: list[Step]
    visible: Decimal
    value: Decimal


def _walk(side: Side, quoted: Quoted, price: Price | None, most: Decimal, rate: Decimal, reference: Decimal) -> _Walked:
    """Walk the book to `most` or to the limit. This is where the time of a decision goes: no more work a level."""
    offer, kind, usd, _ = quoted
    is_buy = side is Side.BUY
    is_inverse = kind.is_inverse
    slope = side.sign * usd if is_inverse else (side.sign + rate) * usd
    shift = rate * usd  # of an inverse instrument the notional is the quantity
    levels: list[Step] = []
    steps: list[Step] = []
    left = most
    value = ZERO
    for at, size in offer.asks if is_buy else offer.bids:
        if price is not None and (at > price if is_buy else at < price):
            break
        taken = min(left, size)
        if not taken:
            continue
        if is_inverse:
            worth = -reference / at
            steps.append((worth * slope + shift, taken))
        else:
            worth = at
            steps.append((at * slope, taken))
        levels.append((worth, taken))
        value += worth * taken
        left -= taken
        if not left:
            break
    return _Walked(levels, steps, most - left, value)


def reference_of(offers: Sequence[Quoted]) -> Decimal | None:
    """Return the price that every cost is measured against: half-way between the best bid and ask of all venues.

    In USD, so that venues of different quote currencies compare; of an inverse instrument in its quote currency. Where
    only one side is quoted, the best of that; None where none is.
    """
    bid = ask = None
    for offer, kind, usd, _ in offers:
        rate = _ONE if kind.is_inverse else usd
        if offer.bids:
            price = offer.bids[0][0] * rate
            bid = price if bid is None or price > bid else bid
        if offer.asks:
            price = offer.asks[0][0] * rate
            ask = price if ask is None or price < ask else ask
    if bid is not None and ask is not None:
        return (bid + ask) * _HALF
    return ask if bid is None else bid


def _beyond(order: OrderToRoute, rules: RoutingRules, walked: _Walked) -> Decimal | None:
    """Return the value feared behind the visible depth: no better than the last level, worse the more is missing."""
    levels, _, visible, _ = walked
    if not levels or visible >= order.quantity:
        return None
    missing = order.quantity - visible
    touch = levels[0][0]
    feared = touch + order.side.sign * abs(touch) * impact(rules.impact_bps, missing, visible)
    return max(feared, levels[-1][0]) if order.side is Side.BUY else min(feared, levels[-1][0])
