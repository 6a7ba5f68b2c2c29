"""A firm's own risk rules, as the core asks them: guarded, and measured."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from typing import Final

from core.risk.engine import Rules
from core.risk.registry import BY_NAME
from core.risk.rule import ProposedOrder, RiskBook, Rule
from plugins.discovery import Discovery
from plugins.problems import PluginProblem, PluginsRefusedError
from ports.facts import Verdict
from ports.risk import RAISED, OrderSeen, PluginRule, RuleAnswer
from ports.telemetry import Telemetry

SLOW_US: Final = 1_000  # a rule that takes longer is told of
TOO_SLOW_US: Final = 50_000  # one that takes longer refuses: what it judged by is old, and everybody waited for it
_AGAIN_NS: Final = 60 * 1_000_000_000  # once a minute
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")
_LONGEST: Final = 200  # characters of a text that a rule answers with

type Clock = Callable[[], int]


def rules_of(found: Discovery, telemetry: Telemetry, clock: Clock = time.perf_counter_ns) -> Rules:
    """Return the rules that plugins bring, by name, in the order of their names.

    Raises:
        PluginsRefusedError: a rule's name is not lower-case words joined by `_`, or another rule has it.
    """
    problems: list[PluginProblem] = []
    rules: dict[str, Rule] = {}
    for plugin in found.plugins:
        for rule in plugin.rules:
            name = rule.name
            wrong = _wrong_with(name, [*BY_NAME, *rules])
            if wrong:
                remedy = "rename the rule, or name the plugin in `disabled_plugins`"
                one = PluginProblem(plugin=plugin.name, distribution=plugin.distribution, what=wrong, remedy=remedy)
                problems.append(one)
            else:
                rules[name] = guarded(rule, telemetry, clock)
    if problems:
        raise PluginsRefusedError(problems)
    return dict(sorted(rules.items()))


def guarded(rule: PluginRule, telemetry: Telemetry, clock: Clock = time.perf_counter_ns) -> Rule:
    """Return a plugin's rule as the core asks it: one that raises, answers with something else or too late, refuses."""
    name, told_ns = rule.name, 0

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        nonlocal told_ns
        began_ns = clock()
        try:
            verdict = _verdict(name, rule.judge(_seen(order, book)))
        except Exception as failure:
            telemetry.note("risk.rule_raised", rule=name, error=f"{type(failure).__name__}: {failure}"[:_LONGEST])
            verdict = _failed(name, f"raised {type(failure).__name__}")
        took_us = (clock() - began_ns) // 1000
        telemetry.observe("risk_plugin_rule_us", took_us)
        if took_us > TOO_SLOW_US:
            verdict = _failed(name, f"took longer than {TOO_SLOW_US // 1000} ms over an order")
        if took_us > SLOW_US and began_ns - told_ns >= _AGAIN_NS:
            told_ns = began_ns
            telemetry.note("risk.rule_slow", rule=name, took_us=took_us, slow_us=SLOW_US)
        return verdict

    return check


def _wrong_with(name: str, taken: Sequence[str]) -> str:
    if _NAME.fullmatch(name) is None:
        return f"its risk rule {name!r} is not named in lower-case words joined by _, such as acme_quota"
    return f"its risk rule {name} has the name of another" if name in taken else ""


def _verdict(name: str, answer: object) -> Verdict:
    """Return the verdict that an answer makes; other people's code may answer with anything."""
    passed = getattr(answer, "passed", None)
    texts = [getattr(answer, part, None) for part in ("value", "limit", "unit", "remedy")]
    words = [text[:_LONGEST] for text in texts if isinstance(text, str)]
    if not isinstance(answer, RuleAnswer) or not isinstance(passed, bool) or len(words) < len(texts):
        return _failed(name, "answered with something that is no RuleAnswer")
    value, limit, unit, remedy = words
    return Verdict(name, passed, value, limit, "" if unit == RAISED else unit, "", remedy)


def _failed(name: str, how: str) -> Verdict:
    return Verdict(
        name, False, how, "an answer", RAISED, "", "nothing, until the rule is mended or its plugin disabled"
    )


def _seen(order: ProposedOrder, book: RiskBook) -> OrderSeen:
    mine = book.exposure.of(order.strategy_id, order.instrument)
    quote = book.market.quote(order.instrument)
    return OrderSeen(
        strategy_id=order.strategy_id,
        instrument=order.instrument,
        venue=order.venue,
        account=order.account,
        side=order.side,
        quantity=order.quantity,
        added=order.added,
        limit_price=order.limit_price,
        is_amend=order.is_amend,
        notional_usd=order.notional_usd,
        bid=None if quote is None else quote.bid,
        ask=None if quote is None else quote.ask,
        quoted_ns=None if quote is None else quote.received_ns,
        position=mine.position,
        open_buys=mine.open_buys,
        open_sells=mine.open_sells,
        position_of_all=book.exposure.of_instrument(order.instrument).position,
        tags=dict(order.tags),
        now_ns=order.now_ns,
    )
