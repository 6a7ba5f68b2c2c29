"""The control port of spot: the commands are those of futures."""

from __future__ import annotations

from simulators.binance_futures.control import Control
from simulators.binance_futures.payloads import Json, side
from simulators.binance_spot import payloads
from simulators.binance_spot.venue import COINS
from simulators.exchange.orders import Account, Contract, Order, Trade


class SpotControl(Control):
    """Commands and lists. What an account holds of a pair is how much of its coin it has more than at first."""

    place = ("POST", "/api/v3/order")

    def order(self, order: Order, contract: Contract) -> Json:
        del contract
        return payloads.order(order)

    def trade(self, trade: Trade, contract: Contract) -> Json:
        del contract
        return {**payloads.trade(trade), "side": side(trade.is_buy)}  # which the venue writes as isBuyer

    def positions(self, account: Account) -> dict[str, str]:
        return {
            f"{coin}{account.asset}": str(amount - COINS[coin])
            for coin, amount in account.coins.items()
            if amount != COINS[coin]
        }
