"""Controls that act by themselves: each trips for its reason and no other, and stays until the right person resumes."""

from decimal import Decimal
from typing import Any

import pytest

from core.control_rules import ControlRules, CountedTrip, TimedTrip
from core.invariants import check
from core.tripping import LOOK_NS
from ports.commands import HaltMode, HaltScope, LiftHalt, RaiseHalt
from ports.facts import BreakKind, HaltRaised
from ports.replies import ControlReply, NotPermitted
from ports.reports import VenueOrderStatus
from ports.requests import SendOrder
from ports.values import SYSTEM, OrderStatus, Principal, Side

from fakes.desk import SECOND_NS, Desk
from fakes.sayings import ACCOUNTS, MOMENTUM, PERP, halt, quote, resume, said, set_limits, submit, traded

OFFICER, TRADER = Principal("risk-desk"), Principal("trader")
ACCOUNT = ACCOUNTS[PERP]
GLOBAL = (HaltScope.GLOBAL, "")


def watched(**rules: Any) -> Desk:
    """A desk whose controls trip by these rules."""
    return Desk(controls=ControlRules(**rules))


def trips(desk: Desk) -> list[tuple[str, str, str, HaltMode]]:
    """What tripped, in order: which control, which scope, in which mode."""
    raised = [fact for fact in desk.facts if isinstance(fact, HaltRaised) and fact.trip is not None]
    return [(str(fact.trip), str(fact.scope), fact.value, fact.mode) for fact in raised]


def lift(scope: tuple[HaltScope, str], who: Principal) -> LiftHalt:
    return LiftHalt(scope=scope[0], value=scope[1], principal=who, reason="looked at it")


def hold(desk: Desk, strategy: str = MOMENTUM) -> None:
    """One bought at 50000."""
    desk.receive(submit(f"in-{strategy}", buy="1", strategy=strategy))
    desk.receive(traded(f"in-{strategy}", f"t-{strategy}", "1"))


def at(desk: Desk, price: int) -> None:
    """The perpetual's mid is there; a second passes."""
    desk.receive(quote(PERP, f"{price - 1}", f"{price + 1}", desk.now_ns))
    desk.pass_time(ns=LOOK_NS)


def reject(desk: Desk, operation_id: str, strategy: str = MOMENTUM) -> None:
    desk.receive(submit(operation_id, buy="1", strategy=strategy))
    desk.receive(said(operation_id, VenueOrderStatus.REJECTED, reason="no"))


# -- loss


@pytest.mark.parametrize(
    ("limits", "scope"),
    [
        ({"max_daily_loss_usd": Decimal(1000)}, GLOBAL),
        ({"max_drawdown_usd": Decimal(1000)}, GLOBAL),
        ({"max_daily_loss_per_strategy_usd": {MOMENTUM: Decimal(1000)}}, (HaltScope.STRATEGY, MOMENTUM)),
        ({"max_drawdown_per_strategy_usd": {"*": Decimal(1000)}}, (HaltScope.STRATEGY, MOMENTUM)),
    ],
)
def test_a_loss_beyond_its_limit_halts_whose_it_is_within_a_second_and_without_an_order(
    limits: dict[str, Any], scope: tuple[HaltScope, str]
) -> None:
    desk = watched(loss=HaltMode.HALT)
    desk.receive(set_limits(**limits))
    hold(desk)
    at(desk, 49000)  # exactly the limit
    assert trips(desk) == []
    at(desk, 48999)
    assert trips(desk) == [("LOSS", *scope, HaltMode.HALT)]
    at(desk, 48000)
    assert len(trips(desk)) == 1
    desk.receive(submit("more", buy="0.1"))
    assert desk.order("more").reason_code == "RISK_HALT"


def test_a_loss_that_flattens_closes_what_is_held() -> None:
    desk = watched(loss=HaltMode.FLATTEN)
    desk.receive(set_limits(max_daily_loss_usd=Decimal(1000)))
    hold(desk)
    desk.receive(submit("rests", buy="1", at="40000"))
    at(desk, 48000)
    sells = [one.request for one in desk.releases if isinstance(one.request, SendOrder)]
    assert (sells[-1].side, sells[-1].quantity) == (Side.SELL, Decimal(1))
    assert desk.status("rests") is OrderStatus.PENDING_CANCEL
    assert not [found.violations for found in check(desk.run()).values() if not found.ok]


def test_the_loss_of_one_strategy_leaves_the_others_trading() -> None:
    desk = watched(loss=HaltMode.HALT)
    desk.receive(set_limits(max_daily_loss_per_strategy_usd={"*": Decimal(1000)}))
    hold(desk)
    at(desk, 48000)
    desk.receive(submit("other", buy="0.1", strategy="other"))
    assert desk.status("other") is OrderStatus.SUBMITTED


def test_resumed_while_the_loss_is_beyond_its_limit_it_trips_again_until_the_limit_is_raised() -> None:
    desk = watched(loss=HaltMode.HALT)
    desk.receive(set_limits(max_daily_loss_usd=Decimal(1000)))
    hold(desk)
    at(desk, 48000)
    desk.receive(lift(GLOBAL, OFFICER))
    desk.pass_time(ns=LOOK_NS)
    assert len(trips(desk)) == 2
    desk.receive(set_limits(max_daily_loss_usd=Decimal(5000)))
    desk.receive(lift(GLOBAL, OFFICER))
    desk.pass_time(ns=3 * LOOK_NS)
    assert len(trips(desk)) == 2


def test_without_a_price_nobody_is_halted_for_a_loss_that_is_not_known() -> None:
    desk = Desk(instruments=(PERP,), controls=ControlRules(loss=HaltMode.HALT))
    desk.receive(set_limits(max_daily_loss_usd=Decimal(1000), usd_per={}))
    hold(desk)
    at(desk, 40000)
    assert trips(desk) == []


def test_limits_that_are_switched_off_trip_nothing() -> None:
    desk = watched(loss=HaltMode.HALT)
    desk.receive(set_limits(max_daily_loss_usd=Decimal(1000), enabled=False))
    hold(desk)
    at(desk, 40000)
    assert trips(desk) == []


def test_it_goes_on_looking_after_a_restart_and_what_tripped_is_halted_still() -> None:
    desk = watched(loss=HaltMode.HALT)
    desk.receive(set_limits(max_daily_loss_usd=Decimal(1000)))
    hold(desk)
    desk.restart()
    desk.connect(ACCOUNT)
    at(desk, 48000)
    assert len(trips(desk)) == 1
    desk.restart()
    desk.connect(ACCOUNT)
    desk.receive(submit("after", buy="0.1"))
    assert desk.order("after").reason_code == "RISK_HALT"


def test_one_chain_of_looks_however_often_it_was_started() -> None:
    desk = watched(loss=HaltMode.HALT)
    old = [wake for wake in desk.wakes if wake.token.startswith("trips|")]
    desk.restart()
    desk.wakes += old  # a timer of an earlier life that was not forgotten
    desk.pass_time(ns=3 * LOOK_NS)
    assert len([wake for wake in desk.wakes if wake.token.startswith("trips|")]) == 1


# -- rejections

TWO = CountedTrip(count=2, window_ns=10 * SECOND_NS, mode=HaltMode.CANCEL)


def test_more_rejections_than_the_limit_halt_their_strategy_and_take_back_its_orders() -> None:
    desk = watched(rejections=TWO)
    desk.receive(submit("rests", buy="1", at="49000"))
    reject(desk, "a")
    reject(desk, "b")
    assert trips(desk) == []
    reject(desk, "c", strategy="other")
    assert trips(desk) == []
    reject(desk, "d")
    assert trips(desk) == [("REJECTIONS", "strategy", MOMENTUM, HaltMode.CANCEL)]
    assert desk.status("rests") is OrderStatus.PENDING_CANCEL


def test_what_risk_refuses_counts_as_rejected() -> None:
    desk = watched(rejections=TWO)
    desk.receive(set_limits(max_order_quantity={"*": Decimal(1)}))
    for name in "abc":
        desk.receive(submit(name, buy="2"))
    assert trips(desk) == [("REJECTIONS", "strategy", MOMENTUM, HaltMode.CANCEL)]


def test_what_a_halt_refuses_does_not_count() -> None:
    desk = watched(rejections=TWO)
    desk.receive(halt(HaltScope.STRATEGY, MOMENTUM))
    for name in "abcd":
        desk.receive(submit(name, buy="1"))
    desk.receive(resume(HaltScope.STRATEGY, MOMENTUM))
    reject(desk, "e")
    assert trips(desk) == []


def test_rejections_that_left_the_window_do_not_count() -> None:
    desk = watched(rejections=TWO)
    reject(desk, "a")
    reject(desk, "b")
    desk.pass_time(ns=TWO.window_ns)
    reject(desk, "c")
    assert trips(desk) == []


def test_who_resumed_has_seen_the_rejections_before() -> None:
    desk = watched(rejections=TWO)
    for name in "abc":
        reject(desk, name)
    desk.pass_time(1)
    desk.receive(lift((HaltScope.STRATEGY, MOMENTUM), OFFICER))
    desk.pass_time(1)
    reject(desk, "d")
    reject(desk, "e")
    assert len(trips(desk)) == 1
    reject(desk, "f")
    assert len(trips(desk)) == 2


def test_a_restart_forgets_no_rejection() -> None:
    desk = watched(rejections=TWO)
    reject(desk, "a")
    reject(desk, "b")
    desk.restart()
    desk.connect(ACCOUNT)
    reject(desk, "c")
    assert len(trips(desk)) == 1


# -- disconnect

AWAY = TimedTrip(after_ns=5 * SECOND_NS, mode=HaltMode.HALT)


def test_an_account_that_is_away_for_too_long_is_halted_and_stays_so_when_it_is_back() -> None:
    desk = watched(disconnect=AWAY)
    desk.disconnect()
    desk.pass_time(5)
    assert trips(desk) == []
    desk.pass_time(1)
    assert trips(desk) == [("DISCONNECT", "account", ACCOUNT, HaltMode.HALT)]
    desk.connect(ACCOUNT)
    desk.receive(submit("back", buy="1"))
    assert desk.order("back").reason_code == "RISK_HALT"


def test_one_that_is_back_in_time_is_not_halted() -> None:
    desk = watched(disconnect=AWAY)
    desk.disconnect()
    desk.pass_time(4)
    desk.connect(ACCOUNT)
    desk.pass_time(20)
    assert trips(desk) == []


def test_a_service_that_was_down_gives_its_accounts_their_time_again() -> None:
    desk = watched(disconnect=AWAY)
    desk.disconnect()
    desk.now_ns += 3600 * SECOND_NS
    desk.restart()
    desk.pass_time(4)
    for account in desk.accounts:
        desk.connect(account)
    desk.pass_time(20)
    assert trips(desk) == []


def test_who_resumed_an_account_that_is_still_away_gets_its_time_once_more() -> None:
    desk = watched(disconnect=AWAY)
    desk.disconnect()
    desk.pass_time(7)
    desk.receive(lift((HaltScope.ACCOUNT, ACCOUNT), OFFICER))
    desk.pass_time(4)
    assert len(trips(desk)) == 1
    desk.pass_time(3)
    assert len(trips(desk)) == 2


# -- a break, or a message that fails


def test_a_break_of_a_named_kind_halts_its_instrument_by_a_control() -> None:
    desk = Desk(halt_on_breaks=[BreakKind.OVERFILL])
    desk.receive(submit("a", buy="1"))
    desk.receive(traded("a", "t-1", "1"))
    desk.receive(traded("a", "t-2", "0.5"))
    assert trips(desk) == [("BREAK", "instrument", PERP, HaltMode.HALT)]


def test_messages_that_fail_again_and_again_halt_everything() -> None:
    desk = watched(failures=CountedTrip(count=1, window_ns=60 * SECOND_NS, mode=HaltMode.CANCEL))
    desk.quarantine(submit("a", buy="1"), "ValueError")
    assert trips(desk) == [("FAILURES", "instrument", PERP, HaltMode.HALT)]
    desk.pass_time(30)
    desk.quarantine(submit("b", buy="1"), "ValueError")
    assert trips(desk)[-1] == ("FAILURES", "global", "", HaltMode.CANCEL)


def test_failures_that_are_far_apart_do_not() -> None:
    desk = watched(failures=CountedTrip(count=1, window_ns=SECOND_NS, mode=HaltMode.CANCEL))
    desk.quarantine(submit("a", buy="1"), "ValueError")
    desk.pass_time(2)
    desk.quarantine(submit("b", buy="1"), "ValueError")
    assert not [one for one in trips(desk) if one[1] == "global"]


# -- who resumes


def tripped(**rules: Any) -> Desk:
    """An account was away for too long."""
    desk = watched(disconnect=AWAY, **rules)
    desk.disconnect()
    desk.pass_time(7)
    desk.connect(ACCOUNT)
    return desk


def test_only_a_risk_officer_resumes_what_tripped() -> None:
    desk = tripped(risk_officers=(OFFICER,))
    key = (HaltScope.ACCOUNT, ACCOUNT)
    (reply,) = desk.receive(lift(key, TRADER)).replies
    assert isinstance(reply, NotPermitted)
    assert "risk-desk" in reply.remedy
    assert desk.actor.book.halts.get(*key) is not None
    assert desk.receive(lift(key, OFFICER)).replies == (ControlReply(changed=True),)


def test_nobody_makes_it_weaker_who_may_not_resume_it_and_everybody_may_make_it_stricter() -> None:
    desk = tripped(risk_officers=(OFFICER,))
    weaker, stricter = (
        RaiseHalt(scope=HaltScope.ACCOUNT, value=ACCOUNT, mode=mode, principal=TRADER, reason="as I like it")
        for mode in (HaltMode.REDUCE, HaltMode.CANCEL)
    )
    assert isinstance(desk.receive(weaker).replies[0], NotPermitted)
    assert desk.receive(stricter).replies == (ControlReply(changed=True),)
    (reply,) = desk.receive(lift((HaltScope.ACCOUNT, ACCOUNT), TRADER)).replies
    assert isinstance(reply, NotPermitted)  # it is the control's still


def test_without_officers_every_person_may_and_the_service_itself_never() -> None:
    desk = tripped()
    key = (HaltScope.ACCOUNT, ACCOUNT)
    assert isinstance(desk.receive(lift(key, SYSTEM)).replies[0], NotPermitted)
    assert desk.receive(lift(key, TRADER)).replies == (ControlReply(changed=True),)


def test_what_a_person_halted_any_person_resumes() -> None:
    desk = watched(risk_officers=(OFFICER,))
    desk.receive(halt())
    assert desk.receive(lift(GLOBAL, TRADER)).replies == (ControlReply(changed=True),)


def test_what_a_person_halted_more_strictly_stays_so_and_becomes_the_controls() -> None:
    desk = watched(disconnect=AWAY, risk_officers=(OFFICER,))
    desk.receive(halt(HaltScope.ACCOUNT, ACCOUNT, HaltMode.FLATTEN))
    desk.disconnect()
    desk.pass_time(7)
    assert trips(desk) == [("DISCONNECT", "account", ACCOUNT, HaltMode.FLATTEN)]
    assert isinstance(desk.receive(lift((HaltScope.ACCOUNT, ACCOUNT), TRADER)).replies[0], NotPermitted)


def test_by_default_nothing_trips_and_nothing_is_looked_at(desk: Desk) -> None:
    desk.receive(set_limits(max_daily_loss_usd=Decimal(1)))
    hold(desk)
    at(desk, 40000)
    desk.disconnect()
    desk.pass_time(3600)
    assert (trips(desk), [wake for wake in desk.wakes if wake.token.startswith("trips|")]) == ([], [])
