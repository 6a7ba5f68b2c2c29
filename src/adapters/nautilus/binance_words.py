"""What Binance says, in our words: exactly its numbers, its trade ids and its states."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec
from nautilus_trader.adapters.binance.common.schemas.account import BinanceOrder, BinanceUserTrade
from nautilus_trader.model.instruments import Instrument as NautilusInstrument

from adapters.nautilus.live_words import NANOS_A_MILLI, Listed, UnreadableError, decimal
from ports.instruments import Instrument, InstrumentKey
from ports.reports import FillCause, FillReport, OrderStatusReport, VenueOrderStatus
from ports.values import (
    AccountId,
    ClientOrderId,
    Currency,
    Liquidity,
    Money,
    Price,
    Quantity,
    Side,
    TradeId,
    VenueOrderId,
)

_log = logging.getLogger(__name__)
_TRADES: Final = frozenset({"TRADE", "CALCULATED"})  # calculated: a liquidation
_OF_THE_VENUE: Final = (("autoclose-", FillCause.LIQUIDATION), ("adl_autoclose", FillCause.DELEVERAGING))
_STATUSES: Final = {
    "NEW": VenueOrderStatus.ACCEPTED,
    "PENDING_NEW": VenueOrderStatus.ACCEPTED,
    "PENDING_CANCEL": VenueOrderStatus.ACCEPTED,
    "PARTIALLY_FILLED": VenueOrderStatus.ACCEPTED,
    "NEW_INSURANCE": VenueOrderStatus.ACCEPTED,
    "NEW_ADL": VenueOrderStatus.ACCEPTED,
    "FILLED": VenueOrderStatus.FILLED,
    "CANCELED": VenueOrderStatus.CANCELED,
    "REJECTED": VenueOrderStatus.REJECTED,
    "EXPIRED": VenueOrderStatus.EXPIRED,
    "EXPIRED_IN_MATCH": VenueOrderStatus.EXPIRED,
}


class Update(msgspec.Struct, frozen=True):
    """What the user stream says of one order. Numbers are text as the venue wrote them."""

    symbol: str = msgspec.field(name="s")
    client_order_id: str = msgspec.field(name="c")
    side: str = msgspec.field(name="S")
    execution: str = msgspec.field(name="x")
    status: str = msgspec.field(name="X")
    order_id: int = msgspec.field(name="i")
    last_quantity: str = msgspec.field(name="l")
    filled: str = msgspec.field(name="z")
    last_price: str = msgspec.field(name="L")
    time_ms: int = msgspec.field(name="T")
    trade_id: int = msgspec.field(name="t")
    is_maker: bool = msgspec.field(name="m")
    quantity: str = msgspec.field(name="q")
    price: str = msgspec.field(name="p")  # 0: at the market
    fee_asset: str | None = msgspec.field(name="N", default=None)
    fee: str | None = msgspec.field(name="n", default=None)
    reject_reason: str = msgspec.field(name="r", default="")

    @property
    def is_trade(self) -> bool:
        """Whether a trade happened; some updates of that kind carry none."""
        return self.execution in _TRADES and decimal(self.last_quantity) > 0


def list_instruments(
    instruments: Iterable[NautilusInstrument], key_of: Callable[[NautilusInstrument], InstrumentKey | None]
) -> Mapping[str, Listed]:
    """Return what the venue lists by its own symbol, as far as an instrument key can name it."""
    listed = {}
    for each in instruments:
        key = key_of(each)
        if key is not None:
            listed[each.raw_symbol.value] = Listed(_instrument(key, each), each, each.raw_symbol.value)
    return listed


def _instrument(key: InstrumentKey, each: NautilusInstrument) -> Instrument:
    notional, most = each.min_notional, each.max_quantity
    return Instrument(
        key=key,
        tick_size=Price(each.price_increment.as_decimal()),
        lot_size=Quantity(each.size_increment.as_decimal()),
        min_quantity=Quantity(each.min_quantity.as_decimal()),
        max_quantity=None if most is None else Quantity(most.as_decimal()),
        min_notional=None if notional is None else notional.as_decimal(),
        maker_fee_rate=each.maker_fee,
        taker_fee_rate=each.taker_fee,
    )


@dataclass(frozen=True, slots=True)
class Interpreter:
    """Turns the venue's words about one account into reports. Symbols that no key can spell raise `UnreadableError`."""

    account: AccountId
    listed: Mapping[str, Listed]

    def names(self, symbol: str) -> bool:
        """Say whether a key can name the venue's symbol; what is traded by hand under others, nobody here can see."""
        if symbol not in self.listed:
            _log.error("%s: %r is traded there, and no instrument key can name it", self.account, symbol)
            return False
        return True

    def key(self, symbol: str) -> InstrumentKey:
        """Return our key of the venue's symbol."""
        if symbol not in self.listed:
            raise UnreadableError(f"{symbol!r} is no instrument that the venue listed")
        return self.listed[symbol].instrument.key

    def fill_of_update(self, update: Update) -> FillReport:
        """Return the trade that an update of the user stream carries."""
        if update.fee_asset is None:  # the venue sends none where none is due
            fee = Money(Decimal(0), self.key(update.symbol).quote)
        else:
            fee = Money(decimal(update.fee), Currency(update.fee_asset))
        return FillReport(
            account=self.account,
            instrument=self.key(update.symbol),
            client_order_id=_name(update.client_order_id),
            venue_order_id=VenueOrderId(str(update.order_id)),
            trade_id=TradeId(str(update.trade_id)),
            side=_side(update.side),
            quantity=Quantity(decimal(update.last_quantity)),
            price=Price(decimal(update.last_price)),
            fee=fee,
            liquidity=Liquidity.MAKER if update.is_maker else Liquidity.TAKER,
            venue_time_ns=update.time_ms * NANOS_A_MILLI,
            cause=_cause(update.client_order_id),
        )

    def fill_of_trade(self, trade: BinanceUserTrade, client_order_id: ClientOrderId | None) -> FillReport:
        """Return a trade of the account's history; the same trade on the stream has the same id."""
        if trade.symbol is None or trade.id is None or trade.orderId is None or trade.time is None:
            raise UnreadableError(f"a trade without symbol, id, order or time: {trade}")
        bought = trade.isBuyer if trade.buyer is None else trade.buyer
        if bought is None:
            raise UnreadableError(f"a trade that neither buys nor sells: {trade}")
        is_maker = trade.isMaker if trade.maker is None else trade.maker
        return FillReport(
            account=self.account,
            instrument=self.key(trade.symbol),
            client_order_id=_name(client_order_id),
            venue_order_id=VenueOrderId(str(trade.orderId)),
            trade_id=TradeId(str(trade.id)),
            side=Side.BUY if bought else Side.SELL,
            quantity=Quantity(decimal(trade.qty)),
            price=Price(decimal(trade.price)),
            fee=Money(decimal(trade.commission), Currency(trade.commissionAsset)),
            liquidity=None if is_maker is None else Liquidity.MAKER if is_maker else Liquidity.TAKER,
            venue_time_ns=trade.time * NANOS_A_MILLI,
            cause=_cause(client_order_id or ""),
        )

    def status_of_update(self, update: Update) -> OrderStatusReport:
        """Return where an update of the user stream says that an order is."""
        return OrderStatusReport(
            account=self.account,
            instrument=self.key(update.symbol),
            client_order_id=_name(update.client_order_id) or ClientOrderId(""),
            status=_status(update.status),
            venue_order_id=VenueOrderId(str(update.order_id)),
            filled_quantity=decimal(update.filled),
            quantity=Quantity(decimal(update.quantity)),
            price=_limit(update.price),
            reason=_reason(update),
            venue_time_ns=update.time_ms * NANOS_A_MILLI,
        )

    def status_of_order(self, order: BinanceOrder, client_order_id: ClientOrderId | None = None) -> OrderStatusReport:
        """Return where an answer of the venue says that an order is; its name is the given one, if any."""
        if order.status is None or order.executedQty is None:
            raise UnreadableError(f"an order without status or filled amount: {order}")
        return OrderStatusReport(
            account=self.account,
            instrument=self.key(order.symbol),
            client_order_id=client_order_id or ClientOrderId(order.clientOrderId),
            status=_status(order.status.value),
            venue_order_id=VenueOrderId(str(order.orderId)),
            filled_quantity=decimal(order.executedQty),
            quantity=None if order.origQty is None else Quantity(decimal(order.origQty)),
            price=_limit(order.price),
            venue_time_ns=(order.updateTime or order.transactTime or order.time or 0) * NANOS_A_MILLI,
        )


def _name(text: str | None) -> ClientOrderId | None:
    """Return an order's name; the venue's own orders share theirs, so that no order can be told by it."""
    return ClientOrderId(text) if text and _cause(text) is FillCause.ORDER else None


def _cause(name: str) -> FillCause:
    """Return what made an order's trades happen: the venue names its own orders so that they can be told."""
    return next((cause for begins, cause in _OF_THE_VENUE if name.startswith(begins)), FillCause.ORDER)


def _limit(text: str | None) -> Price | None:
    """Return a limit price; None where there is none, which the venue writes as 0."""
    price = decimal(text or "0")
    return Price(price) if price else None


def _side(text: str) -> Side:
    try:
        return Side(text)
    except ValueError:
        raise UnreadableError(f"{text!r} is no side") from None


def _reason(update: Update) -> str:
    if update.status == "REJECTED":
        return update.reject_reason
    return "" if update.status == update.execution else f"{update.execution}, {update.status}"


def _status(text: str) -> VenueOrderStatus:
    if text not in _STATUSES:
        raise UnreadableError(f"{text!r} is no state of an order that is known here")
    return _STATUSES[text]
