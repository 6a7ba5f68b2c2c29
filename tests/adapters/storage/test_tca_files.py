"""The files of a cost analysis: exact, readable by others, and an empty cell where nobody saw the market."""

from decimal import Decimal
from io import BytesIO

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.storage import read_tca
from adapters.storage.tca_files import TCA_FILE, build_tca_files, read_tca_files
from core.tca.analysis import Analysis
from ports.errors import ObjectMissingError
from ports.results import Tca
from ports.values import OrderStatus

from fakes.object_store import MemoryObjectStore
from fakes.tca_market import PERP, SPOT, USD_PER, Session, at, quotes, tapes, volume

D = Decimal


def analysed(price: str = "101", until: float = 12, markouts: tuple[int, ...] = (1, 60)) -> Tca:
    """One order whose market was seen, and one whose was not."""
    session = Session()
    for name, key in (("seen", PERP), ("unseen", SPOT)):
        session.order(name, 1, quantity="1", key=key)
        session.release(name, 1, key)
        session.fill(name, 2, "1", price, key=key, fee="0.1", status=OrderStatus.FILLED)
    seen, volumes = quotes((0, "99", "101"), (5, "100", "102")), [volume(1, "3", "300")]
    rows = Analysis(tapes(seen, until, volumes), USD_PER, at(until), markouts).rows(session.entries)
    return Tca(rows=rows, quotes=seen, volumes=volumes)


def test_what_is_written_is_read_back_whole() -> None:
    tca = analysed()
    assert read_tca_files(build_tca_files(tca)) == tca


@settings(max_examples=25)
@given(st.decimals(min_value="0.01", max_value=10**9, places=8))
def test_every_amount_is_kept_exactly(price: Decimal) -> None:
    tca = analysed(f"{price:f}")
    assert read_tca_files(build_tca_files(tca)).rows == tca.rows


def test_a_part_that_nobody_can_know_is_an_empty_cell_and_a_part_that_is_nothing_is_zero() -> None:
    seen, unseen = pq.read_table(BytesIO(build_tca_files(analysed())[TCA_FILE])).to_pylist()
    assert (seen["delay"], seen["opportunity"], seen["market_quantity"]) == (D(0), D(0), D(3))
    assert (unseen["delay"], unseen["shortfall"], unseen["market_quantity"]) == (None, None, None)
    assert unseen["unmeasured"] == "no quote at its arrival; no quote at its release; no quote at a trade"
    assert (seen["markout_1s"], seen["markout_1s_quantity"]) == (D(-1), D(1))
    assert (seen["markout_60s"], seen["markout_60s_quantity"]) == (None, D(0)), "the session ended before"


def test_the_columns_stand_in_one_order_and_markouts_are_those_that_were_asked_for() -> None:
    names = pq.read_table(BytesIO(build_tca_files(analysed(markouts=(5,)))[TCA_FILE])).schema.names
    assert " ".join(names) == (
        "timestamp operation_id parent_id strategy_id instrument_key venue side exec_algorithm status is_parent "
        "released ended fills currency quantity filled_quantity average_price arrival_price release_price end_price "
        "usd_rate notional delay timing spread impact fees opportunity shortfall shortfall_bps interval_vwap "
        "interval_twap vwap_slippage_bps twap_slippage_bps market_quantity participation_pct markout_5s "
        "markout_5s_quantity unmeasured"
    )


def test_a_run_without_orders_has_files_without_rows() -> None:
    assert read_tca_files(build_tca_files(Tca())) == Tca(rows=[], quotes=[], volumes=[])


async def test_a_run_from_before_there_was_an_analysis_is_missing_its_file() -> None:
    with pytest.raises(ObjectMissingError, match=r"run/tca.parquet"):
        await read_tca(MemoryObjectStore(), "run")
