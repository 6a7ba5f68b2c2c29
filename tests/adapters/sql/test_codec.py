"""Rows: nothing is lost on the way there and back, and nothing changes unnoticed."""

from decimal import Decimal
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sql.codec import NO_CHECKSUM, checksum_of, decode_row, decode_rows, encode_entries, encode_fact
from ports.commands import Limits
from ports.errors import JournalCorruptError
from ports.facts import Fact, LimitsSet
from ports.instruments import InstrumentKey
from ports.values import Principal

from contract.journal.facts import any_facts, entries


@given(facts=st.lists(any_facts(), min_size=1, max_size=6))
def test_entries_read_back_as_they_were(facts: list[Fact]) -> None:
    written = entries(facts)
    assert decode_rows(encode_entries(written, NO_CHECKSUM), 0, NO_CHECKSUM) == written


@given(fact=any_facts(), data=st.data())
def test_any_flipped_bit_of_a_body_is_noticed(fact: Fact, data: st.DataObject) -> None:
    (row,) = encode_entries(entries([fact]), NO_CHECKSUM)
    body = bytearray(row[7])
    bit = data.draw(st.integers(0, len(body) * 8 - 1))
    body[bit // 8] ^= 1 << bit % 8
    with pytest.raises(JournalCorruptError, match="seq 1 was altered or torn"):
        decode_rows([(*row[:7], bytes(body), row[8])], 0, NO_CHECKSUM)


def test_neighbouring_texts_are_kept_apart_by_the_checksum() -> None:
    first = checksum_of(0, (1, 1, 1, "book", "Kind", 1, "cause", b"{}"))
    assert checksum_of(0, (1, 1, 1, "bookK", "ind", 1, "cause", b"{}")) != first
    assert checksum_of(0, (1, 1, 1, "book", "Kindc", 1, "ause", b"{}")) != first
    assert checksum_of(0, (1, 1, 1, "book", "Kind", 1, "cause{", b"}")) != first
    assert checksum_of(1, (1, 1, 1, "book", "Kind", 1, "cause", b"{}")) != first


def test_a_row_hangs_from_the_one_before() -> None:
    story = [LimitsSet(limits=Limits(), principal=Principal("ops"), reason="", set_ns=number) for number in range(3)]
    rows = encode_entries(entries(list(story)), NO_CHECKSUM)
    other_past = encode_entries(entries([*story[:1], *story[:1], *story[2:]]), NO_CHECKSUM)
    assert rows[0] == other_past[0]
    assert rows[2][:8] == other_past[2][:8]
    assert rows[2][8] != other_past[2][8]


def test_numbers_are_written_plainly_and_exactly() -> None:
    key = InstrumentKey("BINANCE-SPOT:SPOT_PAIR:BTC-USDT")
    limits = Limits(
        max_order_value_usd=Decimal("1E+3"),
        max_order_quantity=MappingProxyType({key: Decimal("0.100000000000000001")}),
        usd_per={"EUR": Decimal("1.10")},
    )
    body = encode_fact(LimitsSet(limits=limits, principal=Principal("ops"), reason="", set_ns=1))
    assert b'"max_order_value_usd":"1000"' in body
    assert b'"BINANCE-SPOT:SPOT_PAIR:BTC-USDT":"0.100000000000000001"' in body
    assert b'"EUR":"1.1"' in body


@pytest.mark.parametrize("number", ["NaN", "Infinity", "sNaN"])
def test_what_is_no_number_is_not_written(number: str) -> None:
    limits = Limits(max_order_value_usd=Decimal(number))
    with pytest.raises(ValueError, match="LimitsSet cannot be written"):
        encode_fact(LimitsSet(limits=limits, principal=Principal("ops"), reason="", set_ns=1))


def test_a_body_that_is_no_json_is_named_as_torn() -> None:
    with pytest.raises(JournalCorruptError, match="seq 7: the body of a LimitsSet is torn"):
        decode_row((7, 1, 1, "book", "LimitsSet", 1, "", b'{"limits":', 0))
