"""`/api/positions`, `/api/instruments`, `/api/venues`, `/api/algorithms`."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Query, Response

from adapters.doors.changes import list_changes, read_change_filter
from adapters.doors.listing import PositionFilter
from adapters.doors.render import algorithm_plain, instrument_plain, venue_plain
from adapters.doors.service import Service
from adapters.doors.text import read_count, read_note
from adapters.http.answers import answer, answering
from adapters.http.models import (
    AlgorithmsAnswer,
    InstrumentsAnswer,
    VenuesAnswer,
)
from adapters.http.models_positions import PositionHistoryAnswer, PositionHistoryQuery, PositionsAnswer
from adapters.http.openapi import refusals
from adapters.http.times import read_time

Filter = Annotated[str, Query(description="Empty: any")]


class Reads:
    """The endpoints of what is held and where it can trade."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def add_to(self, app: FastAPI) -> None:
        """Register every endpoint, with what it takes and what it answers."""
        app.add_api_route(
            "/api/positions", answering(self.positions), methods=["GET"], tags=["positions"], summary="Read positions",
            responses={200: {"model": PositionsAnswer}, **refusals(401, 422, 504)},
        )  # fmt: skip
        app.add_api_route(
            "/api/positions/history", answering(self.history), methods=["GET"], tags=["positions"],
            summary="Read what positions were after each change, newest first",
            responses={200: {"model": PositionHistoryAnswer}, **refusals(401, 422, 504)},
        )  # fmt: skip
        app.add_api_route(
            "/api/instruments", answering(self.instruments), methods=["GET"], tags=["venues"],
            summary="List what venues list", responses={200: {"model": InstrumentsAnswer}, **refusals(401)},
        )  # fmt: skip
        app.add_api_route(
            "/api/venues", answering(self.venues), methods=["GET"], tags=["venues"], summary="Read every venue's state",
            responses={200: {"model": VenuesAnswer}, **refusals(401)},
        )  # fmt: skip
        app.add_api_route(
            "/api/algorithms", answering(self.algorithms), methods=["GET"], tags=["orders"],
            summary="List the execution algorithms and their parameters",
            responses={200: {"model": AlgorithmsAnswer}, **refusals(401)},
        )  # fmt: skip

    async def positions(
        self,
        instrument_key: Filter = "",
        strategy_id: Filter = "",
        venue: Filter = "",
        account: Filter = "",
        base_asset: Filter = "",
        include_flat: Annotated[bool, Query(description="Also positions whose quantity is zero")] = False,
        min_sequence: Annotated[int, Query(description="Wait, bounded, until the reads have reached it")] = 0,
    ) -> Response:
        """By instrument, account and strategy."""
        wanted = PositionFilter(
            instrument_key=instrument_key,
            strategy_id=strategy_id,
            venue=venue,
            account=account,
            base_asset=base_asset,
            include_flat=include_flat,
        )
        reached = read_count("min_sequence", min_sequence)
        return answer({"positions": wanted.of(self._service, await self._service.queries.positions(reached))})

    async def history(self, asked: Annotated[PositionHistoryQuery, Query()]) -> Response:
        """Of every trade and adjustment there ever was."""
        where = read_change_filter(
            instrument_key=asked.instrument_key,
            strategy_id=asked.strategy_id,
            account=asked.account,
            venue=asked.venue,
            from_ns=read_time("from", asked.from_),
            to_ns=read_time("to", asked.to),
        )
        reached, place = read_count("min_sequence", asked.min_sequence), read_note("cursor", asked.cursor, 500)
        changes, after = await list_changes(self._service, where, asked.limit, place, reached)
        return answer({"changes": changes, "next_cursor": after})

    async def instruments(self, venue: Filter = "") -> Response:
        """By key, in the contract's units."""
        listed = await self._service.queries.instruments()
        return answer({"instruments": [instrument_plain(each) for each in listed if venue in ("", each.key.venue)]})

    async def venues(self) -> Response:
        """By name."""
        venues = sorted(self._service.venues(), key=lambda venue: venue.venue)
        return answer({"venues": [venue_plain(venue) for venue in venues]})

    async def algorithms(self) -> Response:
        """Those that `exec_algorithm` takes besides NORMAL."""
        return answer({"algorithms": [algorithm_plain(each) for each in self._service.algorithms]})
