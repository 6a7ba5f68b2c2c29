"""What each venue has been like lately: fills, waits and slippage as decayed sums, exact enough to fold again alike."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Final

from core.routing.offers import FillHistory, SlippageHistory
from ports.records import brief_record
from ports.values import ZERO, AccountId, divide, multiply_rounded, plain

_ONE: Final = Decimal(1)
_STEP_NS: Final = 60_000_000_000  # decay goes by whole minutes, so that its factor is one of a few numbers
_HALF_LIFE_STEPS: Final = 60
_STEP_FACTOR: Final = Decimal("0.988514020352896135")  # 0.5 ** (1 / 60) to 18 places
_MOST_SLIP_BPS: Final = Decimal(100)  # that one order counts with: a single mistaken print is no habit of a venue
_FORGOTTEN_STEPS: Final = 60 * _HALF_LIFE_STEPS  # 2 ** -60: below what 18 places keep of any weight


@lru_cache(maxsize=_FORGOTTEN_STEPS)
def decay(steps: int) -> Decimal:
    """Return what is left of a weight of 1 after so many minutes, to 18 places; it halves in an hour."""
    left = Decimal(1)
    base = _STEP_FACTOR
    while steps:
        if steps & 1:
            left = multiply_rounded(left, base)
        base = multiply_rounded(base, base)
        steps >>= 1
    return left


@brief_record
class Decayed:
    """A weighted sum that forgets: `weight` and `total` as of minute `step`. Values are of one unit, the owner's."""

    weight: Decimal
    total: Decimal
    step: int

    def after(self, now_ns: int) -> Decayed:
        """Return the same sum as of `now_ns`; time that goes back changes nothing."""
        step = now_ns // _STEP_NS
        passed = step - self.step
        if passed <= 0:
            return self
        if passed >= _FORGOTTEN_STEPS:
            return Decayed(ZERO, ZERO, step)
        left = decay(passed)
        return Decayed(multiply_rounded(self.weight, left), multiply_rounded(self.total, left), step)

    def with_one(self, value: Decimal, weight: Decimal, now_ns: int) -> Decayed:
        """Return the sum with one more value of this weight."""
        now = self.after(now_ns)
        return Decayed(now.weight + weight, now.total + multiply_rounded(value, weight), now.step)

    @property
    def mean(self) -> Decimal | None:
        """The weighted mean to 18 places; None where nothing is remembered."""
        return divide(self.total, self.weight) if self.weight else None


_NOTHING: Final = Decayed(ZERO, ZERO, 0)


class VenueStatistics:
    """What became of orders at each account lately, halved by the hour. State is a pure fold of what is noted."""

    def __init__(self) -> None:
        self._posts: dict[AccountId, Decayed] = {}  # 1 an order that waited, and what share of it filled
        self._takes: dict[AccountId, Decayed] = {}  # 1 an order that took, and what share of it filled
        self._waits: dict[AccountId, Decayed] = {}  # ns from release to acknowledgement
        self._slips: dict[AccountId, Decayed] = {}  # 1 an order that took, and by how many bps it paid more

    def order_ended(self, account: AccountId, filled_share: Decimal, now_ns: int, *, waited: bool) -> None:
        """Note an order that ended with this share of it filled, 0 to 1."""
        sums = self._posts if waited else self._takes
        sums[account] = sums.get(account, _NOTHING).with_one(filled_share, _ONE, now_ns)

    def acknowledged(self, account: AccountId, wait_ns: int, now_ns: int) -> None:
        """Note how long a venue took to acknowledge an order."""
        self._waits[account] = self._waits.get(account, _NOTHING).with_one(Decimal(wait_ns), _ONE, now_ns)

    def slipped(self, account: AccountId, bps: Decimal, now_ns: int) -> None:
        """Note by how much an order that took, and filled whole, paid more than the book of its route said."""
        counted = max(min(bps, _MOST_SLIP_BPS), -_MOST_SLIP_BPS)
        self._slips[account] = self._slips.get(account, _NOTHING).with_one(counted, _ONE, now_ns)

    def posts(self, account: AccountId, now_ns: int) -> FillHistory | None:
        """Return what became of orders that waited; None where none is remembered."""
        return _fills(self._posts.get(account), now_ns)

    def takes(self, account: AccountId, now_ns: int) -> FillHistory | None:
        """Return what became of orders that took; None where none is remembered."""
        return _fills(self._takes.get(account), now_ns)

    def slippage(self, account: AccountId, now_ns: int) -> SlippageHistory | None:
        """Return what orders that took paid beyond their routes' books; None where none is remembered."""
        sums = self._slips.get(account)
        now = None if sums is None else sums.after(now_ns)
        return SlippageHistory(orders=now.weight, total_bps=now.total) if now is not None and now.weight else None

    def round_trip_ns(self, account: AccountId) -> int | None:
        """Return the mean wait for an acknowledgement, rounded half-even; None where none is remembered."""
        mean = self._waits.get(account, _NOTHING).mean
        return None if mean is None else int(mean.to_integral_value())

    def canonical(self) -> tuple[object, ...]:
        """Return all sums in one fixed shape."""
        return tuple(
            [
                (name, account, plain(one.weight), plain(one.total), one.step)
                for name, sums in (
                    ("posts", self._posts),
                    ("takes", self._takes),
                    ("waits", self._waits),
                    ("slips", self._slips),
                )
                for account, one in sorted(sums.items())
            ]
        )


def _fills(sums: Decayed | None, now_ns: int) -> FillHistory | None:
    now = None if sums is None else sums.after(now_ns)
    return FillHistory(orders=now.weight, filled=now.total) if now is not None and now.weight else None
