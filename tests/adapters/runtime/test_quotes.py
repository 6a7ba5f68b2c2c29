"""Of quotes and depth the newest wins, and is made only when somebody looks; of public trades every one counts."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest

from adapters.runtime import QuoteBoard
from ports.algorithms import VolumeCurve
from ports.instruments import InstrumentKey
from ports.market_data import Book, Level, PublicTrades, Quote, Trade, VolumeProfile
from ports.values import Price, Side

from fakes.journal import AppendFails
from fakes.rig import Rig
from fakes.scribe import PERPETUAL, POISONOUS_BID, quote, submit
from fakes.virtual_loop import pause, turns, within

OTHER = InstrumentKey("FAKE:PERPETUAL:ETH-USDT@LIN")


def trade(price: str, quantity: str, aggressor: Side | None, received_ns: int) -> Trade:
    return Trade(
        instrument=PERPETUAL,
        price=Price(Decimal(price)),
        quantity=Decimal(quantity),
        aggressor=aggressor,
        trade_id=f"t-{received_ns}",
        event_time_ns=received_ns,
        received_ns=received_ns,
    )


class Made:
    """Counts which quotes were made."""

    def __init__(self) -> None:
        self.bids: list[int] = []

    def source(self, bid: int, instrument: InstrumentKey = PERPETUAL) -> Callable[[], Quote]:
        def make() -> Quote:
            self.bids.append(bid)
            return quote(bid, instrument)

        return make


async def test_overtaken_quotes_are_never_made() -> None:
    board, made = QuoteBoard(), Made()
    for bid in range(1, 100):
        board.put_quote(PERPETUAL, made.source(bid))
    assert [one.bid for one in board.take_news() if isinstance(one, Quote)] == [99]
    assert made.bids == [99]
    assert board.arrived == 99
    assert board.take_news() == []


async def test_news_come_in_the_order_in_which_they_became_news() -> None:
    board, made = QuoteBoard(), Made()
    keys = [InstrumentKey(f"FAKE:PERPETUAL:{base}-USDT@LIN") for base in ("D", "A", "C", "B", "E")]
    for key in (*keys, keys[0]):
        board.put_quote(key, made.source(1, key))
    assert [one.instrument for one in board.take_news()] == keys


async def test_public_trades_are_added_up_and_none_is_lost_whoever_comes_late() -> None:
    board = QuoteBoard()
    for number in range(1, 8):
        board.put_trade(trade(str(number), "0.5", Side.BUY if number % 2 else Side.SELL, received_ns=number))
    board.put_trade(trade("10", "1", None, received_ns=9))
    (told,) = board.take_news()
    assert told == PublicTrades(
        instrument=PERPETUAL,
        count=8,
        quantity=Decimal("4.5"),
        bought=Decimal(2),
        sold=Decimal("1.5"),
        value=Decimal(24),
        last_price=Price(Decimal(10)),
        event_time_ns=9,
        received_ns=9,
    )
    assert board.take_news() == []
    board.put_trade(trade("3", "2", Side.BUY, received_ns=11))
    (later,) = board.take_news()
    assert isinstance(later, PublicTrades)
    assert (later.count, later.quantity) == (1, Decimal(2))


async def test_of_depth_the_newest_alone_is_made() -> None:
    board, made = QuoteBoard(), list[int]()

    def source(size: int) -> Book:
        made.append(size)
        level = Level(Decimal(1), Decimal(size))
        return Book(instrument=PERPETUAL, bids=(level,), asks=(level,), event_time_ns=1, received_ns=1)

    for size in (1, 2, 3):
        board.put_book(PERPETUAL, partial(source, size))
    (book,) = board.take_news()
    assert isinstance(book, Book)
    assert book.asks[0].size == 3
    assert made == [3]


async def test_an_actor_that_was_made_again_hears_of_depth_and_profiles_again_and_of_no_trade_twice() -> None:
    board = QuoteBoard()
    book = Book(instrument=PERPETUAL, bids=(), asks=(), event_time_ns=1, received_ns=1)
    curve = VolumeCurve(bucket_ns=43_200_000_000_000, volumes=(Decimal(1), Decimal(2)))
    profile = VolumeProfile(instrument=PERPETUAL, curve=curve, made_of="two days")
    board.put_book(PERPETUAL, lambda: book)
    board.put_profile(profile)
    board.put_trade(trade("3", "2", Side.BUY, received_ns=11))
    assert [type(one) for one in board.take_news()] == [VolumeProfile, PublicTrades, Book]
    board.everything_is_news()
    assert board.take_news() == [profile, book]


async def test_a_quote_is_made_once_however_many_look() -> None:
    board, made = QuoteBoard(), Made()
    board.put_quote(PERPETUAL, made.source(1))
    assert board.latest(PERPETUAL) is board.latest(PERPETUAL)
    assert [one.bid for one in board.take_news() if isinstance(one, Quote)] == [1]
    assert made.bids == [1]
    assert board.latest(OTHER) is None


async def test_the_actor_has_the_newest_quote_before_the_next_message(rig: Rig) -> None:
    made = Made()
    for bid in (1, 2, 3):
        rig.quotes.put_quote(PERPETUAL, made.source(bid))
    await rig.host.ask(submit("o1"))
    assert rig.scribe.heard == ["quote 3", "o1"]
    assert made.bids == [3]


async def test_quotes_reach_an_idle_actor_by_themselves(rig: Rig) -> None:
    made = Made()
    rig.quotes.put_quote(PERPETUAL, made.source(1))
    rig.quotes.put_quote(PERPETUAL, made.source(2))
    rig.quotes.put_quote(OTHER, made.source(7, OTHER))
    await pause(0.01)
    assert sorted(rig.scribe.heard) == ["quote 2", "quote 7"]
    rig.quotes.put_quote(PERPETUAL, made.source(3))
    await pause(0.01)
    assert rig.scribe.heard[-1] == "quote 3"


async def test_a_flood_of_quotes_reaches_the_actor_at_most_once_each_2_ms(rig: Rig) -> None:
    made = Made()
    for bid in range(1, 1_001):
        rig.quotes.put_quote(PERPETUAL, made.source(bid))
        await pause(0.000_1)
    await pause(0.01)
    assert rig.scribe.heard[-1] == "quote 1000"
    assert len(made.bids) <= 52  # a tenth of a second


async def test_an_actor_that_was_made_again_knows_every_newest_quote(rig: Rig) -> None:
    made = Made()
    rig.quotes.put_quote(PERPETUAL, made.source(1))
    rig.quotes.put_quote(OTHER, made.source(7, OTHER))
    await pause(0.01)
    rig.journal.fail_next_append(AppendFails.BEFORE_DURABLE)
    await asyncio.gather(*await rig.submitted("o1"), return_exceptions=True)
    await within(60, rig.host.drained())
    await rig.host.ask(submit("o2"))
    assert sorted(rig.scribe.heard[:2]) == ["quote 1", "quote 7"]
    assert rig.scribe.heard[2:] == ["o2"]


async def test_quotes_that_come_while_the_actor_is_made_again_are_not_forgotten(rig: Rig) -> None:
    rig.journal.away = True
    await asyncio.gather(*await rig.submitted("o1"), return_exceptions=True)
    rig.quotes.put_quote(PERPETUAL, Made().source(5))
    await pause(60)
    rig.journal.away = False
    await pause(10)
    assert rig.scribe.heard == ["quote 5"]


async def test_an_instrument_whose_quote_was_poison_is_muted_and_the_others_go_on(rig: Rig) -> None:
    made = Made()
    for bid in (POISONOUS_BID, POISONOUS_BID, 5):
        rig.quotes.put_quote(PERPETUAL, made.source(bid))
        rig.quotes.put_quote(OTHER, made.source(7, OTHER))
        await pause(0.01)
    assert "quote 5" not in rig.scribe.heard
    assert rig.scribe.heard.count("quote 7") >= 2
    assert len(rig.scribe.quarantined) == 1
    latest = rig.quotes.latest(PERPETUAL)
    assert latest is not None  # people still see it
    assert latest.bid == 5


async def test_a_quote_that_its_venue_cannot_make_is_as_if_it_had_not_come(rig: Rig) -> None:
    def broken() -> Quote:
        raise ZeroDivisionError

    rig.quotes.put_quote(OTHER, Made().source(7, OTHER))
    rig.quotes.put_quote(PERPETUAL, broken)
    await rig.host.ask(submit("o1"))
    assert rig.scribe.heard == ["quote 7", "o1"]
    assert rig.quotes.latest(PERPETUAL) is None
    assert rig.quotes.unmade == 1
    rig.quotes.put_quote(PERPETUAL, Made().source(8))
    await turns()
    assert rig.quotes.latest(PERPETUAL) is not None


@pytest.mark.parametrize("before_start", [True, False])
async def test_quotes_may_come_before_the_start(before_start: bool) -> None:
    rig = Rig()
    if before_start:
        rig.quotes.put_quote(PERPETUAL, Made().source(1))
    async with rig:
        if not before_start:
            rig.quotes.put_quote(PERPETUAL, Made().source(1))
        await pause(0.01)
        assert rig.scribe.heard == ["quote 1"]
