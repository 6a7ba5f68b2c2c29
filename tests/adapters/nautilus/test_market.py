"""Ticks played into the paper venues."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal

import pytest

from adapters.nautilus.market import OnEnd, PaperMarket
from ports.errors import InvalidInputError, ObjectMissingError
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import Quote, Trade
from ports.reports import SessionDown
from ports.values import Price

from fakes.paper_trader import PERPETUAL, Trader, listed, quote, trade

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Recording:
    """Ticks in memory, handed out in batches of two; `missing` fails after the last."""

    def __init__(self, *ticks: Quote | Trade, missing: str = "") -> None:
        self._ticks = ticks
        self._missing = missing

    def instruments(self) -> Sequence[Instrument]:
        return [listed(PERPETUAL, "0.1", "0.001", "0", "0")]

    async def ticks(self) -> AsyncIterator[Sequence[Quote | Trade]]:
        for start in range(0, len(self._ticks), 2):
            yield self._ticks[start : start + 2]
        if self._missing:
            raise ObjectMissingError(self._missing)


def tick(bid: str, ask: str, received_ns: int = 2, event_ns: int = 1) -> Quote:
    made = quote(PERPETUAL, bid, ask)
    return Quote(
        instrument=made.instrument,
        bid=made.bid,
        ask=made.ask,
        bid_size=made.bid_size,
        ask_size=made.ask_size,
        event_time_ns=event_ns,
        received_ns=received_ns,
    )


async def test_a_recording_moves_the_market_to_its_last_quote(trader: Trader) -> None:
    market = PaperMarket(trader.node, Recording(tick("100", "101"), tick("102", "103"), tick("104", "105")), speed=None)
    market.start()
    await market.wait()
    assert (market.played, market.is_playing) == (3, False)
    assert trader.quotes[PERPETUAL]().ask == 105
    await trader.send("BUY", "0.1")
    assert trader.traded == [("0.1", "105")]


async def test_resting_orders_meet_every_quote_and_trade_on_the_way(trader: Trader) -> None:
    await trader.send("BUY", "0.3", "59000")
    await trader.send("SELL", "0.2", "61000")
    ticks = (
        tick("58000", "58001"),
        tick("60000", "60001"),
        trade(PERPETUAL, "BUY", "0.1", "61000"),
        tick("60000", "60001"),
    )
    market = PaperMarket(trader.node, Recording(*ticks), speed=None)
    market.start()
    await market.wait()
    assert trader.traded == [("0.3", "59000"), ("0.1", "61000")]


async def test_quotes_are_stamped_as_received_now_and_as_old_as_they_were(trader: Trader) -> None:
    before_ns = time.time_ns()
    market = PaperMarket(trader.node, Recording(tick("100", "101", received_ns=5_000, event_ns=2_000)), speed=None)
    market.start()
    await market.wait()
    newest = trader.quotes[PERPETUAL]()
    assert before_ns <= newest.received_ns <= time.time_ns()
    assert newest.received_ns - newest.event_time_ns == 3_000


async def test_a_recorder_whose_clock_was_behind_makes_no_quote_from_the_future(trader: Trader) -> None:
    market = PaperMarket(trader.node, Recording(tick("100", "101", received_ns=5_000, event_ns=9_000)), speed=None)
    market.start()
    await market.wait()
    newest = trader.quotes[PERPETUAL]()
    assert newest.event_time_ns == newest.received_ns


async def test_a_recording_in_a_loop_begins_again_until_it_is_stopped(trader: Trader) -> None:
    market = PaperMarket(trader.node, Recording(tick("100", "101"), tick("102", "103")), speed=None, on_end=OnEnd.LOOP)
    market.start()
    market.start()
    await trader.until(lambda: market.played > 5)
    await market.stop()
    await market.stop()
    played = market.played
    await asyncio.sleep(0)
    assert (market.played, market.is_playing) == (played, False)


async def test_a_short_recording_in_a_loop_lets_the_loop_go_every_time(trader: Trader) -> None:
    market = PaperMarket(trader.node, Recording(tick("100", "101")), speed=None, on_end=OnEnd.LOOP)
    market.start()
    for _ in range(100):
        await asyncio.sleep(0)
    played = market.played
    await market.stop()
    assert 0 < played <= 101


async def test_an_empty_recording_in_a_loop_ends(trader: Trader) -> None:
    market = PaperMarket(trader.node, Recording(), speed=None, on_end=OnEnd.LOOP)
    market.start()
    await market.wait()
    assert market.played == 0


async def test_a_market_at_its_own_pace_waits_between_ticks_and_stops_at_once(trader: Trader) -> None:
    hour_ns = 3_600_000_000_000
    market = PaperMarket(
        trader.node, Recording(tick("100", "101"), tick("102", "103", received_ns=hour_ns)), speed=20.0
    )
    market.start()
    await trader.until(lambda: market.played == 1)
    for _ in range(20):
        await asyncio.sleep(0)
    assert (market.played, market.is_playing) == (1, True)
    await market.stop()
    assert trader.quotes[PERPETUAL]().ask == 101


async def test_the_loop_is_let_go_while_a_recording_plays_as_fast_as_it_can(trader: Trader) -> None:
    market = PaperMarket(trader.node, Recording(*[tick("100", "101")] * 50_000), speed=None)
    market.start()
    turns = 0
    while market.is_playing:
        await asyncio.sleep(0)
        turns += 1
    assert market.played == 50_000
    assert turns > 5


async def test_a_source_that_fails_brings_every_session_down(trader: Trader) -> None:
    market = PaperMarket(trader.node, Recording(tick("100", "101"), missing="day-2024-08-09 is missing"), speed=None)
    market.start()
    with pytest.raises(ObjectMissingError):
        await market.wait()
    await trader.until(lambda: bool(trader.reports))
    [down] = trader.reports
    assert isinstance(down, SessionDown)
    assert "day-2024-08-09 is missing" in down.reason


async def test_a_quote_that_does_not_fit_its_instrument_is_left_out_and_said_once(
    trader: Trader, caplog: pytest.LogCaptureFixture
) -> None:
    await trader.send("BUY", "0.1", "59000")
    unfit = (tick("100.005", "101"), tick("100.005", "101"), tick("60000", "60001"))
    market = PaperMarket(trader.node, Recording(*unfit), speed=None)
    market.start()
    await market.wait()
    assert trader.fills == []
    assert len([each for each in caplog.records if "do not fit" in each.message]) == 1


async def test_part_of_a_lot_on_display_is_not_traded(trader: Trader) -> None:
    trader.show("60000", "60001", ask_size="0.0019")
    await trader.send("BUY", "0.002", "60001")
    assert trader.traded == [("0.001", "60001")]


async def test_a_tick_of_an_instrument_that_nobody_lists_shows_nothing(trader: Trader) -> None:
    strange = InstrumentKey("BYBIT:SPOT_PAIR:DOGE-USDT")
    market = PaperMarket(trader.node, Recording(quote(strange, "1", "2"), trade(strange, None, "1", "1")), speed=None)
    market.start()
    await market.wait()
    assert market.played == 2
    assert trader.quotes == {}


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), float("inf")])
async def test_a_speed_that_is_no_pace_is_refused(trader: Trader, speed: float) -> None:
    with pytest.raises(InvalidInputError, match="speed"):
        PaperMarket(trader.node, Recording(), speed=speed)


async def test_a_quote_keeps_its_numbers(trader: Trader) -> None:
    market = PaperMarket(trader.node, Recording(tick("100.1", "100.2")), speed=None)
    market.start()
    await market.wait()
    newest = trader.quotes[PERPETUAL]()
    assert (newest.bid, newest.ask, newest.bid_size) == (Price(Decimal("100.1")), Price(Decimal("100.2")), Decimal(1))
