"""Routing of a new order: by the smart router where no venue is named and several could take it, else directly."""

from __future__ import annotations

from collections.abc import Sequence

from core.book import Book
from core.risk.halts import Whereabouts
from core.routing import direct
from core.routing.decision import NoRouteFound, RouteDecision
from core.routing.direct import Listing, NoRoute, Route, used
from core.routing.offering import offer_of, order_to_route
from core.routing.offers import OrderToRoute, VenueOffer
from core.routing.policies import Policy
from core.routing.router import decide
from ports.commands import NORMAL, HaltMode, OrderTerms
from ports.instruments import SMART
from ports.values import AccountId, OrderType


def choose(book: Book, terms: OrderTerms, listings: Sequence[Listing], now_ns: int) -> Route | NoRoute:
    """Return where an order goes, and of a SMART one all the sums.

    The router is not asked for orders of algorithms (they take one account for all their children), for orders that
    wait with us, and where nobody quotes anything: those go directly.
    """
    permitted = [one for one in listings if _is_permitted(book, terms, one)]
    halted = _halted(book, terms, permitted)
    if not _is_for_the_router(book, terms, permitted):
        return direct.choose(terms, _but(permitted, halted), book.market)
    offers = [offer_of(book, terms, listing, now_ns) for listing in permitted]
    if not any(offer.bids or offer.asks for offer in offers):
        return direct.choose(terms, _but(permitted, halted), book.market)
    order = order_to_route(book, terms, permitted, halted=halted)
    found = decide(order, offers, book.routing_rules, _of_plugin(book, order))
    if isinstance(found, NoRouteFound):
        return NoRoute(found.code, in_words(found))
    listing = next(one for one in permitted if one.account == found.legs[0].account)
    quotes = [book.market.quote(one.instrument.key) for one in permitted if one.is_ready]
    return Route(
        listing=listing,
        reason=f"{found.policy}: {found.reason}",
        quotes=tuple([used(quote) for quote in quotes if quote is not None]),
        decision=found,
    )


def again(book: Book, terms: OrderTerms, not_at: tuple[AccountId, ...], now_ns: int) -> RouteDecision | NoRouteFound:
    """Return where the rest of an order (`terms.quantity`) goes now, and to none of the accounts that had it."""
    listings = [one for one in book.listings(terms.instrument) if _is_permitted(book, terms, one)]
    order = order_to_route(book, terms, listings, not_at=not_at, halted=_halted(book, terms, listings))
    offers = [offer_of(book, terms, listing, now_ns) for listing in listings]
    return decide(order, offers, book.routing_rules, _of_plugin(book, order))


def offers_to(book: Book, terms: OrderTerms, now_ns: int) -> list[VenueOffer]:
    """Return what everybody offers for an order now."""
    return [
        offer_of(book, terms, listing, now_ns)
        for listing in book.listings(terms.instrument)
        if _is_permitted(book, terms, listing)
    ]


def in_words(found: NoRouteFound) -> str:
    """Return why there is no route, venue by venue."""
    return "; ".join([found.reason, *[f"{out.account} {out.code}: {out.reason}" for out in found.excluded]])


def _of_plugin(book: Book, order: OrderToRoute) -> Policy | None:
    """Return the configured policy of a plugin; None: ours. What closes a position never depends on a plugin."""
    return None if order.reduce_only or order.closes else book.extensions.policy


def _is_permitted(book: Book, terms: OrderTerms, listing: Listing) -> bool:
    if terms.instrument.venue != SMART:
        return True
    if not book.routing_rules.permits(listing.venue, terms.strategy_id):
        return False
    return (not terms.venues or listing.venue in terms.venues) and terms.account in (None, listing.account)


def _halted(book: Book, terms: OrderTerms, listings: Sequence[Listing]) -> tuple[AccountId, ...]:
    """Return the accounts that a halt closes to an order with no preference, where another is open to it.

    None where all are closed: then risk refuses the order, in its own words. A halt in mode reduce closes none.
    """
    if terms.instrument.venue != SMART or terms.reduce_only or not book.halts.any():
        return ()
    closed = [
        one.account
        for one in listings
        if any(
            halt.mode is not HaltMode.REDUCE
            for halt in book.halts.covering(
                Whereabouts(terms.strategy_id, one.instrument.key, one.account, one.venue, terms.operation_id)
            )
        )
    ]
    return () if len(closed) == len(listings) else tuple(closed)


def _but(listings: Sequence[Listing], halted: Sequence[AccountId]) -> Sequence[Listing]:
    return [one for one in listings if one.account not in halted] if halted else listings


def _is_for_the_router(book: Book, terms: OrderTerms, permitted: Sequence[Listing]) -> bool:
    return (
        terms.instrument.venue == SMART
        and book.routing_rules.enabled
        and len(permitted) > 1
        and terms.exec_algorithm == NORMAL
        and terms.order_type in (OrderType.MARKET, OrderType.LIMIT)
        and terms.after_operation_id is None
        and not terms.oco_group
        and any(one.is_ready for one in permitted)
    )
