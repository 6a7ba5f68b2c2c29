"""What was decided about a route and why: every candidate with its sums, every venue left out with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from core.routing.estimates import bps_of, usd_share
from ports.instruments import InstrumentKey
from ports.records import record
from ports.values import AccountId, Liquidity, Price, Quantity, Side, plain

type Lines = tuple[tuple[str, Decimal], ...]  # names of docs/routing.md, each with its amount


@record
class CostSheet:
    """What `quantity` is expected to cost at one account, against the reference price; negative is earned.

    `amounts` are in USD to 12 places, `rates` fractions of the notional; the total, to 12 places, is of both.
    """

    account: AccountId
    instrument: InstrumentKey
    quantity: Decimal
    liquidity: Liquidity
    notional_usd: Decimal
    amounts: Lines
    rates: Lines
    total_usd: Decimal

    @property
    def lines_usd(self) -> Lines:
        """Every part of the cost in USD, to 12 places each."""
        return (*self.amounts, *[(name, usd_share(self.notional_usd, rate)) for name, rate in self.rates])


@record
class Leg:
    """One order to be placed, of which `waits` is expected to wait rather than to trade.

    `price` is its limit on the venue's tick, None for a market order; `expected_price` the average at which the book
    lets it be taken, None where something of it waits. What trades at once and what waits has a sheet of costs each.
    """

    account: AccountId
    instrument: InstrumentKey
    quantity: Quantity
    price: Price | None
    waits: Decimal
    expected_price: Decimal | None
    costs: tuple[CostSheet, ...]


@record
class Exclusion:
    """A venue that was left out, in one word and in a sentence."""

    account: AccountId
    instrument: InstrumentKey
    code: str
    reason: str


@record
class RouteDecision:
    """Where an order goes. Its legs sum exactly to it.

    `candidates` are the sums of the whole order at each venue alone, cheapest first; `fallbacks` the accounts to go
    on with where a leg is refused. `is_proven` says that no cheaper split existed by these sums.
    """

    policy: str
    reason: str
    side: Side
    reference_price: Decimal
    legs: tuple[Leg, ...]
    candidates: tuple[CostSheet, ...]
    excluded: tuple[Exclusion, ...]
    fallbacks: tuple[AccountId, ...]
    is_proven: bool

    @property
    def quantity(self) -> Decimal:
        """The whole order."""
        return sum([leg.quantity for leg in self.legs], Decimal(0))

    @property
    def total_usd(self) -> Decimal:
        """What it is expected to cost against the reference price."""
        return sum([sheet.total_usd for leg in self.legs for sheet in leg.costs], Decimal(0))

    @property
    def notional_usd(self) -> Decimal:
        """What it is worth at the prices that are expected."""
        return sum([sheet.notional_usd for leg in self.legs for sheet in leg.costs], Decimal(0))


@record
class NoRouteFound:
    """Why an order can go nowhere now, and what was wrong with each venue."""

    code: str
    reason: str
    excluded: tuple[Exclusion, ...]


def explain(decision: RouteDecision | NoRouteFound) -> Iterator[str]:
    """Yield the decision as lines of text, amounts in USD and in basis points of the notional."""
    if isinstance(decision, NoRouteFound):
        yield f"no route: {decision.code}, {decision.reason}"
    else:
        yield (
            f"{decision.policy}: {decision.reason}; expected cost {_money(decision.total_usd, decision.notional_usd)}"
            f" against {plain(decision.reference_price)}{'' if decision.is_proven else ', not proven cheapest'}"
        )
        for leg in decision.legs:
            price = "the market" if leg.price is None else plain(leg.price)
            waits = f", of which {plain(leg.waits)} waits" if leg.waits else ""
            yield f"  {decision.side} {plain(leg.quantity)} at {leg.account} at {price}{waits}"
            for sheet in leg.costs:
                yield from _lines(sheet, "    ")
        for sheet in decision.candidates:
            yield f"  alone at {sheet.account}: {_money(sheet.total_usd, sheet.notional_usd)}"
            yield from _lines(sheet, "    ")
        if decision.fallbacks:
            yield f"  if refused: {', '.join(decision.fallbacks)}"
    for out in decision.excluded:
        yield f"  left out {out.account}: {out.code}, {out.reason}"


def _lines(sheet: CostSheet, indent: str) -> Iterator[str]:
    for name, usd in sheet.lines_usd:
        yield f"{indent}{name} {_money(usd, sheet.notional_usd)}"


def _money(usd: Decimal, notional_usd: Decimal) -> str:
    return f"{plain(usd)} USD ({plain(bps_of(usd, notional_usd))} bps)"
