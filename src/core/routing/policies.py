"""How an order is shared out among those who could take it. A policy plans; `router.py` checks the plan and adds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from core.routing.amounts import closable
from core.routing.offers import Intent, OrderToRoute
from core.routing.posting import take_and_wait
from core.routing.split import Split, cheapest_split
from core.routing.stage import Plan, Stage
from ports.values import ZERO


class Policy(Protocol):
    """One way of choosing. Pure: the same plan for the same order and venues."""

    @property
    def name(self) -> str:
        """What a decision calls it."""

    def plan(self, order: OrderToRoute, stage: Stage) -> Plan | None:
        """Return how the order is shared out among the candidates of the stage; None where they cannot have it so.

        Stages come one after another until one has a plan: healthy venues alone first, and nothing behind the visible
        depth while the visible depth of all is enough.
        """


@dataclass(frozen=True, slots=True)
class Cheapest:
    """The cheapest split by the sums; one venue where the order permits no split.

    A limit order that nobody can fill at once takes what there is, and waits with the rest.
    """

    name: str = "split"

    def plan(self, order: OrderToRoute, stage: Stage) -> Plan | None:
        """Share the order out over as many venues as the order, or else the rules, permit."""
        most = _most_venues(order, stage.rules.max_venues)
        supplies = [each.supply(beyond_visible=stage.beyond_visible) for each in stage.candidates]
        found = cheapest_split(supplies, order.quantity, most)
        if found is None:
            return None if order.limit_price is None else take_and_wait(order, stage, most)
        return _planned(found, "cheapest", stage)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Everything at once over as many venues as it takes, each part limited to the last price that it takes.

    For an order that has to be done before the market moves: what one more order costs does not count.
    """

    name: str = "sweep"

    def plan(self, order: OrderToRoute, stage: Stage) -> Plan | None:
        """Take the cheapest levels of all venues first."""
        supplies = [replace(each.supply(beyond_visible=stage.beyond_visible), fixed=ZERO) for each in stage.candidates]
        most = _most_venues(order, len(supplies))
        found = cheapest_split(supplies, order.quantity, most)
        if found is None:
            return None if order.limit_price is None else take_and_wait(order, stage, most)
        return replace(_planned(found, "everything at once", stage), at_last_price=not stage.beyond_visible)


@dataclass(frozen=True, slots=True)
class Waiting:
    """The whole order waits at the venue where that is expected to cost least."""

    name: str = "post"

    def plan(self, order: OrderToRoute, stage: Stage) -> Plan | None:
        """Choose the venue to wait at."""
        return take_and_wait(replace(order, intent=Intent.POST), stage, 1)


@dataclass(frozen=True, slots=True)
class Closing:
    """Where the position is: no account is given more than it could close, as long as the order can be had so.

    Else, unless it may only reduce, the order goes where `otherwise` says, as a whole.
    """

    otherwise: Policy
    name: str = "close"

    def plan(self, order: OrderToRoute, stage: Stage) -> Plan | None:
        """Share the order out among the accounts that hold what it closes."""
        limits = [min(each.most, closable(order, each.offer)) for each in stage.candidates]
        kept = [at for at, each in enumerate(stage.candidates) if limits[at] >= each.least]
        holders = replace(stage, candidates=tuple([stage.candidates[at].limited_to(limits[at]) for at in kept]))
        found = self.otherwise.plan(order, holders) if kept else None
        if found is not None:
            return replace(
                found,
                parts=_spread(found.parts, kept, len(limits)),
                waits=_spread(found.waits, kept, len(limits)),
                reason=f"closes where the position is; {found.reason}",
            )
        return None if order.reduce_only else self.otherwise.plan(order, stage)


def policy_for(order: OrderToRoute) -> Policy:
    """Return the policy for an order that asks for none."""
    usual: Policy = Waiting() if order.waits else Cheapest()
    return Closing(usual) if order.reduce_only or order.closes else usual


def _most_venues(order: OrderToRoute, usual: int) -> int:
    if order.fill_whole or not order.split_allowed:
        return 1
    return usual if order.max_venues is None else order.max_venues


def _planned(found: Split, how: str, stage: Stage) -> Plan:
    used = sum(1 for part in found.parts if part)
    behind = ", behind what is visible" if stage.beyond_visible else ""
    return Plan(
        parts=found.parts,
        waits=(ZERO,) * len(found.parts),
        reason=f"{how} at {used} of {len(found.parts)} venues{behind}",
        is_proven=found.is_proven,
    )


def _spread(parts: Sequence[Decimal], at: Sequence[int], size: int) -> tuple[Decimal, ...]:
    spread = [ZERO] * size
    for part, index in zip(parts, at, strict=True):
        spread[index] = part
    return tuple(spread)
