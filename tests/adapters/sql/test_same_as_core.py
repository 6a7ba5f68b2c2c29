"""The tables say what the book of record says, whatever happened and however its journal came in."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sql import Valuation
from core.orders.order import Order
from ports.facts import kind_of
from ports.instruments import InstrumentKey
from ports.market_data import Quote
from ports.projections import OrderFilter
from ports.values import AccountId, Currency, StrategyId, exact
from ports.views import OrderView

from fakes.databases import Asker, Bed, Writer
from fakes.story import Story, random_story


class NoQuotes:
    def latest(self, instrument: InstrumentKey) -> Quote | None:
        del instrument
        return None


@settings(max_examples=25)
@given(seed=st.integers(0, 10**9), turns=st.integers(1, 80))
async def test_every_order_and_position_is_that_of_the_book(
    make_bed: Callable[[], Bed], valuation: Valuation, seed: int, turns: int
) -> None:
    story = random_story(seed, turns)
    async with tables(make_bed(), valuation) as (projections, queries):
        await take_in_parts(projections, story, Random(seed))
        assert await projections.cursor() == len(story.entries)
        page = await queries.orders(OrderFilter(), 1_000)
        assert list(page.orders) == [booked(order) for order in reversed(story.orders())]
        for order in story.orders():
            history = await queries.order(order.terms.operation_id)
            assert history is not None
            assert history.order == booked(order)
            assert [(event.seq, event.kind) for event in history.timeline] == life(story, order.terms.operation_id)
        assert await shown_positions(queries) == booked_positions(story, valuation)


@asynccontextmanager
async def tables(bed: Bed, valuation: Valuation) -> AsyncIterator[tuple[Writer, Asker]]:
    projections = bed.writer(valuation)
    queries = bed.asker(projections, NoQuotes(), valuation)
    try:
        await projections.open()
        yield projections, queries
    finally:
        await queries.close()
        await projections.close()


async def take_in_parts(projections: Writer, story: Story, dice: Random) -> None:
    """Take in the story in batches of any size, some of them again."""
    at = 0
    while at < len(story.entries):
        size = dice.choice([1, 2, 3, 10, 100])
        again = dice.randint(0, min(at, 5))
        await projections.take(story.entries[at - again : at + size])
        at += size


def booked(order: Order) -> OrderView:
    view = order.view()
    return replace(view, fills=tuple(view.fills))


def life(story: Story, operation_id: str) -> list[tuple[int, str]]:
    facts: list[tuple[int, Any]] = [(entry.seq, entry.fact) for entry in story.entries]
    return [(seq, kind_of(fact)) for seq, fact in facts if getattr(fact, "operation_id", None) == operation_id]


type Position = tuple[Decimal, Decimal | None, Decimal, dict[Currency, Decimal]]
type Positions = dict[tuple[AccountId, StrategyId, InstrumentKey], Position]


async def shown_positions(queries: Asker) -> Positions:
    return {
        (part.account, part.strategy_id, part.instrument): (
            part.quantity,
            part.average_entry_price,
            part.realized_pnl,
            dict(part.fees),
        )
        for unified in await queries.positions()
        for part in unified.parts
    }


def booked_positions(story: Story, valuation: Valuation) -> Positions:
    with exact():
        return {
            key: (
                position.holding.quantity,
                valuation.average(key[2], position.holding.quantity, position.holding.open_cash),
                position.holding.realized_pnl,
                dict(position.fees),
            )
            for key, position in story.book.book.positions
        }
