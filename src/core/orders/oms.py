"""The OMS: every order there is, found by operation id and by client order id, changed only by facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from core.orders.contingencies import Contingencies
from core.orders.order import Order
from ports.commands import OrderTerms
from ports.facts import (
    AmendRequested,
    AmendWasRefused,
    CancelRequested,
    CancelWasRefused,
    Fact,
    HeldOrderAmended,
    OrderAcknowledged,
    OrderAmended,
    OrderCanceled,
    OrderExpired,
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
    RiskDecided,
    RouteDecided,
    RouteJudged,
    TriggerMoved,
)
from ports.instruments import InstrumentKey
from ports.values import AccountId, ClientOrderId, OperationId, OrderStatus, TradeId

type TradeKey = tuple[AccountId, InstrumentKey, TradeId]


class Oms:
    """All orders. `trades` holds every trade that was ever counted, so that a repeat is known as one."""

    def __init__(self) -> None:
        self._orders: dict[OperationId, Order] = {}
        self._open: dict[OperationId, Order] = {}
        self._by_client: dict[ClientOrderId, Order] = {}
        self._tombstones: set[OperationId] = set()
        self._trades: dict[TradeKey, OrderFilled] = {}
        self.contingent = Contingencies()
        self.has_routes = False  # the smart router has decided on some order

    def get(self, operation_id: OperationId) -> Order | None:
        """Return the order of an operation id; None means it was never recorded."""
        return self._orders.get(operation_id)

    def recorded(self, operation_id: OperationId) -> Order:
        """Return the order of an operation id that is known to be recorded.

        Raises:
            KeyError: it is not.
        """
        return self._orders[operation_id]

    def by_client(self, client_order_id: ClientOrderId) -> Order | None:
        """Return the order that a venue knows by this id; None means it is not ours."""
        return self._by_client.get(client_order_id)

    def is_tombstoned(self, operation_id: OperationId) -> bool:
        """Say whether a cancel came before the submit of this operation id."""
        return operation_id in self._tombstones

    def has_trade(self, key: TradeKey) -> bool:
        """Say whether this trade was counted already."""
        return key in self._trades

    def trade(self, key: TradeKey) -> OrderFilled | None:
        """Return a trade that was counted; None means it was not."""
        return self._trades.get(key)

    def linked(self, terms: OrderTerms) -> Order | None:
        """Return a routed order that an order is to follow, or shares its OCO group with; None: it stands alone."""
        before = None if terms.after_operation_id is None else self.get(terms.after_operation_id)
        linked = [one for one in (before, *self.contingent.group(terms)) if one is not None and one.account is not None]
        return linked[0] if linked else None

    def open_orders(self) -> Iterator[Order]:
        """Yield the orders that were released and are not terminal, oldest release first."""
        return iter(self._open.values())

    def all_orders(self) -> Iterator[Order]:
        """Yield every order, oldest first."""
        return iter(self._orders.values())

    def record(self, fact: OrderRecorded) -> None:
        """A new order."""
        order = Order(fact.terms, fact.order_id, fact.content_hash, fact.principal, fact.recorded_ns)
        self._orders[fact.operation_id] = order
        self.contingent.recorded(order)
        if fact.terms.parent_operation_id is not None:
            order.parent = self._orders[fact.terms.parent_operation_id]
            order.parent.children.append(order)

    def tombstone(self, fact: OrderTombstoned) -> None:
        """An operation id whose submit is to be refused."""
        self._tombstones.add(fact.operation_id)

    def judge(self, fact: RiskDecided) -> None:
        """Risk has spoken."""
        self._orders[fact.operation_id].decision_id = fact.decision_id

    def route(self, fact: OrderRouted) -> None:
        """A venue was chosen."""
        order = self._orders[fact.operation_id]
        order.venue, order.account, order.instrument = fact.venue, fact.account, fact.instrument

    def release(self, fact: OrderReleased) -> Order:
        """The order may leave."""
        order = self._move(fact.operation_id, OrderStatus.SUBMITTED, fact.released_ns)
        order.release, order.awaited_since_ns = fact, fact.released_ns
        order.quantity, order.reason = fact.quantity or order.quantity, ""
        self.contingent.released(order)
        self._by_client[fact.client_order_id] = order
        self._open[fact.operation_id] = order
        return order

    def appliers_of_notes(self) -> Mapping[type[Fact], Callable[[Any], object]]:
        """Return who takes the facts that tell something of an order, and move nothing."""
        return {
            ParentNoted: self.note,
            ParentVolumeSeen: self.see_volume,
            RouteDecided: self.decide_route,
            RouteJudged: lambda fact: None,
        }

    def decide_route(self, fact: RouteDecided) -> None:
        """The smart router shared it, or what is left of it, out."""
        self._orders[fact.operation_id].route = fact
        self.has_routes = True

    def unsend(self, fact: OrderUnsent) -> Order:
        """It never left, and waits with us again."""
        order = self._move(fact.operation_id, OrderStatus.HELD, fact.learnt_ns)
        self._by_client.pop(order.released().client_order_id, None)
        self._open.pop(fact.operation_id, None)
        order.release, order.reason, order.quantity = None, fact.reason, fact.quantity
        order.times_unsent, order.try_again_ns, order.times_unseen = fact.times, fact.try_again_ns, 0
        self.contingent.unsent(order)
        return order

    def hold(self, fact: OrderHeld) -> None:
        """It waits with us."""
        order = self._move(fact.operation_id, OrderStatus.HELD, fact.held_ns)
        order.reason = fact.waits_for
        self.contingent.held(order)

    def trail(self, fact: TriggerMoved) -> None:
        """Its trigger has followed the market."""
        order = self._orders[fact.operation_id]
        order.trigger_price, order.updated_ns = fact.trigger_price, fact.moved_ns

    def trigger(self, fact: OrderTriggered) -> None:
        """What it waited for has come."""
        order = self._orders[fact.operation_id]
        order.triggered, order.updated_ns = fact, fact.triggered_ns
        self.contingent.triggered(order)

    def amend_held(self, fact: HeldOrderAmended) -> None:
        """It was changed before any venue knew it."""
        order = self._orders[fact.operation_id]
        order.quantity = order.wanted = fact.quantity
        order.price, order.trigger_price = fact.price, fact.trigger_price
        order.amend_ids, order.updated_ns = (*order.amend_ids, fact.amend_id), fact.amended_ns
        self.contingent.amended(order)

    def start(self, fact: ParentStarted) -> None:
        """An algorithm works it."""
        order = self._move(fact.operation_id, OrderStatus.ACCEPTED, fact.started_ns)
        order.started = fact
        self.contingent.started(order)

    def note(self, fact: ParentNoted) -> None:
        """Its plan is not worked as one would expect."""
        order = self._orders[fact.operation_id]
        order.reason, order.notices, order.updated_ns = fact.text, (*order.notices, fact.code), fact.noted_ns

    def see_volume(self, fact: ParentVolumeSeen) -> None:
        """Its plan reckoned with so much public volume."""
        self._orders[fact.operation_id].volume_seen = fact.traded

    def progress(self, fact: ParentProgressed) -> None:
        """A child of it has traded."""
        order = self._move(fact.operation_id, fact.status, fact.progressed_ns)
        order.filled_quantity = fact.filled_quantity

    def end_parent(self, fact: ParentEnded) -> None:
        """Nothing more of it will be placed."""
        self._end(fact.operation_id, fact.status, fact.ended_ns, fact.code, fact.reason)

    def refuse(self, fact: OrderRefused) -> None:
        """We refused it."""
        self._end(fact.operation_id, OrderStatus.REJECTED, fact.refused_ns, fact.code, fact.reason)

    def acknowledge(self, fact: OrderAcknowledged) -> Order:
        """The venue holds it."""
        order = self._move(fact.operation_id, fact.status, fact.learnt_ns)
        order.acknowledged, order.times_unseen, order.reason = True, 0, ""
        order.venue_order_id = fact.venue_order_id or order.venue_order_id
        return order

    def fill(self, fact: OrderFilled) -> Order | None:
        """A trade; returns its order, or None where it is unattributed."""
        self._trades[fact.account, fact.instrument, fact.trade_id] = fact
        if fact.operation_id is None or fact.status is None:
            return None
        order = self._orders[fact.operation_id]
        order.fills.append(fact)
        order.filled_quantity = fact.filled_quantity
        order.filled_value += fact.quantity * fact.price
        if order.parent is not None:
            order.parent.filled_value += fact.quantity * fact.price
        order.acknowledged, order.times_unseen = True, 0
        order.venue_order_id = fact.venue_order_id or order.venue_order_id
        return self._move(fact.operation_id, fact.status, fact.learnt_ns)

    def end(self, fact: OrderRejected | OrderCanceled | OrderExpired) -> Order:
        """The venue, or the proof that nothing was sent, ended it."""
        match fact:
            case OrderRejected():
                return self._end(fact.operation_id, OrderStatus.REJECTED, fact.learnt_ns, fact.code, fact.reason)
            case OrderCanceled():
                return self._end(fact.operation_id, OrderStatus.CANCELED, fact.learnt_ns, "", fact.reason)
            case OrderExpired():
                return self._end(fact.operation_id, OrderStatus.EXPIRED, fact.learnt_ns, "", fact.reason)

    def unconfirm(self, fact: OrderUnconfirmed) -> Order:
        """Its outcome is unknown."""
        order = self._move(fact.operation_id, OrderStatus.UNCONFIRMED, fact.since_ns)
        order.reason, order.awaited_since_ns = fact.reason, fact.since_ns
        return order

    def unseen(self, fact: OrderUnseen) -> Order:
        """The venue does not know it, this time."""
        order = self._orders[fact.operation_id]
        order.times_unseen += 1
        order.unseen_asked_ns = fact.asked_ns
        order.updated_ns = fact.learnt_ns
        return order

    def request_cancel(self, fact: CancelRequested) -> None:
        """Somebody wants it back."""
        order = self._move(fact.operation_id, fact.status, fact.requested_ns)
        order.cancel_requested, order.awaited_since_ns = True, fact.requested_ns
        order.expiring, order.cancel_asked_ns, order.cancel_reason = fact.expired, fact.requested_ns, fact.reason

    def refuse_cancel(self, fact: CancelWasRefused) -> None:
        """The venue keeps it."""
        order = self._move(fact.operation_id, fact.status, fact.learnt_ns)
        order.cancel_requested = order.expiring = False

    def request_amend(self, fact: AmendRequested) -> None:
        """Somebody wants it changed."""
        order = self._move(fact.operation_id, fact.status, fact.requested_ns)
        order.amending, order.awaited_since_ns, order.amended_ns = fact, fact.requested_ns, fact.requested_ns
        order.amend_ids = (*order.amend_ids, fact.amend_id)

    def amend(self, fact: OrderAmended) -> None:
        """The venue changed it."""
        order = self._move(fact.operation_id, fact.status, fact.learnt_ns)
        order.quantity, order.price, order.amending = fact.quantity, fact.price, None
        order.amended_ns = fact.learnt_ns
        order.acknowledged, order.times_unseen = True, 0
        order.venue_order_id = fact.venue_order_id or order.venue_order_id

    def refuse_amend(self, fact: AmendWasRefused) -> Order:
        """The venue did not change it."""
        order = self._move(fact.operation_id, fact.status, fact.learnt_ns)
        order.amending = None
        return order

    def _end(self, operation_id: OperationId, status: OrderStatus, now_ns: int, code: str, reason: str) -> Order:
        order = self._move(operation_id, status, now_ns)
        order.reason_code, order.reason = code, reason
        return order

    def _move(self, operation_id: OperationId, status: OrderStatus, now_ns: int) -> Order:
        order = self._orders[operation_id]
        order.status, order.updated_ns = status, now_ns
        if status.is_terminal:
            self._open.pop(operation_id, None)
            self.contingent.ended(order)
        return order

    def canonical(self) -> tuple[object, ...]:
        """Return the whole book in one fixed shape."""
        return (
            tuple([order.canonical() for order in self._orders.values()]),
            tuple(self._open),
            tuple(sorted(self._tombstones)),
            tuple(sorted(self._trades)),
        )
