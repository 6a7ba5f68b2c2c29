"""Orders that must be refused, and what the refusal has to name: one table for both doors and the whole service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GOOD: Mapping[str, object] = {
    "operation_id": "op-1",
    "instrument_key": "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN",
    "side": "BUY",
    "amount": "0.25",
    "price": "64000.5",
    "strategy_id": "momentum-btc-v1",
}
FORTY_DIGITS = "1234567890" * 4


@dataclass(frozen=True)
class Bad:
    """One wrong thing. `shown` and `remedy` are parts of the message, which names `field` too."""

    name: str
    field: str
    shown: str
    remedy: str
    change: Mapping[str, object]

    @property
    def order(self) -> dict[str, Any]:
        """A good order with the one wrong thing in it."""
        return {**GOOD, **self.change}


def bad(name: str, field: str, shown: str, remedy: str, **change: object) -> Bad:
    return Bad(name, field, shown, remedy, change or {field: shown})


# What text can say is wrong in the same words at both doors.
AT_BOTH_DOORS = (
    bad("an empty operation id", "operation_id", "", "1 to 128 characters"),
    bad("an operation id with a space", "operation_id", "op 1", "1 to 128 characters"),
    bad("an operation id too long", "operation_id", "x" * 60, "1 to 128 characters", operation_id="x" * 129),
    bad("no instrument", "instrument_key", "", "VENUE:TYPE:SYMBOL"),
    bad("an instrument that is no key", "instrument_key", "BTCUSDT", "VENUE:TYPE:SYMBOL"),
    bad("an unknown type of instrument", "instrument_key", "OKX:SWAP:BTC-USDT", "PERPETUAL"),
    bad("an impossible expiry", "instrument_key", "OKX:FUTURE:BTC-USDT-261345", "YYMMDD"),
    bad("a wrong side", "side", "HOLD", "BUY or SELL"),
    bad("a side in lower case", "side", "buy", "BUY or SELL"),
    bad("no side", "side", "", "BUY or SELL"),
    bad("an amount of zero", "amount", "0", "greater than zero"),
    bad("a negative amount", "amount", "-1.5", "greater than zero"),
    bad("an amount that is no number", "amount", "NaN", "plain decimal number"),
    bad("an infinite amount", "amount", "Infinity", "plain decimal number"),
    bad("an amount beyond every column", "amount", "1e400", "plain decimal number"),
    bad("an amount of forty digits", "amount", FORTY_DIGITS, "18 digits"),
    bad("an amount with nineteen places", "amount", "0." + "1" * 19, "18 after the point"),
    bad("an amount with a comma", "amount", "1,5", "plain decimal number"),
    bad("an amount in other digits", "amount", "١٢", "plain decimal number"),
    bad("no amount", "amount", "", "plain decimal number"),
    bad("a price of zero", "price", "0", "greater than zero"),
    bad("a negative price", "price", "-3", "greater than zero"),
    bad("a price that is no number", "price", "cheap", "plain decimal number"),
    bad("a market order with a price", "price", "64000.5", "MARKET", order_type="MARKET"),
    bad("a limit order without a price", "price", "", "LIMIT", order_type="LIMIT", price=""),
    bad("an order type that is to come", "order_type", "TRAILING_STOP_LIMIT", "not supported yet"),
    bad("an order type that is none", "order_type", "MAYBE", "MARKET LIMIT"),
    bad("a trigger of zero", "trigger_price", "0", "greater than zero"),
    bad("an offset that is no number", "trailing_offset", "1 %", "plain decimal number"),
    bad("nothing shown", "display_amount", "0", "greater than zero"),
    bad("a time in force that is to come", "time_in_force", "AT_THE_OPEN", "not supported yet"),
    bad("a time in force that is none", "time_in_force", "LATER", "GTC IOC FOK GTD"),
    bad("an order that expired already", "expire_time_ns", "1", "future", time_in_force="GTD", expire_time_ns=1),
    bad("GTD without its time", "expire_time_ns", "0", "nanoseconds", time_in_force="GTD"),
    bad("a time without GTD", "expire_time_ns", "9", "GTD", expire_time_ns=9),
    bad("post-only without a price", "post_only", "True", "LIMIT", price="", post_only=True),
    bad("post-only and immediate", "post_only", "True", "IOC", time_in_force="IOC", post_only=True),
    bad("a group that is no name", "oco_group", "my group", "1 to 128 characters"),
    bad("an order that follows what is no id", "after_operation_id", "no id", "1 to 128 characters"),
    bad("an algorithm that is none", "exec_algorithm", "MAGIC", "no such algorithm; available: NORMAL TWAP"),
    bad("no strategy", "strategy_id", "", "1 to 128 characters"),
    bad("a strategy that climbs out", "strategy_id", "../etc", "1 to 128 characters"),
    bad("the strategy of nobody's trades", "strategy_id", "UNATTRIBUTED", "another"),
    bad("an account that is no name", "account", "my account", "1 to 128 characters"),
    bad("a negative age", "max_age_ms", "-1", "whole number", max_age_ms=-1),
    bad("an age beyond a day", "max_age_ms", "86400001", "whole number", max_age_ms=86_400_001),
    bad("a venue that is no name", "routing.venues", "binance", "BINANCE-FUTURES", routing={"venues": ["binance"]}),
    bad("a venue twice", "routing.venues", "OKX OKX", "once", routing={"venues": ["OKX", "OKX"]}),
    bad("a split order of one venue", "routing.split_allowed", "True", "write SMART", routing={"split_allowed": True}),
    bad("too many tags", "tags", "17 entries", "at most 16", tags={f"k{n}": "v" for n in range(17)}),
    bad("a tag too long", "tags.note", "xxx", "256", tags={"note": "x" * 257}),
    bad("a tag that cannot be printed", "tags.note", "\\x00", "printable", tags={"note": "a\x00b"}),
    bad("a tag without a name", "tags", "''", "1 to 64", tags={"": "v"}),
    bad(
        "too many parameters", "exec_algorithm_params", "33 entries", "at most 32",
        exec_algorithm_params={f"k{n}": "v" for n in range(33)},
    ),
)  # fmt: skip

# What only the book can judge.
BY_THE_BOOK = (
    bad("a stop without its trigger", "trigger_price", "", "have a trigger price", order_type="STOP_LIMIT"),
    bad("a trigger price of a limit order", "trigger_price", "63000", "others have none"),
    bad("an order that trails and is none that does", "trailing_offset", "10", "TRAILING_STOP"),
    bad("a partly shown order at a venue that shows all", "display_amount", "0.1", "shows orders whole"),
    bad("a POV without its share", "exec_algorithm_params.participation_pct", "", "needed", exec_algorithm="POV"),
    bad("an algorithm without its horizon", "exec_algorithm_params.horizon_secs", "", "needed", exec_algorithm="TWAP"),
    bad("an order that follows one that is none", "after_operation_id", "nothing-1", "no such order"),
)

# What only JSON can say.
AT_REST_ONLY = (
    bad("a number for a name", "operation_id", "12345", "text", operation_id=12345),
    bad("a list for a side", "side", "[…]", "text", side=["BUY"]),
    bad("true for an amount", "amount", "true", "decimal number", amount=True),
    bad("an object for an amount", "amount", "{…}", "decimal number", amount={"value": "1"}),
    bad("a list for an amount", "amount", "[…]", "decimal number", amount=["1"]),
    bad("true for a price", "price", "true", "decimal number", price=True),
    bad("text for a flag", "post_only", "yes", "true or false", post_only="yes"),
    bad("one for a flag", "post_only", "1", "true or false", post_only=1),
    bad("a fraction for a time", "max_age_ms", "1.5", "whole number", max_age_ms=1.5),
    bad("a number beyond 64 bits", "expire_time_ns", "9" * 19, "whole number", expire_time_ns=int("9" * 19)),
    bad("an object in the parameters", "exec_algorithm_params.a", "{…}", "text", exec_algorithm_params={"a": {}}),
    bad("text for the parameters", "exec_algorithm_params", "fast", "object", exec_algorithm_params="fast"),
    bad("a list for the tags", "tags", "[…]", "object", tags=["x"]),
    bad("text for the routing", "routing", "OKX", "object", routing="OKX"),
    bad("text for the venues", "routing.venues", "OKX", "list", routing={"venues": "OKX"}),
    bad("a field unknown in the routing", "routing.venue", "OKX", "'venues'", routing={"venue": "OKX"}),
    bad("an unknown field", "ammount", "1", "did you mean 'amount'", ammount="1"),
    bad("an unknown field like no other", "zzz", "1", "no such field", zzz="1"),
    bad("two amounts", "quantity", "0.3", "another name of amount", quantity="0.3"),
)

_HEAD = (
    '{"operation_id": "op-1", "instrument_key": "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN", "side": "BUY", '
    '"strategy_id": "s"'
)


@dataclass(frozen=True)
class BadBody:
    """A body that is no order at all, or that no JSON writer would write."""

    name: str
    field: str
    shown: str
    remedy: str
    body: bytes


BAD_BODIES = (
    BadBody("nothing", "body", "''", "JSON", b""),
    BadBody("no JSON", "body", "side=BUY", "JSON", b"side=BUY"),
    BadBody("half of it", "body", "", "JSON", _HEAD.encode()),
    BadBody("a list", "body", "[…]", "one JSON object", b"[]"),
    BadBody("a number", "body", "7", "one JSON object", b"7"),
    BadBody("not UTF-8", "body", "ff fe", "UTF-8", b'{"side": "\xff\xfe"}'),
    BadBody("nested without end", "body", "bytes", "nested", b'{"tags": ' + b"[" * 200_000),
    BadBody("a name twice", "amount", "2", "twice", (_HEAD + ', "amount": "1", "amount": "2"}').encode()),
    BadBody("a bare NaN", "amount", "NaN", "plain decimal number", (_HEAD + ', "amount": NaN}').encode()),
    BadBody("a bare infinity", "amount", "-Infinity", "plain decimal", (_HEAD + ', "amount": -Infinity}').encode()),
    BadBody("a bare 1e400", "amount", "1e400", "plain decimal number", (_HEAD + ', "amount": 1e400}').encode()),
    BadBody("a bare 1e-400", "amount", "1e-400", "plain decimal number", (_HEAD + ', "amount": 1e-400}').encode()),
    BadBody(
        "forty bare digits", "amount", FORTY_DIGITS, "18 digits", (_HEAD + f', "amount": {FORTY_DIGITS}}}').encode()
    ),
    BadBody("half a character", "operation_id", "ud800", "1 to 128", _HEAD.replace("op-1", "\\ud800").encode() + b"}"),
)
