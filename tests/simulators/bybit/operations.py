"""The operations of the trade websocket: new orders, amends and cancels, each answered under its reqId."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from simulators.binance_futures.faults import Fault, Kind
from simulators.bybit import errors, names
from simulators.bybit.orders import Params, amend, cancel, place
from simulators.bybit.security import check_time
from simulators.bybit.streams import Connection
from simulators.bybit.venue import Asked, Venue
from simulators.exchange.core import Exchange
from simulators.exchange.orders import Account, Order

_TROUBLE = '{"retCode": 10016, "retMsg": "Internal server error."}'
type Operation = Callable[[Exchange, Account, Params], Order]
OPERATIONS: Mapping[str, tuple[Operation, str]] = {
    "order.create": (place, "/v5/order/create"),
    "order.amend": (amend, "/v5/order/amend"),
    "order.cancel": (cancel, "/v5/order/cancel"),
}


async def answer(venue: Venue, connection: Connection, said: Mapping[str, Any]) -> None:
    """Answer one operation, as the venue would or as a fault demands."""
    name, args = str(said.get("op")), said.get("args")
    params = dict(args[0]) if isinstance(args, list) and args and isinstance(args[0], dict) else {}
    asked = Asked(at_ms=venue.clock(), method="WS", path=name, params=params)
    venue.asked.append(asked)
    before = venue.faults.take(f"WS {name}", asked.client_order_id, late=False)
    if before is not None and await _fails(before, asked, connection, said):
        return
    path = OPERATIONS[name][1] if name in OPERATIONS else name
    message: dict[str, object] = {
        "reqId": said.get("reqId"),
        "retCode": 0,
        "retMsg": "OK",
        "op": name,
        "data": {},
        "retExtInfo": {},
        "connId": connection.conn_id,
    }
    try:
        order = carry_out(venue, connection.account, said, asked)
        message["data"] = {"orderId": names.order_id(order), "orderLinkId": order.client_order_id}
    except errors.VenueError as error:
        asked.code = error.no.code
        message |= {"retCode": error.no.code, "retMsg": error.no.msg}
    after = venue.faults.take(f"WS {name}", asked.client_order_id, late=True)
    if after is not None and await _fails(after, asked, connection, said):
        return
    asked.status = 200
    header = venue.limits.headers(f"{connection.account} {path}", venue.limits.orders, venue.clock())
    connection.send({**message, "header": {**header, "Traceid": "simulated", "Timenow": str(venue.clock())}})


def carry_out(venue: Venue, account: str, said: Mapping[str, Any], asked: Asked) -> Order:
    """Carry an operation out.

    Raises:
        VenueError: it was not, and why.
    """
    if not account:
        raise errors.VenueError(errors.NOT_LOGGED_IN)
    if asked.path not in OPERATIONS:
        raise errors.VenueError(errors.UNKNOWN_OPERATION)
    if venue.is_in_maintenance:
        raise errors.VenueError(errors.RESTARTING)
    operation, path = OPERATIONS[asked.path]
    header, now_ms = said.get("header") or {}, venue.clock()
    venue.limits.use(f"{account} {path}", venue.limits.orders, now_ms)
    check_time(str(header.get("X-BAPI-TIMESTAMP", "")), str(header.get("X-BAPI-RECV-WINDOW", "5000")), now_ms)
    order = operation(venue.exchange, venue.exchange.accounts[account], asked.params)
    asked.was_carried_out = True
    return order


async def _fails(fault: Fault, asked: Asked, connection: Connection, said: Mapping[str, Any]) -> bool:
    """Fail as demanded; False where the operation goes on."""
    match fault.kind:
        case Kind.DELAY:
            await asyncio.sleep(fault.delay_ms / 1000)
            return False
        case Kind.ERROR:
            body = json.loads(fault.body or _TROUBLE)
            asked.status, asked.code = fault.status, body.get("retCode")
            connection.send({"reqId": said.get("reqId"), "op": asked.path, "connId": connection.conn_id, **body})
        case Kind.TEAR:
            connection.hang_up()
        case _:
            pass
    return True
