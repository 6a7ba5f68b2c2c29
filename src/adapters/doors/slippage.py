"""How far from the market that its decision saw an order has traded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from adapters.doors.render import Plain
from ports.values import Side, divide, exact, plain

_HALF: Final = Decimal("0.5")
_TEN_THOUSAND: Final = Decimal(10_000)
_SHOWN: Final = Decimal("0.0001")


def slippage_plain(side: Side, average_price: Decimal | None, quotes: Sequence[Mapping[str, Any]]) -> Plain | None:
    """Return the best quote of an order's route and what its average price is away from the mid, in basis points.

    Above zero it traded worse than the mid. None: it has not traded, or nothing was quoted.
    """
    if average_price is None or not quotes:
        return None
    bid = max(Decimal(quote["bid"]) for quote in quotes)
    ask = min(Decimal(quote["ask"]) for quote in quotes)
    with exact():
        mid = (bid + ask) * _HALF
        if not mid:
            return None
        bps = divide((average_price - mid) * side.sign * _TEN_THOUSAND, mid)
    return {"bid": plain(bid), "ask": plain(ask), "mid": plain(mid), "slippage_bps": plain(bps.quantize(_SHOWN))}
