"""Two books that differ do not look alike: whatever facts made of each part is in what digests are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from core.book import Book
from core.control_rules import ControlRules
from core.orchestrator import Orchestrator
from ports.commands import AdjustmentKind, AdjustPosition, HaltMode, HaltScope, OpenStream
from ports.facts import OrderRecorded
from ports.reports import FundingReport, VenueOrderStatus
from ports.values import CONFIGURATION, SYSTEM, Currency, Money, Price, TradeId

from fakes.desk import PATIENCE, Desk
from fakes.sayings import (
    ACCOUNTS,
    BYBIT_PERP,
    MOMENTUM,
    PERP,
    SMART_PERP,
    SPOT,
    TRADER,
    accepted,
    cancel,
    halt,
    outcome_unknown,
    resume,
    said,
    set_limits,
    statement,
    submit,
    traded,
)

D = Decimal
OWNERS: Final[dict[str, Callable[[Book], Any]]] = {
    "book": lambda book: book,
    "oms": lambda book: book.oms,
    "departed": lambda book: book.oms.departed,
    "accounts": lambda book: book.accounts,
    "balances": lambda book: book.accounts.balances,
    "funding": lambda book: book.funding,
    "profit": lambda book: book.profit,
    "routes": lambda book: book.routes,
    "trips": lambda book: book.trips,
}


def used() -> Desk:
    """Return a desk where something is left of everything."""
    desk = Desk(keep=3, controls=ControlRules(two_person_limits=True))
    limits = set_limits(max_daily_loss_usd=D(1_000_000), usd_per={"USDT": D(1), "BNB": D(600)})
    desk.receive(replace(limits, principal=CONFIGURATION))
    desk.receive(set_limits())  # waits for a second person
    desk.receive(statement(ACCOUNTS[SPOT], desk.now_ns, balances={"USDT": ("9000", "9000")}))
    for number in range(6):  # of which some leave memory
        desk.receive(submit(f"old.{number}", buy="1"))
        desk.receive(traded(f"old.{number}", f"t-{number}", "1", fee="0.1", currency="BNB"))
    desk.receive(submit("smart", buy="1", instrument=SMART_PERP))
    desk.receive(traded("smart.1", "t-smart", "1"))
    desk.receive(submit("spot", buy="1", instrument=SPOT))
    desk.receive(submit("rests", buy="1", at="49000"))
    desk.receive(accepted("rests"))
    desk.receive(traded("rests", "t-rests", "0.5"))
    desk.receive(submit("doubted", buy="1", at="49000"))
    desk.receive(outcome_unknown("doubted"))
    desk.receive(submit("rejected", buy="1", at="49000"))
    desk.receive(said("rejected", VenueOrderStatus.REJECTED))
    desk.receive(traded("a stranger's", "t-strange", "1"))
    desk.receive(cancel("never seen"))
    desk.receive(OpenStream(strategy_id=MOMENTUM, stream_id="one", grace_ns=5, principal=TRADER))
    desk.receive(
        AdjustPosition(
            adjustment_id=TradeId("opening"), kind=AdjustmentKind.OPENING, account=ACCOUNTS[PERP], strategy_id=MOMENTUM,
            instrument=PERP, quantity=D(1), price=Price(D(50_000)), principal=TRADER, reason="moved in",
        )
    )  # fmt: skip
    desk.receive(
        FundingReport(
            account=ACCOUNTS[PERP], instrument=PERP, payment_id=TradeId("f-1"), amount=Money(D(-2), Currency("USDT")),
            position=None, venue_time_ns=desk.now_ns,
        )
    )  # fmt: skip
    desk.receive(halt(HaltScope.ACCOUNT, ACCOUNTS[BYBIT_PERP]))
    desk.receive(resume(HaltScope.ACCOUNT, ACCOUNTS[BYBIT_PERP]))
    desk.receive(halt(HaltScope.INSTRUMENT, PERP, HaltMode.FLATTEN))
    in_vain = [fact.operation_id for fact in desk.facts if isinstance(fact, OrderRecorded) and fact.principal == SYSTEM]
    desk.receive(said(in_vain[-1], VenueOrderStatus.REJECTED))
    desk.disconnect(ACCOUNTS[BYBIT_PERP])
    return desk


def canonical_parts(book: Book) -> Iterator[tuple[str, object]]:
    for name, owner in OWNERS.items():
        for number, part in enumerate(owner(book).canonical()):
            yield f"{name} {number}", part


def test_every_part_of_a_used_book_differs_from_that_of_one_where_nothing_happened() -> None:
    desk = used()
    nothing = dict(canonical_parts(Orchestrator(PATIENCE).book))
    alike = [name for name, part in canonical_parts(desk.actor.book) if part == nothing.get(name)]
    assert alike == []
