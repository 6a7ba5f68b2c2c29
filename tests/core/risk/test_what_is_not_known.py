"""A limit that names nobody here limits nobody here, and a rule that lacks what it needs refuses and says what."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ports.commands import CheckOrder, SubmitOrder
from ports.limits import LIMIT_FIELDS, LimitKind
from ports.replies import CheckReply
from ports.values import ZERO

from fakes.desk import Desk
from fakes.sayings import (
    ACCOUNTS,
    BYBIT_PERP,
    CALL,
    INVERSE,
    PERP,
    SPOT,
    TRADER,
    quote,
    set_limits,
    statement,
    submit,
    traded,
)

D = Decimal
OF_OTHERS = {
    LimitKind.AMOUNT_BY_INSTRUMENT: BYBIT_PERP,
    LimitKind.AMOUNT_BY_STRATEGY: "other",
    LimitKind.AMOUNT_BY_VENUE: "BYBIT",
    LimitKind.AMOUNT_BY_CURRENCY: "DOGE",
    LimitKind.COUNT_BY_VENUE: "BYBIT",
}
NO_RULES = ("leverage", "max_closing_slippage_bps")  # words of others
BY_KEY = [one for one in LIMIT_FIELDS if one.kind in OF_OTHERS and one.name not in NO_RULES]


def told(desk: Desk, order: SubmitOrder, rule: str) -> tuple[bool, str, str]:
    """What a rule says of an order: whether it passes, its value, the limit."""
    (reply,) = desk.receive(CheckOrder(terms=order.terms, principal=TRADER)).replies
    assert isinstance(reply, CheckReply)
    (one,) = [one for one in reply.verdicts if one.rule == rule]
    return one.passed, one.value, one.limit


@pytest.mark.parametrize("field", BY_KEY, ids=[one.name for one in BY_KEY])
@pytest.mark.parametrize("order", [submit("a", buy="1"), submit("a", buy="1", at="50000")], ids=["market", "limit"])
def test_a_limit_of_others_limits_nobody_here(desk: Desk, field: Any, order: SubmitOrder) -> None:
    of_others = 0 if field.kind is LimitKind.COUNT_BY_VENUE else ZERO
    desk.receive(set_limits(**{field.attribute: {OF_OTHERS[field.kind]: of_others}}))
    assert told(desk, order, field.name.removesuffix("_bps")) == (True, "not limited", "none")


@pytest.mark.parametrize("passive", ["", "passive_"])
def test_a_collar_lets_a_market_order_pass_and_wants_a_mid_for_a_limit(desk: Desk, passive: str) -> None:
    rule = f"{passive}price_collar"
    desk.receive(set_limits(**{f"{rule}_bps": {"*": D(100)}}))
    desk.receive(quote(PERP, "49999.9", "50000.1", desk.now_ns))
    assert told(desk, submit("a", buy="1"), rule) == (True, "no limit price", "100")
    assert told(desk, submit("a", buy="1", at="50000"), rule)[0]
    desk.pass_time(6)
    assert told(desk, submit("a", buy="1", at="50000"), rule) == (False, "unknown", "100")


def test_a_slippage_guard_judges_market_orders_alone_and_wants_a_fresh_quote(desk: Desk) -> None:
    desk.receive(set_limits(max_market_slippage_bps={"*": D(100)}))
    desk.receive(quote(PERP, "49999.9", "50000.1", desk.now_ns))
    assert told(desk, submit("a", buy="1", at="50000"), "max_market_slippage") == (True, "not a market order", "100")
    assert told(desk, submit("a", buy="0.1"), "max_market_slippage")[0]
    desk.pass_time(6)
    assert told(desk, submit("a", buy="0.1"), "max_market_slippage") == (False, "unknown", "100")


def test_a_concentration_is_not_judged_while_there_is_little_of_everything(desk: Desk) -> None:
    desk.receive(set_limits(max_concentration_bps={"BTC": D(5_000)}, concentration_from_usd=D(50_000)))
    assert told(desk, submit("a", buy="0.9"), "max_concentration") == (True, "not judged", "5000")
    assert told(desk, submit("a", buy="1"), "max_concentration") == (False, "10000", "5000")
    desk.receive(submit("own", buy="1"))
    assert desk.order("own").reason_code == "RISK_MAX_CONCENTRATION"


def test_a_share_of_a_volume_that_nobody_saw_is_refused(desk: Desk) -> None:
    desk.receive(set_limits(max_share_of_volume_bps={"*": D(100)}))
    assert told(desk, submit("a", buy="1"), "max_share_of_volume") == (False, "unknown", "100")


def test_a_least_order_is_refused_below_its_least_alone(desk: Desk) -> None:
    desk.receive(set_limits(min_order_quantity={PERP: D("0.5")}, min_order_value_usd=D(20_000)))
    assert told(desk, submit("a", buy="0.5"), "min_order_quantity") == (True, "0.5", "0.5")
    assert told(desk, submit("a", buy="0.499"), "min_order_quantity") == (False, "0.499", "0.5")
    assert told(desk, submit("a", buy="0.4", at="50000"), "min_order_value")[0]
    assert told(desk, submit("a", sell="0.399", at="50000"), "min_order_value")[:2] == (False, "19950")


def test_hours_of_others_close_nobody_here(desk: Desk) -> None:
    desk.receive(set_limits(trading_hours={"BYBIT": "MON 00:00-00:01"}))
    assert told(desk, submit("a", buy="1"), "trading_hours") == (True, "open", "always")
    assert not told(desk, submit("a", buy="1", instrument=BYBIT_PERP), "trading_hours")[0]


class Funds:
    """What the rule says of an account that has what is stated."""

    def __init__(self, desk: Desk, *venues: str, **leverage: Decimal) -> None:
        self.desk = desk
        desk.receive(set_limits(check_funds_at=venues, leverage={"*": D(10)}))

    def has(self, instrument: Any, currency: str, total: str) -> None:
        stated = statement(ACCOUNTS[instrument], self.desk.now_ns, balances={currency: (total, total)})
        self.desk.receive(stated)

    def told(self, order: SubmitOrder) -> tuple[bool, str, str]:
        return told(self.desk, order, "funds")


def test_funds_are_asked_at_the_venues_that_are_named(desk: Desk) -> None:
    funds = Funds(desk, "BYBIT")
    assert funds.told(submit("a", buy="1")) == (True, "not asked here", "none")
    assert funds.told(submit("a", buy="1", instrument=BYBIT_PERP)) == (False, "unknown", "the balance")


def test_margin_is_the_worst_case_of_all_that_settles_alike_through_leverage(desk: Desk) -> None:
    funds = Funds(desk, "*")
    funds.has(PERP, "USDT", "5000.01")
    funds.has(INVERSE, "BTC", "0.01")
    assert funds.told(submit("a", buy="1", at="50000")) == (True, "5000.01", "5000.01")
    assert funds.told(submit("a", buy="1.001", at="50000"))[:2] == (False, "5005.01001")
    desk.receive(submit("own", buy="0.4", at="50000"))
    assert funds.told(submit("a", buy="0.6", at="50000"))[:2] == (True, "5000.01")
    assert funds.told(submit("a", sell="1", at="50000"))[:2] == (True, "5000")  # the worst case is the sell alone
    assert funds.told(submit("a", buy="5000", at="50000", instrument=INVERSE))[:2] == (True, "0.009999000099990001")
    assert not funds.told(submit("a", buy="5010", at="50000", instrument=INVERSE))[0]


def test_spot_pays_with_what_is_not_reserved(desk: Desk) -> None:
    funds = Funds(desk, "*")
    assert funds.told(submit("a", buy="1", at="2000", instrument=SPOT)) == (False, "unknown", "the balance")
    funds.has(SPOT, "USDT", "2000")
    assert funds.told(submit("a", buy="1", at="2000", instrument=SPOT)) == (True, "2000", "2000")
    desk.receive(submit("own", buy="0.4", at="2000", instrument=SPOT))
    assert funds.told(submit("a", buy="0.6", at="2000", instrument=SPOT)) == (True, "1200", "1200")
    assert funds.told(submit("a", buy="0.61", at="2000", instrument=SPOT))[:2] == (False, "1220")
    desk.receive(traded("own", "t-1", "0.4", "2000", instrument=SPOT))
    assert funds.told(submit("a", sell="0.1", at="2000", instrument=SPOT))[1:] == ("unknown", "the balance")


def test_the_margin_of_an_option_is_not_known_and_it_is_refused() -> None:
    desk = Desk(instruments=(CALL, INVERSE))
    desk.receive(quote(CALL, "0.05", "0.06"))
    funds = Funds(desk, "*")
    assert funds.told(submit("a", buy="1", at="0.05", instrument=CALL)) == (False, "unknown", "the balance")
