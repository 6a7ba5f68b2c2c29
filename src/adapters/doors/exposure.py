"""Exposure in the reporting currency: the whole, and by strategy, instrument, venue or base asset."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from adapters.doors.render import Plain
from adapters.doors.service import ExposureLine, Service, demand_venue
from adapters.doors.text import read_name, read_venue
from ports.errors import InvalidInputError
from ports.values import ZERO, exact, multiply_rounded, plain

CURRENCY: Final = "USD"
STALE_AFTER_NS: Final = 60_000_000_000  # a price this old may no longer be one
GROUPS: Final[Mapping[str, Callable[[ExposureLine], str]]] = {
    "STRATEGY": lambda line: line.strategy_id,
    "INSTRUMENT": lambda line: line.instrument,
    "VENUE": lambda line: line.instrument.venue,
    "BASE_ASSET": lambda line: line.instrument.base,
}
_LATER_GROUPS: Final = ("ACCOUNT",)


@dataclass(slots=True)
class Sums:
    """What a group adds up to, in USD; lines without a price are counted in `unpriced` and in nothing else."""

    gross: Decimal = ZERO
    net: Decimal = ZERO
    worst_case: Decimal = ZERO
    unpriced: int = 0
    stale: int = 0

    def add(self, line: ExposureLine, now_ns: int) -> None:
        """Count one line. Each is rounded to 18 places once; their sum is exact."""
        if line.unit_usd is None:
            self.unpriced += 1
            return
        value = multiply_rounded(line.position, line.unit_usd)
        with exact():
            self.gross += abs(value)
            self.net += value
            self.worst_case += multiply_rounded(line.worst_case, line.unit_usd)
        self.stale += line.price_ns is not None and now_ns - line.price_ns > STALE_AFTER_NS

    def plain(self, group: str) -> Plain:
        """Return an `Exposure` as plain data."""
        return {
            "group": group,
            "gross": plain(self.gross),
            "net": plain(self.net),
            "worst_case": plain(self.worst_case),
            "unpriced": self.unpriced,
            "stale": self.stale,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureFilter:
    """Whose exposure somebody asked for; empty means any."""

    strategy_id: str
    venue: str

    def of(self, service: Service) -> list[ExposureLine]:
        """Return what the filter leaves of everything that is held or could be.

        Raises:
            InvalidInputError: nobody knows the venue: to say that nothing is held there would be no answer.
        """
        lines = service.exposure()
        demand_venue(service, self.venue, [line.instrument.venue for line in lines])
        return [
            line
            for line in lines
            if (line.position or line.worst_case)
            and self.strategy_id in ("", line.strategy_id)
            and self.venue in ("", line.instrument.venue)
        ]


def read_exposure_filter(strategy_id: str, venue: str, account: str = "") -> ExposureFilter:
    """Read whose exposure is wanted.

    Raises:
        InvalidInputError: names the field, its value, and what would pass.
    """
    if account:
        raise InvalidInputError("account", account, "exposure by account is not supported yet: filter by venue")
    return ExposureFilter(
        strategy_id=read_name("strategy_id", strategy_id) if strategy_id else "",
        venue=read_venue("venue", venue) if venue else "",
    )


def read_group(text: str) -> str:
    """Read what to group by, in any case; empty: the whole only.

    Raises:
        InvalidInputError: it is not a group.
    """
    group = text.upper()
    if group and group not in GROUPS:
        why = "it is not supported yet" if group in _LATER_GROUPS else "there is no such group"
        raise InvalidInputError("group_by", text, f"{why}; write one of: {' '.join(GROUPS)}")
    return group


def total(lines: Iterable[ExposureLine], now_ns: int) -> Plain:
    """Return the whole, as plain data."""
    sums = Sums()
    for line in lines:
        sums.add(line, now_ns)
    return sums.plain("")


def grouped(lines: Iterable[ExposureLine], by: str, now_ns: int) -> list[Plain]:
    """Return what each group adds up to, by its name; together they are the whole."""
    found: dict[str, Sums] = {}
    for line in lines:
        found.setdefault(GROUPS[by](line), Sums()).add(line, now_ns)
    return [sums.plain(group) for group, sums in sorted(found.items())]
