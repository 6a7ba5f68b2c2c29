"""`livexec bench algos`: what a hundred working parents cost, beside NautilusTrader's own TWAP on the same quotes."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, Final, NamedTuple

from adapters.nautilus.backtest import TimedCommand, shown
from adapters.nautilus.listing import Listing
from adapters.nautilus.plain_backtest import PlainRun, Primary, nautilus_twap, run_primaries
from adapters.ticks import GeneratedTicks, paper_instruments
from app.backtest import BacktestRun
from app.checks import Check, as_json, percentile
from app.nautilus_algorithms import TWAPExecAlgorithm
from ports.commands import OrderTerms, SubmitOrder
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import Quote
from ports.values import OperationId, OrderType, Principal, Quantity, Side, StrategyId, TimeInForce

PARENTS: Final = 100
_KEY: Final = InstrumentKey("BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN")
_ROUNDS: Final = 5
_LIMIT: Final = 1.2
_RATE: Final = 200.0  # quotes and trades a second, as recorded
_CHILDREN: Final = 10
_SECOND_NS: Final = 1_000_000_000
_AMOUNT: Final = Decimal("0.5")


class _Market(NamedTuple):
    """The same quotes in our words and in Nautilus's."""

    instrument: Instrument
    quotes: Sequence[Quote]
    listings: Mapping[InstrumentKey, Listing]
    ticks: Sequence[Any]


def bench_algos(quotes: int = 200_000, progress: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """Work a hundred TWAP parents over `quotes` made quotes, by turns in three ways; processor time of each run.

    `nautilus`: its BacktestEngine with the TWAP that it ships. `wrapped`: our TWAP in the same engine. `hosted`: the
    whole core in that engine, every child judged and recorded. The ratios are the median round's: what runs one after
    the other meets the same machine.
    """
    (instrument,) = (each for each in paper_instruments() if each.key == _KEY)
    made = _quotes(instrument, quotes)
    market = _Market(instrument, made, *shown([instrument], made))
    primaries = _primaries(made)
    busy: dict[str, list[float]] = {"nautilus": [], "wrapped": [], "hosted": []}
    children: dict[str, int] = {}
    gc.collect()
    gc.freeze()  # or whoever makes the most objects pays for looking through all the ticks, which are nobody's garbage
    for number in range(_ROUNDS):
        for name, run in (("nautilus", _nautilus), ("wrapped", _wrapped), ("hosted", _hosted)):
            gc.collect()
            seconds, children[name] = run(market, primaries)
            busy[name].append(seconds)
        progress(
            f"round {number + 1} of {_ROUNDS}: " + ", ".join(f"{name} {all_[-1]:.2f} s" for name, all_ in busy.items())
        )
    median = {name: percentile(seconds, 50) for name, seconds in busy.items()}
    checks = [
        Check.at_most("wrapped_time_over_nautilus", _ratio(busy, "wrapped"), _LIMIT, "ratio"),
        Check.at_most("hosted_time_over_nautilus", _ratio(busy, "hosted"), _LIMIT, "ratio"),
        Check.equal("wrapped_children", children["wrapped"], PARENTS * _CHILDREN, "children"),
        Check.equal("hosted_children", children["hosted"], PARENTS * _CHILDREN, "children"),
    ]
    return {
        "ok": all(check.ok for check in checks),
        "quotes": len(made),
        "parents": len(primaries),
        "children": children,
        "quotes_per_second": {name: round(len(made) / seconds) for name, seconds in median.items()},
        "busy_s": {name: round(seconds, 3) for name, seconds in median.items()},
        "checks": as_json(checks),
    }


def _ratio(busy: Mapping[str, Sequence[float]], name: str) -> float:
    """Return what a run took for one of `nautilus` in the same round, in the median round."""
    return percentile((ours / theirs for ours, theirs in zip(busy[name], busy["nautilus"], strict=True)), 50)


def _quotes(instrument: Instrument, count: int) -> list[Quote]:
    ticks = GeneratedTicks([instrument], 7, rate=_RATE).stretch()
    return list(islice((tick for tick in ticks if isinstance(tick, Quote)), count))


def _primaries(quotes: Sequence[Quote]) -> list[Primary]:
    """Return a hundred parents that are worked over nine tenths of the quotes, all at the same time."""
    span_s = (quotes[-1].received_ns - quotes[0].received_ns) // _SECOND_NS
    interval_s = max(span_s * 8 // 10 // _CHILDREN, 1)
    begin_ns = quotes[0].received_ns + span_s * _SECOND_NS // 20
    return [
        Primary(
            at_ns=begin_ns + number * (span_s * _SECOND_NS // 20 // PARENTS),
            name=f"P-{number}",
            instrument=_KEY,
            side=Side.BUY if number % 2 else Side.SELL,
            quantity=_AMOUNT,
            price=None,
            algorithm="TWAP",
            params={"horizon_secs": interval_s * _CHILDREN, "interval_secs": interval_s},
        )
        for number in range(PARENTS)
    ]


def _nautilus(market: _Market, primaries: Sequence[Primary]) -> tuple[float, int]:
    return _of(run_primaries(market.listings, market.ticks, primaries, [nautilus_twap()]))


def _wrapped(market: _Market, primaries: Sequence[Primary]) -> tuple[float, int]:
    return _of(run_primaries(market.listings, market.ticks, primaries, [TWAPExecAlgorithm()]))


def _of(run: PlainRun) -> tuple[float, int]:
    return run.busy_s, len(run.spawned)


def _hosted(market: _Market, primaries: Sequence[Primary]) -> tuple[float, int]:
    run = BacktestRun([market.instrument])
    run.run(market.quotes, [TimedCommand(primary.at_ns, _submit(primary)) for primary in primaries])
    children = sum(order.terms.parent_operation_id is not None for order in run.actor.book.oms.all_orders())
    return run.busy_s, children


def _submit(primary: Primary) -> SubmitOrder:
    terms = OrderTerms(
        operation_id=OperationId(primary.name),
        strategy_id=StrategyId("bench"),
        instrument=primary.instrument,
        side=primary.side,
        quantity=Quantity(primary.quantity),
        order_type=OrderType.MARKET,
        price=None,
        time_in_force=TimeInForce.GTC,
        exec_algorithm=primary.algorithm,
        exec_algorithm_params={name: str(value) for name, value in primary.params.items()},
    )
    return SubmitOrder(terms=terms, principal=Principal("bench"), received_ns=primary.at_ns)
