"""From one signal to the one order that makes its strategy hold what it wants; or why there is none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2b
from typing import Final

from core.book import Book
from core.orders.order import Order
from core.signals.changes import FLAT
from ports.commands import NORMAL, OrderTerms, SubmitOrder
from ports.instruments import SMART, InstrumentKey
from ports.records import record
from ports.signals import Signal, SignalStrategy
from ports.values import (
    ZERO,
    OperationId,
    OrderStatus,
    OrderType,
    Principal,
    Quantity,
    Side,
    StrategyId,
    exact,
    plain,
    round_down,
)

START_TAG: Final = "signal_start_ns"  # of the order of a signal
DIRECTION_TAG: Final = "signal_direction"
_PREFIX: Final = "sig-"
_DIGEST_BYTES: Final = 12
_IN_DOUBT: Final = frozenset({OrderStatus.UNCONFIRMED, OrderStatus.PENDING_CANCEL, OrderStatus.PENDING_AMEND})


class Why(StrEnum):
    """Why a signal is no order."""

    UNCHANGED = "UNCHANGED"  # the signal before it had the same direction
    TRADED = "TRADED"  # its order is there already
    AT_TARGET = "AT_TARGET"  # the strategy holds, or is about to hold, what it wants, to within the smallest order
    STALE = "STALE"  # it began too long ago
    NOT_WANTED = "NOT_WANTED"  # the strategy is not to trade this instrument
    NOT_LISTED = "NOT_LISTED"  # no connected venue lists the instrument
    CONTRADICTS = "CONTRADICTS"  # its target is not on the side of its direction
    NO_SIZE = "NO_SIZE"  # neither the signal nor its strategy says how much
    IN_DOUBT = "IN_DOUBT"  # an order of the strategy is not known to be done or gone: ask again


@record
class NoOrder:
    """A signal that is no order, and why; `IN_DOUBT` alone may become one when it is looked at again."""

    why: Why
    detail: str = ""


def operation_id_of(signal: Signal, seed: int = 0) -> OperationId:
    """Return the operation id of a signal's order: the same for ever, by strategy, instrument and time.

    `seed` other than 0 is of a replay, whose lots are to be drawn otherwise.
    """
    said = f"{signal.strategy_id}\n{signal.instrument}\n{signal.start_ns}\n{seed}"
    digest = blake2b(said.encode(), digest_size=_DIGEST_BYTES).hexdigest()
    began = datetime.fromtimestamp(signal.start_ns // 1_000_000_000, UTC).strftime("%Y%m%dT%H%M%SZ")
    return OperationId(f"{_PREFIX}{began}-{digest}")


def decide(
    book: Book, strategy: SignalStrategy, signal: Signal, principal: Principal, now_ns: int, seed: int = 0
) -> SubmitOrder | NoOrder:
    """Return the order that takes `strategy` from what it holds, and what it has on its way, to what it wants.

    A signal whose order was recorded before is `TRADED`, whatever became of it. The caller sees to it that the signal
    changes the direction, and that no older signal of the instrument is handed in after a newer one.
    """
    wanted = _wanted(strategy, signal, now_ns)
    if isinstance(wanted, NoOrder):
        return wanted
    operation_id = operation_id_of(signal, seed)
    if book.oms.get(operation_id) is not None:
        return NoOrder(why=Why.TRADED, detail=f"by order {operation_id}")
    listings = book.listings(signal.instrument)
    if not listings:
        return NoOrder(why=Why.NOT_LISTED, detail=f"no connected venue lists {signal.instrument}")
    own = list(_working(book, strategy.strategy_id, signal.instrument))
    doubtful = next((order for order in own if order.status in _IN_DOUBT), None)
    if doubtful is not None:
        return NoOrder(why=Why.IN_DOUBT, detail=f"{doubtful.terms.operation_id} is {doubtful.status}")
    with exact():
        held = held_and_coming(book, strategy.strategy_id, signal.instrument, own)
        missing = wanted - held
        quantity = round_down(abs(missing), max(each.instrument.lot_size for each in listings))
    if quantity < min(each.instrument.min_quantity for each in listings):
        return NoOrder(why=Why.AT_TARGET, detail=f"it wants {plain(wanted)} and has {plain(held)}")
    return SubmitOrder(
        terms=_terms(strategy, signal, operation_id, Side.BUY if missing > 0 else Side.SELL, Quantity(quantity)),
        principal=principal,
        received_ns=now_ns,
    )


def newest_traded(book: Book, strategy: StrategyId, instrument: InstrumentKey) -> tuple[int, int] | None:
    """Return start (UTC nanoseconds) and direction of the newest signal that became an order; None: none in memory."""
    found = [
        (int(order.terms.tags[START_TAG]), int(order.terms.tags[DIRECTION_TAG]))
        for order in book.oms.all_orders()
        if order.terms.strategy_id == strategy
        and order.terms.instrument == instrument
        and order.terms.operation_id.startswith(_PREFIX)
        and order.parent is None
    ]
    return max(found, default=None)


def target_of(strategy: SignalStrategy, signal: Signal) -> Decimal | None:
    """Return what a strategy wants to hold: as its signal says, else its size in the signal's direction.

    None: neither says.
    """
    if signal.target_position is not None or signal.direction == FLAT:
        return signal.target_position or ZERO
    return None if strategy.size is None else signal.direction * strategy.size


def held_and_coming(book: Book, strategy: StrategyId, instrument: InstrumentKey, working: Iterable[Order]) -> Decimal:
    """Return what a strategy holds of an instrument in all accounts, when its `working` orders have traded whole."""
    held = sum(
        (
            position.holding.quantity
            for (_, owner, key), position in book.positions
            if owner == strategy and _is_same(instrument, key)
        ),
        ZERO,
    )
    return held + sum((order.terms.side.sign * order.remaining for order in working), ZERO)


def _wanted(strategy: SignalStrategy, signal: Signal, now_ns: int) -> Decimal | NoOrder:
    if strategy.instruments and signal.instrument not in strategy.instruments:
        return NoOrder(why=Why.NOT_WANTED, detail=f"{strategy.strategy_id} does not trade {signal.instrument}")
    age_ns = now_ns - signal.start_ns
    if age_ns > strategy.max_age_ns:
        return NoOrder(why=Why.STALE, detail=f"it began {age_ns / 1e9:.0f} s ago")
    target = target_of(strategy, signal)
    if target is None:
        return NoOrder(why=Why.NO_SIZE, detail=f"give {strategy.strategy_id} a size, or the signal a target_position")
    if _sign(target) != signal.direction:
        return NoOrder(why=Why.CONTRADICTS, detail=f"target {plain(target)}, direction {signal.direction}")
    return target


def _working(book: Book, strategy: StrategyId, instrument: InstrumentKey) -> Iterable[Order]:
    """Yield a strategy's orders in an instrument that may still trade; of an order with children it alone."""
    return (
        order
        for order in (*book.oms.open_orders(), *book.oms.contingent.all_parents())
        if order.parent is None
        and not order.status.is_terminal
        and order.terms.strategy_id == strategy
        and _is_same(instrument, order.instrument)
    )


def _is_same(wanted: InstrumentKey, other: InstrumentKey) -> bool:
    return wanted.but_venue == other.but_venue if SMART in (wanted.venue, other.venue) else wanted == other


def _sign(value: Decimal) -> int:
    return (value > 0) - (value < 0)


def completed(strategy: SignalStrategy, signal: Signal) -> Signal:
    """Return a signal that says itself what it leaves to its strategy: how much, and how it is worked."""
    said = signal.exec_algorithm
    params = (
        signal.exec_algorithm_params if said else {**strategy.exec_algorithm_params, **signal.exec_algorithm_params}
    )
    algorithm = said or strategy.exec_algorithm
    return replace(
        signal,
        target_position=target_of(strategy, signal),
        exec_algorithm=algorithm,
        exec_algorithm_params=params if algorithm != NORMAL else {},
    )


def _terms(
    strategy: SignalStrategy, signal: Signal, operation_id: OperationId, side: Side, quantity: Quantity
) -> OrderTerms:
    whole = completed(strategy, signal)
    return OrderTerms(
        operation_id=operation_id,
        strategy_id=strategy.strategy_id,
        instrument=signal.instrument,
        side=side,
        quantity=quantity,
        order_type=OrderType.MARKET,
        exec_algorithm=whole.exec_algorithm,
        exec_algorithm_params=whole.exec_algorithm_params,
        tags={START_TAG: str(signal.start_ns), DIRECTION_TAG: str(signal.direction)},
    )
