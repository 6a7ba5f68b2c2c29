"""From facts to rows: what a batch of entries changes in the projections' tables. Facts are copied, never judged."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final, TypeGuard, assert_never, get_args

from adapters.sql.codec import encode_fact
from adapters.sql.rows_past import break_columns, position_change_columns, settled_columns
from ports.facts import (
    AmendRequested,
    AmendWasRefused,
    BreakOpened,
    BreakSettled,
    CancelRequested,
    CancelWasRefused,
    Fact,
    HeldOrderAmended,
    InstrumentDefined,
    OrderAcknowledged,
    OrderAmended,
    OrderCanceled,
    OrderExpired,
    OrderFact,
    OrderFilled,
    OrderHeld,
    OrderRecorded,
    OrderRefused,
    OrderRejected,
    OrderReleased,
    OrderRouted,
    OrderTombstoned,
    OrderTriggered,
    OrderUnconfirmed,
    OrderUnseen,
    OrderUnsent,
    ParentEnded,
    ParentNoted,
    ParentProgressed,
    ParentStarted,
    ParentVolumeSeen,
    PositionChanged,
    RiskDecided,
    RouteDecided,
    RouteJudged,
    TriggerMoved,
    kind_of,
    status_after,
    version_of,
)
from ports.journal import Entry
from ports.values import VenueId, plain

type Columns = dict[str, Any]  # column to value, as the database's driver takes it

NO_FILLS: Final = "[]"
_ORDER_FACTS: Final = get_args(OrderFact.__value__)
_NAUTILUS_VENUES: Final = frozenset({"BINANCE-SPOT", "BINANCE-FUTURES", "BYBIT", "OKX"})


def venue_type(venue: VenueId) -> str:
    """Return which kind of adapter speaks to a venue: `NAUTILUS` or `EXTERNAL_SDK`."""
    return "NAUTILUS" if venue in _NAUTILUS_VENUES else "EXTERNAL_SDK"


def is_of_an_order(fact: Fact) -> TypeGuard[OrderFact]:
    """Say whether a fact is one of an order's life."""
    return isinstance(fact, _ORDER_FACTS)


class Changes:
    """What a batch of entries changes, merged so that every row is written once."""

    def __init__(self) -> None:
        self.new_orders: dict[str, Columns] = {}
        self.order_changes: dict[str, Columns] = {}  # of orders that were there before
        self.order_fills: list[tuple[str, str]] = []  # operation id and fill, of orders that were there before
        self.events: list[Columns] = []
        self.fills: list[Columns] = []
        self.positions: dict[tuple[str, str, str], Columns] = {}
        self.traded: dict[str, None] = {}  # instruments whose unified position has to be made anew
        self.instruments: dict[tuple[str, str], Columns] = {}
        self.position_history: list[Columns] = []
        self.breaks: list[Columns] = []
        self.settled_breaks: list[Columns] = []  # of breaks that were there before
        self._opened: dict[str, Columns] = {}  # of this batch, by name

    def add(self, entry: Entry) -> None:
        """Take in one entry, the next of the sequence."""
        fact = entry.fact
        if isinstance(fact, OrderFilled):
            self._fill(entry.seq, fact)
        if is_of_an_order(fact) and fact.operation_id is not None:
            self._order(entry, fact, str(fact.operation_id))
        elif isinstance(fact, PositionChanged):
            self._position(fact)
            self.position_history.append(position_change_columns(entry.seq, fact))
        elif isinstance(fact, InstrumentDefined):
            self._instrument(entry, fact)
        elif isinstance(fact, BreakOpened):
            self.breaks.append(break_columns(entry.seq, fact))
            self._opened[fact.break_id] = self.breaks[-1]
        elif isinstance(fact, BreakSettled):
            settled = settled_columns(entry.seq, fact)
            opened = self._opened.pop(fact.break_id, None)
            if opened is None:
                self.settled_breaks.append(settled | {"break_id": fact.break_id})
            else:
                opened.update(settled)

    def add_after(self, cursor: int, entries: Iterable[Entry]) -> int:
        """Take in what comes after `cursor`, and return where it is then.

        Raises:
            ValueError: the entries leave a hole.
        """
        for entry in entries:
            if entry.seq <= cursor:
                continue
            if entry.seq != cursor + 1:
                raise ValueError(f"seq {entry.seq} cannot be taken in: {cursor + 1} is next")
            self.add(entry)
            cursor = entry.seq
        return cursor

    def _order(self, entry: Entry, fact: OrderFact, operation_id: str) -> None:
        self.events.append(
            {
                "seq": entry.seq,
                "operation_id": operation_id,
                "ts_ns": entry.ts_ns,
                "kind": kind_of(fact),
                "body": encode_fact(fact).decode(),
                "version": version_of(fact),
            }
        )
        if isinstance(fact, OrderRecorded):
            self.new_orders[operation_id] = _new_order(entry.seq, fact)
            return
        columns = _order_columns(fact)
        if columns is None:
            return
        status = status_after(fact)
        if status is not None:
            columns["status"] = str(status)
        columns["updated_seq"] = entry.seq
        known = self.new_orders.get(operation_id)
        if isinstance(fact, OrderFilled):
            fill = _fill_json(fact)
            if known is None:
                self.order_fills.append((operation_id, fill))
            else:
                known["fills"] = with_fill(known["fills"], fill)
        if known is None:
            known = self.order_changes.setdefault(operation_id, {})
        known.update(columns)

    def _fill(self, seq: int, fact: OrderFilled) -> None:
        instrument = str(fact.instrument)
        self.traded[instrument] = None
        self.fills.append(
            {
                "seq": seq,
                "operation_id": fact.operation_id,
                "fill_id": fact.trade_id,
                "account": fact.account,
                "strategy_id": fact.strategy_id,
                "canonical_id": instrument,
                "venue": fact.instrument.venue,
                "venue_order_id": fact.venue_order_id,
                "side": str(fact.side),
                "quantity": plain(fact.quantity),
                "price": plain(fact.price),
                "fee": plain(fact.fee.amount),
                "fee_currency": fact.fee.currency,
                "liquidity": None if fact.liquidity is None else str(fact.liquidity),
                "venue_time_ns": fact.venue_time_ns,
                "learnt_at": fact.learnt_ns,
            }
        )

    def _position(self, fact: PositionChanged) -> None:
        instrument, average = str(fact.instrument), fact.average_entry_price
        self.traded[instrument] = None
        self.positions[instrument, fact.account, fact.strategy_id] = {
            "canonical_id": instrument,
            "account": fact.account,
            "strategy_id": fact.strategy_id,
            "quantity": plain(fact.quantity),
            "open_cash": plain(fact.open_cash),
            "average_entry_price": None if average is None else plain(average),
            "realized_pnl": plain(fact.realized_pnl),
            "fees": _json(fact.fees),
            "settlement": fact.instrument.settlement,
            "updated_at": fact.changed_ns,
        }

    def _instrument(self, entry: Entry, fact: InstrumentDefined) -> None:
        listed = fact.instrument
        self.instruments[listed.key, fact.account] = {
            "canonical_id": str(listed.key),
            "account": fact.account,
            "venue": listed.key.venue,
            "instrument_type": str(listed.key.type),
            "base_asset": listed.key.base,
            "tick_size": plain(listed.tick_size),
            "lot_size": plain(listed.lot_size),
            "body": _json(fact),
            "version": version_of(fact),
            "seq": entry.seq,
            "updated_at": entry.ts_ns,
        }


def with_fill(fills: str, fill: str) -> str:
    """Return the JSON list `fills` with one more at its end, character for character as the database makes it."""
    return f"[{fill}]" if fills == NO_FILLS else f"{fills[:-1]},{fill}]"


def _new_order(seq: int, fact: OrderRecorded) -> Columns:
    terms = fact.terms
    return {
        "operation_id": fact.operation_id,
        "canonical_id": str(terms.instrument),
        "venue": None,
        "venue_type": None,
        "venue_order_id": None,
        "status": str(status_after(fact)),
        "side": str(terms.side),
        "quantity": plain(terms.quantity),
        "price": _plain(terms.price),
        "fills": NO_FILLS,
        "strategy_id": terms.strategy_id,
        "created_at": fact.recorded_ns,
        "updated_at": fact.recorded_ns,
        "order_id": fact.order_id,
        "account": None,
        "order_type": str(terms.order_type),
        "time_in_force": str(terms.time_in_force),
        "filled_quantity": "0",
        "average_price": None,
        "reason_code": "",
        "reason": "",
        "decision_id": "",
        "client_order_id": None,
        "exec_algorithm": terms.exec_algorithm,
        "tags": _json(terms.tags),
        "trigger_price": _plain(terms.trigger_price),
        "trailing_offset": _plain(terms.trailing_offset),
        "reduce_only": int(terms.reduce_only),
        "display_quantity": _plain(terms.display_quantity),
        "oco_group": terms.oco_group,
        "after_operation_id": terms.after_operation_id,
        "parent_operation_id": terms.parent_operation_id,
        "created_seq": seq,
        "updated_seq": seq,
    }


def _order_columns(fact: OrderFact) -> Columns | None:  # noqa: C901, PLR0912 - one case a kind of fact
    """Return what a fact changes of its order besides the status; None: there may be no such order."""
    match fact:
        case RiskDecided():
            return {"decision_id": fact.decision_id}
        case OrderRouted():
            return {
                "venue": fact.venue,
                "venue_type": venue_type(fact.venue),
                "account": fact.account,
                "canonical_id": str(fact.instrument),
            }
        case OrderReleased():
            quantity = {} if fact.quantity is None else {"quantity": plain(fact.quantity)}
            return {"client_order_id": fact.client_order_id, "reason": "", "updated_at": fact.released_ns} | quantity
        case OrderUnsent() | OrderHeld() | TriggerMoved() | OrderTriggered() | HeldOrderAmended():
            return _held_columns(fact)
        case ParentStarted() | ParentNoted() | ParentProgressed() | ParentEnded():
            return _parent_columns(fact)
        case OrderRefused():
            return {"reason_code": fact.code, "reason": fact.reason, "updated_at": fact.refused_ns}
        case OrderRejected():
            return {"reason_code": fact.code, "reason": fact.reason, "updated_at": fact.learnt_ns}
        case OrderCanceled() | OrderExpired():
            return {"reason_code": "", "reason": fact.reason, "updated_at": fact.learnt_ns}
        case OrderAcknowledged():
            return {"reason": "", "updated_at": fact.learnt_ns} | _venue_order_id(fact)
        case OrderFilled():
            return {
                "filled_quantity": plain(fact.filled_quantity),
                "average_price": plain(fact.average_price),
                "updated_at": fact.learnt_ns,
            } | _venue_order_id(fact)
        case OrderUnconfirmed():
            return {"reason": fact.reason, "updated_at": fact.since_ns}
        case OrderAmended():
            return {
                "quantity": plain(fact.quantity),
                "price": plain(fact.price),
                "updated_at": fact.learnt_ns,
            } | _venue_order_id(fact)
        case AmendRequested() | CancelRequested():
            return {"updated_at": fact.requested_ns}
        case OrderUnseen() | CancelWasRefused() | AmendWasRefused():
            return {"updated_at": fact.learnt_ns}
        case OrderRecorded() | OrderTombstoned() | ParentVolumeSeen() | RouteDecided() | RouteJudged():
            return None
        case _:
            assert_never(fact)


def _held_columns(fact: OrderUnsent | OrderHeld | TriggerMoved | OrderTriggered | HeldOrderAmended) -> Columns:
    match fact:
        case OrderUnsent():
            left = {"client_order_id": None, "quantity": plain(fact.quantity)}
            return {"reason": fact.reason, "updated_at": fact.learnt_ns} | left
        case OrderHeld():
            return {"reason": fact.waits_for, "updated_at": fact.held_ns}
        case TriggerMoved():
            return {"trigger_price": plain(fact.trigger_price), "updated_at": fact.moved_ns}
        case OrderTriggered():
            return {"updated_at": fact.triggered_ns}
        case HeldOrderAmended():
            return {
                "quantity": plain(fact.quantity),
                "price": _plain(fact.price),
                "trigger_price": _plain(fact.trigger_price),
                "updated_at": fact.amended_ns,
            }


def _parent_columns(fact: ParentStarted | ParentNoted | ParentProgressed | ParentEnded) -> Columns:
    match fact:
        case ParentStarted():
            return {"updated_at": fact.started_ns}
        case ParentNoted():
            return {"reason": fact.text, "updated_at": fact.noted_ns}
        case ParentProgressed():
            return {
                "filled_quantity": plain(fact.filled_quantity),
                "average_price": plain(fact.average_price),
                "updated_at": fact.progressed_ns,
            }
        case ParentEnded():
            return {"reason_code": fact.code, "reason": fact.reason, "updated_at": fact.ended_ns}


def _venue_order_id(fact: OrderAcknowledged | OrderAmended | OrderFilled) -> Columns:
    return {"venue_order_id": fact.venue_order_id} if fact.venue_order_id else {}


def _fill_json(fact: OrderFilled) -> str:
    return _json(
        {
            "fill_id": fact.trade_id,
            "quantity": fact.quantity,
            "price": fact.price,
            "fee": fact.fee.amount,
            "fee_currency": fact.fee.currency,
            "timestamp_ns": fact.venue_time_ns,
            "venue": fact.instrument.venue,
            "venue_order_id": fact.venue_order_id,
            "liquidity": fact.liquidity,
        }
    )


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def _json(value: object) -> str:
    return encode_fact(value).decode()
