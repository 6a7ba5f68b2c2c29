"""`livexec.v1.ControlService`."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.doors.asking import control
from adapters.doors.controls import read_halt, read_resume
from adapters.doors.render import venue_plain
from adapters.doors.service import Service
from adapters.doors.text import read_venue
from adapters.grpc.calls import Calls, Handler
from livexec.v1 import control_pb2 as pb
from ports.values import Principal


class ControlCalls:
    """The calls of the service, without the wire."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def handlers(self, calls: Calls) -> Mapping[str, Handler]:
        """Return the handler of every call that there is, by name."""
        return {
            "Halt": calls.unary(pb.HaltRequest, self.halt),
            "Resume": calls.unary(pb.ResumeRequest, self.resume),
            "ListVenues": calls.unary(pb.ListVenuesRequest, self.list_venues),
        }

    async def halt(self, request: pb.HaltRequest, principal: Principal) -> pb.ControlResponse:
        """Stop a scope."""
        command = read_halt(request.scope, request.scope_value, request.mode, request.reason, principal)
        return pb.ControlResponse(**await control(self._service, command))

    async def resume(self, request: pb.ResumeRequest, principal: Principal) -> pb.ControlResponse:
        """Let a halted scope trade again."""
        command = read_resume(request.scope, request.scope_value, request.reason, principal)
        return pb.ControlResponse(**await control(self._service, command))

    async def list_venues(self, request: pb.ListVenuesRequest, _: Principal) -> pb.ListVenuesResponse:
        """Read every venue's state, by name."""
        wanted = read_venue("venue", request.venue) if request.venue else ""
        venues = sorted(self._service.venues(), key=lambda venue: venue.venue)
        return pb.ListVenuesResponse(
            venues=[pb.Venue(**venue_plain(venue)) for venue in venues if not wanted or venue.venue == wanted]
        )
