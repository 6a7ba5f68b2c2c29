"""A run in which all went well is found well, over as many cases as there were."""

from collections.abc import Sequence

from core.invariants import INVARIANTS, RecordedRun, check
from core.invariants.run import Tally
from ports.facts import OrderFilled, OrderRecorded, OrderReleased
from ports.reports import VenueOrderStatus

from fakes.desk import Desk
from fakes.sayings import PERP, said, set_limits, submit, traded

NAMES = {
    "sent_once",
    "one_order_per_operation",
    "never_overfilled",
    "position_equals_fills",
    "limits_hold",
    "durable_before_release",
    "replay_identical",
    "halt_holds",
    "terminal_on_evidence",
}


def test_every_invariant_of_the_design_is_judged_by_its_name() -> None:
    assert set(INVARIANTS) == NAMES


def test_a_run_in_which_all_went_well_is_found_well_and_every_judge_had_cases(clean: RecordedRun) -> None:
    findings = check(clean)
    assert {name: finding.violations for name, finding in findings.items() if finding.violations} == {}
    assert all(finding.ok and finding.examined > 0 for finding in findings.values())


def test_what_was_examined_can_be_counted_again(clean: RecordedRun) -> None:
    findings = check(clean)
    facts = [entry.fact for entry in clean.entries]
    assert findings["sent_once"].examined == len(clean.sends) == 14
    assert findings["one_order_per_operation"].examined == count(facts, OrderRecorded) == 18
    assert findings["never_overfilled"].examined == count(facts, OrderReleased) == 14
    assert findings["position_equals_fills"].examined == count(facts, OrderFilled) == 9
    assert findings["durable_before_release"].examined == len(clean.releases)
    assert findings["replay_identical"].examined == len(facts)
    assert findings["halt_holds"].examined == 3  # the orders judged while halted, and the cancel that passed
    # filled: bought, sold, stops, spot, coin-out, big.1; canceled: waits, taken-back, coin-in, vanished, big.2, big;
    # expired; lost, unsent; two refused
    assert findings["terminal_on_evidence"].examined == 17


def test_limits_are_compared_at_every_release_by_reckoning_and_by_the_verdict_on_record() -> None:
    desk = Desk(instruments=(PERP,))
    desk.receive(set_limits(max_orders_per_second=5, max_order_quantity={"*": 5}))
    desk.receive(submit("op-1", buy="1"))
    desk.receive(submit("op-2", buy="1"))
    assert check(desk.run())["limits_hold"].examined == 2 * 2 * 2


def test_where_nothing_happened_nothing_is_claimed_to_have_been_examined() -> None:
    findings = check(Desk(instruments=()).run())
    assert {name for name, finding in findings.items() if finding.examined} == {"replay_identical"}
    assert all(finding.ok for finding in findings.values())


def test_an_overfill_with_its_break_is_no_violation(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1"))
    desk.receive(traded("op-1", "t-1", "1.5"))
    assert check(desk.run())["never_overfilled"].ok


def test_a_late_trade_of_an_ended_order_is_no_violation(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1"))
    desk.receive(said("op-1", VenueOrderStatus.REJECTED))
    desk.receive(traded("op-1", "t-1", "1"))
    assert check(desk.run())["terminal_on_evidence"].ok


def test_many_violations_are_counted_and_the_first_are_told() -> None:
    tally = Tally()
    tally.saw(50)
    for number in range(50):
        tally.expect(False, f"wrong {number}")
    finding = tally.finding()
    assert (finding.ok, finding.examined, len(finding.violations)) == (False, 50, 21)
    assert finding.violations[0] == "wrong 0"
    assert finding.violations[-1] == "and 30 more"


def count(facts: Sequence[object], kind: type) -> int:
    return sum(isinstance(fact, kind) for fact in facts)
