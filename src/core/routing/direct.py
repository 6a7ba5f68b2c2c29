"""Direct routing: the venue that the key names; for SMART, the connected venue with the best price to meet.

The smart router takes SMART orders of several venues (`smart.py`); what it does not take comes here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from core.market.view import MarketView
from core.routing.decision import RouteDecision
from ports.capabilities import Abilities
from ports.commands import OrderTerms
from ports.facts import QuoteUsed
from ports.instruments import Instrument
from ports.market_data import Quote
from ports.records import brief_record, maker
from ports.values import AccountId, Side, VenueId

_new_quote_used: Final = maker(QuoteUsed)


@brief_record
class Listing:
    """One instrument as one account can trade it now; `is_ready`: its session is up and reconciled."""

    instrument: Instrument
    account: AccountId
    is_ready: bool
    abilities: Abilities

    @property
    def venue(self) -> VenueId:
        """The venue that lists it."""
        return self.instrument.key.venue


@brief_record
class Route:
    """Where an order goes, why, and the quotes that were looked at.

    `decision` has the sums where the smart router chose; then `listing` is that of its first leg.
    """

    listing: Listing
    reason: str
    quotes: tuple[QuoteUsed, ...]
    decision: RouteDecision | None = None


@brief_record
class NoRoute:
    """Why an order can go nowhere."""

    code: str
    reason: str


def choose(terms: OrderTerms, listings: Sequence[Listing], market: MarketView) -> Route | NoRoute:
    """Return where the order goes.

    `listings` are those of the named venue, or of every venue with an equivalent instrument (SMART), in a fixed
    order. Among several, the lowest ask (buy) or highest bid (sell) wins; one without a quote loses to one with.
    """
    if len(listings) == 1 and not terms.venues and terms.account is None and listings[0].is_ready:
        quote = market.quote(listings[0].instrument.key)  # nearly every order: one venue was named, and it is there
        return Route(listings[0], "the only venue", () if quote is None else (used(quote),))
    allowed = [
        listing
        for listing in listings
        if (not terms.venues or listing.venue in terms.venues)
        and (terms.account is None or listing.account == terms.account)
    ]
    if not allowed:
        return NoRoute("NO_ROUTE", f"no permitted venue or account lists {terms.instrument}")
    ready = [listing for listing in allowed if listing.is_ready]
    if not ready:
        names = ", ".join(sorted({listing.venue for listing in allowed}))
        return NoRoute("VENUE_UNAVAILABLE", f"not connected or not reconciled: {names}")
    quoted = [(listing, quote) for listing in ready if (quote := market.quote(listing.instrument.key)) is not None]
    quotes = tuple([used(quote) for _, quote in quoted])
    if len(ready) == 1:
        return Route(ready[0], "the only venue", quotes)
    if not quoted:
        return Route(ready[0], "first of several without a quote", quotes)
    if terms.side is Side.BUY:
        best = min(quoted, key=lambda pair: pair[1].ask)
        return Route(best[0], f"lowest ask of {len(quoted)}", quotes)
    best = max(quoted, key=lambda pair: pair[1].bid)
    return Route(best[0], f"highest bid of {len(quoted)}", quotes)


def used(quote: Quote) -> QuoteUsed:
    """Return a quote as the facts that used it keep it."""
    return _new_quote_used(instrument=quote.instrument, bid=quote.bid, ask=quote.ask, received_ns=quote.received_ns)
