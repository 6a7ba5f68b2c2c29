"""Sums over everything held and open, the order counted: reckoned once an order, for all the rules that ask."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from core.market.view import MarketView
from core.positions.exposure import Exposure
from core.risk.rule import ProposedOrder, RiskBook
from ports.instruments import InstrumentKey
from ports.values import ZERO, Currency

type Net = tuple[Decimal, Decimal]  # USD: where every buy fills, and where every sell does


@dataclass(slots=True)
class Totals:
    """USD. `worst` is every instrument's worst case added up, `notional` everything with nothing netted.

    `nets` is the net position of each base asset. None: something in it cannot be valued.
    """

    worst: Decimal | None = ZERO
    notional: Decimal | None = ZERO
    nets: dict[Currency, Net | None] = field(default_factory=dict)

    def gross_by_base(self) -> Decimal | None:
        """Return the worst net positions of base assets, added up."""
        total = ZERO
        for net in self.nets.values():
            if net is None:
                return None
            total += worst_of(net)
        return total

    def net_exposure(self) -> Decimal | None:
        """Return how far from zero long less short over everything could be."""
        bought = sold = ZERO
        for net in self.nets.values():
            if net is None:
                return None
            bought += net[0]
            sold += net[1]
        return worst_of((bought, sold))


def totals(order: ProposedOrder, book: RiskBook) -> Totals:
    """Return the sums with `order` counted; they stay with it."""
    if order.totals is None:
        order.totals = _reckon(order, book)
    return order.totals


def worst_of(net: Net) -> Decimal:
    """Return how far from zero a net position could be."""
    return max(abs(net[0]), abs(net[1]))


def unit_worth_usd(order: ProposedOrder, market: MarketView) -> Decimal | None:
    """Return what a unit of the order's instrument counts for in a sum: its mark, or more where the order says so.

    A limit far below the market must not make small what is held already.
    """
    if order.unit_usd is None:
        return None
    marked = market.unit_usd(order.instrument)
    return order.unit_usd if marked is None or marked < order.unit_usd else marked


def _reckon(order: ProposedOrder, book: RiskBook) -> Totals:
    sums = Totals()
    gross = book.exposure.gross_by_instrument()
    held = book.exposure.by_instrument()
    own = (held.get(order.instrument) or Exposure()).with_order(order.side, order.added)
    _add(sums, book, order.instrument, own, unit_worth_usd(order, book.market))
    if order.unit_usd is not None and sums.notional is not None:
        sums.notional += order.added * order.unit_usd
    for instrument, exposure in held.items():
        counted = gross[instrument]
        if not counted:
            continue  # then its worst case is zero too
        unit_usd = book.market.unit_usd(instrument)
        if unit_usd is None:
            sums.notional = None
        elif sums.notional is not None:
            sums.notional += counted * unit_usd
        if instrument != order.instrument and exposure.worst_case:
            _add(sums, book, instrument, exposure, unit_usd)
    if order.unit_usd is None:
        sums.notional = None
    return sums


def _add(sums: Totals, book: RiskBook, instrument: InstrumentKey, exposure: Exposure, unit_usd: Decimal | None) -> None:
    base = book.exposure.base_of(instrument)
    if unit_usd is None:
        sums.worst = sums.nets[base] = None
        return
    if sums.worst is not None:
        sums.worst += exposure.worst_case * unit_usd
    net = sums.nets.get(base, (ZERO, ZERO))
    if net is not None:
        position = exposure.position
        sums.nets[base] = (
            net[0] + (position + exposure.open_buys) * unit_usd,
            net[1] + (position - exposure.open_sells) * unit_usd,
        )
