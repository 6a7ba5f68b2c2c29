"""`livexec check` and `livexec decision`: what risk and routing would say of an order, and what they said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

from app.cli.failures import FAILED
from app.cli.options import HERE, Connection
from app.cli.order_options import OrderOptions
from app.cli.order_views import VERDICT
from app.cli.output import emit
from app.cli.tables import fields, section, table

_ANSWER: Final = ("would_accept", "reason_code", "error_message")
_DECISION: Final = ("operation_id", "price", "notional_usd")
_LEG: Final = ("instrument_key", "account", "amount")


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
        section("risk", table(risk["verdicts"], VERDICT) if risk["verdicts"] else ""),
        section("routing", table(legs, _LEG) if legs else ""),
    ]
    return "\n".join(part for part in parts if part)
