"""What the venue lists, as far as it was asked for, and the limits that it states for the account."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from livexec_deribit.credits import Credits
from livexec_deribit.names import currency_of
from livexec_deribit.orders import Listed
from livexec_deribit.settings import MOST_INSTRUMENTS, DeribitSettings
from livexec_deribit.words import Message, instrument_of, number, text
from ports.errors import VenueUnavailableError
from ports.instruments import InstrumentKey
from ports.values import Currency

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listing:
    """The instruments that were asked for, and every currency that any instrument settles in."""

    wanted: Mapping[InstrumentKey, Listed]
    currencies: Collection[Currency]


def list_instruments(said: Iterable[Message], settings: DeribitSettings) -> Listing:
    """Read the venue's list of instruments. Combos and spot pairs are left out: no key names them here.

    Raises:
        VenueUnavailableError: it does not list what the settings name.
    """
    wanted: dict[InstrumentKey, Listed] = {}
    currencies: set[Currency] = set()
    for one in said:
        instrument = instrument_of(one)
        if instrument is None:
            continue
        currencies.add(currency_of(instrument.key))
        if settings.wants(instrument.key):
            wanted[instrument.key] = Listed(instrument, text(one, "instrument_name"), _ticks(one))
    missing = settings.named - wanted.keys()
    if missing:
        raise VenueUnavailableError(f"{settings.account}: the venue does not list {', '.join(sorted(missing))}")
    if len(wanted) > MOST_INSTRUMENTS:
        raise VenueUnavailableError(
            f"{settings.account}: instruments: {len(wanted)} of them fit; write patterns that at most "
            f"{MOST_INSTRUMENTS} fit"
        )
    return Listing(wanted, frozenset(currencies))


def state_limits(summaries: Iterable[Message], credit: Credits) -> None:
    """Keep the limits of orders that the venue states for the account; where it states none, those of a new one."""
    for summary in summaries:
        limits = summary.get("limits")
        if not isinstance(limits, dict):
            continue
        try:
            trading = limits["matching_engine"]["trading"]["total"]
            credit.matching.resize(float(number(trading, "burst")), float(number(trading, "rate")))
        except (KeyError, TypeError, ValueError) as unreadable:
            _log.warning("the limits that the venue states cannot be read: %r", unreadable)
        return


def _ticks(said: Message) -> tuple[tuple[Decimal, Decimal], ...]:
    steps = said.get("tick_size_steps") or ()
    return tuple(sorted((number(step, "above_price"), number(step, "tick_size")) for step in steps))
