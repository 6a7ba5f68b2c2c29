"""What the router knows of venues: their funding, what an operator says, what trades have shown, what accounts have."""

from decimal import Decimal

import pytest

from core.routing.fee_tiers import FeeTier
from core.routing.offering import offer_of
from core.routing.offers import FxCost, RoutingRules, StrategyVenues, VenueOffer, VenueTerms
from ports.facts import RouteDecided
from ports.instruments import InstrumentKey
from ports.market_data import FundingRate
from ports.values import Currency, OrderStatus, StrategyId, VenueId

from fakes.desk import Desk
from fakes.sayings import (
    ACCOUNTS,
    BYBIT_PERP,
    MOMENTUM,
    PERP,
    SMART_PERP,
    SPOT,
    accepted,
    canceled,
    quote,
    set_limits,
    statement,
    submit,
    traded,
)

D = Decimal
HOUR_NS = 3_600_000_000_000
BINANCE, BYBIT = VenueId("BINANCE-FUTURES"), VenueId("BYBIT")
EVEN = (quote(PERP, "49999.9", "50000.1"), quote(BYBIT_PERP, "49999.9", "50000.1"))


def desk_with(**rules: object) -> Desk:
    """Two venues that quote the same, and what an operator says."""
    desk = Desk(routing=RoutingRules(**rules))  # type: ignore[arg-type]  # passed on as they are
    for one in EVEN:
        desk.receive(one)
    return desk


def offer(desk: Desk, instrument: InstrumentKey = PERP, sell: str | None = None) -> VenueOffer:
    order = submit("asked", instrument=instrument, buy=None if sell else "1", sell=sell)
    listing = desk.actor.book.listing(ACCOUNTS[instrument], instrument)
    return offer_of(desk.actor.book, order.terms, listing, desk.now_ns)


def went_to(desk: Desk, operation_id: str = "op-1", *, buy: str = "1", sell: str | None = None) -> VenueId | None:
    desk.receive(submit(operation_id, instrument=SMART_PERP, buy=None if sell else buy, sell=sell))
    return desk.order(operation_id).venue


def funding(desk: Desk, instrument: InstrumentKey, rate: str, in_ns: int = HOUR_NS) -> FundingRate:
    return FundingRate(instrument=instrument, rate=D(rate), due_ns=desk.now_ns + in_ns, received_ns=desk.now_ns)


def test_a_buyer_goes_where_longs_are_paid_and_a_seller_where_shorts_are() -> None:
    desk = desk_with()
    desk.receive(funding(desk, PERP, "0.0001"))
    desk.receive(funding(desk, BYBIT_PERP, "-0.0001"))
    assert (went_to(desk, "a", buy="1"), went_to(desk, "b", sell="1")) == (BYBIT, BINANCE)
    decided = next(fact for fact in desk.facts if isinstance(fact, RouteDecided))
    lines = {one.account: {line.name: line.usd for line in one.lines} for one in decided.candidates}
    assert lines[ACCOUNTS[BYBIT_PERP]]["funding"] == D("-5.00001")  # a basis point of one at 50000.1


def test_funding_counts_until_it_is_due_and_only_where_the_position_lasts_so_long() -> None:
    desk = desk_with()
    desk.receive(funding(desk, PERP, "0.01", in_ns=9 * HOUR_NS))
    assert went_to(desk, "later than the position is held") == BINANCE
    desk.receive(funding(desk, PERP, "0.01", in_ns=1_000_000_000))
    assert went_to(desk, "soon") == BYBIT
    desk.pass_time(2)
    assert offer(desk).funding_in_ns is None


TIERS = (
    FeeTier(from_volume_usd=D(0), maker_rate=D("0.0002"), taker_rate=D("0.0005")),
    FeeTier(from_volume_usd=D(100_000), maker_rate=D("-0.0001"), taker_rate=D("0.0003")),
)


def test_the_fee_is_that_of_the_tier_that_the_accounts_volume_has_reached() -> None:
    desk = desk_with(venue_terms=(VenueTerms(venue=BINANCE, fee_tiers=TIERS),))
    desk.receive(set_limits())  # values USDT at one
    assert (offer(desk).maker_rate, offer(desk).taker_rate) == (D("0.0002"), D("0.0005"))
    for number in (1, 2):  # any trade counts, whoever routed it
        desk.receive(submit(f"own-{number}", buy="1"))
        desk.receive(traded(f"own-{number}", f"t-{number}", "1"))
    assert (offer(desk).maker_rate, offer(desk).taker_rate) == (D("-0.0001"), D("0.0003"))
    desk.restart()
    desk.connect(ACCOUNTS[PERP])
    assert desk.actor.book.routes.volumes.volume_usd(ACCOUNTS[PERP], desk.now_ns, {"USDT": D(1)}.get) == 100_000


def test_the_fee_currency_is_what_the_last_trade_paid_in_where_that_is_a_coin_of_its_own() -> None:
    desk = desk_with()
    assert offer(desk, SPOT).fee_currency == "ETH"  # a spot venue takes it from what comes in
    desk.receive(submit("own", buy="1", instrument=SPOT))
    desk.receive(traded("own", "t-1", "0.5", "2000", instrument=SPOT, fee="0.01", currency="BNB"))
    assert offer(desk, SPOT).fee_currency == "BNB"
    desk.receive(traded("own", "t-2", "0.5", "2000", instrument=SPOT, fee="0.001", currency="ETH"))
    assert offer(desk, SPOT).fee_currency == "ETH"


def test_a_venue_that_paid_us_worse_than_its_book_or_did_not_fill_us_is_dearer_the_next_time() -> None:
    for ending in ("paid worse", "missed"):
        desk = desk_with()
        assert went_to(desk, "first") == BINANCE  # where all is even, the first of them
        desk.pass_time(0.2)  # as is assumed of the other
        desk.receive(accepted("first.1"))
        if ending == "missed":
            desk.receive(traded("first.1", "t-1", "0.5", "50000.1"))
            desk.receive(canceled("first.1"))
        else:
            desk.receive(traded("first.1", "t-1", "1", "50005.1"))
        for one in EVEN:
            desk.receive(one)
        assert went_to(desk, "second") == BYBIT, ending


@pytest.mark.parametrize(
    ("rules", "venue"),
    [
        ({}, BINANCE),
        ({"allowed_venues": (BYBIT,)}, BYBIT),
        ({"strategy_venues": (StrategyVenues(strategy_id=MOMENTUM, venues=(BYBIT,)),)}, BYBIT),
        ({"strategy_venues": (StrategyVenues(strategy_id=StrategyId("s-2"), venues=(BYBIT,)),)}, BINANCE),
        ({"venue_terms": (VenueTerms(venue=BINANCE, preference_bps=D("0.1")),)}, BYBIT),
        ({"venue_terms": (VenueTerms(venue=BINANCE, fixed_cost_usd=D(1)),)}, BYBIT),
    ],
)
def test_an_operator_permits_and_prefers(rules: dict[str, object], venue: VenueId) -> None:
    assert went_to(desk_with(**rules)) == venue


def test_what_a_quote_currency_costs_to_change_is_in_the_sums() -> None:
    desk = desk_with(fx_costs=(FxCost(currency=Currency("USDT"), cost_bps=D(2)),))
    assert offer(desk).fx_cost_bps == 2


def test_margin_that_is_left_limits_what_an_account_is_given_and_what_closes_is_free() -> None:
    desk = desk_with()
    desk.receive(set_limits(check_funds_at=("*",), leverage={"*": D(10)}))
    for key, total in ((PERP, "5000"), (BYBIT_PERP, "100000")):
        desk.receive(statement(ACCOUNTS[key], desk.now_ns, balances={"USDT": (total, total)}))
    assert (offer(desk).free_funds, offer(desk).margin_rate) == (D(5_000), D("0.1"))
    desk.receive(submit("own", buy="0.6"))
    desk.receive(traded("own", "t-1", "0.6"))
    assert (offer(desk).free_funds, offer(desk, sell="1").free_funds) == (D(2_000), D(8_000))
    assert went_to(desk, "larger than margin", buy="0.5") == BYBIT
    assert desk.status("larger than margin") is OrderStatus.ACCEPTED
