"""What the doors show of a plugin's session: that it is one, how it is, and whether it takes its venue's calls."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.runtime.venue_health import VenueHealth
from app.views import ServiceViews
from ports.capabilities import Capabilities
from ports.values import VenueId
from ports.venue_pulse import Budget, Pulse
from ports.webhooks import Hook, HookProof

from fakes.desk import Desk
from fakes.journal import MemoryJournal
from fakes.sayings import ACCOUNTS, INVERSE


class Session:
    """As a plugin brings it."""

    venue = INVERSE.venue
    account = ACCOUNTS[INVERSE]

    def __init__(self, desk: Desk) -> None:
        self.capabilities = Capabilities(orders=desk.abilities, is_paper=False, query_lag_ns=0)

    def pulse(self) -> Pulse:
        spare = Budget(name="matching", left=7.6, most=16, refill_a_second=4)
        return Pulse(heard_ns=5, round_trip_us=900, clock_ahead_ms=40, budgets=(spare,), trouble="maintenance soon")

    def check_hook(self, hook: Hook) -> HookProof:
        raise NotImplementedError

    def take_hook(self, hook: Hook) -> None:
        raise NotImplementedError


@dataclass
class Worker:
    """The worker of a session."""

    session: Session
    is_connected: bool = True
    health: VenueHealth = field(default_factory=lambda: VenueHealth(lambda: 0))


def views_of(desk: Desk, worker: Worker) -> ServiceViews:
    return ServiceViews(lambda: desk.actor.book, [worker], MemoryJournal(), lambda: 0, lambda: True)  # type: ignore[list-item, arg-type]  # what of them is asked for is there


def test_its_pulse_is_told_in_words_and_numbers() -> None:
    desk = Desk(instruments=(INVERSE,))
    (shown,) = views_of(desk, Worker(Session(desk))).venues()
    assert (shown.venue_type, shown.mode, shown.state) == ("EXTERNAL_SDK", "LIVE", "CONNECTED")
    assert (shown.last_message_ns, shown.round_trip_us) == (5, 900)
    assert shown.detail == "maintenance soon, its clock is 40 ms ahead, matching 8 of 16 left"


def test_a_session_that_is_not_connected_tells_nothing_and_takes_no_calls() -> None:
    desk = Desk(instruments=(INVERSE,))
    worker = Worker(Session(desk))
    views = views_of(desk, worker)
    assert views.taking_hooks(VenueId("DERIBIT")) is worker.session
    assert views.taking_hooks(VenueId("OKX")) is None
    worker.is_connected = False
    assert views.taking_hooks(VenueId("DERIBIT")) is None
    (shown,) = views.venues()
    assert (shown.state, shown.detail, shown.round_trip_us) == ("DISCONNECTED", "", 0)
