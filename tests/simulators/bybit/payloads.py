"""The venue's messages: what the fields are called, which come together, and how numbers are written."""

from __future__ import annotations

from decimal import Decimal

from simulators.bybit import names
from simulators.exchange.core import LEVERAGE, Exchange
from simulators.exchange.orders import Account, Contract, Order, Position, Status, Tif, Trade, cause_of

type Json = dict[str, object]
_PLAIN = Decimal("0.00000001")
_TIFS = {Tif.GTC: "GTC", Tif.IOC: "IOC", Tif.FOK: "FOK", Tif.GTX: "PostOnly", Tif.GTD: "GTC"}
_WHY_ENDED = {
    Tif.GTX: "EC_PostOnlyWillTakeLiquidity",
    Tif.FOK: "EC_NoEnoughQtyToFill",
    Tif.IOC: "EC_NoImmediateQtyToFill",
}
_EXECUTIONS = {"": "Trade", "LIQUIDATION": "BustTrade", "DELEVERAGING": "AdlTrade"}


def plain(value: Decimal) -> str:
    """Write a number without trailing zeros, as the venue writes sums."""
    text = format(value.quantize(_PLAIN), "f").rstrip("0").rstrip(".")
    return text or "0"


def at(step: Decimal, value: Decimal) -> str:
    """Write a number with the decimal places of `step`."""
    return format(value.quantize(step), "f")


def side(is_buy: bool) -> str:
    return "Buy" if is_buy else "Sell"


def status(order: Order, contract: Contract) -> str:
    """Return the venue's word for where an order is."""
    match order.status:
        case Status.NEW:
            return "New"
        case Status.PARTIALLY_FILLED:
            return "PartiallyFilled"
        case Status.FILLED:
            return "Filled"
        case _:
            return "PartiallyFilledCanceled" if contract.is_spot and order.filled else "Cancelled"


def _why(order: Order) -> tuple[str, str]:
    """Return cancelType and rejectReason."""
    if order.status is Status.CANCELED:
        return "CancelByUser", "EC_PerCancelRequest"
    if order.status is not Status.EXPIRED:
        return "UNKNOWN", "EC_NoError"
    return "UNKNOWN", "EC_NoImmediateQtyToFill" if order.price is None else _WHY_ENDED.get(order.tif, "EC_Others")


def order(one: Order, contract: Contract, exchange: Exchange) -> Json:
    """GET /v5/order/realtime and /v5/order/history."""
    cancel_type, reason = _why(one)
    last = exchange.best(one.symbol, is_buy=True)
    left = one.left if one.is_open else Decimal(0)
    return {
        "orderId": names.order_id(one),
        "orderLinkId": "" if cause_of(one.client_order_id) else one.client_order_id,
        "blockTradeId": "",
        "symbol": names.symbol_of(contract),
        "price": at(contract.tick, one.price or Decimal(0)),
        "qty": at(contract.lot, one.quantity),
        "side": side(one.is_buy),
        "isLeverage": "",
        "positionIdx": 0,
        "orderStatus": status(one, contract),
        "cancelType": cancel_type,
        "rejectReason": reason,
        "avgPrice": plain(one.value / one.filled) if one.filled else "",
        "leavesQty": at(contract.lot, left),
        "leavesValue": plain(left * (one.price or 0)),
        "cumExecQty": at(contract.lot, one.filled),
        "cumExecValue": plain(one.value),
        "cumExecFee": plain(_fees(one, exchange)),
        "timeInForce": "IOC" if one.price is None else _TIFS[one.tif],
        "orderType": "Market" if one.price is None else "Limit",
        "stopOrderType": "",
        "orderIv": "",
        "triggerPrice": "",
        "takeProfit": "",
        "stopLoss": "",
        "tpTriggerBy": "",
        "slTriggerBy": "",
        "triggerDirection": 0,
        "triggerBy": "",
        "lastPriceOnCreated": at(contract.tick, last[0]) if last else "",
        "reduceOnly": one.reduce_only,
        "closeOnTrigger": False,
        "smpType": "None",
        "smpGroup": 0,
        "smpOrderId": "",
        "tpslMode": "",
        "tpLimitPrice": "",
        "slLimitPrice": "",
        "placeType": "",
        "createdTime": str(one.time_ms),
        "updatedTime": str(one.update_ms),
    }


def _fees(one: Order, exchange: Exchange) -> Decimal:
    if one.account is None:
        return Decimal(0)
    trades = exchange.accounts[one.account].trades
    return sum((trade.fee for trade in trades if trade.order_id == one.order_id), Decimal(0))


def order_update(one: Order, contract: Contract, exchange: Exchange) -> Json:
    """An element of a message of the topic `order`."""
    told = {name: value for name, value in order(one, contract, exchange).items() if name != "isLeverage"}
    fee_currency = contract.base if contract.is_spot and one.is_buy else contract.quote
    return {"category": names.category_of(contract), **told, "feeCurrency": fee_currency, "createType": "CreateByUser"}


def execution(trade: Trade, one: Order, contract: Contract) -> Json:
    """GET /v5/execution/list."""
    rate = contract.maker_rate if trade.is_maker else contract.taker_rate
    return {
        "symbol": names.symbol_of(contract),
        "orderId": names.order_id(one),
        "orderLinkId": "" if cause_of(one.client_order_id) else one.client_order_id,
        "side": side(trade.is_buy),
        "orderPrice": at(contract.tick, one.price or Decimal(0)),
        "orderQty": at(contract.lot, one.quantity),
        "leavesQty": at(contract.lot, one.left),
        "createType": "CreateByUser",
        "orderType": "Market" if one.price is None else "Limit",
        "stopOrderType": "",
        "execFee": plain(trade.fee),
        "execId": names.trade_id(trade),
        "execPrice": at(contract.tick, trade.price),
        "execQty": at(contract.lot, trade.quantity),
        "execType": _EXECUTIONS[cause_of(one.client_order_id)],
        "execValue": plain(trade.price * trade.quantity),
        "execTime": str(trade.time_ms),
        "feeCurrency": trade.fee_asset,
        "isMaker": trade.is_maker,
        "feeRate": plain(rate),
        "tradeIv": "",
        "markIv": "",
        "markPrice": at(contract.tick, trade.price),
        "indexPrice": "",
        "underlyingPrice": "",
        "blockTradeId": "",
        "closedSize": at(contract.lot, trade.quantity if trade.realized else Decimal(0)),
        "seq": 140_612_148_000_000 + trade.trade_id,
    }


def execution_update(trade: Trade, one: Order, contract: Contract) -> Json:
    """An element of a message of the topic `execution`."""
    return {
        "category": names.category_of(contract),
        **execution(trade, one, contract),
        "stopOrderType": "UNKNOWN",
        "isLeverage": "0",
        "execPnl": plain(trade.realized),
        "extraFees": "",
        "marketUnit": "",
    }


def position(exchange: Exchange, contract: Contract, held: Position) -> Json:
    """GET /v5/position/list."""
    best = exchange.best(contract.symbol, is_buy=True)
    mark, size = (best[0] if best else held.entry), abs(held.quantity)
    margin = plain(size * held.entry / LEVERAGE)
    return {
        "positionIdx": 0,
        "riskId": 1,
        "riskLimitValue": "2000000",
        "symbol": names.symbol_of(contract),
        "side": side(held.quantity > 0) if held.quantity else "",
        "size": at(contract.lot, size) if size else "0",
        "avgPrice": plain(held.entry),
        "positionValue": plain(size * held.entry),
        "tradeMode": 0,
        "positionStatus": "Normal",
        "autoAddMargin": 0,
        "adlRankIndicator": 2 if size else 0,
        "leverage": plain(LEVERAGE),
        "positionBalance": margin,
        "markPrice": at(contract.tick, mark),
        "liqPrice": "",
        "bustPrice": "",
        "positionMM": plain(size * held.entry / 200),
        "positionIM": margin,
        "tpslMode": "Full",
        "takeProfit": "0.00",
        "stopLoss": "0.00",
        "trailingStop": "0.00",
        "unrealisedPnl": plain((mark - held.entry) * held.quantity),
        "curRealisedPnl": plain(held.realized),
        "cumRealisedPnl": plain(held.realized),
        "seq": 5_723_621_632,
        "isReduceOnly": False,
        "mmrSysUpdatedTime": "",
        "leverageSysUpdatedTime": "",
        "createdTime": str(held.update_ms),
        "updatedTime": str(held.update_ms),
    }


def position_update(exchange: Exchange, contract: Contract, account: Account) -> Json:
    """An element of a message of the topic `position`."""
    told = position(exchange, contract, account.positions.get(contract.symbol, Position()))
    entry = told.pop("avgPrice")
    more = {"positionIMByMp": told["positionIM"], "positionMMByMp": told["positionMM"]}
    return {**told, **more, "entryPrice": entry, "sessionAvgPrice": "", "category": "linear"}


def order_book(exchange: Exchange, contract: Contract, now_ms: int) -> Json:
    """A message of the topic `orderbook.1.<symbol>`: always whole."""
    levels = {}
    for name, is_buy in (("b", True), ("a", False)):
        best = exchange.best(contract.symbol, is_buy)
        levels[name] = [[at(contract.tick, best[0]), at(contract.lot, best[1])]] if best else []
    symbol = names.symbol_of(contract)
    return {
        "topic": f"orderbook.1.{symbol}",
        "type": "snapshot",
        "ts": now_ms,
        "data": {"s": symbol, **levels, "u": exchange.updates, "seq": exchange.updates},
        "cts": now_ms,
    }
