"""Which fees an account pays: by what it has traded of late, counted as it trades."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final

from ports.errors import InvalidInputError
from ports.records import record
from ports.values import ZERO, AccountId, Currency, multiply_rounded, plain

_DAY_NS: Final = 86_400_000_000_000
_DAYS: Final = 30  # venues look at the last 30 days, today left out or not: ours counts today


@record
class FeeTier:
    """What is paid from a traded volume on, as fractions of notional; negative is a rebate."""

    from_volume_usd: Decimal
    maker_rate: Decimal
    taker_rate: Decimal


def read_tiers(field: str, tiers: Sequence[FeeTier]) -> tuple[FeeTier, ...]:
    """Return tiers that can be asked: rising from zero.

    Raises:
        InvalidInputError: none, the first is not from zero, or they do not rise.
    """
    volumes = [tier.from_volume_usd for tier in tiers]
    if not volumes or volumes[0] != 0 or any(low >= high for low, high in pairwise(volumes)):
        shown = ", ".join(map(plain, volumes))
        raise InvalidInputError(field, shown, "write tiers from volume 0 upwards, each from more than the one before")
    return tuple(tiers)


def tier_at(tiers: Sequence[FeeTier], volume_usd: Decimal) -> FeeTier:
    """Return the tier of a volume; `tiers` are those of `read_tiers`."""
    reached = tiers[0]
    for tier in tiers:
        if tier.from_volume_usd > volume_usd:
            break
        reached = tier
    return reached


@dataclass(slots=True)
class _Day:
    day: int
    volume: Decimal


class TradedVolumes:
    """What each account traded on each of the last 30 UTC days, in each currency that prices are counted in."""

    def __init__(self) -> None:
        self._days: dict[AccountId, dict[Currency, list[_Day]]] = {}  # oldest first

    def traded(self, account: AccountId, currency: Currency, notional: Decimal, now_ns: int) -> None:
        """Count a trade on its day; one that comes late counts on the newest day."""
        days = self._days.setdefault(account, {}).setdefault(currency, [])
        today = now_ns // _DAY_NS
        if days and days[-1].day >= today:
            days[-1].volume += notional
            return
        days.append(_Day(today, notional))
        del days[:-_DAYS]

    def volume_usd(self, account: AccountId, now_ns: int, usd_per: Callable[[str], Decimal | None]) -> Decimal:
        """Return what the account traded in the last 30 days, today among them; without what nobody can value."""
        first = now_ns // _DAY_NS - _DAYS + 1
        total = ZERO
        for currency, days in self._days.get(account, {}).items():
            rate = usd_per(currency)
            if rate is not None:
                volume = sum([each.volume for each in days if each.day >= first], ZERO)
                total += multiply_rounded(volume, rate)
        return total

    def canonical(self) -> tuple[object, ...]:
        """Return all volumes in one fixed shape."""
        return tuple(
            [
                (account, currency, *[(each.day, plain(each.volume)) for each in days])
                for account, currencies in sorted(self._days.items())
                for currency, days in sorted(currencies.items())
            ]
        )
