"""A firm's own routing policy, as the router asks it: guarded, measured, and shown nothing that the core excluded."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from core.routing.candidates import Candidate
from core.routing.offers import OrderToRoute
from core.routing.stage import Plan, PolicyFaultError, Stage
from ports.routing import OrderAsked, RoutingPolicy, Shares, VenueOption
from ports.telemetry import Telemetry
from ports.values import ZERO

TOO_SLOW_US: Final = 50_000  # an answer that takes longer is not carried out: it rests on old prices
_LONGEST: Final = 200  # characters of the reason that a decision keeps

type Clock = Callable[[], int]


class GuardedPolicy:
    """A plugin's policy (`core.routing.policies.Policy`). One that fails refuses the order, in words, and is noted."""

    def __init__(self, policy: RoutingPolicy, telemetry: Telemetry, clock: Clock = time.perf_counter_ns) -> None:
        self._policy = policy
        self._telemetry = telemetry
        self._clock = clock
        self.name = policy.name

    def plan(self, order: OrderToRoute, stage: Stage) -> Plan | None:
        """Ask it to share the order out among the candidates of a stage.

        Raises:
            PolicyFaultError: it did not answer as a policy does.
        """
        options = tuple([_option(each, beyond_visible=stage.beyond_visible) for each in stage.candidates])
        began_ns = self._clock()
        try:
            said = self._policy.share(_asked(order), options)
            plan = None if said is None else _plan(said)
        except Exception as failure:
            raise self._fault(f"raised {type(failure).__name__}") from failure
        took_us = (self._clock() - began_ns) // 1_000
        self._telemetry.observe("plugin_policy_us", took_us)
        if took_us > TOO_SLOW_US:
            raise self._fault(f"took longer than {TOO_SLOW_US // 1_000} ms over an order")
        return plan

    def _fault(self, how: str) -> PolicyFaultError:
        self._telemetry.note("routing.policy_failed", policy=self.name, error=how)
        return PolicyFaultError(how)


def _plan(said: Shares) -> Plan:
    """Return the plan that an answer makes; whether it keeps the rules is the router's to judge.

    Raises:
        TypeError: it is no answer.
    """
    parts, waits = tuple(said.parts), tuple(said.waits)
    numbers: tuple[object, ...] = (*parts, *waits)
    if not all(isinstance(one, Decimal) for one in numbers):
        raise TypeError("no Shares of Decimals")
    if any(part < ZERO for part in parts):
        raise ValueError("a part below nothing")
    return Plan(parts=parts, waits=waits, reason=str(said.reason)[:_LONGEST], is_proven=False)


def _asked(order: OrderToRoute) -> OrderAsked:
    return OrderAsked(
        side=order.side,
        quantity=order.quantity,
        limit_price=order.limit_price,
        post_only=order.post_only,
        split_allowed=order.split_allowed and not order.fill_whole,
        max_venues=order.max_venues,
    )


def _option(found: Candidate, *, beyond_visible: bool) -> VenueOption:
    supply = found.supply(beyond_visible=beyond_visible)
    return VenueOption(
        account=found.offer.account,
        instrument=found.offer.instrument.key,
        least=found.least,
        most=found.most,
        lot=found.lot,
        visible=found.visible,
        can_wait=found.can_wait,
        is_sound=found.is_sound,
        steps=tuple(supply.steps),
        fixed_usd=supply.fixed,
    )
