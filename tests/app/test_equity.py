"""Equity, drawdown, fees and funding of any history, against what pandas makes of the same trades by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

import pandas as pd  # type: ignore[import-untyped]  # its stubs are a package of their own
from hypothesis import given, settings
from hypothesis import strategies as some

from app.equity import EquityCurve, MarkSample, max_drawdown
from core.positions.ledger import PositionLedger
from ports.facts import Fact, FoundBy, FundingPaid, OrderFilled
from ports.instruments import InstrumentKey
from ports.journal import Entry
from ports.results import EquityRow
from ports.values import Liquidity, Money, Price, Quantity, Side, StrategyId, TradeId, exact

from fakes.sayings import ACCOUNTS, INVERSE, PERP

ETHER: Final = InstrumentKey("BINANCE-FUTURES:PERPETUAL:ETH-USDT@LIN")
KEYS: Final = (PERP, ETHER, INVERSE)  # a bitcoin is worth what the first of them says
STRATEGIES: Final = (StrategyId("slow"), StrategyId("fast"))
START: Final = Decimal(1_000_000)
FIRST: Final = Fraction(100)  # what everything is worth at the beginning
USD_PER: Final = {"USD": Decimal(1), "USDT": Decimal(1)}
ROUNDED: Final = Fraction(1, 10**15)  # the last of 18 places, of some positions, at a bitcoin's price


@dataclass(frozen=True)
class Step:
    """A trade of `amount` (negative: sold) at `price` with its fee, a payment of funding, or a look at the market."""

    kind: str
    key: InstrumentKey
    strategy: StrategyId
    amount: Decimal
    price: Decimal
    fee: Decimal


def steps(keys: Sequence[InstrumentKey]) -> some.SearchStrategy[list[Step]]:
    def cents(low: int, high: int) -> some.SearchStrategy[Decimal]:
        return some.integers(low, high).map(lambda number: Decimal(number) / 100)

    return some.lists(
        some.builds(
            Step,
            kind=some.sampled_from(("trade", "trade", "trade", "funding", "look")),
            key=some.sampled_from(keys),
            strategy=some.sampled_from(STRATEGIES),
            amount=some.one_of(cents(1, 5_000), cents(-5_000, -1)),
            price=cents(10_000, 9_000_000),
            fee=cents(-50, 500),
        ),
        min_size=1,
        max_size=25,
    )


def curve_of(history: Sequence[Step]) -> list[EquityRow]:
    """Return the curve as a run has it: facts of a ledger, and looks at the market between them."""
    ledger = PositionLedger()
    facts: list[tuple[int, Fact]] = []
    looks = [MarkSample(0, {key: Decimal(int(FIRST)) for key in KEYS})]
    with exact():
        for at_ns, step in enumerate(history, start=1):
            if step.kind == "look":
                looks.append(MarkSample(at_ns, {step.key: step.price}))
                continue
            fact = traded(step, at_ns) if step.kind == "trade" else paid(step, at_ns)
            changed = ledger.changed_by(fact) if isinstance(fact, OrderFilled) else ledger.paid_by(fact)
            ledger.apply(changed)
            facts += [(at_ns, fact), (at_ns, changed)]
    entries = [
        Entry(seq=number, ts_ns=at_ns, epoch=1, actor="a", cause="c", fact=fact)
        for number, (at_ns, fact) in enumerate(facts, start=1)
    ]
    return list(EquityCurve(START, USD_PER, (), {}).points(entries, looks))


def traded(step: Step, at_ns: int) -> OrderFilled:
    return OrderFilled(
        operation_id=None,
        status=None,
        filled_quantity=abs(step.amount),
        average_price=step.price,
        strategy_id=step.strategy,
        account=ACCOUNTS.get(step.key, ACCOUNTS[PERP]),
        instrument=step.key,
        trade_id=TradeId(f"t-{at_ns}"),
        side=Side.BUY if step.amount > 0 else Side.SELL,
        quantity=Quantity(abs(step.amount)),
        price=Price(step.price),
        fee=Money(step.fee, step.key.settlement),
        liquidity=Liquidity.TAKER,
        venue_order_id=None,
        found_by=FoundBy.STREAM,
        venue_time_ns=at_ns,
        learnt_ns=at_ns,
    )


def paid(step: Step, at_ns: int) -> FundingPaid:
    return FundingPaid(
        funding_id=TradeId(f"f-{at_ns}"),
        payment_id=TradeId(f"f-{at_ns}"),
        account=ACCOUNTS.get(step.key, ACCOUNTS[PERP]),
        strategy_id=step.strategy,
        instrument=step.key,
        currency=step.key.settlement,
        amount=step.amount,
        position=Decimal(0),
        venue_time_ns=at_ns,
        learnt_ns=at_ns,
    )


def by_pandas(history: Sequence[Step]) -> pd.DataFrame:
    """Return value, fees and drawdown at the beginning and after every step, in fractions, from sums of columns.

    The coins of an inverse trade are a quotient, and 18 places of one are booked: that much is a rule, not an error.
    """
    rows = pd.DataFrame([vars(step) for step in history]).map(
        lambda cell: Fraction(cell) if isinstance(cell, Decimal) else cell
    )
    value = pd.Series([Fraction(START)] * len(rows), dtype=object)
    fees = pd.Series([Fraction(0)] * len(rows), dtype=object)
    bitcoin = marks_of(rows, PERP)
    for key in KEYS:
        mark, rate = marks_of(rows, key), bitcoin if key == INVERSE else Fraction(1)
        of_key = rows["key"] == key
        value += rate * summed(rows["amount"], of_key & (rows["kind"] == "funding"))
        fees += rate * summed(rows["fee"], of_key & (rows["kind"] == "trade"))
        for strategy in STRATEGIES:
            own = of_key & (rows["strategy"] == strategy) & (rows["kind"] == "trade")
            held = summed(rows["amount"], own)
            if key == INVERSE:
                coins = (rows["amount"] / rows["price"]).map(booked)
                value += rate * (summed(coins, own) - (held / mark).map(booked))
            else:
                value += held * mark - summed(rows["amount"] * rows["price"], own)
    points = {"value": value - fees, "fees": fees}
    first = {"value": [Fraction(START)], "fees": [Fraction(0)]}
    found = pd.concat([pd.DataFrame(first, dtype=object), pd.DataFrame(points)], ignore_index=True)
    found["fall"] = found["value"].cummax() - found["value"]
    return found


def marks_of(rows: pd.DataFrame, key: InstrumentKey) -> pd.Series:
    """Return what a unit was worth after every step: its own last price that was traded or looked at."""
    seen = rows["price"].where((rows["key"] == key) & (rows["kind"] != "funding"), None)
    return seen.ffill().map(lambda price: FIRST if pd.isna(price) else price)


def summed(amounts: pd.Series, of: pd.Series) -> pd.Series:
    return amounts.where(of, Fraction(0)).cumsum()


def booked(amount: Fraction) -> Fraction:
    return round(amount, 18)


@settings(max_examples=40)
@given(steps((PERP, ETHER)))
def test_linear_equity_drawdown_fees_and_funding_are_right_to_the_last_digit(history: list[Step]) -> None:
    curve, found = curve_of(history), by_pandas(history)
    assert [Fraction(row.portfolio_value) for row in curve] == list(found["value"])
    assert [Fraction(row.fees) for row in curve] == list(found["fees"])
    assert Fraction(max_drawdown(curve)) == found["fall"].max()


@settings(max_examples=40)
@given(steps(KEYS))
def test_inverse_ones_are_right_but_for_the_places_that_are_booked(history: list[Step]) -> None:
    curve, found = curve_of(history), by_pandas(history)
    for row, value, fees in zip(curve, found["value"], found["fees"], strict=True):
        assert abs(Fraction(row.portfolio_value) - value) <= ROUNDED
        assert abs(Fraction(row.fees) - fees) <= ROUNDED
    assert abs(Fraction(max_drawdown(curve)) - found["fall"].max()) <= ROUNDED
