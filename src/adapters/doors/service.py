"""What a door opens onto: the ports it asks, and the few things that only the application knows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Protocol

from adapters.doors.auth import Authenticator
from adapters.doors.clients import Clients
from adapters.doors.hooks import HookSource
from adapters.doors.tls import Tls
from ports.alerts import Alert
from ports.commands import HaltMode, HaltScope, Limits
from ports.errors import InvalidInputError
from ports.execution import CommandGateway, FactFeed
from ports.facts import BreakKind, LimitsProposed, TripKind
from ports.instruments import InstrumentKey
from ports.projections import Queries
from ports.signals import SignalStrategies
from ports.values import AccountId, OperationId, Principal, StrategyId, VenueId


@dataclass(frozen=True, slots=True, kw_only=True)
class PartHealth:
    """One part of the service (journal, a venue, a projection) and whether it does its work."""

    name: str
    healthy: bool
    detail: str = ""  # in words, for people without a token too: no addresses, no secrets


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueView:
    """One venue as it is now; words as `livexec.v1.Venue` spells them."""

    venue: VenueId
    venue_type: str  # NAUTILUS | EXTERNAL_SDK
    mode: str  # LIVE | PAPER | SHADOW
    state: str  # CONNECTING | CONNECTED | RECONCILING | DEGRADED | DISCONNECTED
    detail: str = ""
    accounts: Sequence[AccountId] = ()
    instrument_types: Sequence[str] = ()
    last_message_ns: int = 0  # 0: never
    round_trip_us: int = 0  # 0: not measured
    open_orders: int = 0
    unconfirmed_orders: int = 0
    open_breaks: int = 0
    orders_left: int = -1  # new orders that its limits let go at once; -1: not known
    dead_man_s: int = 0  # after how long without us it takes every order back by itself; 0: it does not


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreView:
    """A place that the service keeps things in, as it was when it was asked last."""

    name: str
    kind: str
    place: str = ""  # a folder or bucket; never an address, which may hold a password
    state: str = "NOT_ASKED"  # NOT_ASKED | ANSWERS | AWAY | NOT_CONFIGURED
    detail: str = ""
    latency_us: int = 0  # of its last answer; 0: none yet
    last_write_ns: int = 0  # 0: not known
    asked_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltView:
    """One halt in force."""

    scope: HaltScope
    value: str
    mode: HaltMode
    reason: str
    principal: Principal
    since_ns: int
    trip: TripKind | None = None  # the control that halted it by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakView:
    """One open break. `ours` and `theirs` are None where it is not about two amounts."""

    break_id: str
    kind: BreakKind
    account: AccountId | None
    venue: VenueId | None
    instrument: InstrumentKey | None
    operation_id: OperationId | None  # the order it is about
    detail: str
    opened_ns: int
    ours: Decimal | None = None
    theirs: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureLine:
    """What one strategy holds of one instrument over all its accounts, and what its open orders could make of it.

    `unit_usd` is what one unit is worth; None where no price or no rate is known. `price_ns` is when the price behind
    it arrived: 0 where only our own last trade is known, None where none is needed (an inverse quantity is notional).
    """

    strategy_id: StrategyId
    instrument: InstrumentKey
    position: Decimal  # negative where short
    worst_case: Decimal  # the largest absolute position, whatever fills and whatever does not
    unit_usd: Decimal | None
    price_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterView:
    """One parameter of an algorithm, in words. `default` empty: none."""

    name: str
    says: str
    unit: str
    bounds: str
    default: str
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmView:
    """One execution algorithm, as people read of it."""

    name: str
    says: str
    parameters: Sequence[ParameterView]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamView:
    """A strategy whose orders are cancelled when its streams are gone; `cancel_at_ns` None: one is open."""

    strategy_id: StrategyId
    open_streams: int
    grace_ms: int
    cancel_at_ns: int | None


REQUESTS_PER_SECOND: Final = 20_000  # of one client, unless configured

type Meter = Callable[[str, str, str, float], None]  # door, call, outcome, seconds
type StoreSource = Callable[[], Sequence[StoreView]]
type HealthSource = Callable[[], Sequence[PartHealth]]
type VenueSource = Callable[[], Sequence[VenueView]]
type HaltSource = Callable[[], Sequence[HaltView]]
type StreamSource = Callable[[], Sequence[StreamView]]
type BreakSource = Callable[[], Sequence[BreakView]]
type LimitsSource = Callable[[], Limits]
type ProposalSource = Callable[[], LimitsProposed | None]
type ExposureSource = Callable[[], Sequence[ExposureLine]]
type ListingSource = Callable[[InstrumentKey], Sequence[AccountId]]


class AlertDesk(Protocol):
    """The alerts that hold, and who looks after them."""

    def active(self) -> Sequence[Alert]:
        """Return every alert that holds, the gravest first."""

    def acknowledge(self, name: str, subject: str, principal: Principal, now_ns: int) -> Alert | None:
        """Take note that somebody looks after an alert; None: there is no such alert."""


class NoAlerts:
    """Where nothing is watched."""

    def active(self) -> Sequence[Alert]:
        """Nothing holds."""
        return ()

    def acknowledge(self, name: str, subject: str, principal: Principal, now_ns: int) -> Alert | None:
        """There is none."""
        return None


def unmeasured(door: str, call: str, outcome: str, seconds: float) -> None:
    """Measure nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Everything both doors need. The sources are called often, never wait and never fail.

    `halts` gives every halt in force, `breaks` every open break, both oldest first; `streams` the strategies whose
    orders are cancelled on disconnect; `limits` those in force, `proposal` those that wait for a second person;
    `exposure` everything that is held or could be; `listed_in` the accounts that list an instrument (none: it is not
    known); `hooks` the session of a venue that calls back. All of them are as of the newest answer of `gateway`.
    `algorithms` are those an order may ask for; `strategies` those whose signals are traded. `meter` is told of every
    answered request; `clients` bounds what each may ask; `tls` is what both doors encrypt with (None: they do not).
    `stores` are the places that things are kept in; `versions` what the service is made of, by name; `known_venues`
    all that an adapter or a plugin brings, traded here or not (empty: nobody can say).
    """

    gateway: CommandGateway
    queries: Queries
    feed: FactFeed
    health: HealthSource
    venues: VenueSource
    halts: HaltSource
    breaks: BreakSource
    streams: StreamSource
    limits: LimitsSource
    exposure: ExposureSource
    listed_in: ListingSource
    algorithms: Sequence[AlgorithmView]
    strategies: SignalStrategies
    proposal: ProposalSource = lambda: None
    hooks: HookSource = lambda venue: None
    meter: Meter = unmeasured
    alerts: AlertDesk = field(default_factory=NoAlerts)
    stores: StoreSource = tuple
    versions: Mapping[str, str] = field(default_factory=dict)
    known_venues: frozenset[str] = frozenset()
    auth: Authenticator = field(default_factory=Authenticator)
    clients: Clients = field(default_factory=lambda: Clients(REQUESTS_PER_SECOND))
    tls: Tls | None = None
    clock: Callable[[], int] = time.time_ns


def demand_venue(service: Service, venue: str, held_at: Iterable[str]) -> None:
    """Make sure that a venue somebody asks about is one: configured now, or traded at before. Empty: none was named.

    Raises:
        InvalidInputError: it is neither.
    """
    known = {*(one.venue for one in service.venues()), *held_at} if venue else ()
    if venue not in ("", *known):
        raise InvalidInputError("venue", venue, f"there is no such venue here; write one of: {' '.join(sorted(known))}")
