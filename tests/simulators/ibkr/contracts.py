"""What the simulated TWS knows: shares, funds, futures, options and currencies, and two futures of one name."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from simulators.exchange.orders import Contract

EXPIRY = "20291221"
_RATE = Decimal("0.25")  # of the value: the margin of everything


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A contract as TWS describes it. `price` is where its market begins, `step` the least part of it that trades."""

    conid: int
    symbol: str
    kind: str
    primary: str
    local: str
    trading_class: str
    name: str
    price: Decimal
    tick: Decimal
    currency: str = "USD"
    exchange: str = "SMART"
    expiry: str = ""
    strike: str = "0"
    right: str = ""
    multiplier: str = ""
    stock_type: str = ""
    step: Decimal = Decimal(1)
    magnifier: int = 1

    @property
    def units(self) -> Decimal:
        """How many units of the underlying one contract is."""
        return Decimal(self.multiplier or "1")

    @property
    def contract(self) -> Contract:
        """The contract as the exchange trades it, in contracts."""
        return Contract(
            symbol=str(self.conid),
            base=self.symbol,
            quote=self.currency,
            tick=self.tick,
            lot=self.step,
            min_quantity=self.step,
            max_quantity=Decimal(10**9),
            min_notional=Decimal(0),
            maker_rate=Decimal(0),
            taker_rate=Decimal(0),
        )

    def commission(self, quantity: Decimal) -> Decimal:
        """Return what a trade costs."""
        match self.kind:
            case "STK":
                return max(quantity * Decimal("0.0035"), Decimal("0.35"))
            case "CASH":
                return Decimal(2)
            case "FUT":
                return quantity * Decimal("2.25")
            case _:
                return quantity * Decimal("0.65")

    def margin(self, quantity: Decimal, price: Decimal) -> Decimal:
        """Return what is held for a position."""
        return quantity * price * self.units * _RATE


def _share(conid: int, symbol: str, price: str, primary: str, name: str, **more: object) -> Listing:
    fields = {
        "kind": "STK",
        "local": symbol,
        "trading_class": symbol,
        "stock_type": "COMMON",
        "step": Decimal("0.0001"),
    }
    return Listing(
        conid=conid,
        symbol=symbol,
        primary=primary,
        name=name,
        price=Decimal(price),
        tick=Decimal("0.01"),
        **(fields | more),  # type: ignore[arg-type]  # given by name
    )


def _future(conid: int, symbol: str, trading_class: str, multiplier: str, price: str, **more: object) -> Listing:
    fields = {"primary": "", "exchange": "CME", "tick": Decimal("0.25"), "local": f"{trading_class}Z9"}
    return Listing(
        conid=conid,
        symbol=symbol,
        kind="FUT",
        trading_class=trading_class,
        multiplier=multiplier,
        expiry=EXPIRY,
        price=Decimal(price),
        name=f"{trading_class} future",
        **(fields | more),  # type: ignore[arg-type]  # given by name
    )


LISTINGS = (
    _share(265_598, "AAPL", "180", "NASDAQ", "APPLE INC"),
    _share(756_733, "SPY", "500", "ARCA", "SPDR S&P 500 ETF TRUST", stock_type="ETF"),
    _share(72_063_691, "BRK B", "400", "NYSE", "BERKSHIRE HATHAWAY INC-CL B", step=Decimal(1)),
    _share(14_204, "SAP", "150", "IBIS", "SAP SE", currency="EUR", step=Decimal(1)),
    _share(29_612_193, "VOD", "70", "LSE", "VODAFONE GROUP PLC", currency="GBP", step=Decimal(1), magnifier=100),
    _future(495_512_563, "ES", "ES", "50", "5000"),
    _future(621_358_482, "DAX", "FDAX", "25", "18000", exchange="EUREX", currency="EUR", tick=Decimal("0.5")),
    _future(621_358_483, "DAX", "FDXM", "5", "18000", exchange="EUREX", currency="EUR", tick=Decimal(1)),
    Listing(
        conid=701_234_001,
        symbol="AAPL",
        kind="OPT",
        primary="",
        local="AAPL  291221C00200000",
        trading_class="AAPL",
        name="AAPL 21DEC29 200 C",
        price=Decimal("12.5"),
        tick=Decimal("0.05"),
        expiry=EXPIRY,
        strike="200.0",
        right="C",
        multiplier="100",
    ),
    Listing(
        conid=12_087_792,
        symbol="EUR",
        kind="CASH",
        primary="",
        exchange="IDEALPRO",
        local="EUR.USD",
        trading_class="EUR.USD",
        name="European Monetary Union Euro",
        price=Decimal("1.08"),
        tick=Decimal("0.00005"),
    ),
)
