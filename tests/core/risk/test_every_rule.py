"""Every rule of the registry lets one order just pass and just refuses another, and says what would have passed."""

import re
from dataclasses import fields, replace
from decimal import Decimal

import pytest

from app.rule_cases.cases import CASES
from core.invariants import check
from core.risk.engine import rules_for
from core.risk.registry import BY_NAME, REGISTRY
from ports.commands import CheckOrder, Limits
from ports.facts import RiskDecided
from ports.limits import LIMIT_FIELDS
from ports.replies import CheckReply
from ports.values import OrderStatus, Quantity

from fakes.desk import Desk
from fakes.sayings import TRADER, accepted

SECONDARY = {"enabled", "usd_per", "max_closing_slippage_bps"}  # no rule of their own
every_rule = pytest.mark.parametrize("name", BY_NAME)


def test_no_rule_lacks_a_case_and_no_case_a_rule() -> None:
    assert len(BY_NAME) == len(REGISTRY)
    assert set(CASES) == set(BY_NAME)


def test_every_limit_belongs_to_a_rule_and_every_setting_is_a_limit() -> None:
    settings = {setting for card in REGISTRY for setting in card.settings}
    assert settings | SECONDARY == {field.name for field in LIMIT_FIELDS}
    assert [field.attribute for field in LIMIT_FIELDS] == [field.name for field in fields(Limits)]


def test_every_card_says_where_its_rule_comes_from_and_what_it_does() -> None:
    for card in REGISTRY:
        assert card.source
        assert card.unit
        assert re.fullmatch(r"Refuse .+\.", card.says), card.name


def test_without_limits_only_halts_are_asked_about() -> None:
    assert list(rules_for(Limits())) == ["halt"]


@every_rule
def test_one_order_just_passes_and_the_next_is_just_refused(desk: Desk, name: str) -> None:
    case = CASES[name]
    case.play(desk)
    passed = decision(desk, "a")
    assert passed.allowed, passed.verdicts
    assert next(one for one in passed.verdicts if one.rule == name).passed
    desk.receive(case.refused)
    (refused,) = [one for one in decision(desk, "b").verdicts if not one.passed]
    assert (refused.rule, refused.value, refused.limit) == (name, case.value, case.limit)
    assert refused.unit == BY_NAME[name].unit
    assert case.remedy in refused.remedy
    order = desk.order("b")
    assert (order.status, order.reason_code) == (OrderStatus.REJECTED, f"RISK_{name.upper()}")
    assert case.remedy in order.reason


@every_rule
def test_what_a_rule_let_out_is_judged_so_from_the_facts_too(desk: Desk, name: str) -> None:
    case = CASES[name]
    case.play(desk)
    desk.receive(case.refused)
    found = check(desk.run())
    assert not [finding.violations for finding in found.values() if not finding.ok]


@every_rule
def test_a_restart_forgets_nothing_that_a_rule_has_to_know(desk: Desk, name: str) -> None:
    case = CASES[name]
    case.play(desk)
    quotes = [desk.actor.book.market.quote(key) for key in desk.instruments]
    desk.restart()
    for account in desk.accounts:
        desk.connect(account)
    for order in list(desk.actor.book.oms.open_orders()):
        desk.receive(accepted(order.terms.operation_id, instrument=order.instrument))
    for quote in quotes:
        assert quote is not None
        desk.receive(quote)
    if name in ("max_share_of_volume", "max_price_move"):
        case.before(desk)  # public trades and earlier quotes are input, and come again
    (reply,) = desk.receive(CheckOrder(terms=case.refused.terms, principal=TRADER)).replies
    assert isinstance(reply, CheckReply)
    assert [(one.rule, one.value) for one in reply.verdicts if not one.passed] == [(name, case.value)]


@every_rule
def test_asking_what_would_be_says_what_a_submit_says_and_leaves_no_trace(desk: Desk, name: str) -> None:
    case = CASES[name]
    case.play(desk)
    before = desk.actor.sequence
    outcome = desk.receive(CheckOrder(terms=case.refused.terms, principal=TRADER))
    (reply,) = outcome.replies
    assert (outcome.facts, outcome.requests, desk.actor.sequence) == ((), (), before)
    assert isinstance(reply, CheckReply)
    desk.receive(case.refused)
    assert reply.verdicts == decision(desk, "b").verdicts
    assert (reply.allowed, reply.code, reply.reason) == (False, desk.order("b").reason_code, desk.order("b").reason)


SIZED = [name for name, case in CASES.items() if re.fullmatch(r"[0-9.]+ or less", case.remedy)]


@pytest.mark.parametrize("name", SIZED)
def test_the_largest_quantity_that_is_said_to_pass_does_and_one_lot_more_does_not(desk: Desk, name: str) -> None:
    case = CASES[name]
    case.play(desk)
    largest = Decimal(case.remedy.split()[0])
    order = case.refused.terms
    lot = next(one for one in desk.actor.book.listings(order.instrument)).instrument.lot_size
    for quantity, allowed in ((largest, True), (largest + lot, False)):
        terms = replace(order, quantity=Quantity(quantity))
        (reply,) = desk.receive(CheckOrder(terms=terms, principal=TRADER)).replies
        assert isinstance(reply, CheckReply)
        assert reply.allowed is allowed, reply.reason


def decision(desk: Desk, operation_id: str) -> RiskDecided:
    return next(fact for fact in desk.facts if isinstance(fact, RiskDecided) and fact.operation_id == operation_id)
