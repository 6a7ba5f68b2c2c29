"""When the market has met a trigger, and where a trailing one has gone."""

from __future__ import annotations

from collections.abc import Iterable
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
    return touch >= trigger if _rises(terms) else touch <= trigger


def _rises(terms: OrderTerms) -> bool:
    return (terms.side is Side.BUY) == (terms.order_type in _STOPS)


class Reach:
    """How far the market must come to meet the nearest of many triggers: what most quotes need to be held against."""

    __slots__ = ("_nearest", "follows_market")

    def __init__(self, waiting: Iterable[tuple[OrderTerms, Price | None]]) -> None:
        self._nearest: dict[tuple[Side, bool], Price] = {}
        self.follows_market = False  # a trailing one has to see every quote
        for terms, trigger in waiting:
            if trigger is None or terms.order_type is OrderType.TRAILING_STOP:
                self.follows_market = True
                continue
            rises = _rises(terms)
            nearest = self._nearest.get((terms.side, rises))
            if nearest is None or (trigger < nearest if rises else trigger > nearest):
                self._nearest[terms.side, rises] = trigger

    def is_met(self, quote: Quote) -> bool:
        """Say whether a quote meets any of the triggers."""
        for (side, rises), trigger in self._nearest.items():
            touch = quote.touch(side)
            if touch >= trigger if rises else touch <= trigger:
                return True
        return False


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
