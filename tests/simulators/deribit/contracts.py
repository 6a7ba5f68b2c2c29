"""What the simulated Deribit lists: perpetuals, futures and options, inverse and linear, a combo and a spot pair."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from simulators.exchange.orders import Contract

_PERPETUAL_ENDS_MS = 32_503_708_800_000
_MADE_MS = 1_534_167_754_000
EXPIRY_MS = 1_893_139_200_000  # 28 December 2029, 08:00 UTC
EXPIRY = "28DEC29"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A contract, and what the venue says of it besides. `price` is where its market begins."""

    contract: Contract
    kind: str
    base: str
    counter: str
    contract_size: Decimal
    instrument_id: int
    price: Decimal
    strike: Decimal | None = None
    right: str = ""
    steps: tuple[tuple[Decimal, Decimal], ...] = ()
    is_tradable: bool = True

    @property
    def name(self) -> str:
        return self.contract.symbol

    @property
    def currency(self) -> str:
        """What the venue files it under."""
        return self.contract.settlement

    @property
    def is_reversed(self) -> bool:
        return self.contract.settlement == self.base

    @property
    def index(self) -> str:
        return f"{self.base}_{self.counter}".lower()

    def instrument(self) -> dict[str, Any]:
        """Return it as `public/get_instruments` lists it."""
        kind = "reversed" if self.is_reversed else "linear"
        is_perpetual = self.name.endswith("PERPETUAL")
        said: dict[str, Any] = {
            "price_index": self.index,
            "kind": self.kind,
            "instrument_name": self.name,
            "maker_commission": float(self.contract.maker_rate),
            "taker_commission": float(self.contract.taker_rate),
            "instrument_type": kind,
            "expiration_timestamp": _PERPETUAL_ENDS_MS if is_perpetual else EXPIRY_MS,
            "creation_timestamp": _MADE_MS,
            "is_active": True,
            "tick_size": float(self.contract.tick),
            "contract_size": float(self.contract_size),
            "instrument_id": self.instrument_id,
            "min_trade_amount": float(self.contract.min_quantity),
            "settlement_currency": self.currency,
            "settlement_period": "perpetual" if is_perpetual else "month",
            "base_currency": self.base,
            "counter_currency": self.counter,
            "quote_currency": self.contract.quote,
            "tick_size_steps": [{"above_price": float(above), "tick_size": float(tick)} for above, tick in self.steps],
        }
        if self.is_tradable:
            said |= {
                "max_leverage": 50 if self.kind == "future" else 1,
                "max_liquidation_commission": 0.0075,
                "block_trade_commission": 0.00025,
                "block_trade_min_trade_amount": 200_000 if self.kind == "future" else 25,
                "block_trade_tick_size": 0.01 if self.kind == "future" else 0.0001,
            }
        else:
            said["state"] = "open"
        if self.kind == "future":
            said["future_type"] = kind
        if self.strike is not None:
            said |= {"option_type": "call" if self.right == "C" else "put", "strike": float(self.strike)}
        return said


def _contract(symbol: str, base: str, quote: str, tick: str, lot: str, fees: tuple[str, str], **more: Any) -> Contract:
    return Contract(
        symbol=symbol,
        base=base,
        quote=quote,
        tick=Decimal(tick),
        lot=Decimal(lot),
        min_quantity=Decimal(lot),
        max_quantity=Decimal(10**9),
        min_notional=Decimal(0),
        maker_rate=Decimal(fees[0]),
        taker_rate=Decimal(fees[1]),
        **more,
    )


def _inverse(symbol: str, base: str, tick: str, lot: str, price: str, number: int) -> Listing:
    contract = _contract(symbol, base, "USD", tick, lot, ("0", "0.0005"), is_inverse=True)
    return Listing(
        contract=contract,
        kind="future",
        base=base,
        counter="USD",
        contract_size=Decimal(lot),
        instrument_id=number,
        price=Decimal(price),
    )


def _option(strike: str, right: str, price: str, number: int) -> Listing:
    fees = {"fee_cap": Decimal("0.125")}
    name = f"BTC-{EXPIRY}-{strike}-{right}"
    return Listing(
        contract=_contract(name, "BTC", "BTC", "0.0001", "0.1", ("0.0003", "0.0003"), **fees),
        kind="option",
        base="BTC",
        counter="USD",
        contract_size=Decimal(1),
        instrument_id=number,
        price=Decimal(price),
        strike=Decimal(strike),
        right=right,
        steps=((Decimal("0.005"), Decimal("0.0005")),),
    )


LISTINGS = (
    _inverse("BTC-PERPETUAL", "BTC", "0.5", "10", "60000", 124_972),
    _inverse("ETH-PERPETUAL", "ETH", "0.05", "1", "2600", 124_973),
    _inverse(f"BTC-{EXPIRY}", "BTC", "2.5", "10", "63000", 234_567),
    Listing(
        contract=_contract("BTC_USDC-PERPETUAL", "BTC", "USDC", "0.5", "0.0001", ("0", "0.0005")),
        kind="future",
        base="BTC",
        counter="USDC",
        contract_size=Decimal("0.0001"),
        instrument_id=234_570,
        price=Decimal(60_010),
    ),
    _option("70000", "C", "0.05", 345_678),
    _option("50000", "P", "0.004", 345_679),
    Listing(
        contract=_contract(f"BTC-FS-{EXPIRY}_PERP", "BTC", "USD", "0.5", "10", ("0", "0"), is_inverse=True),
        kind="future_combo",
        base="BTC",
        counter="USD",
        contract_size=Decimal(10),
        instrument_id=583_518,
        price=Decimal(3000),
        is_tradable=False,
    ),
    Listing(
        contract=_contract("BTC_USDC", "BTC", "USDC", "1", "0.0001", ("0", "0")),
        kind="spot",
        base="BTC",
        counter="USDC",
        contract_size=Decimal("0.0001"),
        instrument_id=345_700,
        price=Decimal(60_000),
        is_tradable=False,
    ),
)
CURRENCIES = {"BTC": Decimal(100), "ETH": Decimal(1_000), "USDC": Decimal(1_000_000)}
