"""What holds of every decision, whatever the order and whatever the venues offer."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.routing.decision import RouteDecision
from core.routing.offers import Health, OrderToRoute, RoutingRules, VenueOffer
from core.routing.policies import Cheapest, Closing, Policy, Sweep, Waiting
from core.routing.router import decide
from core.routing.screen import is_sound
from ports.market_data import Level
from ports.values import Liquidity, Side, is_multiple

from fakes.offers import markets, orders

RULES = RoutingRules()
POLICIES: list[Policy | None] = [None, Cheapest(), Sweep(), Waiting(), Closing(Cheapest())]

any_policy = st.sampled_from(POLICIES)


def ladder(order: OrderToRoute, offer: VenueOffer) -> list[tuple[Decimal, Decimal]]:
    """What the order could take there within its limit, best first."""
    side = offer.asks if order.side is Side.BUY else offer.bids
    limit = order.limit_price
    return [
        (price, size)
        for price, size in side
        if limit is None or (price <= limit if order.side is Side.BUY else price >= limit)
    ]


def depth(order: OrderToRoute, offer: VenueOffer) -> Decimal:
    return sum((size for _, size in ladder(order, offer)), Decimal(0))


@given(orders(), markets(), any_policy)
def test_the_legs_sum_exactly_to_the_order(
    order: OrderToRoute, market: list[VenueOffer], policy: Policy | None
) -> None:
    found = decide(order, market, RULES, policy)
    if isinstance(found, RouteDecision):
        assert found.quantity == order.quantity
        assert len({leg.account for leg in found.legs}) == len(found.legs)


@given(orders(), markets(), any_policy)
def test_every_leg_keeps_the_lots_minimums_and_maximums_of_its_venue(
    order: OrderToRoute, market: list[VenueOffer], policy: Policy | None
) -> None:
    found = decide(order, market, RULES, policy)
    by_account = {offer.account: offer for offer in market}
    for leg in found.legs if isinstance(found, RouteDecision) else ():
        listed = by_account[leg.account].instrument
        assert is_multiple(leg.quantity, listed.lot_size)
        assert leg.quantity >= listed.min_quantity
        assert listed.max_quantity is None or leg.quantity <= listed.max_quantity
        lowest = leg.price or min((price for price, _ in ladder(order, by_account[leg.account])), default=None)
        if listed.min_notional is not None and lowest is not None:
            assert leg.quantity * lowest >= listed.min_notional


@given(orders(), markets(), any_policy)
def test_no_leg_takes_more_than_is_visible_within_its_limit_while_all_together_show_enough(
    order: OrderToRoute, market: list[VenueOffer], policy: Policy | None
) -> None:
    found = decide(order, market, RULES, policy)
    by_account = {offer.account: offer for offer in market}
    for leg in found.legs if isinstance(found, RouteDecision) else ():
        taken = leg.quantity - leg.waits
        if order.limit_price is not None:
            assert taken <= depth(order, by_account[leg.account])
        elif taken > depth(order, by_account[leg.account]):
            assert isinstance(found, RouteDecision)
            assert any(name == "impact" for sheet in leg.costs for name, _ in sheet.amounts)


@given(orders(), markets(), any_policy)
def test_no_leg_costs_more_than_the_free_balance_of_its_account(
    order: OrderToRoute, market: list[VenueOffer], policy: Policy | None
) -> None:
    found = decide(order, market, RULES, policy)
    by_account = {offer.account: offer for offer in market}
    for leg in found.legs if isinstance(found, RouteDecision) else ():
        offer = by_account[leg.account]
        fee = max(offer.taker_rate, offer.maker_rate, Decimal(0))
        if order.side is Side.SELL:
            in_base = max(offer.taker_rate, Decimal(0)) if offer.fee_currency == "BTC" else Decimal(0)
            assert offer.free_quantity is None or leg.quantity * (1 + in_base) <= offer.free_quantity
        elif offer.free_funds is not None and not order.reduce_only:
            share = 1 + (fee if offer.fee_currency == "USDT" else 0)
            assert (
                paid(order, offer, leg.quantity, leg.price if order.limit_price else None) * share <= offer.free_funds
            )


def paid(order: OrderToRoute, offer: VenueOffer, quantity: Decimal, limit: Decimal | None) -> Decimal:
    """What a purchase pays: its limit, else the visible levels and the last of them for what is behind."""
    if limit is not None:
        return quantity * limit
    total = Decimal(0)
    price = Decimal(0)
    for price, size in ladder(order, offer):
        taken = min(size, quantity)
        total += taken * price
        quantity -= taken
    return total + quantity * price


@given(orders(), markets(), any_policy)
def test_a_stale_or_unhealthy_venue_has_no_part_while_healthy_ones_can_fill_the_order(
    order: OrderToRoute, market: list[VenueOffer], policy: Policy | None
) -> None:
    healthy = [offer for offer in market if is_sound(offer, RULES)]
    alone = decide(order, healthy, RULES, policy)
    can_fill = isinstance(alone, RouteDecision) and (all_visible(alone) or order.limit_price is not None)
    found = decide(order, market, RULES, policy)
    if can_fill:
        assert isinstance(found, RouteDecision)
        assert {leg.account for leg in found.legs} <= {offer.account for offer in healthy}


@given(orders(), markets(), any_policy)
def test_a_venue_that_is_down_or_has_no_request_left_has_no_part_ever(
    order: OrderToRoute, market: list[VenueOffer], policy: Policy | None
) -> None:
    found = decide(order, market, RULES, policy)
    away = {offer.account for offer in market if offer.health is Health.DOWN or offer.requests_left == 0}
    if isinstance(found, RouteDecision):
        assert not {leg.account for leg in found.legs} & away
    assert away <= {one.account for one in found.excluded}


@given(orders(), markets(), any_policy)
def test_the_wishes_of_the_order_are_kept(order: OrderToRoute, market: list[VenueOffer], policy: Policy | None) -> None:
    found = decide(order, market, RULES, policy)
    if not isinstance(found, RouteDecision):
        return
    if order.fill_whole or not order.split_allowed or order.max_venues == 1:
        assert len(found.legs) == 1
    assert order.max_venues is None or len(found.legs) <= order.max_venues
    by_account = {offer.account: offer for offer in market}
    for leg in found.legs:
        if order.limit_price is not None and leg.price is not None:
            assert (order.limit_price - leg.price) * order.side.sign >= 0
        if order.post_only:
            assert leg.waits == leg.quantity
        if order.reduce_only:
            assert leg.quantity <= -order.side.sign * by_account[leg.account].position


@given(orders(), markets(), any_policy, st.randoms(use_true_random=False))
def test_the_same_offers_in_another_order_lead_to_the_same_decision(
    order: OrderToRoute, market: list[VenueOffer], policy: Policy | None, shuffling: object
) -> None:
    shuffled = list(market)
    shuffling.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random that hypothesis steers
    assert decide(order, market, RULES, policy) == decide(order, shuffled, RULES, policy)


@given(orders(), markets(), any_policy)
def test_every_cost_is_the_sum_of_its_lines_and_every_venue_is_accounted_for(
    order: OrderToRoute, market: list[VenueOffer], policy: Policy | None
) -> None:
    found = decide(order, market, RULES, policy)
    named = {one.account for one in found.excluded}
    if isinstance(found, RouteDecision):
        named |= {sheet.account for sheet in found.candidates}
        for sheet in [*found.candidates, *[sheet for leg in found.legs for sheet in leg.costs]]:
            assert abs(sum(usd for _, usd in sheet.lines_usd) - sheet.total_usd) < Decimal("1e-11")
    assert named == {offer.account for offer in market}


@given(orders(), markets(), any_policy)
def test_no_policy_of_ours_plans_what_may_not_be(
    order: OrderToRoute, market: list[VenueOffer], policy: Policy | None
) -> None:
    found = decide(order, market, RULES, policy)
    assert isinstance(found, RouteDecision) or found.code in ("NO_ROUTE", "NOT_ENOUGH"), found.reason


@given(orders(), markets())
def test_no_venue_alone_is_cheaper_than_what_was_chosen(order: OrderToRoute, market: list[VenueOffer]) -> None:
    found = decide(order, market, RULES, Cheapest())
    if not isinstance(found, RouteDecision) or any(leg.waits for leg in found.legs) or order.reduce_only:
        return
    sound = {offer.account for offer in market if is_sound(offer, RULES)}
    from_sound = {leg.account for leg in found.legs} <= sound
    for sheet in found.candidates:
        visible = not any(name == "impact" for name, _ in sheet.amounts)
        comparable = sheet.liquidity is Liquidity.TAKER and (not from_sound or sheet.account in sound)
        by_account = {offer.account: offer for offer in market}
        least = by_account[sheet.account].instrument.min_quantity
        if visible and comparable and sheet.quantity == order.quantity >= least:
            assert found.total_usd <= sheet.total_usd + Decimal("1e-10")


@given(orders(), markets(), st.integers(0, 4), st.integers(0, 5), st.integers(1, 300))
def test_more_depth_never_costs_more(
    order: OrderToRoute, market: list[VenueOffer], at: int, level: int, more: int
) -> None:
    before = decide(order, market, RULES, Cheapest())
    at %= len(market)
    deeper = [*market[:at], with_more(market[at], order.side, level, Decimal(more) / 100), *market[at + 1 :]]
    after = decide(order, deeper, RULES, Cheapest())
    if isinstance(before, RouteDecision) and all_visible(before):
        assert isinstance(after, RouteDecision)
        sound = {offer.account for offer in market if is_sound(offer, RULES)}
        if {leg.account for leg in before.legs} <= sound:  # else healthy ones may now do it, and dearer
            assert after.total_usd <= before.total_usd + Decimal("1e-10")


def with_more(offer: VenueOffer, side: Side, level: int, more: Decimal) -> VenueOffer:
    """The same offer with more at one of its levels; with none, there is none to add to."""
    levels = list(offer.asks if side is Side.BUY else offer.bids)
    if not levels:
        return offer
    level %= len(levels)
    levels[level] = Level(levels[level].price, levels[level].size + more)
    return replace(offer, asks=tuple(levels)) if side is Side.BUY else replace(offer, bids=tuple(levels))


def all_visible(found: RouteDecision) -> bool:
    return not any(
        leg.waits or any(name == "impact" for sheet in leg.costs for name, _ in sheet.amounts) for leg in found.legs
    )
