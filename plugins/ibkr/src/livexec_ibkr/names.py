"""Interactive Brokers' contracts and our keys.

`IBKR:EQUITY:AAPL-USD` and `ETF` are its STK, `FUTURE` its FUT, `OPTION` its OPT and FOP, `CURRENCY` its CASH. A space
in a symbol there (`BRK B`) is a point here (`BRK.B`). Expiries are last trading days.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ib_async.contract import Contract

from ports.errors import InvalidInputError
from ports.instruments import InstrumentKey, InstrumentType
from ports.values import VenueId, plain

IBKR: Final = VenueId("IBKR")
SECURITY_TYPES: Final = {
    InstrumentType.EQUITY: ("STK",),
    InstrumentType.ETF: ("STK",),
    InstrumentType.FUTURE: ("FUT",),
    InstrumentType.OPTION: ("OPT", "FOP"),
    InstrumentType.CURRENCY: ("CASH",),
}
FUNDS: Final = frozenset(
    {"ETF", "ETN", "ETC", "ETP"}
)  # what TWS calls the kinds of stock that are exchange-traded funds


def questions_of(key: InstrumentKey) -> tuple[Contract, ...]:
    """Return the descriptions of contracts that a key may mean, as TWS is asked for them."""
    return tuple(_question(key, security_type) for security_type in SECURITY_TYPES[key.type])


def _question(key: InstrumentKey, security_type: str) -> Contract:
    asked = Contract(
        secType=security_type, symbol=key.base.replace(".", " "), currency=key.quote, exchange=_EXCHANGES[security_type]
    )
    parts = key.symbol.split("-")
    if key.type is InstrumentType.FUTURE:
        asked.lastTradeDateOrContractMonth = f"20{parts[2]}"
    if key.type is InstrumentType.OPTION:
        asked.lastTradeDateOrContractMonth, asked.right = f"20{parts[3]}", parts[4][0]
        asked.strike = parts[2]  # type: ignore[assignment]  # its own digits: written as they are
    return asked


_EXCHANGES: Final = {"STK": "SMART", "OPT": "SMART", "FUT": "", "FOP": "", "CASH": "IDEALPRO"}


def key_of(contract: Contract, stock_type: str = "") -> InstrumentKey | None:
    """Return the key of a contract; None for what no key names (bonds, combos, and what is new to us)."""
    symbol = f"{contract.symbol.replace(' ', '.')}-{contract.currency}"
    expiry = contract.lastTradeDateOrContractMonth[:8]
    match contract.secType:
        case "STK":
            kind = InstrumentType.ETF if stock_type in FUNDS else InstrumentType.EQUITY
        case "CASH":
            kind = InstrumentType.CURRENCY
        case "FUT":
            kind, symbol = InstrumentType.FUTURE, f"{symbol}-{expiry}"
        case "OPT" | "FOP":
            strike = plain(Decimal(str(contract.strike)))
            kind, symbol = InstrumentType.OPTION, f"{symbol}-{strike}-{expiry}-{contract.right[:1]}"
        case _:
            return None
    try:
        return InstrumentKey(f"{IBKR}:{kind}:{symbol}")
    except InvalidInputError:  # a spelling that no key has
        return None
