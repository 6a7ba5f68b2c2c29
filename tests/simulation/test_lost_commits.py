"""An order whose commit failed: whether it was durable or not, its caller may repeat, and the venue sees it once."""

import asyncio
from decimal import Decimal

import pytest

from ports.errors import JournalUnavailableError
from ports.facts import OrderReleased, OrderUnconfirmed
from ports.replies import OrderReply
from ports.values import OperationId, OrderStatus

from fakes.journal import AppendFails
from fakes.venue import Answer
from fakes.virtual_loop import pause, run_virtually
from simulation.judgement import digest_of, folded
from simulation.street import OP, Street

BOTH = pytest.mark.parametrize("when", list(AppendFails))


async def submitted_into_a_failure(street: Street, when: AppendFails) -> None:
    street.fail_next_append(when)
    with pytest.raises(JournalUnavailableError):
        await street.submit()


@BOTH
def test_the_same_submit_again_has_its_answer_and_the_venue_sees_one_order_at_most(when: AppendFails) -> None:
    async def scenario() -> None:
        street = await Street().open()
        await submitted_into_a_failure(street, when)
        await pause(30)
        answer = await street.submit()
        assert isinstance(answer.reply, OrderReply)
        await pause(30)
        if when is AppendFails.BEFORE_DURABLE:  # it was never recorded: this is the first time
            assert not answer.reply.repeated
            assert street.status is OrderStatus.ACCEPTED
            assert street.venue.arrivals == [street.client_order_id]
        else:  # it was recorded, and never sent: nobody sends it now
            assert answer.reply.repeated
            assert (street.status, street.order.reason_code) == (OrderStatus.REJECTED, "NEVER_REACHED_VENUE")
            assert street.venue.arrivals == []
        await street.process.stop()

    run_virtually(scenario())


def test_an_order_that_proved_durable_but_never_left_is_in_doubt_until_the_venue_was_asked() -> None:
    async def scenario() -> list[tuple[OrderStatus, Decimal]]:
        street = await Street().open()
        await submitted_into_a_failure(street, AppendFails.AFTER_DURABLE)
        await pause(0.2)
        doubted = street.status, street.reserved
        await street.close()
        return [doubted, (street.status, street.reserved)]

    assert run_virtually(scenario()) == [
        (OrderStatus.UNCONFIRMED, Decimal(2)),
        (OrderStatus.REJECTED, Decimal(0)),
    ]


@BOTH
def test_orders_decided_in_one_batch_share_its_fate(when: AppendFails) -> None:
    async def scenario() -> None:
        street = await Street().open()
        street.fail_next_append(when)
        names = [OperationId(f"op-{number}") for number in range(5)]
        answers = await asyncio.gather(*[street.submit(name) for name in names], return_exceptions=True)
        assert {type(answer) for answer in answers} == {JournalUnavailableError}
        await street.close()
        known = [street.process.book.oms.get(name) for name in names]
        assert all((order is not None) == (when is AppendFails.AFTER_DURABLE) for order in known)
        assert street.venue.arrivals == []

    run_virtually(scenario())


@BOTH
def test_a_trade_whose_commit_failed_is_counted_once(when: AppendFails) -> None:
    async def scenario() -> None:
        street = await Street().arrived()
        street.fail_next_append(when)
        street.venue.fill(street.client_order_id)
        await street.close()
        assert street.status is OrderStatus.FILLED
        assert len(street.order.fills) == 1
        ((_, position),) = street.process.book.positions
        assert position.holding.quantity == 2

    run_virtually(scenario())


@BOTH
def test_a_cancel_whose_commit_failed_is_carried_out_all_the_same(when: AppendFails) -> None:
    async def scenario() -> None:
        street = await Street().arrived()
        street.fail_next_append(when)
        await street.cancel()
        await street.close()
        assert street.status is OrderStatus.CANCELED

    run_virtually(scenario())


@BOTH
def test_the_account_is_ready_again_and_the_book_is_its_journal(when: AppendFails) -> None:
    async def scenario() -> None:
        street = await Street(Answer.SILENCE).arrived()  # an order in doubt through it all
        street.fail_next_append(when)
        with pytest.raises(JournalUnavailableError):
            await street.submit(OperationId("other"))
        await street.close()
        assert street.status is OrderStatus.ACCEPTED
        assert street.process.book.accounts.is_ready(street.venue.account)
        facts = [entry.fact for entry in street.entries()]
        assert digest_of(folded(facts)) == digest_of(street.process.orchestrator)
        released = [fact for fact in facts if isinstance(fact, OrderReleased)]
        doubted = {fact.operation_id for fact in facts if isinstance(fact, OrderUnconfirmed)}
        assert doubted == {fact.operation_id for fact in released} >= {OP}

    run_virtually(scenario())
