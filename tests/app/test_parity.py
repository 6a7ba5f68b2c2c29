"""The same parents make the same children under every runtime, and what is not the same is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import takewhile
from typing import Any

import pytest

from adapters.ticks import GeneratedTicks, paper_instruments
from app.parity.accelerated import AcceleratedLoop
from app.parity.children import PlacedChild, QuoteTimes, differences
from app.parity.comparison import compare
from app.parity.plan import STYLES, plan_parents
from ports.errors import InvalidInputError
from ports.instruments import InstrumentKey
from ports.market_data import Quote, Trade
from ports.values import OrderType, Price, Side, TimeInForce

# Nautilus's engine asks pandas for the time in a way that pandas will drop.
pytestmark = pytest.mark.filterwarnings("ignore:Timestamp.utcnow is deprecated")
PERPETUAL = "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN"
SPOT = "BINANCE-SPOT:SPOT_PAIR:BTC-USDT"
INSTRUMENTS = [each for each in paper_instruments() if each.key in (PERPETUAL, SPOT)]


def ticks(seconds: int) -> list[Quote | Trade]:
    made = GeneratedTicks(INSTRUMENTS, 3, rate=8.0).stretch()
    first = next(made).received_ns
    kept = takewhile(lambda tick: tick.received_ns < first + seconds * 10**9, made)
    distinct = {tick.received_ns: tick for tick in kept}
    return list(distinct.values())


def quotes(seconds: int) -> list[Quote]:
    return [tick for tick in ticks(seconds) if isinstance(tick, Quote)]


@pytest.fixture(scope="module")
def found() -> Mapping[str, Any]:
    return compare(INSTRUMENTS, ticks(110), each=2)


def test_three_runtimes_place_and_trade_the_same_children(found: Mapping[str, Any]) -> None:
    assert found["differences"] == {"backtest": [], "wrapped": []}
    assert found["children"]["live"] == found["children"]["backtest"] == found["children"]["wrapped"]
    assert found["ok"], found["checks"]


def test_every_algorithm_is_worked_to_its_end(found: Mapping[str, Any]) -> None:
    assert found["by_algorithm"].keys() == STYLES.keys()
    assert all(counts["parents"] == 2 for counts in found["by_algorithm"].values())
    assert all(counts["children"] >= 6 for counts in found["by_algorithm"].values())
    assert sum(found["parents_by_end"].values()) == found["parents"]


def test_a_recording_too_short_for_a_parent_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="80 seconds"):
        plan_parents(quotes(70), INSTRUMENTS)


def test_every_parent_has_a_name_a_time_and_an_amount_of_its_own() -> None:
    planned = plan_parents(quotes(110), INSTRUMENTS)
    assert len({parent.terms.operation_id for parent in planned}) == len(planned) == 20 * len(STYLES)
    assert len({parent.at_ns for parent in planned}) == len(planned)
    assert {parent.terms.side for parent in planned} == set(Side)
    assert all(parent.terms.quantity > 0 for parent in planned)


CHILD = PlacedChild(
    instrument=PERPETUAL,
    side=Side.BUY,
    quantity=Decimal("0.1"),
    order_type=OrderType.LIMIT,
    price=Decimal(100),
    time_in_force=TimeInForce.IOC,
    post_only=False,
    placed_ns=1_000,
    filled=Decimal("0.1"),
    paid=Decimal(10),
)


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"side": Side.SELL}, "side"),
        ({"quantity": Decimal("0.10001")}, "quantity"),
        ({"price": Decimal("100.1")}, "price"),
        ({"price": None}, "price"),
        ({"time_in_force": TimeInForce.GTC}, "time_in_force"),
        ({"filled": Decimal("0.05")}, "filled"),
        ({"paid": Decimal("10.01")}, "paid"),
        ({"placed_ns": 3_000}, "time"),
    ],
)
def test_one_word_that_differs_is_one_difference(changed: Mapping[str, Any], what: str) -> None:
    near = QuoteTimes([_quote_at(1_000), _quote_at(2_000), _quote_at(3_000)])
    (difference,) = differences({("p", 1): CHILD}, {("p", 1): replace(CHILD, **changed)}, near)
    assert (difference.parent, difference.child, difference.what) == ("p", 1, what)


def test_a_time_is_near_while_no_quote_came_between() -> None:
    near = QuoteTimes([_quote_at(1_000), _quote_at(2_000), _quote_at(3_000)])
    assert near.are_near(PERPETUAL, 1_000, 2_000)
    assert near.are_near(PERPETUAL, 2_999, 2_001)
    assert not near.are_near(PERPETUAL, 2_001, 1_999)
    assert not near.are_near(PERPETUAL, 1_000, 3_000)


def test_a_child_that_only_one_run_has_is_a_difference() -> None:
    near = QuoteTimes([])
    assert [each.what for each in differences({("p", 1): CHILD}, {}, near)] == ["child"]
    assert [each.live for each in differences({}, {("p", 1): CHILD}, near)] == ["none"]


def test_equal_numbers_written_otherwise_are_no_difference() -> None:
    other = replace(CHILD, quantity=Decimal("0.100"), price=Decimal("100.0"))
    assert not differences({("p", 1): CHILD}, {("p", 1): other}, QuoteTimes([]))


def test_what_falls_due_at_the_time_of_a_quote_comes_after_it() -> None:
    loop = AcceleratedLoop(10**18)
    said: list[tuple[str, int]] = []

    async def quote() -> None:
        await loop.just_before(10**18 + 5_000_000_007, 2)
        said.append(("quote", loop.now_ns()))

    async def together() -> None:
        loop.call_later(5.000000007, lambda: said.append(("timer", loop.now_ns())))
        await quote()
        await loop.just_before(10**18 + 6_000_000_000, 1)

    try:
        loop.run_until_complete(together())
    finally:
        loop.close()
    assert said == [("quote", 10**18 + 5_000_000_007), ("timer", 10**18 + 5_000_000_007)]


def _quote_at(received_ns: int) -> Quote:
    return Quote(
        instrument=InstrumentKey(PERPETUAL),
        bid=Price(Decimal(99)),
        ask=Price(Decimal(100)),
        bid_size=Decimal(1),
        ask_size=Decimal(1),
        event_time_ns=received_ns,
        received_ns=received_ns,
    )
