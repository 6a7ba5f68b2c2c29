"""The gRPC door: `livexec.v1` on grpc.aio."""

from adapters.grpc.door import GrpcDoor

__all__ = ["GrpcDoor"]
