"""What OKX says, in our words: contracts and coins become amounts in the base currency, exactly."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec
from nautilus_trader.model.instruments import Instrument as NautilusInstrument

from adapters.nautilus.live_words import NANOS_A_MILLI, Listed, UnreadableError, decimal
from adapters.nautilus.okx_settings import OKX
from ports.errors import InvalidInputError
from ports.instruments import Instrument, InstrumentKey, InstrumentType
from ports.reports import (
    AmendReport,
    FillCause,
    FillReport,
    OrderStatusReport,
    VenueBalance,
    VenueOrderStatus,
    VenuePosition,
)
from ports.values import (
    ZERO,
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
    exact,
    fits,
    round_down,
)

_log = logging.getLogger(__name__)
ORDERS: Final = "orders"
_STATES: Final = {
    "live": VenueOrderStatus.ACCEPTED,
    "partially_filled": VenueOrderStatus.ACCEPTED,
    "filled": VenueOrderStatus.FILLED,
    "canceled": VenueOrderStatus.CANCELED,
    "mmp_canceled": VenueOrderStatus.CANCELED,
}
_SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
_CATEGORIES: Final = {
    "full_liquidation": FillCause.LIQUIDATION,
    "partial_liquidation": FillCause.LIQUIDATION,
    "adl": FillCause.DELEVERAGING,
}
_SUB_TYPES: Final = {  # partial and full, long and short
    **dict.fromkeys(("100", "101", "102", "103", "104", "105", "106", "107"), FillCause.LIQUIDATION),
    **dict.fromkeys(("125", "126", "127", "128"), FillCause.DELEVERAGING),
}
_LIQUIDITY: Final = {"M": Liquidity.MAKER, "T": Liquidity.TAKER}
_FINEST: Final = Decimal("1E-18")
_BY_OWNER: Final = ("", "0", "1")  # sources of a cancel


class OrderWords(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """An order as the venue lists it. Numbers are text as the venue wrote them."""

    inst_id: str
    ord_id: str
    cl_ord_id: str
    side: str
    state: str
    ord_type: str
    sz: str
    acc_fill_sz: str
    u_time: str
    px: str = ""
    tgt_ccy: str = ""
    cancel_source: str = ""
    cancel_source_reason: str = ""


class Update(OrderWords, frozen=True, rename="camel", kw_only=True):
    """An order as the user stream tells it, with one trade at most."""

    trade_id: str = ""
    fill_sz: str = ""
    fill_px: str = ""
    fill_time: str = ""
    fill_fee: str | None = None
    fill_fee_ccy: str = ""
    exec_type: str = ""
    category: str = ""
    amend_result: str = ""
    code: str = ""
    msg: str = ""

    @property
    def is_trade(self) -> bool:
        return self.trade_id not in ("", "0") and decimal(self.fill_sz or "0") > 0


class TradeWords(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A trade of the account's history."""

    inst_id: str
    trade_id: str
    ord_id: str
    cl_ord_id: str
    bill_id: str
    side: str
    fill_px: str
    fill_sz: str
    fee: str
    fee_ccy: str
    ts: str  # when the venue wrote it down
    fill_time: str = ""  # when it happened, as the user stream tells it
    exec_type: str = ""
    sub_type: str = ""


class InstrumentWords(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """An instrument as the venue lists it."""

    inst_id: str
    inst_type: str
    lot_sz: str
    min_sz: str
    tick_sz: str
    max_lmt_sz: str = ""
    base_ccy: str = ""
    quote_ccy: str = ""
    settle_ccy: str = ""
    uly: str = ""
    ct_val: str = ""
    ct_mult: str = ""
    ct_val_ccy: str = ""
    ct_type: str = ""


class PositionWords(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A position."""

    inst_id: str
    pos: str
    pos_side: str


class BalanceWords(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What an account has of one currency."""

    ccy: str
    cash_bal: str
    avail_bal: str


class AccountWords(msgspec.Struct, frozen=True):
    """What an account has."""

    details: list[BalanceWords]


@dataclass(frozen=True, slots=True)
class FeeRates:
    """What an account pays of a trade's value."""

    maker: Decimal
    taker: Decimal


def read_updates(raw: msgspec.Raw) -> list[Update]:
    """Read what the user stream tells of orders."""
    return msgspec.json.decode(raw, type=list[Update])


def list_instruments(
    said: Iterable[InstrumentWords],
    fees: Mapping[str, FeeRates],
    nautilus: Callable[[str], NautilusInstrument | None],
) -> Mapping[str, Listed]:
    """Return what the venue lists by its own symbol, as far as an instrument key can name it.

    `fees` are by the kind of instrument, `nautilus` finds Nautilus's own by the symbol.
    """
    listed = {}
    for each in said:
        key, theirs = _key(each), nautilus(each.inst_id)
        if key is None or theirs is None:
            continue
        try:
            unit = _unit(each)
            listed[each.inst_id] = Listed(
                _instrument(key, each, unit, fees[each.inst_type]), theirs, each.inst_id, unit
            )
        except UnreadableError as unreadable:
            _log.warning("%s is not listed: %s", each.inst_id, unreadable)
    return listed


def _key(each: InstrumentWords) -> InstrumentKey | None:
    try:
        if each.inst_type == "SPOT":
            return InstrumentKey(f"{OKX}:{InstrumentType.SPOT_PAIR}:{each.base_ccy}-{each.quote_ccy}")
        if each.inst_type == "SWAP" and each.ct_type == "linear":
            return InstrumentKey(f"{OKX}:{InstrumentType.PERPETUAL}:{each.uly}@LIN")
    except InvalidInputError:  # a name that no key can spell: nobody can order it here
        return None
    return None


def _unit(each: InstrumentWords) -> Decimal:
    """Return what one of the venue's sizes is in the base currency."""
    if each.inst_type == "SPOT":
        return Decimal(1)
    if each.ct_val_ccy != each.uly.partition("-")[0]:
        raise UnreadableError(f"a contract is worth {each.ct_val} {each.ct_val_ccy!r}, which is not its base currency")
    unit = _times(decimal(each.ct_val), decimal(each.ct_mult))
    if unit <= 0:
        raise UnreadableError(f"a contract is worth {unit}")
    return unit


def _instrument(key: InstrumentKey, each: InstrumentWords, unit: Decimal, fees: FeeRates) -> Instrument:
    return Instrument(
        key=key,
        tick_size=Price(decimal(each.tick_sz)),
        lot_size=Quantity(_times(decimal(each.lot_sz), unit)),
        min_quantity=Quantity(_times(decimal(each.min_sz), unit)),
        max_quantity=Quantity(_times(decimal(each.max_lmt_sz), unit)) if each.max_lmt_sz else None,
        maker_fee_rate=fees.maker,
        taker_fee_rate=fees.taker,
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

    def fill_of_update(self, update: Update) -> FillReport | None:
        """Return the trade that an update carries; None where it carries none, or one without its fee."""
        if not update.is_trade or update.fill_fee is None:
            return None
        return FillReport(
            account=self.account,
            instrument=self.key(update.inst_id),
            client_order_id=ClientOrderId(update.cl_ord_id) if update.cl_ord_id else None,
            venue_order_id=VenueOrderId(update.ord_id),
            trade_id=TradeId(update.trade_id),
            side=_side(update.side),
            quantity=self._amount(update.inst_id, update.fill_sz),
            price=Price(decimal(update.fill_px)),
            fee=_fee(update.fill_fee, update.fill_fee_ccy or self.key(update.inst_id).quote),
            liquidity=_LIQUIDITY.get(update.exec_type),
            venue_time_ns=_time_ns(update.fill_time),
            cause=_CATEGORIES.get(update.category, FillCause.ORDER),
        )

    def fill_of_trade(self, trade: TradeWords) -> FillReport:
        """Return a trade of the account's history; the same trade on the stream has the same id."""
        return FillReport(
            account=self.account,
            instrument=self.key(trade.inst_id),
            client_order_id=ClientOrderId(trade.cl_ord_id) if trade.cl_ord_id else None,
            venue_order_id=VenueOrderId(trade.ord_id),
            trade_id=TradeId(trade.trade_id),
            side=_side(trade.side),
            quantity=self._amount(trade.inst_id, trade.fill_sz),
            price=Price(decimal(trade.fill_px)),
            fee=_fee(trade.fee, trade.fee_ccy or self.key(trade.inst_id).quote),
            liquidity=_LIQUIDITY.get(trade.exec_type),
            venue_time_ns=_time_ns(trade.fill_time or trade.ts),
            cause=_SUB_TYPES.get(trade.sub_type, FillCause.ORDER),
        )

    def status(self, order: OrderWords) -> OrderStatusReport:
        """Return where the venue says that an order is."""
        if order.state not in _STATES:
            raise UnreadableError(f"{order.state!r} is no state of an order that is known here")
        source = order.cancel_source
        is_plain = order.state != "canceled" or source in _BY_OWNER
        return OrderStatusReport(
            account=self.account,
            instrument=self.key(order.inst_id),
            client_order_id=ClientOrderId(order.cl_ord_id),
            status=_STATES[order.state],
            venue_order_id=VenueOrderId(order.ord_id),
            filled_quantity=self._amount(order.inst_id, order.acc_fill_sz or "0"),
            quantity=self._whole(order),
            price=Price(decimal(order.px)) if order.px not in ("", "0", "-1") else None,
            reason="" if is_plain else f"canceled by the venue, source {source} {order.cancel_source_reason}".strip(),
            venue_time_ns=_time_ns(order.u_time),
        )

    def amend(self, update: Update) -> AmendReport | None:
        """Return what an order is worked with from now on, where an update says that an amend was carried out."""
        quantity = self._whole(update)
        if update.amend_result != "0" or quantity is None or not update.px or not update.cl_ord_id:
            return None
        return AmendReport(
            account=self.account,
            instrument=self.key(update.inst_id),
            client_order_id=ClientOrderId(update.cl_ord_id),
            venue_order_id=VenueOrderId(update.ord_id),
            quantity=quantity,
            price=Price(decimal(update.px)),
            venue_time_ns=_time_ns(update.u_time),
        )

    def positions(self, said: Iterable[PositionWords]) -> Sequence[VenuePosition]:
        """Return the positions that are not flat."""
        held = []
        for one in said:
            if not self.names(one.inst_id) or not decimal(one.pos or "0"):
                continue
            if one.pos_side != "net":
                raise UnreadableError(f"a {one.pos_side} position in {one.inst_id}: this account is not in net mode")
            held.append(VenuePosition(instrument=self.key(one.inst_id), quantity=self._amount(one.inst_id, one.pos)))
        return tuple(held)

    def balances(self, said: Iterable[BalanceWords]) -> Sequence[VenueBalance]:
        """Return the balances that are not zero; what is finer than 18 places is left out."""
        held = ((one, _rounded(one.cash_bal)) for one in said)
        return tuple(
            VenueBalance(currency=Currency(one.ccy), total=total, free=_rounded(one.avail_bal))
            for one, total in held
            if total
        )

    def key(self, symbol: str) -> InstrumentKey:
        """Return our key of the venue's symbol."""
        if symbol not in self.listed:
            raise UnreadableError(f"{symbol!r} is no instrument that the venue listed")
        return self.listed[symbol].instrument.key

    def _amount(self, symbol: str, size: str) -> Quantity:
        self.key(symbol)
        return Quantity(_times(decimal(size), self.listed[symbol].unit))

    def _whole(self, order: OrderWords) -> Quantity | None:
        """Return an order's whole amount; None where the venue counts it in money (a market order for spot)."""
        is_spot = self.key(order.inst_id).type is InstrumentType.SPOT_PAIR
        if is_spot and order.ord_type == "market" and order.tgt_ccy != "base_ccy":
            return None
        return self._amount(order.inst_id, order.sz)


def fee_rates(maker: str, taker: str) -> FeeRates:
    """Return rates; the venue writes what it takes below zero."""
    return FeeRates(ZERO - decimal(maker or "0"), ZERO - decimal(taker or "0"))


def _times(count: Decimal, unit: Decimal) -> Decimal:
    try:
        with exact():
            amount = count * unit
    except ArithmeticError:
        raise UnreadableError(f"{count} times {unit} cannot be held exactly") from None
    if not fits(amount):
        raise UnreadableError(f"{amount} cannot be held exactly")
    return amount


def _rounded(text: str) -> Decimal:
    """Read a balance. The venue writes some with more places than are kept here; nothing is computed from them."""
    try:
        return decimal(str(round_down(Decimal(text or "0"), _FINEST)))
    except ArithmeticError:
        raise UnreadableError(f"{text!r} is no number") from None


def _fee(text: str, currency: str) -> Money:
    return Money(ZERO - decimal(text), Currency(currency))  # below zero is what the account paid


def _side(text: str) -> Side:
    if text not in _SIDES:
        raise UnreadableError(f"{text!r} is no side")
    return _SIDES[text]


def _time_ns(text: str) -> int:
    if not text.isdigit():
        raise UnreadableError(f"{text!r} is no time")
    return int(text) * NANOS_A_MILLI
