"""What each account offers for an order now, read out of the book of record and the market it sees."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from core.book import Book as BookOfRecord
from core.market.ladders import ladders_of
from core.risk.rule import limit_for
from core.routing.direct import Listing
from core.routing.estimates import rounded_fraction
from core.routing.fee_tiers import FeeTier, tier_at
from core.routing.funds import funds_of
from core.routing.offers import Health, Intent, Kind, OrderToRoute, VenueOffer, VenueTerms, kind_of
from ports.commands import OrderTerms
from ports.values import ZERO, AccountId, Currency, Side, TimeInForce, VenueId, divide

_VOLUME_NS: Final = 60_000_000_000
_VOLUME_S: Final = Decimal(60)
_SECOND_NS: Final = 1_000_000_000
_ONE: Final = Decimal(1)
_NOTHING_SAID: Final = VenueTerms(venue=VenueId(""))


def order_to_route(
    book: BookOfRecord,
    terms: OrderTerms,
    listings: Sequence[Listing],
    *,
    not_at: tuple[AccountId, ...] = (),
    halted: tuple[AccountId, ...] = (),
) -> OrderToRoute:
    """Return an order as the router sees it; `terms.quantity` of it is to be shared out."""
    held = [_held(book, terms, listing) for listing in listings]
    return OrderToRoute(
        side=terms.side,
        quantity=terms.quantity,
        limit_price=terms.price,
        intent=Intent.POST if terms.post_only else Intent.TAKE,
        post_only=terms.post_only,
        fill_whole=terms.time_in_force is TimeInForce.FOK,
        reduce_only=terms.reduce_only,
        closes=any(-terms.side.sign * one > 0 for one in held),
        split_allowed=terms.split_allowed and terms.display_quantity is None,
        venues=terms.venues,
        account=terms.account,
        not_at=not_at,
        halted=halted,
    )


def offer_of(book: BookOfRecord, terms: OrderTerms, listing: Listing, now_ns: int) -> VenueOffer:
    """Return what one account offers for an order now; what nobody measured is None, never zero."""
    instrument, account = listing.instrument, listing.account
    key, market = instrument.key, book.market
    bids, asks, seen_ns = ladders_of(market.quote(key), market.book(key))
    volatility, traded = market.volatility(key), market.volume(key, now_ns, _VOLUME_NS)
    kind, usd = kind_of(key), market.usd_per(key.quote)
    said, fees = book.routing_rules.terms_of(key.venue) or _NOTHING_SAID, fees_of(book, listing, now_ns)
    free_funds, free_quantity, margin_rate = funds_of(book, terms, listing)
    funding = market.funding(key)
    history = book.routes.statistics
    return VenueOffer(
        instrument=instrument,
        account=account,
        bids=bids,
        asks=asks,
        age_ns=max(now_ns - seen_ns, 0),
        maker_rate=fees.maker_rate,
        taker_rate=fees.taker_rate,
        fee_currency=said.fee_currency or book.routes.fees_apart_in(account) or _usual_fee_currency(terms.side, kind),
        health=_health(book, listing),
        usd_per_quote=_ONE if usd is None else usd,  # equivalent instruments have one quote currency
        usd_per_base=market.usd_per(kind.base) if kind.is_priced_in_base else None,
        fx_cost_bps=book.routing_rules.fx_cost_bps(kind.quote),
        round_trip_ns=history.round_trip_ns(account),
        volatility_bps=None if volatility is None else volatility.bps_a_second(),
        traded_per_second=None if traded is None else divide(traded, _VOLUME_S),
        posts=history.posts(account, now_ns),
        takes=history.takes(account, now_ns),
        slippage=history.slippage(account, now_ns),
        funding_rate=None if funding is None else funding.rate,
        funding_in_ns=None if funding is None or funding.due_ns < now_ns else funding.due_ns - now_ns,
        free_funds=free_funds,
        margin_rate=margin_rate,
        free_quantity=free_quantity,
        position=_closable(book, terms, listing),
        requests_left=_requests_left(book, listing.venue, now_ns),
        preference_bps=said.preference_bps,
        fixed_cost_usd=said.fixed_cost_usd,
    )


def fees_of(book: BookOfRecord, listing: Listing, now_ns: int) -> FeeTier:
    """Return what an account pays: by the operator's tiers and its volume, else what its venue lists."""
    said = book.routing_rules.terms_of(listing.venue)
    if said is not None and said.fee_tiers:
        volume_usd = book.routes.volumes.volume_usd(listing.account, now_ns, book.market.usd_per)
        return tier_at(said.fee_tiers, volume_usd)
    listed = listing.instrument
    return FeeTier(from_volume_usd=ZERO, maker_rate=listed.maker_fee_rate, taker_rate=listed.taker_fee_rate)


def _usual_fee_currency(side: Side, kind: Kind) -> Currency:
    return kind.base if kind.is_spot and side is Side.BUY else kind.settlement  # spot venues take it from what comes in


def _health(book: BookOfRecord, listing: Listing) -> Health:
    if not listing.is_ready:
        return Health.DOWN
    return Health.DEGRADED if book.routes.has_doubts(listing.account) else Health.HEALTHY


def _held(book: BookOfRecord, terms: OrderTerms, listing: Listing) -> Decimal:
    return book.positions.quantity(listing.account, terms.strategy_id, listing.instrument.key)


def _closable(book: BookOfRecord, terms: OrderTerms, listing: Listing) -> Decimal:
    """Return what the strategy holds there, less what its open reduce-only orders of this side may close already."""
    held = _held(book, terms, listing)
    closing = sum(
        [
            one.reserved
            for one in book.oms.contingent.reducing(terms.strategy_id, listing.instrument.key)
            if one.terms.side is terms.side and one.account == listing.account
        ],
        ZERO,
    )
    return held + terms.side.sign * closing


def _requests_left(book: BookOfRecord, venue: VenueId, now_ns: int) -> Decimal:
    limit = limit_for(book.limits.max_messages_per_second_per_venue, venue)
    if limit is None or limit <= 0:
        return _ONE
    flow = book.traffic.of_venue(venue)
    used = flow.orders.within(now_ns, _SECOND_NS) + flow.changes.within(now_ns, _SECOND_NS)
    return max(rounded_fraction(limit - used, limit), ZERO)
