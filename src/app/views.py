"""What the doors show of the running service: its venues, its halts, and the health of its parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from adapters.doors.service import HaltView, PartHealth, VenueView
from adapters.runtime import VenueWorker
from core.book import Book
from core.reconciliation.accounts import AccountStatus
from ports.execution import FactFeed
from ports.values import OrderStatus

_STATES = {
    AccountStatus.LOST: "DISCONNECTED",
    AccountStatus.RECONCILING: "RECONCILING",
    AccountStatus.READY: "CONNECTED",
}
_FAR_BEHIND = 50_000  # facts that the read tables may lack before they count as not healthy


class ServiceViews:
    """Reads the book and the workers; `book` is asked each time, since the book may be made again."""

    def __init__(
        self,
        book: Callable[[], Book],
        workers: Sequence[VenueWorker],
        feed: FactFeed,
        tables_at: Callable[[], int],
        is_taking: Callable[[], bool],
    ) -> None:
        self._book = book
        self._workers = workers
        self._feed = feed
        self._tables_at = tables_at
        self._is_taking = is_taking

    def health(self) -> Sequence[PartHealth]:
        """Return the health of every part."""
        behind = self._feed.sequence - self._tables_at()
        ready = {view.venue: view.state for view in self.venues()}
        return [
            PartHealth(name="journal", healthy=self._is_taking(), detail=f"sequence {self._feed.sequence}"),
            PartHealth(name="read tables", healthy=behind <= _FAR_BEHIND, detail=f"{behind} facts behind"),
            *(
                PartHealth(name=f"venue {venue}", healthy=state == "CONNECTED", detail=state.lower())
                for venue, state in ready.items()
            ),
        ]

    def venues(self) -> Sequence[VenueView]:
        """Return every venue as it is now."""
        book = self._book()
        open_orders = Counter(order.account for order in book.oms.open_orders())
        unconfirmed = Counter(
            order.account for order in book.oms.open_orders() if order.status is OrderStatus.UNCONFIRMED
        )
        breaks = Counter(one.account for one in book.breaks.values())
        return [
            VenueView(
                venue=session.venue,
                venue_type="NAUTILUS",
                mode="PAPER" if session.capabilities.is_paper else "LIVE",
                state=_STATES[state.status] if state is not None and worker.is_connected else "DISCONNECTED",
                accounts=(session.account,),
                instrument_types=sorted(
                    {str(key.type) for key in book.venue_instruments() if key.venue == session.venue}
                ),
                open_orders=open_orders[session.account],
                unconfirmed_orders=unconfirmed[session.account],
                open_breaks=breaks[session.account],
            )
            for worker in self._workers
            for session in (worker.session,)
            for state in (book.accounts.get(session.account),)
        ]

    def halts(self) -> Sequence[HaltView]:
        """Return every halt in force, oldest first."""
        return [
            HaltView(
                scope=halt.scope,
                value=halt.value,
                mode=halt.mode,
                reason=halt.reason,
                principal=halt.principal,
                since_ns=halt.raised_ns,
            )
            for halt in sorted(self._book().halts, key=lambda halt: halt.raised_ns)
        ]
