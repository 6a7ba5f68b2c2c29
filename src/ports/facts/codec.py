"""From plain data (what a JSON reader returns) back to facts, by the types that the facts declare.

The other direction needs no code of ours: a fact is a dataclass of text, whole numbers, enums, mappings, tuples and
decimals, and any JSON writer that writes a decimal as plain text (`ports.values.plain`) writes what this reads.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache
from typing import Any, Final, NewType, Union, get_args, get_origin, get_type_hints

from ports.errors import JournalCorruptError
from ports.facts.union import FACTS, Fact
from ports.instruments import InstrumentKey

type _Reader = Callable[[Any], Any]
type Body = Mapping[str, Any]
type Upcasters = Mapping[tuple[str, int], Callable[[Body], Body]]

_BY_KIND: Final[Mapping[str, Any]] = {kind.__name__: kind for kind in FACTS}
_INSTRUMENT: Final = lru_cache(maxsize=4096)(InstrumentKey)  # parsed once: a journal names few, a million times
_AS_IT_IS: Final = (str, int, bool)


def kind_of(fact: Fact) -> str:
    """Return the name a fact's kind has in the journal."""
    return type(fact).__name__


def version_of(fact: Fact) -> int:
    """Return the version a fact is written in."""
    return FACTS[type(fact)]


# How a body that was written in a version becomes one of the next version: pure, and here for ever. A field that was
# only added, with a default, needs none, and its kind keeps its version.
UPCASTERS: Final[Upcasters] = {}


def decode_fact(kind: str, version: int, body: Body, upcasters: Upcasters = UPCASTERS) -> Fact:
    """Make a fact from its plain data, whatever version it was written in.

    Raises:
        JournalCorruptError: a kind or version this program does not know (it is older than the journal), or a
            body that is not one of that kind.
    """
    fact_type = _BY_KIND.get(kind)
    if fact_type is None:
        raise JournalCorruptError(f"fact kind {kind!r} is not known: this journal was written by a newer livexec")
    if version > FACTS[fact_type]:
        raise JournalCorruptError(f"{kind} version {version} is not known: upgrade livexec")
    try:
        for earlier in range(version, FACTS[fact_type]):
            body = upcasters[kind, earlier](body)
        fact: Fact = _reader(fact_type)(body)
    except (KeyError, TypeError, ValueError, ArithmeticError) as unreadable:
        raise JournalCorruptError(f"the body of a {kind} (version {version}) cannot be read") from unreadable
    return fact


@cache
def _reader(declared: Any) -> _Reader:
    """Return the function that reads one declared type."""
    if isinstance(declared, NewType):
        return _reader(declared.__supertype__)
    if declared is InstrumentKey:
        return _INSTRUMENT
    if isinstance(declared, type) and issubclass(declared, Enum):
        return _enum_reader(declared)
    if declared is Decimal:
        return Decimal
    if declared in _AS_IT_IS:
        return _same
    if is_dataclass(declared):
        return _dataclass_reader(declared)
    origin, args = get_origin(declared), get_args(declared)
    if origin in (types.UnionType, Union):
        (inner,) = (arg for arg in args if arg is not types.NoneType)
        return _optional_reader(_reader(inner))
    if origin is tuple:
        return _tuple_reader(_reader(args[0]))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping_reader(_reader(args[1]))
    raise TypeError(f"facts may not hold {declared!r}")


def _enum_reader(declared: type[Enum]) -> _Reader:
    members = {member.value: member for member in declared}
    return lambda text: members[text]


def _same(value: Any) -> Any:
    return value


def _optional_reader(inner: _Reader) -> _Reader:
    return lambda value: None if value is None else inner(value)


def _tuple_reader(inner: _Reader) -> _Reader:
    return lambda values: tuple([inner(value) for value in values])


def _mapping_reader(inner: _Reader) -> _Reader:
    return lambda mapping: {key: inner(value) for key, value in mapping.items()}


def _dataclass_reader(declared: Any) -> _Reader:
    hints = get_type_hints(declared)
    readers = [(field.name, _reader(hints[field.name])) for field in fields(declared)]
    translated = [(name, reader) for name, reader in readers if reader is not _same]

    if not translated:
        return lambda body: declared(**body)

    def read(body: Mapping[str, Any]) -> Any:
        values = dict(body)
        for name, reader in translated:
            if name in values:  # one that is missing has a default, or the class says that it has none
                values[name] = reader(values[name])
        return declared(**values)

    return read
