"""The gRPC door: opens, serves, and closes within a bound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from adapters.doors.attendance import Attendance
from adapters.doors.pacing import HEARTBEAT_S, Streams
from adapters.doors.service import Service
from adapters.doors.tls import Tls, read_pem
from adapters.grpc.calls import Calls, Handler, not_available
from adapters.grpc.control import ControlCalls
from adapters.grpc.execution import ExecutionCalls
from adapters.grpc.health import Health
from livexec.v1 import control_pb2, execution_pb2

MAX_MESSAGE_BYTES: Final = 4 * 1024 * 1024
MAX_CALLS: Final = 4_096  # at once; more are answered RESOURCE_EXHAUSTED
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", -1),  # a page of 1000 orders with their trades is ours to bound, by its limit
    ("grpc.keepalive_time_ms", 10_000),  # a peer that is gone without a word is noticed, and so its strategy
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.so_reuseport", 0),  # two processes must never share a port in silence
)


class GrpcDoor:
    """`livexec.v1` with health and reflection on one port; every message is at most 4 MB."""

    def __init__(
        self, service: Service, host: str = "127.0.0.1", port: int = 50051, heartbeat_s: float = HEARTBEAT_S
    ) -> None:
        """Prepare a door; port 0 means any free one.

        Raises:
            InvalidInputError: `host` is not a loopback address, and no tokens or no certificate are configured.
        """
        service.auth.check_host(host, is_encrypted=service.tls is not None)
        self._service = service
        self._host = host
        self._port = port
        self._heartbeat_s = heartbeat_s
        self._server: grpc.aio.Server | None = None
        self._streams: Streams | None = None
        self._attendance = Attendance(service.gateway)

    async def start(self) -> int:
        """Open the door and return its port.

        Raises:
            OSError: the port cannot be had.
        """
        self._streams = streams = Streams()
        server = grpc.aio.server(options=_OPTIONS, maximum_concurrent_rpcs=MAX_CALLS)
        calls = Calls(self._service.auth, self._service.meter, self._service.clients)
        execution = execution_pb2.DESCRIPTOR.services_by_name["ExecutionService"]
        control = control_pb2.DESCRIPTOR.services_by_name["ControlService"]
        offered = ExecutionCalls(self._service, streams, self._attendance, self._heartbeat_s).handlers(calls)
        _add(server, execution, offered)
        _add(server, control, ControlCalls(self._service).handlers(calls))
        names = [execution.full_name, control.full_name]
        health_pb2_grpc.add_HealthServicer_to_server(Health(self._service.health, names, streams.closing), server)
        health_name = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
        reflection.enable_server_reflection([*names, health_name, reflection.SERVICE_NAME], server)
        address = f"[{self._host}]" if ":" in self._host else self._host
        try:
            bound = _bind(server, f"{address}:{self._port}", self._service.tls)
        except RuntimeError as refused:
            raise OSError(f"gRPC cannot listen on {address}:{self._port}") from refused
        await server.start()
        self._server = server
        return bound

    def announce(self) -> None:
        """Say again which strategies are there, after the book was made again."""
        self._attendance.announce()

    async def stop(self, grace_s: float) -> None:
        """Take no new calls, end the streams, and give the other calls `grace_s` seconds. Harmless to repeat."""
        if self._server is None or self._streams is None:
            return
        server, self._server = self._server, None
        self._streams.closing.set()
        await server.stop(grace_s)
        await self._attendance.stop()


def _bind(server: grpc.aio.Server, address: str, tls: Tls | None) -> int:
    if tls is None:
        return server.add_insecure_port(address)
    pair = (read_pem("doors.tls.key", tls.key), read_pem("doors.tls.certificate", tls.certificate))
    authority = None if tls.client_ca is None else read_pem("doors.tls.client_ca", tls.client_ca)
    credentials = grpc.ssl_server_credentials([pair], authority, require_client_auth=authority is not None)
    return server.add_secure_port(address, credentials)


def _add(server: grpc.aio.Server, service: ServiceDescriptor, offered: Mapping[str, Handler]) -> None:
    handlers = {method.name: offered.get(method.name) or not_available(method.name) for method in service.methods}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, handlers),))
