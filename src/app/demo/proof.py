"""What a run must have kept, held against its journal, its venues and its result files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.storage import ReadResults
from app.checks import Check
from app.demo.player import Played
from core.invariants import Finding
from ports.values import plain
from ports.views import OrderView


def recount(results: ReadResults, orders: Sequence[OrderView], fills: int) -> list[Check]:
    """Hold the result files against what the service answers, and the summary against its own files."""
    by_status = Counter(str(row["status"]) for row in results.orders)
    summary: Mapping[str, Any] = results.summary["summary"]
    filled = {order.operation_id: plain(order.filled_quantity) for order in orders}
    differ = sum(
        1 for row in results.orders if plain(row["filled_amount"]) != filled.get(row["operation_id"], "missing")
    )
    return [
        Check.equal("orders_in_file", len(results.orders), len(orders), "orders"),
        Check.equal("fills_in_file", len(results.fills), fills, "fills"),
        Check.equal("orders_in_summary", summary["orders"], len(results.orders), "orders"),
        Check.equal("fills_in_summary", summary["fills"], len(results.fills), "fills"),
        Check.equal("statuses_that_differ", int(dict(by_status) != dict(summary["by_status"])), 0, "tables"),
        Check.equal("filled_amounts_that_differ", differ, 0, "orders"),
    ]


def surprises(played: Played, orders: Sequence[OrderView]) -> list[str]:
    """Return every answer and every end that a kind of order should not have had."""
    ended: dict[str, OrderView] = {order.operation_id: order for order in orders}
    found = list(played.surprises)
    for operation_id, kind in played.expected.items():
        order = ended.get(operation_id)
        if order is None:
            found.append(f"{operation_id}: answered, and not in the book")
        elif not order.status.is_terminal:
            found.append(f"{operation_id}: still {order.status} at the end")
        elif kind.ends_as and order.status not in kind.ends_as:
            found.append(f"{operation_id}: ended as {order.status} ({order.reason}), not as {sorted(kind.ends_as)}")
    return found


def as_json(findings: Mapping[str, Finding]) -> dict[str, Any]:
    """Return findings as the contract prints them."""
    return {
        name: {"ok": finding.ok and finding.examined > 0, "examined": finding.examined}
        | ({"violations": list(finding.violations[:10])} if finding.violations else {})
        for name, finding in findings.items()
    }
