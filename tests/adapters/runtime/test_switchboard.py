"""Requests find their worker, or are answered as not carried out."""

from typing import Any

import pytest

from adapters.runtime import Switchboard
from ports.errors import MailboxFullError
from ports.instruments import InstrumentKey
from ports.reports import OrderNotSent, QueryUnanswered, Report, StatementUnanswered
from ports.requests import AskStatement, QueryOrder, SendCancel, VenueRequest
from ports.values import AccountId, ClientOrderId

from fakes.telemetry import RecordingTelemetry

GONE = AccountId("GONE")
KEY = InstrumentKey("BYBIT:PERPETUAL:BTC-USDT@LIN")
NAME = ClientOrderId("x1")


class Inbox:
    def __init__(self, full: bool = False) -> None:
        self.reports: list[Report] = []
        self.full = full

    def put_report(self, report: Report) -> None:
        if self.full:
            raise MailboxFullError("full")
        self.reports.append(report)


QUERY = QueryOrder(account=GONE, instrument=KEY, client_order_id=NAME)
CANCEL = SendCancel(account=GONE, instrument=KEY, client_order_id=NAME, venue_order_id=None)
STATEMENT = AskStatement(account=GONE, fills_since_ns=0)


@pytest.mark.parametrize(("request_", "answered"), [(QUERY, QueryUnanswered), (STATEMENT, StatementUnanswered)])
def test_a_request_of_an_account_that_is_not_configured_is_answered_as_not_carried_out(
    request_: VenueRequest, answered: type[Any]
) -> None:
    inbox = Inbox()
    Switchboard([], inbox, RecordingTelemetry()).put(request_)
    (report,) = inbox.reports
    assert isinstance(report, answered)
    assert "GONE is not configured" in report.reason


def test_a_cancel_of_such_an_account_is_noted_and_left_to_its_watch() -> None:
    inbox, telemetry = Inbox(), RecordingTelemetry()
    Switchboard([], inbox, telemetry).put(CANCEL)
    assert inbox.reports == []
    assert not any(isinstance(report, OrderNotSent) for report in inbox.reports)


def test_a_full_mailbox_does_not_stop_the_host() -> None:
    Switchboard([], Inbox(full=True), RecordingTelemetry()).put(QUERY)
