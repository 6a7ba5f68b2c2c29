"""From plain data (what a JSON reader returns) back to values, by the types that our records declare."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache
from typing import Any, Final, NewType, TypeAliasType, Union, get_args, get_origin, get_type_hints

from ports.instruments import InstrumentKey

type Reader = Callable[[Any], Any]

_INSTRUMENT: Final = lru_cache(maxsize=4096)(InstrumentKey)  # parsed once: a journal names few, a million times
_AS_IT_IS: Final = (str, int, bool)
_MANY: Final = {tuple: tuple, Sequence: tuple, frozenset: frozenset}


@cache
def reader_of(declared: Any) -> Reader:
    """Return the function that reads one declared type.

    Raises:
        TypeError: of a type that no record may hold.
    """
    if isinstance(declared, NewType):
        return reader_of(declared.__supertype__)
    if isinstance(declared, TypeAliasType):
        return reader_of(declared.__value__)
    if declared is InstrumentKey:
        return _INSTRUMENT
    if declared is Decimal:
        return Decimal
    if isinstance(declared, type) and issubclass(declared, Enum):
        return _enum_reader(declared)
    if declared in _AS_IT_IS:
        return _same
    if is_dataclass(declared):
        return _dataclass_reader(declared)
    if isinstance(declared, type) and issubclass(declared, tuple) and hasattr(declared, "_fields"):
        return _named_tuple_reader(declared)
    return _composed_reader(declared)


def _composed_reader(declared: Any) -> Reader:
    origin, args = get_origin(declared), get_args(declared)
    if origin in (types.UnionType, Union):
        (inner,) = (arg for arg in args if arg is not types.NoneType)
        return _optional_reader(reader_of(inner))
    if origin in _MANY:
        return _many_reader(_MANY[origin], reader_of(args[0]))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping_reader(reader_of(args[1]))
    raise TypeError(f"records may not hold {declared!r}")


def _enum_reader(declared: type[Enum]) -> Reader:
    members = {member.value: member for member in declared}
    return lambda text: members[text]


def _same(value: Any) -> Any:
    return value


def _optional_reader(inner: Reader) -> Reader:
    return lambda value: None if value is None else inner(value)


def _many_reader(made: Callable[[list[Any]], Any], inner: Reader) -> Reader:
    return lambda values: made([inner(value) for value in values])


def _mapping_reader(inner: Reader) -> Reader:
    return lambda mapping: {key: inner(value) for key, value in mapping.items()}


def _named_tuple_reader(declared: Any) -> Reader:
    hints = get_type_hints(declared)
    readers = [reader_of(hints[name]) for name in declared._fields]
    return lambda values: declared(*[read(value) for read, value in zip(readers, values, strict=True)])


def _dataclass_reader(declared: Any) -> Reader:
    hints = get_type_hints(declared)
    readers = {field.name: reader_of(hints[field.name]) for field in fields(declared)}

    def of_an_older_shape(given: Mapping[str, Any]) -> Any:
        body = dict(given)
        # What is missing has a default, or the class says that it has none; so it does of what it does not know.
        return declared(**{name: readers[name](value) if name in readers else value for name, value in body.items()})

    # One function, compiled once, as dataclasses make their own methods: a start reads millions of these, and a loop
    # over the fields takes four times as long. It is made of nothing but the names of our own fields.
    names: dict[str, Any] = {"cls": declared, "new": object.__new__, "of_an_older_shape": of_an_older_shape}
    parts = {name: _expression(hints[name], f"body[{name!r}]", name, names) for name in readers}
    if _only_sets_fields(declared):
        made = ["made = new(cls)", *[f"made.{name} = {part}" for name, part in parts.items()], "return made"]
    else:
        made = [f"return cls({', '.join([f'{name}={part}' for name, part in parts.items()])})"]
    lines = ["def read(body):", f"if len(body) != {len(parts)}: return of_an_older_shape(body)", *made]
    exec("\n    ".join(lines), names)  # noqa: S102
    read: Reader = names["read"]
    return read


def _only_sets_fields(declared: Any) -> bool:
    """Say whether to make one of these is no more than to set its fields, which costs less when it is done here."""
    frozen = declared.__dataclass_params__.frozen
    return not frozen and not hasattr(declared, "__post_init__") and all(one.init for one in fields(declared))


def _expression(declared: Any, value: str, field: str, names: dict[str, Any]) -> str:
    """Return the expression that reads `value`; what it calls is put into `names`, under the field's own name."""
    if isinstance(declared, NewType):
        return _expression(declared.__supertype__, value, field, names)
    origin, args = get_origin(declared), get_args(declared)
    if origin in (types.UnionType, Union):
        (inner,) = (arg for arg in args if arg is not types.NoneType)
        found = f"found_{field}"
        read = _expression(inner, found, field, names)
        return value if read == found else f"(None if ({found} := {value}) is None else {read})"
    if isinstance(declared, type) and issubclass(declared, Enum):
        names[f"members_{field}"] = {member.value: member for member in declared}
        return f"members_{field}[{value}]"
    reader = reader_of(declared)
    if reader is _same:
        return value
    names[f"read_{field}"] = reader
    return f"read_{field}({value})"
