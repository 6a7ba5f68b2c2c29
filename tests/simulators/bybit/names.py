"""The venue's names of contracts, orders and trades, and the exchange's."""

from __future__ import annotations

from simulators.exchange.orders import Contract, Order, Trade

SPOT = "-SPOT"  # ends the exchange's name of a pair, where the venue has the same symbol in two categories
_SPOT_ORDERS = 1_523_347_000_000_000_000


def internal(category: str, symbol: str) -> str:
    """Return the exchange's name of a symbol."""
    return symbol + SPOT if category == "spot" else symbol


def symbol_of(contract: Contract) -> str:
    return contract.symbol.removesuffix(SPOT)


def category_of(contract: Contract) -> str:
    return "spot" if contract.is_spot else "linear"


def order_id(order: Order | Trade) -> str:
    """Return the venue's id of an order: a number for spot pairs, a UUID for the rest."""
    number = order.order_id
    if order.symbol.endswith(SPOT):
        return str(_SPOT_ORDERS + number)
    return f"{number % 2**32:08x}-59e2-4a3b-8d5f-{number:012x}"


def order_number(text: str) -> int | None:
    """Return the exchange's id of an order; None where the venue never gave such a one."""
    if text.isdigit():
        return int(text) - _SPOT_ORDERS
    tail = text.rpartition("-")[2]
    try:
        return int(tail, 16)
    except ValueError:
        return None


def trade_id(trade: Trade) -> str:
    """Return the venue's id of a trade."""
    number = trade.trade_id
    if trade.symbol.endswith(SPOT):
        return str(2_290_000_000_000_000_000 + number)
    return f"{number % 2**32:08x}-4219-538b-b30a-{number:012x}"
