"""What a user stream has told, held against what the venue lists."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some
from nautilus_trader.adapters.binance.common.schemas.account import BinanceOrder, BinanceUserTrade

from adapters.nautilus.binance_watch import StreamWatch
from adapters.nautilus.binance_words import UnreadableError, Update, decimal, read_update

SYMBOL = "BTCUSDT"


def update(order: int, execution: str, status: str, filled: str = "0", last: str = "0", trade: int = 0) -> Update:
    """Return an update as the venue sends them."""
    said = {
        "s": SYMBOL,
        "c": f"c{order}",
        "S": "BUY",
        "x": execution,
        "X": status,
        "i": order,
        "l": last,
        "z": filled,
        "L": "1",
        "T": 1,
        "t": trade,
        "m": True,
    }
    read = read_update(msgspec.json.encode({"e": "ORDER_TRADE_UPDATE", "o": said}))
    assert read is not None
    return read


def listed(order: int, filled: str = "0") -> BinanceOrder:
    """Return an open order as the venue lists it."""
    return BinanceOrder(symbol=SYMBOL, orderId=order, clientOrderId=f"c{order}", executedQty=filled)


def traded(trade: int) -> BinanceUserTrade:
    """Return a trade as the venue lists it."""
    return BinanceUserTrade(commission="0", commissionAsset="USDT", price="1", qty="1", symbol=SYMBOL, id=trade)


def test_a_stream_that_told_everything_missed_nothing() -> None:
    watch = StreamWatch(0)
    watch.begin([listed(1)])
    watch.accepted(SYMBOL, 2)
    assert not watch.hear(update(2, "NEW", "NEW"))
    assert not watch.hear(update(2, "TRADE", "PARTIALLY_FILLED", "1", "1", 7))
    assert watch.missed([listed(1), listed(2, "1")], [traded(7)]) == frozenset()
    assert not watch.hear(update(2, "TRADE", "FILLED", "3", "2", 8))
    assert watch.missed([listed(1)], [traded(7), traded(8)]) == frozenset()
    assert watch.busy == {SYMBOL}


@pytest.mark.parametrize(
    ("open_orders", "trades", "said"),
    [
        ([listed(1), listed(9)], [], "order 9 of BTCUSDT is open"),
        ([], [], "order 1 of BTCUSDT is open no more"),
        ([listed(1)], [traded(5)], "trade 5 of BTCUSDT"),
    ],
)
def test_what_it_did_not_tell_is_named(
    open_orders: list[BinanceOrder], trades: list[BinanceUserTrade], said: str
) -> None:
    watch = StreamWatch(0)
    watch.begin([listed(1)])
    assert watch.missed(open_orders, trades) == {said}


def test_an_accepted_order_must_be_told_of() -> None:
    watch = StreamWatch(0)
    watch.accepted(SYMBOL, 3)
    assert watch.missed([], []) == {"order 3 of BTCUSDT was accepted"}
    watch.hear(update(3, "EXPIRED", "EXPIRED"))
    watch.accepted(SYMBOL, 3)  # the answer came after the stream
    assert watch.missed([], []) == frozenset()


def test_a_hole_between_two_trades_is_seen() -> None:
    watch = StreamWatch(0)
    watch.hear(update(1, "NEW", "NEW"))
    assert watch.hear(update(1, "TRADE", "PARTIALLY_FILLED", "3", "1", 2))
    assert watch.hear(update(1, "CANCELED", "CANCELED", "4"))


@given(some.lists(some.integers(1, 9), min_size=1, max_size=8), some.data())
def test_a_hole_is_seen_by_the_last_word_at_the_latest(amounts: list[int], data: some.DataObject) -> None:
    """Whatever trades are kept back, unless the last word itself is."""
    total, words = 0, [update(1, "NEW", "NEW")]
    for number, amount in enumerate(amounts):
        total += amount
        status = "FILLED" if number == len(amounts) - 1 else "PARTIALLY_FILLED"
        words.append(update(1, "TRADE", status, str(total), str(amount), number + 1))
    kept_back = data.draw(some.sets(some.integers(0, len(amounts) - 2))) if len(amounts) > 1 else set()
    watch = StreamWatch(0)
    told = [word for number, word in enumerate(words) if number - 1 not in kept_back]
    assert any(watch.hear(word) for word in told) is bool(kept_back)


@pytest.mark.parametrize("text", ["", "NaN", "Infinity", "1e400", "0.0000000000000000001", "one"])
def test_a_number_that_cannot_be_held_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableError):
        decimal(text)
