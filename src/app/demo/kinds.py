"""The kinds of order that the demonstration works, and what must come of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Final

from livexec.v1.execution_pb2 import Order
from ports.instruments import Instrument
from ports.market_data import Quote
from ports.values import Side, plain, round_down, round_up

STRATEGIES: Final = ("momentum-btc-v1", "basis-btc-v1", "maker-btc-v1")
GTD_S: Final = 1.5
LEAST: Final = Decimal("0.002")  # of all amounts
# So far through it that it still crosses when the market has moved, and when a recording has begun again.
_THROUGH: Final = Decimal("0.005")
_FAR: Final = Decimal("0.05")  # so far from the market that nothing fills there


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of order: how it is priced, and the statuses it may be answered or end with."""

    name: str
    count: int
    order_type: str = "LIMIT"
    time_in_force: str = "GTC"
    reach: str = "touch"  # touch: joins the own side; cross: through the other side; far: away from the market; met: a
    # trigger that the market has met already
    amounts: tuple[str, ...] = ("0.002", "0.004", "0.01")
    post_only: bool = False
    then_cancel: bool = False
    then_cross: bool = False  # amended to a price through the market
    then_lower: bool = False  # amended to the smallest amount that any kind has
    not_at: frozenset[str] = frozenset()  # venues that have no such kind of order
    ends_as: frozenset[str] = frozenset()  # empty: anything terminal
    reason_code: str = ""
    reduce_only: bool = False
    algorithm: str = "NORMAL"
    params: Mapping[str, str] = field(default_factory=dict)


KINDS: Final = (
    Kind("market", 60, order_type="MARKET", reach="cross", ends_as=frozenset({"FILLED"})),
    Kind("limit that crosses", 24, reach="cross", ends_as=frozenset({"FILLED"})),
    Kind("limit that rests at the touch", 40, ends_as=frozenset({"FILLED", "CANCELED"})),
    Kind("limit that rests and is cancelled", 30, reach="far", then_cancel=True, ends_as=frozenset({"CANCELED"})),
    Kind("limit that is amended to cross", 12, reach="far", then_cross=True, ends_as=frozenset({"FILLED"})),
    # What it meets may be less than it wants; its rest is canceled then.
    Kind("IOC that crosses", 12, time_in_force="IOC", reach="cross", ends_as=frozenset({"FILLED", "CANCELED"})),
    Kind("IOC that meets nothing", 10, time_in_force="IOC", reach="far", ends_as=frozenset({"CANCELED", "EXPIRED"})),
    Kind("FOK that crosses", 10, time_in_force="FOK", reach="cross", ends_as=frozenset({"FILLED", "CANCELED"})),
    Kind("post-only that rests", 8, reach="far", post_only=True, then_cancel=True, ends_as=frozenset({"CANCELED"})),
    Kind("post-only that would cross", 6, reach="cross", post_only=True, ends_as=frozenset({"REJECTED"})),
    Kind("GTD that runs out", 6, time_in_force="GTD", reach="far", ends_as=frozenset({"EXPIRED", "CANCELED"})),
    Kind(
        "DAY that rests and is cancelled", 4, time_in_force="DAY", reach="far", then_cancel=True,
        ends_as=frozenset({"CANCELED"}),
    ),
    Kind("stop that is met", 8, order_type="STOP_MARKET", reach="met", ends_as=frozenset({"FILLED"})),
    Kind("if touched, and it is", 6, order_type="MARKET_IF_TOUCHED", reach="met", ends_as=frozenset({"FILLED"})),
    Kind(
        "stop that is cancelled while it waits", 6, order_type="STOP_MARKET", reach="far", then_cancel=True,
        ends_as=frozenset({"CANCELED"}),
    ),
    Kind(
        "trailing stop that is cancelled while it waits", 4, order_type="TRAILING_STOP", reach="far", then_cancel=True,
        ends_as=frozenset({"CANCELED"}),
    ),
    Kind(
        "TWAP", 4, order_type="MARKET", reach="cross", amounts=("0.008", "0.012"), algorithm="TWAP",
        params={"horizon_secs": "1.6", "intervals": "4"}, ends_as=frozenset({"FILLED"}),
    ),
    Kind(
        "ICEBERG that crosses", 4, reach="cross", amounts=("0.008", "0.012"), algorithm="ICEBERG",
        params={"visible_pct": "25"}, ends_as=frozenset({"FILLED"}),
    ),
    Kind(
        "reduce-only with nothing to reduce", 4, order_type="MARKET", reach="cross", amounts=("0.3",),
        reduce_only=True, ends_as=frozenset({"REJECTED"}), reason_code="REDUCE_ONLY",
    ),
    Kind(
        "too large", 10, reach="far", amounts=("0.6",), ends_as=frozenset({"REJECTED"}),
        reason_code="RISK_MAX_ORDER_QUANTITY",
    ),
    Kind(
        "too valuable", 8, order_type="MARKET", reach="cross", amounts=("0.45",), ends_as=frozenset({"REJECTED"}),
        reason_code="RISK_MAX_ORDER_VALUE",
    ),
)  # fmt: skip


def order_of(kind: Kind, number: int, instrument: Instrument, quote: Quote, chance: Random, now_ns: int) -> Order:
    """Return an order of a kind, priced from the quote."""
    side = Side.BUY if number % 2 == 0 else Side.SELL
    order = Order(
        instrument_key=instrument.key,
        side=side,
        amount=chance.choice(kind.amounts),
        strategy_id=STRATEGIES[number % len(STRATEGIES)],
        order_type=kind.order_type,
        time_in_force=kind.time_in_force,
        post_only=kind.post_only,
        reduce_only=kind.reduce_only,
        tags={"demo": kind.name},
        exec_algorithm=kind.algorithm,
        exec_algorithm_params=kind.params,
    )
    if kind.order_type == "LIMIT":
        order.price = plain(_price(kind, side, instrument, quote))
    if kind.order_type in ("STOP_MARKET", "MARKET_IF_TOUCHED"):
        order.trigger_price = plain(trigger_price(kind, side, instrument, quote))
    if kind.order_type == "TRAILING_STOP":
        order.trailing_offset = plain(round_up(quote.mid * _FAR, instrument.tick_size))
    if kind.time_in_force == "GTD":
        order.expire_time_ns = now_ns + int(GTD_S * 1e9)
    return order


def crossing_price(side: Side, instrument: Instrument, quote: Quote) -> Decimal:
    """Return a price through the other side of the market, on a tick."""
    through = quote.mid * _THROUGH
    if side is Side.BUY:
        return round_up(quote.ask + through, instrument.tick_size)
    return round_down(quote.bid - through, instrument.tick_size)


def trigger_price(kind: Kind, side: Side, instrument: Instrument, quote: Quote) -> Decimal:
    """Return a trigger that the market has met (by a margin, for it moves), or one that is far from it, on a tick."""
    above = (side is Side.BUY) == (kind.order_type == "STOP_MARKET")  # where the market has to go to meet it
    away = quote.mid * (_FAR if kind.reach == "far" else -_THROUGH)
    wanted = quote.mid + away if above else quote.mid - away
    return round_up(wanted, instrument.tick_size) if above else round_down(wanted, instrument.tick_size)


def _price(kind: Kind, side: Side, instrument: Instrument, quote: Quote) -> Decimal:
    tick = instrument.tick_size
    if kind.reach == "touch":
        return quote.bid if side is Side.BUY else quote.ask
    if kind.reach == "cross":
        return crossing_price(side, instrument, quote)
    away = quote.mid * _FAR
    return round_down(quote.bid - away, tick) if side is Side.BUY else round_up(quote.ask + away, tick)
