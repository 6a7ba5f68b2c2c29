"""Short ways to say what people and venues say, for tests that converse with the book of record."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from app.rule_cases import words
from ports.commands import (
    CancelAll,
    HaltScope,
    LiftHalt,
    SubmitOrder,
)
from ports.instruments import InstrumentKey
from ports.market_data import Book, Level
from ports.reports import (
    CancelRefused,
    FillReport,
    OrderEvidence,
    OrderNotFound,
    OrderNotSent,
    OrderOutcomeUnknown,
    OrderStatusReport,
    QueryUnanswered,
    VenueOrderStatus,
)
from ports.values import (
    VenueId,
)

PERP: Final = words.PERP
BYBIT_PERP: Final = words.BYBIT_PERP
SMART_PERP: Final = words.SMART_PERP
SPOT: Final = words.SPOT
INVERSE: Final = words.INVERSE
CALL: Final = words.CALL
ACCOUNTS: Final = words.ACCOUNTS
TRADER: Final = words.TRADER
MOMENTUM: Final = words.MOMENTUM
LISTED: Final = words.LISTED

listed = words.listed
submit = words.submit
cancel = words.cancel
halt = words.halt
set_limits = words.set_limits
quote = words.quote
public_trade = words.public_trade
client_id = words.client_id
said = words.said
accepted = words.accepted
traded = words.traded
instruments_of = words.instruments_of
statement = words.statement


def with_terms(command: SubmitOrder, **terms: Any) -> SubmitOrder:
    """The same submit with some of its terms changed."""
    return replace(command, terms=replace(command.terms, **terms))


def cancel_all(**filters: Any) -> CancelAll:
    return CancelAll(principal=TRADER, reason="enough", **filters)


def resume(scope: HaltScope = HaltScope.GLOBAL, value: str = "") -> LiftHalt:
    return LiftHalt(scope=scope, value=value, principal=TRADER, reason="the drill is over")


def depth(instrument: InstrumentKey, mid: int, sizes: Sequence[str], received_ns: int) -> Book:
    """A venue's book around a price: the sizes on both sides, each ten dearer than the one before."""
    at = [(place, Decimal(size)) for place, size in enumerate(sizes, start=1)]
    return Book(
        instrument=instrument,
        bids=tuple([Level(Decimal(mid - 10 * place), size) for place, size in at]),
        asks=tuple([Level(Decimal(mid + 10 * place), size) for place, size in at]),
        event_time_ns=received_ns,
        received_ns=received_ns,
    )


def canceled(operation_id: str, **more: Any) -> OrderStatusReport:
    return said(operation_id, VenueOrderStatus.CANCELED, **more)


def evidence(status: OrderStatusReport, *fills: FillReport, asked_ns: int = 0) -> OrderEvidence:
    return OrderEvidence(status=status, fills=fills, asked_ns=asked_ns)


def not_found(operation_id: str, asked_ns: int, instrument: InstrumentKey = PERP) -> OrderNotFound:
    return OrderNotFound(account=ACCOUNTS[instrument], client_order_id=client_id(operation_id), asked_ns=asked_ns)


def unanswered(operation_id: str, instrument: InstrumentKey = PERP) -> QueryUnanswered:
    return QueryUnanswered(account=ACCOUNTS[instrument], client_order_id=client_id(operation_id), reason="time-out")


def not_sent(operation_id: str, instrument: InstrumentKey = PERP) -> OrderNotSent:
    return OrderNotSent(account=ACCOUNTS[instrument], client_order_id=client_id(operation_id), reason="no session")


def outcome_unknown(operation_id: str, instrument: InstrumentKey = PERP) -> OrderOutcomeUnknown:
    return OrderOutcomeUnknown(account=ACCOUNTS[instrument], client_order_id=client_id(operation_id), reason="time-out")


def cancel_refused(operation_id: str, instrument: InstrumentKey = PERP) -> CancelRefused:
    return CancelRefused(account=ACCOUNTS[instrument], client_order_id=client_id(operation_id), reason="too late")


def venues(*names: str) -> tuple[VenueId, ...]:
    return tuple(VenueId(name) for name in names)
