"""What an account can still pay with: its venue's last statement, less what we spent since and what is reserved.

Money that came in counts when the venue's next statement shows it; money that went out counts at once.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

from ports.facts import AccountStated, BalanceStated, OrderFilled
from ports.instruments import InstrumentKey, InstrumentType
from ports.values import ZERO, AccountId, Currency, Side, plain

_MOST_SPENDINGS: Final = 4_096  # of one purse that are told apart by their time


class Need(NamedTuple):
    """What an open spot order may still have to pay."""

    account: AccountId
    currency: Currency
    amount: Decimal


@dataclass(slots=True)
class Purse:
    """One currency of one account. `locked` is held back at the venue by orders that are not ours."""

    total: Decimal | None = None  # as stated; None: never
    locked: Decimal = ZERO
    reserved: Decimal = ZERO
    spent: Decimal = ZERO  # since the statement, in all
    spendings: deque[tuple[int, Decimal]] = field(
        default_factory=deque
    )  # `spent` by when we learnt of it, oldest first

    @property
    def available(self) -> Decimal | None:
        """What a further order may need; None where the venue never stated it."""
        if self.total is None:
            return None
        return self.total - self.locked - self.reserved - self.spent

    def spend(self, learnt_ns: int, amount: Decimal) -> None:
        """Money went out.

        Of too many, the oldest two count as one of the later time: a statement asked for between them leaves both
        out of what there is, until the next one.
        """
        self.spent += amount
        self.spendings.append((learnt_ns, amount))
        if len(self.spendings) > _MOST_SPENDINGS:
            _, oldest = self.spendings.popleft()
            later_ns, next_oldest = self.spendings.popleft()
            self.spendings.appendleft((later_ns, oldest + next_oldest))

    def stated(self, asked_ns: int) -> None:
        """Forget what a statement that was asked for then knows of."""
        while self.spendings and self.spendings[0][0] < asked_ns:
            self.spent -= self.spendings.popleft()[1]


class Funds:
    """Every purse there is."""

    def __init__(self) -> None:
        self._purses: dict[AccountId, dict[Currency, Purse]] = {}
        self._shapes: dict[InstrumentKey, tuple[Currency, Currency] | None] = {}  # base and quote of spot

    def purse(self, account: AccountId, currency: Currency) -> Purse:
        """Return one currency of an account (an empty one where nothing is known), to read it."""
        return self._purses.get(account, {}).get(currency) or Purse()

    def spot_pair(self, instrument: InstrumentKey) -> tuple[Currency, Currency] | None:
        """Return base and quote of a spot pair; None where it is none."""
        if instrument not in self._shapes:
            is_spot = instrument.type is InstrumentType.SPOT_PAIR
            self._shapes[instrument] = (instrument.base, instrument.quote) if is_spot else None
        return self._shapes[instrument]

    def need(
        self, account: AccountId, instrument: InstrumentKey, side: Side, quantity: Decimal, price: Decimal | None
    ) -> Need | None:
        """Return what a spot order may have to pay; None where it is no spot order, or nobody knows its price."""
        pair = self.spot_pair(instrument)
        if pair is None:
            return None
        if side is Side.SELL:
            return Need(account, pair[0], quantity)
        return None if price is None else Need(account, pair[1], quantity * price)

    def reserve(self, need: Need, sign: int) -> None:
        """Hold back what an open order may need (sign +1), or give it back (-1)."""
        self._known(need.account, need.currency).reserved += sign * need.amount

    def traded(self, fill: OrderFilled) -> None:
        """A spot trade and every fee takes money out."""
        if fill.fee.amount > 0:
            self._spend(fill, fill.fee.currency, fill.fee.amount)
        pair = self.spot_pair(fill.instrument)
        if pair is not None and fill.side is Side.BUY:
            self._spend(fill, pair[1], fill.quantity * fill.price)
        elif pair is not None:
            self._spend(fill, pair[0], fill.quantity)

    def stated(self, fact: AccountStated) -> None:
        """A statement was taken in: it knows of everything that we had learnt before it was asked for."""
        for purse in self._purses.get(fact.account, {}).values():
            purse.stated(fact.asked_ns)

    def balance(self, fact: BalanceStated) -> None:
        """The venue says what there is."""
        purse = self._known(fact.account, fact.currency)
        purse.total = fact.total
        purse.locked = max(fact.total - fact.free - purse.reserved, ZERO)

    def _spend(self, fill: OrderFilled, currency: Currency, amount: Decimal) -> None:
        self._known(fill.account, currency).spend(fill.learnt_ns, amount)

    def _known(self, account: AccountId, currency: Currency) -> Purse:
        return self._purses.setdefault(account, {}).setdefault(currency, Purse())

    def canonical(self) -> tuple[object, ...]:
        """Return all purses in one fixed shape."""
        return tuple(
            [
                (account, currency, _text(one.total), plain(one.locked), plain(one.reserved), _text(one.available))
                for account, purses in sorted(self._purses.items())
                for currency, one in sorted(purses.items())
            ]
        )


def _text(amount: Decimal | None) -> str:
    return "" if amount is None else plain(amount)
