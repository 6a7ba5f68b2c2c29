"""Spot's messages about orders and trades: what the fields are called, and how numbers are written."""

from __future__ import annotations

import secrets
from decimal import Decimal

from simulators.binance_futures.payloads import Json, money, side
from simulators.exchange.core import Exchange
from simulators.exchange.orders import Order, Status, Tif, Trade

_ZERO = "0.00000000"
_NO_STP = "NONE"
REPLACED = "REPLACED"  # amended, and in its place still


def kind(one: Order) -> str:
    if one.price is None:
        return "MARKET"
    return "LIMIT_MAKER" if one.tif is Tif.GTX else "LIMIT"


def tif(one: Order) -> str:
    return Tif.GTC.value if one.tif is Tif.GTX else one.tif.value


def order(one: Order) -> Json:
    """GET /api/v3/order, /openOrders, /allOrders."""
    return {
        **_named(one),
        **_state(one),
        "stopPrice": _ZERO,
        "icebergQty": money(one.shown or Decimal(0)),
        "time": one.time_ms,
        "updateTime": one.update_ms,
        "isWorking": True,
        "workingTime": one.time_ms,
        "origQuoteOrderQty": _ZERO,
        "selfTradePreventionMode": _NO_STP,
    }


def placed(one: Order, trades: list[Trade]) -> Json:
    """POST /api/v3/order: in full, or for a LIMIT_MAKER only that it was taken."""
    taken = {**_named(one), "transactTime": one.time_ms}
    if kind(one) == "LIMIT_MAKER":
        return taken
    return {
        **taken,
        **_state(one),
        "origQuoteOrderQty": _ZERO,
        "workingTime": one.time_ms,
        "selfTradePreventionMode": _NO_STP,
        "fills": [
            {
                "price": money(each.price),
                "qty": money(each.quantity),
                "commission": money(each.fee),
                "commissionAsset": each.fee_asset,
                "tradeId": each.trade_id,
            }
            for each in trades
        ],
    }


def canceled(one: Order, request: str) -> Json:
    """DELETE /api/v3/order: `clientOrderId` is the request's own."""
    return {
        **_named(one),
        "origClientOrderId": one.client_order_id,
        "clientOrderId": request or fresh_name(),
        "transactTime": one.update_ms,
        **_state(one),
        "origQuoteOrderQty": _ZERO,
        "selfTradePreventionMode": _NO_STP,
    }


def amended(one: Order) -> Json:
    """PUT /api/v3/order/amend/keepPriority."""
    state = _state(one)
    return {
        "transactTime": one.update_ms,
        "executionId": one.order_id * 2,
        "amendedOrder": {
            **_named(one),
            "origClientOrderId": one.client_order_id,
            "price": state["price"],
            "qty": state["origQty"],
            "executedQty": state["executedQty"],
            "preventedQty": _ZERO,
            "quoteOrderQty": _ZERO,
            "cumulativeQuoteQty": state["cummulativeQuoteQty"],
            "status": state["status"],
            "timeInForce": state["timeInForce"],
            "type": state["type"],
            "side": state["side"],
            "workingTime": one.time_ms,
            "selfTradePreventionMode": _NO_STP,
        },
    }


def fresh_name() -> str:
    """Return a name as the venue makes them for requests that bring none."""
    return secrets.token_hex(11)


def trade(one: Trade) -> Json:
    """GET /api/v3/myTrades."""
    return {
        "symbol": one.symbol,
        "id": one.trade_id,
        "orderId": one.order_id,
        "orderListId": -1,
        "price": money(one.price),
        "qty": money(one.quantity),
        "quoteQty": money(one.price * one.quantity),
        "commission": money(one.fee),
        "commissionAsset": one.fee_asset,
        "time": one.time_ms,
        "isBuyer": one.is_buy,
        "isMaker": one.is_maker,
        "isBestMatch": True,
    }


def execution_report(one: Order, execution: str, filled: Trade | None, now_ms: int) -> Json:
    """executionReport."""
    is_cancel = execution == Status.CANCELED
    report: Json = {
        "e": "executionReport",
        "E": now_ms,
        "s": one.symbol,
        "c": fresh_name() if is_cancel else one.client_order_id,
        "S": side(one.is_buy),
        "o": kind(one),
        "f": tif(one),
        "q": money(one.quantity),
        "p": money(one.price or Decimal(0)),
        "P": _ZERO,
        "F": money(one.shown or Decimal(0)),
        "g": -1,
        "C": one.client_order_id if is_cancel or execution == REPLACED else "",
        "x": execution,
        "X": one.status.value,
        "r": "NONE",
        "i": one.order_id,
        "l": money(filled.quantity if filled else Decimal(0)),
        "z": money(one.filled),
        "L": money(filled.price if filled else Decimal(0)),
        "n": money(filled.fee) if filled else "0",
        "N": filled.fee_asset if filled else None,
        "T": one.update_ms,
        "t": filled.trade_id if filled else -1,
        "I": one.order_id * 2,
        "w": one.is_open and one.price is not None,
        "m": filled.is_maker if filled else False,
        "M": False,
        "O": one.time_ms,
        "Z": money(one.value),
        "Y": money(filled.price * filled.quantity if filled else Decimal(0)),
        "Q": _ZERO,
        "W": one.time_ms,
        "V": _NO_STP,
    }
    return report


def book_ticker(exchange: Exchange, symbol: str) -> Json | None:
    """<symbol>@bookTicker, which has no times; None while a side is empty."""
    bid, ask = exchange.best(symbol, True), exchange.best(symbol, False)
    if bid is None or ask is None:
        return None
    return {
        "u": exchange.updates,
        "s": symbol,
        "b": money(bid[0]),
        "B": money(bid[1]),
        "a": money(ask[0]),
        "A": money(ask[1]),
    }


def public_trade(trade: Trade, now_ms: int) -> Json:
    """<symbol>@trade: a trade as everybody sees it; `m`: the buyer had waited."""
    return {
        "e": "trade",
        "E": now_ms,
        "s": trade.symbol,
        "t": trade.trade_id,
        "p": money(trade.price),
        "q": money(trade.quantity),
        "T": trade.time_ms,
        "m": trade.is_buy is trade.is_maker,
        "M": True,
    }


def _named(one: Order) -> Json:
    return {"symbol": one.symbol, "orderId": one.order_id, "orderListId": -1, "clientOrderId": one.client_order_id}


def _state(one: Order) -> Json:
    return {
        "price": money(one.price or Decimal(0)),
        "origQty": money(one.quantity),
        "executedQty": money(one.filled),
        "cummulativeQuoteQty": money(one.value),
        "status": one.status.value,
        "timeInForce": tif(one),
        "type": kind(one),
        "side": side(one.is_buy),
    }
