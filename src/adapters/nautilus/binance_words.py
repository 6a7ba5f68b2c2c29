"""What Binance USDT-M Futures says, in our words: exactly its numbers, its trade ids and its states."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec
from nautilus_trader.adapters.binance.common.schemas.account import BinanceOrder, BinanceUserTrade
from nautilus_trader.adapters.binance.futures.schemas.account import (
    BinanceFuturesBalanceInfo,
    BinanceFuturesPositionRisk,
)
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import CryptoFuture, CryptoPerpetual
from nautilus_trader.model.instruments import Instrument as NautilusInstrument

from adapters.nautilus.binance_settings import BINANCE_FUTURES
from ports.errors import InvalidInputError
from ports.instruments import Instrument, InstrumentKey, InstrumentType
from ports.market_data import Quote
from ports.reports import FillReport, OrderStatusReport, VenueBalance, VenueOrderStatus, VenuePosition
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
    fits,
)

_log = logging.getLogger(__name__)
NANOS_A_MILLI: Final = 1_000_000
ORDER_UPDATE: Final = "ORDER_TRADE_UPDATE"
_TRADES: Final = frozenset({"TRADE", "CALCULATED"})  # calculated: a liquidation
_STATUSES: Final = {
    "NEW": VenueOrderStatus.ACCEPTED,
    "PARTIALLY_FILLED": VenueOrderStatus.ACCEPTED,
    "NEW_INSURANCE": VenueOrderStatus.ACCEPTED,
    "NEW_ADL": VenueOrderStatus.ACCEPTED,
    "FILLED": VenueOrderStatus.FILLED,
    "CANCELED": VenueOrderStatus.CANCELED,
    "REJECTED": VenueOrderStatus.REJECTED,
    "EXPIRED": VenueOrderStatus.EXPIRED,
    "EXPIRED_IN_MATCH": VenueOrderStatus.EXPIRED,
}


class UnreadableError(ValueError):
    """The venue said something that cannot be read; what it meant is unknown."""


class Update(msgspec.Struct, frozen=True):
    """One order's part of an ORDER_TRADE_UPDATE. Numbers are text as the venue wrote them."""

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
    fee_asset: str | None = msgspec.field(name="N", default=None)
    fee: str | None = msgspec.field(name="n", default=None)

    @property
    def is_trade(self) -> bool:
        """Whether a trade happened; some updates of that kind carry none."""
        return self.execution in _TRADES and decimal(self.last_quantity) > 0

    @property
    def is_last(self) -> bool:
        """Whether nothing more can happen to the order but a late trade."""
        return _STATUSES.get(self.status, VenueOrderStatus.ACCEPTED) is not VenueOrderStatus.ACCEPTED


class _Message(msgspec.Struct, frozen=True):
    kind: str = msgspec.field(name="e")
    order: Update | None = msgspec.field(name="o", default=None)


class _Kind(msgspec.Struct, frozen=True):
    kind: str = msgspec.field(name="e", default="")


_KINDS: Final = msgspec.json.Decoder(_Kind)
_MESSAGES: Final = msgspec.json.Decoder(_Message)


def read_update(raw: bytes) -> Update | None:
    """Read a message of the user stream; None where it tells nothing of an order.

    Raises:
        UnreadableError: it cannot be read.
    """
    try:
        if _KINDS.decode(raw).kind != ORDER_UPDATE:
            return None
        return _MESSAGES.decode(raw).order
    except msgspec.MsgspecError as unreadable:
        raise UnreadableError(f"a message of the user stream cannot be read: {unreadable}") from unreadable


def decimal(text: str | None) -> Decimal:
    """Read the venue's number exactly.

    Raises:
        UnreadableError: it is no number, or one that cannot be held exactly.
    """
    try:
        value = Decimal(text or "")
    except ArithmeticError:
        raise UnreadableError(f"{text!r} is no number") from None
    if not fits(value):
        raise UnreadableError(f"{text!r} cannot be held exactly")
    return value


@dataclass(frozen=True, slots=True)
class Listed:
    """An instrument in both vocabularies (`adapters.nautilus.orders.Listed`)."""

    instrument: Instrument
    nautilus: NautilusInstrument
    symbol: str  # the venue's
    newest: Quote | None = None

    @property
    def id(self) -> InstrumentId:
        return self.nautilus.id

    @property
    def price_places(self) -> int:
        return int(self.nautilus.price_precision)

    @property
    def size_places(self) -> int:
        return int(self.nautilus.size_precision)


def list_instruments(instruments: Iterable[NautilusInstrument]) -> Mapping[str, Listed]:
    """Return what the venue lists by its own symbol, as far as an instrument key can name it."""
    listed = {}
    for each in instruments:
        key = _key(each)
        if key is not None:
            listed[each.raw_symbol.value] = Listed(_instrument(key, each), each, each.raw_symbol.value)
    return listed


def _key(each: NautilusInstrument) -> InstrumentKey | None:
    try:
        if isinstance(each, CryptoPerpetual):
            pair = f"{each.base_currency.code}-{each.quote_currency.code}"
            return InstrumentKey(f"{BINANCE_FUTURES}:{InstrumentType.PERPETUAL}:{pair}@LIN")
        if isinstance(each, CryptoFuture):  # BTCUSDT_260327
            pair, expiry = f"{each.underlying.code}-{each.quote_currency.code}", each.raw_symbol.value.partition("_")[2]
            return InstrumentKey(f"{BINANCE_FUTURES}:{InstrumentType.FUTURE}:{pair}-{expiry}@LIN")
    except InvalidInputError:  # a name that no key can spell: nobody can order it here
        return None
    return None


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
            client_order_id=ClientOrderId(update.client_order_id) if update.client_order_id else None,
            venue_order_id=VenueOrderId(str(update.order_id)),
            trade_id=TradeId(str(update.trade_id)),
            side=_side(update.side),
            quantity=Quantity(decimal(update.last_quantity)),
            price=Price(decimal(update.last_price)),
            fee=fee,
            liquidity=Liquidity.MAKER if update.is_maker else Liquidity.TAKER,
            venue_time_ns=update.time_ms * NANOS_A_MILLI,
        )

    def fill_of_trade(self, trade: BinanceUserTrade, client_order_id: ClientOrderId | None) -> FillReport:
        """Return a trade of the account's history; the same trade on the stream has the same id."""
        if trade.symbol is None or trade.id is None or trade.orderId is None or trade.time is None:
            raise UnreadableError(f"a trade without symbol, id, order or time: {trade}")
        bought = trade.buyer if trade.side is None else trade.side.value == Side.BUY
        return FillReport(
            account=self.account,
            instrument=self.key(trade.symbol),
            client_order_id=client_order_id,
            venue_order_id=VenueOrderId(str(trade.orderId)),
            trade_id=TradeId(str(trade.id)),
            side=Side.BUY if bought else Side.SELL,
            quantity=Quantity(decimal(trade.qty)),
            price=Price(decimal(trade.price)),
            fee=Money(decimal(trade.commission), Currency(trade.commissionAsset)),
            liquidity=None if trade.maker is None else Liquidity.MAKER if trade.maker else Liquidity.TAKER,
            venue_time_ns=trade.time * NANOS_A_MILLI,
        )

    def status_of_update(self, update: Update) -> OrderStatusReport:
        """Return where an update of the user stream says that an order is."""
        return OrderStatusReport(
            account=self.account,
            instrument=self.key(update.symbol),
            client_order_id=ClientOrderId(update.client_order_id),
            status=_status(update.status),
            venue_order_id=VenueOrderId(str(update.order_id)),
            filled_quantity=decimal(update.filled),
            reason="" if update.status == update.execution else f"{update.execution}, {update.status}",
            venue_time_ns=update.time_ms * NANOS_A_MILLI,
        )

    def status_of_order(self, order: BinanceOrder) -> OrderStatusReport:
        """Return where an answer of the venue says that an order is."""
        if order.status is None or order.executedQty is None:
            raise UnreadableError(f"an order without status or filled amount: {order}")
        return OrderStatusReport(
            account=self.account,
            instrument=self.key(order.symbol),
            client_order_id=ClientOrderId(order.clientOrderId),
            status=_status(order.status.value),
            venue_order_id=VenueOrderId(str(order.orderId)),
            filled_quantity=decimal(order.executedQty),
            venue_time_ns=(order.updateTime or order.time or 0) * NANOS_A_MILLI,
        )

    def positions(self, listed: Iterable[BinanceFuturesPositionRisk]) -> Sequence[VenuePosition]:
        """Return the positions that are not flat."""
        held = ((one.symbol, decimal(one.positionAmt)) for one in listed)
        return tuple(
            VenuePosition(instrument=self.key(symbol), quantity=amount)
            for symbol, amount in held
            if amount and self.names(symbol)
        )

    def balances(self, listed: Iterable[BinanceFuturesBalanceInfo]) -> Sequence[VenueBalance]:
        """Return the balances that are not zero."""
        held = ((one, decimal(one.walletBalance)) for one in listed)
        return tuple(
            VenueBalance(currency=Currency(one.asset), total=total, free=decimal(one.availableBalance))
            for one, total in held
            if total
        )


def quote_of(tick: QuoteTick, instrument: InstrumentKey, received_ns: int) -> Quote:
    """Return the newest best prices."""
    return Quote(
        instrument=instrument,
        bid=Price(tick.bid_price.as_decimal()),
        ask=Price(tick.ask_price.as_decimal()),
        bid_size=tick.bid_size.as_decimal(),
        ask_size=tick.ask_size.as_decimal(),
        event_time_ns=tick.ts_event,
        received_ns=received_ns,
    )


def _side(text: str) -> Side:
    try:
        return Side(text)
    except ValueError:
        raise UnreadableError(f"{text!r} is no side") from None


def _status(text: str) -> VenueOrderStatus:
    if text not in _STATUSES:
        raise UnreadableError(f"{text!r} is no state of an order that is known here")
    return _STATUSES[text]
