"""Profit and loss, exactly: nothing is ever lost to rounding, and hand-worked cases come out as worked by hand."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.positions.pnl import Holding, after_trade, average_entry_price, cash_flow, unrealized_pnl
from ports.instruments import InstrumentKey
from ports.values import exact

LINEAR = InstrumentKey("BYBIT:PERPETUAL:BTC-USDT@LIN")
INVERSE = InstrumentKey("DERIBIT:PERPETUAL:BTC-USD@INV")
SPOT = InstrumentKey("BINANCE-SPOT:SPOT_PAIR:BTC-USDT")
OPTION = InstrumentKey("DERIBIT:OPTION:BTC-USD-70000-291228-CALL@INV")
instruments = st.sampled_from([LINEAR, INVERSE, SPOT, OPTION])

amounts = st.decimals(min_value="0.000000000000000001", max_value=10**9, places=18)
prices = st.decimals(min_value="0.00000001", max_value=10**7, places=8)
signed = st.builds(lambda amount, sign: amount * sign, amounts.map(lambda a: a.normalize()), st.sampled_from([1, -1]))
trades = st.lists(st.tuples(signed, prices), max_size=12)
# Few different amounts, so that positions often come back to zero and often cross it.
flat_often = st.lists(
    st.tuples(st.sampled_from([Decimal(n) for n in (-3, -2, -1, 1, 2, 3)]), prices), min_size=1, max_size=12
)


def holding_after(instrument: InstrumentKey, done: list[tuple[Decimal, Decimal]]) -> Holding:
    holding = Holding()
    with exact():
        for quantity, price in done:
            holding = after_trade(holding, instrument, quantity, price)
    return holding


@given(instruments, trades | flat_often)
def test_realised_and_open_cash_are_the_sum_of_all_cash_flows_to_the_last_digit(
    instrument: InstrumentKey, done: list[tuple[Decimal, Decimal]]
) -> None:
    holding = holding_after(instrument, done)
    with exact():
        flows = sum((cash_flow(instrument, quantity, price) for quantity, price in done), Decimal(0))
        assert holding.realized_pnl + holding.open_cash == flows


@given(instruments, trades | flat_often)
def test_a_quantity_is_the_sum_of_its_trades(instrument: InstrumentKey, done: list[tuple[Decimal, Decimal]]) -> None:
    with exact():
        assert holding_after(instrument, done).quantity == sum((quantity for quantity, _ in done), Decimal(0))


@given(instruments, flat_often)
def test_flat_means_that_no_cash_is_open_and_no_average_is_told(
    instrument: InstrumentKey, done: list[tuple[Decimal, Decimal]]
) -> None:
    with exact():
        back = -sum((quantity for quantity, _ in done), Decimal(0))
    holding = holding_after(instrument, [*done, (back, Decimal(7))] if back else done)
    assert (holding.quantity, holding.open_cash) == (Decimal(0), Decimal(0))
    assert average_entry_price(instrument, holding.quantity, holding.open_cash) is None
    assert unrealized_pnl(instrument, holding.quantity, holding.open_cash, Decimal(7)) == 0


@given(instruments, trades.filter(bool), prices)
def test_closing_at_the_mark_realises_what_was_unrealised(
    instrument: InstrumentKey, done: list[tuple[Decimal, Decimal]], mark: Decimal
) -> None:
    holding = holding_after(instrument, done)
    with exact():
        unrealised = unrealized_pnl(instrument, holding.quantity, holding.open_cash, mark)
        if not holding.quantity:
            return
        closed = after_trade(holding, instrument, -holding.quantity, mark)
        difference = closed.realized_pnl - holding.realized_pnl - unrealised
        assert abs(difference) <= Decimal("1e-18")  # a valuation is rounded to 18 places, the ledger is not


@given(instruments, amounts, prices, st.sampled_from([1, -1]))
def test_a_trade_of_its_own_is_entered_at_its_own_price(
    instrument: InstrumentKey, amount: Decimal, price: Decimal, sign: int
) -> None:
    holding = holding_after(instrument, [(amount * sign, price)])
    average = average_entry_price(instrument, holding.quantity, holding.open_cash)
    if instrument.is_inverse:
        # Its cash is amount over price, rounded to 18 places: the average is as near as that allows.
        if holding.open_cash:
            assert average is not None
            off = abs(Fraction(amount) / Fraction(average) - Fraction(amount) / Fraction(price))
            assert off <= Fraction(1, 10**18) * (1 + Fraction(amount) / Fraction(average) / Fraction(average))
    else:
        assert average == price


@given(st.sampled_from([1, -1]), st.integers(0, 17))
def test_quantities_of_every_digit_that_a_column_holds_are_added_up(sign: int, scale: int) -> None:
    largest = Decimal("999999999999999999.999999999999999999")
    with exact():
        holding = after_trade(Holding(largest * sign, Decimal(0)), SPOT, -largest * sign, Decimal(1).scaleb(-scale))
    assert holding.quantity == 0


WORKED = [
    # name, instrument, trades, mark: quantity, open cash, average, realised, unrealised
    ("linear long", LINEAR, "1@50000 1@51000", 52000, ("2", "-101000", "50500", "0", "3000")),
    ("linear long, partly closed", LINEAR, "2@50000 -1@51000", 52000, ("1", "-50000", "50000", "1000", "2000")),
    ("linear short", LINEAR, "-2@50000", 49000, ("-2", "100000", "50000", "0", "2000")),
    ("linear short, closed at a loss", LINEAR, "-2@50000 2@50500", 49000, ("0", "0", None, "-1000", "0")),
    ("linear flip to short", LINEAR, "1@50000 -3@52000", 51000, ("-2", "104000", "52000", "2000", "2000")),
    ("linear flip to long", LINEAR, "-1@50000 3@52000", 51000, ("2", "-104000", "52000", "-2000", "-2000")),
    ("inverse long", INVERSE, "1000@40000", 50000, ("1000", "0.025", "40000", "0", "0.005")),
    ("inverse long, closed", INVERSE, "1000@40000 -1000@50000", 50000, ("0", "0", None, "0.005", "0")),
    ("inverse long, partly closed", INVERSE, "1000@40000 -400@50000", 50000,
     ("600", "0.015", "40000", "0.002", "0.003")),
    ("inverse short", INVERSE, "-1000@50000", 40000, ("-1000", "-0.02", "50000", "0", "0.005")),
    ("inverse short, at a loss", INVERSE, "-1000@40000", 50000, ("-1000", "-0.025", "40000", "0", "-0.005")),
    ("inverse flip", INVERSE, "1000@40000 -3000@50000", 40000, ("-2000", "-0.04", "50000", "0.005", "0.01")),
    ("inverse averages by coin, not by price", INVERSE, "1000@40000 1000@50000", 40000,
     ("2000", "0.045", "44444.444444444444444444", "0", "-0.005")),
    ("spot bought and sold", SPOT, "0.5@40000 -0.2@50000", 45000, ("0.3", "-12000", "40000", "2000", "1500")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "instrument", "done", "mark", "expected"), WORKED, ids=[case[0] for case in WORKED])
def test_cases_worked_by_hand(
    name: str, instrument: InstrumentKey, done: str, mark: int, expected: tuple[str | None, ...]
) -> None:
    steps = [(Decimal(quantity), Decimal(price)) for quantity, price in (step.split("@") for step in done.split())]
    holding = holding_after(instrument, steps)
    with exact():
        found = (
            holding.quantity,
            holding.open_cash,
            average_entry_price(instrument, holding.quantity, holding.open_cash),
            holding.realized_pnl,
            unrealized_pnl(instrument, holding.quantity, holding.open_cash, Decimal(mark)),
        )
    assert found == tuple(None if number is None else Decimal(number) for number in expected), name


def test_an_option_that_is_priced_in_its_base_earns_the_difference_of_its_prices_in_the_base() -> None:
    # Bought 2.5 at 0.0500 BTC: 0.125 BTC paid. Sold 1.0 at 0.0655 BTC: 0.0155 BTC earned. The other 1.5 are still
    # there, entered at 0.0500; at a mark of 0.0400 they have lost 0.015 BTC.
    held = holding_after(OPTION, [(Decimal("2.5"), Decimal("0.0500")), (Decimal("-1.0"), Decimal("0.0655"))])
    assert (held.quantity, held.realized_pnl, held.open_cash) == (Decimal("1.5"), Decimal("0.0155"), Decimal("-0.075"))
    assert average_entry_price(OPTION, held.quantity, held.open_cash) == Decimal("0.05")
    with exact():
        assert unrealized_pnl(OPTION, held.quantity, held.open_cash, Decimal("0.04")) == Decimal("-0.015")


def test_an_option_sold_short_keeps_what_it_brought_when_it_ends_worthless() -> None:
    held = holding_after(OPTION, [(Decimal(-10), Decimal("0.004"))])
    with exact():
        assert unrealized_pnl(OPTION, held.quantity, held.open_cash, Decimal(0)) == Decimal("0.04")
