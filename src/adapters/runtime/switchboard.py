"""Which worker a request goes to: the one of its account."""

from __future__ import annotations

from collections.abc import Iterable

from adapters.runtime.refusals import refusal_of
from adapters.runtime.venue_worker import VenueWorker
from ports.errors import MailboxFullError
from ports.requests import VenueRequest
from ports.telemetry import Telemetry
from ports.venue import ReportSink


class Switchboard:
    """Hands requests to workers. One of an account that is not configured any more is answered as not carried out."""

    def __init__(self, workers: Iterable[VenueWorker], reports: ReportSink, telemetry: Telemetry) -> None:
        self._workers = {worker.account: worker for worker in workers}
        self._reports = reports
        self._telemetry = telemetry

    def put(self, request: VenueRequest) -> None:
        """Hand a request over; never raises."""
        worker = self._workers.get(request.account)
        if worker is not None:
            worker.put(request)
            return
        self._telemetry.note("venue.not_configured", account=request.account, kind=type(request).__name__)
        refusal = refusal_of(request, f"account {request.account} is not configured")
        if refusal is None:
            return
        try:
            self._reports.put_report(refusal)
        except MailboxFullError:  # nothing is lost: nothing was sent, and its watch asks again
            self._telemetry.note("venue.report_lost", account=request.account, kind=type(refusal).__name__)


def no_venue(request: VenueRequest) -> None:
    """Stand where requests go before venues are connected: nothing asks for one then."""
    raise LookupError(f"no venue is connected to the host: {request}")
