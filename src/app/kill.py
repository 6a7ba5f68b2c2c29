"""Taking back every open order at the live venues from outside the service: for when it answers nobody.

It speaks to the venues over connections of its own and touches neither the journal nor the service. What it takes
back, the service hears from its venues, now or at its next start. It asks each venue what is open, cancels that, and
asks again until the venue itself says that nothing is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from app.container import live_venues
from app.settings import Mode, Settings
from app.venues import Venues
from ports.errors import InvalidInputError, LivexecError
from ports.instruments import InstrumentKey
from ports.market_data import BookSource, FundingRate, QuoteSource, Trade
from ports.reports import OrderStatusReport, Report
from ports.requests import SendCancel
from ports.values import AccountId, VenueId
from ports.venue import VenueSession

CONNECT_S: Final = 30.0
ASK_AGAIN_S: Final = 0.5  # a venue's list may trail its cancels by that much

type Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What became of one account. `left` None: its venue did not say, and nothing is known."""

    venue: VenueId
    account: AccountId
    found: int
    left: int | None
    problem: str = ""

    @property
    def is_clear(self) -> bool:
        """Whether the venue itself said that nothing is open."""
        return self.left == 0


class _Unheard:
    """Where reports and the market go: nobody asks for them here."""

    def put_report(self, report: Report) -> None:
        pass

    def put_quote(self, instrument: InstrumentKey, source: QuoteSource) -> None:
        pass

    def put_book(self, instrument: InstrumentKey, source: BookSource) -> None:
        pass

    def put_trade(self, trade: Trade) -> None:
        pass

    def put_funding(self, funding: FundingRate) -> None:
        pass


async def take_back_everything(
    settings: Settings, account: str = "", within_s: float = 60.0, progress: Progress = lambda line: None
) -> Sequence[TakenBack]:
    """Cancel every open order of the configured accounts (or of one), and say what their venues still list.

    Raises:
        InvalidInputError: nothing is traded live by this configuration, or it has no such account.
        VenueUnavailableError: no connection could be made at all.
    """
    if settings.mode is not Mode.LIVE:
        raise InvalidInputError("mode", settings.mode, "paper venues live and end with the service: stop that")
    if settings.is_shadow:
        raise InvalidInputError(
            "trading_node.shadow", "true", "shadow mode sends nothing to a venue: nothing is open there"
        )
    venues = live_venues(settings)
    wanted = [session for session in venues.sessions if account in ("", session.account)]
    if not wanted:
        have = ", ".join(session.account for session in venues.sessions)
        raise InvalidInputError("--account", account, f"this configuration has {have}")
    await venues.start()
    try:
        return await asyncio.gather(*(_clear(session, within_s, progress) for session in wanted))
    finally:
        await _leave(venues, wanted)


async def _clear(session: VenueSession, within_s: float, progress: Progress) -> TakenBack:
    found: dict[str, OrderStatusReport] = {}
    left: int | None = None
    problem = ""
    nobody = _Unheard()
    try:
        async with asyncio.timeout(CONNECT_S):
            await session.connect(nobody, nobody)
        async with asyncio.timeout(within_s):
            while left != 0:
                still = await session.open_orders()
                left = len(still)
                found |= {order.client_order_id: order for order in still}
                progress(f"{session.account}: {left} open")
                for order in still:
                    await _cancel(session, order)
                if still:
                    await asyncio.sleep(ASK_AGAIN_S)
    except TimeoutError:
        problem = "not done in time: run it again, and look at the venue's own page"
    except LivexecError as error:
        left, problem = None, str(error)
    return TakenBack(session.venue, session.account, len(found), left, problem)


async def _cancel(session: VenueSession, order: OrderStatusReport) -> None:
    """Ask once; an order that could not be asked for now is listed, and so asked for, again."""
    with suppress(LivexecError):
        await session.cancel(
            SendCancel(
                account=session.account,
                instrument=order.instrument,
                client_order_id=order.client_order_id,
                venue_order_id=order.venue_order_id,
            )
        )


async def _leave(venues: Venues, sessions: Sequence[VenueSession]) -> None:
    for session in sessions:
        with suppress(LivexecError):
            await session.disconnect()
    await venues.stop()
