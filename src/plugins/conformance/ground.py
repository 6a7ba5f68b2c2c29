"""What the author of a venue brings to the suites: real sessions, and a market and faults that tests can move."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NoReturn

import pytest

from ports.instruments import Instrument
from ports.requests import SendOrder
from ports.values import ClientOrderId, Price, Quantity
from ports.venue import VenueFactory, VenueSession

NOT_SHOWN: Final = "not shown: "


class Fault(StrEnum):
    """What a ground lets go wrong when a test asks; until `calm`, or once where that is said."""

    UNANSWERED = "unanswered"  # questions are not answered; sessions must give up within `patience_s`
    UNKNOWN_FIELDS = "unknown fields"  # every message about orders has fields that nobody knows yet
    ANSWER_LOST = "answer lost"  # the next order is carried out; its answer and its messages never come, once
    ORDER_LOST = "order lost"  # the next order never reaches the market, and nothing is answered, once
    IN_TROUBLE = "in trouble"  # the next order is carried out, and answered with a failure that proves nothing, once
    REFUSED = "refused"  # the next order is refused, definitely, once
    CONNECTION_TORN = "connection torn"  # the next order is carried out, and the connection breaks off, once
    HUNG_UP = "hung up"  # every connection breaks, now
    TWICE = "twice"  # every message about orders and trades comes twice
    REORDERED = "reordered"  # the next message about a trade comes after the one that follows it
    MISSING = "missing"  # the next message about a trade never comes, once
    SILENT = "silent"  # messages stop; the connection stays open
    CLOCK_AHEAD = "clock ahead"  # the venue's clock is an hour ahead of ours
    THROTTLED = "throttled"  # the venue takes two orders a second, and punishes more


def cannot_show(what: str) -> NoReturn:
    """End a check that a ground cannot show: it did not pass, and its tier is not earned."""
    pytest.skip(f"{NOT_SHOWN}{what}")


class Ground:
    """One account at a venue with a simulator, or with recordings. Override what the aimed-at tier needs.

    Attributes:
        instrument: what orders are of, as the venue lists it.
        resting: a price at which a buy waits and does not trade; so it does a tick lower.
        can_amend: whether this venue amends orders.
        patience_s: how long a check waits for what has to come.
        most_trades: how many trades the venue lists at once; 0 where a list is never split into pages.
        factory, settings: what `livexec` would make a session with, secrets included; none where it is not a plugin.
    """

    instrument: Instrument
    resting: Price
    can_amend: bool = True
    patience_s: float = float(os.environ.get("LIVEXEC_CONFORMANCE_PATIENCE_S", "10"))
    most_trades: int = 0
    factory: VenueFactory | None = None
    settings: Mapping[str, str] | None = None

    def session(self) -> VenueSession:
        """Return a session of the account, not connected; one more each time, as another process would make it."""
        cannot_show("sessions: override `session`")

    async def trade(self, order: SendOrder, quantity: Quantity) -> None:
        """Let the market trade so much of an order that waits, at its own price."""
        cannot_show("trades: override `trade`")

    async def arrivals(self, name: ClientOrderId) -> int:
        """Return how often a new order of that name reached the venue, by the venue's own count."""
        cannot_show("the venue's own count: override `arrivals`")

    async def fault(self, fault: Fault) -> None:
        """Let something go wrong."""
        cannot_show(f"the fault {fault.name}: override `fault`")

    async def calm(self) -> None:
        """Let nothing go wrong any more."""
