"""The name of a run says where, what, when, and under which configuration."""

import re

from hypothesis import given
from hypothesis import strategies as st

from adapters.storage import run_id
from ports.instruments import InstrumentKey

PERPETUAL = InstrumentKey("BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN")
SPOT = InstrumentKey("BINANCE-SPOT:SPOT_PAIR:ETH-USDT")
START_NS = 1_684_807_200_000_000_000  # 2023-05-23 02:00:00 UTC


def test_a_run_is_named_as_the_existing_ones_are() -> None:
    made = run_id([PERPETUAL], START_NS, {"a": 1}, unique="c54988")
    assert re.fullmatch(r"BNF_BTC_20230523_02000000_[0-9a-f]{6}_c54988", made)


def test_the_clock_part_ends_in_hundredths_of_a_second() -> None:
    assert "_20230523_02000099_" in run_id([PERPETUAL], START_NS + 999_999_999, {})


def test_several_venues_or_bases_are_named_so() -> None:
    assert run_id([PERPETUAL, SPOT], START_NS, {}).startswith("MULTI_MULTI_")
    assert run_id([PERPETUAL, InstrumentKey("OKX:PERPETUAL:BTC-USDT")], START_NS, {}).startswith("MULTI_BTC_")
    assert run_id([], START_NS, {}).startswith("MULTI_MULTI_")


def test_the_same_configuration_has_the_same_hash_however_it_is_ordered() -> None:
    one = run_id([PERPETUAL], START_NS, {"a": 1, "b": {"c": 2, "d": 3}}, unique="0")
    assert one == run_id([PERPETUAL], START_NS, {"b": {"d": 3, "c": 2}, "a": 1}, unique="0")
    assert one != run_id([PERPETUAL], START_NS, {"a": 2}, unique="0")


def test_two_runs_of_one_moment_differ() -> None:
    assert run_id([PERPETUAL], START_NS, {}) != run_id([PERPETUAL], START_NS, {})


@given(st.lists(st.sampled_from([PERPETUAL, SPOT])), st.integers(0, 4_000_000_000_000_000_000))
def test_a_run_id_is_one_part_of_a_path(instruments: list[InstrumentKey], started_ns: int) -> None:
    made = run_id(instruments, started_ns, {})
    assert re.fullmatch(r"[A-Z]+_[A-Z]+_[0-9]{8}_[0-9]{8}_[0-9a-f]{6}_[0-9a-f]{6}", made)
