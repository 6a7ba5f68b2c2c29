"""Catching up by sequence: the numbers that the venue gives the trades of an instrument, and where ours are whole.

`trade_seq` counts everybody's trades, so that a gap between two of ours says nothing. But it only grows: from a trade
of ours that is known, the venue lists all later ones, whatever its clock said of them, and lists the known one first
(https://docs.deribit.com/api-reference/trading/private-get_user_trades_by_instrument).
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from livexec_deribit.names import key_of
from livexec_deribit.words import NANOS_A_MILLI, Message, text, time_ms
from ports.instruments import InstrumentKey
from ports.reports import FillReport

_log = logging.getLogger(__name__)
_MOST: Final = 100  # instruments, those traded last: each is a question at every connect


@dataclass(frozen=True, slots=True)
class Numbered:
    """One trade of ours: its number within its instrument, its id, and its time."""

    number: int
    trade_id: str
    at_ms: int


class Lists(Protocol):
    """Who asks the venue for trades."""

    async def fills_from(self, instrument: InstrumentKey, first: Numbered) -> Sequence[FillReport] | None:
        """Return a known trade and all later ones of its instrument; None where the known one is not among them."""

    async def fills_since(self, since_ns: int) -> Sequence[FillReport]: ...


class Sequences:
    """Of one account, over all its connections."""

    def __init__(self) -> None:
        self._newest: OrderedDict[InstrumentKey, Numbered] = OrderedDict()
        self._whole: dict[InstrumentKey, Numbered] = {}  # up to here nothing is missing

    def hear(self, trades: Iterable[Message]) -> None:
        """Note what the venue tells of trades; the legs of a combo's are trades of their own."""
        for trade in trades:
            instrument = key_of(text(trade, "instrument_name"))
            number: Any = trade.get("trade_seq")
            if instrument is None:
                self.hear(trade.get("legs") or ())
            elif isinstance(number, int):
                self._note(instrument, Numbered(number, text(trade, "trade_id"), time_ms(trade, "timestamp")))

    @property
    def newest(self) -> Mapping[InstrumentKey, Numbered]:
        """The newest trade of each instrument that was told, as it is now."""
        return dict(self._newest)

    def prove(self, newest: Mapping[InstrumentKey, Numbered]) -> None:
        """Note that up to these trades the venue lists none that was not told."""
        self._whole.update((one, trade) for one, trade in newest.items() if one in self._newest)

    async def missed(self, venue: Lists) -> Sequence[FillReport]:
        """Return what the venue lists of each instrument from where ours were last whole, oldest first.

        Where the known trade is not listed the numbers prove nothing, and the time of that trade decides.

        Raises:
            VenueUnavailableError: it did not answer; nothing was learnt.
        """
        found: dict[tuple[str, str], FillReport] = {}
        for instrument, known in tuple(self._whole.items()):
            fills = await venue.fills_from(instrument, known)
            if fills is None:
                _log.warning("%s: trade %s is not listed any more; catching up by time", instrument, known.trade_id)
                fills = await venue.fills_since(known.at_ms * NANOS_A_MILLI)
            found |= {(one.instrument, one.trade_id): one for one in fills}
        return sorted(found.values(), key=lambda fill: fill.venue_time_ns)

    def _note(self, instrument: InstrumentKey, trade: Numbered) -> None:
        before = self._newest.get(instrument)
        self._newest[instrument] = trade if before is None or trade.number > before.number else before
        self._newest.move_to_end(instrument)
        self._whole.setdefault(instrument, trade)
        if len(self._newest) > _MOST:
            forgotten, _ = self._newest.popitem(last=False)
            del self._whole[forgotten]
