"""The venue's answers about an account, and about what it lists."""

from __future__ import annotations

from decimal import Decimal

from simulators.exchange.core import LEVERAGE, Exchange
from simulators.exchange.orders import Account, Payment, Position
from simulators.okx.listings import Listing
from simulators.okx.payloads import Json, plain, size

_LISTED = "1606468572000"
_EMPTY = ("accAvgPx", "borrowFroz", "clSpotInUseAmt", "crossLiab", "interest", "isoLiab", "liab", "maxLoan", "mgnRatio")
_EMPTY_TOO = (
    "maxSpotInUseAmt",
    "openAvgPx",
    "spotBal",
    "spotUpl",
    "spotUplRatio",
    "totalPnl",
    "totalPnlRatio",
    "uplLiab",
)
_NOUGHT = ("fixedBal", "imr", "isoEq", "isoUpl", "mmr", "notionalLever", "rewardBal", "smtSyncEq", "spotCopyTradingEq")
_NOUGHT_TOO = ("spotInUseAmt", "spotIsoBal", "stgyEq", "twap", "upl")
_TOTALS = ("adjEq", "borrowFroz", "imr", "mgnRatio", "mmr", "notionalUsd", "notionalUsdForBorrow")
_TOTALS_TOO = ("notionalUsdForFutures", "notionalUsdForOption", "notionalUsdForSwap", "ordFroz", "upl")


def balance(exchange: Exchange, account: Account) -> Json:
    """GET /account/balance, and one element of the `account` channel."""
    held = {account.asset: account.wallet, **{asset: amount for asset, amount in account.coins.items() if amount}}
    return {
        **dict.fromkeys((*_TOTALS, *_TOTALS_TOO), ""),
        "isoEq": "0",
        "totalEq": plain(account.wallet),
        "uTime": str(exchange.now_ms()),
        "details": [_detail(exchange, account, asset, total) for asset, total in held.items()],
    }


def _detail(exchange: Exchange, account: Account, asset: str, total: Decimal) -> Json:
    free = exchange.free(account, asset)
    return {
        **dict.fromkeys((*_EMPTY, *_EMPTY_TOO), ""),
        **dict.fromkeys((*_NOUGHT, *_NOUGHT_TOO), "0"),
        "availBal": plain(free),
        "availEq": plain(free),
        "cashBal": plain(total),
        "ccy": asset,
        "collateralEnabled": False,
        "disEq": plain(total),
        "eq": plain(total),
        "eqUsd": plain(total),
        "frozenBal": plain(total - free),
        "ordFrozen": plain(total - free),
        "uTime": str(account.update_ms or exchange.now_ms()),
    }


def position(held: Position, account: Account, listing: Listing) -> Json:
    """One element of GET /account/positions."""
    contract = listing.contract
    return {
        **dict.fromkeys(("optVal", "spotInUseAmt", "spotInUseCcy", "posCcy", "quoteBal", "baseBal", "liqPx"), ""),
        **dict.fromkeys(("interest", "liqPenalty", "fundingFee", "adl", "upl", "uplRatio", "quoteBorrowed"), "0"),
        **dict.fromkeys(("uplLastPx", "uplRatioLastPx", "quoteInterest", "mmr", "mgnRatio"), "0"),
        "instId": contract.symbol,
        "instType": listing.kind,
        "mgnMode": "cross",
        "posId": str(listing.code),
        "posSide": "net",
        "pos": size(held.quantity, listing),
        "availPos": size(abs(held.quantity), listing),
        "ccy": contract.quote,
        "fee": "0",
        "lever": plain(LEVERAGE),
        "last": plain(held.entry),
        "markPx": plain(held.entry),
        "idxPx": plain(held.entry),
        "bePx": plain(held.entry),
        "avgPx": plain(held.entry),
        "usdPx": plain(held.entry),
        "margin": plain(abs(held.quantity) * held.entry / LEVERAGE),
        "tradeId": str(account.trades[-1].trade_id) if account.trades else "0",
        "notionalUsd": plain(abs(held.quantity) * held.entry),
        "realizedPnl": plain(held.realized),
        "pnl": plain(held.realized),
        "pendingCloseOrdLiabVal": "0",
        "cTime": str(held.update_ms),
        "uTime": str(held.update_ms),
    }


def config(position_mode: str) -> Json:
    """GET /account/config."""
    return {
        "uid": "44705892343619584",
        "mainUid": "44705892343619584",
        "acctLv": "2",
        "posMode": position_mode,
        "autoLoan": False,
        "greeksType": "PA",
        "level": "Lv1",
        "levelTmp": "",
        "ctIsoMode": "automatic",
        "mgnIsoMode": "automatic",
        "perm": "read_only,trade",
        "label": "simulated",
        "roleType": "0",
        "enableSpotBorrow": False,
        "ip": "",
    }


def trade_fee(kind: str, maker: Decimal, taker: Decimal, now_ms: int) -> Json:
    """GET /account/trade-fee: rates that the account pays are below zero; swaps have theirs in makerU and takerU."""
    rates = (plain(-maker), plain(-taker))
    spot, swap = (rates, ("", "")) if kind == "SPOT" else (("-0.0002", "-0.0005"), rates)
    return {
        "category": "1",
        "delivery": "",
        "exercise": "",
        "instType": kind,
        "level": "Lv1",
        "maker": spot[0],
        "taker": spot[1],
        "makerU": swap[0],
        "takerU": swap[1],
        "makerUSDC": "",
        "takerUSDC": "",
        "ts": str(now_ms),
        "uly": "",
    }


def instrument(listing: Listing) -> Json:
    """One element of GET /public/instruments."""
    contract = listing.contract
    is_spot = contract.is_spot
    most = plain(contract.max_quantity / listing.unit)
    huge = f"{most}.0000000000000000"
    return {
        **dict.fromkeys(("alias", "auctionEndTime", "expTime", "optType", "stk"), ""),
        "baseCcy": contract.base if is_spot else "",
        "category": "1",
        "contTdSwTime": "",
        "ctMult": "" if is_spot else "1",
        "ctType": "" if is_spot else "linear",
        "ctVal": "" if is_spot else plain(listing.unit),
        "ctValCcy": "" if is_spot else contract.base,
        "futureSettlement": False,
        "instFamily": "" if is_spot else f"{contract.base}-{contract.quote}",
        "instId": contract.symbol,
        "instIdCode": listing.code,
        "instType": listing.kind,
        "lever": "" if is_spot else "100",
        "listTime": _LISTED,
        "lotSz": plain(listing.size_step),
        "maxIcebergSz": huge,
        "maxLmtAmt": "20000000",
        "maxLmtSz": most,
        "maxMktAmt": "1000000" if is_spot else "",
        "maxMktSz": "1000000" if is_spot else most,
        "maxPlatOILmt": "",
        "maxStopSz": most,
        "maxTriggerSz": huge,
        "maxTwapSz": huge,
        "minSz": plain(contract.min_quantity / listing.unit),
        "openType": "",
        "posLmtAmt": "",
        "posLmtPct": "",
        "preMktSwTime": "",
        "quoteCcy": contract.quote if is_spot else "",
        "ruleType": "normal",
        "settleCcy": "" if is_spot else contract.quote,
        "state": "live",
        "tickSz": plain(contract.tick),
        "tradeQuoteCcyList": [contract.quote] if is_spot else [],
        "uly": "" if is_spot else f"{contract.base}-{contract.quote}",
    }


def funding_bill(paid: Payment) -> Json:
    """GET /api/v5/account/bills, of type 8."""
    return {
        "bal": "",
        "balChg": f"{paid.amount:f}",
        "billId": str(paid.payment_id),
        "ccy": paid.asset,
        "clOrdId": "",
        "execType": "",
        "fee": "0",
        "instId": paid.symbol,
        "instType": "SWAP",
        "mgnMode": "cross",
        "ordId": "",
        "pnl": f"{paid.amount:f}",
        "posBalChg": "0",
        "px": "",
        "subType": "174" if paid.amount > 0 else "173",
        "sz": f"{abs(paid.position):f}",
        "ts": str(paid.time_ms),
        "type": "8",
    }
