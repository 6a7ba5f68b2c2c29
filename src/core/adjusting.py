"""What people put right: positions that no trade explains, transfers, busted trades, breaks."""

from __future__ import annotations

from core.turn import Turn
from ports.commands import AdjustmentKind, AdjustPosition, BustTrade, ResolveBreak, TransferPosition
from ports.facts import BreakSettled, OrderFilled, PositionAdjusted
from ports.replies import ControlReply, UnknownSubject
from ports.values import ZERO, TradeId


def adjust(turn: Turn, message: AdjustPosition) -> None:
    """Change one position as if by a trade; a repeat of the adjustment id changes nothing."""
    changed = not turn.book.is_adjusted(message.adjustment_id)
    if changed:
        _apply(
            turn,
            PositionAdjusted(
                adjustment_id=message.adjustment_id,
                kind=message.kind,
                account=message.account,
                strategy_id=message.strategy_id,
                instrument=message.instrument,
                quantity=message.quantity,
                price=message.price,
                fee_currency=message.instrument.quote,
                fee=ZERO,
                principal=message.principal,
                reason=message.reason,
                adjusted_ns=turn.now_ns,
            ),
        )
    turn.reply(ControlReply(changed=changed))


def transfer(turn: Turn, message: TransferPosition) -> None:
    """Take from one strategy and give to the other at one price, in one step; the account's position stays."""
    legs = (
        (TradeId(f"{message.transfer_id}:out"), message.from_strategy, -message.quantity),
        (TradeId(f"{message.transfer_id}:in"), message.to_strategy, message.quantity),
    )
    changed = not turn.book.is_adjusted(legs[0][0])
    for adjustment_id, strategy, quantity in legs if changed else ():
        _apply(
            turn,
            PositionAdjusted(
                adjustment_id=adjustment_id,
                kind=AdjustmentKind.TRANSFER,
                account=message.account,
                strategy_id=strategy,
                instrument=message.instrument,
                quantity=quantity,
                price=message.price,
                fee_currency=message.instrument.quote,
                fee=ZERO,
                principal=message.principal,
                reason=message.reason,
                adjusted_ns=turn.now_ns,
            ),
        )
    turn.reply(ControlReply(changed=changed))


def bust(turn: Turn, message: BustTrade) -> None:
    """Reverse a trade's position and fee; the trade stays counted, so that a repeat of it changes nothing."""
    trade = turn.book.oms.trade((message.account, message.instrument, message.trade_id))
    if trade is None:
        remedy = "give a trade of that account and instrument"
        turn.reply(UnknownSubject(field="trade_id", value=message.trade_id, remedy=remedy))
        return
    adjustment_id = TradeId(f"bust:{message.account}:{message.instrument}:{message.trade_id}")
    changed = not turn.book.is_adjusted(adjustment_id)
    if changed:
        _apply(turn, _reversal(turn, message, trade, adjustment_id))
    turn.reply(ControlReply(changed=changed))


def resolve_break(turn: Turn, message: ResolveBreak) -> None:
    """Close a break by a person's word."""
    if message.break_id not in turn.book.breaks:
        turn.reply(UnknownSubject(field="break_id", value=message.break_id, remedy="see the open breaks"))
        return
    turn.fact(
        BreakSettled(break_id=message.break_id, how=message.how, principal=message.principal, settled_ns=turn.now_ns)
    )
    turn.reply(ControlReply(changed=True))


def _apply(turn: Turn, adjustment: PositionAdjusted) -> None:
    turn.fact(adjustment, turn.book.positions.adjusted_by(adjustment))


def _reversal(turn: Turn, message: BustTrade, trade: OrderFilled, adjustment_id: TradeId) -> PositionAdjusted:
    return PositionAdjusted(
        adjustment_id=adjustment_id,
        kind=AdjustmentKind.BUST,
        account=message.account,
        strategy_id=trade.strategy_id,
        instrument=message.instrument,
        quantity=-trade.side.sign * trade.quantity,
        price=trade.price,
        fee_currency=trade.fee.currency,
        fee=-trade.fee.amount,
        principal=message.principal,
        reason=message.reason,
        adjusted_ns=turn.now_ns,
    )
