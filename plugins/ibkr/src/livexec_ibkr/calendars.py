"""When exchanges trade: regular sessions with holidays, early closes and lunch, by the library exchange_calendars."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import Final

from livexec_ibkr.contracts import Listed
from ports.errors import NotSentError
from ports.instruments import InstrumentType
from ports.requests import SendOrder
from ports.values import OrderType, TimeInForce

_NANOS: Final = 1_000_000_000
_BEFORE, _AFTER = timedelta(days=10), timedelta(days=370)
_AT_ONCE: Final = frozenset({TimeInForce.IOC, TimeInForce.FOK})
_NEW_YORK: Final = "XNYS"
# What Interactive Brokers calls exchanges, and the library; currencies trade around the clock, and are not asked about.
CALENDARS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("NYSE", "NASDAQ", "ARCA", "AMEX", "BATS", "IEX", "SMART", "CBOE"), _NEW_YORK),
    **dict.fromkeys(("CME", "CBOT", "NYMEX", "COMEX"), "CMES"),
    "IBIS": "XETR",
    "EUREX": "XEUR",
    "LSE": "XLON",
    "SBF": "XPAR",
    "AEB": "XAMS",
    "BVME": "XMIL",
    "EBS": "XSWX",
    "TSE": "XTSE",
    "TSEJ": "XTKS",
}


class Sessions:
    """The regular sessions of one exchange."""

    def __init__(self, name: str, windows: Iterable[tuple[int, int]]) -> None:
        self.name = name
        self._edges = list(chain.from_iterable(sorted(windows)))  # opens and closes in turn, UTC nanoseconds

    def is_open(self, now_ns: int) -> bool:
        """Say whether `now_ns` falls into a session; its end is not of it."""
        return bisect_right(self._edges, now_ns) % 2 == 1

    def next_open(self, now_ns: int) -> datetime | None:
        """Return when the next session begins; None where none is known that late."""
        at = bisect_right(self._edges, now_ns)
        at += at % 2
        return None if at >= len(self._edges) else datetime.fromtimestamp(self._edges[at] // _NANOS, UTC)

    def check(self, order: SendOrder, now_ns: int) -> None:
        """Make sure that an order that has to trade at once can.

        Raises:
            NotSentError: the exchange is closed; says until when.
        """
        must_trade = order.order_type is OrderType.MARKET or order.time_in_force in _AT_ONCE
        if must_trade and not self.is_open(now_ns):
            opens = self.next_open(now_ns)
            until = "" if opens is None else f" until {opens:%Y-%m-%d %H:%M} UTC"
            raise NotSentError(f"{order.instrument} trades at {self.name}, which is closed{until}")


def calendar_of(listed: Listed) -> str | None:
    """Return the library's name of the calendar that an instrument follows; None where it has none."""
    if listed.instrument.key.type is InstrumentType.CURRENCY:
        return None
    return CALENDARS.get(listed.exchange)


async def load(names: Iterable[str], now_ns: int) -> Mapping[str, Sessions]:
    """Return calendars by name; the library is loaded and reckons in a thread, beside the others."""
    today = datetime.fromtimestamp(now_ns // _NANOS, UTC).date()
    wanted = sorted(set(names))
    found = await asyncio.gather(*(asyncio.to_thread(_sessions, name, today.isoformat()) for name in wanted))
    return dict(zip(wanted, found, strict=True))


@lru_cache(maxsize=64)
def _sessions(name: str, today: str) -> Sessions:
    import exchange_calendars

    day = datetime.fromisoformat(today)
    calendar = exchange_calendars.get_calendar(name, start=f"{day - _BEFORE:%Y-%m-%d}", end=f"{day + _AFTER:%Y-%m-%d}")
    opens, closes = calendar.opens_nanos.tolist(), calendar.closes_nanos.tolist()
    breaks = zip(calendar.break_starts_nanos.tolist(), calendar.break_ends_nanos.tolist(), strict=True)
    return Sessions(name, _windows(list(zip(opens, closes, strict=True)), list(breaks)))


def _windows(sessions: Sequence[tuple[int, int]], breaks: Sequence[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    for (opens, closes), (pauses, goes_on) in zip(sessions, breaks, strict=True):
        if opens < pauses < goes_on < closes:  # where there is no lunch, the library writes the least number there is
            yield from ((opens, pauses), (goes_on, closes))
        else:
            yield (opens, closes)
