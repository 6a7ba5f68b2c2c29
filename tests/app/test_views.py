"""What the doors are shown of a real book: breaks, limits, exposure, and who lists an instrument."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from decimal import Decimal

import pytest

from adapters.doors import BreakView, ExposureLine
from app.views import ServiceViews
from ports.facts import BreakKind
from ports.instruments import InstrumentKey
from ports.journal import Entry
from ports.values import Side

from fakes.desk import SECOND_NS, Desk
from fakes.sayings import (
    ACCOUNTS,
    INVERSE,
    PERP,
    SMART_PERP,
    SPOT,
    accepted,
    not_found,
    quote,
    set_limits,
    statement,
    submit,
    traded,
)

FUTURES = ACCOUNTS[PERP]


class Still:
    """A feed on which nothing happens."""

    sequence = 7

    def follow(self, after_seq: int) -> AsyncIterator[Sequence[Entry]]:
        raise AssertionError("views never wait")


@pytest.fixture
def desk() -> Desk:
    opened = Desk()
    opened.receive(set_limits())
    return opened


@pytest.fixture
def views(desk: Desk) -> ServiceViews:
    return ServiceViews(lambda: desk.actor.book, (), Still(), lambda: 7, lambda: True)


def line(views: ServiceViews, strategy: str, instrument: InstrumentKey = PERP) -> ExposureLine:
    (found,) = (one for one in views.exposure() if (one.strategy_id, one.instrument) == (strategy, instrument))
    return found


def of_kind(views: ServiceViews, kind: BreakKind) -> BreakView:
    (found,) = (one for one in views.breaks() if one.kind is kind)
    return found


def test_a_position_that_differs_shows_both_amounts(desk: Desk, views: ServiceViews) -> None:
    for _ in range(2):
        desk.receive(statement(FUTURES, desk.now_ns, positions={PERP: "0.75"}))
    found = of_kind(views, BreakKind.POSITION_DIFFERS)
    assert (found.ours, found.theirs) == (Decimal(0), Decimal("0.75"))
    assert (found.account, found.venue, found.instrument) == (FUTURES, "BINANCE-FUTURES", PERP)
    assert found.opened_ns == desk.now_ns


def test_a_break_about_an_order_names_it_and_one_about_none_does_not(desk: Desk, views: ServiceViews) -> None:
    desk.receive(submit("op-1", buy="1", at="50000"))
    desk.receive(traded("op-1", "t-1", "1.5"))
    desk.receive(traded(None, "t-2", "1"))
    over, stray = of_kind(views, BreakKind.OVERFILL), of_kind(views, BreakKind.UNATTRIBUTED_FILL)
    assert over.operation_id == "op-1"
    assert (stray.operation_id, stray.ours, stray.theirs) == (None, None, None)


def test_an_order_that_is_gone_from_its_venue_is_named(desk: Desk, views: ServiceViews) -> None:
    desk.receive(submit("op-1", buy="1", at="50000"))
    desk.receive(accepted("op-1"))
    for _ in range(2):
        desk.pass_time(2)
        desk.receive(not_found("op-1", asked_ns=desk.now_ns))
    assert of_kind(views, BreakKind.GONE_FROM_VENUE).operation_id == "op-1"


def test_a_poisoned_message_is_a_break_of_no_account(desk: Desk, views: ServiceViews) -> None:
    desk.quarantine(submit("op-1", buy="1"), "a defect")
    found = of_kind(views, BreakKind.QUARANTINE)
    assert (found.account, found.venue, found.instrument, found.detail) == (None, None, PERP, "a defect")


def test_exposure_counts_what_is_held_and_what_open_orders_could_make_of_it(desk: Desk, views: ServiceViews) -> None:
    desk.receive(quote(PERP, "49999", "50001", received_ns=desk.now_ns - SECOND_NS))
    desk.receive(submit("op-1", buy="1"))
    desk.receive(traded("op-1", "t-1", "1"))
    desk.receive(submit("op-2", sell="3", at="60000"))
    desk.receive(submit("op-3", buy="0.5", at="40000", strategy="patient"))
    held, resting = line(views, "momentum"), line(views, "patient")
    assert (held.position, held.worst_case) == (Decimal(1), Decimal(2))
    assert (held.unit_usd, held.price_ns) == (Decimal(50000), desk.now_ns - SECOND_NS)
    assert (resting.position, resting.worst_case) == (Decimal(0), Decimal("0.5"))


def test_a_price_that_nobody_has_quoted_is_our_last_trade_and_marked_so() -> None:
    desk = Desk()
    desk.receive(set_limits())
    desk.restart()  # quotes are not in the journal
    desk.receive(set_limits())
    for account in desk.accounts:
        desk.connect(account)
    views = ServiceViews(lambda: desk.actor.book, (), Still(), lambda: 7, lambda: True)
    desk.receive(traded(None, "t-1", "2", "48000", side=Side.SELL))
    found = line(views, "UNATTRIBUTED")
    assert (found.position, found.unit_usd, found.price_ns) == (Decimal(-2), Decimal(48000), 0)


def test_an_inverse_quantity_needs_no_price_and_an_unknown_currency_has_no_value(
    desk: Desk, views: ServiceViews
) -> None:
    desk.receive(traded(None, "t-1", "100", instrument=INVERSE, currency="BTC"))
    found = line(views, "UNATTRIBUTED", INVERSE)
    assert (found.unit_usd, found.price_ns) == (Decimal(1), None)
    desk.receive(set_limits(usd_per={}))
    assert line(views, "UNATTRIBUTED", INVERSE).unit_usd is None


def test_limits_are_those_in_force(desk: Desk, views: ServiceViews) -> None:
    desk.receive(set_limits(max_order_value_usd=Decimal(5)))
    assert views.limits().max_order_value_usd == Decimal(5)


def test_an_instrument_is_listed_where_its_venue_said_so_even_after_the_session_is_gone(
    desk: Desk, views: ServiceViews
) -> None:
    desk.disconnect(FUTURES)
    assert views.listed_in(PERP) == [FUTURES]
    assert views.listed_in(SPOT.at(PERP.venue)) == []
    assert len(views.listed_in(SMART_PERP)) == 2
