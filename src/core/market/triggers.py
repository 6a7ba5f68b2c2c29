"""When the market has met a trigger, and where a trailing one has gone."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ports.commands import OrderTerms
from ports.market_data import Quote
from ports.values import OrderType, Price, Side, divide, round_down, round_up

_STEPS_OF_AN_OFFSET: Final = Decimal(50)  # how finely a trailing trigger follows, so that not every quote is a fact
_STOPS: Final = frozenset({OrderType.STOP_MARKET, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP})


def is_met(terms: OrderTerms, trigger: Price, quote: Quote) -> bool:
    """Say whether the price that the order would meet is at its trigger or beyond.

    A buy looks at the ask and a sell at the bid. A buy stop is met from below and a sell stop from above; an
    if-touched order the other way round.
    """
    touch = quote.touch(terms.side)
    rises = (terms.side is Side.BUY) == (terms.order_type in _STOPS)
    return touch >= trigger if rises else touch <= trigger


def trailed(terms: OrderTerms, trigger: Price | None, quote: Quote, tick: Price) -> Price | None:
    """Return where a trailing stop's trigger goes with this quote; None means it stays.

    It keeps `trailing_offset` from the best price since it was held, on a whole tick that is not nearer, and moves in
    steps of a fiftieth of the offset (one tick at least), never back.
    """
    if terms.trailing_offset is None:
        return None
    step = max(divide(terms.trailing_offset, _STEPS_OF_AN_OFFSET), tick)
    if terms.side is Side.SELL:
        wanted = round_down(quote.bid - terms.trailing_offset, tick)
        moves = trigger is None or wanted >= trigger + step
    else:
        wanted = round_up(quote.ask + terms.trailing_offset, tick)
        moves = trigger is None or wanted <= trigger - step
    return Price(wanted) if moves and wanted > 0 else None
