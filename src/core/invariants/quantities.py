"""`never_overfilled` and `position_equals_fills`: every trade counted once, and adding up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Final

from core.invariants.families import Families
from core.invariants.reckoning import moved_by
from core.invariants.run import Finding, RecordedRun, Tally
from ports.facts import (
    AmendRequested,
    AmendWasRefused,
    BreakKind,
    BreakOpened,
    FundingPaid,
    HeldOrderAmended,
    OrderAmended,
    OrderFilled,
    OrderRecorded,
    OrderReleased,
    OrderUnsent,
    PositionAdjusted,
    PositionChanged,
)
from ports.instruments import InstrumentKey
from ports.journal import Entry
from ports.values import AccountId, Currency, OperationId, StrategyId

_ROUNDING: Final = Fraction(1, 2 * 10**18)  # the most that one division of the ledger may be off


def never_overfilled(run: RecordedRun) -> Finding:
    """No order traded more than it was for, unless a break says so; examines released orders.

    What still works or is unconfirmed is never more than what is not filled, so the trades alone decide. Of a parent,
    whatever its children have traded and may trade is within it whenever one more of them is released.
    """
    tally = Tally()
    ordered: dict[OperationId, Decimal] = {}
    wanted: dict[OperationId, Decimal] = {}  # by an amend that its venue has not answered, but may have made
    filled: defaultdict[OperationId, Fraction] = defaultdict(Fraction)
    broken = {
        entry.fact.break_id.removeprefix("overfill-"): entry.seq
        for entry in reversed(run.entries)
        if isinstance(entry.fact, BreakOpened) and entry.fact.kind is BreakKind.OVERFILL
    }
    families = Families(broken.keys())
    for entry in run.entries:
        for wrong in families.take(entry.fact):
            tally.violated(f"seq {entry.seq}: {wrong}")
        match entry.fact:
            case OrderRecorded() as fact:
                ordered[fact.operation_id] = fact.terms.quantity
            case AmendRequested() as fact:
                wanted[fact.operation_id] = fact.quantity
            case AmendWasRefused() as fact:
                wanted.pop(fact.operation_id, None)
            case OrderAmended() | HeldOrderAmended() | OrderUnsent() as fact:
                ordered[fact.operation_id] = fact.quantity
                wanted.pop(fact.operation_id, None)
            case OrderReleased() as fact:
                tally.saw()
                ordered[fact.operation_id] = fact.quantity or ordered.get(fact.operation_id, Decimal(0))
            case OrderFilled(operation_id=str() as operation_id) as fact:
                filled[operation_id] += Fraction(fact.quantity)
                most = max(ordered.get(operation_id, Decimal(0)), wanted.get(operation_id, Decimal(0)))
                total, whole = filled[operation_id], Fraction(most)
                said = Fraction(fact.filled_quantity)
                tally.expect(said == total, f"seq {entry.seq}: {operation_id} says {said} filled; trades say {total}")
                if total > whole:
                    told = broken.get(operation_id)
                    tally.expect(told is not None, f"{operation_id}: {total} filled of {whole}, and no break open")
            case _:
                pass
    return tally.finding()


@dataclass(slots=True)
class _Traded:
    """What trades alone make of one position."""

    quantity: Fraction = Fraction(0)
    cash: Fraction = Fraction(0)
    fees: defaultdict[Currency, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    divisions: int = 0


def position_equals_fills(run: RecordedRun) -> Finding:
    """Every position is the sum of its trades, adjustments and funding: quantity, cash, fees; examines each, once."""
    tally = Tally()
    seen: set[tuple[AccountId, InstrumentKey, str]] = set()
    sums: defaultdict[tuple[AccountId, StrategyId, InstrumentKey], _Traded] = defaultdict(_Traded)
    for entry, following in _with_next(run.entries):
        fact = entry.fact
        if not isinstance(fact, (OrderFilled, PositionAdjusted, FundingPaid)):
            continue
        tally.saw()
        name = _name_of(fact)
        tally.expect(name not in seen, f"seq {entry.seq}: {name[2]} counted again")
        seen.add(name)
        sums_of_it = sums[fact.account, fact.strategy_id, fact.instrument]
        _add(sums_of_it, fact)
        changed = following.fact if following is not None else None
        if isinstance(changed, PositionChanged) and _is_of(changed, fact):
            for wrong in _differences(sums_of_it, changed):
                tally.violated(f"seq {entry.seq + 1}: {fact.strategy_id} {fact.instrument} {wrong}")
        else:
            tally.violated(f"seq {entry.seq}: no position follows {name[2]}")
    _expect_no_other_changes(run, tally)
    return tally.finding()


def _expect_no_other_changes(run: RecordedRun, tally: Tally) -> None:
    previous: Entry | None = None
    for entry in run.entries:
        if isinstance(entry.fact, PositionChanged):
            by_a_trade = previous is not None and isinstance(
                previous.fact, (OrderFilled, PositionAdjusted, FundingPaid)
            )
            tally.expect(by_a_trade, f"seq {entry.seq}: a position changed without a trade or an adjustment")
        previous = entry


def _add(traded: _Traded, change: OrderFilled | PositionAdjusted | FundingPaid) -> None:
    if isinstance(change, FundingPaid):
        traded.cash += Fraction(change.amount)
        return
    if isinstance(change, OrderFilled):
        signed = moved_by(change)
        traded.fees[change.fee.currency] += Fraction(change.fee.amount)
    else:
        signed = Fraction(change.quantity)
        if change.fee:
            traded.fees[change.fee_currency] += Fraction(change.fee)
    traded.quantity += signed
    if change.instrument.is_inverse:
        traded.cash += signed / Fraction(change.price)
        traded.divisions += 1
    else:
        traded.cash -= signed * Fraction(change.price)


def _differences(traded: _Traded, said: PositionChanged) -> Iterator[str]:
    if Fraction(said.quantity) != traded.quantity:
        yield f"holds {said.quantity}; its trades make {traded.quantity}"
    cash = Fraction(said.realized_pnl) + Fraction(said.open_cash)
    if abs(cash - traded.cash) > traded.divisions * _ROUNDING:
        yield f"realised and open cash are {cash}; its trades paid {traded.cash}"
    if not said.quantity and said.open_cash:
        yield f"is flat, and has {said.open_cash} open"
    fees = {currency: Fraction(amount) for currency, amount in said.fees.items()}
    if fees != traded.fees:
        yield f"paid fees {said.fees}; its trades say {dict(traded.fees)}"


def _is_of(changed: PositionChanged, change: OrderFilled | PositionAdjusted | FundingPaid) -> bool:
    of = (changed.account, changed.instrument, changed.trade_id)
    return changed.strategy_id == change.strategy_id and of == _name_of(change)


def _name_of(change: OrderFilled | PositionAdjusted | FundingPaid) -> tuple[AccountId, InstrumentKey, str]:
    if isinstance(change, FundingPaid):
        return change.account, change.instrument, change.funding_id
    name = change.trade_id if isinstance(change, OrderFilled) else change.adjustment_id
    return change.account, change.instrument, name


def _with_next(entries: Sequence[Entry]) -> Iterator[tuple[Entry, Entry | None]]:
    for place, entry in enumerate(entries, start=1):
        yield entry, entries[place] if place < len(entries) else None
