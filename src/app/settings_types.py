"""How one value of a configuration is read: exactly, from JSON or from a variable's text, never through a float."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf, Strict

from ports.errors import InvalidInputError
from ports.instruments import SMART, SMART_IS_NOWHERE, InstrumentKey
from ports.limits import ANY_KEY, LONGEST_VOLUME_MS, MINUTE_MS
from ports.secrets import Secret
from ports.trading_hours import parse_hours
from ports.values import fits, parse_decimal

_VENUE: Final = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*")
_OTHER: Final = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
_CURRENCY: Final = re.compile(r"[A-Z0-9]{1,20}")
FASTEST: Final = "max"


def _flag(value: Any) -> bool:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise ValueError("write true or false")
    return value


def _whole(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("write a whole number")
    return value


def _signed(value: Any) -> Decimal:
    if isinstance(value, str):
        try:
            made = parse_decimal("", value)
        except InvalidInputError as wrong:
            raise ValueError(wrong.remedy) from None
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        made = Decimal(value)
    else:
        raise ValueError('write a number such as 0.25 or "0.25"')
    if not fits(made):
        raise ValueError("at most 18 digits before and 18 after the point are kept")
    return made


def _amount(value: Any) -> Decimal:
    made = _signed(value)
    if made < 0:
        raise ValueError("must not be below zero")
    return made


def _speed(value: Any) -> Decimal | str:
    if value == FASTEST:
        return FASTEST
    try:
        speed = _amount(value)
    except ValueError as wrong:
        raise ValueError(f'{wrong}, or "{FASTEST}"') from None
    if speed == 0:
        raise ValueError(f'write a number above zero, or "{FASTEST}"')
    return speed


def _folder(value: Any) -> Path:
    if isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value:
        raise ValueError("write a path")
    return Path(value).expanduser()


def _secret(value: Any) -> Secret:
    if not isinstance(value, str) or not value:
        raise ValueError("write a text that is not empty, best as ${NAME}")
    return Secret(value)


def _other_venue(value: Any) -> str:
    if not isinstance(value, str) or _OTHER.fullmatch(value) is None:
        like = f"; did you mean external_adapters.{value.upper()}?" if isinstance(value, str) else ""
        raise ValueError(f"write a venue in capitals, as its plugin names it, such as ACME{like}")
    return value


def _other_value(value: Any) -> object:
    match value:
        case str():
            return Secret(value)
        case bool() | int() | Decimal():
            return value
        case list() if all(isinstance(each, str) for each in value):
            return tuple(Secret(each) for each in value)
    raise ValueError("write a text, a number, true or false, or a list of texts")


def _key_or_any(value: Any) -> str:
    if value == ANY_KEY:
        return ANY_KEY
    if not isinstance(value, str):
        raise ValueError("write an instrument key or *")
    try:
        instrument = InstrumentKey(value)
    except InvalidInputError as wrong:
        raise ValueError(wrong.remedy) from None
    if instrument.venue == SMART:
        raise ValueError(SMART_IS_NOWHERE)
    return instrument


def _key(value: Any) -> str:
    if value == ANY_KEY:
        raise ValueError("write an instrument key")
    return _key_or_any(value)


def _venue(value: Any) -> str:
    if not isinstance(value, str) or _VENUE.fullmatch(value) is None or value == SMART:
        raise ValueError("write a venue as instrument keys do, such as BINANCE-FUTURES")
    return value


def _venue_or_any(value: Any) -> str:
    if not isinstance(value, str) or (value != ANY_KEY and (_VENUE.fullmatch(value) is None or value == SMART)):
        raise ValueError("write a venue as instrument keys do, such as BINANCE-FUTURES, or *")
    return value


def _venue_or_key(value: Any) -> str:
    return _key_or_any(value) if isinstance(value, str) and ":" in value else _venue_or_any(value)


def _currency_or_any(value: Any) -> str:
    return ANY_KEY if value == ANY_KEY else _currency(value)


def _currency(value: Any) -> str:
    if not isinstance(value, str) or _CURRENCY.fullmatch(value) is None:
        raise ValueError("write a currency in capitals, such as EUR")
    return value


def _hours(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("write windows in UTC such as MON-FRI 13:30-20:00")
    try:
        parse_hours("", value)
    except InvalidInputError as wrong:
        raise ValueError(wrong.remedy) from None
    return value


Text = Annotated[str, Strict(), Field(min_length=1)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Whole = Annotated[int, BeforeValidator(_whole)]
Positive = Annotated[int, Field(ge=1), BeforeValidator(_whole)]
Milliseconds = Annotated[int, Field(ge=1, le=86_400_000), BeforeValidator(_whole)]
PortNumber = Annotated[int, Field(ge=0, le=65_535), BeforeValidator(_whole)]  # 0: any free one
Amount = Annotated[Decimal, BeforeValidator(_amount)]
Signed = Annotated[Decimal, BeforeValidator(_signed)]
Speed = Annotated[Decimal | str, BeforeValidator(_speed)]  # times real time, or as fast as can be
Folder = Annotated[Path, BeforeValidator(_folder)]  # from the working directory, where it is relative
SecretText = Annotated[InstanceOf[Secret], BeforeValidator(_secret)]
OtherVenue = Annotated[str, BeforeValidator(_other_venue)]
OtherValue = Annotated[object, BeforeValidator(_other_value)]  # of a plugin that only itself knows
Key = Annotated[str, BeforeValidator(_key)]
KeyOrAny = Annotated[str, BeforeValidator(_key_or_any)]
VenueName = Annotated[str, BeforeValidator(_venue)]
VenueOrAny = Annotated[str, BeforeValidator(_venue_or_any)]
VenueOrKey = Annotated[str, BeforeValidator(_venue_or_key)]
CurrencyName = Annotated[str, BeforeValidator(_currency)]
CurrencyOrAny = Annotated[str, BeforeValidator(_currency_or_any)]
Hours = Annotated[str, BeforeValidator(_hours)]
WindowMs = Annotated[int, Field(ge=1, le=MINUTE_MS), BeforeValidator(_whole)]
VolumeMs = Annotated[int, Field(ge=1, le=LONGEST_VOLUME_MS), BeforeValidator(_whole)]


class Section(BaseModel):
    """A part of the configuration: knows its keys, takes no others, and never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")
