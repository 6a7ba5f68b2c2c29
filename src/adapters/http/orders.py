"""`/api/orders`: submit, read, amend, cancel."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Path, Query, Request, Response

from adapters.doors.amending import amend, read_amend
from adapters.doors.asking import cancel, cancel_all
from adapters.doors.controls import CANCEL_FILTERS, read_cancel, read_cancel_all
from adapters.doors.decisions import RISK, ROUTE, with_headroom
from adapters.doors.doubts import doubt_of, doubts
from adapters.doors.listing import find_order, list_orders, read_listing
from adapters.doors.render import order_plain
from adapters.doors.service import Service
from adapters.doors.slippage import slippage_plain
from adapters.doors.submitting import submit
from adapters.doors.text import read_count
from adapters.http.answers import answer, answering, order_json
from adapters.http.bodies import read_amend_body, read_body, read_order_body
from adapters.http.models import (
    AmendBody,
    CancelAllAnswer,
    OrderAnswer,
    OrderBody,
    OrderDetailAnswer,
    OrdersAnswer,
    OrdersQuery,
)
from adapters.http.openapi import body_of, refusals
from adapters.http.times import read_time
from ports.errors import InvalidInputError
from ports.projections import OrderHistory
from ports.values import parse_operation_id

OperationPath = Annotated[str, Path(description="The order's operation id")]
MinSequence = Annotated[int, Query(description="Wait, bounded, until the reads have reached it; 0: at once")]
Filter = Annotated[str, Query(description="Empty: any")]


class Orders:
    """The endpoints of orders."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def add_to(self, app: FastAPI) -> None:
        """Register every endpoint, with what it takes and what it answers."""
        app.add_api_route(
            "/api/orders", answering(self.submit), methods=["POST"], status_code=201, tags=["orders"],
            summary="Submit an order", openapi_extra=body_of(OrderBody),
            responses={
                201: {"model": OrderAnswer, "description": "New. A refusal by risk is one too: status REJECTED"},
                200: {"model": OrderAnswer, "description": "The same operation id and content again: the order now"},
                **refusals(401, 409, 413, 415, 422, 429, 503),
            },
        )  # fmt: skip
        app.add_api_route(
            "/api/orders", answering(self.find), methods=["GET"], tags=["orders"], summary="List orders, newest first",
            responses={200: {"model": OrdersAnswer}, **refusals(401, 422, 504)},
        )  # fmt: skip
        app.add_api_route(
            "/api/orders", answering(self.cancel_all), methods=["DELETE"], tags=["orders"],
            summary="Cancel every open or held order that matches",
            responses={200: {"model": CancelAllAnswer}, **refusals(401, 415, 422, 429, 503)},
        )  # fmt: skip
        app.add_api_route(
            "/api/orders/{operation_id}", answering(self.get), methods=["GET"], tags=["orders"],
            summary="Read one order, its life and its decisions",
            responses={200: {"model": OrderDetailAnswer}, **refusals(401, 404, 422, 504)},
        )  # fmt: skip
        app.add_api_route(
            "/api/orders/{operation_id}", answering(self.amend), methods=["PATCH"], tags=["orders"],
            summary="Amend amount, price or trigger of an order", openapi_extra=body_of(AmendBody),
            responses={
                200: {"model": OrderAnswer, "description": "It was asked of the venue, now or before by the same id"},
                **refusals(401, 404, 409, 413, 415, 422, 429, 503),
            },
        )  # fmt: skip
        app.add_api_route(
            "/api/orders/{operation_id}", answering(self.cancel), methods=["DELETE"], tags=["orders"],
            summary="Cancel one order",
            responses={200: {"model": OrderAnswer}, **refusals(401, 404, 415, 422, 429, 503)},
        )  # fmt: skip

    async def submit(self, request: Request) -> Response:
        """Repeating a submit with the same operation id and content never makes a second order."""
        draft = read_order_body(await read_body(request))
        result, repeated = await submit(self._service, draft, request.state.principal)
        return answer(order_json(result), 200 if repeated else 201)

    async def find(self, asked: Annotated[OrdersQuery, Query()]) -> Response:
        """Filters narrow; the page after is asked for with `cursor`. An UNCONFIRMED order says since when and why."""
        listing = read_listing(
            statuses=[word for given in asked.status for word in given.split(",") if word],
            strategy_id=asked.strategy_id,
            venue=asked.venue,
            instrument_key=asked.instrument_key,
            parent_operation_id=asked.parent_operation_id,
            from_ns=read_time("from", asked.from_),
            to_ns=read_time("to", asked.to),
            limit=asked.limit,
            cursor=asked.cursor,
            min_sequence=asked.min_sequence,
        )
        page = await list_orders(self._service.queries, listing)
        unclear = await doubts(self._service.queries, page.orders, self._service.clock())
        orders = [
            order_json(order_plain(order, listing.min_sequence)) | {"unconfirmed": unclear.get(order.operation_id)}
            for order in page.orders
        ]
        return answer({"orders": orders, "next_cursor": page.cursor})

    async def get(self, operation_id: OperationPath, min_sequence: MinSequence = 0) -> Response:
        """The timeline holds every fact of the order's life; the risk and routing decisions are two of them."""
        known = parse_operation_id("operation_id", operation_id)
        reached = read_count("min_sequence", min_sequence)
        return answer(_detail(await find_order(self._service, known, reached), reached, self._service.clock()))

    async def amend(self, request: Request, operation_id: OperationPath) -> Response:
        """Status PENDING_AMEND until the venue has spoken. 409 names in `reason_code` why it cannot be now."""
        draft = read_amend_body(operation_id, await read_body(request))
        command = read_amend(draft, request.state.principal)
        return answer(order_json(await amend(self._service, command)))

    async def cancel(
        self,
        request: Request,
        operation_id: OperationPath,
        reason: Annotated[str, Query(description="For the record")] = "",
    ) -> Response:
        """Cancelling a finished order changes nothing; cancelling an id not seen yet refuses its submit later."""
        command = read_cancel(operation_id, reason, request.state.principal)
        return answer(order_json(await cancel(self._service, command)))

    async def cancel_all(
        self,
        request: Request,
        strategy_id: Filter = "",
        venue: Filter = "",
        instrument_key: Filter = "",
        account: Filter = "",
        side: Annotated[str, Query(description="BUY or SELL; empty: both")] = "",
        reason: Annotated[str, Query(description="For the record")] = "",
        everything: Annotated[bool, Query(alias="all", description="Required where no filter is given")] = False,
    ) -> Response:
        """At least one filter, or `all=true`."""
        given = (strategy_id, venue, instrument_key, account, side)
        if not (any(given) or everything):
            remedy = f"filter by {', '.join(CANCEL_FILTERS)}, or say all=true"
            raise InvalidInputError("strategy_id", "", remedy)
        command = read_cancel_all(dict(zip(CANCEL_FILTERS, given, strict=True)), reason, request.state.principal)
        return answer(await cancel_all(self._service, command))


def _detail(history: OrderHistory, reached: int, now_ns: int) -> dict[str, Any]:
    timeline = [
        {"sequence": event.seq, "timestamp_ns": event.ts_ns, "kind": event.kind, "details": event.body}
        for event in history.timeline
    ]
    bodies = {event.kind: event.body for event in history.timeline}
    sequence = max([reached, *[event.seq for event in history.timeline[-1:]]])
    return {
        **order_json(order_plain(history.order, sequence)),
        "unconfirmed": doubt_of(history, now_ns),
        "children": [order_json(order_plain(child, sequence)) for child in history.children],
        "timeline": timeline,
        "risk_decision": with_headroom(bodies.get(RISK)),
        "routing_decision": bodies.get(ROUTE),
        "slippage": slippage_plain(
            history.order.side, history.order.average_price, bodies.get(ROUTE, {}).get("quotes", ())
        ),
    }
