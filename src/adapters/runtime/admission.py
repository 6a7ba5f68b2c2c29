"""What a venue's code says is looked at before it is believed: only values that the book can hold are passed on.

Types are those that the reports declare; a plugin is not checked by our type checker. Numbers are finite and of a size
that a column holds, and text can be written: one such fact, decided on and never writable, would end the service.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Final, NewType, Union, get_args, get_origin, get_type_hints

from ports.errors import InvalidInputError
from ports.instruments import Instrument
from ports.reports import OrderEvidence, Report
from ports.values import AccountId

type _Check = Callable[[Any], bool]

_DIGITS: Final = 60  # before or behind the point; the context's precision
_INT64: Final = 1 << 63
_REMEDY: Final = "let the session say it as its type in `ports.reports` declares, finite and writable"


def admitted(report: Report, account: AccountId) -> None:
    """Refuse a report that the book could not hold, or that is about another session's account.

    Raises:
        InvalidInputError: what it is, and which field.
    """
    _refuse_unless_whole(report)
    said = report.status.account if isinstance(report, OrderEvidence) else report.account
    if said != account:
        raise InvalidInputError(f"{type(report).__name__}.account", said, f"this session may speak of {account} alone")


def admitted_instruments(listed: Sequence[Instrument]) -> tuple[Instrument, ...]:
    """Return what a venue lists.

    Raises:
        InvalidInputError: one of it is no instrument.
    """
    if not isinstance(listed, Sequence):
        raise InvalidInputError("connect", listed, "let it return the instruments that the venue lists")
    for one in listed:
        _refuse_unless_whole(one)
    return tuple(listed)


def admitted_evidence(evidence: OrderEvidence | None) -> OrderEvidence | None:
    """Return what a venue answered about an order.

    Raises:
        InvalidInputError: it is no evidence.
    """
    if evidence is not None and type(evidence) is not OrderEvidence:
        raise InvalidInputError("query", evidence, "let it return an `OrderEvidence`, or None")
    if evidence is not None:
        _refuse_unless_whole(evidence)
    return evidence


def _refuse_unless_whole(value: Any) -> None:
    kind = type(value)
    if not is_dataclass(kind) or not kind.__module__.startswith("ports."):
        raise InvalidInputError("report", kind.__name__, _REMEDY)
    for name, check in _checks_of(kind):
        if not check(getattr(value, name)):
            raise InvalidInputError(f"{kind.__name__}.{name}", repr(getattr(value, name)), _REMEDY)


@cache
def _checks_of(kind: type) -> tuple[tuple[str, _Check], ...]:
    hints = get_type_hints(kind)
    return tuple((field.name, _check_of(hints[field.name])) for field in fields(kind))


def _check_of(declared: Any) -> _Check:
    if isinstance(declared, NewType):
        return _check_of(declared.__supertype__)
    if declared in _PLAIN:
        return _PLAIN[declared]
    if is_dataclass(declared) and isinstance(declared, type):
        return _record_check(declared)
    if isinstance(declared, type):
        is_text = issubclass(declared, str) and not issubclass(declared, Enum)
        return _text_check(declared) if is_text else _is_a(declared)
    origin, args = get_origin(declared), get_args(declared)
    if origin in {types.UnionType, Union}:
        return _any_check([_check_of(one) for one in args])
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return _many_check(_check_of(args[0]))
    raise TypeError(f"reports may not hold {declared!r}")


def _is_text(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return value.isascii() or bool(value.encode())
    except UnicodeEncodeError:  # half of a pair: no store could write it
        return False


def _is_amount(value: Any) -> bool:
    return isinstance(value, Decimal) and value.is_finite() and (not value or -_DIGITS < value.adjusted() < _DIGITS)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and -_INT64 <= value < _INT64


_PLAIN: Final[dict[Any, _Check]] = {
    str: _is_text,
    Decimal: _is_amount,
    int: _is_whole,
    types.NoneType: lambda value: value is None,
}


def _is_a(kind: type) -> _Check:
    return lambda value: isinstance(value, kind)


def _text_check(kind: type) -> _Check:
    return lambda value: isinstance(value, kind) and _is_text(value)


def _record_check(kind: type) -> _Check:
    checks = _checks_of(kind)
    return lambda value: type(value) is kind and all(check(getattr(value, name)) for name, check in checks)


def _any_check(checks: Sequence[_Check]) -> _Check:
    return lambda value: any(check(value) for check in checks)


def _many_check(each: _Check) -> _Check:
    return lambda value: isinstance(value, list | tuple) and all(each(one) for one in value)
