"""Orders as people read them in a terminal, under the names of the JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.cli.tables import age, fields, moment, section, table
from ports import shown

_DOUBTED: Final = (
    *("operation_id", "status", "age", "since", "reason", "times_unseen", "cancel_requested", "instrument_key", "side"),
    *("amount", "price", "filled_amount", "venue", "account", "strategy_id"),
)
_QUOTE: Final = ("instrument", "bid", "ask", "received_ns")
_EVENT: Final = ("sequence", "timestamp", "kind", "details")


def order_text(order: Mapping[str, Any]) -> str:
    """Return one order with whatever parts of its life the answer has."""
    risk, route = order.get("risk_decision") or {}, order.get("routing_decision") or {}
    parts = [
        fields(order, shown.ORDER),
        section("slippage", fields(order.get("slippage") or {}, shown.SLIPPAGE)),
        section("unconfirmed", fields(_doubt(order), shown.DOUBT)),
        section("children", _rows(order.get("children"), shown.CHILDREN)),
        section("fills", _rows(order.get("fills"), shown.FILLS)),
        section("risk_decision", _decision(risk, ("allowed", "price", "notional_usd", "decision_id"), "verdicts")),
        section("routing_decision", _decision(route, ("venue", "account", "instrument", "reason"), "quotes")),
        section("timeline", _timeline(order.get("timeline") or (), str(order.get("operation_id")))),
    ]
    return "\n".join(part for part in parts if part)


def orders_text(orders: Sequence[Mapping[str, Any]], next_cursor: str) -> str:
    """Return a page of orders; `next_cursor` is said where there are more.

    Where all of them are UNCONFIRMED: since when and why, and what their venues were asked.
    """
    if not orders:
        return "no orders"
    more = f"\n\nnext_cursor  {next_cursor}" if next_cursor else ""
    if all(order.get("unconfirmed") for order in orders):
        return table([{**order, **_doubt(order)} for order in orders], _DOUBTED) + more
    return table(orders, shown.ORDERS) + more


def cancelled_text(answer: Mapping[str, Any]) -> str:
    """Return the orders that a cancel-all concerns."""
    names = answer["operation_ids"]
    return "\n".join(["operation_id", *names]) if names else "no open order matches"


def _doubt(order: Mapping[str, Any]) -> dict[str, Any]:
    doubt = order.get("unconfirmed")
    if not doubt:
        return {}
    return {
        "age": age(doubt["age_ns"]),
        "since": moment(doubt["since_ns"]),
        "reason": doubt["reason"],
        "times_unseen": doubt["times_unseen"],
        "unseen_asked": moment(doubt["unseen_asked_ns"]),
        "cancel_requested": moment(doubt["cancel_requested_ns"]),
    }


def _decision(decision: Mapping[str, Any], names: Sequence[str], rows: str) -> str:
    if not decision:
        return ""
    columns = shown.VERDICTS if rows == "verdicts" else _QUOTE
    listed = _rows(decision.get(rows), columns)
    return "\n".join(part for part in (fields(decision, names), listed) if part)


def _timeline(events: Sequence[Mapping[str, Any]], operation_id: str) -> str:
    lines = []
    for event in events:
        details = {name: each for name, each in event["details"].items() if name not in ("operation_id", "verdicts")}
        lines.append({**event, "timestamp": moment(event["timestamp_ns"]), "details": details})
    return _rows(lines, _EVENT)


def _rows(rows: Sequence[Mapping[str, Any]] | None, columns: Sequence[str]) -> str:
    return table(rows, columns) if rows else ""
