"""What the codes of TWS mean here (https://interactivebrokers.github.io/tws-api/message_codes.html).

A warning is not a rejection, and a rejection of a change leaves the order as it was. What is not in a list proves
nothing: an order that meets such a code is in doubt, and asked about.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Meaning(StrEnum):
    """What a code says of what it answers."""

    REFUSED = "refused"  # an order never came into being; a change was not made
    CANCELED = "canceled"  # the order's own state says so, too
    NOT_CANCELABLE = "not cancelable"
    NOT_CHANGED = "not changed"  # the order works on as it was
    WARNING = "warning"  # it goes on
    LOST = "lost"  # TWS has lost Interactive Brokers
    BACK_LOSSY = "back, lossy"  # and found it again; what was subscribed to is gone
    BACK = "back"
    MARKET_DATA = "market data"  # it is delayed, or there is none
    LOGIN = "login"  # this connection cannot be
    READ_ONLY = "read-only"
    DOUBT = "doubt"


# Each stands for "this order was looked at, and is not placed": few on purpose.
REFUSED: Final = frozenset({109, 110, 111, 133, 200, 201, 203, 321, 355, 383, 387, 388, 434, 10052, 10243})
NOT_CHANGED: Final = frozenset({104, 105, 134, 329, 10242, 10326})
NOT_CANCELABLE: Final = frozenset({135, 136, 161, 10147, 10148})
MARKET_DATA: Final = frozenset({101, 354, 10089, 10090, 10091, 10167, 10168, 10186, 10189, 10197})
_WARNINGS: Final = frozenset({165, 399, 404, 492, 2100, *range(2102, 2110), 2119, 2137, 2158, 2161, 2168, 2169, 10349})
_OTHERS: Final = {
    202: Meaning.CANCELED,
    1100: Meaning.LOST,
    2110: Meaning.LOST,
    1101: Meaning.BACK_LOSSY,
    1102: Meaning.BACK,
    326: Meaning.LOGIN,
    501: Meaning.LOGIN,
    502: Meaning.LOGIN,
    503: Meaning.LOGIN,
    1300: Meaning.LOST,
}


def meaning_of(code: int, text: str = "") -> Meaning:
    """Return what a code means; `text` tells the read-only interface apart, which has no code of its own."""
    if code == 321 and "read-only" in text.lower():
        return Meaning.READ_ONLY
    for codes, meaning in (
        (REFUSED, Meaning.REFUSED),
        (NOT_CHANGED, Meaning.NOT_CHANGED),
        (NOT_CANCELABLE, Meaning.NOT_CANCELABLE),
        (MARKET_DATA, Meaning.MARKET_DATA),
        (_WARNINGS, Meaning.WARNING),
    ):
        if code in codes:
            return meaning
    if 2100 <= code < 2200 and code not in _OTHERS:
        return Meaning.WARNING
    return _OTHERS.get(code, Meaning.DOUBT)
