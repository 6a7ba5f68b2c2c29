"""What an exchange knows of one order and one trade."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

_LIQUIDATION, _DELEVERAGING = "autoclose-", "adl_autoclose"  # as Binance names them


class Status(StrEnum):
    """Where an order is."""

    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


OPEN = frozenset({Status.NEW, Status.PARTIALLY_FILLED})


class Tif(StrEnum):
    """How long an order lives; GTX is post-only."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    GTX = "GTX"
    GTD = "GTD"


class Reason(StrEnum):
    """Why an exchange would not take an order, or do with it what was asked."""

    TICK = "price not a whole number of ticks"
    LOT = "amount not a whole number of lots"
    TOO_SMALL = "amount too small"
    TOO_LARGE = "amount too large"
    NOTIONAL = "value too small"
    DUPLICATE = "client order id is of an open order"
    WOULD_TAKE = "a post-only order would take"
    NOT_WHOLE = "cannot be filled at once and whole"
    NO_MARKET = "nobody to trade with"
    MARGIN = "margin is insufficient"
    REDUCE_ONLY = "would not reduce the position"
    UNKNOWN = "no such order"


class Refused(Exception):
    """The exchange did not do what was asked."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A perpetual, a future, an option or a spot pair, as the exchange lists it.

    Where `is_inverse`, an amount is of the quote currency and is worth amount over price of the base; an option that is
    priced in its base has that as `quote`. `fee_cap`: the fee is a rate of the amount, at most this part of the value.
    """

    symbol: str
    base: str
    quote: str
    tick: Decimal
    lot: Decimal
    min_quantity: Decimal
    max_quantity: Decimal
    min_notional: Decimal
    maker_rate: Decimal = Decimal("0.0002")
    taker_rate: Decimal = Decimal("0.0005")
    is_spot: bool = False
    is_inverse: bool = False
    fee_cap: Decimal | None = None

    @property
    def settlement(self) -> str:
        """The asset that profits and fees are paid in."""
        return self.base if self.is_inverse else self.quote

    def value(self, quantity: Decimal, price: Decimal) -> Decimal:
        """Return what an amount is worth in the settlement asset."""
        if self.is_inverse:
            return quantity / price if price else Decimal(0)
        return quantity * price

    def fee(self, quantity: Decimal, price: Decimal, rate: Decimal) -> Decimal:
        """Return the fee of a trade in the settlement asset."""
        value = self.value(quantity, price)
        return value * rate if self.fee_cap is None else min(quantity * rate, value * self.fee_cap)


@dataclass(slots=True, kw_only=True)
class Order:
    """One order; `account` None is the market at large, whose orders nobody hears of."""

    order_id: int
    client_order_id: str
    account: str | None
    symbol: str
    is_buy: bool
    quantity: Decimal
    price: Decimal | None  # None: market
    tif: Tif
    good_till_ms: int = 0
    reduce_only: bool = False
    shown: Decimal | None = None  # at a time, of what is left; None: all
    status: Status = Status.NEW
    filled: Decimal = Decimal(0)
    value: Decimal = Decimal(0)  # of what is filled
    fees: Decimal = Decimal(0)
    newest: Trade | None = None
    time_ms: int = 0
    update_ms: int = 0

    @property
    def left(self) -> Decimal:
        return self.quantity - self.filled

    @property
    def visible(self) -> Decimal:
        return self.left if self.shown is None else min(self.left, self.shown)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


def forced(cause: str, now_ms: int) -> str:
    """Return what an order of the venue's own is named, that closes a position by force."""
    return {"LIQUIDATION": f"{_LIQUIDATION}{now_ms}", "DELEVERAGING": _DELEVERAGING}[cause]


def cause_of(client_order_id: str) -> str:
    """Return LIQUIDATION, DELEVERAGING, or nothing where an order is no such one."""
    if client_order_id.startswith(_LIQUIDATION):
        return "LIQUIDATION"
    return "DELEVERAGING" if client_order_id == _DELEVERAGING else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One account's side of a trade."""

    trade_id: int
    order_id: int
    symbol: str
    is_buy: bool
    price: Decimal
    quantity: Decimal
    is_maker: bool
    fee: Decimal
    fee_asset: str
    realized: Decimal
    time_ms: int


@dataclass(slots=True)
class Position:
    """What an account holds of one contract: negative is short."""

    quantity: Decimal = Decimal(0)
    entry: Decimal = Decimal(0)
    realized: Decimal = Decimal(0)
    update_ms: int = 0

    def trade(self, signed: Decimal, price: Decimal, contract: Contract | None = None) -> Decimal:
        """Add a trade and return the profit that it realized."""
        is_inverse = contract is not None and contract.is_inverse
        if self.quantity * signed >= 0:
            total = self.quantity + signed
            if is_inverse:
                owed = abs(signed) / price + (abs(self.quantity) / self.entry if self.quantity else 0)
                self.entry = abs(total) / owed
            else:
                self.entry = (self.entry * abs(self.quantity) + price * abs(signed)) / abs(total)
            self.quantity = total
            return Decimal(0)
        closed = min(abs(self.quantity), abs(signed))
        gained = closed / self.entry - closed / price if is_inverse else (price - self.entry) * closed
        profit = gained * (1 if self.quantity > 0 else -1)
        total = self.quantity + signed
        if total * self.quantity <= 0:  # flat, or turned around
            self.entry = price if total else Decimal(0)
        self.quantity = total
        self.realized += profit
        return profit


@dataclass(frozen=True, slots=True)
class Payment:
    """Funding that an account received (negative: paid)."""

    payment_id: int
    symbol: str
    asset: str
    amount: Decimal
    position: Decimal
    time_ms: int


@dataclass(slots=True)
class Account:
    """One account: its money, positions, orders and trades, in the order in which they came."""

    name: str
    asset: str
    wallet: Decimal
    update_ms: int = 0
    positions: dict[str, Position] = field(default_factory=dict)
    coins: dict[str, Decimal] = field(default_factory=dict)  # of spot pairs, besides the money
    orders: dict[int, Order] = field(default_factory=dict)
    trades: list[Trade] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    _named: dict[str, Order] = field(default_factory=dict)  # the newest of each name
    _working: list[Order] = field(default_factory=list)

    def add(self, order: Order) -> None:
        self.orders[order.order_id] = self._named[order.client_order_id] = order
        self._working.append(order)

    def rename(self, order: Order, name: str) -> None:
        """Let an order have another name from here on."""
        del self._named[order.client_order_id]
        order.client_order_id = name
        self._named[name] = order

    def find(self, symbol: str, *, order_id: int | None = None, client_order_id: str | None = None) -> Order:
        """Return the newest order of that name.

        Raises:
            Refused: there is none.
        """
        found = self.orders.get(order_id) if order_id is not None else self._named.get(client_order_id or "")
        if found is None or found.symbol != symbol:
            raise Refused(Reason.UNKNOWN)
        return found

    def open_orders(self, symbol: str | None = None) -> list[Order]:
        self._working = [one for one in self._working if one.is_open]
        return [one for one in self._working if symbol in (None, one.symbol)]
