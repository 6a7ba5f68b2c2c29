"""Reading orders and positions: filters from untrusted text, and what they leave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.doors.errors import RefusedError, unknown_order
from adapters.doors.render import Plain, position_plain
from adapters.doors.service import Service, demand_venue
from adapters.doors.text import read_count, read_name, read_note, read_venue
from ports.errors import InvalidInputError
from ports.instruments import InstrumentKey
from ports.projections import OrderFilter, OrderHistory, OrderPage, Queries, UnifiedPosition
from ports.values import OperationId, OrderStatus, StrategyId, VenueId, parse_operation_id

DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 1000
_STATUSES: Final = {str(status): status for status in OrderStatus}
_OPEN: Final = frozenset(status for status in OrderStatus if not status.is_terminal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page that somebody asked for."""

    where: OrderFilter
    limit: int
    cursor: str
    min_sequence: int


def read_listing(  # noqa: PLR0913, every filter of the contract, by name
    *,
    statuses: Sequence[str] = (),
    open_only: bool = False,
    strategy_id: str = "",
    venue: str = "",
    instrument_key: str = "",
    parent_operation_id: str = "",
    from_ns: int = 0,
    to_ns: int = 0,
    limit: int = 0,
    cursor: str = "",
    min_sequence: int = 0,
) -> Listing:
    """Read the filters of a list of orders; empty and 0 do not filter.

    Raises:
        InvalidInputError: names the field, its value, and what would pass.
    """
    if not 0 <= limit <= MAX_LIMIT:
        raise InvalidInputError(
            "limit", limit, f"ask for 1 to {MAX_LIMIT} orders a page; 0 or nothing: {DEFAULT_LIMIT}"
        )
    if to_ns and to_ns <= from_ns:
        raise InvalidInputError("to", to_ns, f"must be later than from ({from_ns})")
    where = OrderFilter(
        statuses=_statuses(statuses, open_only),
        strategy_id=StrategyId(read_name("strategy_id", strategy_id)) if strategy_id else None,
        venue=VenueId(read_venue("venue", venue)) if venue else None,
        instrument=InstrumentKey(instrument_key) if instrument_key else None,
        parent=parse_operation_id("parent_operation_id", parent_operation_id) if parent_operation_id else None,
        from_ns=read_count("from", from_ns) or None,
        to_ns=read_count("to", to_ns) or None,
    )
    return Listing(
        where=where,
        limit=limit or DEFAULT_LIMIT,
        cursor=read_note("cursor", cursor, 500),
        min_sequence=read_count("min_sequence", min_sequence),
    )


async def find_order(service: Service, operation_id: OperationId, min_sequence: int) -> OrderHistory:
    """Return one order; "not known" is said only by tables that have taken in all that was durable when asked.

    Raises:
        RefusedError: no order has this operation id.
        NotYetVisibleError: the tables did not get so far in time.
    """
    history = await service.queries.order(operation_id, min_sequence)
    if history is None and min_sequence < (durable := service.feed.sequence):
        history = await service.queries.order(operation_id, durable)
    if history is None:
        raise RefusedError(unknown_order(operation_id, "submit it first; every order that was recorded is known here"))
    return history


async def list_orders(queries: Queries, listing: Listing) -> OrderPage:
    """Return the page asked for; filters that no status can meet find nothing.

    Raises:
        InvalidInputError: the cursor is not one that this service gave.
        NotYetVisibleError: `min_sequence` was not reached in time.
    """
    if listing.where.statuses is not None and not listing.where.statuses:
        return OrderPage([], "")
    return await queries.orders(listing.where, listing.limit, listing.cursor, listing.min_sequence)


def _statuses(words: Iterable[str], open_only: bool) -> frozenset[OrderStatus] | None:
    asked = [_status(word) for word in words]
    if not asked:
        return _OPEN if open_only else None
    return frozenset(asked) & _OPEN if open_only else frozenset(asked)


def _status(word: str) -> OrderStatus:
    status = _STATUSES.get(word)
    if status is None:
        raise InvalidInputError("status", word, f"there is no such status; write one of: {' '.join(OrderStatus)}")
    return status


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionFilter:
    """Which positions somebody asked for; empty means any."""

    instrument_key: str = ""
    strategy_id: str = ""
    venue: str = ""
    account: str = ""
    base_asset: str = ""
    include_flat: bool = False

    def of(self, service: Service, positions: Sequence[UnifiedPosition]) -> list[Plain]:
        """Return what the filter leaves, as plain data, by instrument, account and strategy.

        Raises:
            InvalidInputError: the instrument key is not one, or nobody knows the venue.
        """
        demand_venue(service, self.venue, [unified.instrument.venue for unified in positions])
        wanted = {
            "instrument_key": InstrumentKey(self.instrument_key) if self.instrument_key else "",
            "strategy_id": self.strategy_id,
            "venue": self.venue,
            "account": self.account,
            "base_asset": self.base_asset,
        }
        given = {name: value for name, value in wanted.items() if value}
        found = [
            position_plain(part, unified.base_asset)
            for unified in positions
            for part in sorted(unified.parts, key=lambda part: (part.account, part.strategy_id))
            if part.quantity or self.include_flat
        ]
        return [part for part in found if all(part[name] == value for name, value in given.items())]
