"""What the venue says of instruments, fees, keys and wallets."""

from __future__ import annotations

from decimal import Decimal

from simulators.bybit import names
from simulators.bybit.payloads import Json, plain
from simulators.exchange.core import LEVERAGE, Exchange
from simulators.exchange.orders import Account, Contract, Payment


def instrument(contract: Contract) -> Json:
    """GET /v5/market/instruments-info."""
    shared: Json = {
        "symbol": names.symbol_of(contract),
        "status": "Trading",
        "baseCoin": contract.base,
        "quoteCoin": contract.quote,
    }
    if contract.is_spot:
        return {
            **shared,
            "innovation": "0",
            "marginTrading": "utaOnly",
            "lotSizeFilter": {
                "basePrecision": str(contract.lot),
                "quotePrecision": "0.0000001",
                "minOrderQty": str(contract.min_quantity),
                "maxOrderQty": str(contract.max_quantity),
                "minOrderAmt": str(contract.min_notional),
                "maxOrderAmt": "4000000",
            },
            "priceFilter": {"tickSize": str(contract.tick)},
        }
    return {
        **shared,
        "contractType": "LinearPerpetual",
        "launchTime": "1584230400000",
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": str(-int(contract.tick.as_tuple().exponent)),
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
        "priceFilter": {"minPrice": str(contract.tick), "maxPrice": "1999999.80", "tickSize": str(contract.tick)},
        "lotSizeFilter": {
            "maxOrderQty": str(contract.max_quantity),
            "minOrderQty": str(contract.min_quantity),
            "qtyStep": str(contract.lot),
            "postOnlyMaxOrderQty": str(contract.max_quantity),
            "maxMktOrderQty": str(contract.max_quantity / 2),
            "minNotionalValue": str(contract.min_notional),
        },
        "unifiedMarginTrade": True,
        "fundingInterval": 480,
        "settleCoin": contract.quote,
    }


def fee_rate(contract: Contract) -> Json:
    """GET /v5/account/fee-rate."""
    return {
        "symbol": names.symbol_of(contract),
        "takerFeeRate": plain(contract.taker_rate),
        "makerFeeRate": plain(contract.maker_rate),
        "baseCoin": "",
    }


def account_info() -> Json:
    """GET /v5/account/info."""
    return {
        "marginMode": "REGULAR_MARGIN",
        "updatedTime": "1697078946000",
        "unifiedMarginStatus": 4,
        "dcpStatus": "OFF",
        "timeWindow": 10,
        "smpGroup": 0,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
    }


def key_info(key: str) -> Json:
    """GET /v5/user/query-api."""
    return {
        "id": "2208369",
        "note": "simulated",
        "apiKey": key,
        "readOnly": 0,
        "secret": "",
        "permissions": {
            "ContractTrade": ["Order", "Position"],
            "Spot": ["SpotTrade"],
            "Wallet": ["AccountTransfer", "SubMemberTransfer"],
            "Options": [],
            "Derivatives": ["DerivativesTrade"],
            "CopyTrading": [],
            "BlockTrade": [],
            "Exchange": ["ExchangeHistory"],
            "NFT": [],
            "Affiliate": [],
            "Earn": [],
            "FiatP2P": [],
            "FiatBybitPay": [],
            "FiatConvertBroker": [],
            "FiatGlobalPay": [],
            "FiatBitPay": [],
            "BitCard": [],
            "ByXPost": [],
        },
        "ips": ["*"],
        "type": 1,
        "deadlineDay": -2,
        "expiredAt": "1970-01-01T00:00:00Z",
        "createdAt": "2025-10-13T03:20:45Z",
        "unified": 0,
        "uta": 1,
        "userID": 1448939,
        "inviterID": 0,
        "vipLevel": "No VIP",
        "mktMakerLevel": "0",
        "affiliateID": 0,
        "rsaPublicKey": "",
        "isMaster": True,
        "parentUid": "0",
        "kycLevel": "LEVEL_1",
        "kycRegion": "MYS",
        "userIDInt64": "0",
        "inviterIDInt64": "0",
        "affiliateIDInt64": "0",
    }


def wallet(exchange: Exchange, account: Account) -> Json:
    """GET /v5/account/wallet-balance."""
    equity, free = account.wallet + _open_profit(exchange, account), exchange.available(account)
    held = sum((abs(one.quantity) * one.entry / LEVERAGE for one in account.positions.values()), Decimal(0))
    coins = [_coin(account.asset, account.wallet, equity, margins=(account.wallet - free - held, held))]
    for name, total in account.coins.items():
        coins.append(_coin(name, total, total, locked=total - exchange.free(account, name)))
    return {
        "totalEquity": plain(equity),
        "accountIMRate": "0",
        "totalMarginBalance": plain(equity),
        "totalInitialMargin": plain(account.wallet - free),
        "accountType": "UNIFIED",
        "totalAvailableBalance": plain(free),
        "accountMMRate": "0",
        "totalPerpUPL": plain(equity - account.wallet),
        "totalWalletBalance": plain(account.wallet),
        "accountLTV": "0",
        "totalMaintenanceMargin": "0",
        "coin": coins,
    }


def _open_profit(exchange: Exchange, account: Account) -> Decimal:
    profit = Decimal(0)
    for symbol, held in account.positions.items():
        best = exchange.best(symbol, is_buy=True)
        profit += ((best[0] if best else held.entry) - held.entry) * held.quantity
    return profit


def _coin(
    name: str,
    total: Decimal,
    equity: Decimal,
    *,
    margins: tuple[Decimal, Decimal] = (Decimal(0), Decimal(0)),
    locked: Decimal = Decimal(0),
) -> Json:
    return {
        "availableToBorrow": "",
        "bonus": "0",
        "accruedInterest": "0",
        "availableToWithdraw": "",
        "totalOrderIM": plain(margins[0]),
        "equity": plain(equity),
        "totalPositionMM": "0",
        "usdValue": plain(equity),
        "unrealisedPnl": plain(equity - total),
        "borrowAmount": "0",
        "totalPositionIM": plain(margins[1]),
        "walletBalance": plain(total),
        "cumRealisedPnl": "0",
        "locked": plain(locked),
        "collateralSwitch": True,
        "marginCollateral": True,
        "coin": name,
        "spotBorrow": "0",
    }


def wallet_update(exchange: Exchange, account: Account) -> Json:
    """An element of a message of the topic `wallet`."""
    told = wallet(exchange, account)
    told["totalPerpUpl"] = told.pop("totalPerpUPL")
    return told


def settlement(paid: Payment, contract: Contract) -> Json:
    """GET /v5/account/transaction-log."""
    return {
        "id": f"settlement_{paid.payment_id}",
        "symbol": names.symbol_of(contract),
        "category": "linear",
        "side": "Buy" if paid.position > 0 else "Sell",
        "transactionTime": str(paid.time_ms),
        "type": "SETTLEMENT",
        "transSubType": "",
        "qty": f"{abs(paid.position):f}",
        "size": f"{paid.position:f}",
        "currency": paid.asset,
        "tradePrice": "",
        "funding": f"{paid.amount:f}",
        "fee": "0",
        "cashFlow": "0",
        "change": f"{paid.amount:f}",
        "cashBalance": "",
        "feeRate": "",
        "bonusChange": "",
        "tradeId": str(paid.payment_id),
        "orderId": "",
        "orderLinkId": "",
        "extraFees": "",
    }
