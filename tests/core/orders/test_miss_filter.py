"""The filter never forgets a name, and seldom takes one for another."""

from hypothesis import given
from hypothesis import strategies as st

from core.orders.identity import names_of
from core.orders.miss_filter import MissFilter
from ports.values import OperationId

NUMBERS = st.integers(min_value=0, max_value=2**120 - 1)


def number(name: str) -> int:
    return int(names_of(OperationId(name)).client_order_id[1:], 16)


@given(st.lists(NUMBERS, max_size=80))
def test_what_was_added_is_perhaps_there_over_all_blocks(numbers: list[int]) -> None:
    names = MissFilter(first_capacity=8)
    for one in numbers:
        names.add(one)
    assert all(names.may_have(one) for one in numbers)


def test_two_names_of_a_thousand_at_most_are_taken_for_others() -> None:
    names = MissFilter(first_capacity=4_096)
    for place in range(4_096):
        names.add(number(f"op-{place}"))
    assert sum(names.may_have(number(f"other-{place}")) for place in range(10_000)) <= 20


def test_an_empty_filter_holds_nothing() -> None:
    assert not MissFilter().may_have(0)


def test_equal_names_in_one_order_make_equal_bits_and_others_do_not() -> None:
    one, same, other = MissFilter(8), MissFilter(8), MissFilter(8)
    for place in range(20):
        one.add(number(f"op-{place}"))
        same.add(number(f"op-{place}"))
        other.add(number(f"op-{place + 1}"))
    assert one.canonical() == same.canonical() != other.canonical()


def test_it_grows_by_blocks_twice_as_large_and_errs_no_more_for_it() -> None:
    names = MissFilter(first_capacity=512)
    blocks: list[int] = []
    for place in range(3_584):  # 512 + 1,024 + 2,048: three blocks, all full
        names.add(number(f"op-{place}"))
        if names.count % 512 == 0:
            blocks.append(len(names.canonical()[1]))  # type: ignore[arg-type]  # one digest a block
    assert blocks == [1, 2, 2, 3, 3, 3, 3]
    assert names.count == 3_584
    assert sum(names.may_have(number(f"other-{place}")) for place in range(10_000)) <= 40
