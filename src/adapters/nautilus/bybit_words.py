"""What Bybit says, in our words: exactly its numbers, its ids of trades, and its states."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec
from nautilus_trader.model.instruments import CryptoPerpetual, CurrencyPair
from nautilus_trader.model.instruments import Instrument as NautilusInstrument

from adapters.nautilus.bybit_settings import BYBIT
from adapters.nautilus.live_words import NANOS_A_MILLI, Listed, UnreadableError, decimal
from ports.errors import InvalidInputError
from ports.instruments import Instrument, InstrumentKey, InstrumentType
from ports.reports import (
    FillCause,
    FillReport,
    FundingReport,
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
    Price,
    Quantity,
    Side,
    TradeId,
    VenueOrderId,
)

_log = logging.getLogger(__name__)
_STATUSES: Final = {
    "Created": VenueOrderStatus.ACCEPTED,
    "New": VenueOrderStatus.ACCEPTED,
    "PartiallyFilled": VenueOrderStatus.ACCEPTED,
    "Untriggered": VenueOrderStatus.ACCEPTED,
    "Triggered": VenueOrderStatus.ACCEPTED,
    "Filled": VenueOrderStatus.FILLED,
    "Cancelled": VenueOrderStatus.CANCELED,
    "PartiallyFilledCanceled": VenueOrderStatus.CANCELED,
    "Deactivated": VenueOrderStatus.CANCELED,
    "Rejected": VenueOrderStatus.REJECTED,
}
_TRADES: Final = frozenset({"Trade", "AdlTrade", "BustTrade", "BlockTrade", "Delivery", "MovePosition", "FutureSpread"})
_MONEY_ALONE: Final = frozenset({"Funding", "SessionSettlePnL", "Settle"})  # no position changes
_CAUSES: Final = {"BustTrade": FillCause.LIQUIDATION, "AdlTrade": FillCause.DELEVERAGING}
_NO_REASON: Final = frozenset({"", "EC_NoError", "EC_PerCancelRequest", "UNKNOWN"})
_SIDES: Final = {"Buy": Side.BUY, "Sell": Side.SELL}


class OrderWord(msgspec.Struct, frozen=True, rename="camel"):
    """An order, in a list or on the stream. Numbers are text as the venue wrote them."""

    symbol: str
    order_id: str
    side: str
    order_type: str
    price: str
    qty: str
    order_status: str
    cum_exec_qty: str
    created_time: str
    updated_time: str
    order_link_id: str = ""
    reject_reason: str = ""
    category: str = ""  # lists say it beside


class TradeWord(msgspec.Struct, frozen=True, rename="camel"):
    """A trade, or a cash flow, of the account."""

    symbol: str
    order_id: str
    side: str
    order_type: str
    order_price: str
    order_qty: str
    exec_id: str
    exec_price: str
    exec_qty: str
    exec_type: str
    exec_fee: str
    exec_time: str
    is_maker: bool
    order_link_id: str = ""
    fee_currency: str = ""
    category: str = ""

    @property
    def is_trade(self) -> bool:
        """Whether it changes what is held.

        Raises:
            UnreadableError: nobody knows that kind.
        """
        if self.exec_type in _MONEY_ALONE:
            return False
        if self.exec_type not in _TRADES:
            raise UnreadableError(f"{self.exec_type!r} is no kind of execution that is known here")
        return decimal(self.exec_qty) > 0


class FundingWord(msgspec.Struct, frozen=True, rename="camel"):
    """A settlement of funding in the log of the unified wallet."""

    id: str
    symbol: str
    currency: str
    funding: str  # of other settlements empty
    transaction_time: str


class PositionWord(msgspec.Struct, frozen=True, rename="camel"):
    """A position as the venue lists it; without a side it is flat."""

    symbol: str
    side: str
    size: str
    position_idx: int = 0


class CoinWord(msgspec.Struct, frozen=True):
    """A coin of the unified account."""

    coin: str
    wallet_balance: str = msgspec.field(name="walletBalance")
    locked: str = "0"
    order_margin: str = msgspec.field(name="totalOrderIM", default="0")
    position_margin: str = msgspec.field(name="totalPositionIM", default="0")


ORDERS: Final = msgspec.json.Decoder(list[OrderWord])
TRADES: Final = msgspec.json.Decoder(list[TradeWord])


def list_instruments(instruments: Iterable[NautilusInstrument]) -> Mapping[str, Listed]:
    """Return what the venue lists by its own symbol, as far as an instrument key can name it.

    Of one category: two of them have the same symbols.
    """
    listed = {}
    for each in instruments:
        key = _key(each)
        if key is not None:
            listed[each.raw_symbol.value] = Listed(_instrument(key, each), each, each.raw_symbol.value)
    return listed


def _key(each: NautilusInstrument) -> InstrumentKey | None:
    if not isinstance(each, CryptoPerpetual | CurrencyPair) or each.is_inverse:
        return None
    base, quote = each.base_currency.code, each.quote_currency.code
    if not each.raw_symbol.value.startswith(base):  # 1000PEPEUSDT counts thousands: under PEPE it would be another
        return None
    try:
        if isinstance(each, CurrencyPair):
            return InstrumentKey(f"{BYBIT}:{InstrumentType.SPOT_PAIR}:{base}-{quote}")
        return InstrumentKey(f"{BYBIT}:{InstrumentType.PERPETUAL}:{base}-{quote}@LIN")
    except InvalidInputError:  # a name that no key can spell: nobody can order it here
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
    """Turns the venue's words about one account and category into reports.

    Symbols that no key can spell raise `UnreadableError`: ask `names` first.
    """

    account: AccountId
    category: str
    listed: Mapping[str, Listed]

    def names(self, category: str, symbol: str) -> bool:
        """Say whether a key can name what is spoken of; what is traded by hand under others, nobody here can see."""
        if category not in ("", self.category):
            return False
        if symbol not in self.listed:
            _log.error("%s: %r is traded there, and no instrument key can name it", self.account, symbol)
            return False
        return True

    def key(self, symbol: str) -> InstrumentKey:
        """Return our key of the venue's symbol."""
        if symbol not in self.listed:
            raise UnreadableError(f"{symbol!r} is no instrument that the venue listed")
        return self.listed[symbol].instrument.key

    def fill(self, trade: TradeWord) -> FillReport:
        """Return a trade; in a list and on the stream it has the same id."""
        key, side = self.key(trade.symbol), _side(trade.side)
        return FillReport(
            account=self.account,
            instrument=key,
            client_order_id=ClientOrderId(trade.order_link_id) if trade.order_link_id else None,
            venue_order_id=VenueOrderId(trade.order_id),
            trade_id=TradeId(trade.exec_id),
            side=side,
            quantity=Quantity(decimal(trade.exec_qty)),
            price=Price(decimal(trade.exec_price)),
            fee=Money(decimal(trade.exec_fee or "0"), self._fee_currency(trade, key, side)),
            liquidity=Liquidity.MAKER if trade.is_maker else Liquidity.TAKER,
            venue_time_ns=_time_ns(trade.exec_time),
            cause=_CAUSES.get(trade.exec_type, FillCause.ORDER),
        )

    def funding(self, paid: FundingWord) -> FundingReport:
        """Return a funding payment: positive where the account received it, as the venue writes it."""
        return FundingReport(
            account=self.account,
            instrument=self.key(paid.symbol),
            payment_id=TradeId(paid.id),
            amount=Money(decimal(paid.funding), Currency(paid.currency)),
            position=None,
            venue_time_ns=_time_ns(paid.transaction_time),
        )

    def _fee_currency(self, trade: TradeWord, key: InstrumentKey, side: Side) -> Currency:
        """Return what a fee is paid in: of contracts always the quote currency, of pairs what the venue says."""
        if key.type is not InstrumentType.SPOT_PAIR:
            return Currency(trade.fee_currency or key.quote)
        if not trade.fee_currency and decimal(trade.exec_fee or "0"):
            raise UnreadableError(f"trade {trade.exec_id} has a fee and no currency of it")
        return Currency(trade.fee_currency or (key.base if side is Side.BUY else key.quote))

    def status(self, order: OrderWord) -> OrderStatusReport:
        """Return where the venue says that an order is."""
        status, filled = _status(order.order_status), decimal(order.cum_exec_qty or "0")
        if status is VenueOrderStatus.REJECTED and filled:  # an order that traded came into being
            status = VenueOrderStatus.CANCELED
        reason = "" if order.reject_reason in _NO_REASON else f"{order.order_status}, {order.reject_reason}"
        return OrderStatusReport(
            account=self.account,
            instrument=self.key(order.symbol),
            client_order_id=ClientOrderId(order.order_link_id),
            status=status,
            venue_order_id=VenueOrderId(order.order_id),
            filled_quantity=filled,
            quantity=Quantity(decimal(order.qty)),
            price=Price(decimal(order.price)) if order.order_type == "Limit" else None,
            reason=reason,
            venue_time_ns=_time_ns(order.updated_time),
        )

    def positions(self, listed: Iterable[PositionWord]) -> Sequence[VenuePosition]:
        """Return the positions that are not flat."""
        held = []
        for one in listed:
            size = decimal(one.size or "0")
            if size and self.names("", one.symbol):
                signed = size if _side(one.side) is Side.BUY else -size
                held.append(VenuePosition(instrument=self.key(one.symbol), quantity=signed))
        return tuple(held)

    def balances(self, listed: Iterable[CoinWord]) -> Sequence[VenueBalance]:
        """Return the balances that are not zero."""
        held = []
        for one in listed:
            total = decimal(one.wallet_balance or "0")
            taken = sum(
                (decimal(text or "0") for text in (one.locked, one.order_margin, one.position_margin)), Decimal(0)
            )
            if total:
                held.append(VenueBalance(currency=Currency(one.coin), total=total, free=total - taken))
        return tuple(held)


def _time_ns(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise UnreadableError(f"{text!r} is no time")
    return int(text) * NANOS_A_MILLI


def _side(text: str) -> Side:
    if text not in _SIDES:
        raise UnreadableError(f"{text!r} is no side")
    return _SIDES[text]


def _status(text: str) -> VenueOrderStatus:
    if text not in _STATUSES:
        raise UnreadableError(f"{text!r} is no state of an order that is known here")
    return _STATUSES[text]
