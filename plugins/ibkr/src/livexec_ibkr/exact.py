"""ib_async's decoder without floats: every number is a Decimal of the digits that TWS wrote.

What cannot be read is told (`unreadable`), where the original would log it and go on as if nothing had been said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields as fields_of
from decimal import Decimal, InvalidOperation
from functools import cache
from types import SimpleNamespace
from typing import Any, Final

from ib_async.contract import Contract
from ib_async.decoder import Decoder
from ib_async.objects import CommissionReport

from ports.values import fits

_LARGEST: Final = Decimal("1e300")  # TWS writes the largest double where it has nothing to say
_EXECUTION_TIME: Final = 15  # where it stands in a message about an execution
_POSITION: Final = (  # what a message about a position says of its contract
    *("conId", "symbol", "secType", "lastTradeDateOrContractMonth", "strike", "right"),
    *("multiplier", "exchange", "currency", "localSymbol", "tradingClass"),
)


class ExactDecoder(Decoder):
    """Reads messages and calls `listener`, by ib_async's names for its methods."""

    def __init__(self, listener: SimpleNamespace, unreadable: Callable[[str], None]) -> None:
        super().__init__(listener, 0)  # type: ignore[arg-type]  # a listener of ours, in the place of its own
        self._unreadable = unreadable

    def interpret(self, fields: list[str]) -> None:
        """Read one message; kinds that nobody here knows are passed over."""
        try:
            handler = self.handlers.get(int(fields[0]))
            if handler is not None:
                handler(fields)
        except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError) as wrong:
            self._unreadable(f"a message cannot be read ({wrong!r}): {fields[:12]}")

    def wrap(self, methodName: str, types: Sequence[type], skip: int = 2) -> Callable[[list[str]], None]:  # noqa: N803 - the name of what is overridden
        """Return a reader of plain messages."""

        def read(fields: list[str]) -> None:
            method = getattr(self.wrapper, methodName, None)
            if method is not None:
                method(*[_READERS[kind](text) for kind, text in zip(types, fields[skip:], strict=False)])

        return read

    def parse(self, obj: Any) -> None:
        """Turn the texts of an object into what its fields are, exactly."""
        said = vars(obj)
        kind: Any = type(obj)
        for name, read, default in _numbers_of(kind):
            value = said[name]
            if isinstance(value, str):
                said[name] = read(value) if value else default

    def execDetails(self, fields: list[str]) -> None:  # noqa: N802 - the name of what is overridden
        """Read an execution; its time must say of which zone it is."""
        if "  " in fields[_EXECUTION_TIME]:
            raise ValueError("the time has no zone; let TWS send times in UTC (API settings)")
        super().execDetails(fields)  # type: ignore[no-untyped-call]  # it has no types

    def priceSizeTick(self, fields: list[str]) -> None:  # noqa: N802 - as above
        """Read a price; one that TWS takes back is left out."""
        _, _, request, kind, price, size, *_ = fields
        listener: Any = self.wrapper
        listener.priceSizeTick(int(request), int(kind), exact(price), exact(size))

    def commissionReport(self, fields: list[str]) -> None:  # noqa: N802 - as above
        """Read a commission, and nothing else of the report."""
        _, _, execution_id, commission, currency, *_ = fields
        amount: Any = exact(commission or "1e308")
        self.wrapper.commissionReport(CommissionReport(execution_id, amount, currency))

    def position(self, fields: list[str]) -> None:
        """Read a position exactly."""
        contract: Any = Contract(**dict(zip(_POSITION, fields[3:14], strict=True)))  # type: ignore[arg-type]  # texts
        self.parse(contract)
        listener: Any = self.wrapper
        listener.position(fields[2], contract, exact(fields[14]))


@cache
def _numbers_of(kind: Any) -> tuple[tuple[str, Callable[[str], Any], Any], ...]:
    """Return the fields of a class that are no texts: how each is read, and what it is where nothing was said."""
    numbers = [(one.name, _READERS.get(type(one.default)), one.default) for one in fields_of(kind)]
    return tuple((name, read, default) for name, read, default in numbers if read not in (None, str))


def exact(text: str) -> Decimal:
    """Return a number as it was written; nothing is zero, as TWS means it.

    Raises:
        ValueError: it is none.
    """
    try:
        value = Decimal(text or "0")
    except InvalidOperation:
        raise ValueError(f"{text!r} is no number") from None
    if not value.is_finite():
        raise ValueError(f"{text!r} is no number")
    return value


def stated(value: Any) -> Decimal | None:
    """Return a number that TWS gave; None where it said nothing, or what cannot be held exactly."""
    if not isinstance(value, Decimal) or abs(value) >= _LARGEST:
        return None
    return value if fits(value) else None


def _flag(text: str) -> bool:
    return bool(int(text or "0"))


def _whole(text: str) -> int:
    return int(text or "0")


_READERS: Final[Mapping[type, Callable[[str], Any]]] = {str: str, int: _whole, float: exact, bool: _flag}
