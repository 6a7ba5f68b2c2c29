"""`livexec.v1.ControlService`."""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.message import Message

from adapters.doors.asking import change, control, limits_now, read_at, set_limits
from adapters.doors.breaks import list_breaks, read_break_filter, read_resolve, resolve
from adapters.doors.controls import read_flatten, read_halt, read_resume
from adapters.doors.corrections import read_adjust, read_bust, read_transfer
from adapters.doors.limits import LimitsDraft, read_approval, read_limits
from adapters.doors.render import Plain, venue_plain
from adapters.doors.service import Service
from adapters.doors.text import read_count, read_note, read_venue
from adapters.grpc.calls import Calls, Handler
from livexec.v1 import control_pb2 as pb
from ports.errors import InvalidInputError
from ports.values import Principal


class ControlCalls:
    """The calls of the service, without the wire."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def handlers(self, calls: Calls) -> Mapping[str, Handler]:
        """Return the handler of every call that there is, by name."""
        return {
            "Halt": calls.unary(pb.HaltRequest, self.halt),
            "Flatten": calls.unary(pb.FlattenRequest, self.flatten),
            "Resume": calls.unary(pb.ResumeRequest, self.resume),
            "ListVenues": calls.unary(pb.ListVenuesRequest, self.list_venues),
            "GetLimits": calls.unary(pb.GetLimitsRequest, self.get_limits),
            "SetLimits": calls.unary(pb.SetLimitsRequest, self.set_limits),
            "ApproveLimits": calls.unary(pb.ApproveLimitsRequest, self.approve_limits),
            "ListBreaks": calls.unary(pb.ListBreaksRequest, self.list_breaks),
            "ResolveBreak": calls.unary(pb.ResolveBreakRequest, self.resolve_break),
            "AdjustPosition": calls.unary(pb.AdjustPositionRequest, self.adjust_position),
            "TransferPosition": calls.unary(pb.TransferPositionRequest, self.transfer_position),
            "BustTrade": calls.unary(pb.BustTradeRequest, self.bust_trade),
        }

    async def halt(self, request: pb.HaltRequest, principal: Principal) -> pb.ControlResponse:
        """Stop a scope."""
        command = read_halt(request.scope, request.scope_value, request.mode, request.reason, principal)
        return pb.ControlResponse(**await control(self._service, command))

    async def flatten(self, request: pb.FlattenRequest, principal: Principal) -> pb.FlattenResponse:
        """Halt a scope, take back what is open, and close its positions."""
        algorithm, params = request.exec_algorithm, request.exec_algorithm_params
        command = read_flatten(request.scope, request.scope_value, request.reason, algorithm, params, principal)
        done = await control(self._service, command)
        return pb.FlattenResponse(
            cancelled_operation_ids=done["cancelled_operation_ids"],
            closing_operation_ids=done["closing_operation_ids"],
            sequence=done["sequence"],
            warning=done["warning"],
        )

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

    async def get_limits(self, request: pb.GetLimitsRequest, _: Principal) -> pb.LimitsResponse:
        """Read the limits in force."""
        sequence = read_at(self._service, read_count("min_sequence", request.min_sequence))
        return _limits_response({**limits_now(self._service), "changed": False, "sequence": sequence})

    async def set_limits(self, request: pb.SetLimitsRequest, principal: Principal) -> pb.LimitsResponse:
        """Put a whole document of limits in force."""
        if not request.HasField("document"):
            raise InvalidInputError("document", "", "send every limit there is, as GetLimits answers them")
        done = await set_limits(self._service, read_limits(_draft(request.document), request.reason, principal))
        return _limits_response(done)

    async def approve_limits(self, request: pb.ApproveLimitsRequest, principal: Principal) -> pb.LimitsResponse:
        """Say a second person's word on limits that wait for it."""
        command = read_approval(request.proposal_id, request.decision, request.reason, principal)
        return _limits_response(await set_limits(self._service, command))

    async def list_breaks(self, request: pb.ListBreaksRequest, _: Principal) -> pb.ListBreaksResponse:
        """Read a page of the open breaks, or of the settled ones."""
        wanted = read_break_filter(
            status=request.status,
            kind=request.kind,
            venue=request.venue,
            account=request.account,
            instrument_key=request.instrument_key,
            limit=request.limit,
            cursor=read_note("cursor", request.cursor, 600),
        )
        reached = read_count("min_sequence", request.min_sequence)
        page, after, sequence = await list_breaks(self._service, wanted, reached)
        return pb.ListBreaksResponse(
            breaks=[pb.Break(**one, sequence=sequence) for one in page], next_cursor=after, sequence=sequence
        )

    async def resolve_break(self, request: pb.ResolveBreakRequest, principal: Principal) -> pb.Break:
        """Close a break by a person's word."""
        command = read_resolve(request.break_id, request.how, principal, request.reason)
        return pb.Break(**await resolve(self._service, command))

    async def adjust_position(self, request: pb.AdjustPositionRequest, principal: Principal) -> pb.ChangeResponse:
        """Put a position right that no trade explains."""
        command = read_adjust(self._service, _texts(request), principal)
        return pb.ChangeResponse(**await change(self._service, command))

    async def transfer_position(self, request: pb.TransferPositionRequest, principal: Principal) -> pb.ChangeResponse:
        """Move a position to another strategy."""
        command = read_transfer(self._service, _texts(request), principal)
        return pb.ChangeResponse(**await change(self._service, command))

    async def bust_trade(self, request: pb.BustTradeRequest, principal: Principal) -> pb.ChangeResponse:
        """Take back a trade that its venue annulled."""
        return pb.ChangeResponse(**await change(self._service, read_bust(_texts(request), principal)))


def _texts(request: Message) -> dict[str, str]:
    """Return the fields of a message that has text alone."""
    return {field.name: getattr(request, field.name) for field in request.DESCRIPTOR.fields}


def _draft(document: pb.Limits) -> LimitsDraft:
    return {
        field.name: getattr(document, field.name)
        for field in document.DESCRIPTOR.fields
        if not field.has_presence or document.HasField(field.name)
    }


def _limits_response(now: Plain) -> pb.LimitsResponse:
    pending = now["pending"]
    if pending is not None:
        changes = [pb.LimitChange(**change) for change in pending["changes"]]
        pending = pb.LimitsProposal(**{**pending, "changes": changes})
    return pb.LimitsResponse(
        document=_document(now["limits"]),
        changed=now["changed"],
        sequence=now["sequence"],
        pending=pending,
        warnings=now["warnings"],
    )


def _document(limits: Plain) -> pb.Limits:
    return pb.Limits(**{name: value for name, value in limits.items() if value is not None})
