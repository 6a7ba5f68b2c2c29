"""What balances of spot accounts should be: their venue's word, and what every trade since has moved."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ports.facts import BalanceCompared, BalanceStated, OrderFilled
from ports.instruments import InstrumentKey, InstrumentType
from ports.values import AccountId, Currency, plain


@dataclass(slots=True)
class Expected:
    """One currency of one account; `differed` is (ours, theirs) where the last statement differed.

    Until a second statement has confirmed it, what was stated first may lack a trade that was under way just then.
    """

    total: Decimal
    is_confirmed: bool = False
    differed: tuple[Decimal, Decimal] | None = None


class Balances:
    """The balances of accounts that trade spot alone: margin moves the others by rules of their venues' own."""

    def __init__(self) -> None:
        self._margined: set[AccountId] = set()
        self._expected: dict[AccountId, dict[Currency, Expected]] = {}

    def of(self, account: AccountId) -> dict[Currency, Expected]:
        """Return what is expected of every currency that was ever stated; empty of an account that is not compared."""
        return {} if account in self._margined else self._expected.get(account, {})

    def listed(self, account: AccountId, instrument: InstrumentKey) -> None:
        """An account can trade an instrument."""
        if instrument.type is not InstrumentType.SPOT_PAIR:
            self._margined.add(account)

    def stated(self, fact: BalanceStated) -> None:
        """A balance was stated; the first time it is what is expected from then on."""
        self._expected.setdefault(fact.account, {}).setdefault(fact.currency, Expected(fact.total))

    def traded(self, fill: OrderFilled) -> None:
        """A trade moves base and quote, and its fee what it is paid in."""
        expected = self.of(fill.account)
        if not expected:
            return
        signed = fill.side.sign * fill.quantity
        moves = (
            (fill.instrument.base, signed),
            (fill.instrument.quote, -signed * fill.price),
            (fill.fee.currency, -fill.fee.amount),
        )
        for currency, move in moves:
            if currency in expected:
                expected[currency].total += move

    def compared(self, fact: BalanceCompared) -> None:
        """Remember a difference, forget it, or take over what the venue says."""
        one = self._expected[fact.account][fact.currency]
        one.is_confirmed = one.is_confirmed or fact.ours == fact.theirs
        one.differed = None if fact.taken_over or fact.ours == fact.theirs else (fact.ours, fact.theirs)
        if fact.taken_over:
            one.total = fact.theirs

    def canonical(self) -> tuple[object, ...]:
        """Return them in one fixed shape."""
        return (
            tuple(sorted(self._margined)),
            tuple(
                [
                    (account, currency, plain(one.total), one.is_confirmed, one.differed is not None)
                    for account, held in sorted(self._expected.items())
                    for currency, one in sorted(held.items())
                ]
            ),
        )
