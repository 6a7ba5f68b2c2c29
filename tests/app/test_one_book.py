"""A linear perpetual, an inverse one and an option stand in one blotter and one exposure, their P&L worked by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from adapters.doors.exposure import total
from app.views import ServiceViews
from core.positions.pnl import average_entry_price, unrealized_pnl
from ports.instruments import InstrumentKey
from ports.values import OrderStatus, Side, exact

from fakes.desk import Desk
from fakes.journal import MemoryJournal
from fakes.sayings import ACCOUNTS, CALL, INVERSE, MOMENTUM, PERP, quote, set_limits, submit, traded

THREE = (PERP, INVERSE, CALL)
# What is bought and at what price, what of it is sold and at what price.
TRADES = {
    PERP: ("0.5", "50000", "0.2", "51000"),
    INVERSE: ("60000", "50000", "30000", "60000"),
    CALL: ("2.5", "0.05", "1", "0.065"),
}


@pytest.fixture
def desk() -> Desk:
    """Return a desk that has bought all three, and sold a part of each."""
    desk = Desk(instruments=THREE)
    desk.receive(set_limits())  # USDT and USD are worth one USD
    for mark in (quote(PERP, "51999", "52001"), quote(INVERSE, "51999", "52001"), quote(CALL, "0.0395", "0.0405")):
        desk.receive(mark)
    for at, (key, (bought, entry, sold, left_at)) in enumerate(TRADES.items()):
        desk.receive(submit(f"in-{at}", buy=bought, instrument=key))
        desk.receive(traded(f"in-{at}", f"b{at}", bought, entry, instrument=key))
        desk.receive(submit(f"out-{at}", sell=sold, instrument=key))
        desk.receive(traded(f"out-{at}", f"s{at}", sold, left_at, side=Side.SELL, instrument=key))
    return desk


def test_the_blotter_has_all_six_orders_each_at_its_venue_in_its_own_unit(desk: Desk) -> None:
    orders = [desk.order(f"{way}-{at}") for at in range(3) for way in ("in", "out")]
    assert {one.status for one in orders} == {OrderStatus.FILLED}
    assert [(one.terms.instrument, str(one.filled_quantity)) for one in orders] == [
        *((PERP, "0.5"), (PERP, "0.2")),
        *((INVERSE, "60000"), (INVERSE, "30000")),
        *((CALL, "2.5"), (CALL, "1")),
    ]
    assert desk.breaks() == []


@pytest.mark.parametrize(
    ("key", "left", "realized", "entry", "mark", "unrealized"),
    [
        # 0.2 of 0.5 coins, bought at 50,000, sold at 51,000: 200 USDT. 0.3 are left, each 2,000 above its price.
        (PERP, "0.3", "200", "50000", "52000", "600"),
        # 30,000 of 60,000 USD at 50,000 were 0.6 BTC owed, paid back at 60,000 with 0.5: 0.1 BTC gained. The other
        # 30,000 USD are 0.6 BTC owed too, and would cost 0.75 at 40,000.
        (INVERSE, "30000", "0.1", "50000", "40000", "-0.15"),
        # 1 of 2.5 calls bought at 0.05 BTC, sold at 0.065. The other 1.5 are worth 0.01 less than they cost, each.
        (CALL, "1.5", "0.015", "0.05", "0.04", "-0.015"),
    ],
)
def test_profit_and_loss_is_what_it_is_by_hand(
    desk: Desk, key: InstrumentKey, left: str, realized: str, entry: str, mark: str, unrealized: str
) -> None:
    held = dict(desk.actor.book.positions)[ACCOUNTS[key], MOMENTUM, key].holding
    with exact():
        assert held.quantity == Decimal(left)
        assert held.realized_pnl == Decimal(realized)
        assert average_entry_price(key, held.quantity, held.open_cash) == Decimal(entry)
        assert unrealized_pnl(key, held.quantity, held.open_cash, Decimal(mark)) == Decimal(unrealized)


def test_one_exposure_counts_all_three_in_dollars(desk: Desk) -> None:
    views = ServiceViews(lambda: desk.actor.book, (), MemoryJournal(), lambda: 0, lambda: True)  # type: ignore[arg-type]  # its sequence is not asked for
    lines = {one.instrument: one for one in views.exposure()}
    assert lines.keys() == set(THREE)
    # 0.3 coins at 52,000; 30,000 USD as they are; 1.5 calls as their whole underlying at 52,000.
    gross = Decimal("0.3") * 52_000 + 30_000 + Decimal("1.5") * 52_000
    found = total(lines.values(), desk.now_ns)
    assert Decimal(str(found["gross"])) == gross == 123_600
    assert Decimal(str(found["net"])) == gross
