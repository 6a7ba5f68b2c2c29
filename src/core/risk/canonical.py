"""Limits in one fixed shape, so that equal ones compare equal however they were written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal

from ports.commands import Limits
from ports.values import plain


def limits_in_one_shape(limits: Limits) -> tuple[object, ...]:
    """Return limits by name, as text that their spelling does not change ("1.0" is 1), keys in order."""
    return tuple([(field.name, _plainly(getattr(limits, field.name))) for field in fields(limits)])


def _plainly(value: object) -> object:
    if isinstance(value, Mapping):
        return tuple([(key, _plainly(value[key])) for key in sorted(value)])
    return plain(value) if isinstance(value, Decimal) else value
