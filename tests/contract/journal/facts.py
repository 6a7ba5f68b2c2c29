"""Facts of every kind, made up from the types that they declare."""

import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, Final, NewType, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from ports.facts import FACTS, Fact
from ports.instruments import InstrumentKey
from ports.journal import Entry

KINDS: Final = sorted(FACTS, key=lambda kind: kind.__name__)
DECIMALS: Final = st.decimals(min_value=-(10**18) + 1, max_value=10**18 - 1, places=18, allow_nan=False) | st.integers(
    -(10**18) + 1, 10**18 - 1
).map(Decimal)
WHOLE_NUMBERS: Final = st.integers(-(2**63), 2**63 - 1)
KEYS: Final = st.sampled_from(
    [
        "BINANCE-SPOT:SPOT_PAIR:BTC-USDT",
        "BINANCE-FUTURES:PERPETUAL:ETH-USDT@LIN",
        "DERIBIT:OPTION:BTC-USD-50000-241231-CALL@INV",
        "IBKR:EQUITY:AAPL-USD",
    ]
).map(InstrumentKey)


def facts_of(kind: type[Fact]) -> st.SearchStrategy[Fact]:
    """Draw facts of one kind."""
    return _values_of(kind)


def any_facts() -> st.SearchStrategy[Fact]:
    """Draw facts of any kind."""
    return st.sampled_from(KINDS).flatmap(facts_of)


def entries(facts: list[Fact], after_seq: int = 0, epoch: int = 1) -> list[Entry]:
    """Put facts in their places after `after_seq`."""
    return [
        Entry(seq=seq, ts_ns=1_700_000_000_000_000_000 + seq, epoch=epoch, actor="book", cause=f"op-{seq}", fact=fact)
        for seq, fact in enumerate(facts, start=after_seq + 1)
    ]


def _values_of(declared: Any) -> st.SearchStrategy[Any]:
    if isinstance(declared, NewType):
        return _values_of(declared.__supertype__)
    simple: Mapping[Any, Callable[[], st.SearchStrategy[Any]]] = {
        str: lambda: st.text(max_size=20),
        int: lambda: WHOLE_NUMBERS,
        bool: st.booleans,
        Decimal: lambda: DECIMALS,
        InstrumentKey: lambda: KEYS,
    }
    if declared in simple:
        return simple[declared]()
    if isinstance(declared, type) and issubclass(declared, Enum):
        return st.sampled_from(declared)
    if isinstance(declared, type) and is_dataclass(declared):
        hints = get_type_hints(declared)
        return st.builds(declared, **{field.name: _values_of(hints[field.name]) for field in fields(declared)})
    origin, args = get_origin(declared), get_args(declared)
    if origin in (types.UnionType, Union):
        return st.one_of([st.none() if arg is types.NoneType else _values_of(arg) for arg in args])
    if origin is tuple:
        return st.lists(_values_of(args[0]), max_size=3).map(tuple)
    return st.dictionaries(_values_of(args[0]), _values_of(args[1]), max_size=3)
