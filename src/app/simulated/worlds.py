"""Three worlds at once: a coin exchange through NautilusTrader, and two venues that plugins speak to, all simulated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.simulated.process import SimulatedVenue
from app.simulated.venues import BINANCE_FUTURES, configuration
from ports.instruments import InstrumentKey
from ports.values import AccountId

_DERIBIT: Final = InstrumentKey("DERIBIT:PERPETUAL:BTC-USD@INV")
_DERIBIT_STATES: Final = {"open": "NEW", "filled": "FILLED", "cancelled": "CANCELED"}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One simulated venue; `keys` are instrument keys by its own names."""

    simulator: str
    account: AccountId
    keys: Mapping[str, InstrumentKey]

    def record(self, said: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the venue's own record in the words that a verdict reads."""
        return _deribit(said) if self.simulator == "deribit" else said


BINANCE: Final = World(
    simulator=BINANCE_FUTURES.simulator,
    account=BINANCE_FUTURES.account,
    keys=dict(zip(BINANCE_FUTURES.symbols, BINANCE_FUTURES.instruments, strict=True)),
)
DERIBIT: Final = World(simulator="deribit", account=AccountId("DERIBIT-MAIN"), keys={"BTC-PERPETUAL": _DERIBIT})
IBKR: Final = World(
    simulator="ibkr",
    account=AccountId("IBKR-MAIN"),
    keys={
        "265598": InstrumentKey("IBKR:EQUITY:AAPL-USD"),
        "756733": InstrumentKey("IBKR:ETF:SPY-USD"),
        "495512563": InstrumentKey("IBKR:FUTURE:ES-USD-291221"),
        "701234001": InstrumentKey("IBKR:OPTION:AAPL-USD-200-291221-CALL"),
        "12087792": InstrumentKey("IBKR:CURRENCY:EUR-USD"),
        "14204": InstrumentKey("IBKR:EQUITY:SAP-EUR"),
    },
)
WORLDS: Final = (BINANCE, DERIBIT, IBKR)


async def start(world: World) -> SimulatedVenue:
    """Start a venue, with limits that keep nothing waiting."""
    running = await SimulatedVenue.start(world.simulator)
    match world.simulator:
        case "deribit":
            plenty = (1e6, 1e9)
            await running.command("limits", matching=plenty, general=plenty, subscriptions=plenty, listings=plenty)
        case "ibkr":
            await running.command("limits", messages_a_second=1_000_000)
        case _:
            await running.command("limits", **BINANCE_FUTURES.limits)
    return running


def worlds_configuration(running: Mapping[AccountId, SimulatedVenue]) -> dict[str, Any]:
    """Return a configuration that trades live at all three."""
    host, _, port = running[IBKR.account].ws.partition(":")
    external = {
        "DERIBIT": {
            "api_key": "simulated-key",
            "api_secret": "simulated-secret",
            "base_url": running[DERIBIT.account].ws,
            "instruments": list(DERIBIT.keys.values()),
        },
        "INTERACTIVE_BROKERS": {"host": host, "port": int(port), "instruments": list(IBKR.keys.values())},
    }
    one_exchange = {BINANCE.account: running[BINANCE.account]}
    return configuration(one_exchange, {}) | {"external_adapters": external}


def _deribit(said: Mapping[str, Any]) -> Mapping[str, Any]:
    orders = [
        {
            "orderId": one["order_id"],
            "clientOrderId": one["label"],
            "status": _DERIBIT_STATES[one["order_state"]],
            "executedQty": str(one["filled_amount"]),
        }
        for one in said["orders"]
    ]
    trades = [
        {
            "id": one["trade_id"],
            "orderId": one["order_id"],
            "symbol": one["instrument_name"],
            "side": one["direction"].upper(),
            "qty": str(one["amount"]),
            "price": str(one["price"]),
        }
        for one in said["trades"]
    ]
    return {**said, "orders": orders, "trades": trades}
