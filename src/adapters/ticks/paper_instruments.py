"""The instruments that the paper venues list: real ones, as their venues describe them.

Ticks, lots and minimums follow each venue's public instrument list: Binance `GET /api/v3/exchangeInfo` and
`GET /fapi/v1/exchangeInfo` (filters PRICE_FILTER, LOT_SIZE, NOTIONAL), Bybit `GET /v5/market/instruments-info`
(priceFilter, lotSizeFilter), OKX `GET /api/v5/public/instruments` (tickSz, lotSz, minSz, and ctVal for swaps, whose
contract counts are turned into units of the base here). Fees are those of an account of the lowest tier. The venues
change these numbers now and then; a live session reads them from the venue and never from this table.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Final, NamedTuple

from ports.instruments import Instrument, InstrumentKey
from ports.values import Price, Quantity, VenueId

BINANCE_SPOT: Final = VenueId("BINANCE-SPOT")
BINANCE_FUTURES: Final = VenueId("BINANCE-FUTURES")
BYBIT: Final = VenueId("BYBIT")
OKX: Final = VenueId("OKX")
PAPER_VENUES: Final = (BINANCE_SPOT, BINANCE_FUTURES, BYBIT, OKX)


class _Fees(NamedTuple):
    maker: str
    taker: str


class _Row(NamedTuple):
    key: str
    tick: str
    lot: str
    min_quantity: str
    max_quantity: str
    min_notional: str | None
    fees: _Fees


_BINANCE_SPOT_FEES: Final = _Fees("0.001", "0.001")  # binance.com/en/fee/trading, regular user
_BINANCE_FUTURES_FEES: Final = _Fees("0.0002", "0.0005")  # GET /fapi/v1/commissionRate, regular user
_BYBIT_SPOT_FEES: Final = _Fees("0.001", "0.001")  # bybit.com trading fee structure, VIP 0
_BYBIT_LINEAR_FEES: Final = _Fees("0.0002", "0.00055")
_OKX_SPOT_FEES: Final = _Fees("0.0008", "0.001")  # GET /api/v5/account/trade-fee, Lv1
_OKX_SWAP_FEES: Final = _Fees("0.0002", "0.0005")

_TABLE: Final = (
    _Row("BINANCE-SPOT:SPOT_PAIR:BTC-USDT", "0.01", "0.00001", "0.00001", "9000", "5", _BINANCE_SPOT_FEES),
    _Row("BINANCE-SPOT:SPOT_PAIR:ETH-USDT", "0.01", "0.0001", "0.0001", "9000", "5", _BINANCE_SPOT_FEES),
    _Row("BINANCE-SPOT:SPOT_PAIR:SOL-USDT", "0.01", "0.001", "0.001", "90000", "5", _BINANCE_SPOT_FEES),
    _Row("BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN", "0.1", "0.001", "0.001", "1000", "5", _BINANCE_FUTURES_FEES),
    _Row("BINANCE-FUTURES:PERPETUAL:ETH-USDT@LIN", "0.01", "0.001", "0.001", "10000", "5", _BINANCE_FUTURES_FEES),
    _Row("BINANCE-FUTURES:PERPETUAL:SOL-USDT@LIN", "0.01", "0.01", "0.01", "1000000", "5", _BINANCE_FUTURES_FEES),
    _Row("BYBIT:SPOT_PAIR:BTC-USDT", "0.1", "0.000001", "0.000011", "83", "5", _BYBIT_SPOT_FEES),
    _Row("BYBIT:SPOT_PAIR:ETH-USDT", "0.01", "0.00001", "0.0001", "2100", "5", _BYBIT_SPOT_FEES),
    _Row("BYBIT:SPOT_PAIR:SOL-USDT", "0.01", "0.001", "0.01", "36000", "5", _BYBIT_SPOT_FEES),
    _Row("BYBIT:PERPETUAL:BTC-USDT@LIN", "0.1", "0.001", "0.001", "1190", "5", _BYBIT_LINEAR_FEES),
    _Row("BYBIT:PERPETUAL:ETH-USDT@LIN", "0.01", "0.01", "0.01", "7240", "5", _BYBIT_LINEAR_FEES),
    _Row("BYBIT:PERPETUAL:SOL-USDT@LIN", "0.01", "0.1", "0.1", "79000", "5", _BYBIT_LINEAR_FEES),
    # OKX states no minimum value of an order; minSz is the only floor.
    _Row("OKX:SPOT_PAIR:BTC-USDT", "0.1", "0.00000001", "0.00001", "9999999999", None, _OKX_SPOT_FEES),
    _Row("OKX:SPOT_PAIR:ETH-USDT", "0.01", "0.000001", "0.0001", "999999999999", None, _OKX_SPOT_FEES),
    _Row("OKX:SPOT_PAIR:SOL-USDT", "0.01", "0.000001", "0.001", "999999999999", None, _OKX_SPOT_FEES),
    # A BTC-USDT-SWAP contract is 0.01 BTC (ctVal) and trades in hundredths (lotSz); ETH 0.1, SOL 1.
    _Row("OKX:PERPETUAL:BTC-USDT@LIN", "0.1", "0.0001", "0.0001", "1000000", None, _OKX_SWAP_FEES),
    _Row("OKX:PERPETUAL:ETH-USDT@LIN", "0.01", "0.001", "0.001", "10000000", None, _OKX_SWAP_FEES),
    _Row("OKX:PERPETUAL:SOL-USDT@LIN", "0.01", "0.01", "0.01", "100000000", None, _OKX_SWAP_FEES),
)


def paper_instruments(venues: Collection[VenueId] = PAPER_VENUES) -> tuple[Instrument, ...]:
    """Return every built-in instrument of `venues`, sorted by key; a venue we have none of contributes none."""
    listed = (_instrument(row) for row in _TABLE)
    return tuple(sorted((each for each in listed if each.key.venue in venues), key=lambda each: each.key))


def _instrument(row: _Row) -> Instrument:
    return Instrument(
        key=InstrumentKey(row.key),
        tick_size=Price(Decimal(row.tick)),
        lot_size=Quantity(Decimal(row.lot)),
        min_quantity=Quantity(Decimal(row.min_quantity)),
        max_quantity=Quantity(Decimal(row.max_quantity)),
        min_notional=None if row.min_notional is None else Decimal(row.min_notional),
        maker_fee_rate=Decimal(row.fees.maker),
        taker_fee_rate=Decimal(row.fees.taker),
    )
