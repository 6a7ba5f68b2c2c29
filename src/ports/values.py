"""The words every room shares: identifiers, sides, statuses, and exact amounts of money."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    Clamped,
    Context,
    Decimal,
    DivisionByZero,
    FloatOperation,
    Inexact,
    InvalidOperation,
    Overflow,
    Subnormal,
    Underflow,
    getcontext,
    setcontext,
)
from enum import StrEnum
from typing import Final, NewType

from ports.errors import InvalidInputError

OperationId = NewType("OperationId", str)  # the strategy's idempotency key, unique for ever
OrderId = NewType("OrderId", str)  # ours, computed from the operation id
ClientOrderId = NewType("ClientOrderId", str)  # what the venue sees as ours, computed from the operation id
VenueOrderId = NewType("VenueOrderId", str)
TradeId = NewType("TradeId", str)  # the venue's; unique within (venue, account, instrument)
StrategyId = NewType("StrategyId", str)
VenueId = NewType("VenueId", str)
AccountId = NewType("AccountId", str)  # one set of balances and positions at one venue
DecisionId = NewType("DecisionId", str)
AmendId = NewType("AmendId", str)  # the sender's; once for ever within its order
Principal = NewType("Principal", str)  # who asked, as the door authenticated them
Currency = NewType("Currency", str)

Quantity = NewType("Quantity", Decimal)  # > 0, in the instrument's own unit (contracts.md, Amounts)
Price = NewType("Price", Decimal)  # in the quote currency per unit

UNATTRIBUTED: Final = StrategyId("UNATTRIBUTED")  # holds the trades that no order of ours explains
SYSTEM: Final = Principal("livexec")  # the service itself
CONFIGURATION: Final = Principal("config")  # what it was started with
OURS: Final = frozenset({SYSTEM, CONFIGURATION})  # no person may act under these names: some rules do not hold them
MAX_PLACES: Final = 18  # NUMERIC(36, 18): what every column holds exactly
MAX_WHOLE_DIGITS: Final = 18
ZERO: Final = Decimal(0)

_PRECISION: Final = 60
_ALWAYS_TRAPPED: Final = [InvalidOperation, DivisionByZero, Overflow, Underflow, FloatOperation]
_EXACT: Final = Context(prec=_PRECISION, traps=[*_ALWAYS_TRAPPED, Inexact, Clamped, Subnormal])
_ROUNDING: Final = Context(prec=_PRECISION, rounding=ROUND_HALF_EVEN, traps=list(_ALWAYS_TRAPPED))
_UPWARDS: Final = Context(prec=_PRECISION, rounding=ROUND_CEILING, traps=list(_ALWAYS_TRAPPED))
_TEN_THOUSAND: Final = Decimal(10_000)
_BPS_QUANTUM: Final = Decimal("0.0001")
_QUANTUM: Final = Decimal(1).scaleb(-MAX_PLACES)
_PLAIN_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_OPERATION_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_MAX_NUMBER_TEXT: Final = 64


class Side(StrEnum):
    """Which way an order or a trade goes."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        """+1 where the position grows, -1 where it falls."""
        return 1 if self is Side.BUY else -1


class OrderType(StrEnum):
    """How an order prices itself, and what it waits for before it does.

    A buy *stop* waits until the market has risen to its trigger, a buy *if touched* until it has fallen to it; for a
    sell it is the other way round. A trailing stop's trigger follows the market at a fixed distance, never back.
    """

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    STOP_MARKET = "STOP_MARKET"
    STOP_LIMIT = "STOP_LIMIT"
    MARKET_IF_TOUCHED = "MARKET_IF_TOUCHED"
    LIMIT_IF_TOUCHED = "LIMIT_IF_TOUCHED"
    TRAILING_STOP = "TRAILING_STOP"

    @property
    def has_price(self) -> bool:
        """True where the order has a limit price."""
        return self in _PRICED

    @property
    def has_trigger(self) -> bool:
        """True where the order waits for the market before it works."""
        return self not in (OrderType.MARKET, OrderType.LIMIT)

    @property
    def is_stop(self) -> bool:
        """True where the order waits for the market to go against what it closes."""
        return self in _STOPS

    @property
    def once_triggered(self) -> OrderType:
        """What works at the venue when there is nothing left to wait for."""
        return OrderType.LIMIT if self.has_price else OrderType.MARKET


_STOPS: Final = frozenset({OrderType.STOP_MARKET, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP})
_PRICED: Final = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.LIMIT_IF_TOUCHED})


class TimeInForce(StrEnum):
    """How long an order lives."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    GTD = "GTD"
    DAY = "DAY"  # until the end of the UTC day in which it was recorded


class OrderStatus(StrEnum):
    """Where an order is in its life; the same words everywhere (contracts.md)."""

    PENDING = "PENDING"
    SUBMITTED = "SUBMITTED"
    ACCEPTED = "ACCEPTED"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    PENDING_CANCEL = "PENDING_CANCEL"
    PENDING_AMEND = "PENDING_AMEND"
    HELD = "HELD"
    UNCONFIRMED = "UNCONFIRMED"

    @property
    def is_terminal(self) -> bool:
        """True where nothing more can happen but a late fill."""
        return self in _TERMINAL


_TERMINAL: Final = frozenset({OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REJECTED, OrderStatus.EXPIRED})


class Liquidity(StrEnum):
    """Whether a trade added or took liquidity; decides its fee."""

    MAKER = "MAKER"
    TAKER = "TAKER"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency; negative where it is owed to us (a rebate, when it is a fee)."""

    amount: Decimal
    currency: Currency


class exact:  # noqa: N801 - it is read as a word: `with exact():`
    """Enter the one context for money arithmetic: 60 digits, and anything inexact raises.

    Nothing may change that context: it is not copied, which would take twice as long as entering it.
    """

    __slots__ = ("_before",)

    def __enter__(self) -> None:
        self._before = getcontext()
        setcontext(_EXACT)

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        setcontext(self._before)


def divide(numerator: Decimal, denominator: Decimal) -> Decimal:
    """Return the quotient rounded half-even to 18 places: the only division of amounts there is."""
    return _ROUNDING.quantize(_ROUNDING.divide(numerator, denominator), _QUANTUM)


def bps_of(part: Decimal, whole: Decimal) -> Decimal:
    """Return `part / whole` in basis points, rounded up to 4 places: what is within a limit never was above it."""
    return _UPWARDS.quantize(_UPWARDS.divide(_UPWARDS.multiply(part, _TEN_THOUSAND), whole), _BPS_QUANTUM)


def share(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """Return `amount * part / whole` rounded half-even to 18 places; exactly `amount` where part is whole."""
    return amount if part == whole else divide(_ROUNDING.multiply(amount, part), whole)


def to_places(value: Decimal) -> Decimal:
    """Return `value` rounded half-even to 18 places, for showing it."""
    return _ROUNDING.quantize(value, _QUANTUM)


def multiply_rounded(left: Decimal, right: Decimal) -> Decimal:
    """Return the product rounded half-even to 18 places, for valuations (never for ledgers)."""
    return _ROUNDING.quantize(_ROUNDING.multiply(left, right), _QUANTUM)


def round_down(value: Decimal, step: Decimal) -> Decimal:
    """Return the largest multiple of `step` that is not above `value`."""
    return _EXACT.multiply(_steps(value, step, ROUND_FLOOR), step)


def round_up(value: Decimal, step: Decimal) -> Decimal:
    """Return the smallest multiple of `step` that is not below `value`."""
    return _EXACT.multiply(_steps(value, step, ROUND_CEILING), step)


def is_multiple(value: Decimal, step: Decimal) -> bool:
    """Say whether `value` is a whole number of `step`s, exactly."""
    return _ROUNDING.remainder(value, step) == 0


def _steps(value: Decimal, step: Decimal, rounding: str) -> Decimal:
    return _ROUNDING.divide(value, step).to_integral_value(rounding=rounding)


def parse_decimal(field: str, text: str) -> Decimal:
    """Read plain decimal text exactly.

    Exponents, NaN, infinities, blanks, underscores and anything that NUMERIC(36, 18) cannot hold are refused.

    Raises:
        InvalidInputError: names `field`, the text and what would pass.
    """
    if len(text) > _MAX_NUMBER_TEXT or _PLAIN_NUMBER.fullmatch(text) is None:
        raise InvalidInputError(field, text, 'write a plain decimal number such as "0.25" (no exponent)')
    value = Decimal(text)
    if not fits(value):
        raise InvalidInputError(
            field, text, f"at most {MAX_WHOLE_DIGITS} digits before and {MAX_PLACES} after the point are kept"
        )
    return value


def fits(value: Decimal) -> bool:
    """Say whether a finite number is held exactly by NUMERIC(36, 18)."""
    if not value.is_finite():
        return False
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -MAX_PLACES and value.adjusted() < MAX_WHOLE_DIGITS


def parse_quantity(field: str, text: str) -> Quantity:
    """Read an amount greater than zero.

    Raises:
        InvalidInputError: as `parse_decimal`, or not greater than zero.
    """
    value = parse_decimal(field, text)
    if value <= 0:
        raise InvalidInputError(field, text, "must be greater than zero")
    return Quantity(value)


def parse_price(field: str, text: str) -> Price:
    """Read a price greater than zero.

    Raises:
        InvalidInputError: as `parse_decimal`, or not greater than zero.
    """
    value = parse_decimal(field, text)
    if value <= 0:
        raise InvalidInputError(field, text, "must be greater than zero; leave it empty for a market order")
    return Price(value)


def parse_operation_id(field: str, text: str) -> OperationId:
    """Read an idempotency key: 1 to 128 characters of `A-Z a-z 0-9 . _ : -`.

    Raises:
        InvalidInputError: empty, too long, or another character.
    """
    if _OPERATION_ID.fullmatch(text) is None:
        raise InvalidInputError(field, text, "use 1 to 128 characters of A-Z a-z 0-9 . _ : -")
    return OperationId(text)


def plain(value: Decimal) -> str:
    """Write a number as plain text, without exponent and without trailing zeros."""
    text = str(value)
    if "E" in text:
        text = format(value, "f")  # which takes three times as long, and nearly no amount needs it
    return text.rstrip("0").rstrip(".") if text[-1] == "0" and "." in text else text
