"""Recorded files become exact ticks in the order of arrival, or a complaint that names the place."""

from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ticks import RecordedTicks
from ports.errors import InvalidInputError, ObjectMissingError
from ports.instruments import InstrumentKey
from ports.market_data import Book, Quote, Trade
from ports.values import Side

from fakes.recordings import PERPETUAL, SPOT, START_US, books, everything, file_of, quotes, record, trades

START_NS = START_US * 1_000


async def test_streams_are_merged_by_when_they_were_received(tmp_path: Path) -> None:
    record(tmp_path, quotes((0, 100.0, 100.01), (30, 100.0, 100.02)))
    record(tmp_path, trades((10, 100.01, 0.5, "buy"), (40, 100.0, 0.1, "sell")), kind="trades")
    record(tmp_path, quotes((20, 100.1, 100.2)), key=PERPETUAL)
    ticks = await everything(RecordedTicks(tmp_path))
    assert [(tick.received_ns - START_NS) // 1_000 for tick in ticks] == [0, 10, 20, 30, 40]
    assert [type(tick) for tick in ticks] == [Quote, Trade, Quote, Quote, Trade]


async def test_order_is_the_recorders_and_the_venues_time_is_kept_beside_it(tmp_path: Path) -> None:
    record(tmp_path, quotes((0, 100.0, 100.01), (10, 100.0, 100.02), timestamp=[START_US + 99, START_US + 50]))
    ticks = await everything(RecordedTicks(tmp_path))
    assert [(tick.event_time_ns - START_NS, tick.received_ns - START_NS) for tick in ticks] == [
        (99_000, 0),
        (50_000, 10_000),
    ]


async def test_a_trade_comes_before_the_quote_that_arrived_with_it(tmp_path: Path) -> None:
    record(tmp_path, quotes((5, 100.0, 100.01)))
    record(tmp_path, trades((5, 100.0, 0.5, "sell")), kind="trades")
    assert [type(tick) for tick in await everything(RecordedTicks(tmp_path))] == [Trade, Quote]


async def test_depth_comes_after_the_quote_that_arrived_with_it(tmp_path: Path) -> None:
    record(tmp_path, quotes((5, 100.0, 100.01)))
    record(tmp_path, books((5, 100.0, 100.01)), kind="book_snapshot_5")
    _, book = await everything(RecordedTicks(tmp_path))
    assert isinstance(book, Book)
    assert book.bids == ((Decimal("100.00"), Decimal("1.00000")), (Decimal("99.99"), Decimal("2.00000")))
    assert book.asks == ((Decimal("100.01"), Decimal("1.00000")), (Decimal("100.02"), Decimal("2.00000")))


async def test_floats_become_the_exact_decimals_they_were_written_from(tmp_path: Path) -> None:
    record(tmp_path, quotes((0, 61837.63, 61837.64), ask_amount=[0.1 + 0.2], bid_amount=[3.78826]))
    record(tmp_path, trades((1, 0.07, 0.00001, "unknown")), kind="trades")
    quote, trade = await everything(RecordedTicks(tmp_path))
    assert isinstance(quote, Quote)
    assert isinstance(trade, Trade)
    assert (quote.bid, quote.ask) == (Decimal("61837.63"), Decimal("61837.64"))
    assert (quote.bid_size, quote.ask_size) == (Decimal("3.78826"), Decimal("0.30000"))
    assert (trade.price, trade.quantity, trade.aggressor) == (Decimal("0.07"), Decimal("0.00001"), None)


@given(ticks=st.lists(st.integers(1, 10_000_000_000), min_size=1, max_size=50))
async def test_every_price_on_the_tick_survives_being_stored_as_a_float(
    tmp_path_factory: pytest.TempPathFactory, ticks: list[int]
) -> None:
    root = tmp_path_factory.mktemp("recording")
    prices = [Decimal(tick) * Decimal("0.01") for tick in ticks]
    record(root, trades(*((n, float(price), 1.0, "buy") for n, price in enumerate(prices))), kind="trades")
    read = [tick.price for tick in await everything(RecordedTicks(root)) if isinstance(tick, Trade)]
    assert read == prices


@pytest.mark.parametrize(("divisor", "factor"), [(1_000, 1), (1, 1), (1, 1_000)], ids=["ms", "us", "ns"])
async def test_the_unit_of_a_stamp_is_recognised_by_its_size(tmp_path: Path, divisor: int, factor: int) -> None:
    stamp = [START_US // divisor * factor]
    record(tmp_path, quotes((0, 100.0, 100.01), timestamp=stamp, local_timestamp=stamp))
    (tick,) = await everything(RecordedTicks(tmp_path))
    assert tick.received_ns == START_NS


@pytest.mark.parametrize("spelling", [PERPETUAL, PERPETUAL.removesuffix("@LIN")])
async def test_a_perpetual_is_found_with_and_without_its_suffix(tmp_path: Path, spelling: str) -> None:
    record(tmp_path, quotes((0, 100.0, 100.1)), key=spelling)
    (tick,) = await everything(RecordedTicks(tmp_path, [InstrumentKey(PERPETUAL)]))
    assert tick.instrument == PERPETUAL


async def test_where_both_spellings_lie_on_one_day_only_the_one_with_the_suffix_counts(tmp_path: Path) -> None:
    record(tmp_path, quotes((0, 200.0, 200.1)), key=PERPETUAL)
    record(tmp_path, quotes((0, 100.0, 100.1)), key=PERPETUAL.removesuffix("@LIN"))
    (tick,) = await everything(RecordedTicks(tmp_path))
    assert isinstance(tick, Quote)
    assert tick.bid == 200


async def test_days_follow_one_another(tmp_path: Path) -> None:
    day_us = 86_400_000_000
    record(tmp_path, quotes((day_us, 101.0, 101.1)), day="2024-08-09")
    record(tmp_path, quotes((0, 100.0, 100.1)), day="2024-08-08")
    ticks = await everything(RecordedTicks(tmp_path))
    assert [tick.received_ns for tick in ticks] == [START_NS, START_NS + day_us * 1_000]


async def test_the_folder_of_the_ticks_itself_may_be_given(tmp_path: Path) -> None:
    record(tmp_path, quotes((0, 100.0, 100.01)))
    assert len(await everything(RecordedTicks(tmp_path / "raw_tick_data"))) == 1


async def test_more_rows_than_are_held_at_once_all_come_in_order(tmp_path: Path) -> None:
    record(tmp_path, quotes(*((n, 100.0, 100.01) for n in range(7_001))))
    ticks = await everything(RecordedTicks(tmp_path))
    assert [tick.received_ns for tick in ticks] == [START_NS + n * 1_000 for n in range(7_001)]


def test_an_instrument_nobody_defined_is_left_out_and_named(tmp_path: Path) -> None:
    record(tmp_path, quotes((0, 1.0, 1.1)))
    record(tmp_path, quotes((0, 1.0, 1.1)), key="KRAKEN:SPOT_PAIR:BTC-USDT")
    source = RecordedTicks(tmp_path)
    assert [each.key for each in source.instruments()] == [SPOT]
    assert source.undefined == ("KRAKEN:SPOT_PAIR:BTC-USDT",)


def test_asking_for_what_is_not_recorded_says_what_is(tmp_path: Path) -> None:
    record(tmp_path, quotes((0, 1.0, 1.1)))
    with pytest.raises(ObjectMissingError, match=f"nothing is recorded of {PERPETUAL}; recorded: {SPOT}"):
        RecordedTicks(tmp_path, [InstrumentKey(PERPETUAL)])


def test_asking_for_what_has_no_definition_is_refused(tmp_path: Path) -> None:
    record(tmp_path, quotes((0, 1.0, 1.1)), key="KRAKEN:SPOT_PAIR:BTC-USDT")
    with pytest.raises(InvalidInputError, match=r"KRAKEN:SPOT_PAIR:BTC-USDT.*no definition"):
        RecordedTicks(tmp_path, [InstrumentKey("KRAKEN:SPOT_PAIR:BTC-USDT")])


@pytest.mark.parametrize("folder", [".", "nowhere", "raw_tick_data"])
def test_a_folder_without_a_recording_is_refused_and_the_layout_told(tmp_path: Path, folder: str) -> None:
    (tmp_path / "raw_tick_data" / "by_date").mkdir(parents=True)
    with pytest.raises(ObjectMissingError, match=r"expected raw_tick_data/by_date/day-"):
        RecordedTicks(tmp_path / folder)


async def test_a_file_that_went_away_is_missing_not_empty(tmp_path: Path) -> None:
    path = record(tmp_path, quotes((0, 1.0, 1.1)))
    source = RecordedTicks(tmp_path)
    path.unlink()
    with pytest.raises(ObjectMissingError, match=str(path)):
        await everything(source)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"nonsense" * 100], ids=["empty", "cut short", "nonsense"])
async def test_a_torn_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = file_of(tmp_path)
    path.write_bytes(content)
    with pytest.raises(InvalidInputError) as refusal:
        await everything(RecordedTicks(tmp_path))
    assert refusal.value.field == str(path)


async def test_damage_inside_a_file_is_named(tmp_path: Path) -> None:
    path = record(tmp_path, quotes(*((n, 100.0 + n / 100, 200.0) for n in range(3_000))))
    content = bytearray(path.read_bytes())
    content[4:400] = bytes(396)
    path.write_bytes(content)
    with pytest.raises(InvalidInputError) as refusal:
        await everything(RecordedTicks(tmp_path))
    assert refusal.value.field.startswith(str(path))


async def test_a_file_without_rows_is_named(tmp_path: Path) -> None:
    columns = {name: values[:0] for name, values in quotes((0, 1.0, 1.1)).items()}
    path = record(tmp_path, columns)
    with pytest.raises(InvalidInputError) as refusal:
        await everything(RecordedTicks(tmp_path))
    assert refusal.value.field.startswith(str(path))


BAD = {
    "out of order": ("local_timestamp", [START_US + 5, START_US + 4], "row 1", "sort"),
    "no time": ("timestamp", [START_US, 5], "row 1", "no time"),
    "null price": ("ask_price", [1.1, None], "row 1", "every row needs a value"),
    "not a number": ("bid_price", [float("nan"), 1.0], "row 0", "finite"),
    "infinite": ("ask_price", [1.1, float("inf")], "row 1", "finite"),
    "off the tick": ("bid_price", [1.0, 1.005], "row 1", "step of 0.01"),
    "off the lot": ("ask_amount", [0.000015, 1.0], "row 0", "step of 0.00001"),
    "zero price": ("bid_price", [1.0, 0.0], "row 1", "at least 0.01"),
    "negative size": ("bid_amount", [1.0, -1.0], "row 1", "at least 0"),
    "beyond what a float counts": ("ask_price", [1.1, 1e300], "row 1", "no multiple"),
}


@pytest.mark.parametrize(("column", "values", "row", "remedy"), BAD.values(), ids=BAD.keys())
async def test_a_value_that_cannot_be_true_is_named_by_file_column_and_row(
    tmp_path: Path, column: str, values: list[object], row: str, remedy: str
) -> None:
    path = record(tmp_path, quotes((0, 1.0, 1.1), (1, 1.0, 1.1), **{column: values}))
    with pytest.raises(InvalidInputError) as refusal:
        await everything(RecordedTicks(tmp_path))
    assert refusal.value.field == f"{path}: column {column}, {row}"
    assert remedy in refusal.value.remedy


async def test_a_row_is_counted_from_the_start_of_the_file(tmp_path: Path) -> None:
    prices = [1.0] * 2_500
    prices[2_345] = -1.0
    path = record(tmp_path, quotes(*((n, price, 1.1) for n, price in enumerate(prices))))
    with pytest.raises(InvalidInputError) as refusal:
        await everything(RecordedTicks(tmp_path))
    assert refusal.value.field == f"{path}: column bid_price, row 2345"


@pytest.mark.parametrize("row", [1, 511, 512, 1_000, 1_024])
async def test_rows_out_of_order_are_noticed_wherever_the_file_is_cut_for_reading(tmp_path: Path, row: int) -> None:
    stamps = [START_US + 10 * n for n in range(1_100)]
    stamps[row] = stamps[row - 1] - 1
    path = record(tmp_path, quotes(*((0, 1.0, 1.1) for _ in stamps), timestamp=stamps, local_timestamp=stamps))
    with pytest.raises(InvalidInputError) as refusal:
        await everything(RecordedTicks(tmp_path))
    assert refusal.value.field == f"{path}: column local_timestamp, row {row}"


async def test_a_later_day_that_begins_before_the_earlier_one_ended_is_refused(tmp_path: Path) -> None:
    record(tmp_path, quotes((10, 1.0, 1.1)), day="2024-08-08")
    path = record(tmp_path, quotes((9, 1.0, 1.1)), day="2024-08-09")
    with pytest.raises(InvalidInputError) as refusal:
        await everything(RecordedTicks(tmp_path))
    assert refusal.value.field == f"{path}: column local_timestamp, row 0"


async def test_an_unknown_side_is_refused(tmp_path: Path) -> None:
    record(tmp_path, trades((0, 1.0, 1.0, "long")), kind="trades")
    with pytest.raises(InvalidInputError, match="'long' is not usable: write buy, sell or unknown"):
        await everything(RecordedTicks(tmp_path))


@pytest.mark.parametrize("change", ["missing", "text"])
async def test_a_column_that_is_missing_or_of_another_type_is_named(tmp_path: Path, change: str) -> None:
    columns = dict(quotes((0, 1.0, 1.1)))
    if change == "missing":
        del columns["bid_price"]
    else:
        columns["bid_price"] = ["1.0"]
    path = record(tmp_path, columns)
    with pytest.raises(InvalidInputError) as refusal:
        await everything(RecordedTicks(tmp_path))
    assert refusal.value.field == f"{path}: column bid_price"


def test_a_file_whose_name_is_no_key_is_named(tmp_path: Path) -> None:
    path = record(tmp_path, quotes((0, 1.0, 1.1)), key="BTCUSDT")
    with pytest.raises(InvalidInputError) as refusal:
        RecordedTicks(tmp_path)
    assert refusal.value.field == str(path)


async def test_the_recorded_data_is_read_whole(shared_data: Path) -> None:
    source = RecordedTicks(shared_data / "recorded")
    ticks = await everything(source)
    assert [each.key for each in source.instruments()] == [PERPETUAL, SPOT]
    assert sum(isinstance(tick, Trade) for tick in ticks) == 21_313 + 9_757
    assert sum(isinstance(tick, Quote) for tick in ticks) == 66_089 + 28_040
    assert all(a.received_ns <= b.received_ns for a, b in pairwise(ticks))
    assert all(tick.bid < tick.ask for tick in ticks if isinstance(tick, Quote))
    assert {tick.aggressor for tick in ticks if isinstance(tick, Trade)} == {Side.BUY, Side.SELL}
