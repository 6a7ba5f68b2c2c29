"""`limits_hold`: no release breached a limit as it was known at that moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from core.invariants.reckoning import OrderTold, Reckoning
from core.invariants.run import Finding, RecordedRun, Tally
from core.invariants.verdicts import judged_within, limit_of
from ports.commands import Limits
from ports.facts import LimitsSet, OrderReleased, OrderRouted, RiskDecided
from ports.instruments import InstrumentKey
from ports.values import OperationId, Side, StrategyId

_SECOND_NS: Final = 1_000_000_000
_ROUNDING: Final = Fraction(1, 10**18)  # a value may have been rounded to 18 places


class Reckoned(NamedTuple):
    """What a limit is compared with, by our own reckoning."""

    rule: str
    value: Fraction
    limit: Decimal | int


class _ReleaseTimes:
    """When orders were released, in all (None) and by strategy."""

    def __init__(self) -> None:
        self._times: defaultdict[StrategyId | None, list[int]] = defaultdict(list)

    def add(self, strategy: StrategyId, now_ns: int) -> None:
        self._times[None].append(now_ns)
        self._times[strategy].append(now_ns)

    def within(self, strategy: StrategyId | None, now_ns: int, window_ns: int) -> Fraction:
        """How many releases the window that ends now holds, the present one counted."""
        count = 1
        for time_ns in reversed(self._times[strategy]):
            if time_ns <= now_ns - window_ns:
                break
            count += 1
        return Fraction(count)


def limits_hold(run: RecordedRun) -> Finding:
    """Reckon every limit in force at every release anew; examines comparisons of a release with a limit.

    Reduce-only is a limit too: no more leaves than the strategy's own position can be closed by.

    USD totals over several instruments depend on quotes that no fact keeps: for them the verdict on record is held
    against the limit in force; over one instrument they are reckoned with the prices that the decision recorded.
    """
    tally = Tally()
    limits = Limits()
    reckoning, times = Reckoning(), _ReleaseTimes()
    decisions: dict[OperationId, RiskDecided] = {}
    routes: dict[OperationId, OrderRouted] = {}
    for entry in run.entries:
        match entry.fact:
            case LimitsSet() as fact:
                limits = fact.limits
            case RiskDecided() as fact:
                decisions[fact.operation_id] = fact
            case OrderRouted() as fact:
                routes[fact.operation_id] = fact
            case OrderReleased() as fact if fact.operation_id in reckoning.orders:
                order = reckoning.orders[fact.operation_id]
                decision, route = decisions.get(fact.operation_id), routes.get(fact.operation_id)
                where = f"seq {entry.seq}: {fact.operation_id}"
                if fact.quantity is not None:
                    order.quantity = Fraction(fact.quantity)  # less than was asked for leaves
                _only_reduces(tally, order, reckoning, fact.instrument, where)
                if limits.enabled:
                    for one in _reckoned(fact, order, reckoning, times, limits, decision, route):
                        tally.saw()
                        within = one.value <= Fraction(one.limit) + _ROUNDING
                        tally.expect(within, f"{where}: {one.rule} is {float(one.value)}, limit {one.limit}")
                for wrong in judged_within(tally, limits, fact.instrument, order.strategy, decision):
                    tally.violated(f"{where}: {wrong}")
                times.add(order.strategy, fact.released_ns)
            case _:
                pass
        reckoning.take(entry.fact)
    return tally.finding()


def _only_reduces(tally: Tally, order: OrderTold, reckoning: Reckoning, instrument: InstrumentKey, where: str) -> None:
    if order.reduce_only:
        tally.saw()
        within = order.quantity <= reckoning.reducible(order, instrument)
        tally.expect(within, f"{where}: it is to reduce only, and could open")


def _reckoned(
    fact: OrderReleased,
    order: OrderTold,
    reckoning: Reckoning,
    times: _ReleaseTimes,
    limits: Limits,
    decision: RiskDecided | None,
    route: OrderRouted | None,
) -> Iterator[Reckoned]:
    yield from _rates(fact, order.strategy, times, limits)
    yield from _quantities(fact.instrument, order, reckoning, limits)
    if decision is not None:
        yield from _values(fact.instrument, order, reckoning, limits, decision, route)


def _rates(fact: OrderReleased, strategy: StrategyId, times: _ReleaseTimes, limits: Limits) -> Iterator[Reckoned]:
    for rule, limit, whose, seconds in (
        ("max_orders_per_second", limits.max_orders_per_second, None, 1),
        ("max_orders_per_minute", limits.max_orders_per_minute, None, 60),
        ("max_orders_per_second_per_strategy", limits.max_orders_per_second_per_strategy, strategy, 1),
        ("max_orders_per_minute_per_strategy", limits.max_orders_per_minute_per_strategy, strategy, 60),
    ):
        if limit is not None:
            yield Reckoned(rule, times.within(whose, fact.released_ns, seconds * _SECOND_NS), limit)


def _quantities(
    instrument: InstrumentKey, order: OrderTold, reckoning: Reckoning, limits: Limits
) -> Iterator[Reckoned]:
    largest = limit_of(limits.max_order_quantity, instrument)
    if largest is not None:
        yield Reckoned("max_order_quantity", order.quantity, largest)
    position = limit_of(limits.max_position_per_instrument, instrument)
    if position is not None:
        worst = reckoning.by_instrument[instrument].worst(order.side, order.quantity)
        yield Reckoned("max_position_per_instrument", worst, position)


def _values(
    instrument: InstrumentKey,
    order: OrderTold,
    reckoning: Reckoning,
    limits: Limits,
    decision: RiskDecided,
    route: OrderRouted | None,
) -> Iterator[Reckoned]:
    usd_a_unit = _usd_a_unit(instrument, _dearest(instrument, order.side, decision, route), limits)
    if usd_a_unit is None:
        return
    if limits.max_order_value_usd is not None:
        yield Reckoned("max_order_value", order.quantity * usd_a_unit, limits.max_order_value_usd)
    own = limit_of(limits.max_position_per_strategy_usd, order.strategy)
    if own is not None and reckoning.instruments_of(order.strategy) <= {instrument}:
        worst = reckoning.held(order.strategy, instrument).worst(order.side, order.quantity)
        yield Reckoned("max_position_per_strategy", worst * usd_a_unit, own)
    if not reckoning.instruments_of(None) <= {instrument}:
        return
    if limits.max_position_global_usd is not None:
        worst = reckoning.by_instrument[instrument].worst(order.side, order.quantity)
        yield Reckoned("max_position_global", worst * usd_a_unit, limits.max_position_global_usd)
    if limits.max_total_notional_usd is not None:
        held = reckoning.gross(instrument)
        marked = _usd_a_unit(instrument, _mark(instrument, reckoning, route), limits) if held else Fraction(0)
        if marked is not None:
            total = order.quantity * usd_a_unit + held * marked
            yield Reckoned("max_total_notional", total, limits.max_total_notional_usd)


def _usd_a_unit(instrument: InstrumentKey, price: Fraction | None, limits: Limits) -> Fraction | None:
    """Return what one unit is worth to 18 places, where the limits name the quote currency's rate; else None."""
    rate = limits.usd_per.get(instrument.quote)
    if rate is None:
        return None
    if instrument.is_inverse:
        return Fraction(rate)
    return None if price is None else Fraction(round(price * Fraction(rate) * 10**18), 10**18)


def _dearest(
    instrument: InstrumentKey, side: Side, decision: RiskDecided, route: OrderRouted | None
) -> Fraction | None:
    """Return the price that the decision recorded, or that of the quote which it looked at where that is dearer."""
    met = [
        Fraction(quote.ask if side is Side.BUY else quote.bid)
        for quote in (route.quotes if route is not None else ())
        if quote.instrument == instrument
    ]
    recorded = [] if decision.price is None else [Fraction(decision.price)]
    return max(met + recorded, default=None)


def _mark(instrument: InstrumentKey, reckoning: Reckoning, route: OrderRouted | None) -> Fraction | None:
    for quote in route.quotes if route is not None else ():
        if quote.instrument == instrument:
            return (Fraction(quote.bid) + Fraction(quote.ask)) / 2
    return reckoning.last_trades.get(instrument)
