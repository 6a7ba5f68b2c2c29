"""Short ways to say what people and venues say, for conversations with the book of record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from core.orders.identity import names_of
from ports.commands import (
    CancelOrder,
    HaltMode,
    HaltScope,
    Limits,
    OrderTerms,
    RaiseHalt,
    SetLimits,
    SubmitOrder,
)
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import PublicTrades, Quote
from ports.reports import (
    AccountStatement,
    FillReport,
    OrderStatusReport,
    VenueBalance,
    VenueOrderStatus,
    VenuePosition,
)
from ports.values import (
    AccountId,
    ClientOrderId,
    Currency,
    Liquidity,
    Money,
    OperationId,
    OrderType,
    Price,
    Principal,
    Quantity,
    Side,
    StrategyId,
    TradeId,
    VenueOrderId,
)

PERP: Final = InstrumentKey("BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN")
BYBIT_PERP: Final = InstrumentKey("BYBIT:PERPETUAL:BTC-USDT@LIN")
SMART_PERP: Final = InstrumentKey("SMART:PERPETUAL:BTC-USDT@LIN")
SPOT: Final = InstrumentKey("BINANCE-SPOT:SPOT_PAIR:ETH-USDT")
INVERSE: Final = InstrumentKey("DERIBIT:PERPETUAL:BTC-USD@INV")
CALL: Final = InstrumentKey("DERIBIT:OPTION:BTC-USD-70000-291228-CALL@INV")

ACCOUNTS: Final = {key: AccountId(f"{key.venue}-main") for key in (PERP, BYBIT_PERP, SPOT, INVERSE, CALL)}
TRADER: Final = Principal("trader")
MOMENTUM: Final = StrategyId("momentum")


def listed(key: InstrumentKey, tick: str, lot: str, **more: Any) -> Instrument:
    """One instrument as a venue lists it."""
    quantity = Quantity(Decimal(lot))
    return Instrument(key=key, tick_size=Price(Decimal(tick)), lot_size=quantity, min_quantity=quantity, **more)


LISTED: Final = {
    PERP: listed(PERP, "0.1", "0.001", max_quantity=Quantity(Decimal(100)), min_notional=Decimal(100)),
    BYBIT_PERP: listed(BYBIT_PERP, "0.1", "0.001"),
    SPOT: listed(SPOT, "0.01", "0.0001", min_notional=Decimal(5)),
    INVERSE: listed(INVERSE, "0.5", "10"),
    CALL: listed(CALL, "0.0005", "0.1"),
}


def submit(
    operation_id: str,
    *,
    buy: str | None = None,
    sell: str | None = None,
    at: str | None = None,
    instrument: InstrumentKey = PERP,
    strategy: str = MOMENTUM,
    max_age_ns: int | None = None,
    received_ns: int = 0,
    **terms: Any,
) -> SubmitOrder:
    """An order: `buy` or `sell` is its amount, `at` its limit (none: market)."""
    amount = sell if buy is None else buy
    if amount is None:
        raise ValueError(f"{operation_id}: say how much it buys or sells")
    return SubmitOrder(
        terms=OrderTerms(
            operation_id=OperationId(operation_id),
            strategy_id=StrategyId(strategy),
            instrument=instrument,
            side=Side.SELL if buy is None else Side.BUY,
            quantity=Quantity(Decimal(amount)),
            order_type=OrderType.MARKET if at is None else OrderType.LIMIT,
            price=None if at is None else Price(Decimal(at)),
            **terms,
        ),
        principal=TRADER,
        received_ns=received_ns,
        max_age_ns=max_age_ns,
    )


def cancel(operation_id: str) -> CancelOrder:
    """Take an order back."""
    return CancelOrder(operation_id=OperationId(operation_id), principal=TRADER, reason="enough")


def halt(scope: HaltScope = HaltScope.GLOBAL, value: str = "", mode: HaltMode = HaltMode.HALT) -> RaiseHalt:
    """Halt a scope."""
    return RaiseHalt(scope=scope, value=value, mode=mode, principal=TRADER, reason="a drill")


def set_limits(**limits: Any) -> SetLimits:
    """These limits and no others; USDT and USD are worth one USD."""
    rates = {"USDT": Decimal(1), "USD": Decimal(1)}
    return SetLimits(limits=Limits(usd_per=limits.pop("usd_per", rates), **limits), principal=TRADER, reason="policy")


def quote(instrument: InstrumentKey, bid: str, ask: str, received_ns: int = 1) -> Quote:
    """The best bid and ask, ten of each."""
    size = Decimal(10)
    return Quote(
        instrument=instrument,
        bid=Price(Decimal(bid)),
        ask=Price(Decimal(ask)),
        bid_size=size,
        ask_size=size,
        event_time_ns=received_ns,
        received_ns=received_ns,
    )


def public_trade(instrument: InstrumentKey, quantity: str, received_ns: int, price: str = "50000") -> PublicTrades:
    """Somebody traded."""
    return PublicTrades(
        instrument=instrument,
        count=1,
        quantity=Decimal(quantity),
        bought=Decimal(0),
        sold=Decimal(0),
        value=Decimal(quantity) * Decimal(price),
        last_price=Price(Decimal(price)),
        event_time_ns=received_ns,
        received_ns=received_ns,
    )


def client_id(operation_id: str) -> ClientOrderId:
    """What a venue knows an operation's order by."""
    return names_of(OperationId(operation_id)).client_order_id


def said(
    operation_id: str,
    status: VenueOrderStatus,
    *,
    filled: str | None = None,
    works_with: tuple[str, str] | None = None,
    instrument: InstrumentKey = PERP,
    venue_order_id: str | None = "v-1",
    reason: str = "",
) -> OrderStatusReport:
    """The venue says where an order is, and perhaps with which quantity and price it works it; an end with no trade."""
    ended = status not in (VenueOrderStatus.ACCEPTED, VenueOrderStatus.FILLED)
    filled = "0" if filled is None and ended else filled
    return OrderStatusReport(
        account=ACCOUNTS[instrument],
        instrument=instrument,
        client_order_id=client_id(operation_id),
        status=status,
        venue_order_id=None if venue_order_id is None else VenueOrderId(venue_order_id),
        filled_quantity=None if filled is None else Decimal(filled),
        quantity=None if works_with is None else Quantity(Decimal(works_with[0])),
        price=None if works_with is None else Price(Decimal(works_with[1])),
        reason=reason,
        venue_time_ns=7,
    )


def accepted(operation_id: str, **more: Any) -> OrderStatusReport:
    """The venue has the order, and works it."""
    return said(operation_id, VenueOrderStatus.ACCEPTED, **more)


def traded(
    operation_id: str | None,
    trade_id: str,
    quantity: str,
    price: str = "50000",
    *,
    side: Side = Side.BUY,
    instrument: InstrumentKey = PERP,
    fee: str = "0",
    currency: str = "USDT",
) -> FillReport:
    """The venue says that a trade happened."""
    return FillReport(
        account=ACCOUNTS[instrument],
        instrument=instrument,
        client_order_id=None if operation_id is None else client_id(operation_id),
        venue_order_id=VenueOrderId("v-1"),
        trade_id=TradeId(trade_id),
        side=side,
        quantity=Quantity(Decimal(quantity)),
        price=Price(Decimal(price)),
        fee=Money(Decimal(fee), Currency(currency)),
        liquidity=Liquidity.TAKER,
        venue_time_ns=8,
    )


def instruments_of(account: AccountId, among: Sequence[InstrumentKey] = tuple(LISTED)) -> list[Instrument]:
    """What an account's venue lists."""
    return [LISTED[key] for key in among if ACCOUNTS[key] == account]


def statement(
    account: AccountId,
    asked_ns: int,
    *,
    open_orders: Sequence[OrderStatusReport] = (),
    fills: Sequence[FillReport] = (),
    positions: Mapping[InstrumentKey, str] | None = None,
    balances: Mapping[str, tuple[str, str]] | None = None,
) -> AccountStatement:
    """The venue's word on a whole account; positions None: it keeps none; balances are (total, free)."""
    held = stated = None
    if positions is not None:
        held = [VenuePosition(instrument=key, quantity=Decimal(amount)) for key, amount in positions.items()]
    if balances is not None:
        stated = [
            VenueBalance(currency=Currency(one), total=Decimal(total), free=Decimal(free))
            for one, (total, free) in balances.items()
        ]
    return AccountStatement(
        account=account, asked_ns=asked_ns, open_orders=open_orders, fills=fills, positions=held, balances=stated
    )
