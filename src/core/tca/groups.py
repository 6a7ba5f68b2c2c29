"""What orders cost together: by strategy, venue or algorithm, in USD."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from core.tca.benchmarks import bps
from ports.results import TcaRow
from ports.values import ZERO, exact, share, to_places

PARTS: Final = ("delay", "timing", "spread", "impact", "fees", "opportunity")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCost:
    """Orders of one kind together. Amounts are of the `measured` ones alone: every part and a USD rate are known.

    `markout_bps` are of what was traded early enough to be known, by seconds; None: nothing was.
    """

    name: str
    orders: int
    measured: int
    notional_usd: Decimal
    parts_usd: dict[str, Decimal]
    shortfall_usd: Decimal
    shortfall_bps: Decimal | None
    markout_bps: dict[int, Decimal | None]


def grouped(rows: Iterable[TcaRow], key: Callable[[TcaRow], str]) -> list[GroupCost]:
    """Return the cost of every group of orders, the largest notional first."""
    groups: dict[str, list[TcaRow]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return sorted((_together(name, those) for name, those in groups.items()), key=lambda group: -group.notional_usd)


def whole_orders(rows: Iterable[TcaRow]) -> list[TcaRow]:
    """Return what was asked for and let go: orders that are no other's children; one we refused never traded."""
    return [row for row in rows if row.parent_operation_id is None and row.released_ns is not None]


def venue_orders(rows: Iterable[TcaRow]) -> list[TcaRow]:
    """Return what venues were sent: orders that are not worked by others, each from its own release on."""
    return [row for row in rows if not row.is_parent and row.released_ns is not None]


def _together(name: str, rows: Sequence[TcaRow]) -> GroupCost:
    measured = [row for row in rows if row.shortfall is not None and not row.unmeasured and row.usd_rate is not None]
    with exact():
        parts = {part: _usd(measured, part) for part in PARTS}
        notional = _usd(measured, "notional")
        shortfall = sum(parts.values(), ZERO)
    return GroupCost(
        name=name,
        orders=len(rows),
        measured=len(measured),
        notional_usd=notional,
        parts_usd=parts,
        shortfall_usd=shortfall,
        shortfall_bps=bps(shortfall, notional),
        markout_bps={seconds: _markout_bps(rows, place) for place, seconds in enumerate(_seconds(rows))},
    )


def _usd(rows: Iterable[TcaRow], name: str) -> Decimal:
    return sum((to_places(getattr(row, name) * (row.usd_rate or ZERO)) for row in rows), ZERO)


def _seconds(rows: Sequence[TcaRow]) -> Sequence[int]:
    return [each.seconds for each in rows[0].markouts]


def _markout_bps(rows: Iterable[TcaRow], place: int) -> Decimal | None:
    """Return the markout over the notional that it is known of, both in USD."""
    amount = notional = ZERO
    with exact():
        for row in rows:
            known = row.markouts[place]
            if known.quantity and row.usd_rate is not None and row.notional is not None:
                amount += to_places(known.amount * row.usd_rate)
                notional += to_places(share(row.notional, known.quantity, row.quantity) * row.usd_rate)
    return bps(amount, notional)
