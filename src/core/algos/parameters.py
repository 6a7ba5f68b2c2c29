"""Parameters of algorithms: declared once, read from text, refused by name with the rule that they break."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import Final

from core.algos.situation import SECOND_NS
from ports.algorithms import OrderRules
from ports.errors import InvalidInputError
from ports.records import record
from ports.values import Quantity, is_multiple, parse_decimal, plain

FIELD: Final = "exec_algorithm_params"


@record
class Parameter:
    """One parameter as people read of it. `least` and `most` are inclusive; `default` None: none, see `says`."""

    name: str
    unit: str
    says: str
    default: str | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    words: tuple[str, ...] = ()
    required: bool = False

    @property
    def bounds(self) -> str:
        """What values are taken, in words."""
        if self.words:
            return " or ".join(self.words)
        if self.least is not None and self.most is not None:
            return f"{plain(self.least)} to {plain(self.most)}"
        return "above 0" if self.least is None else f"{plain(self.least)} or more"


class Given:
    """The parameters that an order came with, read against those that its algorithm declares.

    Raises (every method):
        InvalidInputError: names `exec_algorithm_params.NAME`, the value and the rule it breaks.
    """

    def __init__(self, params: Mapping[str, str], declared: Sequence[Parameter]) -> None:
        self._params = params
        self._declared = {each.name: each for each in declared}
        for name in sorted(params):
            if name not in self._declared:
                self._refuse_unknown(name, params[name])
        for each in declared:
            if each.required and each.name not in params:
                raise refusal(each.name, "", f"is needed: {each.says}")

    def has(self, name: str) -> bool:
        """Say whether the order came with it."""
        return name in self._params

    def one_of(self, *names: str) -> str | None:
        """Return which of several names for one thing was given; None: none was."""
        given = [name for name in names if name in self._params]
        if len(given) > 1:
            raise refusal(given[1], self._params[given[1]], f"says what {given[0]} says; give one of them")
        return given[0] if given else None

    def number(self, name: str) -> Decimal:
        """Read a number within the declared bounds."""
        declared, text = self._declared[name], self._text(name)
        value = parse_decimal(f"{FIELD}.{name}", text)
        low = value <= 0 if declared.least is None else value < declared.least
        if low or (declared.most is not None and value > declared.most):
            raise refusal(name, text, f"must be {declared.bounds} ({declared.unit})")
        return value

    def optional(self, name: str) -> Decimal | None:
        """Read a number where one was given."""
        return self.number(name) if self.has(name) else None

    def whole(self, name: str) -> int:
        """Read a whole number."""
        value = self.number(name)
        if value != int(value):
            raise refusal(name, self._text(name), f"must be a whole number of {self._declared[name].unit}")
        return int(value)

    def nanoseconds(self, name: str) -> int:
        """Read seconds, at most nine places of them."""
        value = self.number(name) * SECOND_NS
        if value != int(value):
            raise refusal(name, self._text(name), "must be whole nanoseconds")
        return int(value)

    def amount(self, name: str, rules: OrderRules) -> Quantity:
        """Read an amount that can be an order: whole lots, and not below the venue's smallest."""
        value = self.number(name)
        if not is_multiple(value, rules.lot_size):
            raise refusal(name, self._text(name), f"use a whole number of lots of {plain(rules.lot_size)}")
        if value < rules.min_quantity:
            raise refusal(name, self._text(name), f"the smallest order is {plain(rules.min_quantity)}")
        return Quantity(value)

    def word(self, name: str) -> str:
        """Read one of the declared words."""
        text = self._text(name)
        if text not in self._declared[name].words:
            raise refusal(name, text, f"must be {self._declared[name].bounds}")
        return text

    def _text(self, name: str) -> str:
        default = self._declared[name].default
        return self._params.get(name, "" if default is None else default)

    def _refuse_unknown(self, name: str, text: str) -> None:
        near = get_close_matches(name, self._declared, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise refusal(name, text, f"is no parameter of this algorithm; {hint}known: {' '.join(sorted(self._declared))}")


def refusal(name: str, text: str, rule: str) -> InvalidInputError:
    """Return the error that refuses a parameter."""
    return InvalidInputError(f"{FIELD}.{name}", text, rule)
