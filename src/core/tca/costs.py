"""What an order cost against its arrival price, in parts that sum to the whole exactly (docs/tca.md).

The whole is the implementation shortfall of Perold (1988): what the paper portfolio, traded at the arrival price, has
more than the real one. Everything is in the settlement currency; a cost is positive, a gain negative.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ports.instruments import InstrumentKey
from ports.values import ZERO, Liquidity, Side, divide, exact, to_places

_ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedFill:
    """One trade and the market at its time; None: nobody saw it. `fee` is in the settlement currency."""

    quantity: Decimal
    price: Decimal
    liquidity: Liquidity | None
    at_ns: int
    bid: Decimal | None
    ask: Decimal | None
    fee: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The implementation shortfall, taken apart; None: the market that it is measured by was not seen."""

    delay: Decimal | None
    timing: Decimal | None
    spread: Decimal | None
    impact: Decimal | None
    fees: Decimal | None
    opportunity: Decimal | None
    shortfall: Decimal | None


def worth(instrument: InstrumentKey, price: Decimal) -> Decimal:
    """Return what a unit's price is in the settlement currency, such that a dearer unit is worth more.

    An inverse unit is one of the quote: at price p its buyer owes 1/p of the base, rounded to 18 places.
    """
    return -divide(_ONE, price) if instrument.is_inverse else price


def average_price(instrument: InstrumentKey, fills: Sequence[PricedFill]) -> Decimal | None:
    """Return the price at which all of it would have come to the same; None: nothing traded."""
    quantity = _sum(fill.quantity for fill in fills)
    if not quantity:
        return None
    with exact():
        if instrument.is_inverse:
            return divide(quantity, _sum(divide(fill.quantity, fill.price) for fill in fills))
        return divide(_sum(fill.quantity * fill.price for fill in fills), quantity)


def take_apart(
    instrument: InstrumentKey,
    side: Side,
    quantity: Decimal,
    fills: Sequence[PricedFill],
    *,
    arrival: Decimal | None,
    release: Decimal | None,
    end: Decimal | None,
) -> Parts:
    """Return an order's shortfall and its parts, given the mids when it arrived, first left, and ended.

    Each part is rounded to 18 places, and the whole is their sum; where a part is unknown and the whole is not, the
    whole is measured directly.
    """
    sign = side.sign
    traded = _sum(fill.quantity for fill in fills)
    left = max(quantity - traded, ZERO)
    mids = [_mid(fill) for fill in fills]
    with exact():
        parts = {
            "delay": _moved(instrument, sign * traded, arrival, release),
            "timing": _all(
                _moved(instrument, sign * fill.quantity, release, at) for fill, at in zip(fills, mids, strict=True)
            ),
            "spread": _all(
                _moved(instrument, sign * fill.quantity, at, _touch(fill, side))
                for fill, at in zip(fills, mids, strict=True)
            ),
            "impact": _all(_moved(instrument, sign * fill.quantity, _touch(fill, side), fill.price) for fill in fills),
            "fees": _all(fill.fee for fill in fills),
            "opportunity": _moved(instrument, sign * left, arrival, end),
        }
        rounded = {name: None if part is None else to_places(part) for name, part in parts.items()}
        paid = [_moved(instrument, sign * fill.quantity, arrival, fill.price) for fill in fills]
        direct = _all([*paid, parts["fees"], parts["opportunity"]])
        whole = _all(rounded.values())
        if whole is None and direct is not None:
            whole = to_places(direct)
    return Parts(**rounded, shortfall=whole)


def _moved(instrument: InstrumentKey, signed: Decimal, before: Decimal | None, after: Decimal | None) -> Decimal | None:
    """Return what a price's way from one to another costs somebody who has so much to buy (negative: to sell)."""
    if not signed:
        return ZERO
    if before is None or after is None:
        return None
    return signed * (worth(instrument, after) - worth(instrument, before))


def _mid(fill: PricedFill) -> Decimal | None:
    with exact():
        return None if fill.bid is None or fill.ask is None else (fill.bid + fill.ask) / 2


def _touch(fill: PricedFill, side: Side) -> Decimal | None:
    """Return the price that stood where the trade was made: its own side's for a maker, else the other side's."""
    is_buy = side is Side.BUY
    return fill.bid if is_buy is (fill.liquidity is Liquidity.MAKER) else fill.ask


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    with exact():
        return sum(amounts, ZERO)


def _all(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Return the sum; None where one of them is unknown."""
    whole = ZERO
    for amount in amounts:
        if amount is None:
            return None
        whole += amount
    return whole
