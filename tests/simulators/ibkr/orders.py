"""What the simulated TWS keeps of an order, besides what any exchange does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from simulators.exchange.orders import Order, Status, Trade
from simulators.ibkr.contracts import Listing

_STATUSES = {
    Status.NEW: "Submitted",
    Status.PARTIALLY_FILLED: "Submitted",
    Status.FILLED: "Filled",
    Status.CANCELED: "Cancelled",
    Status.EXPIRED: "Cancelled",
}


@dataclass(slots=True, kw_only=True)
class Placed:
    """One order. `order` is it at the exchange; None while it waits for its trigger. `number` is its client's."""

    number: int
    client_id: int
    perm_id: int
    account: str
    ref: str
    listing: Listing
    is_buy: bool
    quantity: Decimal
    kind: str
    price: Decimal | None
    aux: Decimal | None
    tif: str
    good_till: str
    display: int = 0
    parent: int = 0
    margins: Sequence[Decimal] | None = None  # of a question what it would do
    order: Order | None = None
    was_canceled: bool = False
    trades: list[Trade] = field(default_factory=list)
    made_ms: int = 0

    @property
    def status(self) -> str:
        if self.order is not None:
            return _STATUSES[self.order.status]
        return "Cancelled" if self.was_canceled else "PreSubmitted"

    @property
    def is_open(self) -> bool:
        return self.status in ("Submitted", "PreSubmitted")

    @property
    def filled(self) -> Decimal:
        return Decimal(0) if self.order is None else self.order.filled

    @property
    def value(self) -> Decimal:
        return Decimal(0) if self.order is None else self.order.value

    @property
    def last_price(self) -> Decimal:
        return self.trades[-1].price if self.trades else Decimal(0)

    @property
    def update_ms(self) -> int:
        return self.made_ms if self.order is None else self.order.update_ms

    @property
    def ended_as(self) -> str:
        return "Filled Size: " + str(self.filled) if self.status == "Filled" else "Cancelled by Trader"
