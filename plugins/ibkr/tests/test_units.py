"""The parts that need no TWS: settings, the meaning of codes, exact numbers, trades joined in any order."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ib_async.objects import CommissionReport

from livexec_ibkr.calendars import CALENDARS, Sessions, load
from livexec_ibkr.exact import ExactDecoder, exact
from livexec_ibkr.executions import Executed, Executions, newest
from livexec_ibkr.factory import IbkrFactory
from livexec_ibkr.meanings import Meaning, meaning_of
from livexec_ibkr.pacing import NoRoomError, Pace
from livexec_ibkr.settings import IbkrSettings
from ports.errors import InvalidInputError, NotSentError
from ports.instruments import InstrumentKey
from ports.reports import FillReport
from ports.requests import SendOrder
from ports.values import AccountId, ClientOrderId, OrderType, Quantity, Side, TimeInForce

KEY = InstrumentKey("IBKR:EQUITY:AAPL-USD")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("port", "0"),
        ("client_id", "one"),
        ("account_id", "my account"),
        ("account", "PAPER-1"),
        ("instruments", ""),
        ("instruments", "DERIBIT:PERPETUAL:BTC-USD@INV"),
        ("instruments", f"{KEY}=apple"),
        ("instruments", "IBKR:INDEX:SPX-USD"),
        ("market_data", "frozen"),
        ("trading_hours", "night"),
        ("no_such", "x"),
    ],
)
def test_a_setting_that_is_wrong_is_refused_by_name(field: str, value: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        IbkrSettings.read({"instruments": KEY, field: value})
    assert refused.value.field == field


def test_the_factory_lists_every_setting_that_it_reads() -> None:
    factory = IbkrFactory()
    made = factory.session({"instruments": KEY, "account": "desk"})
    assert (made.venue, made.account) == ("IBKR", "desk")
    assert {one.name for one in factory.settings} >= {"host", "port", "client_id", "account_id", "instruments"}


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (201, Meaning.REFUSED),
        (202, Meaning.CANCELED),
        (399, Meaning.WARNING),
        (2109, Meaning.WARNING),
        (10148, Meaning.NOT_CANCELABLE),
        (104, Meaning.NOT_CHANGED),
        (354, Meaning.MARKET_DATA),
        (1100, Meaning.LOST),
        (1101, Meaning.BACK_LOSSY),
        (1102, Meaning.BACK),
        (103, Meaning.DOUBT),  # a number that was used: by which order, nobody says
        (504, Meaning.DOUBT),
        (99999, Meaning.DOUBT),
    ],
)
def test_only_what_proves_it_is_a_refusal(code: int, meaning: Meaning) -> None:
    assert meaning_of(code, "words") is meaning


@settings(max_examples=40, deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=8))
def test_every_digit_is_read_and_no_other(value: Decimal) -> None:
    assert exact(f"{value:f}") == value


def test_a_message_that_cannot_be_read_is_told_and_one_that_nobody_knows_is_not() -> None:
    told: list[str] = []
    decoder = ExactDecoder(SimpleNamespace(orderStatus=lambda *_: None), told.append)
    decoder.interpret(["3", "7", "Submitted", "ten", "0"])
    assert "no number" in told[0]
    decoder.interpret(["999", "news of tomorrow"])
    assert len(told) == 1


def test_a_time_without_a_zone_is_not_guessed() -> None:
    told: list[str] = []
    decoder = ExactDecoder(SimpleNamespace(), told.append)
    decoder.interpret(["11", *["0"] * 14, "20291101  10:00:00", *["0"] * 20])
    assert "no zone" in told[0]


def test_what_was_sent_within_a_second_leaves_no_room_but_for_cancels() -> None:
    now = [0.0]
    pace = Pace(10, lambda: now[0])
    assert pace.orders_left == 6  # of nine, for the clocks differ, three are for cancels


async def test_an_order_that_finds_no_room_is_told_so_and_a_cancel_finds_it() -> None:
    pace = Pace(10, lambda: 0.0)
    for _ in range(6):
        await pace.take(within_s=0.01)
    with pytest.raises(NoRoomError):
        await pace.take(within_s=0.01)
    await pace.take(within_s=0.01, is_cancel=True)


def an_execution(trade: str, revision: str = "01", price: str = "10") -> Executed:
    return Executed(
        trade=trade,
        revision=revision,
        execution_id=f"{trade}.{revision}",
        instrument=KEY,
        client_order_id=ClientOrderId("x1"),
        perm_id=5,
        client_id=1,
        side=Side.BUY,
        quantity=Decimal(1),
        price=Decimal(price),
        currency="USD",
        total=Decimal(1),
        liquidity=None,
        time_ns=1,
    )


@settings(max_examples=60, deadline=None)
@given(st.permutations([(kind, trade) for kind in ("execution", "commission", "again") for trade in "abc"]))
def test_each_trade_is_told_once_with_its_commission_in_whatever_order_both_come(told: list[tuple[str, str]]) -> None:
    fills: list[FillReport] = []
    executions = Executions(AccountId("IBKR-MAIN"), fills.append, OrderedDict())
    for kind, trade in told:
        if kind == "commission":
            amount: object = Decimal(ord(trade))
            executions.commission(CommissionReport(f"{trade}.01", amount, "USD"))  # type: ignore[arg-type]  # exact
        else:
            executions.hear(an_execution(trade))
    assert sorted((str(one.trade_id), int(one.fee.amount)) for one in fills) == [(one, ord(one)) for one in "abc"]


def commission_of(execution_id: str, amount: str) -> CommissionReport:
    exactly: object = Decimal(amount)
    return CommissionReport(execution_id, exactly, "USD")  # type: ignore[arg-type]  # exact


def test_a_correction_before_the_commission_takes_the_place_of_what_it_corrects() -> None:
    fills: list[FillReport] = []
    executions = Executions(AccountId("IBKR-MAIN"), fills.append, OrderedDict())
    first, second = an_execution("a"), an_execution("a", "02", "9.5")
    for one in (first, second, first):
        executions.hear(one)
    executions.commission(commission_of("a.02", "1"))
    assert [(str(one.trade_id), Decimal(one.price), one.revision) for one in fills] == [("a", Decimal("9.5"), 4)]
    assert newest([second, first]) == [second]


def test_a_correction_of_a_told_trade_is_told_with_its_own_commission_or_in_the_end_with_the_one_before() -> None:
    fills: list[FillReport] = []
    executions = Executions(AccountId("IBKR-MAIN"), fills.append, OrderedDict())
    executions.hear(an_execution("a"))
    executions.commission(commission_of("a.01", "1"))
    assert executions.hear(an_execution("a", "02", "9.5"))
    assert not executions.hear(an_execution("a"))
    executions.give_up("a")
    executions.commission(commission_of("a.02", "2"))
    executions.commission(commission_of("a.02", "2"))
    told = [(one.revision, str(one.price), str(one.fee.amount)) for one in fills]
    assert told == [(2, "10", "1"), (3, "9.5", "1"), (4, "9.5", "2")]


def test_what_was_told_without_its_commission_is_told_again_when_that_comes_on_whatever_connection() -> None:
    fills: list[FillReport] = []
    bare: OrderedDict[str, Executed] = OrderedDict()
    before, after = (Executions(AccountId("IBKR-MAIN"), fills.append, bare) for _ in range(2))
    before.hear(an_execution("a"))
    before.give_up("a")
    assert "a.01" in after.trouble()
    after.seen(an_execution("a"))
    after.commission(commission_of("a.01", "1"))
    assert [(one.revision, str(one.fee.amount)) for one in fills] == [(1, "0"), (2, "1")]
    assert after.trouble() == ""


@pytest.mark.parametrize(
    ("exchange", "moment", "is_open", "opens"),
    [
        ("NASDAQ", "2026-11-23T14:29", False, "2026-11-23T14:30"),
        ("NASDAQ", "2026-11-23T14:30", True, None),
        ("NASDAQ", "2026-11-26T15:00", False, "2026-11-27T14:30"),  # Thanksgiving
        ("NASDAQ", "2026-11-27T18:30", False, "2026-11-30T14:30"),  # which is followed by a short day
        ("TSEJ", "2026-11-24T02:45", False, "2026-11-24T03:30"),  # lunch
        ("IBIS", "2026-11-23T09:00", True, None),
    ],
)
async def test_sessions_know_holidays_early_closes_and_lunch(
    exchange: str, moment: str, is_open: bool, opens: str | None
) -> None:
    name, now_ns = CALENDARS[exchange], nanos(moment)
    sessions = (await load([name], nanos("2026-11-23T00:00")))[name]
    assert sessions.is_open(now_ns) is is_open
    if opens is not None:
        assert sessions.next_open(now_ns) == datetime.fromisoformat(f"{opens}+00:00")


async def test_only_what_has_to_trade_at_once_waits_for_the_session() -> None:
    sessions = Sessions("XNYS", [(nanos("2026-11-23T14:30"), nanos("2026-11-23T21:00"))])
    night, day = nanos("2026-11-23T09:00"), nanos("2026-11-23T15:00")
    with pytest.raises(NotSentError, match="closed until 2026-11-23 14:30 UTC"):
        sessions.check(an_order(OrderType.MARKET), night)
    sessions.check(an_order(OrderType.MARKET), day)
    sessions.check(an_order(OrderType.LIMIT), night)


def an_order(kind: OrderType) -> SendOrder:
    return SendOrder(
        account=AccountId("IBKR-MAIN"),
        instrument=KEY,
        client_order_id=ClientOrderId("x1"),
        side=Side.BUY,
        quantity=Quantity(Decimal(1)),
        order_type=kind,
        price=None,
        time_in_force=TimeInForce.GTC,
        expire_time_ns=None,
        post_only=False,
    )


def nanos(moment: str) -> int:
    return int(datetime.fromisoformat(f"{moment}+00:00").timestamp()) * 1_000_000_000
