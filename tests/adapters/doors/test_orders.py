"""Good orders become exactly the command they say."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.doors.orders import OrderDraft, RoutingDraft, read_order
from livexec.v1 import execution_pb2 as pb
from ports.errors import InvalidInputError
from ports.values import OrderType, Principal, Side, TimeInForce

NOW_NS = 1_000
WHO = Principal("trader")
KEY = "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN"
GOOD: dict[str, Any] = {
    "operation_id": "op-1",
    "instrument_key": KEY,
    "side": "SELL",
    "amount": "0.250",
    "strategy_id": "s",
}


def test_a_price_makes_a_limit_order_and_none_a_market_order() -> None:
    market = read_order(OrderDraft(**GOOD), WHO, NOW_NS).terms
    limit = read_order(OrderDraft(**GOOD, price="64000.50"), WHO, NOW_NS).terms
    assert (market.order_type, market.price) == (OrderType.MARKET, None)
    assert (limit.order_type, limit.price) == (OrderType.LIMIT, Decimal("64000.50"))


def test_every_field_arrives_as_it_was_written() -> None:
    draft = OrderDraft(
        **GOOD,
        price="3",
        order_type="LIMIT",
        time_in_force="GTD",
        expire_time_ns=2_000,
        post_only=True,
        exec_algorithm="NORMAL",
        exec_algorithm_params={"a": "1"},
        routing=RoutingDraft(venues=["OKX", "BYBIT"]),
        account="main",
        max_age_ms=7,
        tags={"note": "first of the day"},
    )
    command = read_order(draft, WHO, NOW_NS)
    terms = command.terms
    assert (terms.operation_id, terms.strategy_id, terms.instrument) == ("op-1", "s", KEY)
    assert (terms.side, terms.quantity, terms.price) == (Side.SELL, Decimal("0.250"), Decimal(3))
    assert (terms.time_in_force, terms.expire_time_ns, terms.post_only) == (TimeInForce.GTD, 2_000, True)
    assert (terms.venues, terms.account) == (("OKX", "BYBIT"), "main")
    assert (terms.exec_algorithm, terms.exec_algorithm_params) == ("NORMAL", {"a": "1"})
    assert terms.tags == {"note": "first of the day"}
    assert (command.principal, command.received_ns, command.max_age_ns) == (WHO, NOW_NS, 7_000_000)


def test_an_algorithm_may_be_one_of_a_plugin_whose_name_the_book_will_know() -> None:
    draft = OrderDraft(**GOOD, exec_algorithm="ACME_SNIPER")
    assert read_order(draft, WHO, NOW_NS).terms.exec_algorithm == "ACME_SNIPER"


def test_no_maximum_age_is_none_and_not_zero() -> None:
    assert read_order(OrderDraft(**GOOD), WHO, NOW_NS).max_age_ns is None


def test_a_protobuf_order_and_a_json_order_make_the_same_command() -> None:
    tags, params = {"note": "x"}, {"horizon_secs": "300"}
    by_json = OrderDraft(**GOOD, tags=tags, exec_algorithm_params=params, routing=RoutingDraft(venues=["OKX"]))
    by_grpc = pb.Order(**GOOD, tags=tags, exec_algorithm_params=params, routing=pb.Routing(venues=["OKX"]))
    assert read_order(by_json, WHO, NOW_NS) == read_order(by_grpc, WHO, NOW_NS)


def test_an_instrument_is_spelled_the_one_way() -> None:
    draft = OrderDraft(**{**GOOD, "instrument_key": "binance-futures:perp:btc-usdt"})
    assert read_order(draft, WHO, NOW_NS).terms.instrument == KEY


@pytest.mark.parametrize("word", ["GTC", "IOC", "FOK"])
def test_every_time_in_force_without_an_end_is_taken(word: str) -> None:
    assert read_order(OrderDraft(**GOOD, time_in_force=word), WHO, NOW_NS).terms.time_in_force == word


@given(st.decimals(min_value=Decimal("1e-18"), max_value=Decimal(10) ** 17, places=18))
def test_an_amount_keeps_every_digit(amount: Decimal) -> None:
    text = format(amount, "f")
    assert read_order(OrderDraft(**{**GOOD, "amount": text}), WHO, NOW_NS).terms.quantity == amount


@given(st.text(max_size=200), st.sampled_from(["operation_id", "side", "amount", "price", "strategy_id", "account"]))
def test_whatever_is_written_is_taken_or_refused_by_name(text: str, field: str) -> None:
    refusal = refusal_of(OrderDraft(**{**GOOD, field: text}))
    if refusal is not None:
        assert refusal.field == field
        assert refusal.remedy
        assert str(refusal).isprintable()


def refusal_of(draft: OrderDraft) -> InvalidInputError | None:
    try:
        read_order(draft, WHO, NOW_NS)
    except InvalidInputError as refusal:
        return refusal
    return None
