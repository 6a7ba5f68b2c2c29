"""`livexec.v1.ExecutionService`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Final

from google.protobuf.message import DecodeError

from adapters.doors.amending import amend, read_amend
from adapters.doors.asking import cancel, cancel_all, read_at
from adapters.doors.attendance import Attendance, of_headers
from adapters.doors.controls import CANCEL_FILTERS, read_cancel, read_cancel_all
from adapters.doors.decisions import check_order
from adapters.doors.errors import Kind, Refusal
from adapters.doors.explaining import explain
from adapters.doors.exposure import CURRENCY, grouped, read_exposure_filter, read_group, total
from adapters.doors.listing import PositionFilter, find_order, list_orders, read_listing
from adapters.doors.pacing import HEARTBEAT_S, Streams, start_of
from adapters.doors.permits import demand_trade
from adapters.doors.render import order_plain
from adapters.doors.service import Service
from adapters.doors.strategies import push, read_signal
from adapters.doors.submitting import submit
from adapters.doors.supervision import supervised
from adapters.doors.text import read_count, read_name
from adapters.doors.updates import Update
from adapters.doors.watch import Watch
from adapters.grpc.calls import Calls, Handler, Headers, Write
from adapters.grpc.wire import parse
from livexec.v1 import execution_pb2 as pb
from ports.errors import InvalidInputError, ShuttingDownError
from ports.values import OrderStatus, Principal, parse_operation_id

MAX_IN_FLIGHT: Final = 64  # of one stream of orders; more wait in the connection
HEARTBEAT: Final = "HEARTBEAT"


class ExecutionCalls:
    """The calls of the service, without the wire."""

    def __init__(
        self, service: Service, streams: Streams, attendance: Attendance, heartbeat_s: float = HEARTBEAT_S
    ) -> None:
        self._service = service
        self._attendance = attendance
        self._streams = streams
        self._heartbeat_s = heartbeat_s
        self._watch = Watch(service.queries, service.feed)

    def handlers(self, calls: Calls) -> Mapping[str, Handler]:
        """Return the handler of every call that there is, by name."""
        return {
            "SubmitOrder": calls.unary(pb.Order, self.submit_order),
            "SubmitOrders": calls.stream_both(self.submit_orders),
            "AmendOrder": calls.unary(pb.AmendOrderRequest, self.amend_order),
            "CancelOrder": calls.unary(pb.CancelOrderRequest, self.cancel_order),
            "CancelAll": calls.unary(pb.CancelAllRequest, self.cancel_all),
            "GetOrder": calls.unary(pb.GetOrderRequest, self.get_order),
            "ListOrders": calls.unary(pb.ListOrdersRequest, self.list_orders),
            "WatchExecutions": calls.stream_out(pb.WatchExecutionsRequest, self.watch_executions),
            "CheckOrder": calls.unary(pb.Order, self.check_order),
            "ExplainOrder": calls.unary(pb.ExplainOrderRequest, self.explain_order),
            "GetPositions": calls.unary(pb.GetPositionsRequest, self.get_positions),
            "GetExposure": calls.unary(pb.GetExposureRequest, self.get_exposure),
            "PushSignal": calls.unary(pb.Signal, self.push_signal),
        }

    async def submit_order(self, order: pb.Order, principal: Principal) -> pb.ExecutionResult:
        """Submit one order."""
        result, _ = await submit(self._service, order, principal)
        return pb.ExecutionResult(**result)

    async def push_signal(self, signal: pb.Signal, principal: Principal) -> pb.SignalResult:
        """Trade a signal."""
        demand_trade(self._service, principal, signal.strategy_id)
        read = read_signal(
            strategy_id=signal.strategy_id,
            instrument_key=signal.instrument_key,
            timestamp_ns=signal.timestamp_ns,
            direction=signal.direction,
            target_position=signal.target_position,
            exec_algorithm=signal.exec_algorithm,
            exec_algorithm_params=signal.exec_algorithm_params,
        )
        return pb.SignalResult(**await push(self._service, read))

    async def check_order(self, order: pb.Order, principal: Principal) -> pb.CheckOrderResponse:
        """Say what would become of an order."""
        return pb.CheckOrderResponse(**await check_order(self._service, order, principal))

    async def explain_order(self, request: pb.ExplainOrderRequest, _: Principal) -> pb.ExplainOrderResponse:
        """Say why an order went where it went."""
        operation_id = parse_operation_id("operation_id", request.operation_id)
        reached = read_count("min_sequence", request.min_sequence)
        return pb.ExplainOrderResponse(**await explain(self._service, operation_id, reached))

    async def submit_orders(
        self, requests: AsyncIterator[bytes], principal: Principal, headers: Headers, write: Write
    ) -> None:
        """Submit a stream of orders and answer them in the order of their arrival."""
        strategy_id, grace_ms = of_headers(headers)
        answers: asyncio.Queue[asyncio.Task[bytes] | None] = asyncio.Queue(MAX_IN_FLIGHT)

        async def take() -> None:
            async for raw in requests:
                await answers.put(group.create_task(self._answer(raw, principal)))
            await answers.put(None)

        with self._streams:
            async with self._attendance.of(strategy_id, grace_ms, principal), asyncio.TaskGroup() as group:
                group.create_task(take())
                while (answer := await answers.get()) is not None:
                    await write(await answer)

    async def _answer(self, raw: bytes, principal: Principal) -> bytes:
        """Answer one order of a stream; whatever goes wrong with it is its answer, and the stream goes on."""
        result = await supervised(self._submit(raw, principal))
        return (_refused(raw, result) if isinstance(result, Refusal) else result).SerializeToString()

    async def _submit(self, raw: bytes, principal: Principal) -> pb.ExecutionResult:
        return await self.submit_order(parse(pb.Order, raw), principal)

    async def amend_order(self, request: pb.AmendOrderRequest, principal: Principal) -> pb.ExecutionResult:
        """Ask for one order's amend."""
        return pb.ExecutionResult(**await amend(self._service, read_amend(request, principal)))

    async def cancel_order(self, request: pb.CancelOrderRequest, principal: Principal) -> pb.ExecutionResult:
        """Ask for one order's cancellation."""
        command = read_cancel(request.operation_id, request.reason, principal)
        return pb.ExecutionResult(**await cancel(self._service, command))

    async def cancel_all(self, request: pb.CancelAllRequest, principal: Principal) -> pb.CancelAllResponse:
        """Ask for the cancellation of everything that matches."""
        filters = {name: getattr(request, name) for name in CANCEL_FILTERS}
        command = read_cancel_all(filters, request.reason, principal)
        return pb.CancelAllResponse(**await cancel_all(self._service, command))

    async def get_order(self, request: pb.GetOrderRequest, _: Principal) -> pb.GetOrderResponse:
        """Read one order."""
        operation_id = parse_operation_id("operation_id", request.operation_id)
        reached = read_count("min_sequence", request.min_sequence)
        history = await find_order(self._service, operation_id, reached)
        sequence = max([reached, *[event.seq for event in history.timeline[-1:]]])
        result, *children = [
            pb.ExecutionResult(**order_plain(order, sequence)) for order in (history.order, *history.children)
        ]
        return pb.GetOrderResponse(result=result, children=children, sequence=sequence)

    async def list_orders(self, request: pb.ListOrdersRequest, _: Principal) -> pb.ListOrdersResponse:
        """Read one page of orders."""
        if request.account:
            raise InvalidInputError("account", request.account, "filtering by it is not supported yet: leave it out")
        listing = read_listing(
            statuses=request.status,
            open_only=request.open_only,
            strategy_id=request.strategy_id,
            venue=request.venue,
            instrument_key=request.instrument_key,
            parent_operation_id=request.parent_operation_id,
            from_ns=request.from_ns,
            to_ns=request.to_ns,
            limit=request.limit,
            cursor=request.cursor,
            min_sequence=request.min_sequence,
        )
        page = await list_orders(self._service.queries, listing)
        sequence = listing.min_sequence
        return pb.ListOrdersResponse(
            orders=[pb.ExecutionResult(**order_plain(order, sequence)) for order in page.orders],
            next_cursor=page.cursor,
            sequence=sequence,
        )

    async def watch_executions(self, request: pb.WatchExecutionsRequest, principal: Principal, write: Write) -> None:
        """Send what happens to orders, from where the watcher was."""
        strategy_id = read_name("strategy_id", request.strategy_id) if request.strategy_id else ""
        wanted = parse_operation_id("operation_id", request.operation_id) if request.operation_id else ""
        asked = request.after_sequence if request.after_sequence or request.from_beginning else None
        after = start_of(self._service.feed, asked, "after_sequence")
        grace_ms = request.cancel_on_disconnect_ms
        with self._streams:
            told = self._watch.follow(after, self._streams.closing, self._heartbeat_s, strategy_id, wanted)
            async with self._attendance.of(request.strategy_id, grace_ms, principal), aclosing(told) as batches:
                await write(_heartbeat(after))
                async for covered, updates in batches:
                    for update in updates:
                        await write(_update(update))
                    if not updates:
                        await write(_heartbeat(covered))
        raise ShuttingDownError("the feed ended")

    async def get_positions(self, request: pb.GetPositionsRequest, _: Principal) -> pb.GetPositionsResponse:
        """Read positions."""
        reached = read_count("min_sequence", request.min_sequence)
        wanted = PositionFilter(
            instrument_key=request.instrument_key,
            strategy_id=request.strategy_id,
            venue=request.venue,
            account=request.account,
            base_asset=request.base_asset,
            include_flat=request.include_flat,
        )
        found = wanted.of(self._service, await self._service.queries.positions(reached))
        return pb.GetPositionsResponse(positions=[pb.Position(**each) for each in found], sequence=reached)

    async def get_exposure(self, request: pb.GetExposureRequest, _: Principal) -> pb.GetExposureResponse:
        """Read exposure: the whole, and by the group asked for."""
        wanted = read_exposure_filter(request.strategy_id, request.venue, request.account)
        by = read_group(request.group_by)
        sequence = read_at(self._service, read_count("min_sequence", request.min_sequence))
        lines, now_ns = wanted.of(self._service), self._service.clock()
        return pb.GetExposureResponse(
            total=pb.Exposure(**total(lines, now_ns)),
            groups=[pb.Exposure(**each) for each in grouped(lines, by, now_ns)] if by else [],
            currency=CURRENCY,
            sequence=sequence,
        )


def _refused(raw: bytes, refusal: Refusal) -> pb.ExecutionResult:
    """Return how a stream tells a refusal. Only an order that can never be is REJECTED; of an operation id whose
    order is not known here, nothing is said."""
    try:
        operation_id = pb.Order.FromString(raw).operation_id
    except DecodeError:
        operation_id = ""
    return pb.ExecutionResult(
        operation_id=operation_id,
        status=str(OrderStatus.REJECTED) if refusal.kind is Kind.INVALID_INPUT else "",
        reason_code=refusal.reason,
        error_message=refusal.message,
    )


def _update(update: Update) -> bytes:
    return pb.ExecutionUpdate(
        sequence=update.sequence,
        kind=update.kind,
        timestamp_ns=update.timestamp_ns,
        result=update.result,
        fill=update.fill,
    ).SerializeToString()


def _heartbeat(sequence: int) -> bytes:
    return pb.ExecutionUpdate(sequence=sequence, kind=HEARTBEAT).SerializeToString()
