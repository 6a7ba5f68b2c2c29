"""`livexec tca`: a run's cost analysis as a document, summed up from its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any, Final

from app.checks import Check
from app.checks import as_json as checks_as_json
from core.tca.groups import PARTS, GroupCost, grouped, venue_orders, whole_orders
from ports.results import Markout, Tca, TcaRow
from ports.values import ZERO, exact

_RENAMED: Final = {
    "timestamp_ns": "arrived_ns",
    "parent_operation_id": "parent_id",
    "instrument": "instrument_key",
}


def report_of(run_id: str, tca: Tca) -> dict[str, Any]:
    """Return everything there is to say of a run's costs; an amount is exact, and None where nobody knows it."""
    asked_for, sent = whole_orders(tca.rows), venue_orders(tca.rows)
    checks = [Check.equal("orders_whose_parts_miss_the_whole", _missing(tca.rows), 0, "orders")]
    return {
        "ok": all(check.ok for check in checks),
        "run_id": run_id,
        "whole": [_group(group) for group in grouped(asked_for, lambda row: "all orders")],
        "by_strategy": [_group(group) for group in grouped(asked_for, lambda row: row.strategy_id)],
        "by_algorithm": [_group(group) for group in grouped(asked_for, lambda row: row.exec_algorithm)],
        "by_venue": [_group(group) for group in grouped(sent, lambda row: str(row.venue))],
        "orders": [_order(row) for row in tca.rows],
        "checks": checks_as_json(checks),
    }


def _missing(rows: Sequence[TcaRow]) -> int:
    """Count the orders whose parts, all of them known, do not sum to their shortfall exactly."""
    missing = 0
    with exact():
        for row in rows:
            parts = [getattr(row, name) for name in PARTS]
            known = [part for part in parts if part is not None]
            missing += len(known) == len(parts) and sum(known, ZERO) != row.shortfall
    return missing


def _group(group: GroupCost) -> dict[str, Any]:
    return {
        "name": group.name,
        "orders": group.orders,
        "measured": group.measured,
        "notional_usd": group.notional_usd,
        "shortfall_usd": group.shortfall_usd,
        "shortfall_bps": group.shortfall_bps,
        **{f"{name}_usd": amount for name, amount in group.parts_usd.items()},
        **{f"markout_{seconds}s_bps": value for seconds, value in group.markout_bps.items()},
    }


def _order(row: TcaRow) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for each in fields(row):
        if each.name != "markouts":
            shown[_RENAMED.get(each.name, each.name)] = getattr(row, each.name)
    return {**shown, **{f"markout_{each.seconds}s": _markout(each) for each in row.markouts}}


def _markout(each: Markout) -> Mapping[str, Decimal] | None:
    return {"amount": each.amount, "quantity": each.quantity} if each.quantity else None
