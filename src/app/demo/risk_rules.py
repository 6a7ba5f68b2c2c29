"""Every risk rule of the registry: one order that just passes, one that is just refused, and what it says of both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any, Final

from adapters.doors.decisions import verdicts_plain
from app.checks import Check
from app.rule_cases.cases import CASES
from app.rule_cases.conversation import Conversation
from app.rule_cases.happenings import RuleCase
from core.invariants import Finding, check
from core.risk.registry import REGISTRY
from core.risk.rule import RuleCard
from ports.commands import CheckOrder, OrderTerms, SubmitOrder
from ports.facts import Verdict
from ports.replies import CheckReply
from ports.values import Principal, Quantity, plain

_ASKER: Final = Principal("demo")
_LARGEST: Final = re.compile(r"([0-9.]+) or less")


@dataclass(frozen=True, slots=True)
class Shown:
    """What was shown of one rule."""

    name: str
    explained: Mapping[str, Any]
    passes: bool  # the first order went out
    refuses: bool  # the second was refused, by this rule alone
    says_what_would_pass: bool
    is_foretold: bool  # asked before, the same was answered, and nothing recorded
    keeps_to_its_edge: bool  # the quantity that it says would pass does, and one lot more does not
    findings: Mapping[str, Finding]


def show_every_rule() -> tuple[list[Shown], list[str]]:
    """Play the case of every rule there is; return what each showed, and the names of rules that have no case."""
    forgotten = [card.name for card in REGISTRY if card.name not in CASES]
    return [_show(card, CASES[card.name]) for card in REGISTRY if card.name in CASES], forgotten


def checks_of(shown: Sequence[Shown], forgotten: Sequence[str]) -> list[Check]:
    """Return what must hold of every rule."""
    return [
        Check.equal("rules", len(shown), len(REGISTRY), "rules"),
        *[Check.equal(f"rule_without_a_case: {name}", 0, 1, "cases") for name in forgotten],
        Check.equal("rules_that_let_an_order_pass", sum(one.passes for one in shown), len(REGISTRY), "rules"),
        Check.equal("rules_that_alone_refuse_one", sum(one.refuses for one in shown), len(REGISTRY), "rules"),
        Check.equal(
            "refusals_that_say_what_would_pass", sum(one.says_what_would_pass for one in shown), len(REGISTRY), "rules"
        ),
        Check.equal(
            "rules_that_keep_to_their_edge", sum(one.keeps_to_its_edge for one in shown), len(REGISTRY), "rules"
        ),
        Check.equal("what_ifs_that_foretold_it", sum(one.is_foretold for one in shown), len(REGISTRY), "rules"),
    ]


def merged(findings: Iterable[Mapping[str, Finding]]) -> dict[str, Finding]:
    """Return the findings of several runs as those of one: every case counts, and every violation."""
    together: dict[str, Finding] = {}
    for found in findings:
        for name, finding in found.items():
            so_far = together.get(name, Finding(True, 0))
            together[name] = Finding(
                so_far.ok and finding.ok,
                so_far.examined + finding.examined,
                (*so_far.violations, *finding.violations),
            )
    return together


def _show(card: RuleCard, case: RuleCase) -> Shown:
    desk = Conversation()
    case.play(desk)
    foretold = _asked(desk, case.refused.terms)
    edge = _edge(desk, case.refused.terms, card.name)
    desk.receive(case.refused)
    first, second = desk.decision(case.passes.terms.operation_id), desk.decision(case.refused.terms.operation_id)
    passed, failed = _one_of(first.verdicts, card.name), [one for one in second.verdicts if not one.passed]
    explained: dict[str, Any] = {
        "rule": card.name,
        "says": card.says,
        "unit": card.unit,
        "settings": list(card.settings),
        "source": card.source,
        "passes": {"order": _order(case.passes), "verdict": _plainly(passed)},
        "refused": {
            "order": _order(case.refused),
            "verdict": _plainly(_one_of(second.verdicts, card.name)),
            "reason": desk.actor.book.oms.recorded(case.refused.terms.operation_id).reason,
        },
    }
    if edge:
        explained["edge"] = edge
    return Shown(
        name=card.name,
        explained=explained,
        passes=first.allowed and passed is not None and passed.passed,
        refuses=[one.rule for one in failed] == [card.name],
        says_what_would_pass=all(one.remedy for one in failed) and bool(failed),
        is_foretold=foretold == second.verdicts
        and not any(entry.cause == CheckOrder.__name__ for entry in desk.entries),
        keeps_to_its_edge=[one["verdict"]["passed"] for one in edge] in ([], [True, False]),
        findings=check(desk.run()),
    )


def _edge(desk: Conversation, terms: OrderTerms, rule: str) -> list[Mapping[str, Any]]:
    """Ask about the largest quantity that a refusal says would pass, and one lot more; empty: it names none."""
    said = next(one.remedy for one in _asked(desk, terms) if one.rule == rule)
    found = _LARGEST.fullmatch(said)
    if found is None:
        return []
    lot = desk.actor.book.listings(terms.instrument)[0].instrument.lot_size
    largest = Decimal(found[1])
    return [
        {"amount": plain(amount), "verdict": _plainly(_one_of(_asked(desk, resized), rule))}
        for amount in (largest, largest + lot)
        for resized in (replace(terms, quantity=Quantity(amount)),)
    ]


def _asked(desk: Conversation, terms: OrderTerms) -> tuple[Verdict, ...]:
    outcome = desk.receive(CheckOrder(terms=terms, principal=_ASKER))
    return next((reply.verdicts for reply in outcome.replies if isinstance(reply, CheckReply)), ())


def _one_of(verdicts: Sequence[Verdict], rule: str) -> Verdict | None:
    return next((one for one in verdicts if one.rule == rule), None)


def _plainly(verdict: Verdict | None) -> Mapping[str, Any] | None:
    return None if verdict is None else verdicts_plain([asdict(verdict)])[0]


def _order(command: SubmitOrder) -> dict[str, str]:
    terms = command.terms
    return {
        "operation_id": terms.operation_id,
        "strategy_id": terms.strategy_id,
        "instrument_key": terms.instrument,
        "side": terms.side,
        "amount": plain(terms.quantity),
        "price": "" if terms.price is None else plain(terms.price),
    }
