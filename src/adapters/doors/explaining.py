"""Why an order went where it went: its decisions with their sums, what became of them, and its life step by step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import orjson

from adapters.doors.decisions import RISK, ROUTE, verdicts_plain
from adapters.doors.listing import find_order
from adapters.doors.render import Plain, order_plain
from adapters.doors.routes import routing_plain
from adapters.doors.service import Service
from ports.facts import RouteDecided, RouteJudged
from ports.projections import OrderHistory, TimelineEvent
from ports.values import OperationId, plain

DECIDED: Final = RouteDecided.__name__
JUDGED: Final = RouteJudged.__name__


async def explain(service: Service, operation_id: OperationId, min_sequence: int) -> Plain:
    """Return an order's decisions and its life, as an `ExplainOrderResponse`.

    Raises:
        RefusedError: there is no such order.
        NotYetVisibleError: the reads did not reach `min_sequence` in time.
    """
    history = await find_order(service, operation_id, min_sequence)
    sequence = max([min_sequence, *[event.seq for event in history.timeline[-1:]]])
    routes = routes_of(history)
    return {
        "result": order_plain(history.order, sequence),
        "risk": _risk(history),
        "routing": routes[0] if routes else None,
        "rerouted": routes[1:],
        "timeline": [_event(event) for event in history.timeline],
        "sequence": sequence,
    }


def routes_of(history: OrderHistory) -> list[Plain]:
    """Return every decision on an order's route, the first one first, and its regret with the last."""
    quotes = {
        one["instrument"]: one for event in history.timeline if event.kind == ROUTE for one in event.body["quotes"]
    }
    found = [routing_plain(event.body, event.ts_ns, quotes) for event in history.timeline if event.kind == DECIDED] or [
        _direct(history, event) for event in history.timeline if event.kind == ROUTE
    ]
    judged = [event.body for event in history.timeline if event.kind == JUDGED]
    if found and judged:
        found[-1]["regret"] = {name: judged[-1][name] for name in ("paid_usd", "best_usd", "regret_usd", "regret_bps")}
        found[-1]["regret"]["best_at"] = list(judged[-1]["best_at"])
    return found


def _direct(history: OrderHistory, event: TimelineEvent) -> Plain:
    body = event.body
    return {
        "legs": [
            {"instrument_key": body["instrument"], "account": body["account"], "amount": plain(history.order.quantity)}
        ],
        "candidates": [
            {
                "instrument_key": one["instrument"],
                "eligible": True,
                "bid": one["bid"],
                "ask": one["ask"],
                "quote_age_ns": max(event.ts_ns - one["received_ns"], 0),
            }
            for one in body["quotes"]
        ],
        "decided_at_ns": event.ts_ns,
        "policy": "direct",
        "reason": body["reason"],
    }


def _risk(history: OrderHistory) -> Plain | None:
    decided = next((event for event in history.timeline if event.kind == RISK), None)
    if decided is None:
        return None
    return {
        "decision_id": decided.body["decision_id"],
        "approved": decided.body["allowed"],
        "verdicts": verdicts_plain(decided.body["verdicts"]),
        "decided_at_ns": decided.ts_ns,
    }


def _event(event: TimelineEvent) -> Plain:
    return {
        "sequence": event.seq,
        "timestamp_ns": event.ts_ns,
        "kind": event.kind,
        "status": str(event.body.get("status") or ""),
        "principal": str(event.body.get("principal") or ""),
        "details": dict(_texts(event.body.items())),
    }


def _texts(items: Iterable[tuple[str, Any]]) -> Iterable[tuple[str, str]]:
    for name, value in items:
        if value is not None and name != "operation_id":
            yield name, value if isinstance(value, str) else orjson.dumps(value).decode()
