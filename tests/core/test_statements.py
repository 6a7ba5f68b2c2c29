"""A venue's statement of a whole account, held against ours."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from core.reconciliation.accounts import AccountStatus
from ports.commands import HaltMode, HaltScope, ResolveBreak
from ports.facts import AccountReady, BreakKind, BreakOpened, BreakSettled, FoundBy, OrderFilled
from ports.replies import ControlReply, UnknownSubject
from ports.reports import FillReport, StatementUnanswered
from ports.requests import AskStatement, QueryOrder, SendCancel
from ports.values import OrderStatus, Principal

from fakes.desk import Desk
from fakes.sayings import ACCOUNTS, PERP, SPOT, accepted, cancel, client_id, halt, resume, statement, submit, traded

FUTURES = ACCOUNTS[PERP]


def say(desk: Desk, held: str | None = None, fills: Sequence[FillReport] = ()) -> None:
    """The venue states the account: what it holds of the one instrument (None: it keeps no positions), and trades."""
    desk.receive(statement(FUTURES, desk.now_ns, positions=None if held is None else {PERP: held}, fills=fills))


def test_no_order_goes_to_an_account_that_has_not_been_stated() -> None:
    desk = Desk(instruments=(PERP,))
    desk.disconnect(FUTURES)
    desk.come_up(FUTURES)
    assert desk.account_status(FUTURES) is AccountStatus.RECONCILING
    outcome = desk.receive(statement(FUTURES, desk.now_ns))
    assert [type(fact) for fact in outcome.facts][-1] is AccountReady


def test_a_session_that_comes_up_is_asked_for_everything_since_it_was_first_known(desk: Desk) -> None:
    desk.disconnect(FUTURES)
    first_ns = desk.now_ns
    desk.pass_time(100)
    outcome = desk.come_up(FUTURES)
    assert outcome.requests == (AskStatement(account=FUTURES, fills_since_ns=first_ns),)


def test_a_statement_that_is_not_answered_teaches_nothing_and_is_asked_for_again(desk: Desk) -> None:
    desk.disconnect(FUTURES)
    desk.come_up(FUTURES)
    facts_before = len(desk.facts)
    desk.receive(StatementUnanswered(account=FUTURES, reason="a page was missing"))
    assert len(desk.facts) == facts_before
    asked = [one for outcome in desk.pass_time(6) for one in outcome.requests if isinstance(one, AskStatement)]
    assert [one.account for one in asked if one.account == FUTURES] == [FUTURES]


def test_a_statement_is_asked_for_again_and_again_by_one_chain(desk: Desk) -> None:
    asked = []
    for _ in range(5):
        outcomes = desk.pass_time(60)
        asked += [one for outcome in outcomes for one in outcome.requests if isinstance(one, AskStatement)]
        for account in desk.accounts:
            desk.receive(statement(account, desk.now_ns))
    assert len(asked) == 5 * len(desk.accounts)


def test_a_missing_trade_is_found_by_the_statement_and_marked_as_found(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1"))
    desk.receive(accepted("op-1"))
    say(desk, fills=[traded("op-1", "lost", "1", fee="0.5")])
    found = [fact for fact in desk.facts if isinstance(fact, OrderFilled)]
    assert [fact.found_by for fact in found] == [FoundBy.QUESTION]
    assert (desk.status("op-1"), desk.position()) == (OrderStatus.FILLED, Decimal(1))


def test_a_trade_told_by_the_stream_and_by_the_statement_counts_once(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1"))
    desk.receive(traded("op-1", "t", "1", fee="0.5"))
    say(desk, fills=[traded("op-1", "t", "1", fee="0.5")])
    assert desk.position() == Decimal(1)


def test_an_order_that_the_statement_does_not_list_is_asked_about_and_not_ended(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1"))
    desk.receive(accepted("op-1"))
    desk.pass_time(2)
    outcome = desk.receive(statement(FUTURES, desk.now_ns))
    assert [one.client_order_id for one in outcome.requests if isinstance(one, QueryOrder)] == [client_id("op-1")]
    assert desk.status("op-1") is OrderStatus.ACCEPTED


def test_an_order_younger_than_the_venues_lag_is_not_missed(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1"))
    outcome = desk.receive(statement(FUTURES, desk.now_ns))
    assert [one for one in outcome.requests if isinstance(one, QueryOrder)] == []


def test_a_cancel_that_was_asked_for_is_sent_again_where_the_statement_lists_the_order(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1"))
    desk.receive(accepted("op-1"))
    desk.receive(cancel("op-1"))
    outcome = desk.receive(statement(FUTURES, desk.now_ns, open_orders=[accepted("op-1")]))
    assert [one.client_order_id for one in outcome.requests if isinstance(one, SendCancel)] == [client_id("op-1")]


def test_a_position_that_differs_once_is_only_looked_at_again(desk: Desk) -> None:
    say(desk, "3")
    assert desk.breaks() == []


def test_a_position_that_differs_twice_the_same_way_is_a_break_and_opens_one(desk: Desk) -> None:
    for _ in range(4):
        say(desk, "3")
        desk.pass_time(1)
    opened = [fact for fact in desk.facts if isinstance(fact, BreakOpened)]
    assert [(fact.kind, fact.instrument) for fact in opened] == [(BreakKind.POSITION_DIFFERS, PERP)]
    assert "0" in opened[0].detail
    assert "3" in opened[0].detail


def test_a_position_that_is_on_its_way_is_no_break(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1"))
    say(desk, "1")  # the venue's trade has not reached us yet
    desk.receive(traded("op-1", "t-1", "1"))
    say(desk, "1")
    assert desk.breaks() == []


def test_a_position_break_is_settled_when_the_venue_agrees_again(desk: Desk) -> None:
    for _ in range(2):
        say(desk, "1")
    desk.receive(submit("op-1", buy="1"))
    desk.receive(traded("op-1", "t-1", "1"))
    say(desk, "1")
    assert desk.breaks() == []
    assert [fact.principal for fact in desk.facts if isinstance(fact, BreakSettled)] == [None]


def test_a_venue_that_keeps_no_positions_opens_no_break(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1", instrument=SPOT))
    desk.receive(traded("op-1", "t-1", "1", instrument=SPOT))
    for _ in range(3):
        desk.receive(statement(ACCOUNTS[SPOT], desk.now_ns))
    assert desk.breaks() == []


def test_a_venue_that_keeps_positions_of_other_instruments_keeps_none_of_spot_pairs(desk: Desk) -> None:
    """One account may trade both: its coins are balances."""
    desk.receive(submit("op-1", buy="1", instrument=SPOT))
    desk.receive(traded("op-1", "t-1", "1", instrument=SPOT))
    for _ in range(3):
        desk.receive(statement(ACCOUNTS[SPOT], desk.now_ns, positions={}))
    assert desk.breaks() == []
    for _ in range(2):
        desk.receive(statement(ACCOUNTS[SPOT], desk.now_ns, positions={SPOT: "3"}))
    assert len(desk.breaks()) == 1  # where it lists one all the same, it counts


def test_a_statement_of_a_session_that_is_gone_changes_nothing(desk: Desk) -> None:
    desk.disconnect(FUTURES)
    facts_before = len(desk.facts)
    say(desk, "3", fills=[traded("op-1", "t-1", "1")])
    assert len(desk.facts) == facts_before


def test_a_person_settles_a_break_and_what_they_found_is_kept(desk: Desk) -> None:
    for _ in range(2):
        say(desk, "3")
    (break_id,) = desk.actor.book.breaks
    resolve = ResolveBreak(break_id=break_id, principal=Principal("ann"), how="an order placed by hand")
    assert desk.receive(resolve).replies == (ControlReply(changed=True),)
    assert desk.breaks() == []
    assert isinstance(desk.receive(resolve).replies[0], UnknownSubject)


@pytest.mark.parametrize(("kinds", "halted"), [((BreakKind.POSITION_DIFFERS,), True), ((BreakKind.OVERFILL,), False)])
def test_a_break_halts_its_instrument_where_its_kind_is_named_and_until_somebody_resumes_it(
    kinds: tuple[BreakKind, ...], halted: bool
) -> None:
    desk = Desk(halt_on_breaks=kinds)
    for _ in range(2):
        say(desk, "3")
    desk.receive(submit("op-1", buy="1"))
    assert (desk.status("op-1") is OrderStatus.REJECTED) is halted
    say(desk, "0")
    assert desk.breaks() == []
    desk.receive(submit("op-2", buy="1"))
    assert (desk.status("op-2") is OrderStatus.REJECTED) is halted
    desk.receive(resume(HaltScope.INSTRUMENT, PERP))
    desk.receive(submit("op-3", buy="1"))
    assert desk.status("op-3") is OrderStatus.SUBMITTED


def test_a_break_of_an_instrument_that_is_being_flattened_leaves_it_at_that() -> None:
    desk = Desk(halt_on_breaks=tuple(BreakKind))
    desk.receive(halt(HaltScope.INSTRUMENT, PERP, HaltMode.FLATTEN))
    for _ in range(2):
        say(desk, "3")
    in_force = desk.actor.book.halts.get(HaltScope.INSTRUMENT, PERP)
    assert in_force is not None
    assert in_force.mode is HaltMode.FLATTEN
