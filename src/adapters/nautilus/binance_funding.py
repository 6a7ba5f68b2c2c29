"""The funding that a futures account of Binance received and paid, from its list of income."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from nautilus_trader.adapters.binance.futures.http.account import BinanceFuturesAccountHttpAPI
from nautilus_trader.core.nautilus_pyo3 import HttpMethod

from adapters.nautilus.binance_words import Interpreter
from adapters.nautilus.live_words import NANOS_A_MILLI, decimal
from ports.errors import VenueUnavailableError
from ports.reports import FundingReport
from ports.values import Currency, Money, TradeId

_PATH: Final = "/fapi/v1/income"
_PAGE: Final = 1_000
_MOST_PAGES: Final = 50
_KEPT_MS: Final = 90 * 24 * 3_600_000  # the venue lists three months
_SPAN_MS: Final = 7 * 24 * 3_600_000


class _Income(msgspec.Struct, frozen=True):
    symbol: str
    income: str
    asset: str
    time: int
    transaction: int | str = msgspec.field(name="tranId")  # one for ever, of one account and kind of income


_INCOME: Final = msgspec.json.Decoder(list[_Income])


async def funding_since(
    http: BinanceFuturesAccountHttpAPI, interpreter: Interpreter, since_ms: int, now_ms: int
) -> Sequence[FundingReport]:
    """Return funding payments at or after a time, oldest first. Nautilus's client has no call of its own for them.

    Raises:
        VenueUnavailableError: the list is longer than anybody would read. What the request itself ends with, besides.
    """
    listed: dict[str, _Income] = {}  # a page begins with the last instant of the one before
    begin_ms = max(since_ms, now_ms - _KEPT_MS)
    for _ in range(_MOST_PAGES):
        end_ms = begin_ms + _SPAN_MS
        page = _INCOME.decode(await http.client.sign_request(HttpMethod.GET, _PATH, _question(http, begin_ms, end_ms)))
        listed |= {str(one.transaction): one for one in page}
        if len(page) == _PAGE and page[-1].time > begin_ms:
            begin_ms = page[-1].time
        elif len(page) == _PAGE:
            raise VenueUnavailableError(f"the venue lists more than {_PAGE} funding payments of one instant")
        elif end_ms >= now_ms:
            named = [one for one in listed.values() if interpreter.names(one.symbol)]
            return tuple(_report(one, interpreter) for one in sorted(named, key=lambda one: one.time))
        else:
            begin_ms = end_ms
    raise VenueUnavailableError(f"the venue has more than {_MOST_PAGES} pages of funding to list")


def _question(http: BinanceFuturesAccountHttpAPI, begin_ms: int, end_ms: int) -> dict[str, str]:
    return {
        "incomeType": "FUNDING_FEE",
        "startTime": str(begin_ms),
        "endTime": str(end_ms),
        "limit": str(_PAGE),
        "timestamp": http._timestamp(),
    }


def _report(one: _Income, interpreter: Interpreter) -> FundingReport:
    return FundingReport(
        account=interpreter.account,
        instrument=interpreter.key(one.symbol),
        payment_id=TradeId(str(one.transaction)),
        amount=Money(decimal(one.income), Currency(one.asset)),
        position=None,
        venue_time_ns=one.time * NANOS_A_MILLI,
    )
