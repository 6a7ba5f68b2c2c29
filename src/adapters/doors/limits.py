"""The limits as one whole document, under the names that the configuration gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from adapters.doors.render import Plain
from adapters.doors.text import member, read_name, read_reason
from ports.commands import Limits, SetLimits
from ports.errors import InvalidInputError
from ports.instruments import InstrumentKey
from ports.values import Principal, parse_decimal, plain

PATH: Final = "limits"  # what refusals call the document
ANY_KEY: Final = "*"
MAX_KEYS: Final = 10_000
MAX_RATE: Final = 1_000_000_000  # orders; nothing real sends more in a minute
LONGEST_CURRENCY: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsDraft:
    """A document of limits as received: types are right, contents are not judged yet. None and empty: not set."""

    enabled: bool | None = None  # None: it is missing
    max_orders_per_second: int | None = None
    max_orders_per_minute: int | None = None
    max_orders_per_second_per_strategy: int | None = None
    max_orders_per_minute_per_strategy: int | None = None
    max_order_quantity: Mapping[str, str] = field(default_factory=dict)
    max_order_value: str = ""
    max_position_per_instrument: Mapping[str, str] = field(default_factory=dict)
    max_position_per_strategy: Mapping[str, str] = field(default_factory=dict)
    max_position_global: str = ""
    max_total_notional: str = ""
    usd_per: Mapping[str, str] = field(default_factory=dict)


def read_limits(draft: LimitsDraft, reason: str, principal: Principal) -> SetLimits:
    """Judge a whole document of limits and return the command that puts it in force.

    Raises:
        InvalidInputError: names the field, its value, and what would pass.
    """
    if draft.enabled is None:
        raise InvalidInputError(f"{PATH}.enabled", "", "write true; false switches every limit off")
    return SetLimits(
        limits=Limits(
            enabled=draft.enabled,
            max_orders_per_second=_rate("max_orders_per_second", draft.max_orders_per_second),
            max_orders_per_minute=_rate("max_orders_per_minute", draft.max_orders_per_minute),
            max_orders_per_second_per_strategy=_rate(
                "max_orders_per_second_per_strategy", draft.max_orders_per_second_per_strategy
            ),
            max_orders_per_minute_per_strategy=_rate(
                "max_orders_per_minute_per_strategy", draft.max_orders_per_minute_per_strategy
            ),
            max_order_quantity=_by_instrument("max_order_quantity", draft.max_order_quantity),
            max_order_value_usd=_value("max_order_value", draft.max_order_value),
            max_position_per_instrument=_by_instrument(
                "max_position_per_instrument", draft.max_position_per_instrument
            ),
            max_position_per_strategy_usd=_by_strategy("max_position_per_strategy", draft.max_position_per_strategy),
            max_position_global_usd=_value("max_position_global", draft.max_position_global),
            max_total_notional_usd=_value("max_total_notional", draft.max_total_notional),
            usd_per=_rates("usd_per", draft.usd_per),
        ),
        principal=principal,
        reason=read_reason("reason", reason),
    )


def limits_plain(limits: Limits) -> Plain:
    """Return the whole document as plain data: None where a limit is not set, decimals as text, keys in order."""
    return {
        "enabled": limits.enabled,
        "max_orders_per_second": limits.max_orders_per_second,
        "max_orders_per_minute": limits.max_orders_per_minute,
        "max_orders_per_second_per_strategy": limits.max_orders_per_second_per_strategy,
        "max_orders_per_minute_per_strategy": limits.max_orders_per_minute_per_strategy,
        "max_order_quantity": _texts(limits.max_order_quantity),
        "max_order_value": _text(limits.max_order_value_usd),
        "max_position_per_instrument": _texts(limits.max_position_per_instrument),
        "max_position_per_strategy": _texts(limits.max_position_per_strategy_usd),
        "max_position_global": _text(limits.max_position_global_usd),
        "max_total_notional": _text(limits.max_total_notional_usd),
        "usd_per": _texts(limits.usd_per),
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def _texts(values: Mapping[str, Decimal]) -> dict[str, str]:
    return {key: plain(values[key]) for key in sorted(values)}


def _rate(name: str, orders: int | None) -> int | None:
    if orders is not None and not 1 <= orders <= MAX_RATE:
        raise InvalidInputError(
            f"{PATH}.{name}", orders, f"write a whole number from 1 to {MAX_RATE}; to let no order pass, halt"
        )
    return orders


def _value(name: str, text: str) -> Decimal | None:
    return _amount(f"{PATH}.{name}", text) if text else None


def _amount(where: str, text: str) -> Decimal:
    value = parse_decimal(where, text)
    if value < 0:
        raise InvalidInputError(where, text, "must not be below zero")
    return value


def _by_instrument(name: str, given: Mapping[str, str]) -> dict[str, Decimal]:
    read: dict[str, Decimal] = {}
    for text, amount in _bounded(name, given).items():
        where = member(f"{PATH}.{name}", text)
        key = ANY_KEY if text == ANY_KEY else _instrument(where, text)
        if key in read:
            raise InvalidInputError(where, amount, f"{key} is there twice: give it once")
        read[key] = _amount(where, amount)
    return read


def _instrument(where: str, text: str) -> str:
    try:
        return InstrumentKey(text)
    except InvalidInputError as wrong:
        raise InvalidInputError(where, text, wrong.remedy) from None


def _by_strategy(name: str, given: Mapping[str, str]) -> dict[str, Decimal]:
    read: dict[str, Decimal] = {}
    for text, amount in _bounded(name, given).items():
        where = member(f"{PATH}.{name}", text)
        read[text if text == ANY_KEY else read_name(where, text)] = _amount(where, amount)
    return read


def _rates(name: str, given: Mapping[str, str]) -> dict[str, Decimal]:
    read: dict[str, Decimal] = {}
    for text, amount in _bounded(name, given).items():
        where = member(f"{PATH}.{name}", text)
        if len(text) > LONGEST_CURRENCY or not text.isascii() or not text.isalnum() or text != text.upper():
            raise InvalidInputError(where, text, "write a currency in capitals, such as EUR")
        read[text] = _amount(where, amount)
        if not read[text]:
            raise InvalidInputError(where, amount, "must be greater than zero: else what is counted in it has no limit")
    return read


def _bounded(name: str, given: Mapping[str, str]) -> Mapping[str, str]:
    if len(given) > MAX_KEYS:
        raise InvalidInputError(f"{PATH}.{name}", f"{len(given)} entries", f"give at most {MAX_KEYS}")
    return given
