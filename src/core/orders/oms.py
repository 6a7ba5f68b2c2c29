"""The OMS: every order that is in memory, found by operation id and by client order id, changed only by facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from core.orders.contingencies import Contingencies
from core.orders.departed import Departed
from core.orders.ended import Ended, at_once, part
from core.orders.order import Order
from ports.commands import OrderTerms
from ports.facts import (
    AmendRequested,
    AmendWasRefused,
    CancelRequested,
    CancelWasRefused,
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
    OrdersLeftMemory,
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
    TriggerMoved,
)
from ports.recall import CountedTrade, TradeKey
from ports.values import ClientOrderId, OperationId, OrderStatus


class Oms:
    """All orders in memory: every one that is not terminal, and those that ended last.

    What has left is known by `departed`, and found again, for one message, by what was read back for it (`recall`).
    """

    def __init__(self) -> None:
        self._orders: dict[OperationId, Order] = {}
        self._open: dict[OperationId, Order] = {}
        self._by_client: dict[ClientOrderId, Order] = {}
        self._tombstones: dict[OperationId, None] = {}
        self._trades: dict[TradeKey, OrderFilled] = {}  # of the orders in memory
        self._unattributed: dict[TradeKey, OrderFilled] = {}
        self._ended = Ended()
        self._recalled: Oms | None = None
        self._recalled_trades: dict[TradeKey, CountedTrade] = {}
        self.departed = Departed()
        self.contingent = Contingencies()
        self.has_routes = False  # the smart router has decided on some order

    def get(self, operation_id: OperationId) -> Order | None:
        """Return the order of an operation id; None means it was never recorded, or has left and was not read back."""
        order = self._orders.get(operation_id)
        return order if order is not None or self._recalled is None else self._recalled.get(operation_id)

    def recorded(self, operation_id: OperationId) -> Order:
        """Return the order of an operation id that is known to be recorded.

        Raises:
            KeyError: it is not.
        """
        order = self.get(operation_id)
        if order is None:
            raise KeyError(operation_id)
        return order

    def by_client(self, client_order_id: ClientOrderId) -> Order | None:
        """Return the order that a venue knows by this id; None as for `get`, or it is not ours."""
        order = self._by_client.get(client_order_id)
        return order if order is not None or self._recalled is None else self._recalled.by_client(client_order_id)

    def is_tombstoned(self, operation_id: OperationId) -> bool:
        """Say whether a cancel came before the submit of this operation id."""
        recalled = self._recalled is not None and self._recalled.is_tombstoned(operation_id)
        return operation_id in self._tombstones or recalled

    def has_trade(self, key: TradeKey) -> bool:
        """Say whether this trade was counted already, as far as is in memory or was read back."""
        return self.trade(key) is not None

    def trade(self, key: TradeKey) -> OrderFilled | CountedTrade | None:
        """Return a trade that was counted; None means it was not, or has left and was not read back."""
        trade = self._trades.get(key) or self._unattributed.get(key) or self._recalled_trades.get(key)
        return trade if trade is not None or self._recalled is None else self._recalled.trade(key)

    def recall(self, orders: Oms, trades: Iterable[CountedTrade]) -> None:
        """Let what was read back be found, until `forget_recalled`; what is in memory comes before it."""
        self._recalled = orders
        self._recalled_trades = {trade.key: trade for trade in trades}

    def forget_recalled(self) -> None:
        """Let go of what was read back: a later message reads it anew."""
        for order in self._recalled.all_orders() if self._recalled is not None else ():
            part(order)
        self._recalled, self._recalled_trades = None, {}

    def who_may_leave(self, keep: int) -> list[OperationId]:
        """Return the orders and tombstones that are to leave memory now, oldest first, so that about `keep` stay.

        None before a good number of them can leave together. An order stays while another depends on it.
        """
        return [*self._ended.who_may_leave(keep, self.contingent.needs), *self._old_tombstones(keep)]

    def _old_tombstones(self, keep: int) -> list[OperationId]:
        together = at_once(keep)
        if len(self._tombstones) - keep < together:
            return []
        return [one for one in islice(self._tombstones, together) if one not in self._orders]

    def unattributed_beyond(self, keep: int) -> int:
        """Return how many of the oldest trades that are of no order of ours are to leave memory now."""
        beyond = len(self._unattributed) - keep
        return beyond if beyond >= at_once(keep) else 0

    def linked(self, terms: OrderTerms) -> Order | None:
        """Return a routed order that an order is to follow, or shares its OCO group with; None: it stands alone."""
        before = None if terms.after_operation_id is None else self.get(terms.after_operation_id)
        linked = [one for one in (before, *self.contingent.group(terms)) if one is not None and one.account is not None]
        return linked[0] if linked else None

    def open_orders(self) -> Iterator[Order]:
        """Yield the orders that were released and are not terminal, oldest release first."""
        return iter(self._open.values())

    @property
    def open_count(self) -> int:
        """How many orders were released and are not terminal."""
        return len(self._open)

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
        self._tombstones[fact.operation_id] = None

    def leave(self, fact: OrdersLeftMemory) -> None:
        """Forget them, but for their names."""
        for operation_id in fact.operation_ids:
            order = self._ended.pop(operation_id)
            if order is None:
                self._tombstones.pop(operation_id, None)
                self.departed.name(operation_id)
                continue
            for one in (order, *order.children):
                self._leave(one)
            part(order)
        trades = list(islice(self._unattributed, fact.unattributed))
        self.departed.trades(trades)
        for key in trades:
            del self._unattributed[key]

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
        order.amends[fact.amend_id], order.updated_ns = fact, fact.amended_ns
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
        """A child of it has traded; where that came after it had left memory, its facts alone know it."""
        if self.get(fact.operation_id) is not None:
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
        """A trade; returns its order, or None where it is unattributed, or its order is not in memory."""
        key = (fact.account, fact.instrument, fact.trade_id)
        if fact.operation_id is None or fact.status is None:
            self._unattributed[key] = fact
            return None
        if fact.operation_id in self._orders:
            self._trades[key] = fact
        else:
            self.departed.trades([key])
            if self._recalled is not None:
                self._recalled._trades[key] = fact  # the same message may say it twice
        order = self.get(fact.operation_id)
        if order is None:
            return None
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
        order.cancel_may_outrun = not order.acknowledged

    def refuse_cancel(self, fact: CancelWasRefused) -> None:
        """The venue keeps it."""
        order = self._move(fact.operation_id, fact.status, fact.learnt_ns)
        order.cancel_requested = order.expiring = False

    def request_amend(self, fact: AmendRequested) -> None:
        """Somebody wants it changed."""
        order = self._move(fact.operation_id, fact.status, fact.requested_ns)
        order.amending, order.awaited_since_ns, order.amended_ns = fact, fact.requested_ns, fact.requested_ns
        order.amends[fact.amend_id] = fact

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
        order = self.recorded(operation_id)
        was_terminal = order.status.is_terminal
        order.status, order.updated_ns = status, now_ns
        if status.is_terminal and not was_terminal:
            self._open.pop(operation_id, None)
            self._end_of_its_links(order)
        return order

    def _end_of_its_links(self, order: Order) -> None:
        """It is linked to nothing any more, and perhaps others that had ended before it are not either."""
        terms = order.terms
        before = None if terms.after_operation_id is None else self._orders.get(terms.after_operation_id)
        linked = [one for one in (order, *self.contingent.group(terms), before) if one is not None]
        self.contingent.ended(order)
        for one in linked:
            if one.status.is_terminal and one.parent is None and not self.contingent.needs(one):
                self._ended.add(one)

    def _leave(self, order: Order) -> None:
        self.departed.order(order)
        self._tombstones.pop(order.terms.operation_id, None)
        del self._orders[order.terms.operation_id]
        if order.client_order_id is not None:
            del self._by_client[order.client_order_id]
        for fill in order.fills:
            del self._trades[fill.account, fill.instrument, fill.trade_id]

    def canonical(self) -> tuple[object, ...]:
        """Return the whole book in one fixed shape."""
        return (
            tuple([order.canonical() for order in self._orders.values()]),
            tuple(self._open),
            self._ended.canonical(),
            tuple(self._tombstones),
            tuple(sorted(self._trades)),
            tuple(self._unattributed),
            self.departed.canonical(),
        )
