"""What is wrong with a plan, each fault by itself: a firm's own policy may answer anything."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.routing.candidates import Candidate, Quoted, candidate
from core.routing.offers import OrderToRoute, RoutingRules, VenueOffer, kind_of
from core.routing.stage import Plan, Stage, fault_of

from fakes.offers import FREE, levels, offer, order

D = Decimal
BIDS = levels(("99", "9"))
ALPHA = offer("ALPHA", asks=levels(("100", "2")), bids=BIDS, lot="0.5", least="1", most="4")
BETA = offer("BETA", asks=levels(("101", "5")), bids=BIDS, lot="0.5", least="1", most="4")
NO_BIDS = offer("BETA", asks=levels(("101", "5")), lot="0.5", least="1", most="4")
IMPACT = RoutingRules(unknown_volatility_bps=D(0))


def candidate_of(asked: OrderToRoute, made: VenueOffer) -> Candidate:
    kind = kind_of(made.instrument.key)
    found = candidate(asked, Quoted(made, kind, D(1), is_sound=True), IMPACT, D(100))
    assert isinstance(found, Candidate)
    return found


def fault(
    asked: OrderToRoute,
    *parts: str,
    waits: tuple[str, ...] = ("0", "0"),
    other: VenueOffer = BETA,
    beyond: bool = False,
) -> str | None:
    stage = Stage(
        candidates=(candidate_of(asked, ALPHA), candidate_of(asked, other)),
        rules=FREE,
        reference=D(100),
        beyond_visible=beyond,
    )
    plan = Plan(parts=tuple(map(D, parts)), waits=tuple(map(D, waits)), reason="", is_proven=True)
    return fault_of(plan, asked, stage)


FOUR = order(buy="4")


@pytest.mark.parametrize(
    ("asked", "parts", "more"),
    [
        (FOUR, ("2", "2"), {}),
        (FOUR, ("0", "4"), {}),
        (FOUR, ("2", "2"), {"waits": ("0", "2")}),
        (FOUR, ("4", "0"), {"waits": ("2", "0")}),
        (FOUR, ("4", "0"), {"beyond": True}),
        (order(buy="1", limit="102"), ("0", "1"), {"waits": ("0", "1"), "other": NO_BIDS}),
        (order(buy="4", split_allowed=False), ("0", "4"), {}),
        (order(buy="4", fill_whole=True), ("0", "4"), {}),
        (order(buy="4", max_venues=2), ("2", "2"), {}),
        (order(buy="4", max_venues=1), ("0", "4"), {}),
    ],
)
def test_a_plan_that_keeps_every_rule_is_taken(
    asked: OrderToRoute, parts: tuple[str, ...], more: dict[str, Any]
) -> None:
    assert fault(asked, *parts, **more) is None


@pytest.mark.parametrize(
    ("asked", "parts", "more", "says"),
    [
        (FOUR, ("2", "2", "0"), {}, "it has 3 parts for 2 venues"),
        (FOUR, ("2", "2"), {"waits": ("0",)}, "it has 2 parts for 2 venues"),
        (FOUR, ("2", "1.5"), {}, "its parts sum to 3.5, not to the order's 4"),
        (order(buy="4", split_allowed=False), ("2", "2"), {}, "it splits an order that permits no split"),
        (order(buy="4", fill_whole=True), ("2", "2"), {}, "it splits an order that permits no split"),
        (order(buy="4", max_venues=1), ("2", "2"), {}, "it uses 2 venues, the order permits 1"),
        (order(buy="4.5"), ("4", "0.5"), {"beyond": True}, "0.5 at BETA is not between 1 and 4 in lots of 0.5"),
        (order(buy="4.5"), ("0", "4.5"), {}, "4.5 at BETA is not between 1 and 4 in lots of 0.5"),
        (order(buy="4.25"), ("2", "2.25"), {}, "2.25 at BETA is not between 1 and 4 in lots of 0.5"),
        (FOUR, ("0", "4"), {"waits": ("1", "0")}, "0 at ALPHA is not between"),
        (FOUR, ("2", "2"), {"waits": ("0", "-1")}, "-1 of 2 cannot wait at BETA"),
        (FOUR, ("2", "2"), {"waits": ("0", "2.5")}, "2.5 of 2 cannot wait at BETA"),
        (FOUR, ("2", "2"), {"waits": ("0", "1"), "other": NO_BIDS}, "1 of 2 cannot wait at BETA"),
        (FOUR, ("2.5", "1.5"), {}, "2.5 at ALPHA is more than the 2 visible there"),
        (FOUR, ("4", "0"), {"waits": ("1.5", "0")}, "2.5 at ALPHA is more than the 2 visible there"),
        (order(buy="4", limit="100.5"), ("2.5", "1.5"), {"beyond": True}, "2.5 at ALPHA is more than the 2 visible"),
    ],
)  # fmt: skip
def test_a_plan_that_breaks_one_is_told_which(
    asked: OrderToRoute, parts: tuple[str, ...], more: dict[str, Any], says: str
) -> None:
    found = fault(asked, *parts, **more)
    assert found is not None
    assert says in found.replace(".0", "")
