"""Limits changed live: what loosens waits for a second person where that is asked for, what tightens is at once."""

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest

from core.control_rules import ControlRules
from core.limit_changes import changes_between
from ports.commands import ApproveLimits, Limits, SetLimits
from ports.facts import LimitsProposalEnded, LimitsProposed, LimitsSet, ProposalEnd
from ports.limits import LIMIT_FIELDS, LimitKind, SelfTrade
from ports.replies import ControlReply, NotPermitted, UnknownSubject
from ports.values import CONFIGURATION, OrderStatus, Principal

from fakes.desk import SECOND_NS, Desk
from fakes.sayings import PERP, submit

ANN, BEN, CAT = Principal("ann"), Principal("ben"), Principal("cat")
TIGHT = Limits(max_order_quantity={"*": Decimal(1)}, usd_per={"USDT": Decimal(1)})
LOOSE = replace(TIGHT, max_order_quantity={"*": Decimal(2)})


def two_persons(**rules: Any) -> Desk:
    desk = Desk(controls=ControlRules(two_person_limits=True, approval_within_ns=60 * SECOND_NS, **rules))
    desk.receive(wanted(TIGHT, CONFIGURATION))
    return desk


def wanted(limits: Limits, who: Principal, **more: Any) -> SetLimits:
    return SetLimits(limits=limits, principal=who, reason="busy market", **more)


def word(proposal_id: str, who: Principal, *, approve: bool = True) -> ApproveLimits:
    return ApproveLimits(proposal_id=proposal_id, approve=approve, principal=who, reason="seen")


def proposed(desk: Desk, limits: Limits = LOOSE, who: Principal = ANN) -> str:
    (reply,) = desk.receive(wanted(limits, who)).replies
    assert isinstance(reply, ControlReply)
    assert (reply.changed, bool(reply.waits_as)) == (False, True)
    return reply.waits_as


def ends(desk: Desk) -> list[ProposalEnd]:
    return [fact.end for fact in desk.facts if isinstance(fact, LimitsProposalEnded)]


def goes_out(desk: Desk, name: str, quantity: str) -> bool:
    desk.receive(submit(name, buy=quantity))
    return desk.status(name) is OrderStatus.SUBMITTED


def test_what_loosens_waits_and_the_next_order_meets_the_old_limits() -> None:
    desk = two_persons()
    proposed(desk)
    assert desk.actor.book.limits == TIGHT
    assert not goes_out(desk, "a", "1.5")


def test_a_second_person_puts_it_in_force_at_the_next_order_and_both_are_on_record() -> None:
    desk = two_persons()
    name = proposed(desk)
    assert desk.receive(word(name, BEN)).replies == (ControlReply(changed=True),)
    assert goes_out(desk, "a", "1.5")
    fact = [fact for fact in desk.facts if isinstance(fact, LimitsSet)][-1]
    assert (fact.principal, fact.approved_by, fact.reason) == (ANN, BEN, "busy market")
    assert [(one.name, one.old, one.new, one.loosens) for one in fact.changes] == [
        ("max_order_quantity", "*: 1", "*: 2", True)
    ]
    assert ends(desk) == [ProposalEnd.APPROVED]


def test_who_proposed_it_cannot_approve_it_and_may_withdraw_it() -> None:
    desk = two_persons()
    name = proposed(desk)
    assert isinstance(desk.receive(word(name, ANN)).replies[0], NotPermitted)
    assert desk.actor.book.limits == TIGHT
    desk.receive(word(name, ANN, approve=False))
    assert (ends(desk), desk.actor.book.limits) == ([ProposalEnd.REFUSED], TIGHT)
    assert isinstance(desk.receive(word(name, BEN)).replies[0], UnknownSubject)


def test_where_officers_are_named_one_of_them_has_to_approve() -> None:
    desk = two_persons(risk_officers=(CAT,))
    name = proposed(desk)
    assert isinstance(desk.receive(word(name, BEN)).replies[0], NotPermitted)
    desk.receive(word(name, CAT))
    assert desk.actor.book.limits == LOOSE


def test_what_tightens_is_in_force_at_once_and_ends_what_waits() -> None:
    desk = two_persons()
    name = proposed(desk)
    tighter = replace(TIGHT, max_order_quantity={"*": Decimal("0.5")})
    assert desk.receive(wanted(tighter, BEN)).replies == (ControlReply(changed=True),)
    assert ends(desk) == [ProposalEnd.SUPERSEDED]
    assert isinstance(desk.receive(word(name, BEN)).replies[0], UnknownSubject)  # it would undo the tightening
    assert desk.actor.book.limits == tighter


def test_a_document_that_does_both_waits_whole() -> None:
    desk = two_persons()
    both = replace(LOOSE, max_orders_per_second=1)
    proposed(desk, both)
    assert desk.actor.book.limits == TIGHT


def test_asked_again_it_is_the_same_proposal_and_another_takes_its_place() -> None:
    desk = two_persons()
    first = proposed(desk)
    assert proposed(desk) == first
    second = proposed(desk, replace(TIGHT, max_order_quantity={"*": Decimal(3)}))
    assert second != first
    assert ends(desk) == [ProposalEnd.SUPERSEDED]
    assert isinstance(desk.receive(word(first, BEN)).replies[0], UnknownSubject)


def test_it_expires() -> None:
    desk = two_persons()
    name = proposed(desk)
    desk.pass_time(60)
    assert isinstance(desk.receive(word(name, BEN)).replies[0], UnknownSubject)
    assert (ends(desk), desk.actor.book.limits) == ([ProposalEnd.EXPIRED], TIGHT)


def test_just_before_it_expires_it_can_be_approved() -> None:
    desk = two_persons()
    name = proposed(desk)
    desk.pass_time(60, ns=-1)
    desk.receive(word(name, BEN))
    assert desk.actor.book.limits == LOOSE


def test_it_waits_through_a_restart() -> None:
    desk = two_persons()
    name = proposed(desk)
    desk.restart()
    desk.receive(word(name, BEN))
    assert desk.actor.book.limits == LOOSE


def test_what_another_process_had_approved_waits_no_second_time() -> None:
    desk = two_persons()
    desk.receive(wanted(LOOSE, ANN, approved_by=BEN))
    assert desk.actor.book.limits == LOOSE


def test_a_configuration_is_in_force_at_a_start_and_says_what_it_changed() -> None:
    desk = two_persons()
    desk.receive(wanted(LOOSE, CONFIGURATION))
    fact = [fact for fact in desk.facts if isinstance(fact, LimitsSet)][-1]
    assert (fact.principal, [change.name for change in fact.changes]) == (CONFIGURATION, ["max_order_quantity"])


def test_without_the_rule_one_person_is_enough(desk: Desk) -> None:
    desk.receive(wanted(TIGHT, ANN))
    desk.receive(wanted(LOOSE, ANN))
    assert desk.actor.book.limits == LOOSE
    assert not [fact for fact in desk.facts if isinstance(fact, LimitsProposed)]


# -- what counts as loosening

LOOSER: dict[LimitKind, tuple[Any, Any]] = {
    LimitKind.SWITCH: (True, False),
    LimitKind.COUNT: (5, 6),
    LimitKind.AMOUNT: (Decimal(5), Decimal("5.1")),
    LimitKind.AMOUNT_BY_INSTRUMENT: ({PERP: Decimal(5)}, {PERP: Decimal(6)}),
    LimitKind.AMOUNT_BY_STRATEGY: ({"a": Decimal(5)}, {}),
    LimitKind.AMOUNT_BY_VENUE: ({"*": Decimal(5)}, {"*": Decimal(5), "OKX": Decimal(6)}),
    LimitKind.AMOUNT_BY_CURRENCY: ({"*": Decimal(5), "BTC": Decimal(3)}, {"*": Decimal(5)}),
    LimitKind.COUNT_BY_VENUE: ({"OKX": Decimal(5)}, {"OKX": Decimal(6)}),
    LimitKind.DAY_MS: (5, 6),
    LimitKind.SELF_TRADE: (SelfTrade.REFUSE, SelfTrade.ALLOW),
    LimitKind.INSTRUMENTS: ((PERP,), ()),
    LimitKind.CURRENCIES: (("LUNA",), ()),
    LimitKind.STRATEGIES: (("a", "b"), ("a",)),
    LimitKind.VENUES: (("OKX",), ("BYBIT",)),
    LimitKind.HOURS: ({"OKX": "MON 01:00-02:00"}, {}),
}
ASKS_FOR_MORE = {"min_order_quantity", "min_order_value", "duplicate_window_ms"}
RECKONED_FROM = {
    *("runaway_window_ms", "volume_window_ms", "reference_max_age_ms", "messages_per_trade_from"),
    *("price_move_window_ms", "concentration_from", "leverage", "usd_per"),
}
ONE_WAY = [field for field in LIMIT_FIELDS if field.name not in ASKS_FOR_MORE | RECKONED_FROM]


def change(attribute: str, old: Any, new: Any) -> bool:
    """Whether one change of one limit lets more through."""
    (one,) = changes_between(replace(Limits(), **{attribute: old}), replace(Limits(), **{attribute: new}))
    return one.loosens


@pytest.mark.parametrize("field", ONE_WAY, ids=lambda field: field.name)
def test_of_every_limit_it_is_known_which_way_lets_more_through(field: Any) -> None:
    before, after = LOOSER[field.kind]
    assert change(field.attribute, before, after)
    if field.kind not in (LimitKind.HOURS, LimitKind.VENUES):
        assert not change(field.attribute, after, before)


@pytest.mark.parametrize(("name", "less", "more"), [
    ("min_order_quantity", {"*": Decimal(1)}, {"*": Decimal(2)}),
    ("min_order_value_usd", Decimal(1), Decimal(2)),
    ("duplicate_window_ms", 5, 6),
])  # fmt: skip
def test_what_asks_for_more_tightens_by_growing(name: str, less: Any, more: Any) -> None:
    assert change(name, more, less)
    assert not change(name, less, more)


@pytest.mark.parametrize("field", [one for one in LIMIT_FIELDS if one.name in RECKONED_FROM], ids=lambda one: one.name)
def test_any_change_of_what_limits_are_reckoned_from_counts_as_loosening(field: Any) -> None:
    number: Any = Decimal(2) if field.kind is LimitKind.AMOUNT else 2
    some: Any = {"USDT": Decimal(2)} if isinstance(getattr(Limits(), field.attribute), dict) else number
    nothing = getattr(Limits(), field.attribute)
    assert change(field.attribute, nothing, some)
    assert change(field.attribute, some, nothing)


def test_a_limit_set_where_there_was_none_tightens() -> None:
    assert not change("max_order_value_usd", None, Decimal(5))
    assert change("max_order_value_usd", Decimal(5), None)
    assert not change("trading_hours", {}, {"OKX": "MON 01:00-02:00"})


def test_every_limit_that_differs_is_named_and_no_other() -> None:
    found = changes_between(TIGHT, replace(LOOSE, self_trade=SelfTrade.REFUSE))
    assert [one.name for one in found] == ["max_order_quantity", "self_trade"]
    assert changes_between(TIGHT, TIGHT) == ()
    assert {field.attribute for field in LIMIT_FIELDS} == {field.name for field in fields(Limits)}
