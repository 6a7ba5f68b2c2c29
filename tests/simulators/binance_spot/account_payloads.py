"""Spot's answers about a whole account, and about what it lists."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal

from simulators.binance_futures.payloads import PLACES, Json, money
from simulators.binance_spot.limits import SpotLimits
from simulators.binance_spot.orders import ICEBERG_PARTS
from simulators.exchange.core import Exchange
from simulators.exchange.orders import Account, Contract

_BIPS = Decimal(10_000)


def total(account: Account, asset: str) -> Decimal:
    """Return what an account has of an asset, orders included."""
    return account.wallet if asset == account.asset else account.coins.get(asset, Decimal(0))


def assets(account: Account) -> list[str]:
    return [account.asset, *sorted(account.coins)]


def account_info(exchange: Exchange, account: Account) -> Json:
    """GET /api/v3/account."""
    contract = next(iter(exchange.contracts.values()))
    return {
        "makerCommission": int(contract.maker_rate * _BIPS),
        "takerCommission": int(contract.taker_rate * _BIPS),
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {
            "maker": money(contract.maker_rate),
            "taker": money(contract.taker_rate),
            "buyer": money(Decimal(0)),
            "seller": money(Decimal(0)),
        },
        "canTrade": True,
        "canWithdraw": True,
        "canDeposit": True,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": account.update_ms,
        "accountType": "SPOT",
        "balances": [
            {"asset": asset, "free": free, "locked": locked}
            for asset, free, locked in _held(exchange, account, assets(account))
        ],
        "permissions": ["SPOT"],
        "uid": 354_937_868,
    }


def account_position(exchange: Exchange, account: Account, contract: Contract, now_ms: int) -> Json:
    """outboundAccountPosition: the assets that may have changed."""
    return {
        "e": "outboundAccountPosition",
        "E": now_ms,
        "u": account.update_ms or now_ms,
        "B": [
            {"a": asset, "f": free, "l": locked}
            for asset, free, locked in _held(exchange, account, (contract.base, contract.quote))
        ],
    }


def _held(exchange: Exchange, account: Account, names: Iterable[str]) -> Iterable[tuple[str, str, str]]:
    for asset in names:
        free = exchange.free(account, asset)
        yield asset, money(free), money(total(account, asset) - free)


def trade_fees(contracts: Iterable[Contract]) -> list[Json]:
    """GET /sapi/v1/asset/tradeFee."""
    return [
        {
            "symbol": one.symbol,
            "makerCommission": str(one.maker_rate),
            "takerCommission": str(one.taker_rate),
        }
        for one in contracts
    ]


def exchange_info(exchange: Exchange, limits: SpotLimits, now_ms: int, wanted: Collection[str]) -> Json:
    """GET /api/v3/exchangeInfo."""
    counted = (
        ("REQUEST_WEIGHT", "MINUTE", 1, limits.weight_1m),
        ("ORDERS", "SECOND", 10, limits.orders_10s),
        ("ORDERS", "DAY", 1, limits.orders_1d),
    )
    return {
        "timezone": "UTC",
        "serverTime": now_ms,
        "rateLimits": [
            {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": limit}
            for kind, interval, number, limit in counted
        ],
        "exchangeFilters": [],
        "symbols": [_symbol(one) for one in exchange.contracts.values() if not wanted or one.symbol in wanted],
    }


def _symbol(contract: Contract) -> Json:
    lots = {
        "minQty": money(contract.min_quantity),
        "maxQty": money(contract.max_quantity),
        "stepSize": money(contract.lot),
    }
    return {
        "symbol": contract.symbol,
        "status": "TRADING",
        "baseAsset": contract.base,
        "baseAssetPrecision": PLACES,
        "quoteAsset": contract.quote,
        "quotePrecision": PLACES,
        "quoteAssetPrecision": PLACES,
        "baseCommissionPrecision": PLACES,
        "quoteCommissionPrecision": PLACES,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
        "icebergAllowed": True,
        "ocoAllowed": False,
        "otoAllowed": False,
        "opoAllowed": False,
        "quoteOrderQtyMarketAllowed": False,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": False,
        "amendAllowed": False,
        "pegInstructionsAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": money(contract.tick),
                "maxPrice": "1000000.00000000",
                "tickSize": money(contract.tick),
            },
            {"filterType": "LOT_SIZE", **lots},
            {"filterType": "ICEBERG_PARTS", "limit": ICEBERG_PARTS},
            {
                "filterType": "NOTIONAL",
                "minNotional": money(contract.min_notional),
                "applyMinToMarket": True,
                "maxNotional": "9000000.00000000",
                "applyMaxToMarket": False,
                "avgPriceMins": 5,
            },
            {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
        ],
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "NONE",
        "allowedSelfTradePreventionModes": ["NONE"],
    }
