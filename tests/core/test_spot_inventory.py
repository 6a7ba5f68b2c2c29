"""What is held of a spot pair: trades less the fees that its venue took out of what was bought."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.invariants import check
from core.positions.pnl import position_change
from ports.commands import BustTrade
from ports.facts import Fact, OrderFilled, PositionChanged
from ports.instruments import InstrumentKey
from ports.values import Currency, Money, Principal, Side, TradeId

from fakes.desk import Desk, digest, folded, through_json
from fakes.sayings import ACCOUNTS, INVERSE, PERP, SPOT, submit, traded

BASE, QUOTE, OTHER = SPOT.base, SPOT.quote, Currency("BNB")


def bought(desk: Desk, quantity: str, fee: str, currency: Currency, *, at: str = "2000", name: str = "op-1") -> None:
    """Let an order buy, at a fee in some currency."""
    desk.receive(submit(name, instrument=SPOT, buy=quantity))
    desk.receive(traded(name, f"t-{name}", quantity, at, instrument=SPOT, fee=fee, currency=currency))


def last(desk: Desk) -> PositionChanged:
    return [fact for fact in desk.facts if isinstance(fact, PositionChanged)][-1]


def test_a_fee_in_the_base_asset_is_not_held(desk: Desk) -> None:
    bought(desk, "2", "0.002", BASE)
    held = last(desk)
    assert (held.quantity, desk.position(SPOT)) == (Decimal("1.998"), Decimal("1.998"))
    assert desk.actor.book.exposure.of_instrument(SPOT).position == Decimal("1.998")
    assert held.average_entry_price == Decimal(2000)
    assert held.fees == {BASE: Decimal("0.002")}


@pytest.mark.parametrize("currency", [QUOTE, OTHER])
def test_a_fee_in_any_other_currency_leaves_the_amount_whole(desk: Desk, currency: Currency) -> None:
    bought(desk, "2", "0.002", currency)
    assert (desk.position(SPOT), last(desk).fees) == (Decimal(2), {currency: Decimal("0.002")})


def test_what_is_left_after_the_fee_can_be_sold_and_nothing_is_held_then(desk: Desk) -> None:
    bought(desk, "2", "0.002", BASE)
    desk.receive(submit("op-2", instrument=SPOT, sell="1.998"))
    desk.receive(traded("op-2", "t-2", "1.998", "2100", side=Side.SELL, instrument=SPOT))
    held = last(desk)
    assert (held.quantity, held.open_cash, held.realized_pnl) == (Decimal(0), Decimal(0), Decimal("199.8"))
    assert held.realized_pnl - Decimal("0.002") * 2000 == Decimal("1.998") * 2100 - 2 * 2000  # got less paid


def test_a_rebate_in_the_base_asset_is_held(desk: Desk) -> None:
    bought(desk, "2", "-0.0002", BASE)
    assert desk.position(SPOT) == Decimal("2.0002")


def test_an_order_whose_fee_was_taken_is_filled_all_the_same(desk: Desk) -> None:
    bought(desk, "2", "0.002", BASE)
    assert desk.order("op-1").filled_quantity == Decimal(2)
    assert desk.reserved(SPOT) == (Decimal(0), Decimal(0))


def test_a_busted_trade_takes_back_no_more_than_was_held(desk: Desk) -> None:
    bought(desk, "2", "0.002", BASE)
    desk.receive(
        BustTrade(
            account=ACCOUNTS[SPOT],
            instrument=SPOT,
            trade_id=TradeId("t-op-1"),
            principal=Principal("ann"),
            reason="annulled",
        )
    )
    held = last(desk)
    assert (held.quantity, held.open_cash, set(held.fees.values())) == (Decimal(0), Decimal(0), {Decimal(0)})


@pytest.mark.parametrize("instrument", [PERP, INVERSE])
def test_no_derivative_is_paid_for_with_its_own_position(instrument: InstrumentKey) -> None:
    assert position_change(instrument, Decimal(2), Money(Decimal("0.1"), instrument.base)) == 2


def test_the_book_folds_alike_and_its_judges_agree(desk: Desk) -> None:
    bought(desk, "2", "0.002", BASE)
    bought(desk, "1", "0.5", OTHER, name="op-2")
    assert digest(folded(through_json(desk.facts))) == digest(desk.actor)
    assert all(finding.ok for finding in check(desk.run()).values())


def test_a_judge_finds_a_position_that_forgot_the_fee(desk: Desk) -> None:
    bought(desk, "2", "0.002", BASE)
    run = desk.run()

    def forgetful(fact: Fact) -> Fact:
        return replace(fact, quantity=Decimal(2)) if isinstance(fact, PositionChanged) else fact

    entries = tuple(replace(entry, fact=forgetful(entry.fact)) for entry in run.entries)
    assert not check(replace(run, entries=entries))["position_equals_fills"].ok


@given(some.lists(some.tuples(some.booleans(), some.integers(1, 500), some.integers(-5, 5)), max_size=20))
def test_what_is_held_is_what_the_trades_brought_less_what_they_cost(trades: list[tuple[bool, int, int]]) -> None:
    desk, expected = Desk((SPOT,)), Decimal(0)
    for number, (is_buy, cents, fee) in enumerate(trades):
        quantity, paid = Decimal(cents) / 100, Decimal(fee) / 1000
        side = Side.BUY if is_buy else Side.SELL
        amounts = (str(quantity), None) if is_buy else (None, str(quantity))
        desk.receive(submit(f"op-{number}", instrument=SPOT, buy=amounts[0], sell=amounts[1]))
        name = (f"op-{number}", f"t-{number}")
        desk.receive(traded(*name, str(quantity), "2000", side=side, instrument=SPOT, fee=str(paid), currency=BASE))
        expected += (quantity if is_buy else -quantity) - paid
    assert len([fact for fact in desk.facts if isinstance(fact, OrderFilled)]) == len(trades)
    assert desk.position(SPOT) == expected
    assert check(desk.run())["position_equals_fills"].ok
