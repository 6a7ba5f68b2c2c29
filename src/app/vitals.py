"""The running service's vital signs, read from memory alone: nothing here waits, and nothing walks over every order."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from adapters.runtime import ActorHost, VenueWorker
from adapters.telemetry import FactMetrics, VenueVital, Vitals
from core.book import Book
from core.reconciliation.accounts import AccountStatus
from ports.facts import RiskDecided
from ports.market_data import QuoteReader
from ports.values import ZERO, OperationId, OrderStatus, exact
from ports.venue_pulse import HasPulse, Pulse

STATES: Final = {
    AccountStatus.LOST: "DISCONNECTED",
    AccountStatus.RECONCILING: "RECONCILING",
    AccountStatus.READY: "CONNECTED",
}
_FLOORS: Final = ("min_", "check_")  # rules that ask for no less: no share of them is in use


class VitalSigns:
    """Reads the book, the host and the workers; called at each scrape and at each look of the alerts."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that there is to read
        self,
        book: Callable[[], Book],
        host: ActorHost,
        workers: Sequence[VenueWorker],
        quotes: QuoteReader,
        metrics: FactMetrics,
        tables_behind: Callable[[], int],
        folder: Path,
        clock: Callable[[], int],
        lease_s: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._book = book
        self._host = host
        self._workers = workers
        self._quotes = quotes
        self._metrics = metrics
        self._tables_behind = tables_behind
        self._folder = folder
        self._clock = clock
        self._lease_s = lease_s

    def __call__(self) -> Vitals:
        """Return everything as it is now."""
        book = self._book()
        disk = shutil.disk_usage(self._folder)
        quoted = self._quoted(book)
        return Vitals(
            now_ns=self._clock(),
            is_taking=self._host.is_taking,
            lease_s=self._lease_s(),
            mailbox=self._host.waiting,
            tables_behind=self._tables_behind(),
            open_orders=book.oms.open_count,
            unconfirmed_ns=tuple(self._metrics.unconfirmed.values()),
            breaks=tuple([(str(one.kind), one.opened_ns) for one in book.breaks.values()]),
            halts=len(list(book.halts)),
            exposure_usd=_exposure(book),
            limit_use=limit_use(self._metrics.judged),
            venues=[_venue(worker, book, quoted) for worker in self._workers],
            disk_free_bytes=disk.free,
            disk_bytes=disk.total,
        )

    def _quoted(self, book: Book) -> Mapping[str, int]:
        newest: dict[str, int] = {}
        for key in book.venue_instruments():
            quote = self._quotes.latest(key)
            if quote is not None:
                newest[key.venue] = max(newest.get(key.venue, 0), quote.received_ns)
        return newest


def unconfirmed_in(book: Book) -> Mapping[OperationId, int]:
    """Return the orders that are UNCONFIRMED, and since when."""
    doubted = [one for one in book.oms.open_orders() if one.status is OrderStatus.UNCONFIRMED]
    return {one.terms.operation_id: one.awaited_since_ns for one in doubted}


def _venue(worker: VenueWorker, book: Book, quoted: Mapping[str, int]) -> VenueVital:
    session, health = worker.session, worker.health
    pulse = session.pulse() if isinstance(session, HasPulse) and worker.is_connected else Pulse()
    state = book.accounts.get(session.account)
    return VenueVital(
        venue=session.venue,
        account=session.account,
        state=STATES[state.status] if state is not None and worker.is_connected else "DISCONNECTED",
        heard_ns=max(health.heard_ns, pulse.heard_ns, quoted.get(session.venue, 0)),
        quoted_ns=quoted.get(session.venue, 0),
        round_trip_s=(health.round_trip_us or pulse.round_trip_us) / 1e6,
        clock_ahead_s=pulse.clock_ahead_ms / 1e3,
        budgets_left={one.name: one.left / one.most for one in pulse.budgets if one.most},
    )


def _exposure(book: Book) -> Mapping[str, float]:
    """Return gross, net and worst case; what cannot be valued counts as nothing, as it does at the doors."""
    gross = net = worst = ZERO
    amounts = book.exposure.gross_by_instrument()
    with exact():
        for instrument, held in book.exposure.by_instrument().items():
            unit = book.market.unit_usd(instrument)
            if unit is not None:
                gross += amounts.get(instrument, ZERO) * unit
                net += held.position * unit
                worst += held.worst_case * unit
    return {"gross": float(gross), "net": float(net), "worst_case": float(worst)}


def limit_use(judged: Sequence[RiskDecided]) -> Mapping[str, float]:
    """Return the highest share of each limit that decisions saw; a rule whose limit is no amount has none."""
    highest: dict[str, float] = {}
    for decided in tuple(judged):
        for verdict in decided.verdicts:
            share = None if verdict.rule.startswith(_FLOORS) else _share(verdict.value, verdict.limit)
            if share is not None:
                highest[verdict.rule] = max(highest.get(verdict.rule, 0.0), share)
    return highest


def _share(value: str, limit: str) -> float | None:
    try:
        most = Decimal(limit)
        return abs(float(Decimal(value) / most)) if most > 0 else None
    except InvalidOperation:
        return None
