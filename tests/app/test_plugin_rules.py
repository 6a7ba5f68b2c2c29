"""A firm's own rules are asked after ours; one that raises refuses its order and is reported; slow ones are told of."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.plugin_rules import guarded, rules_of
from core.extensions import Extensions
from core.orchestrator import Orchestrator
from plugins.builtin import BuiltinVenues
from plugins.discovery import Discovery, discover
from plugins.hookspecs import hookimpl
from plugins.problems import PluginsRefusedError
from ports.commands import ResolveBreak
from ports.facts import RiskDecided, Verdict
from ports.replies import ControlReply
from ports.risk import OrderSeen, PluginRule, RuleAnswer
from ports.values import OrderStatus, Side

from fakes.desk import PATIENCE, QUOTES, Desk
from fakes.sayings import PERP, TRADER, set_limits, submit, traded
from fakes.telemetry import RecordingTelemetry


class Quota:
    """Lets a strategy have no more than two of anything; keeps what it was shown."""

    name = "acme_quota"

    def __init__(self) -> None:
        self.shown: list[OrderSeen] = []

    def judge(self, order: OrderSeen) -> RuleAnswer:
        self.shown.append(order)
        would_be = order.position + order.open_buys + order.added
        return RuleAnswer(passed=would_be <= 2, value=str(would_be), limit="2", unit="coins", remedy="less of it")


class Broken:
    name = "acme_broken"

    def judge(self, order: OrderSeen) -> RuleAnswer:
        raise ZeroDivisionError("by nothing")


class Mumbling:
    name = "acme_mumbling"

    def judge(self, order: OrderSeen) -> Any:
        return "yes"


class Acme:
    """A plugin that brings rules and no venue."""

    def __init__(self, *rules: Any) -> None:
        self._rules = rules

    @hookimpl
    def livexec_api_version(self) -> int:
        return 1

    @hookimpl
    def livexec_risk_rules(self) -> Any:
        return self._rules


def found(*rules: Any) -> Discovery:
    return discover({"acme": Acme(*rules), "paper": BuiltinVenues(())}, folders=())


def desk_with(*rules: PluginRule, telemetry: RecordingTelemetry | None = None) -> Desk:
    desk = Desk(instruments=())
    desk.instruments = (PERP,)
    told = telemetry or RecordingTelemetry()
    desk.actor = Orchestrator(PATIENCE, Extensions(rules={rule.name: guarded(rule, told) for rule in rules}))
    desk.actor.apply(desk.facts)
    desk.connect(desk.accounts[0])
    desk.receive(QUOTES[0])
    return desk


def last_verdict(desk: Desk) -> Verdict:
    return [fact for fact in desk.facts if isinstance(fact, RiskDecided)][-1].verdicts[-1]


def test_a_firms_rule_lets_orders_pass_and_refuses_them_in_its_own_words() -> None:
    desk = desk_with(Quota())
    desk.receive(submit("a", buy="2"))
    assert desk.status("a") is OrderStatus.SUBMITTED
    assert last_verdict(desk) == Verdict("acme_quota", True, "2", "2", "coins", "", "less of it")
    desk.receive(submit("b", buy="0.5"))
    order = desk.order("b")
    assert (order.status, order.reason_code) == (OrderStatus.REJECTED, "RISK_ACME_QUOTA")
    assert "less of it" in order.reason


def test_a_rule_is_shown_what_the_book_knows_around_an_order() -> None:
    rule = Quota()
    desk = desk_with(rule)
    desk.receive(submit("a", buy="1"))
    desk.receive(traded("a", "t-1", "0.4"))
    desk.receive(submit("b", sell="0.2", at="50001", tags={"desk": "east"}))
    shown = rule.shown[-1]
    assert (shown.side, str(shown.added), str(shown.position), str(shown.open_buys)) == (Side.SELL, "0.2", "0.4", "0.6")
    assert (str(shown.bid), str(shown.ask), shown.now_ns, shown.tags) == (
        "49999.9",
        "50000.1",
        desk.now_ns,
        {"desk": "east"},
    )


@pytest.mark.parametrize(("rule", "how"), [(Broken(), "raised ZeroDivisionError"), (Mumbling(), "no RuleAnswer")])
def test_a_rule_that_fails_refuses_every_order_and_opens_one_break(rule: Any, how: str) -> None:
    telemetry = RecordingTelemetry()
    desk = desk_with(rule, telemetry=telemetry)
    for name in ("a", "b"):
        desk.receive(submit(name, buy="1"))
        assert desk.order(name).reason_code == f"RISK_{rule.name.upper()}"
        assert how in desk.order(name).reason
    assert desk.breaks() == ["RULE_FAILED"]
    resolve = ResolveBreak(break_id=f"rule-{rule.name}", principal=TRADER, how="mended")
    assert desk.receive(resolve).replies == (ControlReply(changed=True),)


def test_a_replay_never_asks_a_firms_rule_again() -> None:
    rule = Quota()
    desk = desk_with(rule)
    desk.receive(submit("a", buy="1"))
    asked = len(rule.shown)
    actor = Orchestrator(PATIENCE, Extensions(rules={rule.name: guarded(rule, RecordingTelemetry())}))
    actor.apply(desk.facts)
    assert len(rule.shown) == asked
    assert actor.book.canonical() == desk.actor.book.canonical()


def test_a_firms_rules_rest_where_limits_are_switched_off() -> None:
    desk = desk_with(Broken())
    desk.receive(set_limits(enabled=False))
    desk.receive(submit("a", buy="1"))
    assert desk.status("a") is OrderStatus.SUBMITTED


def test_a_slow_rule_is_measured_each_time_and_told_of_once_a_minute() -> None:
    telemetry = RecordingTelemetry()
    moments: Iterator[int] = iter([10**12, 10**12 + 2_000_000, 10**12 + 3_000_000, 10**12 + 6_000_000])
    rule = guarded(Quota(), telemetry, lambda: next(moments))
    desk = Desk(instruments=(PERP,))
    desk.actor.book.rules = {"acme_quota": rule}
    desk.receive(submit("a", buy="1"))
    desk.receive(submit("b", buy="1"))
    assert [value for name, value in telemetry.observed if name == "risk_plugin_rule_us"] == [2000, 3000]
    assert [event for event, _ in telemetry.notes] == ["risk.rule_slow"]


def test_a_rule_that_is_too_slow_refuses_its_order_and_is_reported_and_a_reducing_order_passes_it() -> None:
    telemetry = RecordingTelemetry()
    began_ns, takes_ns = 10**12, (50_000_000, 50_001_000, 50_001_000, 1_000)
    moments = iter([began_ns + more for took in takes_ns for more in (0, took)])
    desk = desk_with()
    desk.actor.book.rules = {"acme_quota": guarded(Quota(), telemetry, lambda: next(moments))}
    desk.receive(submit("in-time", buy="1"))
    assert desk.status("in-time") is OrderStatus.SUBMITTED
    desk.receive(traded("in-time", "t-1", "1"))
    desk.receive(submit("late", buy="0.1"))
    assert (desk.order("late").reason_code, desk.breaks()) == ("RISK_ACME_QUOTA", ["RULE_FAILED"])
    assert "took longer than 50 ms" in desk.order("late").reason
    desk.receive(submit("out", sell="1", reduce_only=True))
    assert desk.status("out") is OrderStatus.SUBMITTED
    desk.receive(submit("after", buy="0.1"))
    assert desk.status("after") is OrderStatus.SUBMITTED
    assert [event for event, _ in telemetry.notes] == ["risk.rule_slow"]


def test_rules_are_found_by_their_hook_in_the_order_of_their_names() -> None:
    rules = rules_of(found(Quota(), Broken()), RecordingTelemetry())
    assert list(rules) == ["acme_broken", "acme_quota"]


class Named:
    def __init__(self, name: str) -> None:
        self.name = name

    def judge(self, order: OrderSeen) -> RuleAnswer:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([Named("max_order_value")], "has the name of another"),
        ([Named("acme_quota"), Named("acme_quota")], "has the name of another"),
        ([Named("Quota")], "is not named in lower-case words"),
        ([object()], "is no risk rule"),
        ("quota", "not a list of rules"),
    ],
)
def test_rules_that_cannot_be_used_refuse_the_start_by_name(rules: Any, said: str) -> None:
    plugin = Acme(*rules) if isinstance(rules, list) else Acme()
    if not isinstance(rules, list):
        plugin._rules = rules
    with pytest.raises(PluginsRefusedError, match=said):
        rules_of(discover({"acme": plugin}, folders=()), RecordingTelemetry())
