"""What was is kept: every break that was settled, and what every position was after each of its changes."""

from __future__ import annotations

import pytest

from ports.commands import BreakReason
from ports.errors import InvalidInputError
from ports.facts import BreakKind, BreakOpened, BreakSettled, Fact, PositionChanged
from ports.history import ChangeFilter, SettledFilter
from ports.instruments import InstrumentKey
from ports.values import AccountId, Principal, StrategyId, VenueId

from contract.journal.facts import entries
from fakes.databases import Asker, Writer
from fakes.story import SPOT, random_story

MAIN, OTHER = AccountId("main"), AccountId("other")


def opened(break_id: str, at_ns: int, account: AccountId = MAIN, instrument: InstrumentKey | None = SPOT) -> Fact:
    kind = BreakKind.BALANCE_DIFFERS if instrument is None else BreakKind.OVERFILL
    return BreakOpened(
        break_id=break_id, kind=kind, account=account, instrument=instrument, detail="differs", opened_ns=at_ns
    )


def settled(break_id: str, at_ns: int, by: str | None = "ops", reason: BreakReason | None = None) -> Fact:
    principal = None if by is None else Principal(by)
    return BreakSettled(break_id=break_id, how="looked", principal=principal, settled_ns=at_ns, reason=reason)


async def test_settled_breaks_are_listed_last_settled_first_with_who_and_why(
    queries: Asker, projections: Writer
) -> None:
    facts = [
        opened("a", 1),
        opened("b", 2, OTHER, None),
        opened("open", 3),
        settled("b", 4, reason=BreakReason.DEPOSIT),
        settled("a", 5, by=None),
        opened("a", 6),
        settled("a", 7),
    ]
    await projections.take(entries(facts))
    page = await queries.settled_breaks(SettledFilter(), 10)
    assert [(one.break_id, one.opened_ns, one.settled_ns, one.principal) for one in page.breaks] == [
        ("a", 6, 7, "ops"),
        ("a", 1, 5, None),
        ("b", 2, 4, "ops"),
    ]
    assert [one.reason for one in page.breaks] == [None, None, BreakReason.DEPOSIT]
    assert page.cursor == ""
    for where, found in (
        (SettledFilter(kind=BreakKind.BALANCE_DIFFERS), ["b"]),
        (SettledFilter(account=MAIN), ["a", "a"]),
        (SettledFilter(instrument=SPOT), ["a", "a"]),
        (SettledFilter(venue=SPOT.venue), ["a", "a"]),
        (SettledFilter(venue=VenueId("X"), accounts=frozenset({OTHER})), ["b"]),
        (SettledFilter(venue=VenueId("X")), []),
    ):
        assert [one.break_id for one in (await queries.settled_breaks(where, 10)).breaks] == found


async def test_every_change_of_a_position_is_there_as_it_was(queries: Asker, projections: Writer) -> None:
    story = random_story(3, 80)
    await projections.take(story.entries)
    told = [(entry.seq, entry.fact) for entry in story.entries if isinstance(entry.fact, PositionChanged)]
    assert len(told) > 5
    found = (await queries.position_changes(ChangeFilter(), 1_000)).changes
    assert [(one.sequence, one.quantity, one.realized_pnl, dict(one.fees), one.cause) for one in reversed(found)] == [
        (seq, fact.quantity, fact.realized_pnl, dict(fact.fees), fact.trade_id) for seq, fact in told
    ]
    assert [one.average_entry_price for one in reversed(found)] == [fact.average_entry_price for _, fact in told]
    _, some = told[len(told) // 2]
    narrow = ChangeFilter(instrument=some.instrument, strategy_id=some.strategy_id, account=some.account)
    assert {one.sequence for one in (await queries.position_changes(narrow, 1_000)).changes} == {
        seq
        for seq, fact in told
        if (fact.instrument, fact.strategy_id, fact.account) == (some.instrument, some.strategy_id, some.account)
    }
    times = ChangeFilter(venue=some.instrument.venue, from_ns=some.changed_ns, to_ns=some.changed_ns + 1)
    assert {one.changed_ns for one in (await queries.position_changes(times, 1_000)).changes} == {some.changed_ns}


async def test_pages_of_the_past_hold_everything_once(queries: Asker, projections: Writer) -> None:
    facts = [each for number in range(5) for each in (opened(f"b-{number}", number), settled(f"b-{number}", number))]
    await projections.take(entries(facts))
    found, cursor = [], ""
    while True:
        page = await queries.settled_breaks(SettledFilter(), 2, cursor)
        found += [one.break_id for one in page.breaks]
        cursor = page.cursor
        if not cursor:
            break
    assert found == [f"b-{number}" for number in (4, 3, 2, 1, 0)]
    with pytest.raises(InvalidInputError, match="cursor"):
        await queries.position_changes(ChangeFilter(strategy_id=StrategyId("s")), 2, "nonsense")
    with pytest.raises(InvalidInputError, match="limit"):
        await queries.settled_breaks(SettledFilter(), 1_001)
    assert (await queries.position_changes(ChangeFilter(), 1)).changes == ()
