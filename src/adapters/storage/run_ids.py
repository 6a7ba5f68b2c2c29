"""The name of a run: `VENUE_INSTRUMENT_YYYYMMDD_HHMMSSuu_CONFIGHASH6_UUID6`."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from ports.instruments import InstrumentKey

SEVERAL: Final = "MULTI"
# The existing runs write BNF for Binance Futures; the others follow its manner. Another venue keeps its own name.
_SHORT: Final[Mapping[str, str]] = {
    "BINANCE-FUTURES": "BNF",
    "BINANCE-SPOT": "BNS",
    "BYBIT": "BYB",
    "OKX": "OKX",
    "DERIBIT": "DER",
    "IBKR": "IBK",
}
_HASHED: Final = 6


def run_id(
    instruments: Collection[InstrumentKey],
    started_ns: int,
    config: Mapping[str, Any],
    unique: str | None = None,
) -> str:
    """Name a run by its venue, base, start (UTC, hundredths of a second), configuration, and six random digits.

    Several venues or bases are `MULTI`. The same configuration has the same six digits, however its keys are
    ordered. `unique` takes the place of the random digits.
    """
    venues = {_SHORT.get(key.venue, key.venue) for key in instruments}
    bases = {key.base for key in instruments}
    seconds, rest_ns = divmod(started_ns, 1_000_000_000)
    start = datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%d_%H%M%S")
    canonical = json.dumps(config, sort_keys=True, separators=(",", ":"), default=str)
    digest = hashlib.sha256(canonical.encode()).hexdigest()[:_HASHED]
    drawn = (uuid.uuid4().hex if unique is None else unique)[:_HASHED]
    return f"{_one(venues)}_{_one(bases)}_{start}{rest_ns // 10_000_000:02d}_{digest}_{drawn}"


def _one(words: Collection[str]) -> str:
    return re.sub(r"[^A-Za-z0-9.-]", "-", next(iter(words))) if len(words) == 1 else SEVERAL
