"""Trades that their venue told otherwise afterwards: another price, another amount, a fee that came late.

The trade stays counted, and its order as its trades made it; what it did to the position is taken back and done anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from core.book import Book
from core.positions.pnl import position_change
from core.turn import Turn
from ports.commands import AdjustmentKind
from ports.facts import OrderFilled, PositionAdjusted
from ports.recall import CountedTrade
from ports.reports import FillReport
from ports.values import SYSTEM, ZERO, Money, Price, TradeId, plain

type Trade = OrderFilled | CountedTrade


class Standing(NamedTuple):
    """What a trade does to its position as things are: as it was told, as its newest correction says, or nothing."""

    quantity: Decimal  # signed
    price: Price
    fee: Money


def standing(book: Book, trade: Trade) -> Standing:
    """Return what a trade does to its position now."""
    now, last_ns = _standing_of(trade), 0
    for one in _corrections(book, trade):
        last_ns = one.adjusted_ns
        if one.kind is AdjustmentKind.CORRECTION and not one.quantity:
            now = now._replace(fee=Money(now.fee.amount + one.fee, now.fee.currency))
        elif one.kind is AdjustmentKind.CORRECTION:
            now = Standing(one.quantity, one.price, Money(one.fee, one.fee_currency))
        else:
            now = _nothing(now)
    bust = book.adjustments.get(bust_id(trade))
    return now if bust is None or bust.adjusted_ns < last_ns else _nothing(now)


def bust_id(trade: Trade) -> TradeId:
    """Return the one name of a person's bust of a trade."""
    return TradeId(f"bust:{trade.account}:{trade.instrument}:{trade.trade_id}")


def correct(turn: Turn, report: FillReport, trade: Trade) -> None:
    """Book what a venue says of a trade that was counted, where it is a later revision and says something new.

    What differs in its fee alone changes fees alone: a position is not closed and opened again for that.
    """
    revisions = [one.revision for one in _corrections(turn.book, trade)]
    if report.revision <= max([trade.revision, *revisions]):
        return
    name = _name(trade, len(revisions) + 1)
    now, said = standing(turn.book, trade), _standing_of(report)
    if now == said:
        return
    same_trade = (now.quantity, now.price, now.fee.currency) == (said.quantity, said.price, said.fee.currency)
    reason = f"the venue corrected trade {trade.trade_id}: {_words(now)} is now {_words(said)}"
    if same_trade:
        owed = Money(said.fee.amount - now.fee.amount, said.fee.currency)
        _adjust(turn, trade, report, name, AdjustmentKind.CORRECTION, Standing(ZERO, said.price, owed), reason)
        return
    back = Standing(-now.quantity, now.price, Money(-now.fee.amount, now.fee.currency))
    if not said.quantity:
        _adjust(turn, trade, report, name, AdjustmentKind.BUST, back, reason)
        return
    if now.quantity:
        _adjust(turn, trade, report, TradeId(f"{name}:back"), AdjustmentKind.BUST, back, reason)
    _adjust(turn, trade, report, name, AdjustmentKind.CORRECTION, said, reason)


def _adjust(
    turn: Turn, trade: Trade, report: FillReport, name: TradeId, kind: AdjustmentKind, change: Standing, reason: str
) -> None:
    fact = PositionAdjusted(
        adjustment_id=name,
        kind=kind,
        account=trade.account,
        strategy_id=trade.strategy_id,
        instrument=trade.instrument,
        quantity=change.quantity,
        price=change.price,
        fee_currency=change.fee.currency,
        fee=change.fee.amount,
        principal=SYSTEM,
        reason=reason,
        adjusted_ns=turn.now_ns,
        revision=report.revision,
    )
    turn.fact(fact, turn.book.positions.adjusted_by(fact))


def _corrections(book: Book, trade: Trade) -> Iterator[PositionAdjusted]:
    """Yield the corrections of a trade, oldest first."""
    number = 1
    while (made := book.adjustments.get(_name(trade, number))) is not None:
        yield made
        number += 1


def _name(trade: Trade, number: int) -> TradeId:
    return TradeId(f"correct:{trade.account}:{trade.instrument}:{trade.trade_id}:{number}")


def _standing_of(trade: Trade | FillReport) -> Standing:
    signed = position_change(trade.instrument, trade.side.sign * trade.quantity, trade.fee)
    return Standing(signed, trade.price, trade.fee)


def _nothing(now: Standing) -> Standing:
    return Standing(ZERO, now.price, Money(ZERO, now.fee.currency))


def _words(one: Standing) -> str:
    return f"{plain(one.quantity)} at {plain(one.price)}, fee {plain(one.fee.amount)} {one.fee.currency}"
