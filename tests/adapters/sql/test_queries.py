"""What doors ask: one order, lists of orders page by page, positions at today's prices, instruments."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError

from adapters.sql import PostgresAddress, PostgresQueries, Progress, SqliteFiles, SqliteQueries, Valuation
from adapters.sql.schema import unified_orders
from ports.errors import InvalidInputError, JournalUnavailableError, NotYetVisibleError
from ports.facts import InstrumentDefined, OrderRecorded, OrderTombstoned
from ports.facts.codec import UPCASTERS
from ports.facts.union import FACTS
from ports.instruments import InstrumentKey
from ports.market_data import Quote
from ports.projections import OrderFilter, OrderPage
from ports.reports import VenueOrderStatus
from ports.values import AccountId, OperationId, OrderStatus, Price, Side, StrategyId, VenueId
from ports.views import OrderView, PositionView

from contract.journal.facts import entries
from fakes.databases import Asker, Bed, Writer
from fakes.postgres import PostgresServer, behind
from fakes.story import DESK, INSTRUMENTS, INVERSE, LINEAR, SPOT, Story, random_story


def quote(instrument: InstrumentKey, bid: str, ask: str) -> Quote:
    return Quote(
        instrument=instrument,
        bid=Price(Decimal(bid)),
        ask=Price(Decimal(ask)),
        bid_size=Decimal(1),
        ask_size=Decimal(1),
        event_time_ns=1,
        received_ns=2,
    )


def ids(page: OrderPage) -> list[str]:
    return [order.operation_id for order in page.orders]


@pytest.fixture
async def story(projections: Writer) -> Story:
    """Tell of seven orders at three venues, and take them in."""
    story = Story()
    for number, (instrument, strategy) in enumerate(
        [(SPOT, "momentum"), (LINEAR, "momentum"), (SPOT, "carry"), (INVERSE, "carry"), (SPOT, "momentum")], start=1
    ):
        story.submit(f"op-{number}", instrument, strategy=strategy)
    story.fill("op-1", "1")
    story.acknowledge("op-2")
    story.acknowledge("op-3")
    story.report("op-3", VenueOrderStatus.CANCELED, "by the user")
    story.submit("op-6", LINEAR, strategy="carry")
    story.report("op-6", VenueOrderStatus.REJECTED, "insufficient balance")
    story.submit("op-7")
    await projections.take(story.entries)
    return story


async def test_an_order_comes_with_every_fact_of_its_life(queries: Asker, story: Story) -> None:
    history = await queries.order(OperationId("op-3"))
    assert history is not None
    assert replace(history.order, fills=[]) == story.order("op-3").view()
    assert [event.kind for event in history.timeline] == [
        "OrderRecorded",
        "RiskDecided",
        "OrderRouted",
        "OrderReleased",
        "OrderAcknowledged",
        "OrderCanceled",
    ]
    first, *_, last = history.timeline
    assert first.body["terms"]["quantity"] == "1"
    assert last.body["reason"] == "by the user"
    assert first.seq < last.seq
    assert first.ts_ns == story.order("op-3").created_ns


async def test_what_comes_in_while_an_order_is_read_is_not_half_shown(queries: Asker, bed: Bed, story: Story) -> None:
    later = (len(story.entries) + 1, "op-1", 1, "OrderFilled", "{}")
    bed.tables("INSERT INTO order_events (seq, operation_id, ts_ns, kind, body) VALUES (?, ?, ?, ?, ?)", *later)
    history = await queries.order(OperationId("op-1"))
    assert history is not None
    assert len(history.order.fills) == sum(event.kind == "OrderFilled" for event in history.timeline) == 1


async def test_an_order_that_was_never_recorded_is_none(queries: Asker, projections: Writer, story: Story) -> None:
    assert await queries.order(OperationId("op-99")) is None
    cancel = OrderTombstoned(operation_id=OperationId("op-99"), principal=DESK, reason="", requested_ns=1)
    await projections.take(entries([cancel], after_seq=len(story.entries)))
    assert await queries.order(OperationId("op-99")) is None


async def test_a_refused_order_says_why(queries: Asker, story: Story) -> None:
    history = await queries.order(OperationId("op-6"))
    assert history is not None
    assert (history.order.status, history.order.reason) == (OrderStatus.REJECTED, "insufficient balance")
    assert history.order.reason_code == story.order("op-6").reason_code != ""


def _in_order(value: object) -> str:
    """Name a case alike in every process: sets have no order of their own."""
    if not isinstance(value, dict):
        return str(value)
    shown = {key: sorted(held) if isinstance(held, frozenset) else held for key, held in value.items()}
    return str({key: [str(one) for one in held] if isinstance(held, list) else held for key, held in shown.items()})


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({}, "7 6 5 4 3 2 1"),
        ({"strategy_id": StrategyId("carry")}, "6 4 3"),
        ({"venue": VenueId("BINANCE-FUTURES")}, "6 2"),
        ({"instrument": SPOT}, "7 5 3 1"),
        ({"statuses": frozenset({OrderStatus.SUBMITTED})}, "7 5 4"),
        ({"statuses": frozenset({OrderStatus.FILLED, OrderStatus.CANCELED})}, "3 1"),
        ({"statuses": frozenset[OrderStatus]()}, ""),
        ({"strategy_id": StrategyId("carry"), "statuses": frozenset({OrderStatus.REJECTED})}, "6"),
        ({"strategy_id": StrategyId("'; DROP TABLE unified_orders; --")}, ""),
    ],
    ids=_in_order,
)
async def test_lists_hold_what_was_asked_for_newest_first(
    queries: Asker, story: Story, where: dict[str, Any], expected: str
) -> None:
    page = await queries.orders(OrderFilter(**where), 100)
    assert ids(page) == [f"op-{number}" for number in expected.split()]
    assert page.cursor == ""


async def test_a_list_may_be_of_a_time_its_start_included_its_end_not(queries: Asker, story: Story) -> None:
    second, fourth = story.order("op-2").created_ns, story.order("op-4").created_ns
    assert ids(await queries.orders(OrderFilter(from_ns=second, to_ns=fourth), 100)) == ["op-3", "op-2"]
    assert ids(await queries.orders(OrderFilter(from_ns=fourth), 100)) == ["op-7", "op-6", "op-5", "op-4"]
    assert ids(await queries.orders(OrderFilter(to_ns=second), 100)) == ["op-1"]


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8])
async def test_pages_hold_every_order_once(queries: Asker, story: Story, size: int) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        page = await queries.orders(OrderFilter(), size, cursor)
        assert len(page.orders) <= size
        seen += ids(page)
        cursor = page.cursor
        if not cursor:
            break
    assert seen == [f"op-{number}" for number in range(7, 0, -1)]


async def test_new_orders_do_not_move_the_pages_behind_them(queries: Asker, projections: Writer, story: Story) -> None:
    first = await queries.orders(OrderFilter(), 3)
    story.submit("op-8")
    story.fill("op-5", "1")
    await projections.take(story.entries)
    second = await queries.orders(OrderFilter(), 3, first.cursor)
    assert ids(first) + ids(second) == ["op-7", "op-6", "op-5", "op-4", "op-3", "op-2"]


@pytest.mark.parametrize("cursor", ["x", "0", "1f", "1f.0000", "-1.0000", "1F.abcd", " ", "٣.0000", "1_0.0"])
async def test_a_cursor_that_was_never_given_is_refused(queries: Asker, cursor: str) -> None:
    with pytest.raises(InvalidInputError, match="cursor: "):
        await queries.orders(OrderFilter(), 3, cursor)


@pytest.mark.parametrize("limit", [0, -1, 1_001])
async def test_a_page_has_1_to_1000_orders(queries: Asker, limit: int) -> None:
    with pytest.raises(InvalidInputError, match="limit: "):
        await queries.orders(OrderFilter(), limit)


@settings(max_examples=10)
@given(seed=st.integers(0, 10**9), size=st.integers(1, 9))
async def test_whatever_is_asked_pages_are_the_list_cut(
    make_bed: Callable[[], Bed], valuation: Valuation, seed: int, size: int
) -> None:
    story, bed = random_story(seed, 50), make_bed()
    projections = bed.writer(valuation)
    queries = bed.asker(projections, {}, valuation)  # type: ignore[arg-type] # never asked
    try:
        await projections.open()
        await projections.take(story.entries)
        for where in (OrderFilter(), *[OrderFilter(instrument=key) for key in INSTRUMENTS]):
            wanted = [order for order in reversed(story.orders()) if where.instrument in (None, order.instrument)]
            seen: list[OrderView] = []
            page = await queries.orders(where, size)
            seen += page.orders
            while page.cursor:
                page = await queries.orders(where, size, page.cursor)
                assert page.orders
                seen += page.orders
            assert [order.operation_id for order in seen] == [order.terms.operation_id for order in wanted]
    finally:
        await queries.close()
        await projections.close()


async def only_part(queries: Asker) -> PositionView:
    (unified,) = await queries.positions()
    (part,) = unified.parts
    return part


# Worked by hand. Inverse amounts are in dollars, and profit is in the base: 300 at 100 is 3 BTC of dollars.
@pytest.mark.parametrize(
    ("instrument", "side", "entry", "bid", "ask", "quantity", "unrealized", "settlement"),
    [
        (LINEAR, Side.BUY, "100", "109", "111", "1", "10", "USDT"),
        (LINEAR, Side.BUY, "100", "95", "96", "1", "-4.5", "USDT"),
        (LINEAR, Side.SELL, "100", "109", "111", "-1", "-10", "USDT"),
        (SPOT, Side.BUY, "100", "100", "100.5", "1", "0.25", "USDT"),
        (INVERSE, Side.BUY, "100", "124", "126", "1", "0.002", "BTC"),  # 1/100 - 1/125
        (INVERSE, Side.BUY, "100", "79", "81", "1", "-0.0025", "BTC"),  # 1/100 - 1/80
        (INVERSE, Side.SELL, "100", "124", "126", "-1", "-0.002", "BTC"),
        (INVERSE, Side.SELL, "100", "79", "81", "-1", "0.0025", "BTC"),
    ],
)
async def test_a_position_is_worth_what_the_middle_of_the_newest_quote_says(  # noqa: PLR0917 - given by name
    queries: Asker,
    projections: Writer,
    quotes: dict[InstrumentKey, Quote],
    instrument: InstrumentKey,
    side: Side,
    entry: str,
    bid: str,
    ask: str,
    quantity: str,
    unrealized: str,
    settlement: str,
) -> None:
    story = Story()
    story.submit("op-1", instrument, side, "1", entry)
    story.fill("op-1", "1", entry)
    await projections.take(story.entries)
    part = await only_part(queries)
    assert (part.current_price, part.unrealized_pnl) == (None, None)
    quotes[instrument] = quote(instrument, bid, ask)
    part = await only_part(queries)
    assert part.quantity == Decimal(quantity)
    assert part.average_entry_price == Decimal(entry)
    assert part.current_price == quotes[instrument].mid
    assert part.unrealized_pnl == Decimal(unrealized)
    assert part.realized_pnl == 0
    assert part.settlement == settlement


async def test_a_valuation_keeps_every_digit(
    queries: Asker, projections: Writer, quotes: dict[InstrumentKey, Quote]
) -> None:
    story = Story()
    story.stray_fill(LINEAR, Side.BUY, "123456789012345.000000000000000001", "1")
    await projections.take(story.entries)
    quotes[LINEAR] = quote(LINEAR, "3", "3")
    assert (await only_part(queries)).unrealized_pnl == Decimal("246913578024690.000000000000000002")


async def test_a_closed_position_is_still_listed_with_what_it_earned(
    queries: Asker, projections: Writer, quotes: dict[InstrumentKey, Quote]
) -> None:
    story = Story()
    story.submit("op-1", LINEAR, Side.BUY)
    story.fill("op-1", "1", "100", fee="0.1")
    story.submit("op-2", LINEAR, Side.SELL)
    story.fill("op-2", "1", "112", fee="0.2")
    await projections.take(story.entries)
    quotes[LINEAR] = quote(LINEAR, "99", "101")
    part = await only_part(queries)
    assert part.quantity == 0
    assert part.average_entry_price is None
    assert part.realized_pnl == 12
    assert part.unrealized_pnl == 0
    assert part.fees == {"USDT": Decimal("0.3")}
    assert part.updated_ns == story.now_ns


async def test_positions_are_listed_by_instrument_and_their_parts_by_account_and_strategy(
    queries: Asker, projections: Writer
) -> None:
    story = Story()
    for number, (instrument, strategy) in enumerate([(SPOT, "b"), (LINEAR, "a"), (SPOT, "a")]):
        story.submit(f"op-{number}", instrument, strategy=strategy)
        story.fill(f"op-{number}", "1")
    await projections.take(story.entries)
    unified = await queries.positions()
    assert [one.instrument for one in unified] == [LINEAR, SPOT]
    assert [one.base_asset for one in unified] == ["BTC", "BTC"]
    assert [[part.strategy_id for part in one.parts] for one in unified] == [["a"], ["a", "b"]]


async def test_instruments_are_listed_as_their_venues_listed_them_last(
    queries: Asker, projections: Writer, story: Story
) -> None:
    listed = [entry.fact for entry in story.entries if isinstance(entry.fact, InstrumentDefined)]
    assert list(await queries.instruments()) == sorted([fact.instrument for fact in listed], key=lambda one: one.key)
    finer = replace(listed[0].instrument, tick_size=Price(Decimal("0.001")))
    newer = InstrumentDefined(account=AccountId("another"), instrument=finer)
    await projections.take(entries([newer], after_seq=len(story.entries)))
    again = await queries.instruments()
    assert len(again) == len(listed)
    assert finer in again


async def test_a_read_waits_until_its_own_write_is_visible(queries: Asker, projections: Writer, story: Story) -> None:
    known = len(story.entries)
    story.submit("op-8")
    sequence = len(story.entries)
    one = asyncio.create_task(queries.order(OperationId("op-8"), sequence))
    newest = asyncio.create_task(queries.orders(OrderFilter(), 1, "", sequence))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not one.done()
    assert not newest.done()
    await projections.take(story.entries[known:])
    assert await one is not None
    assert ids(await newest) == ["op-8"]


async def test_a_read_does_not_wait_for_ever(queries: Asker, story: Story) -> None:
    beyond = len(story.entries) + 1
    for read in (
        queries.order(OperationId("op-1"), beyond),
        queries.orders(OrderFilter(), 1, "", beyond),
        queries.positions(beyond),
    ):
        with pytest.raises(NotYetVisibleError, match=f"not yet at {beyond}"):
            await read


async def test_who_asks_cannot_write(queries: Asker, story: Story) -> None:
    with pytest.raises(DBAPIError, match=r"readonly database|read-only transaction"):
        async with queries._engine.begin() as connection:
            await connection.execute(delete(unified_orders))
    assert len((await queries.orders(OrderFilter(), 100)).orders) == 7


async def test_many_may_ask_at_once(queries: Asker, story: Story) -> None:
    answers = await asyncio.gather(*[queries.order(OperationId(f"op-{1 + number % 7}")) for number in range(50)])
    assert [answer.order.operation_id for answer in answers if answer] == [f"op-{1 + n % 7}" for n in range(50)]


async def test_tables_that_are_gone_are_unavailable_and_not_empty(files: SqliteFiles, valuation: Valuation) -> None:
    missing = files.projections.with_name("elsewhere.db")
    queries = SqliteQueries(missing, Progress(), {}, valuation)  # type: ignore[arg-type] # never asked
    with pytest.raises(JournalUnavailableError, match=r"elsewhere\.db: .*run `livexec db upgrade`"):
        await queries.orders(OrderFilter(), 1)
    assert not missing.exists()
    await queries.close()
    await queries.close()


async def test_a_server_without_tables_is_unavailable_and_not_empty(
    postgres: PostgresServer, valuation: Valuation
) -> None:
    queries = PostgresQueries(postgres.empty(), Progress(), {}, valuation)  # type: ignore[arg-type] # never asked
    with pytest.raises(JournalUnavailableError, match="unified_orders"):
        await queries.orders(OrderFilter(), 1)
    await queries.close()


async def test_a_server_that_was_started_again_is_asked_again_without_a_word(
    postgres: PostgresServer, address: PostgresAddress, valuation: Valuation
) -> None:
    queries = PostgresQueries(address, Progress(), {}, valuation, pool_size=2)  # type: ignore[arg-type] # never asked
    assert (await queries.orders(OrderFilter(), 1)).orders == ()
    postgres.kill()
    with pytest.raises(JournalUnavailableError):
        await queries.orders(OrderFilter(), 1)
    postgres.start()
    assert (await queries.orders(OrderFilter(), 1)).orders == ()
    await queries.close()


async def test_no_more_connections_are_made_than_were_asked_for(address: PostgresAddress, valuation: Valuation) -> None:
    queries = PostgresQueries(address, Progress(), {}, valuation, pool_size=3)  # type: ignore[arg-type] # never asked
    await asyncio.gather(*[queries.orders(OrderFilter(), 1) for _ in range(40)])
    mine = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name <> ''"
    assert behind(address, mine) == [{"n": 3}]
    await queries.close()


async def test_a_fact_of_an_earlier_version_is_told_as_today_writes_it(
    queries: Asker, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FACTS, OrderRecorded, 2)  # what is in the tables was written before
    monkeypatch.setitem(UPCASTERS, ("OrderRecorded", 1), lambda body: {**body, "received_ns": 77})
    operation_id = story.order("op-3").terms.operation_id
    history = await queries.order(operation_id)
    assert history is not None
    assert history.timeline[0].body["received_ns"] == 77
    lives = await queries.timelines([operation_id])
    assert lives[operation_id][0].body["received_ns"] == 77
