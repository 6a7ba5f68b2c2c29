"""`livexec check`, `livexec decision`, `livexec explain`: what risk and routing would say of an order, and said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

from app.cli.failures import FAILED
from app.cli.options import HERE, Connection
from app.cli.order_options import OrderOptions
from app.cli.output import emit
from app.cli.tables import fields, section, table
from ports import shown

_ANSWER: Final = ("would_accept", "reason_code", "error_message")
_DECISION: Final = ("operation_id", "price", "notional_usd")
_LEG: Final = ("instrument_key", "account", "amount")
_ROUTED_LEG: Final = (*_LEG, "price", "waits", "cost_usd", "cost_bps")
_CANDIDATE: Final = ("instrument_key", "account", "amount", "liquidity", "total_usd", "total_bps", "bid", "ask")
_SUM: Final = ("account", "name", "usd", "bps")
_LEFT_OUT: Final = ("instrument_key", "account", "reason")
_REGRET: Final = ("paid_usd", "best_usd", "regret_usd", "regret_bps", "best_at")


def check(*, order: OrderOptions, connection: Connection = HERE) -> int:
    """Ask what risk and routing would say of an order now; nothing is recorded, reserved or sent.

    Exit 1 where it would be refused.
    """
    from app.cli.rest import Rest

    body = {"operation_id": str(uuid4()), **order.body()}
    with Rest.of(connection) as service:
        found = service.change("POST", "/api/orders/check", body=body).document
    emit({"ok": found["would_accept"], **found}, _text(found, _ANSWER), as_json=connection.json)
    return 0 if found["would_accept"] else FAILED


def explain(operation_id: str, /, *, connection: Connection = HERE) -> int:
    """Show why an order went where it went: every venue's sums, who was left out, and whether it was right.

    Parameters
    ----------
    operation_id:
        The order's.
    """
    from app.cli.rest import Rest

    with Rest.of(connection) as service:
        found = service.read(f"/api/orders/{quote(operation_id, safe='')}/explain")
    emit({"ok": True, **found}, explained_text(found), as_json=connection.json)
    return 0


def explained_text(found: Mapping[str, Any]) -> str:
    """Return every route of an order as people read it."""
    result = found["result"]
    parts = [fields(result, ("operation_id", "status", "venue", "reason_code", "error_message"))]
    for title, route in [("routing", found["routing"]), *[("rerouted", one) for one in found["rerouted"]]]:
        if route:
            parts.append(section(title, _route_text(route)))
    return "\n".join(parts)


def _route_text(route: Mapping[str, Any]) -> str:
    eligible = [one for one in route["candidates"] if one["eligible"]]
    left_out = [one for one in route["candidates"] if not one["eligible"]]
    sums = [{"account": one.get("account", ""), **line} for one in eligible for line in one.get("lines", ())]
    parts = [
        fields({"is_proven": "", **route}, ("policy", "reason", "reference_price", "is_proven")),
        section("legs", table(route["legs"], _ROUTED_LEG)),
        section("candidates", table(eligible, _CANDIDATE) if eligible else ""),
        section("sums", table(sums, _SUM) if sums else ""),
        section("left_out", table(left_out, _LEFT_OUT) if left_out else ""),
        section("fallbacks", " ".join(route.get("fallbacks", ()))),
        section("regret", fields(route.get("regret") or {}, _REGRET)),
    ]
    return "\n".join(part for part in parts if part)


def decision(decision_id: str, /, *, connection: Connection = HERE) -> int:
    """Show the decision on an order, rule by rule.

    Parameters
    ----------
    decision_id:
        As `livexec order` shows it.
    """
    from app.cli.rest import Rest

    with Rest.of(connection) as service:
        found = service.read(f"/api/decisions/{quote(decision_id, safe='')}")
    emit({"ok": True, **found}, _text(found, _DECISION), as_json=connection.json)
    return 0


def _text(found: Mapping[str, Any], names: tuple[str, ...]) -> str:
    risk, legs = found["risk"], (found.get("routing") or {}).get("legs")
    parts = [
        fields(found, names),
        section("risk", table(risk["verdicts"], shown.VERDICTS) if risk["verdicts"] else ""),
        section("routing", table(legs, _LEG) if legs else ""),
    ]
    return "\n".join(part for part in parts if part)
