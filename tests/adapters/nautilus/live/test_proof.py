"""Which answers prove that an order did not come into being."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as some
from nautilus_trader.adapters.binance.http.error import BinanceClientError, BinanceServerError

from adapters.nautilus.binance_futures_clients import DEFINITIVE_HERE as FUTURES
from adapters.nautilus.binance_wire import encoded, judge, words
from adapters.nautilus.live_words import InDoubt, NoAnswerError, Refused

_client_error: Callable[[int, object, dict[str, str]], BinanceClientError] = BinanceClientError
_server_error: Callable[[int, object, dict[str, str]], BinanceServerError] = BinanceServerError


def answer(status: int, code: int, msg: str = "Because.") -> BinanceClientError:
    return _client_error(status, {"code": code, "msg": msg}, {})


@pytest.mark.parametrize("code", sorted(FUTURES))
def test_a_definitive_code_in_a_client_error_is_a_refusal_in_the_venues_words(code: int) -> None:
    assert judge(answer(400, code), FUTURES) == Refused(f"HTTP 400, {code}: Because.")


@pytest.mark.parametrize("code", [-1000, -1001, -1003, -1006, -1007, -1008, -1015, -1016, -4115, -4116, -2013, -2011])
def test_a_code_that_proves_nothing_leaves_the_order_in_doubt(code: int) -> None:
    assert code not in FUTURES
    assert isinstance(judge(answer(400, code), FUTURES), InDoubt)


@pytest.mark.parametrize("status", [403, 408, 418, 429])
def test_a_status_that_proves_nothing_overrules_the_code(status: int) -> None:
    assert isinstance(judge(answer(status, -2010), FUTURES), InDoubt)


@pytest.mark.parametrize("status", [200, 500, 502, 503, 504])
def test_a_server_error_proves_nothing_whatever_its_code(status: int) -> None:
    assert isinstance(judge(_server_error(status, {"code": -2010, "msg": "No."}, {}), FUTURES), InDoubt)


@pytest.mark.parametrize("message", [None, "", "Bad Request", {}, {"code": "-2010"}, {"code": None}, [], b"x"])
def test_an_answer_without_a_readable_code_proves_nothing(message: object) -> None:
    assert isinstance(judge(_client_error(400, message, {}), FUTURES), InDoubt)


@pytest.mark.parametrize("msg", ["Duplicate order sent.", "ClientOrderId is duplicated."])
def test_a_duplicate_is_no_refusal(msg: str) -> None:
    assert isinstance(judge(answer(400, -2010, msg), FUTURES), InDoubt)


@pytest.mark.parametrize("failure", [NoAnswerError("none"), TimeoutError(), ValueError("unreadable")])
def test_no_answer_proves_nothing(failure: Exception) -> None:
    assert isinstance(judge(failure, FUTURES), InDoubt)


def test_signatures_are_not_repeated() -> None:
    assert words(ValueError("at (http://x/y?a=1&signature=beef): refused")) == "ValueError: at (http://x/y): refused"


TEXTS = some.text() | some.from_regex(r"[A-Za-z0-9_.~-]*", fullmatch=True)


@given(some.dictionaries(TEXTS, TEXTS | some.integers()))
def test_parameters_are_encoded_as_nautilus_does(params: dict[str, str | int]) -> None:
    assert encoded(params) == urlencode(params)
