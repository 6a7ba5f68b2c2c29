"""What a venue does to a whole account, shared out over its strategies: funding, and positions closed by force."""

from __future__ import annotations

from decimal import Decimal

from core.positions.sharing import shared_out
from core.reconciliation.steps import open_break
from core.turn import Turn
from ports.facts import BreakKind, FundingPaid
from ports.reports import FillReport, FundingReport
from ports.values import UNATTRIBUTED, ZERO, Quantity, StrategyId, TradeId, plain


def take_funding(turn: Turn, report: FundingReport) -> None:
    """Book a funding payment once: to the strategies that held the position when it was due, by what each held.

    Long and short strategies of one account pay each other through it, and the sum is the payment. One that their
    positions do not explain goes to UNATTRIBUTED, and opens a break.
    """
    if turn.book.funding.is_booked(report):
        return
    held = turn.book.funding.held_at(turn.book.positions, report.account, report.instrument, report.venue_time_ns)
    wrong = _why_not_shared(report, held)
    if wrong or held is None:
        held = {UNATTRIBUTED: report.position or ZERO}
        shares = {UNATTRIBUTED: report.amount.amount}
    else:
        shares = shared_out(report.amount.amount, held)
    for strategy, amount in shares.items():
        _book(turn, report, strategy, amount, held[strategy])
    if wrong:
        name = f"funding-{report.account}-{report.instrument}-{report.payment_id}"
        detail = f"a payment of {plain(report.amount.amount)} {report.amount.currency}: {wrong}"
        open_break(turn, name, BreakKind.FUNDING_UNSHARED, report.account, report.instrument, detail)


def closed_by_force(turn: Turn, report: FillReport) -> dict[StrategyId, Quantity] | None:
    """Return what each strategy has of a trade by which its venue closed the account's position by force.

    Shared out over those that held what it closes, by how much; None where they do not hold as much together.
    """
    listed = turn.book.defined(report.account, report.instrument)
    held = {
        strategy: -report.side.sign * quantity
        for strategy, quantity in turn.book.positions.held_of(report.account, report.instrument).items()
    }
    closable = {strategy: quantity for strategy, quantity in held.items() if quantity > 0}
    if listed is None or sum(closable.values(), ZERO) < report.quantity:
        return None
    shares = shared_out(report.quantity, closable, listed.lot_size)
    return {strategy: Quantity(quantity) for strategy, quantity in shares.items() if quantity}


def _why_not_shared(report: FundingReport, held: dict[StrategyId, Decimal] | None) -> str:
    if held is None:
        return "it is told so late that nobody knows what was held"
    total = sum(held.values(), ZERO)
    if not total:
        return "nothing was held then" if not held else "what was held then adds up to nothing"
    if report.position is not None and report.position != total:
        return f"the venue reckons it on {plain(report.position)}, and {plain(total)} was held then"
    if report.amount.currency != report.instrument.settlement:
        return f"it is not in {report.instrument.settlement}, in which P&L of {report.instrument} is kept"
    return ""


def _book(turn: Turn, report: FundingReport, strategy: StrategyId, amount: Decimal, position: Decimal) -> None:
    paid = FundingPaid(
        funding_id=TradeId(f"funding:{report.payment_id}:{strategy}"),
        payment_id=report.payment_id,
        account=report.account,
        strategy_id=strategy,
        instrument=report.instrument,
        currency=report.amount.currency,
        amount=amount,
        position=position,
        venue_time_ns=report.venue_time_ns,
        learnt_ns=turn.now_ns,
    )
    turn.fact(paid, turn.book.positions.paid_by(paid))
