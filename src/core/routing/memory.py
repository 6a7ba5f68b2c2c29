"""What the router learns from facts: how venues answered and filled lately, and where something is in doubt."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from core.orders.order import Order
from core.routing.fee_tiers import TradedVolumes
from core.routing.offers import kind_of
from core.routing.statistics import VenueStatistics
from ports.facts import OrderAcknowledged, OrderFilled, RouteDecided, RouteLeg
from ports.values import ZERO, AccountId, Currency, OperationId, OrderType, TimeInForce, divide

_AT_ONCE: Final = (TimeInForce.IOC, TimeInForce.FOK)
_ONE: Final = Decimal(1)
_BPS: Final = Decimal(10_000)
_STEP_NS: Final = 1_000_000_000  # longer waits for an answer than that are silence, not a round trip


class RouteMemory:
    """Fed with the orders that the router placed, with every doubt, and with every trade for its account's volume."""

    def __init__(self) -> None:
        self.statistics = VenueStatistics()
        self.volumes = TradedVolumes()
        self._doubted: dict[AccountId, set[OperationId]] = {}
        self._pays_fees_in: dict[AccountId, Currency] = {}

    def has_doubts(self, account: AccountId) -> bool:
        """Say whether nobody knows what became of an order at an account."""
        return bool(self._doubted.get(account))

    def fees_apart_in(self, account: AccountId) -> Currency | None:
        """Return the coin that fees are paid in and that is neither bought nor sold; None: there is none such."""
        return self._pays_fees_in.get(account)

    def _traded(self, fact: OrderFilled) -> None:
        """Count any trade towards its account's volume, and see what its fee was paid in."""
        kind = kind_of(fact.instrument)
        value = fact.quantity if kind.is_inverse else fact.quantity * fact.price
        currency = kind.base if kind.is_priced_in_base else kind.quote
        self.volumes.traded(fact.account, currency, value, fact.learnt_ns)
        paid_in = fact.fee.currency
        if not fact.fee.amount or paid_in == self._pays_fees_in.get(fact.account):
            return
        if paid_in in (kind.base, kind.quote, kind.settlement):
            self._pays_fees_in.pop(fact.account, None)
        else:
            self._pays_fees_in[fact.account] = paid_in

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

    def filled(self, order: Order | None, fact: OrderFilled) -> None:
        """Count a trade, and doubt its order no more."""
        self._traded(fact)
        if order is None:
            return
        self.settled(order)
        if order.status.is_terminal:
            self.ended(order, fact.learnt_ns)

    def ended(self, order: Order, now_ns: int) -> None:
        """Note what share of a routed order filled, now that it has ended, and how far from the expected price.

        Only what filled whole is held against that price: part of it may have met the best levels alone.
        """
        self.settled(order)
        if route_of(order) is None or order.account is None or order.release is None:
            return
        leg = _leg_of(order)
        share = divide(order.filled_quantity, order.quantity) if order.filled_quantity else ZERO
        waited = _may_wait(order) if leg is None else bool(leg.waits)
        self.statistics.order_ended(order.account, min(share, _ONE), now_ns, waited=waited)
        paid = order.average_price
        if share != _ONE or paid is None or leg is None or not leg.expected_price or order.quantity != leg.quantity:
            return
        slip = divide((paid - leg.expected_price) * order.terms.side.sign * _BPS, leg.expected_price)
        self.statistics.slipped(order.account, slip, now_ns)

    def canonical(self) -> tuple[object, ...]:
        """Return all that was learnt in one fixed shape."""
        doubts = [(account, *sorted(orders)) for account, orders in sorted(self._doubted.items()) if orders]
        fees = tuple(sorted(self._pays_fees_in.items()))
        return (self.statistics.canonical(), tuple(doubts), self.volumes.canonical(), fees)


def route_of(order: Order) -> RouteDecided | None:
    """Return the router's newest decision on an order, or on the one that it is a part of; None: it did not choose."""
    return order.route if order.parent is None else order.parent.route


def _leg_of(order: Order) -> RouteLeg | None:
    """Return the part of its route that an order is; None where a newer decision has taken that one's place."""
    route = route_of(order)
    return None if route is None else next((leg for leg in route.legs if leg.account == order.account), None)


def _may_wait(order: Order) -> bool:
    terms = order.terms
    return terms.post_only or (terms.order_type is OrderType.LIMIT and terms.time_in_force not in _AT_ONCE)
