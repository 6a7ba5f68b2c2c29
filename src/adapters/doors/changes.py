"""Reading what positions were: filters from untrusted text, and a page of changes as plain data."""

from __future__ import annotations

from typing import Final

from adapters.doors.render import Plain
from adapters.doors.service import Service
from adapters.doors.text import read_count, read_name, read_venue
from ports.errors import InvalidInputError
from ports.history import ChangeFilter, PositionChange
from ports.instruments import InstrumentKey
from ports.values import AccountId, StrategyId, VenueId, plain

DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 1000


def read_change_filter(
    *, instrument_key: str = "", strategy_id: str = "", account: str = "", venue: str = "", from_ns: int = 0,
    to_ns: int = 0,
) -> ChangeFilter:  # fmt: skip
    """Read the filters of a list of changes; empty and 0 do not filter.

    Raises:
        InvalidInputError: names the field, its value, and what would pass.
    """
    if to_ns and to_ns <= from_ns:
        raise InvalidInputError("to", to_ns, f"must be later than from ({from_ns})")
    return ChangeFilter(
        instrument=InstrumentKey(instrument_key) if instrument_key else None,
        strategy_id=StrategyId(read_name("strategy_id", strategy_id)) if strategy_id else None,
        account=AccountId(read_name("account", account)) if account else None,
        venue=VenueId(read_venue("venue", venue)) if venue else None,
        from_ns=read_count("from", from_ns) or None,
        to_ns=read_count("to", to_ns) or None,
    )


async def list_changes(
    service: Service, where: ChangeFilter, limit: int, cursor: str, min_sequence: int
) -> tuple[list[Plain], str]:
    """Return a page of what positions were after each change, newest first, and the cursor of the next one.

    Raises:
        InvalidInputError: the limit is too large, or the cursor is not one that this service gave.
        NotYetVisibleError: the tables did not reach `min_sequence` in time.
    """
    if not 0 <= limit <= MAX_LIMIT:
        raise InvalidInputError("limit", limit, f"ask for 1 to {MAX_LIMIT} changes a page; 0: {DEFAULT_LIMIT}")
    page = await service.queries.position_changes(where, limit or DEFAULT_LIMIT, cursor, min_sequence)
    return [_change_plain(one) for one in page.changes], page.cursor


def _change_plain(one: PositionChange) -> Plain:
    entry = one.average_entry_price
    return {
        "sequence": one.sequence,
        "changed_at_ns": one.changed_ns,
        "instrument_key": str(one.instrument),
        "venue": one.instrument.venue,
        "account": one.account,
        "strategy_id": one.strategy_id,
        "quantity": plain(one.quantity),
        "average_entry_price": "" if entry is None else plain(entry),
        "realized_pnl": plain(one.realized_pnl),
        "fees": {currency: plain(amount) for currency, amount in one.fees.items()},
        "settlement_currency": one.instrument.settlement,
        "cause": one.cause,
    }
