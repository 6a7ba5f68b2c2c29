"""What a venue says otherwise of a trade later: booked once, position and fee, whatever is repeated or restarted."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.invariants import check
from ports.commands import BustTrade
from ports.facts import PositionAdjusted, PositionChanged
from ports.reports import FillReport, OrderEvidence
from ports.values import Currency, Money, OrderStatus, Principal, TradeId

from fakes.desk import Desk, digest, folded, through_json
from fakes.sayings import ACCOUNTS, PERP, accepted, submit, traded

USDT = Currency("USDT")


def told(revision: int, quantity: str = "1", at: str = "50000", fee: str = "0.5") -> FillReport:
    return replace(traded("op-1", "t-1", quantity, at), fee=Money(Decimal(fee), USDT), revision=revision)


def last(desk: Desk) -> PositionChanged:
    return [fact for fact in desk.facts if isinstance(fact, PositionChanged)][-1]


def adjusted(desk: Desk) -> list[PositionAdjusted]:
    return [fact for fact in desk.facts if isinstance(fact, PositionAdjusted)]


@pytest.fixture
def bought(desk: Desk) -> Desk:
    """Return a desk with one trade, booked before its fee was known."""
    desk.receive(submit("op-1", buy="1"))
    desk.receive(told(1, fee="0"))
    return desk


def test_a_fee_that_comes_late_is_added_once_and_moves_no_position(bought: Desk) -> None:
    before = last(bought)
    for _ in range(2):
        bought.receive(told(2))
    (one,) = adjusted(bought)
    assert (one.quantity, one.fee, one.revision) == (Decimal(0), Decimal("0.5"), 2)
    after = last(bought)
    assert after.fees == {USDT: Decimal("0.5")}
    assert (after.quantity, after.open_cash, after.realized_pnl) == (
        before.quantity,
        before.open_cash,
        before.realized_pnl,
    )


def test_a_price_that_is_corrected_leaves_the_position_as_if_it_had_been_told_at_once(bought: Desk) -> None:
    bought.receive(told(2))
    bought.receive(replace(told(4, at="49000", fee="0.4"), corrects_only=True))
    after = last(bought)
    assert (after.quantity, after.average_entry_price, after.realized_pnl) == (Decimal(1), Decimal(49000), Decimal(0))
    assert after.fees == {USDT: Decimal("0.4")}
    assert "1 at 50000, fee 0.5 USDT is now 1 at 49000, fee 0.4 USDT" in adjusted(bought)[-1].reason
    assert bought.status("op-1") is OrderStatus.FILLED


def test_an_older_revision_and_a_repeat_change_nothing_and_neither_does_a_restart(bought: Desk) -> None:
    bought.receive(told(4, at="49000"))
    count = len(adjusted(bought))
    bought.restart()
    for one in (told(2), told(4, at="49000"), told(6, at="49000")):
        bought.receive(one)
    assert len(adjusted(bought)) == count
    assert last(bought).average_entry_price == Decimal(49000)


def test_a_correction_that_only_a_direct_answer_tells_is_booked_too(bought: Desk) -> None:
    answer = OrderEvidence(status=accepted("op-1"), fills=(told(4, at="49000"),), asked_ns=bought.now_ns)
    bought.receive(answer)
    assert last(bought).average_entry_price == Decimal(49000)


def test_a_trade_that_its_venue_annuls_leaves_nothing_and_may_come_back(bought: Desk) -> None:
    bought.receive(told(4, quantity="0", fee="0"))
    assert (last(bought).quantity, last(bought).fees) == (Decimal(0), {USDT: Decimal(0)})
    bought.receive(told(6, quantity="0.4"))
    assert (bought.position(), last(bought).fees) == (Decimal("0.4"), {USDT: Decimal("0.5")})


def test_a_bust_by_a_person_takes_back_what_stands_and_a_later_revision_is_booked_again(bought: Desk) -> None:
    bought.receive(told(4, quantity="0.8", at="49000"))
    bust = BustTrade(
        account=ACCOUNTS[PERP], instrument=PERP, trade_id=TradeId("t-1"), principal=Principal("ann"), reason="annulled"
    )
    bought.receive(bust)
    assert (last(bought).quantity, last(bought).open_cash) == (Decimal(0), Decimal(0))
    assert last(bought).fees == {USDT: Decimal(0)}
    bought.pass_time(1)
    bought.receive(told(6, quantity="0.7"))
    bought.receive(bust)
    assert bought.position() == Decimal("0.7")


def test_a_first_word_that_annuls_a_trade_or_corrects_one_of_before_our_time_books_nothing(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1"))
    desk.receive(told(4, quantity="0"))
    desk.receive(replace(told(6), corrects_only=True))
    assert (desk.position(), desk.status("op-1")) == (Decimal(0), OrderStatus.SUBMITTED)


_numbers = st.tuples(
    st.sampled_from(["0.5", "0.8", "1"]), st.sampled_from(["49000", "50000", "51000"]), st.sampled_from(["0", "0.5"])
)


@given(st.lists(_numbers, min_size=1, max_size=6), st.lists(st.integers(0, 5), max_size=6))
def test_whatever_is_corrected_and_repeated_the_newest_revision_stands_and_every_judge_agrees(
    revisions: list[tuple[str, str, str]], again: list[int]
) -> None:
    desk = Desk()
    desk.receive(submit("op-1", buy="1"))
    words = [told(number, quantity, at, fee) for number, (quantity, at, fee) in enumerate(revisions, start=1)]
    for one in words:
        desk.receive(one)
    for place in again:
        desk.receive(words[place % len(words)])
    quantity, at, fee = revisions[-1]
    held = last(desk)
    assert (held.quantity, held.realized_pnl + held.open_cash) == (Decimal(quantity), -Decimal(quantity) * Decimal(at))
    assert sum(held.fees.values()) == Decimal(fee)
    assert len({one.adjustment_id for one in adjusted(desk)}) == len(adjusted(desk))
    assert all(before.revision <= after.revision for before, after in pairwise(adjusted(desk)))
    assert digest(folded(through_json(desk.facts))) == digest(desk.actor)
    found = check(desk.run())
    assert found["position_equals_fills"].ok, found["position_equals_fills"].violations
