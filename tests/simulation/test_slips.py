"""What storms have shown to go wrong once, each as small as it gets."""

from decimal import Decimal

from ports.reports import CancelRefused, VenueOrderStatus
from ports.values import OrderStatus, Quantity

from fakes.venue import Answer
from fakes.virtual_loop import pause, run_virtually, turns
from simulation.street import Street


def test_a_cancel_that_arrived_before_its_order_is_sent_again() -> None:
    async def scenario() -> OrderStatus:
        street = await Street(Answer.SILENCE).arrived()
        session = street.venue.sessions[0]
        sessions, street.venue.sessions = street.venue.sessions, []
        await street.cancel()  # taken back at the venue, of which nothing is heard
        street.venue.orders[street.client_order_id].status = VenueOrderStatus.ACCEPTED
        street.venue.sessions = sessions
        account, name = street.venue.account, street.client_order_id
        session.hear(CancelRefused(account=account, client_order_id=name, reason="no such order"))
        await turns()
        street.venue.acknowledge(name)
        await street.close()
        return street.status

    assert run_virtually(scenario()) is OrderStatus.CANCELED


def test_an_order_whose_cancel_was_refused_is_asked_about_until_there_is_an_answer() -> None:
    async def scenario() -> OrderStatus:
        street = await Street().arrived()
        await street.unheard(lambda: street.venue.fill(street.client_order_id))
        await street.unasked(street.cancel)  # refused: it is filled already
        await street.close()
        return street.status

    assert run_virtually(scenario()) is OrderStatus.FILLED


def test_an_order_amended_to_less_ends_although_the_answer_was_lost_and_it_has_traded_whole() -> None:
    async def scenario() -> tuple[OrderStatus, bool]:
        street = await Street().arrived()
        sessions, street.venue.sessions = street.venue.sessions, []
        await street.amend(Quantity(Decimal(1)))
        street.venue.fill(street.client_order_id)
        street.venue.sessions = sessions
        await street.close()
        return street.status, street.process.book.accounts.is_ready(street.venue.account)

    assert run_virtually(scenario()) == (OrderStatus.FILLED, True)


def test_an_account_is_ready_when_an_order_has_ended_by_the_refusal_of_its_amend() -> None:
    async def scenario() -> tuple[OrderStatus, bool]:
        street = await Street().arrived()
        order = street.venue.orders.pop(street.client_order_id)
        sessions, street.venue.sessions = street.venue.sessions, []
        await street.amend(Quantity(Decimal(3)))  # as if it were lost on the way
        street.venue.sessions, street.venue.orders[street.client_order_id] = sessions, order
        street.venue.fill(street.client_order_id)
        await pause(0.1)
        street.venue.disconnect()
        await street.close()
        return street.status, street.process.book.accounts.is_ready(street.venue.account)

    assert run_virtually(scenario()) == (OrderStatus.FILLED, True)


def test_an_order_that_ended_with_trades_missing_ends_when_they_have_come() -> None:
    async def scenario() -> OrderStatus:
        street = await Street().arrived()
        name, sessions = street.client_order_id, list(street.venue.sessions)

        async def end_before_its_trade() -> None:
            street.venue.sessions.clear()
            trade = street.venue.fill(name, Decimal(1))
            street.venue.sessions[:] = sessions
            street.venue.cancel(name)
            await turns()
            sessions[0].hear(trade)

        await street.unasked(end_before_its_trade)
        await street.close()
        return street.status

    assert run_virtually(scenario()) is OrderStatus.CANCELED
