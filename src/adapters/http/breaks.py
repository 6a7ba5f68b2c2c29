"""`/api/breaks`: what does not agree with the venues, and what to do about it."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Path, Query, Request, Response

from adapters.doors.breaks import list_breaks, read_break_filter, read_resolve, resolve
from adapters.doors.service import Service
from adapters.doors.text import read_count, read_note
from adapters.http.answers import answer, answering
from adapters.http.bodies import read_body, read_resolve_body
from adapters.http.models_control import BreakAnswer, BreaksAnswer, ResolveBody
from adapters.http.openapi import body_of, refusals

Filter = Annotated[str, Query(description="Empty: any")]


class Breaks:
    """The endpoints of breaks."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def add_to(self, app: FastAPI) -> None:
        """Register every endpoint, with what it takes and what it answers."""
        app.add_api_route(
            "/api/breaks", answering(self.find), methods=["GET"], tags=["breaks"],
            summary="List open breaks, oldest first; or settled ones, the last settled first",
            responses={200: {"model": BreaksAnswer}, **refusals(401, 422, 504)},
        )  # fmt: skip
        app.add_api_route(
            "/api/breaks/{break_id:path}/resolve", answering(self.resolve), methods=["POST"], tags=["breaks"],
            summary="Close a break by a person's word", openapi_extra=body_of(ResolveBody),
            responses={200: {"model": BreakAnswer}, **refusals(401, 404, 413, 415, 422, 429, 503)},
        )  # fmt: skip

    async def find(
        self,
        status: Annotated[str, Query(description="OPEN or SETTLED; empty: OPEN")] = "",
        kind: Filter = "",
        venue: Filter = "",
        account: Filter = "",
        instrument_key: Filter = "",
        limit: Annotated[int, Query(description="Breaks a page, 1 to 1000; 0: 100")] = 0,
        cursor: Annotated[str, Query(description="next_cursor of the page before")] = "",
        min_sequence: Annotated[int, Query(description="Refuse unless the reads have reached it; 0: at once")] = 0,
    ) -> Response:
        """Each with what to do about it, in words."""
        wanted = read_break_filter(
            status=status,
            kind=kind,
            venue=venue,
            account=account,
            instrument_key=instrument_key,
            limit=limit,
            cursor=read_note("cursor", cursor, 600),
        )
        page, after, sequence = await list_breaks(self._service, wanted, read_count("min_sequence", min_sequence))
        found = [one | {"sequence": sequence} for one in page]
        return answer({"breaks": found, "next_cursor": after, "sequence": sequence})

    async def resolve(
        self, request: Request, break_id: Annotated[str, Path(description="As the list names it")]
    ) -> Response:
        """It changes no position. A break that is not open, or not any more, is not found."""
        how, reason = read_resolve_body(await read_body(request))
        return answer(await resolve(self._service, read_resolve(break_id, how, request.state.principal, reason)))
