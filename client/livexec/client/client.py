"""The client itself: one channel, one token, and calls that are repeated until they are answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from decimal import Decimal
from types import TracebackType
from typing import Final, Self
from uuid import uuid4

import grpc

from livexec.client.errors import RefusedError, refused
from livexec.client.results import ExecutionResult, Position, SignalAnswer, Update
from livexec.client.retry import REPEATED, Patience, ask
from livexec.v1 import control_pb2, control_pb2_grpc, execution_pb2, execution_pb2_grpc

MAX_MESSAGE_BYTES: Final = 4 * 1024 * 1024  # what the service takes
HEARTBEAT: Final = "HEARTBEAT"
_OPTIONS: Final = (
    # A service that restarts is found again in a second, not in gRPC's two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.max_receive_message_length", -1),
)


class ExecutionClient:
    """Sends orders to the execution service at `target` (host:port) and follows them.

    Every call is repeated with a growing pause while the service is away or busy, up to `patience.deadline_s`; see
    `livexec.client.retry.ask` for why that is safe. Without `credentials` the connection is not encrypted.
    """

    def __init__(
        self,
        target: str,
        token: str | None = None,
        *,
        patience: Patience | None = None,
        credentials: grpc.ChannelCredentials | None = None,
    ) -> None:
        self._patience = patience or Patience()
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()
        self._channel = (
            grpc.aio.insecure_channel(target, _OPTIONS)
            if credentials is None
            else grpc.aio.secure_channel(target, credentials, _OPTIONS)
        )
        self._execution = execution_pb2_grpc.ExecutionServiceStub(self._channel)
        self._control = control_pb2_grpc.ControlServiceStub(self._channel)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connection; calls under way end without an answer."""
        await self._channel.close()

    async def submit(self, order: execution_pb2.Order) -> ExecutionResult:
        """Submit one order and return it as it now is; a refusal by risk is a result whose status is REJECTED.

        Raises:
            RefusedError: the order cannot be read or cannot be one of its instrument, or its operation id belongs to
                another order; nothing was recorded.
            NoAnswerError: nothing is known; submit the same order again, or ask for it.
        """
        if order.ByteSize() > MAX_MESSAGE_BYTES:
            message = f"order: {order.ByteSize()} bytes are not usable: at most {MAX_MESSAGE_BYTES} are taken"
            raise RefusedError("RESOURCE_EXHAUSTED", "BODY_TOO_LARGE", "order", message)
        return ExecutionResult.of(
            await ask(
                lambda seconds: self._execution.SubmitOrder(order, timeout=seconds, metadata=self._metadata),
                self._patience,
            )
        )

    async def cancel(self, operation_id: str, reason: str = "") -> ExecutionResult:
        """Ask for the cancellation of one order and return it as it now is; harmless to repeat.

        Raises:
            RefusedError: reason NOT_FOUND: the id is not known, and its submit is refused from now on.
            NoAnswerError: nothing is known.
        """
        request = execution_pb2.CancelOrderRequest(operation_id=operation_id, reason=reason)
        return ExecutionResult.of(
            await ask(
                lambda seconds: self._execution.CancelOrder(request, timeout=seconds, metadata=self._metadata),
                self._patience,
            )
        )

    async def amend(
        self,
        operation_id: str,
        *,
        amount: Decimal | str | None = None,
        price: Decimal | str | None = None,
        trigger_price: Decimal | str | None = None,
        amend_id: str = "",
        reason: str = "",
    ) -> ExecutionResult:
        """Ask for another whole amount (counting what is filled), price or trigger, and return the order as it now is.

        As a rule that is PENDING_AMEND: the venue has not spoken yet, and `watch` tells when it has. Each call is one
        amend, however often it is repeated on the way; give an `amend_id` (once for ever within the order) to go on
        with the same amend in a later call, and nothing more is asked for.

        Raises:
            RefusedError: the new values cannot be read or cannot be an order of its instrument; no such order; or it
                cannot be amended now, `reason` saying why, such as AMEND_PENDING, FILLED_BEYOND, ORDER_CLOSED or the
                word of a risk rule. Nothing was recorded, and the order is as it was.
            NoAnswerError: nothing is known; also where the venue stayed unconnected until time was up.
        """
        request = execution_pb2.AmendOrderRequest(
            operation_id=operation_id,
            amount=_text(amount),
            price=_text(price),
            trigger_price=_text(trigger_price),
            amend_id=amend_id or uuid4().hex,
            reason=reason,
        )
        return ExecutionResult.of(
            await ask(
                lambda seconds: self._execution.AmendOrder(request, timeout=seconds, metadata=self._metadata),
                self._patience,
            )
        )

    async def cancel_all(
        self, *, strategy_id: str = "", venue: str = "", instrument_key: str = "", reason: str = ""
    ) -> Sequence[str]:
        """Ask for the cancellation of every open order that the filters leave; return their operation ids.

        Raises:
            RefusedError: a filter cannot be read.
            NoAnswerError: nothing is known.
        """
        request = execution_pb2.CancelAllRequest(
            strategy_id=strategy_id, venue=venue, instrument_key=instrument_key, reason=reason
        )
        answer = await ask(
            lambda seconds: self._execution.CancelAll(request, timeout=seconds, metadata=self._metadata), self._patience
        )
        return tuple(answer.operation_ids)

    async def push_signal(self, signal: execution_pb2.Signal) -> SignalAnswer:
        """Tell what a configured strategy wants from `signal.timestamp_ns` on, and return what became of it.

        Harmless to repeat: the same signal never trades twice.

        Raises:
            RefusedError: the signal cannot be read; reason NOT_FOUND: no such strategy is configured.
            NoAnswerError: nothing is known; push the same signal again.
        """
        return SignalAnswer.of(
            await ask(
                lambda seconds: self._execution.PushSignal(signal, timeout=seconds, metadata=self._metadata),
                self._patience,
            )
        )

    async def order(self, operation_id: str, min_sequence: int = 0) -> ExecutionResult | None:
        """Read one order; None means the service answered that it knows no such operation id.

        `min_sequence` (of an earlier answer) makes the service wait until its reads have reached it.

        Raises:
            RefusedError: the operation id cannot be one.
            NoAnswerError: nothing is known.
        """
        request = execution_pb2.GetOrderRequest(operation_id=operation_id, min_sequence=min_sequence)
        try:
            answer = await ask(
                lambda seconds: self._execution.GetOrder(request, timeout=seconds, metadata=self._metadata),
                self._patience,
            )
        except RefusedError as refusal:
            if refusal.status == grpc.StatusCode.NOT_FOUND.name:
                return None
            raise
        return ExecutionResult.of(answer.result)

    async def orders(  # noqa: PLR0913, every filter of the contract, by name
        self,
        *,
        status: Sequence[str] = (),
        open_only: bool = False,
        strategy_id: str = "",
        venue: str = "",
        instrument_key: str = "",
        parent_operation_id: str = "",
        from_ns: int = 0,
        to_ns: int = 0,
        page: int = 200,
        min_sequence: int = 0,
    ) -> AsyncGenerator[ExecutionResult]:
        """Yield orders, newest first, asking for `page` at a time.

        Raises:
            RefusedError: a filter cannot be read.
            NoAnswerError: the next page did not come.
        """
        request = execution_pb2.ListOrdersRequest(
            status=status,
            open_only=open_only,
            strategy_id=strategy_id,
            venue=venue,
            instrument_key=instrument_key,
            parent_operation_id=parent_operation_id,
            from_ns=from_ns,
            to_ns=to_ns,
            limit=page,
            min_sequence=min_sequence,
        )
        while True:
            answer = await ask(
                lambda seconds: self._execution.ListOrders(request, timeout=seconds, metadata=self._metadata),
                self._patience,
            )
            for result in answer.orders:
                yield ExecutionResult.of(result)
            if not answer.next_cursor:
                return
            request.cursor = answer.next_cursor

    async def positions(
        self, *, strategy_id: str = "", venue: str = "", include_flat: bool = False, min_sequence: int = 0
    ) -> Sequence[Position]:
        """Read positions, by instrument, account and strategy.

        Raises:
            RefusedError: a filter cannot be read.
            NoAnswerError: nothing is known.
        """
        request = execution_pb2.GetPositionsRequest(
            strategy_id=strategy_id, venue=venue, include_flat=include_flat, min_sequence=min_sequence
        )
        answer = await ask(
            lambda seconds: self._execution.GetPositions(request, timeout=seconds, metadata=self._metadata),
            self._patience,
        )
        return tuple([Position.of(position) for position in answer.positions])

    async def halt(self, scope: str, scope_value: str, reason: str, mode: str = "HALT") -> bool:
        """Stop new risk in a scope until it is resumed; return False where it was so already.

        Raises:
            RefusedError: the scope or the mode cannot be read.
            NoAnswerError: nothing is known; halting again changes nothing more.
        """
        request = control_pb2.HaltRequest(scope=scope, scope_value=scope_value, mode=mode, reason=reason)
        answer = await ask(
            lambda seconds: self._control.Halt(request, timeout=seconds, metadata=self._metadata), self._patience
        )
        return answer.changed

    async def resume(self, scope: str, scope_value: str, reason: str) -> bool:
        """Let a halted scope trade again; return False where it was not halted.

        Raises:
            RefusedError: the scope cannot be read.
            NoAnswerError: nothing is known; resuming again changes nothing more.
        """
        request = control_pb2.ResumeRequest(scope=scope, scope_value=scope_value, reason=reason)
        answer = await ask(
            lambda seconds: self._control.Resume(request, timeout=seconds, metadata=self._metadata), self._patience
        )
        return answer.changed

    async def watch(
        self,
        after_sequence: int | None = None,
        *,
        strategy_id: str = "",
        operation_id: str = "",
        cancel_on_disconnect_ms: int = 0,
    ) -> AsyncGenerator[Update]:
        """Yield every change after `after_sequence` in the journal's order, for ever: no hole, no repeat.

        None begins now, 0 at the very beginning. A connection that breaks, or that gives no sign of life for
        `patience.silence_s`, is made again, and the stream goes on from the last sequence seen. Keep the sequence of
        the last update you have dealt with, and a new process can go on from there as well.

        With `cancel_on_disconnect_ms` and `strategy_id` the service cancels that strategy's open orders when this
        stream is gone, however it ended, and no other such stream of it was opened within so many milliseconds.

        Raises:
            RefusedError: a filter cannot be read, or the journal is not the one that `after_sequence` came from.
        """
        reached, attempt = after_sequence, 0
        while True:
            call = self._execution.WatchExecutions(
                execution_pb2.WatchExecutionsRequest(
                    after_sequence=reached or 0,
                    from_beginning=reached == 0,
                    strategy_id=strategy_id,
                    operation_id=operation_id,
                    cancel_on_disconnect_ms=cancel_on_disconnect_ms,
                ),
                metadata=self._metadata,
            )
            try:
                while True:
                    reading = asyncio.ensure_future(call.read())
                    await asyncio.wait({reading}, timeout=self._patience.silence_s)
                    if not reading.done():
                        break  # silence is a broken connection
                    message = reading.result()
                    if not isinstance(message, execution_pb2.ExecutionUpdate):
                        break  # the end of the stream: the service is stopping
                    attempt = 0
                    repeated = reached is not None and message.sequence <= reached
                    reached = max(reached or 0, message.sequence)
                    if message.kind != HEARTBEAT and not repeated:
                        yield Update.of(message)
            except grpc.aio.AioRpcError as error:
                if error.code() not in REPEATED:
                    raise refused(error) from error
            finally:
                call.cancel()
            await asyncio.sleep(self._patience.pause(attempt))
            attempt += 1


def _text(number: Decimal | str | None) -> str:
    """Write a number as the protocol does: every digit, no exponent; empty: not given."""
    return format(number, "f") if isinstance(number, Decimal) else number or ""
