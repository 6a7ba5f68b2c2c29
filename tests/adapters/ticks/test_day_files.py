"""Instruments and signals of a day: read exactly, or refused by row and column."""

from collections.abc import Sequence
from decimal import Decimal
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.ticks import read_instruments, read_signals
from ports.errors import InvalidInputError, ObjectMissingError
from ports.instruments import InstrumentKey
from ports.values import StrategyId

from fakes.object_store import MemoryObjectStore

DAY = "2023-11-15"
INSTRUMENTS = f"instrument_availability/by_date/day-{DAY}/instruments.parquet"
MOMENTUM = StrategyId("momentum")
SIGNALS = f"signals/by_date/day-{DAY}/momentum.parquet"
PERPETUAL = "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN"
START_US = 1_700_006_400_000_000


async def store_with(path: str, **columns: Sequence[object]) -> MemoryObjectStore:
    sink = BytesIO()
    pq.write_table(pa.table(dict(columns)), sink)
    store = MemoryObjectStore()
    await store.write(path, sink.getvalue())
    return store


async def signals(**changed: Sequence[object]) -> MemoryObjectStore:
    columns: dict[str, Sequence[object]] = {
        "timestamp": [START_US + 300_000_000, START_US],
        "instrument_key": [PERPETUAL, PERPETUAL],
        "direction": [-1, 1],
        "target_position": ["-0.5", None],
        "exec_algorithm": ["TWAP", None],
        "exec_algorithm_params": ['{"duration_sec": 300, "pace": "even", "share": 0.10}', None],
    }
    return await store_with(SIGNALS, **columns | changed)


@pytest.mark.parametrize("tick", [0.1, 0.00001, "0.1", "0.00001"])
async def test_instruments_have_the_numbers_that_their_file_shows(tick: float | str) -> None:
    store = await store_with(INSTRUMENTS, instrument_key=[PERPETUAL], tick_size=[tick], lot_size=[0.001], venue=["x"])
    (found,) = (await read_instruments(store, DAY)).instruments
    assert (found.key, found.tick_size) == (PERPETUAL, Decimal("0.1") if float(tick) > 0.01 else Decimal("0.00001"))
    assert found.lot_size == found.min_quantity == Decimal("0.001")


async def test_an_instrument_that_we_do_not_know_is_named_and_the_others_are_read() -> None:
    keys = ["UNISWAPV2-ETH:POOL:WETH-USDC@ETHEREUM", PERPETUAL, "OKX:SPOT_PAIR:BTC-USDT"]
    store = await store_with(INSTRUMENTS, instrument_key=keys, tick_size=[0.1, 0.1, 0.0], lot_size=[1.0, 1.0, 1.0])
    listed = await read_instruments(store, DAY)
    assert [each.key for each in listed.instruments] == [PERPETUAL]
    assert set(listed.unread) == {keys[0], keys[2]}
    assert "tick_size" in listed.unread[keys[2]]


async def test_signals_come_by_time_with_what_they_say() -> None:
    first, second = await read_signals(await signals(), MOMENTUM, DAY)
    assert (first.start_ns, first.direction, first.target_position) == (START_US * 1_000, 1, None)
    assert (first.exec_algorithm, first.exec_algorithm_params) == ("", {})
    assert (second.strategy_id, second.instrument) == (MOMENTUM, InstrumentKey(PERPETUAL))
    assert (second.start_ns, second.direction) == (START_US * 1_000 + 300_000_000_000, -1)
    assert second.target_position == Decimal("-0.5")
    assert second.exec_algorithm_params == {"duration_sec": "300", "pace": "even", "share": "0.10"}


async def test_a_day_without_signals_is_no_missing_day() -> None:
    store = await store_with(SIGNALS, timestamp=[], instrument_key=[], direction=[])
    assert await read_signals(store, MOMENTUM, DAY) == []
    with pytest.raises(ObjectMissingError, match="day-2023-11-16"):
        await read_signals(store, MOMENTUM, "2023-11-16")
    with pytest.raises(ObjectMissingError, match="instruments"):
        await read_instruments(store, DAY)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"direction": [2, 1]}, "row 0, column direction"),
        ({"direction": [1, None]}, "row 1, column direction"),
        ({"timestamp": [5, START_US]}, "row 0, column timestamp"),
        ({"timestamp": [START_US, START_US]}, "row 1.*twice"),
        ({"target_position": ["much", None]}, "row 0, target_position"),
        ({"exec_algorithm_params": ["[1]", None]}, "row 0, column exec_algorithm_params"),
        ({"exec_algorithm_params": [None, '{"a": {}}']}, "row 1, column exec_algorithm_params"),
        ({"instrument_key": ["BTC", PERPETUAL]}, "instrument_key"),
    ],
)
async def test_a_signal_that_means_nothing_is_refused_by_its_row(
    changed: dict[str, Sequence[object]], said: str
) -> None:
    with pytest.raises(InvalidInputError, match=said):
        await read_signals(await signals(**changed), MOMENTUM, DAY)


async def test_a_file_that_is_torn_or_lacks_a_column_is_named() -> None:
    store = await store_with(SIGNALS, timestamp=[START_US], direction=[1])
    with pytest.raises(InvalidInputError, match="column instrument_key"):
        await read_signals(store, MOMENTUM, DAY)
    await store.write(INSTRUMENTS, b"PAR1")
    with pytest.raises(InvalidInputError, match=r"instruments.parquet.*no whole parquet file"):
        await read_instruments(store, DAY)
