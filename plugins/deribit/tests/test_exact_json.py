"""No number passes through a float."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livexec_deribit.exact_json import Param, read, write_request

numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**17), max_value=10**17, places=18)


@given(numbers)
def test_a_number_comes_back_digit_by_digit(value: Decimal) -> None:
    text = write_request(1, "private/buy", {"amount": value})
    assert read(text)["params"]["amount"] == value


def test_what_a_float_would_bend_is_kept() -> None:
    assert read('{"fee": 9.92e-6, "amount": 0.1000000000000000055}') == {
        "fee": Decimal("0.00000992"),
        "amount": Decimal("0.1000000000000000055"),
    }


def test_a_request_is_what_json_rpc_wants() -> None:
    params: dict[str, Param] = {
        "label": 'a"b',
        "post_only": True,
        "channels": ["x", "y"],
        "count": 3,
        "price": Decimal("1E+2"),
    }
    assert json.loads(write_request(7, "public/test", params)) == {
        "jsonrpc": "2.0",
        "id": 7,
        "method": "public/test",
        "params": {"label": 'a"b', "post_only": True, "channels": ["x", "y"], "count": 3, "price": 100},
    }


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "{", ""])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(text)
