"""What a currency was worth in USD at a time, by fixed rates and by the session's own markets."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from core.tca.tape import Tapes, mid_of
from ports.instruments import InstrumentKey, InstrumentType
from ports.values import Currency, divide, multiply_rounded, to_places


class Rates:
    """Values currencies at `usd_per`, or by the mid of a market that prices them in such a currency."""

    def __init__(self, usd_per: Mapping[str, Decimal], tapes: Tapes) -> None:
        self._usd_per = usd_per
        self._tapes = tapes
        self._pricing: dict[str, list[InstrumentKey]] = {}
        for key in tapes:
            if key.quote in usd_per and key.type is not InstrumentType.OPTION:
                self._pricing.setdefault(key.base, []).append(key)

    def usd(self, currency: Currency, at_ns: int) -> Decimal | None:
        """Return what a unit was worth; None: nobody knows."""
        rate = self._usd_per.get(currency)
        if rate is not None:
            return rate
        for key in self._pricing.get(currency, ()):
            price = mid_of([self._tapes[key]], at_ns)
            if price is not None:
                return multiply_rounded(price, self._usd_per[key.quote])
        return None

    def in_currency(self, amount: Decimal, paid_in: Currency, wanted: Currency, at_ns: int) -> Decimal | None:
        """Return an amount in another currency, rounded to 18 places; None: a rate is not known."""
        if paid_in == wanted or not amount:
            return to_places(amount)
        paid_usd, wanted_usd = self.usd(paid_in, at_ns), self.usd(wanted, at_ns)
        if paid_usd is None or not wanted_usd:
            return None
        return divide(multiply_rounded(amount, paid_usd), wanted_usd)
