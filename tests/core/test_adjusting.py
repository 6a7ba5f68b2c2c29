"""What people put right: opening positions, transfers, busted trades."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.invariants import check
from ports.commands import AdjustmentKind, AdjustPosition, BustTrade, TransferPosition
from ports.facts import PositionChanged
from ports.replies import ControlReply, InvalidOrder, UnknownSubject
from ports.values import Price, Principal, StrategyId, TradeId

from fakes.desk import Desk, digest, folded, through_json
from fakes.sayings import ACCOUNTS, PERP, SPOT, submit, traded

FUTURES = ACCOUNTS[PERP]
ANN = Principal("ann")


def opening(quantity: str, at: str = "50000", name: str = "adj-1") -> AdjustPosition:
    return AdjustPosition(
        adjustment_id=TradeId(name),
        kind=AdjustmentKind.OPENING,
        account=FUTURES,
        strategy_id=StrategyId("momentum"),
        instrument=PERP,
        quantity=Decimal(quantity),
        price=Price(Decimal(at)),
        principal=ANN,
        reason="held before",
    )


def moved(quantity: str, at: str = "51000") -> TransferPosition:
    return TransferPosition(
        transfer_id=TradeId("tr-1"),
        account=FUTURES,
        from_strategy=StrategyId("momentum"),
        to_strategy=StrategyId("basis"),
        instrument=PERP,
        quantity=Decimal(quantity),
        price=Price(Decimal(at)),
        principal=ANN,
        reason="handed over",
    )


def test_an_opening_position_is_held_from_its_price_and_counts_as_exposure(desk: Desk) -> None:
    desk.receive(opening("-2"))
    changed = [fact for fact in desk.facts if isinstance(fact, PositionChanged)][-1]
    assert (changed.quantity, changed.average_entry_price) == (Decimal(-2), Decimal(50000))
    assert desk.actor.book.exposure.of_instrument(PERP).worst_case == Decimal(2)


def test_an_adjustment_counts_once_for_ever(desk: Desk) -> None:
    assert desk.receive(opening("2")).replies == (ControlReply(changed=True),)
    desk.restart()
    assert desk.receive(opening("2")).replies == (ControlReply(changed=False),)
    assert desk.position() == Decimal(2)


def test_a_transfer_leaves_the_account_as_it_was_and_realises_at_its_price(desk: Desk) -> None:
    desk.receive(opening("2"))
    desk.receive(moved("1.5"))
    assert (desk.position(), desk.position(strategy="basis")) == (Decimal("0.5"), Decimal("1.5"))
    assert desk.actor.book.positions.by_instrument(FUTURES) == {PERP: Decimal(2)}
    given, taken = [fact for fact in desk.facts if isinstance(fact, PositionChanged)][-2:]
    assert (given.realized_pnl, taken.realized_pnl) == (Decimal(1500), Decimal(0))
    assert taken.average_entry_price == Decimal(51000)


def test_a_transfer_counts_once(desk: Desk) -> None:
    desk.receive(moved("1"))
    assert desk.receive(moved("1")).replies == (ControlReply(changed=False),)
    assert desk.position(strategy="basis") == Decimal(1)


def test_a_busted_trade_takes_its_position_and_its_fee_back(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1"))
    desk.receive(traded("op-1", "t-1", "1", fee="0.5"))
    bust = BustTrade(account=FUTURES, instrument=PERP, trade_id=TradeId("t-1"), principal=ANN, reason="annulled")
    assert desk.receive(bust).replies == (ControlReply(changed=True),)
    assert desk.receive(bust).replies == (ControlReply(changed=False),)
    last = [fact for fact in desk.facts if isinstance(fact, PositionChanged)][-1]
    assert (last.quantity, last.open_cash, last.realized_pnl) == (Decimal(0), Decimal(0), Decimal(0))
    assert set(last.fees.values()) == {Decimal(0)}
    desk.receive(traded("op-1", "t-1", "1", fee="0.5"))  # the venue repeats it: it stays busted
    assert desk.position() == Decimal(0)


def test_a_trade_that_is_not_known_cannot_be_busted(desk: Desk) -> None:
    bust = BustTrade(account=FUTURES, instrument=PERP, trade_id=TradeId("t-9"), principal=ANN, reason="annulled")
    (reply,) = desk.receive(bust).replies
    assert isinstance(reply, UnknownSubject)
    assert reply.field == "trade_id"


@pytest.mark.parametrize("quantity", ["2", "-3"])
def test_adjusted_books_fold_alike_and_their_judges_agree(desk: Desk, quantity: str) -> None:
    desk.receive(opening(quantity))
    desk.receive(submit("op-1", buy="1"))
    desk.receive(traded("op-1", "t-1", "1", fee="0.5"))
    desk.receive(moved("1"))
    desk.receive(BustTrade(account=FUTURES, instrument=PERP, trade_id=TradeId("t-1"), principal=ANN, reason="annulled"))
    assert digest(folded(through_json(desk.facts))) == digest(desk.actor)
    findings = check(desk.run())
    assert (findings["position_equals_fills"].ok, findings["position_equals_fills"].examined) == (True, 5)


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (opening("0"), "quantity"),
        (replace(opening("1"), instrument=SPOT), "instrument_key"),
        (replace(moved("1"), to_strategy=StrategyId("momentum")), "to_strategy"),
    ],
)
def test_what_cannot_be_put_right_is_refused_by_field(desk: Desk, command: AdjustPosition, field: str) -> None:
    facts_before = len(desk.facts)
    (reply,) = desk.receive(command).replies
    assert isinstance(reply, InvalidOrder)
    assert (reply.field, len(desk.facts)) == (field, facts_before)


def test_an_id_that_comes_back_with_other_content_is_refused(desk: Desk) -> None:
    desk.receive(opening("1"))
    desk.receive(moved("1"))
    assert isinstance(desk.receive(opening("2")).replies[0], InvalidOrder)
    assert isinstance(desk.receive(moved("2")).replies[0], InvalidOrder)
    assert desk.receive(opening("5", name="tr-1:out")).replies == (ControlReply(changed=True),)  # another kind of id
