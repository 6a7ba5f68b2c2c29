"""The journal is away: orders are refused, cancels and halts go out all the same, and nothing of it is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ports.commands import CancelAll, HaltMode, HaltScope, LiftHalt, RaiseHalt
from ports.errors import JournalUnavailableError
from ports.facts import CancelRequested, HaltRaised
from ports.replies import CancelAllReply, CancelReply, ControlReply, OrderReply
from ports.reports import VenueOrderStatus
from ports.values import OperationId, OrderStatus

from fakes.virtual_loop import pause, run_virtually
from simulation.clients import CLIENT
from simulation.judgement import digest_of, folded
from simulation.street import OP, Street

OTHER = OperationId("other")
HALT = RaiseHalt(scope=HaltScope.GLOBAL, value="", mode=HaltMode.CANCEL, principal=CLIENT, reason="enough")


@asynccontextmanager
async def outage(street: Street) -> AsyncIterator[None]:
    """The journal does not answer, and a submit has met it."""
    street.disk.is_away = True
    with pytest.raises(JournalUnavailableError):
        await street.submit(OTHER)
    yield
    street.disk.is_away = False
    await pause(30)


def at_venue(street: Street) -> VenueOrderStatus:
    return street.venue.orders[street.client_order_id].status


def test_a_cancel_reaches_its_venue_and_is_journalled_when_the_journal_is_back() -> None:
    async def scenario() -> None:
        street = await Street().arrived()
        async with outage(street):
            answer = (await street.process.host.ask(street.a_cancel())).reply
            assert isinstance(answer, CancelReply)
            assert answer.order is not None
            assert answer.order.status is OrderStatus.PENDING_CANCEL
            await pause(0.1)
            assert at_venue(street) is VenueOrderStatus.CANCELED
        assert street.status is OrderStatus.CANCELED
        facts = [entry.fact for entry in street.entries()]
        assert [fact.operation_id for fact in facts if isinstance(fact, CancelRequested)] == [OP]
        assert digest_of(folded(facts)) == digest_of(street.process.orchestrator)
        assert street.spool.kept == []
        await street.process.stop()

    run_virtually(scenario())


def test_an_order_is_refused_with_the_reason_and_taken_when_the_journal_is_back() -> None:
    async def scenario() -> None:
        street = await Street().open()
        async with outage(street):
            with pytest.raises(JournalUnavailableError, match=r"the journal is away .*nothing but cancels and halts"):
                await street.submit()
            with pytest.raises(JournalUnavailableError, match="the journal is away"):
                await street.process.host.ask(
                    LiftHalt(scope=HaltScope.GLOBAL, value="", principal=CLIENT, reason="opens risk again")
                )
        assert isinstance((await street.submit()).reply, OrderReply)
        assert street.venue.arrivals == [street.client_order_id]
        await street.process.stop()

    run_virtually(scenario())


def test_a_halt_takes_orders_back_at_once_and_holds_after_the_return() -> None:
    async def scenario() -> None:
        street = await Street().arrived()
        async with outage(street):
            answer = (await street.process.host.ask(HALT)).reply
            assert isinstance(answer, ControlReply)
            assert answer.changed
            assert OP in answer.cancelled
            await pause(0.1)
            assert at_venue(street) is VenueOrderStatus.CANCELED
        refused = (await street.submit(OTHER)).reply
        assert isinstance(refused, OrderReply)
        assert refused.order.reason_code == "RISK_HALT"
        await street.process.stop()

    run_virtually(scenario())


def test_what_was_spooled_by_a_process_that_died_is_journalled_by_the_next_before_anything_else() -> None:
    async def scenario() -> None:
        street = await Street().arrived()
        street.disk.is_away = True
        with pytest.raises(JournalUnavailableError):
            await street.submit(OTHER)
        await street.process.host.ask(HALT)
        await street.crash()
        street.disk.is_away = False
        await street.open()
        kinds = [type(entry.fact) for entry in street.entries() if entry.epoch == 2]
        assert HaltRaised in kinds
        assert [halt.mode for halt in street.process.book.halts] == [HaltMode.CANCEL]
        assert street.spool.kept == []
        await pause(30)
        assert street.status is OrderStatus.CANCELED
        await street.process.stop()

    run_virtually(scenario())


def test_a_spool_that_fails_keeps_no_cancel_from_its_venue_and_its_caller_is_told() -> None:
    async def scenario() -> None:
        street = await Street().arrived()
        async with outage(street):
            street.spool.fails = True
            with pytest.raises(JournalUnavailableError, match="cancels were sent, and it is recorded nowhere"):
                await street.process.host.ask(street.a_cancel())
            await pause(0.1)
            assert at_venue(street) is VenueOrderStatus.CANCELED
            street.spool.fails = False
        assert street.status is OrderStatus.CANCELED  # the venue said so
        await street.process.stop()

    run_virtually(scenario())


def test_a_caller_that_repeats_takes_no_room_in_the_spool() -> None:
    async def scenario() -> None:
        street = await Street().arrived()
        async with outage(street):
            everything = CancelAll(principal=CLIENT)
            replies = await asyncio.gather(*[street.process.host.ask(everything) for _ in range(5)])
            assert all(isinstance(one.reply, CancelAllReply) and OP in one.reply.operation_ids for one in replies)
            assert len(street.spool.kept) == 1
        await street.process.stop()

    run_virtually(scenario())
