"""Whether an account can pay: spot from its stated balance, a derivative's margin from notional and leverage."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from core.positions.exposure import Exposure
from core.risk.rule import UNKNOWN, ProposedOrder, RiskBook, Rule, RuleCard, limit_for, shown
from ports.commands import Limits
from ports.facts import Verdict
from ports.instruments import InstrumentKey, InstrumentType
from ports.reports import VenueMargin
from ports.values import ZERO, Currency, VenueId, divide

_NAME: Final = "funds"
_UNIT: Final = "of the currency"
_ONE: Final = Decimal(1)
_MARGINED: Final = frozenset({InstrumentType.PERPETUAL, InstrumentType.FUTURE})


def funds(venues: tuple[str, ...], leverage: Mapping[str, Decimal]) -> Rule:
    """Refuse an order that its account's stated balance does not cover, with everything open at its worst.

    Spot pays its price (a buy) or its amount (a sell). Perpetuals and futures need worst-case notional through
    leverage, in the settlement currency, of all its instruments together. Where a venue states margins, its word is
    asked for before a new order leaves (`lacking`). Other kinds are not known, and refused.
    """
    kinds = _Kinds()

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        if not is_asked_at(venues, order.venue):
            return Verdict(_NAME, True, "not asked here", "none", _UNIT)
        if order.states_margin:
            return _left_to_its_venue(order)
        if book.funds.spot_pair(order.instrument) is not None:
            return _spot(order, book)
        settlement = kinds.settlement(order.instrument)
        if settlement is None:
            return _unknown("no margin is known of such an instrument")
        needed = _margin(order, book, settlement, leverage, kinds)
        has = book.funds.purse(order.account, settlement).total
        return _verdict(needed, has, settlement, "margin of the account's worst case")

    return check


def is_asked_at(venues: tuple[str, ...], venue: VenueId) -> bool:
    """Say whether limits have the rule asked about orders to a venue."""
    return venue in venues or "*" in venues


def lacking(margin: VenueMargin) -> Verdict:
    """Return the verdict on an order that did not leave because its venue said that the margin does not cover it."""
    seen = f"{margin.currency}: margin with the order, as its venue reckons it; {shown(margin.before)} without"
    return Verdict(_NAME, False, shown(margin.needed), shown(margin.has), _UNIT, seen)


def _left_to_its_venue(order: ProposedOrder) -> Verdict:
    if order.is_amend and order.added:
        return _unknown("its venue states the margin of new orders alone: cancel it, and send another")
    return Verdict(_NAME, True, "asked before it leaves", "none", _UNIT, "its venue states the margin")


class _Kinds:
    """Settlement currencies, and which are inverse, looked up once an instrument."""

    def __init__(self) -> None:
        self._known: dict[InstrumentKey, Currency | None] = {}
        self._inverse: set[InstrumentKey] = set()

    def settlement(self, instrument: InstrumentKey) -> Currency | None:
        """Return the currency that margin of an instrument is held in; None where it has no margin that is known."""
        if instrument not in self._known:
            settled_in = instrument.settlement
            self._known[instrument] = settled_in if instrument.type in _MARGINED else None
            if instrument.is_inverse:
                self._inverse.add(instrument)
        return self._known[instrument]

    def notional(self, instrument: InstrumentKey, worst: Decimal, price: Decimal) -> Decimal:
        """Return what an amount is worth in the settlement currency, of an instrument whose settlement was asked."""
        return divide(worst, price) if instrument in self._inverse else worst * price


def _spot(order: ProposedOrder, book: RiskBook) -> Verdict:
    price = order.limit_price if order.limit_price is not None else order.price  # a limit never pays more
    need = book.funds.need(order.account, order.instrument, order.side, order.added, price)
    if need is None:
        return _unknown("no price is known")
    has = book.funds.purse(order.account, need.currency).available
    return _verdict(need.amount, has, need.currency, "what is not reserved")


def _margin(
    order: ProposedOrder, book: RiskBook, settlement: Currency, leverage: Mapping[str, Decimal], kinds: _Kinds
) -> Decimal | None:
    held = book.exposure.of_account(order.account)
    worst = (held.get(order.instrument) or Exposure()).worst_with(order.side, order.added)
    if not order.price:
        return None
    notionals = {  # by leverage: few, and a division is dear
        limit_for(leverage, order.instrument) or _ONE: kinds.notional(order.instrument, worst, order.price)
    }
    for instrument, exposure in held.items():
        worst = exposure.worst_case
        if not worst or instrument == order.instrument or kinds.settlement(instrument) != settlement:
            continue
        price = book.market.mark(instrument)
        if not price:
            return None
        times = limit_for(leverage, instrument) or _ONE
        notionals[times] = notionals.get(times, ZERO) + kinds.notional(instrument, worst, price)
    return sum([divide(notional, times) for times, notional in notionals.items()], ZERO)


def _verdict(needed: Decimal | None, has: Decimal | None, currency: Currency, what: str) -> Verdict:
    if needed is None or has is None:
        return _unknown(f"no price is known for {what}" if needed is None else f"no balance of {currency} was stated")
    return Verdict(_NAME, needed <= has, shown(needed), shown(has), _UNIT, f"{currency}: {what}")


def _unknown(why: str) -> Verdict:
    return Verdict(_NAME, False, UNKNOWN, "the balance", _UNIT, why)


def _build(limits: Limits) -> Rule | None:
    return funds(limits.check_funds_at, limits.leverage) if limits.check_funds_at else None


CARDS: Final = (
    RuleCard(
        name=_NAME,
        unit=_UNIT,
        settings=("check_funds_at", "leverage"),
        source="SEC 15c3-5(c)(1)(i) credit and capital thresholds; RTS 6 Art. 15(4)",
        says="Refuse an order that its account's stated balance does not cover, with everything open at its worst.",
        build=_build,
        eases_with_size=True,
        stands_if_not_raised=True,
    ),
)
