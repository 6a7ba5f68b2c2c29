"""Shadow mode hands nothing over, and takes over no journal whose orders nobody could take back."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from app.settings import Mode, Settings, parse_settings
from app.shadow import SHADOW, ShadowSession, refuse_working_orders
from ports.errors import InvalidInputError, NotSentError
from ports.reports import FundingReport
from ports.requests import SendAmend, SendCancel, SendOrder
from ports.values import Currency, Money, OrderType, Price, Quantity, Side, TimeInForce, TradeId
from ports.venue_pulse import Pulse

from fakes.desk import Desk
from fakes.sayings import ACCOUNTS, LISTED, PERP, accepted, canceled, client_id, submit
from fakes.venue import FakeSession, FakeVenue


def settings(**node: Any) -> Settings:
    client = {"name": "BINANCE_FUTURES", "api_key": "a-key", "api_secret": "hunter2"}
    return parse_settings(json.dumps({"trading_node": {"exec_clients": [client], **node}}), {})


def test_it_needs_no_acknowledgement_and_is_live_in_everything_else() -> None:
    given = settings(shadow=True)
    assert (given.mode, given.is_shadow, given.refusal) == (Mode.LIVE, True, None)
    assert settings(live_trading_acknowledged=True).is_shadow is False


def test_on_paper_there_is_no_shadow() -> None:
    assert parse_settings('{"trading_node": {"shadow": true}}', {}).is_shadow is False


async def test_what_the_session_knows_of_itself_and_of_its_account_is_passed_on() -> None:
    told, paid = Pulse(trouble="slow"), funding_report()

    class Knowing(FakeSession):
        def pulse(self) -> Pulse:
            return told

        async def funding_since(self, since_ns: int) -> list[FundingReport]:
            return [paid] if since_ns <= paid.venue_time_ns else []

    venue = FakeVenue([LISTED[PERP]], lambda: 1)
    knowing, plain = ShadowSession(Knowing(venue)), ShadowSession(venue.session())
    assert (knowing.pulse(), plain.pulse()) == (told, Pulse())
    assert (await knowing.funding_since(1), await plain.funding_since(1)) == ([paid], ())


def funding_report() -> FundingReport:
    amount = Money(Decimal(-1), Currency("USDT"))
    return FundingReport(
        account=ACCOUNTS[PERP], instrument=PERP, payment_id=TradeId("f1"), amount=amount, position=None, venue_time_ns=1
    )


async def test_no_order_cancel_or_amend_reaches_the_session_behind_it() -> None:
    venue = FakeVenue([LISTED[PERP]], lambda: 1)
    session = ShadowSession(venue.session())
    name, one, price = client_id("op-1"), Quantity(Decimal(1)), Price(Decimal(100))
    named: dict[str, Any] = {"account": session.account, "instrument": PERP, "client_order_id": name}
    order = SendOrder(
        **named,
        side=Side.BUY,
        quantity=one,
        order_type=OrderType.LIMIT,
        price=price,
        time_in_force=TimeInForce.GTC,
        expire_time_ns=None,
        post_only=False,
    )
    amend = SendAmend(**named, venue_order_id=None, side=Side.BUY, quantity=one, price=price)
    for sending in (
        session.send(order),
        session.cancel(SendCancel(**named, venue_order_id=None)),
        session.amend(amend),
    ):
        with pytest.raises(NotSentError, match=SHADOW):
            await sending
    assert not venue.counts


def test_a_journal_whose_orders_may_work_at_a_venue_is_refused_until_they_have_ended() -> None:
    desk = Desk()
    refuse_working_orders(desk.actor.book)
    desk.receive(submit("op-1", buy="1", at="50000"))
    desk.receive(accepted("op-1"))
    with pytest.raises(InvalidInputError, match="op-1"):
        refuse_working_orders(desk.actor.book)
    desk.receive(canceled("op-1"))
    refuse_working_orders(desk.actor.book)
