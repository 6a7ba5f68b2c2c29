"""The result files: existing readers' columns first and as they know them, every number exactly beside them."""

import json
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from io import BytesIO
from multiprocessing import get_context
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.storage import ResultFiles, build_files, read_results
from adapters.storage.columns import parquet
from adapters.storage.result_files import POSITIONS
from ports.errors import InvalidInputError, ObjectExistsError, ObjectMissingError, ObjectStoreUnavailableError
from ports.instruments import InstrumentKey
from ports.results import EquityRow, FillRow, PositionRow, ResultsWriter, RunResults, Tca
from ports.values import (
    Currency,
    DecisionId,
    Liquidity,
    Money,
    OperationId,
    OrderId,
    OrderStatus,
    OrderType,
    Price,
    Quantity,
    Side,
    StrategyId,
    TimeInForce,
    TradeId,
    VenueId,
)
from ports.views import OrderView

from fakes.object_store import MemoryObjectStore

RUN = "BNF_BTC_20230523_02000000_018dd7_c54988"
KEY = InstrumentKey("BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN")
VENUE = VenueId("BINANCE-FUTURES")
DESK = StrategyId("desk")
START_NS = 1_723_161_255_000_000_001
FINE = Decimal("123456789012345678.123456789012345678")  # no float holds it

COLUMNS = {
    "orders": (
        "id side price amount status timestamp operation_id parent_id strategy_id instrument_key venue venue_order_id "
        "order_type time_in_force exec_algorithm filled_amount average_price reason decision_id "
        "price_exact amount_exact"
    ),
    "fills": (
        "timestamp order_id price quantity side fill_id operation_id strategy_id instrument_key venue fee fee_currency "
        "liquidity price_exact quantity_exact"
    ),
    "positions": (
        "timestamp quantity avg_entry_price current_price unrealized_pnl instrument_key strategy_id venue "
        "realized_pnl fees notional quantity_exact avg_entry_price_exact current_price_exact unrealized_pnl_exact"
    ),
    "equity_curve": (
        "timestamp portfolio_value realized_pnl unrealized_pnl position price exposure_gross exposure_net fees "
        "portfolio_value_exact realized_pnl_exact unrealized_pnl_exact position_exact price_exact"
    ),
}


def order(quantity: Decimal = Decimal("0.4"), price: Decimal | None = Decimal("61800.1")) -> OrderView:
    return OrderView(
        operation_id=OperationId("op-1"),
        order_id=OrderId("O-1"),
        strategy_id=DESK,
        instrument=KEY,
        venue=VENUE,
        account=None,
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        quantity=Quantity(quantity),
        price=None if price is None else Price(price),
        status=OrderStatus.PARTIALLY_FILLED,
        filled_quantity=Decimal("0.1"),
        average_price=Decimal("61800.05"),
        fills=(),
        reason_code="",
        reason="",
        decision_id=DecisionId("D-1"),
        client_order_id=None,
        venue_order_id=None,
        exec_algorithm="NORMAL",
        created_ns=START_NS,
        updated_ns=START_NS + 5,
    )


def fill(price: Decimal = Decimal("61800.1"), liquidity: Liquidity | None = Liquidity.TAKER) -> FillRow:
    return FillRow(
        timestamp_ns=START_NS,
        order_id=OrderId("O-1"),
        operation_id=OperationId("op-1"),
        trade_id=TradeId("T-1"),
        strategy_id=DESK,
        instrument=KEY,
        venue=VENUE,
        side=Side.SELL,
        quantity=Quantity(Decimal("0.1")),
        price=Price(price),
        fee=Money(Decimal("-0.000000000000000001"), Currency("USDT")),
        liquidity=liquidity,
    )


def position(quantity: Decimal = Decimal("-0.1")) -> PositionRow:
    return PositionRow(
        timestamp_ns=START_NS,
        instrument=KEY,
        strategy_id=DESK,
        venue=VENUE,
        quantity=quantity,
        avg_entry_price=None,
        current_price=None,
        unrealized_pnl=None,
        realized_pnl=FINE,
        fees=Decimal(0),
        notional=None,
    )


def equity() -> EquityRow:
    return EquityRow(
        timestamp_ns=START_NS,
        portfolio_value=FINE,
        realized_pnl=Decimal("1.5"),
        unrealized_pnl=Decimal("-0.5"),
        position=Decimal("0.1"),
        price=None,
        exposure_gross=Decimal(2),
        exposure_net=Decimal(1),
        fees=Decimal("0.1"),
    )


def results(**changed: Any) -> RunResults:
    parts: dict[str, Any] = {
        "run_id": RUN,
        "summary": {"run_id": RUN, "mode": "paper", "summary": {"pnl": Decimal("1.50"), "by": {KEY: 1}}},
        "config": {"instrument": KEY},
        "log": "one line\nüber\n",
        "orders": [order(), order(price=None)],
        "fills": [fill(), fill(liquidity=None)],
        "positions": [position()],
        "equity": [equity()],
        "tca": Tca(),
    }
    return RunResults(**{**parts, **changed})


def table(name: str, content: RunResults | None = None) -> pa.Table:
    files = build_files(content or results(), "live_results")
    return pq.read_table(BytesIO(files[f"live_results/{RUN}/{name}.parquet"]))


def test_the_files_lie_where_the_layout_says_and_the_summary_comes_last() -> None:
    assert list(build_files(results(), "live_results")) == [
        f"config/{RUN}/backtest_config.json",
        f"logs/{RUN}/execution.log",
        f"live_results/{RUN}/orders.parquet",
        f"live_results/{RUN}/fills.parquet",
        f"live_results/{RUN}/positions.parquet",
        f"live_results/{RUN}/equity_curve.parquet",
        f"live_results/{RUN}/tca.parquet",
        f"live_results/{RUN}/tca_quotes.parquet",
        f"live_results/{RUN}/tca_volumes.parquet",
        f"live_results/{RUN}/summary.json",
    ]


def test_a_run_whose_market_was_not_kept_has_no_analysis_rather_than_an_empty_one() -> None:
    assert not [path for path in build_files(results(tca=None), "p") if "tca" in path]


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_stand_in_the_order_of_the_contract(name: str) -> None:
    assert table(name).schema.names == COLUMNS[name].split()


@pytest.mark.parametrize("name", COLUMNS)
def test_an_empty_table_has_the_same_columns_and_types(name: str) -> None:
    empty = results(orders=[], fills=[], positions=[], equity=[])
    assert table(name, empty).num_rows == 0
    assert table(name, empty).schema == table(name).schema


def test_existing_numbers_are_floats_and_stand_exactly_beside() -> None:
    row = table("equity_curve").to_pylist()[0]
    assert (type(row["portfolio_value"]), row["portfolio_value"]) == (float, float(FINE))
    assert row["portfolio_value_exact"] == FINE
    assert row["price"] is row["price_exact"] is None


def test_times_are_utc_to_the_nanosecond() -> None:
    column = table("fills").column("timestamp")
    assert column.type == pa.timestamp("ns", tz="UTC")
    assert column.cast(pa.int64()).to_pylist() == [START_NS, START_NS]


def test_a_reader_with_pandas_can_calculate_with_the_existing_columns() -> None:
    frame = table("fills").to_pandas()
    assert (frame["price"] * frame["quantity"] * 2.0).sum() == pytest.approx(2 * 2 * 6180.01)
    assert frame["timestamp"].dt.year.tolist() == [2024, 2024]
    assert frame["fee"].sum() == Decimal("-0.000000000000000002")


def test_what_nobody_said_is_empty_and_not_zero() -> None:
    orders, fills = table("orders").to_pylist(), table("fills").to_pylist()
    assert [row["price"] for row in orders] == [61800.1, None]
    assert [row["liquidity"] for row in fills] == ["TAKER", None]
    assert orders[0]["venue_order_id"] is None


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**17), max_value=10**17, places=18))
def test_every_amount_that_the_service_keeps_is_read_back_exactly(amount: Decimal) -> None:
    written = parquet("positions.parquet", POSITIONS, [position(amount)])
    assert pq.read_table(BytesIO(written)).to_pylist()[0]["quantity_exact"] == amount


@pytest.mark.parametrize("odd", [Decimal("1e-19"), Decimal(10) ** 20])
def test_a_number_that_the_column_cannot_hold_is_refused_and_named(odd: Decimal) -> None:
    with pytest.raises(InvalidInputError, match=r"positions.parquet: quantity"):
        build_files(results(positions=[position(), position(odd)]), "live_results")


def test_the_same_results_give_the_same_bytes() -> None:
    assert build_files(results(), "p") == build_files(results(), "p")


def test_a_document_keeps_exact_numbers_as_text() -> None:
    files = build_files(results(config=MappingProxyType({"limit": FINE})), "p")
    assert json.loads(files[f"p/{RUN}/summary.json"])["summary"] == {"pnl": "1.5", "by": {KEY: 1}}
    assert json.loads(files[f"config/{RUN}/backtest_config.json"]) == {"limit": str(FINE)}


async def test_what_is_written_is_read_back() -> None:
    store = MemoryObjectStore()
    writer: ResultsWriter = ResultFiles(store, "backtest_results")
    assert await writer.write(results()) == f"backtest_results/{RUN}"
    read = await read_results(store, "backtest_results", RUN)
    assert (read.summary["mode"], read.config["instrument"], read.log) == ("paper", KEY, "one line\nüber\n")
    assert [len(read.orders), len(read.fills), len(read.positions), len(read.equity)] == [2, 2, 1, 1]
    assert read.orders[0]["timestamp"] == START_NS
    assert read.orders[0]["amount_exact"] == Decimal("0.4")


async def test_writing_the_same_again_is_harmless_and_other_results_are_refused() -> None:
    writer = ResultFiles(MemoryObjectStore())
    await writer.write(results())
    await writer.write(results())
    with pytest.raises(ObjectExistsError, match=r"fills.parquet"):
        await writer.write(results(fills=[]))


async def test_a_write_that_was_cut_off_is_finished_by_repeating_it() -> None:
    store = MemoryObjectStore()
    writer = ResultFiles(store)
    store.away = True
    with pytest.raises(ObjectStoreUnavailableError):
        await writer.write(results())
    store.away = False
    await writer.write(results())
    assert len(await store.list("")) == len(build_files(results(), "p"))


async def test_a_run_that_was_not_written_to_its_end_is_missing() -> None:
    store = MemoryObjectStore()
    await ResultFiles(store).write(results())
    del store.objects[f"live_results/{RUN}/summary.json"]
    with pytest.raises(ObjectMissingError, match=r"summary.json"):
        await read_results(store, "live_results", RUN)


async def test_the_files_can_be_built_in_another_process() -> None:
    store = MemoryObjectStore()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        await ResultFiles(store, executor=pool).write(results())
    assert store.objects == dict(build_files(results(), "live_results"))
