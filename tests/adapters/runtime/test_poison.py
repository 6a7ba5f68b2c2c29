"""A message that makes the actor raise is set aside as a fact, and everything else goes on."""

import asyncio

import pytest

from ports.errors import LivexecError

from fakes.journal import AppendFails
from fakes.rig import Rig
from fakes.scribe import PERPETUAL, POISONOUS_BID, quote, report
from fakes.virtual_loop import turns, within

BOTH = pytest.mark.parametrize("poison", ["raise-before", "raise-after"])


@BOTH
async def test_a_poisoned_command_is_quarantined_and_the_others_go_on(rig: Rig, poison: str) -> None:
    first, poisoned, last = await rig.submitted("o1", poison, "o2")
    with pytest.raises(LivexecError, match="quarantined"):
        await poisoned
    await asyncio.gather(first, last)
    assert rig.scribe.names == ["o1", "o2"]
    assert rig.sent == ["o1", "o2"]
    assert [error.split(":")[0] for error in rig.scribe.quarantined] == ["BrokenMessageError"]
    assert sorted(await rig.durable()) == sorted(["epoch 1", "o1", "quarantine", "o2"])


@BOTH
async def test_the_state_is_the_fold_of_the_journal_afterwards(rig: Rig, poison: str) -> None:
    await asyncio.gather(*await rig.submitted("o1", poison, "o2"), return_exceptions=True)
    await within(60, rig.host.drained())
    assert rig.scribe.facts == [entry.fact for entry in await rig.journal.read(0, 100)]


@BOTH
async def test_a_poisoned_report_is_set_aside_once_and_never_tried_again(rig: Rig, poison: str) -> None:
    rig.host.put_report(report(poison))
    rig.host.put_report(report("next"))
    await within(60, rig.host.drained())
    assert rig.scribe.names == ["next"]
    assert len(rig.scribe.quarantined) == 1


async def test_half_a_turn_is_undone_but_decisions_before_it_stand(rig: Rig) -> None:
    rig.journal.hold_appends()
    first, poisoned = await rig.submitted("o1", "raise-after")
    rig.journal.release_appends()
    await first
    with pytest.raises(LivexecError):
        await poisoned
    await within(60, rig.host.drained())
    assert rig.scribe.names == ["o1"]
    assert rig.epochs == 0  # nothing was lost: no new epoch


async def test_poison_while_a_commit_fails_leaves_the_journal_and_the_state_equal(rig: Rig) -> None:
    rig.journal.hold_appends()
    rig.journal.fail_next_append(AppendFails.AFTER_DURABLE)
    asked = await rig.submitted("o1", "raise-after")
    rig.journal.release_appends()
    await asyncio.gather(*asked, return_exceptions=True)
    await within(60, rig.host.drained())
    assert rig.scribe.facts == [entry.fact for entry in await rig.journal.read(0, 100)]
    assert len(rig.scribe.quarantined) == 1


@BOTH
async def test_several_poisons_at_once_are_all_set_aside(rig: Rig, poison: str) -> None:
    await asyncio.gather(*await rig.submitted(poison, f"{poison}-2", "o1", f"{poison}-3"), return_exceptions=True)
    await within(60, rig.host.drained())
    assert len(rig.scribe.quarantined) == 3
    assert rig.scribe.names == ["o1"]


async def test_a_poisonous_quote_never_lets_a_half_changed_actor_go_on(rig: Rig) -> None:
    touched = rig.scribe
    rig.quotes.put_quote(PERPETUAL, lambda: quote(POISONOUS_BID))
    await asyncio.gather(*await rig.submitted("o1"))
    assert rig.scribe is not touched
    assert touched.heard == []
    assert rig.scribe.facts == [entry.fact for entry in await rig.journal.read(0, 100)]


async def test_a_quote_that_cannot_be_made_stops_nothing(rig: Rig) -> None:
    def broken() -> None:
        raise ValueError("a venue's defect")

    rig.quotes.put_quote(PERPETUAL, broken)  # type: ignore[arg-type]  # what a plugin may do all the same
    (answer,) = await asyncio.gather(*await rig.submitted("o1"))
    assert answer.sequence == 2
    await turns()
