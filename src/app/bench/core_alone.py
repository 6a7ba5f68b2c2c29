"""`livexec bench core`: the core alone, no input or output: risk, routing, OMS, positions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import batched, count
from typing import Any, Final, Literal

from app.bench.every_rule import EVERY_RULE, cost_of_each_rule, missing_rules, patient_order, what_rules_look_at
from app.bench.null_venue import ACCOUNT, INSTRUMENTS, VENUE, quote_of
from app.bench.orders import EVERY_FIRST_RULE, order
from app.checks import Check, as_json, percentile
from app.interpreter import look_at_young, nothing_is_garbage, set_aside, set_decisions_aside
from core.orchestrator import Orchestrator
from ports.actor import Message, Outcome
from ports.capabilities import PLAIN_ORDERS
from ports.commands import SetLimits, SubmitOrder
from ports.reports import AccountStatement, FillReport, OrderStatusReport, SessionUp, VenueOrderStatus
from ports.requests import SendOrder
from ports.values import Currency, Money, Price, Principal, TradeId

_LIMIT_US: Final = {"first": 60, "all": 100}
_ROUNDS: Final = 5
_OPEN_AT_ONCE: Final = 2_000  # orders that rest while others come
_A_TURN: Final = 16  # orders, as the service decides them between two looks of the collector

type Which = Literal["first", "all"]


def bench_core(
    orders: int = 20_000, rules: Which = "first", progress: Callable[[str], None] = lambda line: None
) -> dict[str, Any]:
    """Submit, acknowledge and fill `orders` orders on one book with the first rules or all; microseconds an order.

    They are the processor's, which a busy machine changes less than the clock's.

    `core_us` is the median round's mean for one submit; `life_us` adds its acknowledgement and its trade. Of all rules
    `rule_us` lists what each costs alone.
    """
    book = bench_book(rules)
    make = patient_order if rules == "all" else order
    per_round = max(orders // _ROUNDS, 1)
    submits: list[float] = []
    lives: list[float] = []
    for round_number in range(_ROUNDS):
        if rules == "all":
            _tell(book, what_rules_look_at())
        with nothing_is_garbage():
            submit_ns, life_ns = _round(book, [make(n, f"core-{round_number}") for n in range(per_round)])
        submits.append(submit_ns / per_round / 1000)
        lives.append((submit_ns + life_ns) / per_round / 1000)
        progress(f"round {round_number + 1} of {_ROUNDS}: {submits[-1]:.1f} us a submit")
    refused = sum(one.release is None for one in book.book.oms.all_orders())
    checks = [
        Check.at_most("core_us", percentile(submits, 50), _LIMIT_US[rules], "us"),
        Check.at_most("refused", refused, 0, "orders"),
    ]
    if rules == "all":
        checks.append(Check.at_most("rules_not_asked", len(missing_rules(book.book)), 0, "rules"))
    return {
        "ok": all(check.ok for check in checks),
        "orders": per_round * _ROUNDS,
        "rules": len(book.book.rules),
        "core_us": percentile(submits, 50),
        "life_us": percentile(lives, 50),
        "rounds_us": submits,
        **({"rule_us": cost_of_each_rule(book.book)} if rules == "all" else {}),
        "checks": as_json(checks),
    }


def bench_book(rules: Which = "first") -> Orchestrator:
    """Return a book with the first rules set or all, one ready account, and a quote of every instrument."""
    actor = Orchestrator()
    for _ in _set_up(actor):
        pass
    if rules == "all":
        _tell(actor, [SetLimits(limits=EVERY_RULE, principal=Principal("bench"), reason="bench")])
    return actor


def _tell(actor: Orchestrator, messages: Iterable[Message]) -> None:
    for message in messages:
        actor.receive(message, time.time_ns())


def bench_history() -> Iterator[Outcome]:
    """Yield what a book is told from its first day on: its set-up, then orders without end, each filled."""
    actor = Orchestrator()
    yield from _set_up(actor)
    for number in count():
        outcome = actor.receive(order(number, "life"), number)
        yield outcome
        for request in outcome.requests:
            if isinstance(request, SendOrder):
                yield actor.receive(_accepted(request), number)
                yield actor.receive(_filled(request), number)


def _set_up(actor: Orchestrator) -> Iterator[Outcome]:
    yield actor.start(1, "bench", 1)
    yield actor.receive(SetLimits(limits=EVERY_FIRST_RULE, principal=Principal("bench"), reason="bench"), 2)
    yield actor.receive(SessionUp(account=ACCOUNT, venue=VENUE, instruments=INSTRUMENTS, abilities=PLAIN_ORDERS), 3)
    stated = AccountStatement(account=ACCOUNT, asked_ns=3, open_orders=(), fills=(), positions=None, balances=None)
    yield actor.receive(stated, 3)
    for one in INSTRUMENTS:
        yield actor.receive(quote_of(one.key, 0, 4), 4)


def _round(actor: Orchestrator, submits: Sequence[SubmitOrder]) -> tuple[int, int]:
    """Return the processor's nanoseconds for all submits, and for everything after them."""
    submit_ns = life_ns = 0
    set_aside()
    for start in range(0, len(submits), _OPEN_AT_ONCE):
        outcomes: list[Outcome] = []
        began = time.thread_time_ns()
        for turn in batched(submits[start : start + _OPEN_AT_ONCE], _A_TURN):
            look_at_young()  # as the service does, and as part of what an order costs
            for submit in turn:
                outcomes.append(actor.receive(submit, time.time_ns()))  # noqa: PERF401 - the call is what is measured
            set_decisions_aside()
        submit_ns += time.thread_time_ns() - began
        sends = [request for outcome in outcomes for request in outcome.requests if isinstance(request, SendOrder)]
        reports = [report for send in sends for report in (_accepted(send), _filled(send))]
        began = time.thread_time_ns()
        for report in reports:
            actor.receive(report, time.time_ns())
        life_ns += time.thread_time_ns() - began
    return submit_ns, life_ns


def _accepted(send: SendOrder) -> OrderStatusReport:
    return OrderStatusReport(
        account=send.account,
        instrument=send.instrument,
        client_order_id=send.client_order_id,
        status=VenueOrderStatus.ACCEPTED,
    )


def _filled(send: SendOrder) -> FillReport:
    return FillReport(
        account=send.account,
        instrument=send.instrument,
        client_order_id=send.client_order_id,
        venue_order_id=None,
        trade_id=TradeId(send.client_order_id),
        side=send.side,
        quantity=send.quantity,
        price=send.price or Price(Decimal(1)),
        fee=Money(Decimal("0.01"), Currency("USDT")),
        liquidity=None,
        venue_time_ns=0,
    )
