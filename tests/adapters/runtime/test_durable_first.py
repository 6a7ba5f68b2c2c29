"""Facts are durable before anything of them can be seen."""

import asyncio

from adapters.runtime import MailboxLimits
from ports.commands import Limits, SetLimits
from ports.facts import OrderTombstoned
from ports.requests import SendOrder

from fakes.rig import Rig
from fakes.scribe import TESTER, cancel, report, submit
from fakes.virtual_loop import turns


async def followed(rig: Rig, seen: list[str]) -> None:
    async for batch in rig.feed.follow(0):
        seen.extend([one.fact.operation_id for one in batch if isinstance(one.fact, OrderTombstoned)])


async def test_nothing_of_a_decision_is_seen_until_its_append_has_returned(rig: Rig) -> None:
    seen: list[str] = []
    follower = asyncio.create_task(followed(rig, seen))
    rig.journal.hold_appends()
    (asked,) = await rig.submitted("o1")
    assert rig.scribe.names == ["o1"]  # decided
    assert not asked.done()
    assert (rig.sent, seen, rig.feed.sequence) == ([], [], 1)
    rig.journal.release_appends()
    answer = await asked
    await turns()
    assert (rig.sent, seen, rig.feed.sequence) == (["o1"], ["o1"], 2)
    assert answer.sequence == 2
    follower.cancel()


async def test_what_arrives_during_a_commit_becomes_the_next_one(rig: Rig) -> None:
    before = rig.journal.appends
    rig.journal.hold_appends()
    await rig.submitted("o1")
    asked = await rig.submitted("o2", "o3", "o4")
    rig.journal.release_appends()
    await asyncio.gather(*asked)
    assert rig.journal.appends == before + 2
    assert await rig.durable() == ["epoch 1", "o1", "o2", "o3", "o4"]


async def test_a_batch_is_never_larger_than_its_limit() -> None:
    async with Rig(MailboxLimits(batch=4)) as rig:
        before = rig.journal.appends
        await asyncio.gather(*[rig.host.ask(submit(f"o{number}")) for number in range(10)])
        assert rig.journal.appends == before + 3


async def test_effects_leave_in_the_order_of_decisions(rig: Rig) -> None:
    names = [f"o{number}" for number in range(200)]
    answered: list[str] = []

    async def ask(name: str) -> None:
        await rig.host.ask(submit(name))
        answered.append(name)

    await asyncio.gather(*[ask(name) for name in names])
    assert rig.sent == answered == names


async def test_an_answer_without_facts_waits_for_the_decisions_before_it(rig: Rig) -> None:
    rig.journal.hold_appends()
    (before,) = await rig.submitted("o1")
    (factless,) = rig.asked(SetLimits(limits=Limits(), principal=TESTER, reason=""))
    await turns()
    assert not before.done()
    assert not factless.done()
    rig.journal.release_appends()
    assert (await factless).sequence == 2


async def test_every_release_says_what_it_needed_and_that_it_was_durable(rig: Rig) -> None:
    await asyncio.gather(*[rig.host.ask(submit(f"o{number}")) for number in range(20)])
    entries = await rig.journal.read(0, 1_000)
    place = {str(entry.fact.operation_id): entry.seq for entry in entries if isinstance(entry.fact, OrderTombstoned)}
    releases = rig.telemetry.releases
    assert len(releases) == 20
    for release in releases:
        assert isinstance(release.request, SendOrder)
        assert release.needs_seq == place[release.request.client_order_id] <= release.durable_seq


async def test_a_caller_that_gave_up_changes_nothing_for_the_others(rig: Rig) -> None:
    rig.journal.hold_appends()
    first, second = await rig.submitted("o1", "o2")
    first.cancel()
    await turns()
    rig.journal.release_appends()
    await second
    assert rig.sent == ["o1", "o2"]


async def test_entries_say_who_wrote_them_why_and_in_which_epoch(rig: Rig) -> None:
    await rig.host.ask(submit("o1"))
    await rig.host.ask(cancel("c1"))
    rig.host.put_report(report("x1"))
    await turns()
    entries = await rig.journal.read(0, 10)
    assert [entry.cause for entry in entries] == ["start", "submit:o1", "cancel:c1", "OrderNotSent:x1"]
    assert [entry.seq for entry in entries] == [1, 2, 3, 4]
    assert {(entry.actor, entry.epoch) for entry in entries} == {("scribe", 1)}
