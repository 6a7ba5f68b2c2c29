"""What routes cost beside what they could have cost, summed over all orders, and whether that is good enough."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any, Final

from app.checks import Check, as_json
from app.demo.router_market import PARCEL, VENUES, Moment, Venue, offer_of
from app.demo.router_reference import (
    PER_USD,
    Table,
    cash_at_arrival,
    cash_of,
    cheapest_of_all,
    in_turn,
    notional_of,
    rungs_of,
    table_of,
)
from core.routing.decision import NoRouteFound, RouteDecision, explain
from core.routing.offers import OrderToRoute, RoutingRules, VenueOffer
from core.routing.regret import Regret, RoutedFill, regret
from ports.values import plain

RULES: Final = RoutingRules()
_OVER_OPTIMUM: Final = 1.01
_LEAST_ORDERS: Final = 100


class Verdict:
    """Sums of cash against the mid, in the reference's whole numbers, one a way of routing."""

    def __init__(self) -> None:
        self._cash: Counter[str] = Counter()
        self._parcels: Counter[str] = Counter()
        self._notional = 0
        self._orders = 0
        self._split = 0
        self._regret_usd = Decimal(0)
        self._faults: list[str] = []
        self._explained: list[list[str]] = []

    def take(self, moment: Moment, order: OrderToRoute, found: RouteDecision | NoRouteFound) -> None:
        """Add up one order: what its route costs now and at arrival, and what others would have made of it."""
        self._explained.append(list(explain(found)))
        if isinstance(found, NoRouteFound):
            self._faults.append(f"no route: {found.reason}")
            return
        parts = {str(leg.account): int(leg.quantity / PARCEL) for leg in found.legs}
        self._faults += _faults(moment, order, found)
        self._orders += 1
        self._split += len(parts) > 1
        self._parcels.update(parts)
        self._notional += notional_of(moment.mid, moment.parcels)
        self._others(moment, *self._ours(moment, parts))
        again = regret(moment.side, _fills(moment, parts), _later(moment), RULES)  # none where nobody could have it
        if isinstance(again, Regret):
            self._regret_usd += again.regret_usd

    def _ours(self, moment: Moment, parts: dict[str, int]) -> tuple[int, int]:
        """Add up our route; return what it costs at once and at arrival."""
        sign = moment.side.sign
        now = arriving = 0
        for venue in VENUES:
            part = parts.get(venue.name, 0)
            cash = cash_of(venue, rungs_of(moment.books[venue.name], sign), sign, moment.mid, part)
            if cash is None:
                self._faults.append(f"{part} parcels are more than the book of {venue.name} has")
                continue
            now += cash
            later = rungs_of(moment.arrival[venue.name], sign)
            arriving += cash_at_arrival(venue, later, sign, moment.mid, part)
        self._cash["ours"] += now
        self._cash["ours_at_arrival"] += arriving
        return now, arriving

    def _others(self, moment: Moment, now: int, arriving: int) -> None:
        """Add up the others; one that cannot place an order whole is given our cost of it."""
        sign, mid, parcels = moment.side.sign, moment.mid, moment.parcels

        def table(venue: Venue, *, arrival: bool = False) -> Table:
            books = moment.arrival if arrival else moment.books
            return table_of(venue, rungs_of(books[venue.name], sign), sign, mid, parcels)

        by_fee = sorted(moment.working, key=lambda venue: venue.fee_ppm)
        optimum = cheapest_of_all([table(venue) for venue in moment.working], parcels)
        if optimum is None:
            self._faults.append(f"{parcels} parcels cannot be placed, and were")
        others = {
            "optimum": (optimum, now),
            "first_venue": (in_turn([table(venue) for venue in moment.working], parcels), now),
            "lowest_fee": (in_turn([table(venue) for venue in by_fee], parcels), now),
            "foresight": (cheapest_of_all([table(venue, arrival=True) for venue in moment.working], parcels), arriving),
        }
        for name, (cash, else_ours) in others.items():
            self._cash[name] += else_ours if cash is None else cash

    def result(self, quotes: int, orders: int) -> dict[str, Any]:
        """Return all sums and what they prove."""
        cash = self._cash
        foreseen_usd = (cash["ours_at_arrival"] - cash["foresight"]) / PER_USD
        checks = [
            Check.at_least("orders_routed", self._orders, max(_LEAST_ORDERS, orders), "orders"),
            Check.at_least("orders_split", self._split, 1, "orders"),
            Check.equal("faults", len(self._faults), 0, "faults"),
            Check.at_most("cost_over_optimum", _ratio(cash["ours"], cash["optimum"]), _OVER_OPTIMUM, "ratio"),
            Check.at_most("cost_over_first_venue", _ratio(cash["ours"], cash["first_venue"]), 1, "ratio"),
            Check.at_most("cost_over_lowest_fee", _ratio(cash["ours"], cash["lowest_fee"]), 1, "ratio"),
            Check.at_most("regret_miscounted", abs(float(self._regret_usd) - foreseen_usd), 0.01, "USD"),
        ]
        return {
            "ok": all(check.ok for check in checks),
            "orders": self._orders,
            "split": self._split,
            "quotes": quotes,
            "notional_usd": round(self._notional / PER_USD, 2),
            "quantity_at": {name: plain(PARCEL * parcels) for name, parcels in sorted(self._parcels.items())},
            "cost_usd": {name: round(value / PER_USD, 4) for name, value in cash.items()},
            "cost_bps": {name: round(1e4 * value / self._notional, 4) for name, value in cash.items()},
            "regret_usd": plain(self._regret_usd),
            "explained": self._explained,
            "faults": self._faults[:20],
            "checks": as_json(checks),
        }


def _ratio(ours: int, other: int) -> float:
    return ours / other if other > 0 else float("inf")


def _faults(moment: Moment, order: OrderToRoute, found: RouteDecision) -> list[str]:
    """Return what must not be: an order that is not whole, a venue that does not work, one without a word about it."""
    working = {venue.name for venue in moment.working}
    told = {sheet.account for sheet in found.candidates} | {one.account for one in found.excluded}
    faults = [f"{leg.account} does not do its work" for leg in found.legs if leg.account not in working]
    if found.quantity != order.quantity:
        faults.append(f"{plain(found.quantity)} was routed of {plain(order.quantity)}")
    faults += [f"nothing is said of {venue.name}" for venue in VENUES if venue.name not in told]
    return faults


def _fills(moment: Moment, parts: dict[str, int]) -> list[RoutedFill]:
    """Return the fills as each order arrives, level by level; what is missing pays the last price."""
    fills = []
    for offer, venue in zip(_later(moment), VENUES, strict=True):
        left = PARCEL * parts.get(venue.name, 0)
        levels = offer.asks if moment.side.sign > 0 else offer.bids
        for at, level in enumerate(levels):
            taken = left if at == len(levels) - 1 else min(left, level.size)
            left -= taken
            if taken:
                fee_usd = taken * level.price * offer.taker_rate
                fills.append(
                    RoutedFill(
                        account=offer.account,
                        quantity=taken,
                        price=level.price,
                        usd_per_quote=offer.usd_per_quote,
                        fee_usd=fee_usd,
                    )
                )
    return fills


def _later(moment: Moment) -> list[VenueOffer]:
    return [offer_of(venue, moment.arrival[venue.name], moment.part, Decimal(0), 0) for venue in VENUES]
