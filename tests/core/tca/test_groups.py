"""What groups of orders cost: by strategy, venue, algorithm; in USD, of the orders that could be measured."""

from decimal import Decimal

from core.tca.analysis import Analysis
from core.tca.groups import grouped, venue_orders, whole_orders
from ports.results import TcaRow
from ports.values import OperationId, OrderStatus

from fakes.tca_market import PERP, SPOT, USD_PER, Session, at, quotes, tapes

D = Decimal


def a_day() -> list[TcaRow]:
    """Two orders of one strategy, a parent with a child of another, and one whose market nobody saw."""
    session = Session()
    for name, price in (("one", "101"), ("two", "103")):
        session.order(name, 1, quantity="2")
        session.release(name, 1)
        session.fill(name, 1, "2", price, fee="0.1", status=OrderStatus.FILLED)
    session.order("twap", 1, quantity="1", strategy="other", exec_algorithm="TWAP")
    session.start_parent("twap", 1)
    session.order("twap.1", 2, quantity="1", strategy="other", parent_operation_id=OperationId("twap"))
    session.release("twap.1", 2)
    session.fill("twap.1", 2, "1", "101", status=OrderStatus.FILLED)
    session.end_parent("twap", 2, OrderStatus.FILLED)
    session.order("unseen", 1, quantity="1", key=SPOT)
    session.release("unseen", 1, SPOT)
    session.fill("unseen", 1, "1", "101", key=SPOT, status=OrderStatus.FILLED)
    market = tapes(quotes((0, "99", "101"), (10, "101", "103")), until=62)
    return Analysis(market, USD_PER, at(62), (1, 10, 60)).rows(session.entries)


def test_a_strategys_orders_add_up_and_what_nobody_could_measure_is_told_apart() -> None:
    desk, other = grouped(whole_orders(a_day()), lambda row: row.strategy_id)
    assert (desk.name, desk.orders, desk.measured) == ("desk", 3, 2)
    assert desk.notional_usd == D(400)
    assert desk.parts_usd == {
        "delay": D(0), "timing": D(0), "spread": D(4), "impact": D(4), "fees": D("0.2"), "opportunity": D(0),
    }  # fmt: skip
    assert (desk.shortfall_usd, desk.shortfall_bps) == (D("8.2"), D(205))
    assert (other.name, other.orders, other.shortfall_usd) == ("other", 1, D(1))


def test_venues_are_judged_by_what_they_were_sent_and_orders_by_what_was_asked_for() -> None:
    rows = a_day()
    assert {row.operation_id for row in whole_orders(rows)} == {"one", "two", "twap", "unseen"}
    assert {row.operation_id for row in venue_orders(rows)} == {"one", "two", "twap.1", "unseen"}
    by_venue = {group.name: group for group in grouped(venue_orders(rows), lambda row: str(row.venue))}
    assert by_venue[PERP.venue].measured == 3
    assert by_venue[SPOT.venue].shortfall_bps is None


def test_a_groups_markout_is_of_what_was_seen_so_long_after() -> None:
    (desk, _) = grouped(whole_orders(a_day()), lambda row: row.strategy_id)
    # A second later the mid is still 100, ten later it is 102: 2 at 101 and 2 at 103, of a notional of 400.
    assert desk.markout_bps[1] == D(-200)
    assert desk.markout_bps[10] == D(0)
    assert desk.markout_bps[60] == D(0)
