"""The risk scenario: what it shows of every rule, how it times a flatten, and that it says where it is not so."""

from dataclasses import replace
from typing import Any

import pytest

from app.demo import risk_rules
from app.demo.kill_tree import Branch
from app.demo.risk_rules import Shown, checks_of, merged, show_every_rule
from app.demo.time_to_flat import slowest_ms, times_to_flat
from app.rule_cases.cases import CASES
from core.invariants import INVARIANTS, Finding
from core.risk.registry import BY_NAME, REGISTRY
from ports.commands import HaltMode, HaltScope
from ports.values import Side

from fakes.desk import Desk
from fakes.sayings import ACCOUNTS, MOMENTUM, PERP, SPOT, canceled, halt, resume, submit, traded


@pytest.fixture(name="shown", scope="module")
def all_shown() -> list[Shown]:
    """What is shown of every rule; played once."""
    return show_every_rule()[0]


@pytest.fixture(name="desk")
def a_desk() -> Desk:
    return Desk()


def test_every_rule_of_the_registry_is_shown_with_both_orders_and_what_would_pass(shown: list[Shown]) -> None:
    assert [one.name for one in shown] == list(BY_NAME)
    assert [one for one in checks_of(shown, ()) if not one.ok] == []
    for one in shown:
        assert one.explained["passes"]["verdict"]["passed"] is True
        assert one.explained["refused"]["verdict"]["passed"] is False
        assert one.explained["refused"]["verdict"]["remedy"] in one.explained["refused"]["reason"]
    findings = merged(one.findings for one in shown)
    assert findings.keys() == INVARIANTS.keys()
    assert all(found.ok and found.examined for found in findings.values())


def test_no_refusal_shows_room_within_its_limit(shown: list[Shown]) -> None:
    rooms = {one.name: one.explained["refused"]["verdict"]["headroom"] for one in shown}
    assert {name: room for name, room in rooms.items() if room and not room.startswith("-")} == {}


def test_a_rule_without_a_case_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(risk_rules, "CASES", {name: case for name, case in CASES.items() if name != "funds"})
    found, forgotten = show_every_rule()
    assert "rule_without_a_case: funds" in [one.name for one in checks_of(found, forgotten) if not one.ok]


@pytest.mark.parametrize(
    ("field", "check"),
    [
        ("passes", "rules_that_let_an_order_pass"),
        ("refuses", "rules_that_alone_refuse_one"),
        ("says_what_would_pass", "refusals_that_say_what_would_pass"),
        ("keeps_to_its_edge", "rules_that_keep_to_their_edge"),
        ("is_foretold", "what_ifs_that_foretold_it"),
    ],
)
def test_one_rule_that_does_otherwise_fails_the_check_of_it(shown: list[Shown], field: str, check: str) -> None:
    changed: dict[str, Any] = {field: False}
    wrong = [replace(shown[0], **changed), *shown[1:]]
    assert [one.name for one in checks_of(wrong, ()) if not one.ok] == [check]
    assert len(shown) == len(REGISTRY)


def test_runs_are_judged_as_one_and_no_violation_is_lost() -> None:
    together = merged([{"x": Finding(True, 2)}, {"x": Finding(False, 3, ("a",)), "y": Finding(True, 1)}])
    assert together == {"x": Finding(False, 5, ("a",)), "y": Finding(True, 1)}


@pytest.mark.parametrize(
    ("seen", "ok"),
    [({}, False), ({"a cancel passes": True}, True), ({"a cancel passes": True, "no new risk goes out": False}, False)],
)
def test_a_branch_is_as_it_must_be_where_all_that_was_seen_of_it_is(seen: dict[str, bool], ok: bool) -> None:
    assert Branch(HaltScope.GLOBAL, HaltMode.HALT, seen).ok is ok


def flattening(desk: Desk) -> str:
    """One is held, one bid rests, and everything is to be flattened; the name of the closing order."""
    desk.receive(submit("in", buy="1"))
    desk.receive(traded("in", "t-1", "1"))
    desk.receive(submit("rests", buy="1", at="49000"))
    desk.receive(halt(mode=HaltMode.FLATTEN))
    return next(str(one.terms.operation_id) for one in desk.actor.book.oms.open_orders() if one.terms.side is Side.SELL)


def test_it_is_flat_when_the_last_position_is_closed_and_the_last_order_has_ended(desk: Desk) -> None:
    closing = flattening(desk)
    desk.pass_time(ns=2_000_000)
    desk.receive(traded(closing, "t-2", "1", side=Side.SELL))
    (one,) = times_to_flat(desk.entries)
    assert (one.positions, one.orders, one.took_ms) == (1, 1, None)
    desk.pass_time(ns=3_000_000)
    desk.receive(canceled("rests", filled="0"))
    (one,) = times_to_flat(desk.entries)
    assert (one.took_ms, one.restarts) == (5.0, 0)
    assert slowest_ms([one]) == 5.0


def test_one_that_is_lifted_before_it_is_done_never_was(desk: Desk) -> None:
    closing = flattening(desk)
    desk.receive(resume())
    desk.receive(traded(closing, "t-2", "1", side=Side.SELL))
    desk.receive(canceled("rests", filled="0"))
    (one,) = times_to_flat(desk.entries)
    assert one.took_ms is None


def test_one_that_a_restart_fell_into_is_timed_and_does_not_count_among_the_others(desk: Desk) -> None:
    closing = flattening(desk)
    desk.restart()
    desk.connect(ACCOUNTS[PERP])
    desk.receive(traded(closing, "t-2", "1", side=Side.SELL))
    desk.receive(canceled("rests", filled="0"))
    (one,) = times_to_flat(desk.entries)
    assert (one.took_ms is not None, one.restarts, slowest_ms([one])) == (True, 1, 0.0)


def test_what_is_held_elsewhere_or_by_others_does_not_keep_a_scope_from_being_flat(desk: Desk) -> None:
    desk.receive(submit("elsewhere", buy="2", instrument=SPOT, strategy="other"))
    desk.receive(traded("elsewhere", "t-0", "2", "2000", instrument=SPOT))
    desk.receive(halt(HaltScope.STRATEGY, MOMENTUM, HaltMode.FLATTEN))
    (one,) = times_to_flat(desk.entries)
    assert (one.positions, one.took_ms) == (0, 0.0)
