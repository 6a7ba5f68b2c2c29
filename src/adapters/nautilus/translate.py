"""Names, numbers and instruments, between our words and Nautilus's. What cannot be held exactly is refused."""

from __future__ import annotations

from decimal import Clamped, Context, Decimal, Inexact, InvalidOperation, Subnormal
from typing import Final

from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import CryptoPerpetual, CurrencyPair
from nautilus_trader.model.instruments import Instrument as NautilusInstrument
from nautilus_trader.model.objects import FIXED_PRECISION, MONEY_MAX, PRICE_MAX, QUANTITY_MAX
from nautilus_trader.model.objects import Currency as NautilusCurrency
from nautilus_trader.model.objects import Money as NautilusMoney
from nautilus_trader.model.objects import Price as NautilusPrice
from nautilus_trader.model.objects import Quantity as NautilusQuantity

from ports.errors import InvalidInputError, LivexecError
from ports.instruments import Instrument, InstrumentKey, InstrumentType
from ports.values import Currency, Money, VenueId

PLACES: Final = int(FIXED_PRECISION)  # after the point, in every Nautilus number
_EXACT: Final = Context(prec=60, traps=[InvalidOperation, Inexact, Clamped, Subnormal])
_PRICE_LIMIT: Final = int(PRICE_MAX)
_QUANTITY_LIMIT: Final = int(QUANTITY_MAX)
_NOTIONAL_LIMIT: Final = int(MONEY_MAX)
_PERPETUAL: Final = "PERP"
_SUPPORTED: Final = (InstrumentType.SPOT_PAIR, InstrumentType.PERPETUAL)


class UnholdableError(LivexecError):
    """Nautilus cannot hold this number exactly (16 places, a limited range, or the instrument's precision)."""


def places_of(step: Decimal) -> int:
    """Return how many decimal places multiples of `step` have.

    Raises:
        UnholdableError: more than Nautilus keeps.
    """
    exponent = step.normalize(_EXACT).as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > PLACES:
        raise UnholdableError(f"{step} is finer than {PLACES} decimal places")
    return max(0, -exponent)


def nautilus_price(value: Decimal, places: int) -> NautilusPrice:
    """Return `value` with exactly `places` decimal places.

    Raises:
        UnholdableError: it has more places, or is out of range.
    """
    return NautilusPrice.from_raw(_raw(value, places, _PRICE_LIMIT), places)


def nautilus_quantity(value: Decimal, places: int) -> NautilusQuantity:
    """Return `value` with exactly `places` decimal places.

    Raises:
        UnholdableError: it is negative, has more places, or is out of range.
    """
    raw = _raw(value, places, _QUANTITY_LIMIT)
    if raw < 0:
        raise UnholdableError(f"{value} is negative")
    return NautilusQuantity.from_raw(raw, places)


def _raw(value: Decimal, places: int, limit: int) -> int:
    # Nautilus's own constructors go through a double, and its `from_raw` ends the process when out of range.
    if not value.is_finite() or abs(value) >= limit:
        raise UnholdableError(f"{value} is out of Nautilus's range (below {limit})")
    scaled = _EXACT.scaleb(value, places)
    whole = int(scaled)
    if whole != scaled:
        raise UnholdableError(f"{value} has more than {places} decimal places")
    return whole * 10 ** (PLACES - places)  # type: ignore[no-any-return]  # an int to the power of an int is Any


def check_notional(quantity: Decimal, price: Decimal, inverse: bool) -> None:
    """Refuse an order whose value Nautilus's money cannot hold.

    Raises:
        UnholdableError: the value is out of range.
    """
    value = quantity if inverse else _EXACT.multiply(quantity, price)
    if value >= _NOTIONAL_LIMIT:
        raise UnholdableError(f"a value of {value} is out of Nautilus's range (below {_NOTIONAL_LIMIT})")


def nautilus_venue(venue: VenueId) -> Venue:
    """Return Nautilus's name of a paper venue: a hyphen separates parts of other ids there, so it becomes `_`."""
    return Venue(venue.replace("-", "_"))


def venue_id(venue: Venue) -> VenueId:
    """Return our name of a paper venue."""
    return VenueId(venue.value.replace("_", "-"))


def instrument_id(key: InstrumentKey) -> InstrumentId:
    """Return Nautilus's id of an instrument: `BTC-USDT` for a pair, `BTC-USDT-PERP-LIN` for a perpetual.

    Raises:
        InvalidInputError: not a spot pair and not a perpetual.
    """
    if key.type not in _SUPPORTED:
        raise InvalidInputError("instrument_key", key, f"a paper venue lists only {' and '.join(_SUPPORTED)}")
    tail = f"-{_PERPETUAL}-{key.suffix}" if key.type is InstrumentType.PERPETUAL else ""
    return InstrumentId(Symbol(f"{key.symbol}{tail}"), nautilus_venue(key.venue))


def instrument_key(identifier: InstrumentId) -> InstrumentKey:
    """Return our key of an id that `instrument_id` made."""
    venue = venue_id(identifier.venue)
    base, quote, *tail = identifier.symbol.value.split("-")
    if tail:
        return InstrumentKey(f"{venue}:{InstrumentType.PERPETUAL}:{base}-{quote}@{tail[1]}")
    return InstrumentKey(f"{venue}:{InstrumentType.SPOT_PAIR}:{base}-{quote}")


def nautilus_instrument(instrument: Instrument) -> NautilusInstrument:
    """Return the instrument as Nautilus lists it, with our units, steps and fee rates, and no margin.

    Raises:
        InvalidInputError: of a kind or with steps that Nautilus cannot hold.
    """
    key = instrument.key
    try:
        price_places, size_places = places_of(instrument.tick_size), places_of(instrument.lot_size)
        tick = nautilus_price(instrument.tick_size, price_places)
        lot = nautilus_quantity(instrument.lot_size, size_places)
    except UnholdableError as inexact:
        raise InvalidInputError("instrument", key, f"Nautilus cannot hold its steps: {inexact}") from inexact
    identifier = instrument_id(key)
    shared = {
        "instrument_id": identifier,
        "raw_symbol": identifier.symbol,
        "base_currency": NautilusCurrency.from_str(key.base),
        "quote_currency": NautilusCurrency.from_str(key.quote),
        "price_precision": price_places,
        "size_precision": size_places,
        "price_increment": tick,
        "size_increment": lot,
        "margin_init": Decimal(0),
        "margin_maint": Decimal(0),
        **_least(instrument, size_places),
        "maker_fee": instrument.maker_fee_rate,
        "taker_fee": instrument.taker_fee_rate,
        "ts_event": 0,
        "ts_init": 0,
    }
    if key.type is InstrumentType.SPOT_PAIR:
        return CurrencyPair(**shared)
    settlement = NautilusCurrency.from_str(instrument.settlement)
    return CryptoPerpetual(**shared, settlement_currency=settlement, is_inverse=key.is_inverse)


def _least(instrument: Instrument, size_places: int) -> dict[str, NautilusQuantity | NautilusMoney]:
    """Return the smallest order, as execution algorithms read it; what is below, our own book has refused before."""
    least: dict[str, NautilusQuantity | NautilusMoney] = {
        "min_quantity": nautilus_quantity(instrument.min_quantity, size_places)
    }
    if instrument.min_notional is not None and not instrument.key.is_inverse:
        currency = NautilusCurrency.from_str(instrument.key.quote)
        least["min_notional"] = NautilusMoney(instrument.min_notional, currency)
    return least


def money(amount: NautilusMoney) -> Money:
    """Return an amount of money, exactly as Nautilus keeps it."""
    return Money(amount.as_decimal(), Currency(amount.currency.code))
