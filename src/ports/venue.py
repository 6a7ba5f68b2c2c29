"""The one interface of every venue, ours, NautilusTrader's or a plugin's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from ports.capabilities import Capabilities
from ports.instruments import Instrument
from ports.market_data import MarketSink
from ports.reports import (
    FillReport,
    FundingReport,
    OrderEvidence,
    OrderStatusReport,
    Report,
    VenueBalance,
    VenueMargin,
    VenuePosition,
)
from ports.requests import QueryOrder, SendAmend, SendCancel, SendOrder
from ports.values import AccountId, VenueId


class ReportSink(Protocol):
    """Where a session puts what the venue said."""

    def put_report(self, report: Report) -> None:
        """Take one report; never blocks.

        Raises:
            MailboxFullError: it could not be taken; the session must be treated as having lost reports.
        """


@runtime_checkable
class Paced(Protocol):
    """What a session adds that knows its venue's limits on new orders."""

    @property
    def orders_left(self) -> int:
        """How many new orders the venue's limits let go at once, as far as this session counts; -1: not known."""


class VenueSession(Protocol):
    """One logged-in connection set to one account of one venue."""

    @property
    def venue(self) -> VenueId:
        """The venue's name as instrument keys spell it."""

    @property
    def account(self) -> AccountId:
        """The account that orders of this session belong to."""

    @property
    def capabilities(self) -> Capabilities:
        """What this venue can do."""

    async def connect(self, reports: ReportSink, quotes: MarketSink) -> Sequence[Instrument]:
        """Log in, start the flow of reports and of the market, and return the instruments the venue lists.

        Raises:
            VenueUnavailableError: the venue did not answer or refused the login (its own words inside).
        """

    async def disconnect(self) -> None:
        """Stop the flow and log out; orders stay as they are. Harmless to repeat."""

    async def send(self, order: SendOrder) -> None:
        """Hand `order` to the venue at most once. Returning means only that it may have arrived.

        Raises:
            NotSentError: nothing was transmitted; the order may be released again.
        """

    async def cancel(self, cancel: SendCancel) -> None:
        """Ask the venue to cancel. Returning means only that the request may have arrived.

        Raises:
            NotSentError: nothing was transmitted.
        """

    async def amend(self, amend: SendAmend) -> None:
        """Ask the venue to amend. Returning means only that the request may have arrived.

        Raises:
            NotSentError: nothing was transmitted, or this venue cannot amend.
        """

    async def query(self, order: QueryOrder) -> OrderEvidence | None:
        """Ask the venue itself about one order; None means the venue answered that it knows no such order.

        Raises:
            VenueUnavailableError: the venue did not answer, and nothing was learnt.
        """

    async def open_orders(self) -> Sequence[OrderStatusReport]:
        """Return every open order of the account; empty means the venue answered "none".

        Raises:
            VenueUnavailableError: the venue did not answer, and nothing was learnt.
        """

    async def fills_since(self, since_ns: int) -> Sequence[FillReport]:
        """Return fills at or after `since_ns` (UTC), oldest first; empty means the venue answered "none".

        Raises:
            VenueUnavailableError: the venue did not answer, and nothing was learnt.
        """

    async def positions(self) -> Sequence[VenuePosition] | None:
        """Return every position that is not flat; empty means the venue answered "none", None that it keeps none.

        Raises:
            VenueUnavailableError: the venue did not answer, and nothing was learnt.
        """

    async def balances(self) -> Sequence[VenueBalance] | None:
        """Return every balance that is not zero; empty means the venue answered "none", None that it keeps none.

        Raises:
            VenueUnavailableError: the venue did not answer, and nothing was learnt.
        """


@runtime_checkable
class KnowsFunding(Protocol):
    """What a session adds whose venue lists the funding that an account received and paid."""

    async def funding_since(self, since_ns: int) -> Sequence[FundingReport]:
        """Return funding payments at or after `since_ns` (UTC), oldest first; empty means the venue answered "none".

        Raises:
            VenueUnavailableError: the venue did not answer, and nothing was learnt.
        """


@runtime_checkable
class StatesMargin(Protocol):
    """What a session adds whose `Abilities` say `states_margin`."""

    async def margin(self, order: SendOrder) -> VenueMargin:
        """Return what the account's margin would be with `order`, as its venue reckons it; nothing is placed.

        Raises:
            NotSentError: the venue answered that it would not take such an order (its own words inside).
            VenueUnavailableError: the venue did not answer, or stated no margin: nothing was learnt.
        """


class VenueFactory(Protocol):
    """Makes sessions of one venue from configuration; what a plugin's entry point leads to."""

    @property
    def venue(self) -> VenueId:
        """The venue's name as instrument keys spell it."""

    def session(self, settings: Mapping[str, str]) -> VenueSession:
        """Make a session, not yet connected.

        Raises:
            InvalidInputError: a setting is missing or wrong; names it.
        """
