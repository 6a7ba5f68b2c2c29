"""The core's arithmetic of positions, as the read tables are handed it."""

from __future__ import annotations

from typing import Final

from adapters.sql import Valuation
from core.positions.pnl import average_entry_price, unrealized_pnl

VALUATION: Final = Valuation(unrealized=unrealized_pnl, average=average_entry_price)
