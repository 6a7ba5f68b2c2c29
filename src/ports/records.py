"""How the words of the ports are made: records that cannot be changed, and that cost little to make.

A frozen dataclass takes six times as long to make as an open one, and an order passes some thirty of them. So the type
checker holds them frozen, and at run time they are open: nothing in this program may assign to a field of a record,
and none of it gets past the checker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, dataclass_transform


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def record[T](cls: type[T]) -> type[T]:
    """Make a class a record: fields by keyword, compared and hashed by value, frozen to the type checker."""
    return dataclass(slots=True, kw_only=True, unsafe_hash=True)(cls)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def brief_record[T](cls: type[T]) -> type[T]:
    """Make a class a record whose few fields are given in their order."""
    return dataclass(slots=True, unsafe_hash=True)(cls)


def maker[**P, T](cls: Callable[P, T]) -> Callable[P, T]:
    """Return a plain function that makes a record as its class does, in half the time.

    A class that is called with keywords is handed them in a dictionary of their own; a function is not. It pays where
    every order passes; the signature is the class's, to the type checker too.

    Raises:
        TypeError: the class does more when it is made than to set its fields.
    """
    own: tuple[Field[Any], ...] = fields(cls)  # type: ignore[arg-type]  # a callable is not known to be a record
    if hasattr(cls, "__post_init__") or not all(one.init for one in own):
        raise TypeError(f"{cls} does more than to set its fields")
    scope: dict[str, Any] = {"new": object.__new__, "cls": cls}
    given: list[str] = ["*"] if all(one.kw_only for one in own) else []
    lines: list[str] = []
    for one in own:
        name = one.name
        scope[f"_{name}"] = one.default if one.default_factory is MISSING else one.default_factory
        given.append(name if one.default is one.default_factory is MISSING else f"{name}=_{name}")
        is_made = one.default_factory is not MISSING
        lines.append(
            f"made.{name} = _{name}() if {name} is _{name} else {name}" if is_made else f"made.{name} = {name}"
        )
    source = [f"def make({', '.join(given)}):", "made = new(cls)", *lines, "return made"]
    exec("\n    ".join(source), scope)  # noqa: S102 - made of the fields' names alone, as `dataclasses` makes its methods
    make: Callable[P, T] = scope["make"]
    return make
