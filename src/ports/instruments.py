"""Instrument keys (`VENUE:TYPE:SYMBOL[@SUFFIX]`) and what a venue says of an instrument."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final, Self

from ports.errors import InvalidInputError
from ports.values import Currency, Price, Quantity, VenueId, parse_decimal, plain

SMART: Final = VenueId("SMART")  # in the venue's place: no preference
SMART_IS_NOWHERE: Final = f"a limit holds where an order goes, and none goes to {SMART}: name each venue's instrument"
MULTI: Final = VenueId("MULTI")  # the venue, and the account, of an order that was split over several


class InstrumentType(StrEnum):
    """What kind of thing is traded."""

    SPOT_PAIR = "SPOT_PAIR"
    PERPETUAL = "PERPETUAL"
    FUTURE = "FUTURE"
    OPTION = "OPTION"
    EQUITY = "EQUITY"
    ETF = "ETF"
    INDEX = "INDEX"
    COMMODITY = "COMMODITY"
    CURRENCY = "CURRENCY"


LINEAR: Final = "LIN"
INVERSE: Final = "INV"
_IS_INVERSE: Final = f"@{INVERSE}"
_IS_OPTION: Final = f":{InstrumentType.OPTION}:"
_DERIVATIVES: Final = frozenset({InstrumentType.PERPETUAL, InstrumentType.FUTURE, InstrumentType.OPTION})
_CONTRACT_VENUES: Final = frozenset({"IBKR"})  # their derivatives carry no @LIN or @INV
_VENUE: Final = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*")
_TICKER: Final = re.compile(r"[A-Z0-9][A-Z0-9._]*")
_DATE: Final = re.compile(r"[0-9]{6}([0-9]{2})?")
_STRIKE: Final = re.compile(r"[0-9]+(\.[0-9]+)?")
_RIGHTS: Final = {"C": "CALL", "CALL": "CALL", "P": "PUT", "PUT": "PUT"}
_FIELD: Final = "instrument_key"
_SHAPE: Final = "write VENUE:TYPE:SYMBOL[@SUFFIX], such as BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN"


class InstrumentKey(str):
    """The one spelling of an instrument; text that compares, sorts and hashes as text.

    Input may be lower case, use `PERP`, `C`, `P` and `YYYYMMDD`, and leave out `@LIN`/`@INV` (linear unless
    the quote is USD); what comes out is always the canonical spelling.

    Raises:
        InvalidInputError: says which part is wrong and how to write it.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Read and canonicalise `text`."""
        if isinstance(text, cls):
            return text
        return super().__new__(cls, _canonical(text))

    @property
    def venue(self) -> VenueId:
        """The venue, or `SMART`."""
        return _venue_of(self)

    @property
    def type(self) -> InstrumentType:
        """The kind of instrument."""
        return InstrumentType(self.split(":")[1])

    @property
    def symbol(self) -> str:
        """`BASE-QUOTE` and, for futures and options, strike, expiry and right."""
        return self.split(":")[2].partition("@")[0]

    @property
    def suffix(self) -> str:
        """`LIN`, `INV`, or empty."""
        return self.partition("@")[2]

    @property
    def base(self) -> Currency:
        """What is bought."""
        return Currency(self.symbol.split("-")[0])

    @property
    def quote(self) -> Currency:
        """What the price is counted in; empty where the key names none (an index)."""
        parts = self.symbol.split("-")
        return Currency(parts[1] if len(parts) > 1 else "")

    @property
    def is_inverse(self) -> bool:
        """True where amounts are quote notional and profit is paid in the base.

        An option is never so: its amount is of the underlying, also where its price and profit are (`@INV`).
        """
        return self.endswith(_IS_INVERSE) and _IS_OPTION not in self

    @property
    def settlement(self) -> Currency:
        """The currency that profit and loss are paid in: the quote for spot and linear, the base for `@INV`."""
        return self.base if self.endswith(_IS_INVERSE) else self.quote

    @property
    def but_venue(self) -> str:
        """Everything but the venue: equal where two instruments are equivalent for routing."""
        return self.partition(":")[2]

    def at(self, venue: VenueId) -> InstrumentKey:
        """Return the equivalent instrument of another venue (same everything but the venue)."""
        return InstrumentKey(f"{venue}:{self.but_venue}")


@lru_cache(maxsize=65_536)
def _venue_of(key: str) -> VenueId:
    return VenueId(key.partition(":")[0])


@lru_cache(maxsize=65_536)
def _canonical(text: str) -> str:
    upper = text.strip().upper()
    parts = upper.split(":")
    if len(parts) != 3 or len(upper) > 120 or not text.isascii():
        raise InvalidInputError(_FIELD, text, _SHAPE)
    venue, type_text, rest = parts
    if _VENUE.fullmatch(venue) is None:
        raise InvalidInputError(_FIELD, text, f"{venue!r} is no venue name; {_SHAPE}")
    kind = _type(type_text, text)
    symbol, at, suffix = rest.partition("@")
    if at and not suffix:
        raise InvalidInputError(_FIELD, text, "the suffix after @ is empty; leave out the @ or write @LIN or @INV")
    fields = _symbol(kind, symbol, text)
    return f"{venue}:{kind}:{'-'.join(fields)}{_suffix(venue, kind, fields, suffix, text)}"


def _type(type_text: str, text: str) -> InstrumentType:
    try:
        return InstrumentType("PERPETUAL" if type_text == "PERP" else type_text)
    except ValueError:
        known = " ".join(InstrumentType)
        raise InvalidInputError(_FIELD, text, f"{type_text!r} is no instrument type; known: {known}") from None


def _symbol(kind: InstrumentType, symbol: str, text: str) -> list[str]:
    fields = symbol.split("-")
    wanted = {InstrumentType.FUTURE: (3,), InstrumentType.OPTION: (5,), InstrumentType.INDEX: (1, 2)}.get(kind, (2,))
    if len(fields) not in wanted or any(_TICKER.fullmatch(field) is None for field in fields):
        shape = {
            InstrumentType.FUTURE: "BASE-QUOTE-YYMMDD",
            InstrumentType.OPTION: "BASE-QUOTE-STRIKE-YYMMDD-CALL|PUT",
            InstrumentType.INDEX: "NAME or NAME-QUOTE",
        }.get(kind, "BASE-QUOTE")
        raise InvalidInputError(_FIELD, text, f"{symbol!r} is no symbol of a {kind}; write {shape}")
    if kind is InstrumentType.FUTURE:
        fields[2] = _expiry(fields[2], text)
    if kind is InstrumentType.OPTION:
        fields[2:] = [_strike(fields[2], text), _expiry(fields[3], text), _right(fields[4], text)]
    return fields


def _expiry(digits: str, text: str) -> str:
    short = digits[2:] if len(digits) == 8 and digits.startswith("20") else digits
    try:
        if _DATE.fullmatch(digits) is None or len(short) != 6:
            raise ValueError
        date(2000 + int(short[:2]), int(short[2:4]), int(short[4:]))
    except ValueError:
        raise InvalidInputError(_FIELD, text, f"{digits!r} is no expiry date; write YYMMDD") from None
    return short


def _strike(digits: str, text: str) -> str:
    if _STRIKE.fullmatch(digits) is None or (value := parse_decimal(_FIELD, digits)) <= 0:
        raise InvalidInputError(_FIELD, text, f"{digits!r} is no strike; write a number greater than zero")
    return plain(value)


def _right(word: str, text: str) -> str:
    if word not in _RIGHTS:
        raise InvalidInputError(_FIELD, text, f"{word!r} is no option right; write CALL or PUT")
    return _RIGHTS[word]


def _suffix(venue: str, kind: InstrumentType, fields: list[str], suffix: str, text: str) -> str:
    if kind not in _DERIVATIVES or venue in _CONTRACT_VENUES:
        if suffix:
            raise InvalidInputError(_FIELD, text, f"a {kind} at {venue} takes no suffix; leave out @{suffix}")
        return ""
    if not suffix:
        suffix = INVERSE if fields[1] == "USD" else LINEAR
    if suffix not in (LINEAR, INVERSE):
        raise InvalidInputError(_FIELD, text, f"@{suffix} is no suffix of a {kind}; write @LIN or @INV")
    return f"@{suffix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One instrument as its venue lists it, in the units of the contract (never the venue's contract counts)."""

    key: InstrumentKey
    tick_size: Price
    lot_size: Quantity  # amounts are whole multiples of it
    min_quantity: Quantity
    max_quantity: Quantity | None = None
    min_notional: Decimal | None = None  # in the quote currency
    maker_fee_rate: Decimal = Decimal(0)  # fraction of notional; negative is a rebate
    taker_fee_rate: Decimal = Decimal(0)

    @property
    def settlement(self) -> Currency:
        """The currency that profit and loss are paid in."""
        return self.key.settlement
