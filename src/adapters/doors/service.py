"""What a door opens onto: the ports it asks, and the few things that only the application knows."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from adapters.doors.auth import Authenticator
from ports.commands import HaltMode, HaltScope
from ports.execution import CommandGateway, FactFeed
from ports.projections import Queries
from ports.values import AccountId, Principal, VenueId


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


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltView:
    """One halt in force."""

    scope: HaltScope
    value: str
    mode: HaltMode
    reason: str
    principal: Principal
    since_ns: int


type HealthSource = Callable[[], Sequence[PartHealth]]
type VenueSource = Callable[[], Sequence[VenueView]]
type HaltSource = Callable[[], Sequence[HaltView]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Everything both doors need. The three sources are called often, never wait and never fail.

    `halts` gives every halt in force, oldest first, as of the newest answer of `gateway`.
    """

    gateway: CommandGateway
    queries: Queries
    feed: FactFeed
    health: HealthSource
    venues: VenueSource
    halts: HaltSource
    auth: Authenticator = field(default_factory=Authenticator)
    clock: Callable[[], int] = time.time_ns
