"""What venues offer, written briefly, and offers drawn at random for properties."""

from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

from core.routing.decision import NoRouteFound, RouteDecision
from core.routing.offers import FillHistory, Health, OrderToRoute, RoutingRules, SlippageHistory, VenueOffer
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import Level
from ports.values import AccountId, Currency, Price, Quantity, Side, plain

D = Decimal
FREE = RoutingRules(unknown_volatility_bps=D(0))  # nothing but prices and fees, where an offer says no more


def levels(*pairs: tuple[str, str]) -> tuple[Level, ...]:
    """A ladder of (price, size)."""
    return tuple(Level(D(price), D(size)) for price, size in pairs)


def offer(
    venue: str = "ALPHA",
    *,
    asks: tuple[Level, ...] = (),
    bids: tuple[Level, ...] = (),
    kind: str = "SPOT_PAIR:BTC-USDT",
    lot: str = "0.001",
    tick: str = "0.1",
    least: str = "0.001",
    most: str | None = None,
    min_notional: str | None = None,
    fee: str = "0",
    **others: Any,
) -> VenueOffer:
    """A healthy venue with a fresh book, no fee and no limit but those that are said."""
    instrument = Instrument(
        key=InstrumentKey(f"{venue}:{kind}"),
        tick_size=Price(D(tick)),
        lot_size=Quantity(D(lot)),
        min_quantity=Quantity(D(least)),
        max_quantity=None if most is None else Quantity(D(most)),
        min_notional=None if min_notional is None else D(min_notional),
    )
    made: dict[str, Any] = {
        "instrument": instrument,
        "account": AccountId(venue),
        "bids": bids,
        "asks": asks,
        "age_ns": 0,
        "maker_rate": D(0),
        "taker_rate": D(fee),
        "fee_currency": Currency("USDT"),
    }
    return VenueOffer(**(made | others))


def order(buy: str | None = None, sell: str | None = None, limit: str | None = None, **others: Any) -> OrderToRoute:
    """A market order, or a limit order where a limit is given."""
    return OrderToRoute(
        side=Side.BUY if buy is not None else Side.SELL,
        quantity=Quantity(D(buy if buy is not None else sell or "")),
        limit_price=None if limit is None else Price(D(limit)),
        **others,
    )


def decided(found: RouteDecision | NoRouteFound) -> RouteDecision:
    """The decision that there has to be."""
    assert isinstance(found, RouteDecision), found
    return found


def refused(found: RouteDecision | NoRouteFound) -> NoRouteFound:
    """The refusal that there has to be."""
    assert isinstance(found, NoRouteFound), found
    return found


def shares(found: RouteDecision | NoRouteFound) -> dict[str, str]:
    """What each account gets."""
    return {leg.account: plain(leg.quantity) for leg in decided(found).legs}


def left_out(found: RouteDecision | NoRouteFound) -> dict[str, str]:
    """The word for which each account was left out."""
    return {one.account: one.code for one in found.excluded}


def ladder_of(lots: Random, direction: int) -> tuple[Level, ...]:
    """Up to six levels away from about 1,000, at ticks of 0.1, of whole hundredths, some of them empty."""
    price = D(10_000 + direction * lots.randint(1, 20)) / 10
    made = []
    for _ in range(lots.choice([0, *[lots.randint(1, 8)] * 9])):
        made.append(Level(price, D(lots.choice([0, *[lots.randint(1, 400)] * 6])) / 100))
        price += direction * D(lots.randint(1, 30)) / 10
    return tuple(made)


def offer_of(lots: Random, venue: str) -> VenueOffer:
    """An offer with some of everything."""
    return offer(
        venue,
        asks=ladder_of(lots, 1),
        bids=ladder_of(lots, -1),
        lot=lots.choice(["0.01", "0.01", "0.1"]),
        least=lots.choice(["0.01", "0.01", "0.1", "0.5"]),
        most=lots.choice([None, None, "1", "3.5"]),
        min_notional=lots.choice([None, "5", "5", "250"]),
        fee=lots.choice(["-0.0001", "0", "0.0005", "0.001"]),
        age_ns=lots.choice([0, 50_000_000, 90_000_000, 1_500_000_000, 9_000_000_000]),
        health=lots.choice([*[Health.HEALTHY] * 10, Health.DEGRADED, Health.DOWN]),
        maker_rate=lots.choice([D("-0.0001"), D("0.0002")]),
        fee_currency=Currency(lots.choice(["USDT", "BTC", "BNB"])),
        round_trip_ns=lots.choice([None, 1_000_000, 80_000_000]),
        volatility_bps=lots.choice([None, D(0), D("1.5")]),
        traded_per_second=lots.choice([None, D("0.01"), D("0.5")]),
        posts=lots.choice([None, FillHistory(orders=D(40), filled=D(30))]),
        free_funds=lots.choice([None, None, D(400), D(2_500)]),
        free_quantity=lots.choice([None, None, D("0.75"), D(2)]),
        position=D(lots.randint(-300, 300)) / 100,
        requests_left=lots.choice([*[D(1)] * 10, D("0.1"), D(0)]),
        preference_bps=D(lots.randint(-1, 1)),
        fixed_cost_usd=D(lots.choice(["0", "0.05", "1"])),
        takes=lots.choice([None, None, FillHistory(orders=D(30), filled=D("28.5"))]),
        slippage=lots.choice([None, None, SlippageHistory(orders=D(30), total_bps=D(lots.randint(-60, 90)))]),
    )


def market_of(seed: int) -> list[VenueOffer]:
    """One to five venues, always the same ones of a seed."""
    lots = Random(seed)
    return [
        offer_of(lots, venue)
        for venue in ["ALPHA", "BETA", "GAMMA", "DELTA", "EPSILON"][: lots.choice([1, 2, 3, 4, 4, 5, 5])]
    ]


def order_of(seed: int) -> OrderToRoute:
    """An order about that price, with some wish or other, always the same one of a seed."""
    lots = Random(seed)
    limit = lots.choice([None, None, "999.5", "1000.05", "1003"])
    return OrderToRoute(
        side=lots.choice(list(Side)),
        quantity=Quantity(D(lots.choice([lots.randint(1, 60), lots.randint(1, 600)])) / 100),
        limit_price=None if limit is None else Price(D(limit)),
        post_only=limit is not None and lots.random() < 0.15,
        fill_whole=lots.random() < 0.08,
        reduce_only=lots.random() < 0.08,
        closes=lots.random() < 0.08,
        split_allowed=lots.random() < 0.92,
        max_venues=lots.choice([*[None] * 5, 1, 2]),
    )


def markets() -> st.SearchStrategy[list[VenueOffer]]:
    """Markets by seed: to draw every field by itself takes ten times as long as to route over them."""
    return st.integers(0, 2**40).map(market_of)


def orders() -> st.SearchStrategy[OrderToRoute]:
    """Orders by seed."""
    return st.integers(0, 2**40).map(order_of)
