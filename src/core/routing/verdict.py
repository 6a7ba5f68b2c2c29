"""Whether a routed order was right, as soon as it has ended: a fact for whoever asks, and for nobody's decision."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from core.orders.order import Order
from core.routing.decision import NoRouteFound
from core.routing.regret import RoutedFill, regret
from core.routing.smart import offers_to
from core.turn import Turn
from ports.facts import OrderFilled, RouteJudged
from ports.instruments import InstrumentKey
from ports.values import Money, multiply_rounded


def judge_route(turn: Turn, order: Order) -> None:
    """Hold what an order that the router placed has paid against what all venues offer now that it has ended.

    Nothing is said where nothing traded, where a fee cannot be valued, or where nobody could take that much now.
    """
    if order.route is None or order.parent is not None or not order.filled_quantity:
        return
    trades = order.fills if not order.is_split else [fill for leg in order.children for fill in leg.fills]
    fills = _routed_fills(turn, trades)
    if not fills:
        return
    book = turn.book
    found = regret(order.terms.side, fills, offers_to(book, order.terms, turn.now_ns), book.routing_rules)
    if isinstance(found, NoRouteFound):
        return
    turn.fact(
        RouteJudged(
            operation_id=order.terms.operation_id,
            paid_usd=found.paid_usd,
            best_usd=found.best_usd,
            regret_usd=found.regret_usd,
            regret_bps=found.regret_bps,
            best_at=found.best_at,
            judged_ns=turn.now_ns,
        )
    )


def _routed_fills(turn: Turn, trades: Sequence[OrderFilled]) -> list[RoutedFill]:
    """Return the trades with their fees in USD; none where one of them cannot be valued."""
    fills = []
    for trade in trades:
        usd = _usd_per_quote(turn, trade.instrument)
        fee_usd = _fee_usd(turn, trade.fee, trade.instrument, usd)
        if fee_usd is None:
            return []
        fills.append(
            RoutedFill(
                account=trade.account, quantity=trade.quantity, price=trade.price, usd_per_quote=usd, fee_usd=fee_usd
            )
        )
    return fills


def _usd_per_quote(turn: Turn, instrument: InstrumentKey) -> Decimal:
    usd = turn.book.market.usd_per(instrument.quote)
    return Decimal(1) if usd is None else usd


def _fee_usd(turn: Turn, fee: Money, instrument: InstrumentKey, usd_per_quote: Decimal) -> Decimal | None:
    if not fee.amount:
        return fee.amount
    if fee.currency == instrument.quote:
        return multiply_rounded(fee.amount, usd_per_quote)
    usd = turn.book.market.usd_per(fee.currency)
    return None if usd is None else multiply_rounded(fee.amount, usd)
