"""The venue's messages: what the fields are called, which come together, and how numbers are written."""

from __future__ import annotations

from decimal import Decimal

from simulators.exchange.core import LEVERAGE, Exchange
from simulators.exchange.orders import Account, Contract, Order, Position, Tif, Trade

type Json = dict[str, object]
_MONEY = Decimal("0.00000001")
_AVERAGE = Decimal("0.00001")
PLACES = 8  # of assets


def at(step: Decimal, value: Decimal) -> str:
    """Write a number with the decimal places of `step`."""
    return format(value.quantize(step), "f")


def money(value: Decimal) -> str:
    return format(value.quantize(_MONEY), "f")


def side(is_buy: bool) -> str:
    return "BUY" if is_buy else "SELL"


def _average(order: Order) -> str:
    return format((order.value / order.filled).quantize(_AVERAGE), "f") if order.filled else "0.00000"


def _type(order: Order) -> str:
    return "MARKET" if order.price is None else "LIMIT"


def order(one: Order, contract: Contract) -> Json:
    """GET /fapi/v1/order, /openOrders, /allOrders."""
    return {**placed(one, contract), "time": one.time_ms}


def placed(one: Order, contract: Contract) -> Json:
    """POST and DELETE /fapi/v1/order."""
    return {
        "orderId": one.order_id,
        "symbol": one.symbol,
        "status": one.status.value,
        "clientOrderId": one.client_order_id,
        "price": at(contract.tick, one.price or Decimal(0)),
        "avgPrice": _average(one),
        "origQty": at(contract.lot, one.quantity),
        "executedQty": at(contract.lot, one.filled),
        "cumQuote": money(one.value),
        "timeInForce": one.tif.value,
        "type": _type(one),
        "reduceOnly": one.reduce_only,
        "closePosition": False,
        "side": side(one.is_buy),
        "positionSide": "BOTH",
        "stopPrice": at(contract.tick, Decimal(0)),
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": _type(one),
        "priceMatch": "NONE",
        "selfTradePreventionMode": "NONE",
        "goodTillDate": one.good_till_ms,
        "updateTime": one.update_ms,
    }


def acknowledged(one: Order, contract: Contract) -> Json:
    """The answer to a new order (type ACK): the venue does not wait for the matching."""
    nothing = {"status": "NEW", "executedQty": at(contract.lot, Decimal(0)), "cumQuote": "0.00000000"}
    return {**placed(one, contract), **nothing, "avgPrice": "0.00"}


def trade(one: Trade, contract: Contract) -> Json:
    """GET /fapi/v1/userTrades."""
    return {
        "symbol": one.symbol,
        "id": one.trade_id,
        "orderId": one.order_id,
        "side": side(one.is_buy),
        "price": at(contract.tick, one.price),
        "qty": at(contract.lot, one.quantity),
        "realizedPnl": money(one.realized),
        "marginAsset": contract.quote,
        "quoteQty": money(one.price * one.quantity),
        "commission": money(one.fee),
        "commissionAsset": one.fee_asset,
        "time": one.time_ms,
        "positionSide": "BOTH",
        "buyer": one.is_buy,
        "maker": one.is_maker,
    }


def order_update(one: Order, contract: Contract, execution: str, filled: Trade | None, now_ms: int) -> Json:
    """ORDER_TRADE_UPDATE."""
    zero = Decimal(0)
    body: Json = {
        "s": one.symbol,
        "c": one.client_order_id,
        "S": side(one.is_buy),
        "o": _type(one),
        "f": one.tif.value,
        "q": at(contract.lot, one.quantity),
        "p": at(contract.tick, one.price or zero),
        "ap": _average(one),
        "sp": "0",
        "x": execution,
        "X": one.status.value,
        "i": one.order_id,
        "l": at(contract.lot, filled.quantity if filled else zero),
        "z": at(contract.lot, one.filled),
        "L": at(contract.tick, filled.price if filled else zero),
        "T": one.update_ms,
        "t": filled.trade_id if filled else 0,
        "b": "0",
        "a": "0",
        "m": filled.is_maker if filled else False,
        "R": one.reduce_only,
        "wt": "CONTRACT_PRICE",
        "ot": _type(one),
        "ps": "BOTH",
        "cp": False,
        "rp": money(filled.realized if filled else zero),
        "pP": False,
        "si": 0,
        "ss": 0,
        "V": "NONE",
        "pm": "NONE",
        "gtd": one.good_till_ms if one.tif is Tif.GTD else 0,
    }
    if filled is not None:  # commission is not pushed where there is none
        body |= {"N": filled.fee_asset, "n": money(filled.fee)}
    return {"e": "ORDER_TRADE_UPDATE", "E": now_ms, "T": one.update_ms, "o": body}


def account_update(account: Account, symbol: str, reason: str, now_ms: int) -> Json:
    """ACCOUNT_UPDATE."""
    held = account.positions.get(symbol, Position())
    return {
        "e": "ACCOUNT_UPDATE",
        "E": now_ms,
        "T": held.update_ms or now_ms,
        "a": {
            "m": reason,
            "B": [{"a": account.asset, "wb": money(account.wallet), "cw": money(account.wallet), "bc": "0"}],
            "P": [
                {
                    "s": symbol,
                    "pa": format(held.quantity, "f"),
                    "ep": format(held.entry, "f"),
                    "bep": format(held.entry, "f"),
                    "cr": money(held.realized),
                    "up": "0",
                    "mt": "cross",
                    "iw": "0",
                    "ps": "BOTH",
                }
            ],
        },
    }


def book_ticker(exchange: Exchange, symbol: str, now_ms: int) -> Json | None:
    """<symbol>@bookTicker; None while a side is empty."""
    bid, ask = exchange.best(symbol, True), exchange.best(symbol, False)
    contract = exchange.contracts[symbol]
    if bid is None or ask is None:
        return None
    return {
        "e": "bookTicker",
        "u": exchange.updates,
        "s": symbol,
        "b": at(contract.tick, bid[0]),
        "B": at(contract.lot, bid[1]),
        "a": at(contract.tick, ask[0]),
        "A": at(contract.lot, ask[1]),
        "T": now_ms,
        "E": now_ms,
    }


def aggregate_trade(contract: Contract, trade: Trade, now_ms: int) -> Json:
    """<symbol>@aggTrade: a trade as everybody sees it; `m`: the buyer had waited."""
    return {
        "e": "aggTrade",
        "E": now_ms,
        "a": trade.trade_id,
        "s": trade.symbol,
        "p": at(contract.tick, trade.price),
        "q": at(contract.lot, trade.quantity),
        "f": trade.trade_id,
        "l": trade.trade_id,
        "T": trade.time_ms,
        "m": trade.is_buy is trade.is_maker,
    }


def position_risk(exchange: Exchange, symbol: str, held: Position) -> Json:
    """GET /fapi/v3/positionRisk."""
    mark = _mark(exchange, symbol, held)
    margin = money(abs(held.quantity) * held.entry / LEVERAGE)
    return {
        "symbol": symbol,
        "positionSide": "BOTH",
        "positionAmt": at(exchange.contracts[symbol].lot, held.quantity),
        "entryPrice": format(held.entry, "f"),
        "breakEvenPrice": format(held.entry, "f"),
        "markPrice": money(mark),
        "unRealizedProfit": money((mark - held.entry) * held.quantity),
        "liquidationPrice": "0",
        "isolatedMargin": "0",
        "notional": money(mark * held.quantity),
        "marginAsset": exchange.contracts[symbol].quote,
        "isolatedWallet": "0",
        "initialMargin": margin,
        "maintMargin": margin,
        "positionInitialMargin": margin,
        "openOrderInitialMargin": "0",
        "adl": 0,
        "bidNotional": "0",
        "askNotional": "0",
        "updateTime": held.update_ms,
    }


def _mark(exchange: Exchange, symbol: str, held: Position) -> Decimal:
    bid, ask = exchange.best(symbol, True), exchange.best(symbol, False)
    return (bid[0] + ask[0]) / 2 if bid and ask else held.entry
