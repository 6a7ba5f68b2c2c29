"""An asyncio client of the execution service: safe retry with one operation id, streams that resume, typed results."""

from livexec.client.client import ExecutionClient
from livexec.client.errors import ClientError, NoAnswerError, RefusedError
from livexec.client.results import ExecutionResult, Fill, Position, SignalAnswer, Update
from livexec.client.retry import Patience
from livexec.v1.execution_pb2 import Order, Routing, Signal

__all__ = [
    "ClientError",
    "ExecutionClient",
    "ExecutionResult",
    "Fill",
    "NoAnswerError",
    "Order",
    "Patience",
    "Position",
    "RefusedError",
    "Routing",
    "Signal",
    "SignalAnswer",
    "Update",
]
