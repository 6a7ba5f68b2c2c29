"""`livexec bench core --routing smart`: what one decision of the smart router costs, sums, split and record."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from random import Random
from typing import Any, Final

from app.checks import Check, as_json, percentile
from app.interpreter import nothing_is_garbage
from core.routing.decision import NoRouteFound
from core.routing.offers import OrderToRoute, RoutingRules, VenueOffer
from core.routing.router import decide
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import Level
from ports.values import AccountId, Currency, Price, Quantity, Side

_LIMIT_US: Final = 150
_ROUNDS: Final = 5
_TICK: Final = Decimal("0.1")
_MID_TICKS: Final = 600_000
_RULES: Final = RoutingRules()


def bench_routing(
    orders: int = 2_000, venues: int = 6, depth: int = 50, progress: Callable[[str], None] = lambda line: None
) -> dict[str, Any]:
    """Route `orders` market orders over `venues` books of `depth` levels, each order over new books; us a decision.

    They are the processor's, which a busy machine changes less than the clock's. Orders are of 0.001 to 5 BTC where a
    level has 1 BTC on average: from a part of one level to a dozen of them. `route_us` is the median round's mean.
    """
    lots = Random(7)
    per_round = max(orders // _ROUNDS, 1)
    rounds: list[float] = []
    legs = 0
    unproven = 0
    for number in range(_ROUNDS):
        cases = [(_order(lots), _market(lots, venues, depth)) for _ in range(per_round)]
        with nothing_is_garbage():
            began = time.thread_time_ns()
            found = [decide(order, market, _RULES) for order, market in cases]
            rounds.append((time.thread_time_ns() - began) / per_round / 1000)
        for each in found:
            if isinstance(each, NoRouteFound):
                raise TypeError(f"the benchmark's order found no route: {each.reason}")
            legs += len(each.legs)
            unproven += not each.is_proven
        progress(f"round {number + 1} of {_ROUNDS}: {rounds[-1]:.1f} us a route")
    checks = [
        Check.at_most("route_us", percentile(rounds, 50), _LIMIT_US, "us"),
        Check.equal("not_proven_cheapest", unproven, 0, "orders"),
    ]
    return {
        "ok": all(check.ok for check in checks),
        "orders": per_round * _ROUNDS,
        "venues": venues,
        "depth": depth,
        "legs_per_order": legs / (per_round * _ROUNDS),
        "rounds_us": rounds,
        "checks": as_json(checks),
    }


def _order(lots: Random) -> OrderToRoute:
    return OrderToRoute(side=lots.choice(list(Side)), quantity=Quantity(Decimal(lots.randint(1, 5_000)).scaleb(-3)))


def _market(lots: Random, venues: int, depth: int) -> Sequence[VenueOffer]:
    return [_offer(lots, f"VENUE{number}", depth) for number in range(venues)]


def _offer(lots: Random, venue: str, depth: int) -> VenueOffer:
    mid = _MID_TICKS + lots.randint(-30, 30)
    return VenueOffer(
        instrument=Instrument(
            key=InstrumentKey(f"{venue}:PERPETUAL:BTC-USDT@LIN"),
            tick_size=Price(_TICK),
            lot_size=Quantity(Decimal("0.001")),
            min_quantity=Quantity(Decimal("0.001")),
            min_notional=Decimal(5),
        ),
        account=AccountId(venue),
        bids=_ladder(lots, mid, -1, depth),
        asks=_ladder(lots, mid, 1, depth),
        age_ns=lots.randint(0, 100_000_000),
        maker_rate=Decimal("0.0002"),
        taker_rate=Decimal(lots.randint(40, 60)).scaleb(-5),
        fee_currency=Currency("USDT"),
        round_trip_ns=lots.randint(1_000_000, 100_000_000),
        volatility_bps=Decimal("1.5"),
        funding_rate=Decimal("0.0001"),
        funding_in_ns=3_600_000_000_000,
        free_funds=Decimal(10_000_000),
        margin_rate=Decimal("0.1"),
        fixed_cost_usd=Decimal("0.01"),
    )


def _ladder(lots: Random, mid: int, direction: int, depth: int) -> tuple[Level, ...]:
    levels = []
    for _ in range(depth):
        mid += direction * lots.randint(1, 10)
        levels.append(Level(_TICK * mid, Decimal(lots.randint(1, 2_000)).scaleb(-3)))
    return tuple(levels)
