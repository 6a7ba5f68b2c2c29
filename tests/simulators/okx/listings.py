"""What the venue lists: swaps in contracts, spot pairs in coins."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from simulators.exchange.orders import Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How the venue lists an instrument: what one unit of its sizes is, and the number that orders name it by."""

    contract: Contract
    code: int
    unit: Decimal  # in the base currency: 1 for spot, the contract's value for swaps
    size_step: Decimal

    @property
    def kind(self) -> str:
        return "SPOT" if self.contract.is_spot else "SWAP"


def _swap(base: str, code: int, tick: str, unit: str) -> Listing:
    contract = Contract(
        symbol=f"{base}-USDT-SWAP",
        base=base,
        quote="USDT",
        tick=Decimal(tick),
        lot=Decimal(unit) / 100,
        min_quantity=Decimal(unit) / 100,
        max_quantity=Decimal(unit) * 100_000_000,
        min_notional=Decimal(0),
    )
    return Listing(contract=contract, code=code, unit=Decimal(unit), size_step=Decimal("0.01"))


def _spot(base: str, code: int, tick: str, least: str) -> Listing:
    contract = Contract(
        symbol=f"{base}-USDT",
        base=base,
        quote="USDT",
        tick=Decimal(tick),
        lot=Decimal("0.00000001"),
        min_quantity=Decimal(least),
        max_quantity=Decimal(9_999_999_999),
        min_notional=Decimal(0),
        maker_rate=Decimal("0.0008"),
        taker_rate=Decimal("0.001"),
        is_spot=True,
    )
    return Listing(contract=contract, code=code, unit=Decimal(1), size_step=Decimal("0.00000001"))


LISTINGS = (
    _swap("BTC", 10_459, "0.1", "0.01"),
    _swap("ETH", 10_461, "0.01", "0.1"),
    _spot("BTC", 2_021, "0.1", "0.00001"),
    _spot("ETH", 2_022, "0.01", "0.0001"),
)
