"""Amending in place, by label, and what happens when something else happens first."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ports.errors import NotSentError
from ports.reports import AmendRefused, AmendReport, OrderStatusReport, VenueOrderStatus

from simulators.deribit.trader import Connect, DeribitTrader


async def test_an_edit_keeps_the_order_and_is_told_once(trader: DeribitTrader) -> None:
    name = await trader.rest()
    await trader.amend(name, "200", "58000.5")
    told = await trader.report(name, AmendReport)
    assert (told.quantity, str(told.price)) == (Decimal(200), "58000.5")
    (order,) = await trader.venue.orders(name)
    assert (order["replaced"], order["amount"], order["price"]) == (True, 200.0, 58000.5)
    await trader.rest()
    assert len([one for one in trader.inbox.of(name) if isinstance(one, AmendReport)]) == 1


async def test_an_edit_whose_answer_is_lost_is_told_by_the_stream(trader: DeribitTrader) -> None:
    name = await trader.rest()
    await trader.venue.fault("private/edit_by_label", "no_answer")
    await trader.amend(name, "200", "58000")
    assert (await trader.report(name, AmendReport)).quantity == 200


async def test_an_edit_that_neither_answer_nor_stream_tells_is_found_by_asking(connect: Connect) -> None:
    trader = await connect(answer_s="0.2")
    name = await trader.rest()
    await trader.venue.fault("private/edit_by_label", "no_answer")
    await trader.venue.fault("user.orders", "drop", execution="AMENDED")
    await trader.amend(name, "200", "58000")
    evidence = await trader.evidence(name)
    assert (evidence.status.quantity, evidence.status.price) == (200, 58_000)


async def test_an_edit_that_comes_after_the_fill_is_refused_and_the_fill_stands(trader: DeribitTrader) -> None:
    name = await trader.rest()
    await trader.venue.fault("private/edit_by_label", "delay", delay_ms=200, late=False)
    await trader.amend(name, "200", "58000")
    await trader.venue.command("fill", client_order_id=name, quantity="100")
    refused = await trader.report(name, AmendRefused)
    assert "already_filled" in refused.reason
    assert (await trader.evidence(name)).status.status is VenueOrderStatus.FILLED


async def test_an_edit_below_what_is_filled_is_refused_and_the_order_works_on(trader: DeribitTrader) -> None:
    name = await trader.rest()
    await trader.venue.command("fill", client_order_id=name, quantity="60")
    await trader.fills(name, 1)
    await trader.amend(name, "50", "59000")
    assert "qty_too_low" in (await trader.report(name, AmendRefused)).reason
    assert (await trader.evidence(name)).status.status is VenueOrderStatus.ACCEPTED


async def test_an_edit_that_reaches_the_market_trades_and_says_so(trader: DeribitTrader) -> None:
    name = await trader.rest()
    await trader.amend(name, "100", "60001")
    (fill,) = await trader.fills(name, 1)
    assert str(fill.price) == "60000.5"
    await trader.status(name, VenueOrderStatus.FILLED)


async def test_a_post_only_order_stays_post_only_through_an_edit(trader: DeribitTrader) -> None:
    name = await trader.rest(post_only=True)
    await trader.amend(name, "100", "60001")  # would take
    assert "post_only_reject" in (await trader.report(name, AmendRefused)).reason
    await trader.amend(name, "200", "58000")
    await trader.report(name, AmendReport)
    (order,) = await trader.venue.orders(name)
    assert (order["post_only"], order["reject_post_only"]) == (True, True)


async def test_a_post_only_order_of_an_earlier_connection_stays_post_only_too(trader: DeribitTrader) -> None:
    name = await trader.rest(post_only=True)
    await trader.session.disconnect()
    await trader.connect()
    await trader.amend(name, "100", "60001")
    assert "post_only_reject" in (await trader.report(name, AmendRefused)).reason


async def test_an_edit_off_the_grid_never_leaves(trader: DeribitTrader) -> None:
    name = await trader.rest()
    with pytest.raises(NotSentError, match=r"ticks of 0\.5"):
        await trader.amend(name, "100", "58000.3")
    assert [one.status for one in trader.inbox.of(name) if isinstance(one, OrderStatusReport)] == ["ACCEPTED"]
