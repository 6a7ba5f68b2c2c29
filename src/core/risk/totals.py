"""Sums over everything held and open, the order counted: reckoned once an order, for all the rules that ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from core.market.view import MarketView
from core.positions.exposure import Exposure
from core.risk.rule import ProposedOrder, RiskBook
from ports.instruments import InstrumentKey
from ports.values import ZERO, Currency

type Net = tuple[Decimal, Decimal]  # USD: where every buy fills, and where every sell does

_FLAT: Final = Exposure()  # of whoever holds nothing; only read


class InUsd(NamedTuple):
    """`worst` is every instrument's worst case added up, `notional` everything with nothing netted.

    None: something in it cannot be valued.
    """

    worst: Decimal | None
    notional: Decimal | None


class ByBase(NamedTuple):
    """USD. The net position of each base asset, their worst added up, and how far all of them could be from zero.

    None: something in it cannot be valued.
    """

    nets: Mapping[Currency, Net | None]
    gross: Decimal | None
    net: Decimal | None


@dataclass(slots=True)
class Counted:
    """What was reckoned for one order. `own` is its instrument's exposure over all strategies with it counted.

    `unit_usd` is what a unit of its instrument counts for in a sum: its mark, or more where the order says so. A limit
    far below the market must not make small what is held already.
    """

    own: Exposure
    unit_usd: Decimal | None
    usd: InUsd | None = None
    by_base: ByBase | None = None


def counted(order: ProposedOrder, book: RiskBook) -> Counted:
    """Return what is reckoned for `order`; it stays with it."""
    if order.counted is None:
        own = book.exposure.of_instrument(order.instrument).with_order(order.side, order.added)
        order.counted = Counted(own, _unit_usd(order, book.market))
    return order.counted


def usd(order: ProposedOrder, book: RiskBook) -> InUsd:
    """Return the sums over all instruments."""
    sums = counted(order, book)
    if sums.usd is None:
        sums.usd = _in_usd(sums, order, book)
    return sums.usd


def by_base(order: ProposedOrder, book: RiskBook) -> ByBase:
    """Return the sums over base assets."""
    sums = counted(order, book)
    if sums.by_base is None:
        sums.by_base = _by_base(_nets(sums, order, book))
    return sums.by_base


def worst_usd(held: Mapping[InstrumentKey, Exposure], order: ProposedOrder, book: RiskBook) -> Decimal | None:
    """Return the worst cases of `held` in USD with the order counted; None where one cannot be valued."""
    unit = counted(order, book).unit_usd
    if unit is None:
        return None
    mine, market = order.instrument, book.market
    total = held.get(mine, _FLAT).worst_with(order.side, order.added) * unit
    for instrument, exposure in held.items():
        if instrument == mine or not (worst := exposure.worst_case):
            continue
        unit_usd = market.unit_usd(instrument)
        if unit_usd is None:
            return None
        total += worst * unit_usd
    return total


def worst_of(net: Net) -> Decimal:
    """Return how far from zero a net position could be."""
    return max(abs(net[0]), abs(net[1]))


def _unit_usd(order: ProposedOrder, market: MarketView) -> Decimal | None:
    if order.unit_usd is None:
        return None
    marked = market.unit_usd(order.instrument)
    return order.unit_usd if marked is None or marked < order.unit_usd else marked


def _in_usd(sums: Counted, order: ProposedOrder, book: RiskBook) -> InUsd:
    if sums.unit_usd is None or order.unit_usd is None:  # both, or none of them
        return InUsd(None, None)
    worst, notional = sums.own.worst_case * sums.unit_usd, order.added * order.unit_usd
    worst_is_known = notional_is_known = True
    mine, market, held = order.instrument, book.market, book.exposure.by_instrument()
    for instrument, gross in book.exposure.gross_by_instrument().items():
        if not gross:
            continue  # then its worst case is zero too
        unit_usd = market.unit_usd(instrument)
        others_worst = ZERO if instrument == mine else held[instrument].worst_case
        if unit_usd is None:
            notional_is_known, worst_is_known = False, worst_is_known and not others_worst
            continue
        notional += gross * unit_usd
        if others_worst:
            worst += others_worst * unit_usd
    return InUsd(worst if worst_is_known else None, notional if notional_is_known else None)


def _nets(sums: Counted, order: ProposedOrder, book: RiskBook) -> dict[Currency, Net | None]:
    mine, exposure = order.instrument, book.exposure
    nets = {exposure.base_of(mine): _net(sums.own, sums.unit_usd)}
    for instrument, one in exposure.by_instrument().items():
        if one.worst_case and instrument != mine:
            base, net = exposure.base_of(instrument), _net(one, book.market.unit_usd(instrument))
            nets[base] = _together(nets[base], net) if base in nets else net
    return nets


def _net(one: Exposure, unit_usd: Decimal | None) -> Net | None:
    return None if unit_usd is None else (one.highest * unit_usd, one.lowest * unit_usd)


def _together(one: Net | None, other: Net | None) -> Net | None:
    return None if one is None or other is None else (one[0] + other[0], one[1] + other[1])


def _by_base(nets: Mapping[Currency, Net | None]) -> ByBase:
    gross = bought = sold = ZERO
    for net in nets.values():
        if net is None:
            return ByBase(nets, None, None)
        gross += worst_of(net)
        bought += net[0]
        sold += net[1]
    return ByBase(nets, gross, worst_of((bought, sold)))
