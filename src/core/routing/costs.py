"""The sums of one venue for one amount: every part of its cost by name, in USD, against the reference price.

Formulas, units and sources are in docs/routing.md, under the names of the lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from core.routing.candidates import Candidate
from core.routing.decision import CostSheet, Lines
from core.routing.estimates import adverse_move, blend, odds_of_trading, to_usd
from core.routing.offers import OrderToRoute, RoutingRules, VenueOffer
from core.routing.rates import posting_rates, taking_rates
from core.routing.supply import Step
from ports.market_data import Level
from ports.records import maker
from ports.values import ZERO, Liquidity, Side

type Amounts = list[tuple[str, Decimal]]

_new_sheet: Final = maker(CostSheet)


def taking_sheet(found: Candidate, quantity: Decimal, reference: Decimal) -> CostSheet:
    """Return what trading `quantity` at once costs; what is more than visible is priced at `beyond`.

    Raises:
        ValueError: more than is visible, and nothing is feared behind it (a limit).
    """
    offer = found.offer
    is_buy = found.side is Side.BUY
    touch = found.levels[0][0]
    if quantity >= found.visible:
        value, left = found.value, quantity - found.visible
    else:
        value, left = _value_of(found.levels, quantity), ZERO
    usd = found.usd
    signed_usd = usd if is_buy else -usd
    touched = touch * quantity
    worth = (-usd if found.is_inverse else reference) * quantity
    spread = touched * signed_usd
    amounts = [("spread", spread - worth if is_buy else spread + worth)]
    if left:
        if found.beyond is None:
            raise ValueError(f"{offer.account} has {found.visible} within the limit, not {quantity}")
        behind = found.beyond * left
        amounts.append(("book", (value - touch * (quantity - left)) * signed_usd))
        amounts.append(("impact", (behind - touch * left) * signed_usd))
        value += behind
    elif value != touched:
        amounts.append(("book", (value - touched) * signed_usd))
    if found.fixed:
        amounts += found.fixed
    notional = (quantity if found.is_inverse else value) * usd
    return _sheet(offer, quantity, Liquidity.TAKER, notional, amounts, found.rates, found.rate)


def expected_price(found: Candidate, quantity: Decimal, reference: Decimal) -> Decimal:
    """Return the average price, to 12 places, at which the book lets `quantity` be taken; of it `slippage` is told."""
    left = max(quantity - found.visible, ZERO)
    value = _value_of(found.levels, quantity - left)
    if left and found.beyond is not None:
        value += found.beyond * left
    return to_usd(-reference * quantity / value if found.is_inverse else value / quantity)


def _reference_worth(found: Candidate, reference: Decimal) -> Decimal:
    """Return what a unit is worth at the reference, in USD, on the scale of the candidate's levels."""
    return -found.usd if found.is_inverse else reference


def _value_of(levels: Sequence[Step], quantity: Decimal) -> Decimal:
    value = ZERO
    for at, size in levels:
        if size >= quantity:
            return value + at * quantity
        value += at * size
        quantity -= size
    return value


def posting_sheet(
    found: Candidate,
    order: OrderToRoute,
    quantity: Decimal,
    price: Decimal,
    rules: RoutingRules,
    reference: Decimal,
) -> CostSheet:
    """Return what waiting with `quantity` at `price` is expected to cost.

    With the odds of a fill it trades at its price for the maker's fee; else (`unfilled`) it has to take the other
    side's touch when the wait is over and the price has moved away. Where nobody quotes that side, the reference.
    """
    offer = found.offer
    sign = order.side.sign
    usd = found.usd
    is_inverse = found.is_inverse
    odds = fill_odds(order.side, offer, quantity, price, rules)
    base = _reference_worth(found, reference)
    value = (-reference / price if is_inverse else price) * usd
    notional = quantity * (usd if is_inverse else value)
    others = offer.asks if order.side is Side.BUY else offer.bids
    touch = (-reference / others[0].price if is_inverse else others[0].price) * usd if others else base
    volatility = rules.unknown_volatility_bps if offer.volatility_bps is None else offer.volatility_bps
    later = sum([rate for _, rate in taking_rates(order, offer, rules)], adverse_move(volatility, rules.posting_ns))
    unfilled = sign * quantity * (touch - base) + later * quantity * (usd if is_inverse else touch)
    amounts = [
        ("spread", odds * sign * quantity * (value - base)),
        ("unfilled", (1 - odds) * unfilled),
        *found.fixed,
    ]
    rates = tuple([(name, odds * rate) for name, rate in posting_rates(order, offer, rules)])
    return _sheet(offer, quantity, Liquidity.MAKER, notional, amounts, rates, sum([rate for _, rate in rates], ZERO))


def fill_odds(side: Side, offer: VenueOffer, quantity: Decimal, price: Decimal, rules: RoutingRules) -> Decimal:
    """Return the probability that a passive order fills within `rules.posting_ns`.

    The queue says: what stands at its price or better, and itself, has to trade. The venue's history is weighed
    against that by how much of it there is.
    """
    ahead = quantity + _standing_before(side, offer.bids if side is Side.BUY else offer.asks, price)
    traded = offer.traded_per_second
    prior = rules.unknown_fill_odds if traded is None else odds_of_trading(traded, rules.posting_ns, ahead)
    seen = offer.posts
    if seen is None:
        return prior
    return blend(prior, rules.prior_weight, seen.filled, seen.orders)


def _standing_before(side: Side, levels: tuple[Level, ...], price: Decimal) -> Decimal:
    ahead = ZERO
    for at, size in levels:
        if at < price if side is Side.BUY else at > price:
            break
        ahead += size
    return ahead


def _sheet(
    offer: VenueOffer,
    quantity: Decimal,
    liquidity: Liquidity,
    notional_usd: Decimal,
    amounts: Amounts,
    rates: Lines,
    rate: Decimal,
) -> CostSheet:
    """Return the sums; `rate` is what `rates` come to."""
    total = rate * notional_usd
    lines = []
    for name, usd in amounts:
        if usd:
            total += usd
            lines.append((name, to_usd(usd)))
    return _new_sheet(
        account=offer.account,
        instrument=offer.instrument.key,
        quantity=quantity,
        liquidity=liquidity,
        notional_usd=to_usd(notional_usd),
        amounts=tuple(lines),
        rates=rates,
        total_usd=to_usd(total),
    )
