"""Who may have an order at all, and who is first choice: healthy venues with a fresh book before all others."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Final

from core.routing.amounts import NoRoom
from core.routing.candidates import Candidate, Quoted, candidate, reference_of
from core.routing.decision import Exclusion
from core.routing.offers import Health, Kind, OrderToRoute, RoutingRules, VenueOffer, kind_of
from ports.records import record
from ports.values import Side

_ACCOUNT_AND_KEY: Final = attrgetter("account", "instrument.key")


@record
class Field:
    """The venues that could take part of an order, in the order of their accounts, and those that cannot."""

    reference: Decimal | None  # None: nobody quotes a price
    candidates: tuple[Candidate, ...]
    excluded: tuple[Exclusion, ...]

    @property
    def sound(self) -> tuple[Candidate, ...]:
        """Those that are healthy and whose book is fresh."""
        return tuple([each for each in self.candidates if each.is_sound])


def screen(order: OrderToRoute, offers: Sequence[VenueOffer], rules: RoutingRules) -> Field:
    """Return who could take part; the same for the same offers in any order."""
    excluded: list[Exclusion] = []
    open_to_it: list[Quoted] = []
    for offer in sorted(offers, key=_ACCOUNT_AND_KEY):
        kind = kind_of(offer.instrument.key)
        refused = _refused(order, offer, kind)
        if refused is None:
            usd = offer.usd_per_price if kind.is_priced_in_base else offer.usd_per_quote
            open_to_it.append(Quoted(offer, kind, usd, is_sound(offer, rules)))
        else:
            excluded.append(exclusion(offer, refused))
    reference = reference_of([each for each in open_to_it if each.is_sound])
    if reference is None:
        reference = reference_of(open_to_it)
    candidates: list[Candidate] = []
    for quoted in open_to_it:
        found = (
            NoRoom("NO_QUOTE", "nobody quotes a price")
            if reference is None
            else candidate(order, quoted, rules, reference)
        )
        if isinstance(found, Candidate):
            candidates.append(found)
        else:
            excluded.append(exclusion(quoted.offer, found))
    return Field(reference=reference, candidates=tuple(candidates), excluded=tuple(excluded))


def is_sound(offer: VenueOffer, rules: RoutingRules) -> bool:
    """Say whether a venue is first choice: healthy, and its book fresh."""
    return offer.health is Health.HEALTHY and offer.age_ns <= rules.max_age_ns


def exclusion(offer: VenueOffer, why: NoRoom) -> Exclusion:
    """Return a venue that is left out, with the reason."""
    return Exclusion(account=offer.account, instrument=offer.instrument.key, code=why.code, reason=why.reason)


def _refused(order: OrderToRoute, offer: VenueOffer, kind: Kind) -> NoRoom | None:
    if order.venues and offer.venue not in order.venues:
        return NoRoom("NOT_PERMITTED", f"the order permits {', '.join(order.venues)}")
    if order.account is not None and offer.account != order.account:
        return NoRoom("NOT_PERMITTED", f"the order names {order.account}")
    if offer.account in order.not_at:
        return NoRoom("REFUSED_BEFORE", "it refused this order already")
    if offer.account in order.halted:
        return NoRoom("HALTED", "a halt lets nothing new go there")
    if offer.health is Health.DOWN:
        return NoRoom("DOWN", "its session is away")
    if kind.is_priced_in_base and offer.usd_per_base is None:
        return NoRoom("NO_RATE", f"its prices are in {kind.base}, and nobody knows what that is worth")
    if offer.requests_left <= 0:
        return NoRoom("NO_REQUESTS_LEFT", "its rate limit is used up")
    return _without_a_price(order, offer)


def _without_a_price(order: OrderToRoute, offer: VenueOffer) -> NoRoom | None:
    """Return why the book gives the order no price: nothing to take or to join, or a touch that it may not meet."""
    own_side, other_side = (offer.bids, offer.asks) if order.side is Side.BUY else (offer.asks, offer.bids)
    limit = order.limit_price
    if limit is None:
        for _, size in own_side if order.waits else other_side:
            if size > 0:
                return None
        return NoRoom("NO_QUOTE", "it quotes no price for this order")
    if order.post_only and other_side and (limit - other_side[0].price) * order.side.sign >= 0:
        return NoRoom("WOULD_CROSS", f"an order that may only wait would trade there at {other_side[0].price}")
    return None
