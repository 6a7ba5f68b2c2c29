"""What the router learns from facts: how venues answered and filled lately, and where something is in doubt."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from core.orders.order import Order
from core.routing.statistics import VenueStatistics
from ports.facts import OrderAcknowledged, OrderFilled, RouteDecided
from ports.values import ZERO, AccountId, OperationId, OrderType, TimeInForce, divide

_AT_ONCE: Final = (TimeInForce.IOC, TimeInForce.FOK)
_BPS: Final = Decimal(10_000)
_STEP_NS: Final = 1_000_000_000  # longer waits for an answer than that are silence, not a round trip


class RouteMemory:
    """Fed with the orders that the router placed, and with every doubt; nothing else costs anything."""

    def __init__(self) -> None:
        self.statistics = VenueStatistics()
        self._doubted: dict[AccountId, set[OperationId]] = {}

    def has_doubts(self, account: AccountId) -> bool:
        """Say whether nobody knows what became of an order at an account."""
        return bool(self._doubted.get(account))

    def doubted(self, order: Order) -> None:
        """The outcome of an order is unknown."""
        if order.account is not None:
            self._doubted.setdefault(order.account, set()).add(order.terms.operation_id)

    def settled(self, order: Order) -> None:
        """The venue has spoken of an order."""
        if self._doubted and order.account is not None:
            doubted = self._doubted.get(order.account)
            if doubted is not None:
                doubted.discard(order.terms.operation_id)

    def acknowledged(self, order: Order, fact: OrderAcknowledged) -> None:
        """Measure the round trip of a routed order's first acknowledgement."""
        if route_of(order) is None or order.release is None or order.account is None or order.acknowledged:
            return
        wait_ns = fact.learnt_ns - order.release.released_ns
        if wait_ns <= _STEP_NS:
            self.statistics.acknowledged(order.account, wait_ns, fact.learnt_ns)

    def filled(self, order: Order, fact: OrderFilled) -> None:
        """Measure a routed order's trade against the reference price of its route; it is in doubt no more."""
        self.settled(order)
        if order.status.is_terminal:
            self.ended(order, fact.learnt_ns)
        route = route_of(order)
        if route is None or not route.reference_price:
            return
        value = fact.quantity if fact.instrument.is_inverse else fact.quantity * fact.price
        slip = divide((fact.price - route.reference_price) * fact.side.sign * _BPS, route.reference_price)
        self.statistics.filled(fact.account, slip, value, fact.learnt_ns)

    def ended(self, order: Order, now_ns: int) -> None:
        """Note what share of a routed order filled, now that it has ended."""
        self.settled(order)
        if route_of(order) is None or order.account is None or order.release is None:
            return
        terms = order.terms
        waited = terms.post_only or (terms.order_type is OrderType.LIMIT and terms.time_in_force not in _AT_ONCE)
        share = divide(order.filled_quantity, order.quantity) if order.filled_quantity else ZERO
        self.statistics.order_ended(order.account, min(share, Decimal(1)), now_ns, waited=waited)

    def canonical(self) -> tuple[object, ...]:
        """Return all that was learnt in one fixed shape."""
        doubts = [(account, *sorted(orders)) for account, orders in sorted(self._doubted.items()) if orders]
        return (self.statistics.canonical(), tuple(doubts))


def route_of(order: Order) -> RouteDecided | None:
    """Return the router's newest decision on an order, or on the one that it is a part of; None: it did not choose."""
    return order.route if order.parent is None else order.parent.route
