"""Deribit's instrument names and our keys: each spells the other, so that no list is needed to understand a name.

`BTC-PERPETUAL` `BTC-27DEC24` `BTC-27DEC24-100000-C` are inverse, against USD; `BTC_USDC-PERPETUAL` and its like are
linear, against the second currency. A strike's point is written `d` (`XRP_USDC-30JUN25-0d625-C`).
"""

from __future__ import annotations

import re
from typing import Final

from ports.errors import InvalidInputError
from ports.instruments import InstrumentKey, InstrumentType
from ports.values import Currency, VenueId

DERIBIT: Final = VenueId("DERIBIT")
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_NAME: Final = re.compile(
    r"(?P<base>[A-Z0-9]+)(_(?P<quote>[A-Z0-9]+))?-"
    r"(PERPETUAL|(?P<day>[0-9]{1,2})(?P<month>[A-Z]{3})(?P<year>[0-9]{2})(-(?P<strike>[0-9]+(d[0-9]+)?)-(?P<right>[CP]))?)"
)


def key_of(name: str) -> InstrumentKey | None:
    """Return our key; None for what no key names here: combos, spot pairs, and spellings that are new to us."""
    found = _NAME.fullmatch(name)
    if found is None or (found["month"] is not None and found["month"] not in _MONTHS):
        return None
    pair = f"{found['base']}-{found['quote'] or 'USD'}"
    suffix = "LIN" if found["quote"] else "INV"
    if found["day"] is None:
        kind, symbol = InstrumentType.PERPETUAL, pair
    else:
        expiry = f"{found['year']}{_MONTHS.index(found['month']) + 1:02}{int(found['day']):02}"
        kind, symbol = InstrumentType.FUTURE, f"{pair}-{expiry}"
        if found["strike"]:
            kind, symbol = (
                InstrumentType.OPTION,
                f"{pair}-{found['strike'].replace('d', '.')}-{expiry}-{found['right']}",
            )
    try:
        return InstrumentKey(f"{DERIBIT}:{kind}:{symbol}@{suffix}")
    except InvalidInputError:  # a day that no calendar has
        return None


def name_of(key: InstrumentKey) -> str:
    """Return Deribit's name of a perpetual, future or option of ours."""
    base = f"{key.base}" if key.suffix == "INV" else f"{key.base}_{key.quote}"
    rest = key.symbol.split("-")[2:]
    if key.type is InstrumentType.PERPETUAL:
        return f"{base}-PERPETUAL"
    expiry = rest[-2] if key.type is InstrumentType.OPTION else rest[-1]
    written = f"{base}-{int(expiry[4:])}{_MONTHS[int(expiry[2:4]) - 1]}{expiry[:2]}"
    if key.type is InstrumentType.OPTION:
        written += f"-{rest[0].replace('.', 'd')}-{rest[2][0]}"
    return written


def currency_of(key: InstrumentKey) -> Currency:
    """Return the currency under which Deribit files an instrument: what it settles in."""
    return key.base if key.suffix == "INV" else key.quote
