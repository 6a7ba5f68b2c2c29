"""`livexec submit`, `amend`, `cancel`, `cancel-all`, `orders` and `order`: orders at a running service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import uuid4

from cyclopts import Parameter

from app.cli.failures import FAILED, usage
from app.cli.options import HERE, Connection, Texts, Whole, given
from app.cli.order_options import OrderOptions
from app.cli.order_views import cancelled_text, order_text, orders_text
from app.cli.output import emit, note

if TYPE_CHECKING:
    from app.cli.rest import Rest

_REJECTED: Final = "REJECTED"


def submit(*, order: OrderOptions, connection: Connection = HERE) -> int:
    """Place an order, once for ever by its operation id: the line that is printed may be repeated as it is.

    A line without --operation-id is another order every time.

    It is sent again, with the same operation id, while the service is busy or does not answer, a bounded number of
    times. Exit 1 where the order is refused.
    """
    from adapters.doors.command_line import command_line_for
    from app.cli.rest import Rest

    body = order.body()
    if not order.operation_id:
        body = {"operation_id": str(uuid4()), **body}
        note(f"operation_id {body['operation_id']}")
    line = command_line_for(body)
    with Rest.of(connection) as service:
        answer = service.change("POST", "/api/orders", body=body, again=f"to repeat it safely: {line}")
    placed = answer.status == 201
    if not placed:
        note("this order was known before; here it is as it now is")
    is_ok = answer.document.get("status") != _REJECTED
    document = {"ok": is_ok, **answer.document, "command_line": line}
    emit(document, f"{order_text(answer.document)}\n\n{line}", as_json=connection.json)
    return 0 if is_ok else FAILED


def amend(
    operation_id: str,
    /,
    *,
    amount: str = "",
    price: str = "",
    trigger_price: str = "",
    amend_id: str = "",
    reason: str = "",
    connection: Connection = HERE,
) -> int:
    """Change the whole amount, the limit or the trigger price of an order; what is not given stays.

    One that works at its venue is PENDING_AMEND until the venue has spoken; one that is HELD is changed at once.
    Repeating the same line with its amend id asks for nothing more.
    Exit 1 where it cannot be amended now.

    Parameters
    ----------
    operation_id:
        The order's operation id.
    amount:
        The new whole amount, counting what is filled already.
    price:
        The new limit price.
    trigger_price:
        The new trigger price of an order that is HELD.
    amend_id:
        Idempotency key of this amend, unique within the order; without it a new one is made and printed.
    reason:
        For the record.
    """
    from app.cli.rest import Rest, order_path

    body = given({"amount": amount, "price": price, "trigger_price": trigger_price, "reason": reason})
    if not (amount or price or trigger_price):
        raise usage("amend", "", "say what is to change: --amount, --price or --trigger-price")
    if not amend_id:
        amend_id = str(uuid4())
        note(f"amend_id {amend_id}")
    with Rest.of(connection) as service:
        again = f"to repeat it safely add --amend-id {amend_id}"
        asked = {"amend_id": amend_id, **body}
        found = service.change("PATCH", order_path(operation_id), body=asked, again=again).document
    emit({"ok": True, **found, "amend_id": amend_id}, order_text(found), as_json=connection.json)
    return 0


def cancel(operation_id: str, /, *, reason: str = "", connection: Connection = HERE) -> int:
    """Take one order back. Harmless to repeat; an id that is not known yet is refused when it comes.

    Parameters
    ----------
    operation_id:
        The order's operation id.
    reason:
        For the record.
    """
    from app.cli.rest import Rest, order_path

    with Rest.of(connection) as service:
        found = service.change("DELETE", order_path(operation_id), params=given({"reason": reason})).document
    emit({"ok": True, **found}, order_text(found), as_json=connection.json)
    return 0


def cancel_all(
    *,
    strategy_id: str = "",
    venue: str = "",
    instrument_key: str = "",
    account: str = "",
    side: str = "",
    everything: Annotated[bool, Parameter(name="--all", help="Every order; only without a filter.")] = False,
    reason: str = "",
    connection: Connection = HERE,
) -> int:
    """Take back every open or held order that matches all the filters given.

    Parameters
    ----------
    strategy_id:
        Only this strategy's orders.
    venue:
        Only orders at this venue.
    instrument_key:
        Only orders of this instrument.
    account:
        Only orders in this account.
    side:
        Only BUY or only SELL.
    reason:
        For the record.
    """
    from app.cli.rest import Rest

    wanted = {"strategy_id": strategy_id, "venue": venue, "instrument_key": instrument_key}
    filters = given({**wanted, "account": account, "side": side})
    if bool(filters) == everything:
        remedy = "filter by --strategy-id, --venue, --instrument-key, --account or --side, or say --all, not both"
        raise usage("cancel-all", "", remedy)
    chosen = filters | given({"all": "true" if everything else "", "reason": reason})
    with Rest.of(connection) as service:
        found = service.change("DELETE", "/api/orders", params=chosen).document
    emit({"ok": True, **found}, cancelled_text(found), as_json=connection.json)
    return 0


def orders(  # noqa: PLR0913 - every filter of the protocol, by name
    *,
    status: Texts = (),
    strategy_id: str = "",
    venue: str = "",
    instrument_key: str = "",
    parent_operation_id: str = "",
    from_: Annotated[str, Parameter(name="--from", help="Recorded at or after: ISO 8601 or UTC nanoseconds.")] = "",
    to: str = "",
    limit: Whole = 0,
    cursor: str = "",
    min_sequence: Whole = 0,
    all_pages: bool = False,
    connection: Connection = HERE,
) -> int:
    """List orders, newest first.

    Parameters
    ----------
    status:
        Only orders in this status; repeat it for several.
    strategy_id:
        Only this strategy's orders.
    venue:
        Only orders at this venue.
    instrument_key:
        Only orders of this instrument.
    parent_operation_id:
        Only the children of this order.
    to:
        Recorded before: ISO 8601 or UTC nanoseconds.
    limit:
        Orders a page, at most 1000; 0: 100.
    cursor:
        The page that an earlier listing said comes next.
    min_sequence:
        Wait, bounded, until the reads have reached this sequence.
    all_pages:
        Follow the pages to the last one.
    """
    from app.cli.rest import Rest

    filters = given(
        {
            "status": list(status),
            "strategy_id": strategy_id,
            "venue": venue,
            "instrument_key": instrument_key,
            "parent_operation_id": parent_operation_id,
            "from": from_,
            "to": to,
            "limit": limit,
            "min_sequence": min_sequence,
        }
    )
    with Rest.of(connection) as service:
        found, cursor = _listed(service, filters, cursor, all_pages=all_pages)
    document = {"ok": True, "orders": found, "next_cursor": cursor}
    emit(document, orders_text(found, cursor), as_json=connection.json)
    return 0


def order(operation_id: str, /, *, min_sequence: Whole = 0, connection: Connection = HERE) -> int:
    """Show one order: its children, its fills, what risk and routing decided, and every fact of its life.

    Parameters
    ----------
    operation_id:
        The order's operation id.
    min_sequence:
        Wait, bounded, until the reads have reached this sequence.
    """
    from app.cli.rest import Rest, order_path

    with Rest.of(connection) as service:
        found = service.read(order_path(operation_id), given({"min_sequence": min_sequence}))
    emit({"ok": True, **found}, order_text(found), as_json=connection.json)
    return 0


def _listed(
    service: Rest, filters: dict[str, Any], cursor: str, *, all_pages: bool
) -> tuple[list[dict[str, Any]], str]:
    """Return the orders of one page, or of every page from there on, and the cursor of what is left."""
    found: list[dict[str, Any]] = []
    while True:
        page = service.read("/api/orders", filters | given({"cursor": cursor}))
        found += page["orders"]
        cursor, before = page["next_cursor"], cursor
        if not all_pages or not cursor or cursor == before:
            return found, cursor
