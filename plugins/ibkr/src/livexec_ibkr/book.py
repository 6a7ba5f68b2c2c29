"""What one connection was told of each order, and what of that is news to us."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Protocol

from ib_async.contract import Contract
from ib_async.order import Order

from livexec_ibkr.exact import stated
from ports.instruments import InstrumentKey
from ports.reports import AmendReport, OrderStatusReport, Report, VenueOrderStatus
from ports.values import ZERO, AccountId, ClientOrderId, Price, Quantity, TradeId, VenueOrderId, plain

_REMEMBERED: Final = 100_000
# An order that is INACTIVE may work again (TWS looks for shares, or for margin): it counts as open until it has ended.
_OPEN: Final = frozenset({"PreSubmitted", "Submitted", "PendingCancel", "Inactive"})
_ENDED: Final = {
    "Filled": VenueOrderStatus.FILLED,
    "Cancelled": VenueOrderStatus.CANCELED,
    "ApiCancelled": VenueOrderStatus.CANCELED,
}
type Key = tuple[int, int]  # client id and order id, or 0 and the permanent id where it has none


def key_of_order(client_id: int, order_id: int, perm_id: int) -> Key:
    """Return what an order goes by: those placed by hand have no order id of any client."""
    return (client_id, order_id) if order_id > 0 else (0, perm_id)


@dataclass(slots=True, kw_only=True)
class Known:
    """One order. `told` is how much of it was told in trades, or filled before this connection began."""

    key: Key
    name: ClientOrderId | None
    instrument: InstrumentKey
    multiplier: Decimal
    order: Order | None = None  # as TWS last showed it; None: not yet
    perm_id: int = 0
    quantity: Decimal | None = None
    price: Decimal | None = None
    told: Decimal = ZERO
    trades: set[TradeId] = field(default_factory=set)  # that were told by this connection
    filled: Decimal = ZERO
    was_accepted: bool = False
    refused: str = ""
    ends_as: VenueOrderStatus | None = None  # and is told when all its trades were
    has_ended: bool = False
    amending: tuple[Decimal, Decimal] | None = None  # what was asked for

    @property
    def called(self) -> ClientOrderId:
        """Its client order id; one that was placed by hand goes by the permanent id, which is none of ours."""
        return self.name or ClientOrderId(str(self.perm_id))


class Owner(Protocol):
    """Who hears of news, and knows what contracts are here."""

    def put(self, report: Report) -> None: ...

    def key_of(self, contract: Contract) -> tuple[InstrumentKey, Decimal] | None: ...

    def wait_for_trades(self, known: Known) -> None:
        """See to it that `conclude` is called when the order's trades ought to have come."""


class OrderBook:
    """All orders of one connection; `begin` before it is live, so that what was there is no news."""

    def __init__(
        self, account: AccountId, account_id: Callable[[], str], owner: Owner, now_ns: Callable[[], int]
    ) -> None:
        self._account = account
        self._account_id = account_id
        self._owner = owner
        self._now_ns = now_ns
        self._orders: OrderedDict[Key, Known] = OrderedDict()
        self._by_name: OrderedDict[ClientOrderId, Key] = OrderedDict()
        self._by_perm: OrderedDict[int, Key] = OrderedDict()
        self.is_live = False

    # -- what is known

    def named(self, name: ClientOrderId) -> Known | None:
        """Return the newest order of that name that was heard of."""
        key = self._by_name.get(name)
        return None if key is None else self._orders.get(key)

    def at(self, key: Key, perm_id: int = 0) -> Known | None:
        """Return an order by what it goes by."""
        return self._orders.get(key) or self._orders.get(self._by_perm.get(perm_id, (-1, -1)))

    def open_keys(self) -> frozenset[Key]:
        """Return the orders that work, as far as was told."""
        return frozenset(one.key for one in self._orders.values() if one.was_accepted and not one.has_ended)

    def begin(self, known: Known) -> None:
        """Note an order that is about to be sent."""
        self._keep(known)

    def forget(self, known: Known) -> None:
        """Note that an order was not sent after all."""
        self._orders.pop(known.key, None)
        if known.name is not None:
            self._by_name.pop(known.name, None)

    # -- what is told

    def order(self, contract: Contract, order: Order) -> Known | None:
        """Take an order as TWS shows it; None: of another account, or of what no key names."""
        if order.account and order.account != self._account_id():
            return None
        key = key_of_order(order.clientId, order.orderId, order.permId)
        known = self.at(key, order.permId)
        if known is None:
            found = self._owner.key_of(contract)
            if found is None:
                return None
            name = ClientOrderId(order.orderRef) if order.orderRef else None
            known = Known(key=key, name=name, instrument=found[0], multiplier=found[1])
        known.order, known.perm_id = order, order.permId or known.perm_id
        self._keep(known)
        self._works_with(known, order)
        return known

    def _works_with(self, known: Known, order: Order) -> None:
        contracts, price = stated(order.totalQuantity), stated(order.lmtPrice)
        if contracts is None or known.has_ended:
            return
        quantity = _plain(contracts * known.multiplier)
        price = None if order.orderType in ("MKT", "STP", "MIT") or price is None else _plain(price)
        before = (known.quantity, known.price)
        known.quantity, known.price = quantity, price
        was_asked = known.amending is not None and known.amending == (quantity, price)
        if price is not None and known.was_accepted and (was_asked or before != (quantity, price)):
            known.amending = None if was_asked else known.amending
            self._tell(
                AmendReport(
                    account=self._account,
                    instrument=known.instrument,
                    client_order_id=known.called,
                    venue_order_id=_venue_id(known),
                    quantity=Quantity(quantity),
                    price=Price(price),
                    venue_time_ns=self._now_ns(),
                )
            )

    def status(self, known: Known, status: str, filled: Decimal | None, why: str = "") -> None:
        """Take the state of an order."""
        if known.has_ended:
            return  # the order of messages proves nothing, and an order ends once
        if filled is not None:
            known.filled = max(known.filled, _plain(filled * known.multiplier))
            if not self.is_live:
                known.told = known.filled  # whoever connects asks for its trades
        if status in _OPEN:
            if not known.was_accepted:
                known.was_accepted = True
                self._tell(self.report(known, VenueOrderStatus.ACCEPTED, why))
        elif filled is not None and (ends_as := _ENDED.get(status)) is not None:  # an end says how much was filled
            known.ends_as = ends_as
            if known.told >= known.filled:
                self.conclude(known, why)
            else:
                self._owner.wait_for_trades(known)

    def traded(self, perm_id: int, trade: TradeId, quantity: Decimal) -> None:
        """Note that a trade of an order was told; told again, corrected, it adds nothing."""
        known = self.at((-1, -1), perm_id)
        if known is None or trade in known.trades:
            return
        known.trades.add(trade)
        known.told += quantity
        if known.ends_as is not None and known.told >= known.filled:
            self.conclude(known)

    def conclude(self, known: Known, why: str = "") -> None:
        """Tell the end of an order, once."""
        if known.has_ended or known.ends_as is None:
            return
        known.has_ended = True
        self._tell(self.report(known, known.ends_as, why))

    def refuse(self, known: Known, reason: str) -> None:
        """Tell that an order never came into being."""
        if not known.has_ended:
            known.has_ended = True
            self._tell(self.report(known, VenueOrderStatus.REJECTED, reason))

    def report(self, known: Known, status: VenueOrderStatus, reason: str = "") -> OrderStatusReport:
        """Return where an order is."""
        return OrderStatusReport(
            account=self._account,
            instrument=known.instrument,
            client_order_id=known.called,
            status=status,
            venue_order_id=_venue_id(known),
            filled_quantity=known.filled,
            quantity=None if known.quantity is None else Quantity(known.quantity),
            price=None if known.price is None else Price(known.price),
            reason=reason or known.refused,
            venue_time_ns=self._now_ns(),
        )

    def _tell(self, report: Report) -> None:
        if self.is_live:
            self._owner.put(report)

    def _keep(self, known: Known) -> None:
        self._orders[known.key] = known
        self._orders.move_to_end(known.key)
        if known.name is not None:
            self._by_name[known.name] = known.key
        if known.perm_id:
            self._by_perm[known.perm_id] = known.key
        for memory in (self._orders, self._by_name, self._by_perm):
            if len(memory) > _REMEMBERED:
                memory.popitem(last=False)


def _venue_id(known: Known) -> VenueOrderId | None:
    return VenueOrderId(str(known.perm_id)) if known.perm_id else None


def _plain(value: Decimal) -> Decimal:
    return Decimal(plain(value))
