"""Which fees an account pays: by what it has traded of late, counted as it trades."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final

from ports.errors import InvalidInputError
from ports.records import brief_record, record
from ports.values import ZERO, AccountId, plain

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


@brief_record
class _Day:
    day: int
    usd: Decimal


class TradedVolumes:
    """What each account traded on each of the last 30 UTC days, in USD."""

    def __init__(self) -> None:
        self._days: dict[AccountId, list[_Day]] = {}  # oldest first

    def traded(self, account: AccountId, notional_usd: Decimal, now_ns: int) -> None:
        """Count a trade on its day; one that comes late counts on the newest day."""
        days = self._days.setdefault(account, [])
        today = now_ns // _DAY_NS
        if days and days[-1].day >= today:
            days[-1] = _Day(days[-1].day, days[-1].usd + notional_usd)
            return
        days.append(_Day(today, notional_usd))
        del days[:-_DAYS]

    def volume_usd(self, account: AccountId, now_ns: int) -> Decimal:
        """Return what the account traded in the last 30 days, today among them."""
        first = now_ns // _DAY_NS - _DAYS + 1
        return sum([each.usd for each in self._days.get(account, ()) if each.day >= first], ZERO)

    def canonical(self) -> tuple[object, ...]:
        """Return all volumes in one fixed shape."""
        return tuple(
            [(account, *[(each.day, plain(each.usd)) for each in days]) for account, days in sorted(self._days.items())]
        )
