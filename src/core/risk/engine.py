"""Asks every rule that the limits in force call for, keeps every verdict, and says of a refusal what would pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from core.risk.halt import not_halted
from core.risk.registry import BY_NAME, REGISTRY
from core.risk.rule import NOT_JUDGED, NOT_RAISED, REDUCES, STATE, UNKNOWN, ProposedOrder, RiskBook, Rule, RuleCard
from ports.commands import Limits
from ports.facts import Verdict
from ports.risk import RAISED
from ports.values import ZERO, Quantity, plain

type Rules = Mapping[str, Rule]  # by the name of the rule, in the order of asking


def rules_for(limits: Limits, of_plugins: Rules | None = None) -> Rules:
    """Return the rules that `limits` call for, and those of plugins after them.

    A halt is asked about always, even where limits are switched off.
    """
    if not limits.enabled:
        return {"halt": not_halted}
    ours = {card.name: rule for card in REGISTRY if (rule := card.build(limits)) is not None}
    return {**ours, **(of_plugins or {})}


def judge(rules: Rules, order: ProposedOrder, book: RiskBook) -> tuple[Verdict, ...]:
    """Return what every rule says, in order; all are asked, so that a refusal is explained whole."""
    verdicts = [rule(order, book) for rule in rules.values()]
    if not [verdict for verdict in verdicts if not verdict.passed]:  # nearly every order
        return tuple(verdicts)
    for place, (name, verdict) in enumerate(zip(rules, verdicts, strict=True)):
        if not verdict.passed:
            verdicts[place] = _weighed(name, rules[name], verdict, order, book)
    return tuple(verdicts)


def refusal(verdicts: Iterable[Verdict]) -> tuple[str, str] | None:
    """Return the code and text of a refusal, from the first rule that did not pass; None means allowed."""
    failed = [verdict for verdict in verdicts if not verdict.passed]
    if not failed:
        return None
    return f"RISK_{failed[0].rule.upper()}", "; ".join([_in_words(one) for one in failed])


def _weighed(name: str, rule: Rule, verdict: Verdict, order: ProposedOrder, book: RiskBook) -> Verdict:
    card = BY_NAME.get(name)
    if order.reduces and not order.is_amend and _lets_reduce(card, verdict, order, book):
        return replace(verdict, passed=True, seen=REDUCES, remedy="")
    if verdict.remedy or verdict.value == UNKNOWN or card is None or not card.eases_with_size:
        return verdict
    if card.stands_if_not_raised and Decimal(verdict.value) <= _without(rule, order, book):
        return replace(verdict, passed=True, seen=NOT_RAISED)
    largest = _largest_that_passes(rule, order, book)
    return replace(verdict, remedy="no quantity, now" if largest is None else f"{plain(largest)} or less")


def _lets_reduce(card: RuleCard | None, verdict: Verdict, order: ProposedOrder, book: RiskBook) -> bool:
    """Say whether a reduce-only order passes a rule all the same: nobody is to be kept in a position by a limit.

    Sums of positions hold it where other open orders of its side could make it open something. Of a plugin's rules
    (no card) those pass that raised: a defect must not stand between a position and its stop.
    """
    if card is None:
        return verdict.unit == RAISED
    if card.holds_reducing:
        return verdict.value == UNKNOWN
    return not card.stands_if_not_raised or order.shrinks(book)


def _without(rule: Rule, order: ProposedOrder, book: RiskBook) -> Decimal:
    """Return what the rule measures as things are, the order left out; nothing where it measures nothing yet."""
    now = rule(replace(order, added=Quantity(ZERO), counted=None), book).value
    return ZERO if now in (UNKNOWN, NOT_JUDGED) else Decimal(now)


def _largest_that_passes(rule: Rule, order: ProposedOrder, book: RiskBook) -> Quantity | None:
    """Return the largest quantity, in whole lots, with which the rule lets the order pass; None: not the smallest."""
    lot = order.listed.lot_size

    def passes(lots: int) -> bool:
        return rule(order.resized(Quantity(lot * lots)), book).passed

    least = int(order.listed.min_quantity // lot) or 1
    most = int(order.quantity // lot)
    if least >= most or not passes(least):
        return None
    while most - least > 1:
        middle = (least + most) // 2
        if passes(middle):
            least = middle
        else:
            most = middle
    return Quantity(lot * least)


def _in_words(verdict: Verdict) -> str:
    if verdict.unit == STATE:
        said = f"{verdict.rule}: {verdict.value}"
    else:
        said = f"{verdict.rule}: {verdict.value} against a limit of {verdict.limit} {verdict.unit}"
    seen = f" ({verdict.seen})" if verdict.seen else ""
    return f"{said}{seen}; would pass: {verdict.remedy}" if verdict.remedy else f"{said}{seen}"
