"""What the simulated TWS says: fields of each message, in the order of server version 178."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from simulators.ibkr.contracts import Listing

if TYPE_CHECKING:
    from simulators.exchange.orders import Trade
    from simulators.ibkr.orders import Placed

VERSION = 178
_UNSET = "1.7976931348623157E308"
type Fields = list[object]


def framed(fields: Sequence[object]) -> bytes:
    """Return a message as it goes over the socket."""
    body = "".join(f"{_text(one)}\0" for one in fields).encode()
    return len(body).to_bytes(4, "big") + body


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case Decimal():
            return f"{value:f}"
        case _:
            return str(value)


def error(number: int, code: int, text: str) -> Fields:
    return [4, 2, number, code, text, ""]


def _contract(one: Listing) -> Fields:
    """Return a contract as most messages describe it: from its id to its trading class."""
    return [
        *(one.conid, one.symbol, one.kind, one.expiry, one.strike, one.right, one.multiplier),
        *(one.exchange, one.currency, one.local, one.trading_class),
    ]


def contract_details(request: int, one: Listing) -> Fields:
    return [
        *(10, request, one.symbol, one.kind, one.expiry, one.strike, one.right, one.exchange, one.currency),
        *(
            one.local,
            one.trading_class,
            one.trading_class,
            one.conid,
            one.tick,
            one.multiplier,
            "LMT,MKT,STP,",
            "SMART",
        ),
        *(one.magnifier, 0, one.name, one.primary, one.expiry[:6], "", "", "", "US/Eastern", "", "", "", "", 0),
        *(1, "", "", "26", one.expiry, one.stock_type, one.step, one.step, max(one.step, Decimal(1))),
    ]


def _numbers(one: Placed) -> Fields:
    """Return what both messages about an order say first of it."""
    return [
        *("BUY" if one.is_buy else "SELL", one.quantity, one.kind, one.price or "0.0", one.aux or "0.0", one.tif),
        *("", one.account, "", 0, one.ref),  # OCA group, account, open or close, origin, reference
    ]


def open_order(one: Placed) -> Fields:
    """Return an order as it is told while it lives (or what it would do, where that was asked)."""
    return [
        *(5, one.number, *_contract(one.listing), *_numbers(one), one.client_id, one.perm_id),
        *(0, 0, 0, "", "", "", "", ""),  # outside hours, hidden, discretionary, good after, -, advisor's three
        *("", one.good_till, "", "", "", 0, "", -1, 0, "", "", "", "", ""),  # model, good till, … stock range
        *(one.display, 0, 0, 0, "", 3, 0, 0, "", one.parent, 0, "", 0, "", ""),  # display size, … delta neutral
        *(0, 0, _UNSET, _UNSET, _UNSET, 0, ""),  # continuous update, … legs in words
        *(0, 0, 0, "", "", "", ""),  # legs, their prices, parameters, scale, hedge
        *(0, "", "IB", 0, 0, ""),  # opt out, clearing, not held, delta neutral contract, algorithm
        *(0, one.margins is not None, one.status, *_margins(one)),
        *(_UNSET, _UNSET, _UNSET, "", "", 0, 0, 0),  # commissions, currency, warning, random size and price, conditions
        *("", _UNSET, _UNSET, _UNSET, _UNSET, _UNSET, _UNSET, 0, "", "", ""),  # adjusted, soft dollars
        *("", 0, 0, 0, 0, "", "", 0, "", "", _UNSET, _UNSET, _UNSET),  # cash quantity, … middle offsets
    ]


def _margins(one: Placed) -> Fields:
    return [_UNSET] * 9 if one.margins is None else [*one.margins]


def completed_order(one: Placed) -> Fields:
    """Return an order that has ended."""
    return [
        *(101, *_contract(one.listing), *_numbers(one), one.perm_id),
        *(0, 0, 0, "", "", "", ""),  # outside hours, hidden, discretionary, good after, advisor's three
        *("", one.good_till, "", "", "", 0, "", -1, "", "", "", "", ""),  # model, good till, … stock range
        *(one.display, 0, 0, "", 3, 0, "", 0, "", ""),  # display size, … delta neutral
        *(0, 0, _UNSET, _UNSET, ""),  # continuous update, … legs in words
        *(0, 0, 0, "", "", "", ""),  # legs, their prices, parameters, scale, hedge
        *("", "IB", 0, 0, ""),  # clearing, not held, delta neutral contract, algorithm
        *(0, one.status, 0, 0, 0),  # solicited, status, random size and price, conditions
        *(_UNSET, _UNSET, "", 0, 0, "", one.filled, 0, 0, "", 0, 0, 0),
        *(f"{_moment(one.update_ms)} US/Eastern", one.ended_as, "", "", _UNSET, _UNSET, _UNSET),
    ]


def order_status(one: Placed) -> Fields:
    average = one.value / one.filled if one.filled else Decimal(0)
    return [
        *(3, one.number, one.status, one.filled, one.quantity - one.filled, average, one.perm_id, one.parent),
        *(one.last_price, one.client_id, "", Decimal(0)),
    ]


def execution(request: int, one: Placed, trade: Trade, revision: int, price: Decimal, total: Decimal) -> Fields:
    return [
        *(11, request, one.number, *_contract(one.listing), execution_id(trade, revision)),
        *(f"{_moment(trade.time_ms)}", one.account, one.listing.primary or one.listing.exchange),
        *("BOT" if trade.is_buy else "SLD", trade.quantity, price, one.perm_id, one.client_id, 0, total, price),
        *(one.ref, "", "", "", 1 if trade.is_maker else 2, 0),
    ]


def execution_id(trade: Trade, revision: int) -> str:
    return f"0000e0d5.{trade.trade_id:08x}.01.{revision:02d}"


def commission(one: Placed, trade: Trade, revision: int) -> Fields:
    amount = one.listing.commission(trade.quantity)
    return [59, 1, execution_id(trade, revision), amount, one.listing.currency, _UNSET, _UNSET, ""]


def position(account: str, one: Listing, quantity: Decimal, cost: Decimal) -> Fields:
    return [61, 3, account, *_contract(one), quantity, cost]


def _moment(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms // 1000, UTC):%Y%m%d-%H:%M:%S}"
