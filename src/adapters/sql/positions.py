"""One instrument over all accounts and strategies, added up."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from adapters.sql.codec import encode_fact
from adapters.sql.rows import Columns, venue_type
from adapters.sql.valuation import Valuation
from ports.instruments import InstrumentKey
from ports.values import ZERO, plain


class Part(NamedTuple):
    """What one strategy holds of the instrument in one account."""

    quantity: Decimal
    open_cash: Decimal
    realized_pnl: Decimal
    updated_at: int


def unified_row(
    instrument: InstrumentKey, parts: Sequence[Part], last_price: Decimal | None, valuation: Valuation
) -> Columns:
    """Return the row of `unified_positions` that `parts` (at least one) add up to, valued at `last_price`.

    Runs inside `ports.values.exact()`.
    """
    quantity = sum((part.quantity for part in parts), ZERO)
    open_cash = sum((part.open_cash for part in parts), ZERO)
    unrealized = None
    if last_price is not None:
        unrealized = sum(
            (valuation.unrealized(instrument, part.quantity, part.open_cash, last_price) for part in parts), ZERO
        )
    one_sided = all(part.quantity >= 0 for part in parts) or all(part.quantity <= 0 for part in parts)
    average = valuation.average(instrument, quantity, open_cash) if one_sided else None
    venue = instrument.venue
    return {
        "canonical_id": str(instrument),
        "base_asset": instrument.base,
        "aggregated_quantity": plain(quantity),
        "venue_positions": encode_fact({venue: quantity}).decode(),
        "venue_types": encode_fact({venue: venue_type(venue)}).decode(),
        "average_entry_price": _plain(average),
        "current_price": _plain(last_price),
        "unrealized_pnl": _plain(unrealized),
        "realized_pnl": plain(sum((part.realized_pnl for part in parts), ZERO)),
        "updated_at": max(part.updated_at for part in parts),
    }


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
