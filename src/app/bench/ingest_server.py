"""The server of `livexec bench ingest`, a process of its own: both doors over a durable service, and empty handlers."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Final

import grpc
import orjson
import uvloop
from fastapi import FastAPI, Request, Response

from adapters.http.serving import WebServer
from adapters.telemetry import configure_logs
from app.bench.service import bench_service
from app.interpreter import share_the_interpreter
from livexec.v1 import execution_pb2 as pb

SUBMIT: Final = "/livexec.v1.ExecutionService/SubmitOrder"
_EMPTY: Final = pb.ExecutionResult(operation_id="empty", status="SUBMITTED", order_id="ord-empty").SerializeToString()
_EMPTY_JSON: Final = orjson.dumps({"operation_id": "empty", "status": "SUBMITTED", "order_id": "ord-empty"})


async def _serve() -> None:
    async with bench_service(lambda _: None) as (service, _):
        bare = grpc.aio.server()
        handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
            "SubmitOrder": grpc.unary_unary_rpc_method_handler(_answer_nothing)
        }
        bare.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("livexec.v1.ExecutionService", handlers),))
        bare_port = bare.add_insecure_port("127.0.0.1:0")
        await bare.start()
        web = WebServer("127.0.0.1", 0)
        ports = {
            "grpc": service.grpc_port,
            "rest": service.http_port,
            "grpc_empty": bare_port,
            "rest_empty": await web.start(_empty_application()),
        }
        sys.stdout.write(orjson.dumps(ports).decode() + "\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until whoever asks is done
        await web.stop(0.5)
        await bare.stop(0)


async def _answer_nothing(raw: bytes, _: Any) -> bytes:
    """Read an order and answer, as any server of gRPC has to."""
    pb.Order.FromString(raw)
    return _EMPTY


def _empty_application() -> Callable[..., Awaitable[None]]:
    app = FastAPI(openapi_url=None)

    async def answer(request: Request) -> Response:
        orjson.loads(await request.body())
        return Response(_EMPTY_JSON, 201, media_type="application/json")

    app.add_api_route("/api/orders", answer, methods=["POST"])
    return app


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity") and len(os.sched_getaffinity(0)) > 1:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # its callers have the other processors
    configure_logs("error")  # to standard error: what is printed are the ports
    share_the_interpreter()
    uvloop.run(_serve())
