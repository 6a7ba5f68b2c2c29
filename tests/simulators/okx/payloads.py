"""The venue's messages about orders and trades: which fields come together, and how numbers are written."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simulators.exchange.orders import Order, Status, Tif, Trade, cause_of
from simulators.okx.listings import Listing

type Json = dict[str, Any]
_KINDS = {Tif.GTC: "limit", Tif.IOC: "ioc", Tif.FOK: "fok", Tif.GTX: "post_only"}
_AT_MARKET = {Tif.IOC: "optimal_limit_ioc"}
_STATES = {
    Status.NEW: "live",
    Status.PARTIALLY_FILLED: "partially_filled",
    Status.FILLED: "filled",
    Status.CANCELED: "canceled",
    Status.EXPIRED: "canceled",
}
_SOURCES = {Tif.GTX: "31", Tif.IOC: "14", Tif.FOK: "13"}  # why it was canceled; 1: by its owner
_BILLS = 2_000_000_000_000_000_000
_CATEGORIES = {"": "normal", "LIQUIDATION": "full_liquidation", "DELEVERAGING": "adl"}
_SUB_TYPES = {"": "1", "LIQUIDATION": "104", "DELEVERAGING": "125"}


def plain(value: Decimal) -> str:
    """Write a number without trailing zeros."""
    return format(value.normalize(), "f") if value else "0"


def size(amount: Decimal, listing: Listing) -> str:
    """Write an amount as the venue counts it: contracts, or coins."""
    return plain(amount / listing.unit)


def side(is_buy: bool) -> str:
    return "buy" if is_buy else "sell"


def order(one: Order, listing: Listing) -> Json:
    """GET /trade/order, /trade/orders-pending and /trade/orders-history."""
    last, contract = one.newest, listing.contract
    return {
        "accFillSz": size(one.filled, listing),
        "algoClOrdId": "",
        "algoId": "",
        "attachAlgoClOrdId": "",
        "attachAlgoOrds": [],
        "avgPx": plain((one.value / one.filled).quantize(contract.tick / 100)) if one.filled else "0",
        "cTime": str(one.time_ms),
        "cancelSource": _cancel_source(one),
        "cancelSourceReason": "",
        "category": _CATEGORIES[cause_of(one.client_order_id)],
        "ccy": contract.quote,
        "clOrdId": "" if cause_of(one.client_order_id) else one.client_order_id,
        "fee": plain(-one.fees),
        "feeCcy": contract.base if contract.is_spot and one.is_buy else contract.quote,
        "fillPx": plain(last.price) if last else "0",
        "fillSz": size(last.quantity, listing) if last else "0",
        "fillTime": str(last.time_ms) if last else "0",
        "instId": one.symbol,
        "instType": listing.kind,
        "isTpLimit": "false",
        "lever": "" if contract.is_spot else "20",
        "linkedAlgoOrd": {"algoId": ""},
        "ordId": str(one.order_id),
        "ordType": _AT_MARKET.get(one.tif, "market") if one.price is None else _KINDS[one.tif],
        "pnl": plain(last.realized) if last else "0",
        "posSide": "" if contract.is_spot else "net",
        "px": "" if one.price is None else plain(one.price),
        "pxType": "",
        "pxUsd": "",
        "pxVol": "",
        "quickMgnType": "",
        "rebate": "0",
        "rebateCcy": contract.quote,
        "reduceOnly": "true" if one.reduce_only else "false",
        "side": side(one.is_buy),
        "slOrdPx": "",
        "slTriggerPx": "",
        "slTriggerPxType": "",
        "source": "",
        "state": _STATES[one.status],
        "stpId": "",
        "stpMode": "cancel_maker",
        "sz": size(one.quantity, listing),
        "tag": "",
        "tdMode": "cash" if contract.is_spot else "cross",
        "tgtCcy": "base_ccy" if contract.is_spot and one.price is None else "",
        "tpOrdPx": "",
        "tpTriggerPx": "",
        "tpTriggerPxType": "",
        "tradeId": str(last.trade_id) if last else "0",
        "uTime": str(one.update_ms),
    }


def order_update(one: Order, listing: Listing, trade: Trade | None, amended: tuple[str, str] | None = None) -> Json:
    """One element of the `orders` channel. `amended` is the request id of an amend and its result."""
    told = order(one, listing)
    request_id, result = amended or ("", "")
    return {
        **told,
        "fillPx": plain(trade.price) if trade else "",
        "fillSz": size(trade.quantity, listing) if trade else "0",
        "fillTime": str(trade.time_ms) if trade else "",
        "tradeId": str(trade.trade_id) if trade else "",
        "fillFee": plain(-trade.fee) if trade else "0",
        "fillFeeCcy": trade.fee_asset if trade else "",
        "execType": ("M" if trade.is_maker else "T") if trade else "",
        "pnl": plain(trade.realized) if trade else "0",
        "reqId": request_id,
        "amendResult": result,
        "amendSource": "",
        "code": "0",
        "msg": "",
        "lastPx": plain(trade.price) if trade else "",
        "notionalUsd": plain(one.quantity * (one.price or 0)),
    }


def fill(one: Trade, client_order_id: str, listing: Listing) -> Json:
    """GET /trade/fills and /trade/fills-history."""
    return {
        "instType": listing.kind,
        "instId": one.symbol,
        "tradeId": str(one.trade_id),
        "ordId": str(one.order_id),
        "clOrdId": "" if cause_of(client_order_id) else client_order_id,
        "billId": str(bill(one)),
        "tag": "",
        "fillPx": plain(one.price),
        "fillSz": size(one.quantity, listing),
        "fillIdxPx": plain(one.price),
        "fillPnl": plain(one.realized),
        "fillPxVol": "",
        "fillPxUsd": "",
        "fillMarkVol": "",
        "fillFwdPx": "",
        "fillMarkPx": "",
        "side": side(one.is_buy),
        "posSide": "net",
        "execType": "M" if one.is_maker else "T",
        "feeCcy": one.fee_asset,
        "fee": plain(-one.fee),
        "ts": str(one.time_ms),
        "fillTime": str(one.time_ms),
        "feeRate": "",
        "subType": _SUB_TYPES[cause_of(client_order_id)],
    }


def bill(one: Trade) -> int:
    """Return the number that pages of trades go by."""
    return _BILLS + one.trade_id


def _cancel_source(one: Order) -> str:
    if one.status is Status.CANCELED:
        return "1"
    return _SOURCES.get(one.tif, "") if one.status is Status.EXPIRED else ""
