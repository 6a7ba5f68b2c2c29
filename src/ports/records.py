"""How the words of the ports are made: records that cannot be changed, and that cost little to make.

A frozen dataclass takes six times as long to make as an open one, and an order passes some thirty of them. So the type
checker holds them frozen, and at run time they are open: nothing in this program may assign to a field of a record,
and none of it gets past the checker.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import dataclass_transform


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def record[T](cls: type[T]) -> type[T]:
    """Make a class a record: fields by keyword, compared and hashed by value, frozen to the type checker."""
    return dataclass(slots=True, kw_only=True, unsafe_hash=True)(cls)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def brief_record[T](cls: type[T]) -> type[T]:
    """Make a class a record whose few fields are given in their order."""
    return dataclass(slots=True, unsafe_hash=True)(cls)
