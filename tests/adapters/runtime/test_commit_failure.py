"""A commit that failed, or whose outcome nobody knows."""

import asyncio

import pytest

from ports.errors import JournalLostError, JournalUnavailableError, ShuttingDownError
from ports.execution import Answer

from fakes.journal import AppendFails
from fakes.rig import Rig
from fakes.scribe import Scribe, report, submit
from fakes.virtual_loop import SECOND_NS, pause, turns, virtual_now_ns, within

BOTH = pytest.mark.parametrize("when", list(AppendFails))


async def healed(rig: Rig) -> None:
    await within(60, rig.host.drained())


@BOTH
async def test_callers_are_told_that_nobody_knows(rig: Rig, when: AppendFails) -> None:
    rig.journal.fail_next_append(when)
    asked = await rig.submitted("o1", "o2")
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(answer) for answer in answers] == [JournalUnavailableError] * 2
    assert rig.sent == []


@BOTH
async def test_the_state_is_what_the_journal_holds(rig: Rig, when: AppendFails) -> None:
    await rig.host.ask(submit("before"))
    rig.journal.fail_next_append(when)
    await asyncio.gather(*await rig.submitted("o1", "o2"), return_exceptions=True)
    await healed(rig)
    assert rig.scribe.facts == [entry.fact for entry in await rig.journal.read(0, 100)]
    assert ("o1" in rig.scribe.names) == (when is AppendFails.AFTER_DURABLE)


@BOTH
async def test_a_new_epoch_begins_and_venues_are_told(rig: Rig, when: AppendFails) -> None:
    rig.journal.fail_next_append(when)
    await asyncio.gather(*await rig.submitted("o1"), return_exceptions=True)
    await healed(rig)
    assert (await rig.durable())[-1] == "epoch 2"
    assert rig.epochs == 1
    await rig.host.ask(submit("after"))
    assert (await rig.journal.read(0, 100))[-1].epoch == 2


@BOTH
async def test_what_a_lost_commit_would_have_sent_is_never_sent(rig: Rig, when: AppendFails) -> None:
    rig.journal.fail_next_append(when)
    await asyncio.gather(*await rig.submitted("o1"), return_exceptions=True)
    await healed(rig)
    await rig.host.ask(submit("o2"))
    assert rig.sent == ["o2"]


async def test_decisions_behind_a_failed_commit_count_as_never_decided(rig: Rig) -> None:
    rig.journal.hold_appends()
    rig.journal.fail_next_append(AppendFails.BEFORE_DURABLE)
    asked = [*await rig.submitted("o1"), *await rig.submitted("o2")]
    rig.journal.release_appends()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(answer) for answer in answers] == [JournalUnavailableError] * 2
    await healed(rig)
    assert await rig.durable() == ["epoch 1", "epoch 2"]
    assert rig.sent == []


async def test_it_heals_by_itself_when_the_store_is_back(rig: Rig) -> None:
    rig.journal.away = True
    (asked,) = await rig.submitted("o1")
    with pytest.raises(JournalUnavailableError):
        await asked
    await pause(3_600)
    assert not rig.host.is_taking
    with pytest.raises(JournalUnavailableError):
        await rig.host.ask(submit("o1"))
    rig.journal.away = False
    await pause(10)  # the longest pause between two looks is 5 s
    assert isinstance(await rig.host.ask(submit("o1")), Answer)
    assert rig.sent == ["o1"]


async def test_while_the_store_is_away_it_is_asked_ever_more_seldom_but_still_asked(rig: Rig) -> None:
    rig.journal.away = True
    await asyncio.gather(*await rig.submitted("o1"), return_exceptions=True)
    await pause(600)
    pauses = [details["retry_s"] for details in rig.telemetry.noted("journal.still_unavailable")]
    assert pauses[:4] == [0.05, 0.1, 0.2, 0.4]
    assert set(pauses[7:]) == {5.0}
    assert len(pauses) > 100
    rig.journal.away = False


async def test_a_failure_of_the_first_commit_of_a_new_epoch_heals_too(rig: Rig) -> None:
    rig.journal.hold_appends()
    rig.journal.fail_next_append(AppendFails.BEFORE_DURABLE)
    (asked,) = await rig.submitted("o1")
    rig.journal.fail_next_append(AppendFails.AFTER_DURABLE)  # this one is the new epoch's
    rig.journal.release_appends()
    await asyncio.gather(asked, return_exceptions=True)
    await healed(rig)
    durable = await rig.durable()
    assert durable[:2] == ["epoch 1", "epoch 2"]
    assert durable[-1] == "epoch 3"
    assert rig.scribe.facts == [entry.fact for entry in await rig.journal.read(0, 100)]


async def test_a_wake_up_asked_for_in_a_lost_epoch_does_not_come(rig: Rig) -> None:
    await rig.host.ask(submit(f"wake:{virtual_now_ns() + 3_600 * SECOND_NS}"))
    rig.journal.fail_next_append(AppendFails.AFTER_DURABLE)
    await asyncio.gather(*await rig.submitted("o1"), return_exceptions=True)
    await healed(rig)
    await pause(86_400)
    assert not [name for name in rig.scribe.names if name.startswith("woke")]


@BOTH
async def test_what_a_venue_said_is_not_lost_with_a_commit(rig: Rig, when: AppendFails) -> None:
    rig.journal.fail_next_append(when)
    rig.host.put_report(report("fill-1"))
    rig.host.put_report(report("fill-2"))
    await turns()
    rig.host.put_report(report("fill-3"))
    await healed(rig)
    assert set(rig.scribe.names) == {"fill-1", "fill-2", "fill-3"}


async def test_followers_see_what_proved_durable_although_nobody_was_told(rig: Rig) -> None:
    rig.journal.fail_next_append(AppendFails.AFTER_DURABLE)
    await asyncio.gather(*await rig.submitted("o1"), return_exceptions=True)
    await healed(rig)
    rig.feed.close()
    seen = [entry.seq async for batch in rig.feed.follow(0) for entry in batch]
    assert seen == [entry.seq for entry in await rig.journal.read(0, 100)] == [1, 2, 3]


async def test_the_actor_that_decided_what_was_lost_is_never_asked_again(rig: Rig) -> None:
    old: Scribe = rig.scribe
    rig.journal.fail_next_append(AppendFails.BEFORE_DURABLE)
    await asyncio.gather(*await rig.submitted("o1"), return_exceptions=True)
    heard = list(old.heard)
    await healed(rig)
    await rig.host.ask(submit("o2"))
    assert rig.scribe is not old
    assert old.heard == heard


async def test_a_disk_that_is_full_is_tried_ever_more_seldom_and_heals(rig: Rig) -> None:
    rig.journal.full = True
    await asyncio.gather(*await rig.submitted("o1"), return_exceptions=True)
    await pause(600)
    assert 100 < len(rig.telemetry.noted("journal.unavailable")) < 200  # every 5 s in the end
    with pytest.raises(JournalUnavailableError, match="the disk is full"):
        await rig.host.ask(submit("o1"))
    rig.journal.full = False
    await pause(10)
    assert isinstance(await rig.host.ask(submit("o1")), Answer)
    assert rig.scribe.facts == [entry.fact for entry in await rig.journal.read(0, 100)]


async def test_a_message_that_poisons_while_the_journal_fails_is_quarantined_in_the_end(rig: Rig) -> None:
    rig.journal.full = True
    rig.host.put_report(report("raise-after"))
    await pause(60)
    rig.journal.full = False
    await pause(10)
    assert (await rig.durable()).count("quarantine") == 1


async def test_a_deposed_leader_ends_and_says_who_leads_instead_of_trying_for_ever(rig: Rig) -> None:
    rig.journal.deposed = True
    (asked,) = await rig.submitted("o1")
    with pytest.raises(JournalUnavailableError):
        await asked
    with pytest.raises(JournalLostError, match="another process leads since epoch 2"):
        await within(60, rig.host.failure)
    with pytest.raises(ShuttingDownError):
        await rig.host.ask(submit("o1"))
    rig.journal.deposed = False
