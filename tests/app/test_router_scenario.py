"""The router's scenario: what it proves, and that it would say so if it were not so."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.demo.router_market import PARCEL, VENUES, Book, Moment, Rung, book_of, offer_of
from app.demo.router_reference import cash_of, cheapest_of_all, in_turn, table_of
from app.demo.router_scenario import ORDERS, run_router_scenario
from app.demo.router_verdict import RULES, Verdict
from core.routing.offers import OrderToRoute, VenueOffer
from core.routing.router import decide
from ports.instruments import InstrumentKey
from ports.market_data import Quote
from ports.values import Price, Quantity, Side, VenueId

ALPHA = VENUES[1]


def check(found: dict[str, Any], name: str) -> dict[str, Any]:
    (one,) = [each for each in found["checks"] if each["name"] == name]
    return dict(one)


def moments(count: int) -> list[Moment]:
    """A still market, drawn anew a quarter of a second later each time."""
    made = []
    for number in range(count):
        quote = Quote(
            instrument=InstrumentKey("BINANCE-SPOT:SPOT_PAIR:BTC-USDT"),
            bid=Price(Decimal("60000.00")),
            ask=Price(Decimal("60000.01")),
            bid_size=Decimal(1),
            ask_size=Decimal(1),
            event_time_ns=0,
            received_ns=number * 250_000_000,
        )
        books = {venue.name: book_of(venue, quote, 7) for venue in VENUES}
        made.append(
            Moment(
                side=Side.BUY if number % 2 else Side.SELL,
                parcels=2 * (1 + number % 20),
                part=0,
                mid=12_000_001,
                books=books,
                arrival=books,
                offers=[offer_of(venue, books[venue.name], 0, Decimal(0), 0) for venue in VENUES],
            )
        )
    return made


def judged(count: int, *, only: VenueId | None = None, offers: list[VenueOffer] | None = None) -> dict[str, Any]:
    """The verdict over routes that may go everywhere, or only to one venue."""
    verdict = Verdict()
    for moment in moments(count):
        order = OrderToRoute(side=moment.side, quantity=Quantity(PARCEL * moment.parcels))
        routed = replace(order, venues=(only,)) if only else order
        verdict.take(moment, order, decide(routed, offers or moment.offers, RULES))
    return verdict.result(count, count)


def test_every_route_is_explained_and_the_sum_is_within_a_percent_of_the_optimum_and_below_simpler_routers() -> None:
    found = run_router_scenario(seed=3)
    assert found["ok"], found["checks"]
    assert len(found["explained"]) == ORDERS
    assert check(found, "cost_over_optimum")["value"] >= 1  # the optimum is one
    assert found == run_router_scenario(seed=3)


def test_recorded_quotes_prove_the_same(shared_data: Path) -> None:
    found = run_router_scenario(ticks=shared_data / "recorded")
    assert found["ok"], found["checks"]


def test_without_forecasts_in_a_still_market_the_route_is_the_optimum_to_the_last_digit() -> None:
    found = judged(100)
    assert check(found, "cost_over_optimum")["value"] == 1
    assert found["ok"], found["checks"]


def test_a_router_that_always_takes_the_first_venue_would_fail() -> None:
    found = judged(100, only=VenueId("BINANCE-SPOT"))
    assert not found["ok"]
    assert not check(found, "cost_over_optimum")["ok"]


def test_a_route_to_a_venue_that_does_not_work_would_be_a_fault() -> None:
    (moment,) = moments(1)
    order = OrderToRoute(side=moment.side, quantity=Quantity(PARCEL * moment.parcels))
    verdict = Verdict()
    verdict.take(
        replace(moment, part=0.85), order, decide(replace(order, venues=(VenueId("ALPHA"),)), moment.offers, RULES)
    )
    assert verdict.result(1, 1)["faults"] == ["ALPHA does not do its work"]


def test_the_reference_counts_cash_by_itself() -> None:
    book = Book(bids=(Rung(99, 10),), asks=(Rung(101, 10), Rung(103, 10)))
    # 10 at 101 and 2 at 103 against 100 are 16; the fee is 750 millionths of 1216; counted in half cents
    assert cash_of(ALPHA, book.asks, 1, 200, 12) == 2 * (16 * 1_000_000 + 750 * 1216)
    assert cash_of(ALPHA, book.asks, 1, 200, 21) is None


@pytest.mark.parametrize(("parcels", "wanted"), [(2, 20), (3, 31), (4, 44), (9, None)])
def test_every_split_is_tried(parcels: int, wanted: int | None) -> None:
    tables = [[0, 13, 20, 33, 60], [0, 11, 24, 40, 60]]
    whole = [[*table, *[None] * 9] for table in tables]
    assert cheapest_of_all(whole, parcels) == wanted


def test_a_simple_router_takes_all_it_can_get_at_the_first() -> None:
    assert in_turn([[0, 13, None, None], [0, 11, 24, 40]], 3) == 13 + 24
    assert in_turn([[0, 13, None], [0, None, None]], 2) is None


def test_a_table_keeps_lots_and_least_notional() -> None:
    coarse = replace(ALPHA, lot_parcels=2, least_usd=900)
    book = (Rung(6_000_000, 40),)  # a parcel is worth 300 dollars
    taken = [part for part, cost in enumerate(table_of(coarse, book, 1, 12_000_000, 6)) if cost is not None]
    assert taken == [0, 4, 6]
