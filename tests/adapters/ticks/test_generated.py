"""The generated market: the same for the same seed, always tradable, and shaped like a market."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from adapters.ticks import GeneratedTicks, paper_instruments
from ports.errors import InvalidInputError
from ports.instruments import Instrument
from ports.market_data import Quote, Tick, Trade
from ports.values import Side, VenueId, is_multiple

from fakes.recordings import everything

ALL = paper_instruments()
SECOND_NS = 1_000_000_000


@settings(max_examples=20)
@given(
    seed=st.integers(0, 2**32),
    instruments=st.lists(st.sampled_from(ALL), min_size=1, unique=True),
    rate=st.sampled_from([0.5, 20.0, 500.0, 20_000.0]),
)
async def test_whatever_the_seed_every_tick_could_be_a_venues(
    seed: int, instruments: list[Instrument], rate: float
) -> None:
    listed = {each.key: each for each in instruments}
    shown: dict[str, Quote] = {}
    last_ns = 0
    for tick in await everything(GeneratedTicks(instruments, seed, rate=rate), limit=1_000):
        instrument = listed[tick.instrument]
        assert tick.received_ns >= last_ns
        last_ns = tick.received_ns
        if isinstance(tick, Quote):
            assert 0 < tick.bid < tick.ask
            assert is_multiple(tick.bid, instrument.tick_size)
            assert is_multiple(tick.ask, instrument.tick_size)
            assert tick.bid_size > 0
            assert tick.ask_size > 0
            assert is_multiple(tick.bid_size, instrument.lot_size)
            assert is_multiple(tick.ask_size, instrument.lot_size)
            shown[tick.instrument] = tick
        elif isinstance(tick, Trade):
            quote, buys = shown[tick.instrument], tick.aggressor is Side.BUY
            assert tick.price == (quote.ask if buys else quote.bid)
            assert 0 < tick.quantity <= (quote.ask_size if buys else quote.bid_size)
            assert is_multiple(tick.quantity, instrument.lot_size)


async def test_the_same_seed_gives_the_same_ticks() -> None:
    first = await everything(GeneratedTicks(ALL, 7), limit=3_000)
    again = await everything(GeneratedTicks(tuple(reversed(ALL)), 7), limit=3_000)
    assert first == again


async def test_depth_begins_with_the_quote_goes_away_from_it_and_lies_on_the_grid() -> None:
    source = GeneratedTicks(ALL, 7)
    listed = {each.key: each for each in ALL}
    for quote in [tick for tick in await everything(source, limit=400) if isinstance(tick, Quote)]:
        book, instrument = source.depth(quote), listed[quote.instrument]
        assert (book.bids[0], book.asks[0]) == ((quote.bid, quote.bid_size), (quote.ask, quote.ask_size))
        assert len(book.asks) >= 5
        assert all(left.price > right.price for left, right in pairwise(book.bids))
        assert all(left.price < right.price for left, right in pairwise(book.asks))
        for level in (*book.bids, *book.asks):
            assert is_multiple(level.price, instrument.tick_size)
            assert is_multiple(level.size, instrument.lot_size)
            assert level.size > 0


async def test_a_source_read_twice_begins_again() -> None:
    source = GeneratedTicks(ALL, 7)
    assert await everything(source, limit=500) == await everything(source, limit=500)


async def test_another_seed_gives_another_market() -> None:
    first = await everything(GeneratedTicks(ALL, 7), limit=500)
    other = await everything(GeneratedTicks(ALL, 8), limit=500)
    assert first != other


async def test_every_instrument_is_quoted_before_anything_trades() -> None:
    opening = (await everything(GeneratedTicks(ALL, 1), limit=100))[: len(ALL)]
    assert {tick.instrument for tick in opening if isinstance(tick, Quote)} == {each.key for each in ALL}


async def test_venues_of_one_base_follow_one_price() -> None:
    last: dict[str, Quote] = {}
    for tick in await everything(GeneratedTicks(ALL, 3, rate=2_000), limit=30_000):
        if isinstance(tick, Quote):
            last[tick.instrument] = tick
    mids = [float(quote.mid) for key, quote in last.items() if ":BTC-" in key]
    assert len(mids) == 6
    assert max(mids) / min(mids) < 1.001


async def test_trades_go_both_ways_and_carry_ids_of_their_own() -> None:
    trades = [tick for tick in await everything(GeneratedTicks(ALL[:1], 5), limit=5_000) if isinstance(tick, Trade)]
    assert len({trade.trade_id for trade in trades}) == len(trades) > 500
    assert {trade.aggressor for trade in trades} == {Side.BUY, Side.SELL}


@pytest.fixture(scope="module", params=[1, 2, 3])
def hours(request: pytest.FixtureRequest) -> Sequence[Tick]:
    """Two hours of one instrument, for three seeds."""
    one = [each for each in ALL if each.key == "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN"]
    return asyncio.run(everything(GeneratedTicks(one, request.param, rate=10), limit=72_000))


def test_returns_of_a_second_have_fat_tails(hours: Sequence[Tick]) -> None:
    returns = second_returns(hours)
    excess_kurtosis = float(np.mean(returns**4) / np.mean(returns**2) ** 2) - 3
    assert excess_kurtosis > 1


def test_volatility_comes_in_clusters(hours: Sequence[Tick]) -> None:
    sizes = np.abs(second_returns(hours))
    for lag_s in (1, 5):
        assert float(np.corrcoef(sizes[:-lag_s], sizes[lag_s:])[0, 1]) > 0.05


def test_activity_comes_in_bursts(hours: Sequence[Tick]) -> None:
    counts = np.bincount([int((tick.received_ns - hours[0].received_ns) // SECOND_NS) for tick in hours])
    assert float(np.var(counts) / np.mean(counts)) > 2  # 1 would be a steady drizzle


def test_the_spread_is_a_process_and_not_a_number(hours: Sequence[Tick]) -> None:
    spreads = {tick.ask - tick.bid for tick in hours if isinstance(tick, Quote)}
    assert len(spreads) > 5


def second_returns(ticks: Sequence[Tick]) -> NDArray[np.float64]:
    last_of_second = {tick.received_ns // SECOND_NS: float(tick.mid) for tick in ticks if isinstance(tick, Quote)}
    pairs = pairwise(sorted(last_of_second.items()))
    return np.asarray([np.log(b / a) for (s, a), (t, b) in pairs if t == s + 1], dtype=np.float64)


def test_no_instruments_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="instruments"):
        GeneratedTicks([], 1)


@pytest.mark.parametrize("rate", [0, -1, float("nan")])
def test_a_rate_that_is_not_above_zero_is_refused(rate: float) -> None:
    with pytest.raises(InvalidInputError, match="rate"):
        GeneratedTicks(ALL, 1, rate=rate)


def test_the_paper_instruments_are_consistent() -> None:
    assert len({each.key for each in ALL}) == len(ALL) == 18
    for each in ALL:
        assert is_multiple(each.min_quantity, each.lot_size)
        assert each.max_quantity is not None
        assert is_multiple(each.max_quantity, each.lot_size)
        assert 0 <= each.maker_fee_rate <= each.taker_fee_rate


def test_paper_instruments_are_chosen_by_venue() -> None:
    assert {each.key.venue for each in paper_instruments([VenueId("OKX")])} == {"OKX"}
    assert paper_instruments([VenueId("NOWHERE")]) == ()
