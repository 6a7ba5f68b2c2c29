"""The exchange behind the simulators: price before time, every trade counted once on each side, money conserved."""

from __future__ import annotations

from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as some

from simulators.exchange.core import Exchange
from simulators.exchange.orders import Contract, Order, Reason, Refused, Status, Tif

SYMBOL = "BTCUSDT"
CONTRACT = Contract(
    symbol=SYMBOL,
    base="BTC",
    quote="USDT",
    tick=Decimal("0.1"),
    lot=Decimal("0.001"),
    min_quantity=Decimal("0.001"),
    max_quantity=Decimal(1000),
    min_notional=Decimal(5),
)


def exchange_with(*accounts: str) -> Exchange:
    """Return an exchange where nobody has ordered yet."""
    ticks = count(1)
    made = Exchange([CONTRACT], lambda: next(ticks))
    for name in accounts:
        made.open_account(name, "USDT", Decimal(1_000_000))
    return made


def limit(exchange: Exchange, account: str, side: str, quantity: str, price: str, **fields: object) -> Order:
    return exchange.place(
        account,
        SYMBOL,
        side == "BUY",
        Decimal(quantity),
        price=Decimal(price),
        **fields,  # type: ignore[arg-type]  # passed on as given
    )


def test_better_prices_trade_first_and_older_orders_among_equals() -> None:
    exchange = exchange_with("a", "b", "c", "d")
    late, best, early = (
        limit(exchange, "b", "SELL", "1", "101"),
        limit(exchange, "c", "SELL", "1", "100"),
        limit(exchange, "a", "SELL", "1", "101"),
    )
    exchange.place("d", SYMBOL, True, Decimal("1.5"))
    assert (best.status, late.status, early.status) == (Status.FILLED, Status.PARTIALLY_FILLED, Status.NEW)
    assert [trade.price for trade in exchange.accounts["d"].trades] == [Decimal(100), Decimal(101)]


def test_a_trade_happens_at_the_price_of_who_was_there_first() -> None:
    exchange = exchange_with("a", "b")
    limit(exchange, "a", "BUY", "1", "100")
    taker = limit(exchange, "b", "SELL", "2", "90")
    assert [trade.price for trade in exchange.accounts["b"].trades] == [Decimal(100)]
    assert exchange.best(SYMBOL, False) == (Decimal(90), Decimal(1))
    assert taker.left == 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"quantity": "0.0005"}, Reason.LOT),
        ({"price": "100.05"}, Reason.TICK),
        ({"quantity": "1001"}, Reason.TOO_LARGE),
        ({"quantity": "0.001"}, Reason.NOTIONAL),
        ({"price": "111", "tif": Tif.GTX}, Reason.WOULD_TAKE),
        ({"price": "111", "quantity": "3", "tif": Tif.FOK}, Reason.NOT_WHOLE),
        ({"reduce_only": True}, Reason.REDUCE_ONLY),
        ({"quantity": "900", "price": "100000"}, Reason.MARGIN),
    ],
)
def test_what_cannot_be_an_order_leaves_no_trace(fields: dict[str, object], reason: Reason) -> None:
    exchange = exchange_with("a", "b")
    limit(exchange, "b", "SELL", "2", "110")
    given_fields = {"quantity": "1", "price": "100", **fields}
    with pytest.raises(Refused) as refusal:
        limit(exchange, "a", "BUY", **given_fields)  # type: ignore[arg-type]  # written above
    assert refusal.value.reason is reason
    assert not exchange.accounts["a"].orders


def test_a_client_order_id_is_free_again_when_its_order_is_over() -> None:
    exchange = exchange_with("a")
    limit(exchange, "a", "BUY", "1", "100", client_order_id="x")
    with pytest.raises(Refused):
        limit(exchange, "a", "BUY", "1", "100", client_order_id="x")
    exchange.cancel("a", SYMBOL, order_id=None, client_order_id="x")
    limit(exchange, "a", "BUY", "1", "100", client_order_id="x")


def test_a_cancel_after_the_end_is_refused() -> None:
    exchange = exchange_with("a")
    order = limit(exchange, "a", "BUY", "1", "100")
    exchange.cancel("a", SYMBOL, order_id=order.order_id, client_order_id=None)
    with pytest.raises(Refused):
        exchange.cancel("a", SYMBOL, order_id=order.order_id, client_order_id=None)


ORDERS = some.lists(
    some.tuples(
        some.sampled_from(["a", "b", "c"]),
        some.sampled_from(["BUY", "SELL"]),
        some.integers(1, 30),
        some.integers(95, 105),
        some.sampled_from([Tif.GTC, Tif.IOC]),
    ),
    max_size=40,
)


@given(ORDERS)
def test_amounts_positions_and_money_add_up_after_any_orders(orders: list[tuple[str, str, int, int, Tif]]) -> None:
    exchange = exchange_with("a", "b", "c")
    for name, side, lots, price, tif in orders:
        limit(exchange, name, side, str(lots), str(price), tif=tif)
    accounts = exchange.accounts.values()
    for account in accounts:
        signed = sum((one.quantity if one.is_buy else -one.quantity for one in account.trades), Decimal(0))
        held = account.positions[SYMBOL].quantity if SYMBOL in account.positions else Decimal(0)
        assert held == signed
        for order in account.orders.values():
            assert order.filled == sum(one.quantity for one in account.trades if one.order_id == order.order_id)
            assert 0 <= order.filled <= order.quantity
    assert sum(one.positions[SYMBOL].quantity for one in accounts if SYMBOL in one.positions) == 0
    ids = [trade.trade_id for account in accounts for trade in account.trades]
    assert len(ids) == len(set(ids))
    bid, ask = exchange.best(SYMBOL, True), exchange.best(SYMBOL, False)
    assert bid is None or ask is None or bid[0] < ask[0]
