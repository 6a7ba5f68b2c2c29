"""What people put right: positions that no trade explains, transfers, busted trades, breaks."""

from __future__ import annotations

from dataclasses import replace

from core.correcting import bust_id, standing
from core.turn import Turn
from ports.commands import AdjustmentKind, AdjustPosition, BreakReason, BustTrade, ResolveBreak, TransferPosition
from ports.facts import BreakKind, BreakOpened, BreakSettled, OrderFilled, PositionAdjusted
from ports.recall import CountedTrade
from ports.replies import ControlReply, InvalidOrder, UnknownSubject
from ports.values import ZERO, TradeId


def adjust(turn: Turn, message: AdjustPosition) -> None:
    """Change one position as if by a trade; a repeat of the adjustment id changes nothing."""
    wanted = PositionAdjusted(
        adjustment_id=TradeId(f"adjust:{message.adjustment_id}"),
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
    )
    wrong = _check(turn, wanted) or _check_repeat(turn, wanted, "adjustment_id", message.adjustment_id)
    turn.reply(wrong or ControlReply(changed=_apply_once(turn, wanted)))


def transfer(turn: Turn, message: TransferPosition) -> None:
    """Take from one strategy and give to the other at one price, in one step; the account's position stays."""
    out, into = (
        PositionAdjusted(
            adjustment_id=TradeId(f"transfer:{message.transfer_id}:{leg}"),
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
        )
        for leg, strategy, quantity in (
            ("out", message.from_strategy, -message.quantity),
            ("in", message.to_strategy, message.quantity),
        )
    )
    wrong = _check(turn, out)
    if message.from_strategy == message.to_strategy:
        wrong = InvalidOrder(field="to_strategy", value=message.to_strategy, remedy="name two different strategies")
    for leg in (out, into):
        wrong = wrong or _check_repeat(turn, leg, "transfer_id", message.transfer_id)
    if wrong is not None:
        turn.reply(wrong)
        return
    changed = _apply_once(turn, out)
    turn.reply(ControlReply(changed=_apply_once(turn, into) or changed))


def bust(turn: Turn, message: BustTrade) -> None:
    """Reverse a trade's position and fee; the trade stays counted, so that a repeat of it changes nothing."""
    trade = turn.book.oms.trade((message.account, message.instrument, message.trade_id))
    if trade is None:
        remedy = "give a trade of that account and instrument"
        turn.reply(UnknownSubject(field="trade_id", value=message.trade_id, remedy=remedy))
        return
    if bust_id(trade) in turn.book.adjustments:
        turn.reply(ControlReply(changed=False))
        return
    turn.reply(ControlReply(changed=_apply_once(turn, _reversal(turn, message, trade))))


def resolve_break(turn: Turn, message: ResolveBreak) -> None:
    """Close a break by a person's word."""
    if message.break_id not in turn.book.breaks:
        turn.reply(UnknownSubject(field="break_id", value=message.break_id, remedy="see the open breaks"))
        return
    if wrong := _check_reason(turn.book.breaks[message.break_id], message):
        turn.reply(wrong)
        return
    turn.fact(
        BreakSettled(
            break_id=message.break_id,
            how=message.how,
            principal=message.principal,
            settled_ns=turn.now_ns,
            reason=message.reason,
        )
    )
    turn.reply(ControlReply(changed=True))


def _check_reason(broke: BreakOpened, message: ResolveBreak) -> InvalidOrder | None:
    """Refuse a balance that is explained without saying by what, and a reason for anything else."""
    is_balance = broke.kind is BreakKind.BALANCE_DIFFERS
    if is_balance and message.reason is None:
        remedy = f"say what moved the balance, one of: {' '.join(BreakReason)}"
        return InvalidOrder(field="reason", value="", remedy=remedy)
    if not is_balance and message.reason is not None:
        return InvalidOrder(
            field="reason", value=message.reason, remedy="it is for BALANCE_DIFFERS alone; leave it out"
        )
    return None


def _check(turn: Turn, wanted: PositionAdjusted) -> InvalidOrder | None:
    if not wanted.quantity:
        return InvalidOrder(field="quantity", value="0", remedy="say how much is added (or, negative, taken away)")
    if turn.book.defined(wanted.account, wanted.instrument) is None:
        remedy = f"account {wanted.account} does not list it; see GET /api/instruments"
        return InvalidOrder(field="instrument_key", value=wanted.instrument, remedy=remedy)
    return None


def _check_repeat(turn: Turn, wanted: PositionAdjusted, field: str, name: str) -> InvalidOrder | None:
    made = turn.book.adjustments.get(wanted.adjustment_id)
    if made is None or replace(made, adjusted_ns=0, principal=wanted.principal) == replace(wanted, adjusted_ns=0):
        return None
    return InvalidOrder(field=field, value=name, remedy="it belongs to another one with other content; choose a new id")


def _apply_once(turn: Turn, adjustment: PositionAdjusted) -> bool:
    if adjustment.adjustment_id in turn.book.adjustments:
        return False
    turn.fact(adjustment, turn.book.positions.adjusted_by(adjustment))
    return True


def _reversal(turn: Turn, message: BustTrade, trade: OrderFilled | CountedTrade) -> PositionAdjusted:
    now = standing(turn.book, trade)
    return PositionAdjusted(
        adjustment_id=bust_id(trade),
        kind=AdjustmentKind.BUST,
        account=message.account,
        strategy_id=trade.strategy_id,
        instrument=message.instrument,
        quantity=-now.quantity,
        price=now.price,
        fee_currency=now.fee.currency,
        fee=-now.fee.amount,
        principal=message.principal,
        reason=message.reason,
        adjusted_ns=turn.now_ns,
    )
