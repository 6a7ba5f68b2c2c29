"""What a session says is passed on, until something of it is lost; then its end is said, once, and nothing more."""

import asyncio

import pytest

from plugins.outlet import Outlet
from ports.errors import MailboxFullError
from ports.reports import CancelRefused, Report, SessionDown
from ports.values import AccountId, ClientOrderId, VenueId

from fakes.virtual_loop import VirtualLoop, pause

ACCOUNT = AccountId("ACME-MAIN")
REFUSED = CancelRefused(account=ACCOUNT, client_order_id=ClientOrderId("o1"), reason="too late")


class Sink:
    """Takes reports while it has room."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.has_room = True

    def put_report(self, report: Report) -> None:
        if not self.has_room:
            raise MailboxFullError("full")
        self.reports.append(report)

    def put_quote(self, *_: object) -> None: ...

    def put_book(self, *_: object) -> None: ...

    def put_trade(self, *_: object) -> None: ...

    def put_funding(self, *_: object) -> None: ...


@pytest.fixture
def outlet() -> Outlet:
    return Outlet(VenueId("ACME"), ACCOUNT)


def test_what_is_put_is_passed_on_and_nothing_after_closing(outlet: Outlet) -> None:
    sink = Sink()
    outlet.put(REFUSED)
    outlet.open(sink, sink)
    outlet.put(REFUSED)
    outlet.close()
    outlet.put(REFUSED)
    outlet.fall("nobody listens")
    assert sink.reports == [REFUSED]


def test_a_fall_is_said_once_and_nothing_follows_it(outlet: Outlet) -> None:
    sink = Sink()
    outlet.open(sink, sink)
    outlet.fall("first")
    outlet.fall("second")
    outlet.put(REFUSED)
    assert sink.reports == [SessionDown(account=ACCOUNT, venue=VenueId("ACME"), reason="first")]
    assert not outlet.is_open
    outlet.open(sink, sink)
    assert outlet.is_open


def test_a_report_without_room_ends_the_session_as_soon_as_that_can_be_said(outlet: Outlet) -> None:
    async def full() -> Sink:
        sink = Sink()
        outlet.open(sink, sink)
        sink.has_room = False
        outlet.put(REFUSED)
        assert not outlet.is_open
        sink.has_room = True
        outlet.put(REFUSED)
        await pause(1)
        return sink

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        (down,) = runner.run(full()).reports
    assert isinstance(down, SessionDown)
    assert "could not be taken" in down.reason
