"""A child's life and numbers in Nautilus, as a planner is told them."""

from dataclasses import replace
from decimal import Decimal

import pytest
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.events import OrderDenied, OrderRejected
from nautilus_trader.model.identifiers import AccountId, ClientOrderId, StrategyId, TraderId
from nautilus_trader.model.orders import MarketOrder
from nautilus_trader.test_kit.stubs.events import TestEventStubs

from adapters.nautilus.exec_words import rules_of, side_of, status_of, texts_of
from adapters.nautilus.translate import nautilus_instrument, nautilus_quantity
from adapters.ticks import paper_instruments
from ports.algorithms import OrderRules
from ports.values import OrderStatus, Price, Quantity, Side

INSTRUMENT = next(each for each in paper_instruments() if each.key == "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN")
LISTED = nautilus_instrument(INSTRUMENT)
ACCOUNT = AccountId("BINANCE_FUTURES-001")


@pytest.fixture
def order() -> MarketOrder:
    return MarketOrder(
        trader_id=TraderId("T-1"), strategy_id=StrategyId("S-1"), instrument_id=LISTED.id,
        client_order_id=ClientOrderId("O-1"), order_side=OrderSide.SELL,
        quantity=nautilus_quantity(Decimal("0.5"), 3), init_id=UUID4(), ts_init=0,
    )  # fmt: skip


def rejected(order: MarketOrder, reason: str) -> OrderRejected:
    return OrderRejected(
        order.trader_id, order.strategy_id, order.instrument_id, order.client_order_id, ACCOUNT, reason, UUID4(), 0, 0
    )


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("insufficient margin", OrderStatus.REJECTED),
        ("UNKNOWN", OrderStatus.UNCONFIRMED),
        ("INFLIGHT_TIMEOUT", OrderStatus.UNCONFIRMED),
    ],
)
def test_rejected_for_want_of_an_answer_is_unconfirmed(order: MarketOrder, reason: str, status: OrderStatus) -> None:
    order.apply(TestEventStubs.order_submitted(order, account_id=ACCOUNT))
    assert status_of(order) is OrderStatus.SUBMITTED
    order.apply(rejected(order, reason))
    assert status_of(order) is status


def test_denied_is_rejected(order: MarketOrder) -> None:
    assert status_of(order) is OrderStatus.PENDING
    order.apply(
        OrderDenied(order.trader_id, order.strategy_id, order.instrument_id, order.client_order_id, "no", UUID4(), 0)
    )
    assert status_of(order) is OrderStatus.REJECTED
    assert side_of(order) is Side.SELL


def test_an_instrument_without_bounds_asks_for_one_lot() -> None:
    assert rules_of(nautilus_instrument(replace(INSTRUMENT, min_notional=None))) == OrderRules(
        tick_size=Price(Decimal("0.1")), lot_size=Quantity(Decimal("0.001")), min_quantity=Quantity(Decimal("0.001"))
    )


def test_an_instrument_asks_for_its_smallest_order() -> None:
    least = replace(INSTRUMENT, min_quantity=Quantity(Decimal("0.004")), min_notional=Decimal(5))
    rules = rules_of(nautilus_instrument(least))
    assert (rules.min_quantity, rules.min_notional) == (Decimal("0.004"), Decimal(5))


def test_parameters_are_text_whatever_they_were() -> None:
    given = {"horizon_secs": 300.0, "intervals": 5, "risk_aversion": 1e-6, "peg": "touch", "min_child": Decimal("0.10")}
    assert texts_of(given) == {
        "horizon_secs": "300",
        "intervals": "5",
        "risk_aversion": "0.000001",
        "peg": "touch",
        "min_child": "0.1",
    }
    assert texts_of(None) == {}
