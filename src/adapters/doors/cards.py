"""What a watcher remembers of one order, as plain data with the protocol's field names, moved along by facts."""

from __future__ import annotations

from collections.abc import Iterable

from adapters.doors.render import Plain, order_plain
from ports.facts import (
    HeldOrderAmended,
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
    OrderUnconfirmed,
    OrderUnsent,
    ParentEnded,
    ParentNoted,
    ParentProgressed,
    RiskDecided,
    TriggerMoved,
    status_after,
)
from ports.values import ZERO, DecisionId, OrderStatus, StrategyId, plain
from ports.views import OrderView


class Card:
    """One order without its trades, as of the last fact applied."""

    __slots__ = ("_fields", "strategy_id")

    def __init__(self, fields: Plain, strategy_id: StrategyId) -> None:
        self._fields = fields
        self.strategy_id = strategy_id

    @classmethod
    def of_new(cls, fact: OrderRecorded) -> Card:
        """Begin with an order that was recorded just now."""
        terms = fact.terms
        blank = OrderView(
            operation_id=terms.operation_id,
            order_id=fact.order_id,
            strategy_id=terms.strategy_id,
            instrument=terms.instrument,
            venue=None,
            account=None,
            side=terms.side,
            order_type=terms.order_type,
            time_in_force=terms.time_in_force,
            quantity=terms.quantity,
            price=terms.price,
            status=OrderStatus.PENDING,
            filled_quantity=ZERO,
            average_price=None,
            fills=(),
            reason_code="",
            reason="",
            decision_id=DecisionId(""),
            client_order_id=None,
            venue_order_id=None,
            exec_algorithm=terms.exec_algorithm,
            created_ns=fact.recorded_ns,
            updated_ns=fact.recorded_ns,
            tags=terms.tags,
            trigger_price=terms.trigger_price,
            trailing_offset=terms.trailing_offset,
            reduce_only=terms.reduce_only,
            display_quantity=terms.display_quantity,
            oco_group=terms.oco_group,
            after_operation_id=terms.after_operation_id,
            parent_operation_id=terms.parent_operation_id,
        )
        return cls(order_plain(blank, 0), terms.strategy_id)

    @classmethod
    def of_life(cls, facts: Iterable[OrderFact]) -> Card | None:
        """Follow an order's life from its first fact; None where that is not its recording."""
        card: Card | None = None
        for fact in facts:
            if isinstance(fact, OrderRecorded):
                card = cls.of_new(fact)
            elif card is not None:
                card.apply(fact)
        return card

    def apply(self, fact: OrderFact) -> None:
        """Take over what the fact says."""
        fields = self._fields
        status = status_after(fact)
        if status is not None:
            fields["status"] = status.value
        match fact:
            case RiskDecided():
                fields["decision_id"] = fact.decision_id
            case OrderRouted():
                fields |= {"venue": fact.venue, "account": fact.account, "instrument_key": str(fact.instrument)}
            case OrderHeld() | TriggerMoved() | HeldOrderAmended() | OrderReleased() | OrderUnsent():
                fields |= _with_us(fact)
            case ParentNoted() | ParentProgressed() | ParentEnded():
                fields |= _worked(fact)
            case OrderAcknowledged() | OrderAmended() | OrderFilled():
                fields |= _at_venue(fact)
                fields["venue_order_id"] = fact.venue_order_id or fields["venue_order_id"]
            case OrderRefused() | OrderRejected():
                fields |= {"reason_code": fact.code, "error_message": fact.reason}
            case OrderCanceled() | OrderExpired():
                fields |= {"reason_code": "", "error_message": fact.reason}
            case OrderUnconfirmed():
                fields["error_message"] = fact.reason
            case _:
                pass  # the rest changes the status alone, or nothing that watchers see

    def result(self, sequence: int, timestamp_ns: int, trades: list[Plain]) -> Plain:
        """Return the order as it now is; `trades` are the only ones it names."""
        return self._fields | {"sequence": sequence, "updated_at_ns": timestamp_ns, "fills": trades}


def _at_venue(fact: OrderAcknowledged | OrderAmended | OrderFilled) -> Plain:
    """Return what the venue's word changes of an order that works."""
    match fact:
        case OrderAcknowledged():
            return {"error_message": ""}  # the silence is over
        case OrderAmended():
            return {"amount": plain(fact.quantity), "price": plain(fact.price)}
        case OrderFilled():
            return {"filled_amount": plain(fact.filled_quantity), "average_price": plain(fact.average_price)}


def _worked(fact: ParentNoted | ParentProgressed | ParentEnded) -> Plain:
    """Return what changes of an order that an algorithm works."""
    match fact:
        case ParentNoted():
            return {"error_message": fact.text}
        case ParentProgressed():
            return {"filled_amount": plain(fact.filled_quantity), "average_price": plain(fact.average_price)}
        case ParentEnded():
            return {"reason_code": fact.code, "error_message": fact.reason}


def _with_us(fact: OrderHeld | TriggerMoved | HeldOrderAmended | OrderReleased | OrderUnsent) -> Plain:
    """Return what changes of an order before its venue knows it."""
    match fact:
        case OrderHeld():
            return {"error_message": fact.waits_for}
        case TriggerMoved():
            return {"trigger_price": plain(fact.trigger_price)}
        case HeldOrderAmended():
            prices = {"price": fact.price, "trigger_price": fact.trigger_price}
            shown = {name: "" if price is None else plain(price) for name, price in prices.items()}
            return {"amount": plain(fact.quantity), **shown}
        case OrderUnsent():
            return {"client_order_id": "", "amount": plain(fact.quantity), "error_message": fact.reason}
        case OrderReleased():
            left = {} if fact.quantity is None else {"amount": plain(fact.quantity)}
            return {"client_order_id": fact.client_order_id, "error_message": "", **left}
