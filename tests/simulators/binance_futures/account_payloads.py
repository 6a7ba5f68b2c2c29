"""The venue's answers about a whole account, and about what it lists."""

from __future__ import annotations

from decimal import Decimal

from simulators.binance_futures.payloads import PLACES, Json, at, money
from simulators.exchange.core import LEVERAGE, Exchange
from simulators.exchange.orders import Account, Contract, Payment, Position

_ZERO = "0.00000000"
_FOREVER = 4_133_404_800_000
_LISTED = 1_569_398_400_000
_MOST_NOTIONAL = "250000"


def account_info(exchange: Exchange, account: Account) -> Json:
    """GET /fapi/v2/account."""
    wallet, free = money(account.wallet), money(exchange.available(account))
    margin = money(account.wallet - exchange.available(account))
    totals = {
        "totalInitialMargin": margin,
        "totalMaintMargin": _ZERO,
        "totalWalletBalance": wallet,
        "totalUnrealizedProfit": _ZERO,
        "totalMarginBalance": wallet,
        "totalPositionInitialMargin": margin,
        "totalOpenOrderInitialMargin": _ZERO,
        "totalCrossWalletBalance": wallet,
        "totalCrossUnPnl": _ZERO,
        "availableBalance": free,
        "maxWithdrawAmount": free,
    }
    return {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": True,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
        **totals,
        "assets": [_asset(account, wallet, free, margin)],
        "positions": [_position(exchange.contracts[symbol], account) for symbol in exchange.contracts],
    }


def _asset(account: Account, wallet: str, free: str, margin: str) -> Json:
    return {
        "asset": account.asset,
        "walletBalance": wallet,
        "unrealizedProfit": _ZERO,
        "marginBalance": wallet,
        "maintMargin": _ZERO,
        "initialMargin": margin,
        "positionInitialMargin": margin,
        "openOrderInitialMargin": _ZERO,
        "crossWalletBalance": wallet,
        "crossUnPnl": _ZERO,
        "availableBalance": free,
        "maxWithdrawAmount": free,
        "marginAvailable": True,
        "updateTime": account.update_ms,
    }


def _position(contract: Contract, account: Account) -> Json:
    held = account.positions.get(contract.symbol, Position())
    return {
        "symbol": contract.symbol,
        "initialMargin": "0",
        "maintMargin": "0",
        "unrealizedProfit": _ZERO,
        "positionInitialMargin": "0",
        "openOrderInitialMargin": "0",
        "leverage": str(LEVERAGE),
        "isolated": False,
        "entryPrice": format(held.entry, "f"),
        "maxNotional": _MOST_NOTIONAL,
        "bidNotional": "0",
        "askNotional": "0",
        "positionSide": "BOTH",
        "positionAmt": at(contract.lot, held.quantity),
        "updateTime": held.update_ms,
    }


def balance(exchange: Exchange, account: Account) -> list[Json]:
    """GET /fapi/v2/balance and /fapi/v3/balance."""
    wallet, free = money(account.wallet), money(exchange.available(account))
    return [
        {
            "accountAlias": "SgsR",
            "asset": account.asset,
            "balance": wallet,
            "crossWalletBalance": wallet,
            "crossUnPnl": _ZERO,
            "availableBalance": free,
            "maxWithdrawAmount": free,
            "marginAvailable": True,
            "updateTime": account.update_ms,
        }
    ]


def symbol_config(contract: Contract) -> Json:
    """GET /fapi/v1/symbolConfig."""
    return {
        "symbol": contract.symbol,
        "marginType": "CROSSED",
        "isAutoAddMargin": False,
        "leverage": int(LEVERAGE),
        "maxNotionalValue": _MOST_NOTIONAL,
    }


def commission_rate(contract: Contract) -> Json:
    """GET /fapi/v1/commissionRate."""
    return {
        "symbol": contract.symbol,
        "makerCommissionRate": str(contract.maker_rate),
        "takerCommissionRate": str(contract.taker_rate),
    }


def exchange_info(exchange: Exchange, now_ms: int, weight_1m: int, orders_1m: int, orders_10s: int) -> Json:
    """GET /fapi/v1/exchangeInfo."""
    limits = (
        ("REQUEST_WEIGHT", "MINUTE", 1, weight_1m),
        ("ORDERS", "MINUTE", 1, orders_1m),
        ("ORDERS", "SECOND", 10, orders_10s),
    )
    assets = sorted({contract.quote for contract in exchange.contracts.values()})
    return {
        "timezone": "UTC",
        "serverTime": now_ms,
        "futuresType": "U_MARGINED",
        "rateLimits": [
            {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": limit}
            for kind, interval, number, limit in limits
        ],
        "exchangeFilters": [],
        "assets": [{"asset": asset, "marginAvailable": True, "autoAssetExchange": "-100"} for asset in assets],
        "symbols": [_symbol(contract) for contract in exchange.contracts.values()],
    }


def _symbol(contract: Contract) -> Json:
    lots = {
        "stepSize": str(contract.lot),
        "maxQty": str(contract.max_quantity),
        "minQty": str(contract.min_quantity),
    }
    prices = {"minPrice": str(contract.tick), "maxPrice": "4529764", "tickSize": str(contract.tick)}
    return {
        "symbol": contract.symbol,
        "pair": contract.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": _FOREVER,
        "onboardDate": _LISTED,
        "status": "TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": contract.base,
        "quoteAsset": contract.quote,
        "marginAsset": contract.quote,
        "pricePrecision": _places(contract.tick),
        "quantityPrecision": _places(contract.lot),
        "baseAssetPrecision": PLACES,
        "quotePrecision": PLACES,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "settlePlan": 0,
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012000",
        "marketTakeBound": "0.30",
        "filters": [
            {"filterType": "PRICE_FILTER", **prices},
            {"filterType": "LOT_SIZE", **lots},
            {"filterType": "MARKET_LOT_SIZE", **lots},
            {"filterType": "MAX_NUM_ORDERS", "limit": 200},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": 10},
            {"filterType": "MIN_NOTIONAL", "notional": str(contract.min_notional)},
            {
                "filterType": "PERCENT_PRICE",
                "multiplierDown": "0.5454",
                "multiplierUp": "1.1000",
                "multiplierDecimal": "4",
            },
        ],
        "orderTypes": ["LIMIT", "MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
    }


def _places(step: Decimal) -> int:
    exponent = step.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def income(paid: Payment) -> Json:
    """GET /fapi/v1/income."""
    return {
        "symbol": paid.symbol,
        "incomeType": "FUNDING_FEE",
        "income": f"{paid.amount:f}",
        "asset": paid.asset,
        "info": "FUNDING_FEE",
        "time": paid.time_ms,
        "tranId": paid.payment_id,
        "tradeId": "",
    }
