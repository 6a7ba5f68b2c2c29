"""Taking entries into the tables: once, in order, all of a batch or none of it."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sql import PostgresAddress, PostgresProjections, SqliteProjections, Valuation
from adapters.sql.rows import is_of_an_order
from ports.errors import JournalUnavailableError, NotYetVisibleError
from ports.facts import (
    FACTS,
    BreakKind,
    BreakOpened,
    BreakSettled,
    Fact,
    InstrumentDefined,
    OrderFact,
    OrderFilled,
    OrderRecorded,
    PositionChanged,
)
from ports.journal import Entry
from ports.values import AccountId, OperationId, Principal, Side, StrategyId, TradeId

from contract.journal.facts import any_facts, entries, facts_of
from fakes.databases import Bed, Writer, stored
from fakes.postgres import PostgresServer
from fakes.story import INVERSE, LINEAR, SPOT, Story, random_story


def once_only(fact: Fact) -> object:
    """An operation id is recorded once; anything else may happen again."""
    return fact.operation_id if isinstance(fact, OrderRecorded) else object()


def one_row(bed: Bed, query: str) -> dict[str, Any]:
    (row,) = bed.tables(query)
    return row


async def taken_in(bed: Bed, valuation: Valuation, *batches: list[Entry]) -> dict[str, list[tuple[Any, ...]]]:
    projections = bed.writer(valuation)
    await projections.open()
    try:
        for batch in batches:
            await projections.take(batch)
    finally:
        await projections.close()
    return stored(bed)


@settings(max_examples=8)
@given(seed=st.integers(0, 10**9))
async def test_however_a_journal_is_cut_into_batches_the_tables_are_the_same(
    make_bed: Callable[[], Bed], valuation: Valuation, seed: int
) -> None:
    story, dice = random_story(seed, 60).entries, Random(seed)
    cuts = sorted({dice.randint(0, len(story)) for _ in range(20)} | {0, len(story)})
    parts = [story[start:end] for start, end in pairwise(cuts)]
    whole = await taken_in(make_bed(), valuation, story)
    assert await taken_in(make_bed(), valuation, *parts) == whole
    assert await taken_in(make_bed(), valuation, *[[entry] for entry in story]) == whole


@settings(max_examples=30)
@given(facts=st.lists(any_facts(), min_size=1, max_size=8, unique_by=once_only))
async def test_no_fact_is_too_strange_to_be_taken_in(
    make_bed: Callable[[], Bed], valuation: Valuation, facts: list[Fact]
) -> None:
    tables = await taken_in(make_bed(), valuation, entries(facts))
    assert tables["projection_cursor"] == [("journal", len(facts))]
    of_orders = [fact for fact in facts if is_of_an_order(fact) and fact.operation_id is not None]
    assert len(tables["order_events"]) == len(of_orders)
    assert len(tables["fills"]) == sum(isinstance(fact, OrderFilled) for fact in facts)


@settings(max_examples=3)
@given(fill=facts_of(OrderFilled))
async def test_a_trade_of_a_name_that_a_store_cannot_hold_is_taken_in(
    make_bed: Callable[[], Bed], valuation: Valuation, fill: Fact
) -> None:
    named = replace(fill, operation_id=OperationId("a\x00b"))  # type: ignore[arg-type]  # of this kind of fact
    tables = await taken_in(make_bed(), valuation, entries([named]))
    assert len(tables["fills"]) == 1


async def test_the_cursor_moves_with_what_was_taken_in(projections: Writer) -> None:
    story = Story().entries
    assert await projections.cursor() == 0
    await projections.take(story[:4])
    assert await projections.cursor() == 4
    await projections.take([])
    await projections.take(story)
    assert await projections.cursor() == len(story)


async def test_repeats_are_skipped(bed: Bed, projections: Writer) -> None:
    story = random_story(1, 40).entries
    await projections.take(story)
    before = stored(bed)
    await projections.take(story)
    await projections.take(story[-3:])
    assert stored(bed) == before


async def test_a_hole_is_refused_and_nothing_of_it_is_taken_in(bed: Bed, projections: Writer) -> None:
    story = random_story(2, 40).entries
    await projections.take(story[:5])
    before = stored(bed)
    with pytest.raises(ValueError, match="seq 8 cannot be taken in: 6 is next"):
        await projections.take(story[7:])
    with pytest.raises(ValueError, match="seq 9 cannot be taken in: 8 is next"):
        await projections.take([*story[5:7], *story[8:]])
    assert stored(bed) == before
    await projections.take(story[5:])


async def test_a_batch_that_fails_leaves_nothing_and_can_be_taken_again(bed: Bed, projections: Writer) -> None:
    story = random_story(3, 40).entries
    bed.refuse("positions")
    with pytest.raises(JournalUnavailableError, match="the disk is full"):
        await projections.take(story)
    assert not any(stored(bed).values())
    bed.refuse(None)
    await projections.take(story)
    assert await projections.cursor() == len(story)


async def test_cleared_tables_are_empty_and_can_be_made_again(bed: Bed, projections: Writer) -> None:
    story = random_story(4, 60).entries
    await projections.take(story)
    before = stored(bed)
    assert all(before[name] for name in ("unified_orders", "fills", "positions", "unified_positions", "breaks"))
    await projections.clear()
    assert not any(stored(bed).values())
    assert await projections.cursor() == 0
    await projections.take(story)
    assert stored(bed) == before


async def test_what_was_taken_in_is_there_after_they_were_opened_again(bed: Bed, projections: Writer) -> None:
    story = Story().entries
    await projections.take(story)
    await projections.close()
    await projections.close()
    assert await projections.open() == len(story)
    await projections.reach(len(story), 0)
    assert await projections.open() == len(story)


async def test_who_waits_is_told_as_soon_as_it_was_taken_in(projections: Writer) -> None:
    story = Story().entries
    with pytest.raises(NotYetVisibleError):
        await projections.reach(1, 0)
    await projections.take(story)
    await projections.reach(len(story), 0)
    await projections.clear()
    with pytest.raises(NotYetVisibleError):
        await projections.reach(1, 0)


async def test_a_second_writer_is_refused(bed: Bed, projections: Writer, valuation: Valuation) -> None:
    second = bed.writer(valuation)
    with pytest.raises(JournalUnavailableError, match="another process writes"):
        await second.open()
    await projections.close()
    assert await second.open() == 0
    await second.close()


async def test_tables_that_are_not_open_do_not_answer(bed: Bed, valuation: Valuation) -> None:
    projections = bed.writer(valuation)
    for answer in (projections.cursor(), projections.take([]), projections.clear()):
        with pytest.raises(JournalUnavailableError, match="not open"):
            await answer


async def test_files_that_were_never_made_say_how_to_make_them(tmp_path: Path, valuation: Valuation) -> None:
    projections = SqliteProjections(tmp_path / "livexec.projections.db", valuation)
    with pytest.raises(JournalUnavailableError, match="run `livexec db upgrade`"):
        await projections.open()
    assert not (tmp_path / "livexec.projections.db").exists()


async def test_a_database_without_tables_says_how_to_make_them(postgres: PostgresServer, valuation: Valuation) -> None:
    with pytest.raises(JournalUnavailableError, match="run `livexec db upgrade`"):
        await PostgresProjections(postgres.empty(), valuation).open()


async def test_one_instrument_over_two_strategies_is_added_up(bed: Bed, projections: Writer) -> None:
    story = Story()
    story.submit("op-1", LINEAR, Side.BUY, "1", strategy="momentum")
    story.submit("op-2", LINEAR, Side.BUY, "0.5", strategy="carry")
    story.fill("op-1", "1", "100")
    story.fill("op-2", "0.5", "110")
    await projections.take(story.entries)
    row = one_row(bed, "SELECT * FROM unified_positions")
    assert row["canonical_id"] == LINEAR
    assert row["base_asset"] == "BTC"
    assert row["aggregated_quantity"] == "1.5"
    assert row["venue_positions"] == '{"BINANCE-FUTURES":"1.5"}'
    assert row["venue_types"] == '{"BINANCE-FUTURES":"NAUTILUS"}'
    assert Decimal(row["average_entry_price"]) == Decimal("103.333333333333333333")  # (100 + 55) / 1.5
    assert row["current_price"] == "110"  # our last trade's
    assert row["unrealized_pnl"] == "10"  # (110 - 100) * 1 + 0
    assert row["realized_pnl"] == "0"


async def test_strategies_on_both_sides_have_no_common_entry_price(bed: Bed, projections: Writer) -> None:
    story = Story()
    story.submit("op-1", INVERSE, Side.BUY, "1", strategy="momentum")
    story.submit("op-2", INVERSE, Side.SELL, "0.5", strategy="carry")
    story.fill("op-1", "1", "100")
    story.fill("op-2", "0.5", "125")
    await projections.take(story.entries)
    row = one_row(bed, "SELECT * FROM unified_positions")
    assert (row["aggregated_quantity"], row["average_entry_price"]) == ("0.5", None)
    assert row["venue_types"] == '{"DERIBIT":"EXTERNAL_SDK"}'
    assert row["unrealized_pnl"] == "0.002"  # 1/100 - 1/125 for the long, nothing yet for the short


async def test_sums_keep_every_digit(bed: Bed, projections: Writer) -> None:
    def held(strategy: str, quantity: str) -> Fact:
        return PositionChanged(
            account=AccountId("main"),
            strategy_id=StrategyId(strategy),
            instrument=LINEAR,
            quantity=Decimal(quantity),
            open_cash=-Decimal(quantity),
            average_entry_price=Decimal(1),
            realized_pnl=Decimal(quantity),
            fees={},
            trade_id=TradeId("t-1"),
            changed_ns=1,
        )

    await projections.take(entries([held("a", "123456789012345678"), held("b", "0.000000000000000001")]))
    row = one_row(bed, "SELECT aggregated_quantity, realized_pnl FROM unified_positions")
    assert set(row.values()) == {"123456789012345678.000000000000000001"}


async def test_an_order_is_a_row_with_the_columns_of_the_contract(bed: Bed, projections: Writer) -> None:
    story = Story()
    story.submit("op-1", SPOT, Side.BUY, "1", "100.50")
    story.acknowledge("op-1")
    story.fill("op-1", "0.4", "100.5")
    await projections.take(story.entries)
    row = one_row(bed, "SELECT * FROM unified_orders")
    contract = {
        "operation_id": "op-1",
        "canonical_id": SPOT,
        "venue": "BINANCE-SPOT",
        "venue_type": "NAUTILUS",
        "status": "PARTIALLY_FILLED",
        "side": "BUY",
        "quantity": "1",
        "price": "100.5",
        "strategy_id": "momentum",
        "created_at": story.order("op-1").created_ns,
        "updated_at": story.now_ns,
    }
    assert {name: row[name] for name in contract} == contract
    assert row["fills"].startswith('[{"fill_id":"t-1","quantity":"0.4","price":"100.5","fee":"0.1"')


async def test_a_trade_that_no_order_explains_is_kept(bed: Bed, projections: Writer) -> None:
    story = Story()
    story.stray_fill(SPOT, Side.SELL, "0.7", "99")
    await projections.take(story.entries)
    assert one_row(bed, "SELECT operation_id, quantity FROM fills") == {
        "operation_id": None,
        "quantity": "0.7",
    }
    assert one_row(bed, "SELECT quantity, strategy_id FROM positions") == {
        "quantity": "-0.7",
        "strategy_id": "UNATTRIBUTED",
    }


@pytest.mark.parametrize("cut", [0, 1, 2, 3, 4])
async def test_a_break_is_open_until_it_is_settled_and_may_open_again(bed: Bed, projections: Writer, cut: int) -> None:
    def opened(number: int) -> Fact:
        return BreakOpened(
            break_id="b-1",
            kind=BreakKind.OVERFILL,
            account=AccountId("main"),
            instrument=SPOT,
            detail="0.1 too much",
            opened_ns=number,
        )

    settled = BreakSettled(break_id="b-1", how="by hand", principal=Principal("ops"), settled_ns=7)
    story = entries([opened(5), settled, opened(9), replace(settled, settled_ns=12), opened(20)])
    for end, since, until in ((1, 5, None), (2, 5, 7), (3, 9, None), (4, 9, 12), (5, 20, None)):
        await projections.clear()
        await projections.take(story[: min(cut, end)])
        await projections.take(story[cut:end])
        rows = bed.tables("SELECT kind, opened_at, settled_at, how, principal FROM breaks ORDER BY opened_seq")
        how, who = (None, None) if until is None else ("by hand", "ops")
        newest = {"kind": "OVERFILL", "opened_at": since, "settled_at": until, "how": how, "principal": who}
        assert rows[-1] == newest
        earlier = [(row["opened_at"], row["settled_at"]) for row in rows[:-1]]
        assert earlier == [each for each in ((5, 7), (9, 12)) if each[0] < since]  # each is kept


def test_every_fact_of_an_order_is_known_as_one() -> None:
    of_orders = set(get_args(OrderFact.__value__))
    assert of_orders <= set(FACTS)
    assert {kind for kind in FACTS if "operation_id" in kind.__dataclass_fields__} == of_orders


async def test_instruments_keep_what_each_account_lists(bed: Bed, projections: Writer) -> None:
    (listed,) = [entry for entry in Story().entries if _lists(entry, SPOT)]
    fact = listed.fact
    assert isinstance(fact, InstrumentDefined)
    other = replace(fact, account=AccountId("second"))
    await projections.take(entries([fact, other, fact]))
    rows = [tuple(row.values()) for row in bed.tables("SELECT account, seq FROM instruments ORDER BY seq")]
    assert rows == [("second", 2), (fact.account, 3)]


def _lists(entry: Entry, key: str) -> bool:
    return isinstance(entry.fact, InstrumentDefined) and entry.fact.instrument.key == key


async def test_a_lost_connection_ends_them_and_another_one_goes_on_where_they_were(
    postgres: PostgresServer, address: PostgresAddress, valuation: Valuation
) -> None:
    story = random_story(5, 40).entries
    projections = PostgresProjections(address, valuation)
    await projections.open()
    await projections.take(story[:9])
    postgres.kill()
    for _ in range(2):
        with pytest.raises(JournalUnavailableError):
            await projections.take(story[9:])
    await projections.close()
    with pytest.raises(JournalUnavailableError):
        await projections.open()
    postgres.start()
    assert await projections.open() == 9
    await projections.take(story)
    await projections.close()
