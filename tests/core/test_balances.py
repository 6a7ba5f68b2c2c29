"""Balances of spot accounts: what moves them without a trade is told once, and what a trade explains never."""

from dataclasses import replace

from core.invariants import check
from ports.commands import BreakReason, ResolveBreak
from ports.facts import BreakSettled
from ports.replies import InvalidOrder
from ports.values import Principal

from fakes.desk import Desk, digest, folded, through_json
from fakes.sayings import ACCOUNTS, INVERSE, SPOT, statement, submit, traded

MINE = ACCOUNTS[SPOT]


def say(desk: Desk, **balances: str) -> None:
    """The venue states the totals of the spot account; one that is left out is nothing."""
    stated = {currency: (total, total) for currency, total in balances.items()}
    desk.receive(statement(MINE, desk.now_ns, balances=stated))
    desk.pass_time(ns=1)


def known(desk: Desk, **balances: str) -> None:
    """The venue states the same twice."""
    for _ in range(2):
        say(desk, **balances)


def buy(desk: Desk, name: str = "op-1") -> None:
    """Buy 2 ETH at 2000 for a fee of 0.002 ETH."""
    desk.receive(submit(name, buy="2", instrument=SPOT))
    desk.receive(traded(name, f"t-{name}", "2", "2000", instrument=SPOT, fee="0.002", currency="ETH"))


def test_what_trades_and_fees_have_moved_is_explained(desk: Desk) -> None:
    known(desk, ETH="1", USDT="10000")
    buy(desk)
    for _ in range(3):
        say(desk, ETH="2.998", USDT="6000")
    assert desk.breaks() == []
    assert digest(folded(through_json(desk.facts))) == digest(desk.actor)


def test_a_statement_that_is_older_than_a_trade_is_no_break(desk: Desk) -> None:
    known(desk, ETH="1", USDT="10000")
    buy(desk)
    say(desk, ETH="1", USDT="10000")  # asked before the venue had booked it
    say(desk, ETH="2.998", USDT="6000")
    say(desk, ETH="2.998", USDT="6000")
    assert desk.breaks() == []


def test_what_nothing_explains_is_told_once_and_the_venue_is_believed_from_there_on(desk: Desk) -> None:
    known(desk, ETH="1", USDT="10000")
    for _ in range(4):
        say(desk, ETH="1", USDT="9000")
    (broke,) = desk.actor.book.breaks.values()
    assert (broke.kind, broke.account, "-1000 unexplained" in broke.detail) == ("BALANCE_DIFFERS", MINE, True)
    buy(desk)
    say(desk, ETH="2.998", USDT="5000")
    say(desk, ETH="2.998", USDT="5000")
    assert len(desk.breaks()) == 1
    assert all(one.ok for one in check(desk.run()).values())
    assert digest(folded(through_json(desk.facts))) == digest(desk.actor)


def test_a_balance_is_explained_by_saying_what_moved_it(desk: Desk) -> None:
    known(desk, ETH="1", USDT="10000")
    known(desk, ETH="1", USDT="9000")
    (break_id,) = desk.actor.book.breaks
    resolve = ResolveBreak(break_id=break_id, principal=Principal("ann"), how="to the cold wallet")
    (unsaid,) = desk.receive(resolve).replies
    assert isinstance(unsaid, InvalidOrder)
    assert (unsaid.field, "WITHDRAWAL" in unsaid.remedy, desk.breaks()) == ("reason", True, ["BALANCE_DIFFERS"])
    desk.receive(replace(resolve, reason=BreakReason.WITHDRAWAL))
    assert desk.breaks() == []
    (fact,) = [fact for fact in desk.facts if isinstance(fact, BreakSettled)]
    assert fact.reason is BreakReason.WITHDRAWAL
    assert digest(folded(through_json(desk.facts))) == digest(desk.actor)


def test_what_moved_a_balance_is_asked_of_no_other_break(desk: Desk) -> None:
    desk.receive(traded(None, "t-odd", "1", "2000", instrument=SPOT))
    (break_id,) = desk.actor.book.breaks
    resolve = ResolveBreak(break_id=break_id, principal=Principal("ann"), how="by hand", reason=BreakReason.FEE)
    (wrong,) = desk.receive(resolve).replies
    assert isinstance(wrong, InvalidOrder)
    assert (wrong.field, len(desk.breaks())) == ("reason", 1)


def test_a_currency_that_is_not_listed_any_more_is_gone(desk: Desk) -> None:
    known(desk, ETH="1", USDT="10000")
    for _ in range(2):
        say(desk, USDT="10000")
    assert desk.breaks() == ["BALANCE_DIFFERS"]


def test_a_difference_that_goes_away_is_forgotten(desk: Desk) -> None:
    for usdt in ("10000", "10000", "9000", "10000", "9000", "10000"):
        say(desk, USDT=usdt)
    assert desk.breaks() == []


def test_accounts_with_margin_are_not_compared(desk: Desk) -> None:
    for total in ("1", "1", "2", "2", "2"):
        desk.receive(statement(ACCOUNTS[INVERSE], desk.now_ns, balances={"BTC": (total, total)}))
        desk.pass_time(ns=1)
    assert desk.breaks() == []


def test_a_trade_under_way_at_the_very_first_statement_is_no_break(desk: Desk) -> None:
    buy(desk)
    say(desk, ETH="1", USDT="10000")  # asked before the trade
    for _ in range(3):
        say(desk, ETH="2.998", USDT="6000")
    assert desk.breaks() == []
