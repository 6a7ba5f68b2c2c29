"""The arithmetic of positions, which is the core's: the app hands it in, and nothing of it is repeated here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from ports.instruments import InstrumentKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Valuation:
    """What an open quantity is worth and was entered at.

    `unrealized(instrument, quantity, open_cash, mark)` is the profit of closing at `mark`, in the settlement
    currency; `average(instrument, quantity, open_cash)` is the entry price, None where flat.
    """

    unrealized: Callable[[InstrumentKey, Decimal, Decimal, Decimal], Decimal]
    average: Callable[[InstrumentKey, Decimal, Decimal], Decimal | None]
