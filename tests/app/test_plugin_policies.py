"""A firm's own policy decides among the venues that the core permits, and cannot have any other; it cannot do harm."""

from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest

from app.extensions import extensions_of
from app.plugin_policies import Clock, GuardedPolicy
from core.extensions import Extensions
from core.orchestrator import Orchestrator
from plugins.discovery import discover
from plugins.hookspecs import hookimpl
from ports.errors import InvalidInputError
from ports.facts import OrderRefused, RouteDecided
from ports.requests import SendOrder
from ports.routing import OrderAsked, Shares, VenueOption
from ports.values import AccountId, OrderStatus

from fakes.desk import PATIENCE, QUOTES, Desk
from fakes.sayings import ACCOUNTS, BYBIT_PERP, PERP, SMART_PERP, submit, traded
from fakes.telemetry import RecordingTelemetry

BINANCE, BYBIT = ACCOUNTS[PERP], ACCOUNTS[BYBIT_PERP]
NONE = Decimal(0)
type Says = Callable[[OrderAsked, Sequence[VenueOption]], object]


def last(order: OrderAsked, options: Sequence[VenueOption]) -> Shares:
    """Everything to the account whose name comes last, whatever it costs."""
    chosen = max(option.account for option in options)
    parts = [order.quantity if option.account == chosen else NONE for option in options]
    return Shares(parts=parts, waits=[NONE] * len(parts), reason="the last of them")


class Policy:
    name = "acme_last"

    def __init__(self, says: Says = last) -> None:
        self._says = says
        self.shown: list[Sequence[VenueOption]] = []

    def share(self, order: OrderAsked, options: Sequence[VenueOption]) -> Shares | None:
        self.shown.append(options)
        return self._says(order, options)  # type: ignore[return-value]  # other people's code may say anything


def desk_with(policy: Policy, telemetry: RecordingTelemetry | None = None, clock: Clock | None = None) -> Desk:
    desk, told = Desk(), telemetry or RecordingTelemetry()
    guarded = GuardedPolicy(policy, told) if clock is None else GuardedPolicy(policy, told, clock)
    desk.actor = Orchestrator(PATIENCE, Extensions(policy=guarded))
    desk.actor.apply(desk.facts)
    for one in QUOTES:
        desk.receive(one)
    return desk


def sent_to(desk: Desk) -> list[AccountId]:
    return [one.request.account for one in desk.releases if isinstance(one.request, SendOrder)]


def test_it_chooses_among_the_candidates_and_the_decision_says_so() -> None:
    policy = Policy()
    desk = desk_with(policy)
    desk.receive(submit("a", instrument=SMART_PERP, buy="1"))
    assert sent_to(desk) == [max(BINANCE, BYBIT)]
    (decided,) = [fact for fact in desk.facts if isinstance(fact, RouteDecided)]
    assert (decided.policy, decided.reason) == ("acme_last", "the last of them")
    (options,) = policy.shown
    assert {option.account for option in options} == {BINANCE, BYBIT}
    assert all(option.steps and option.least <= option.most for option in options)


def test_what_the_core_excluded_it_is_not_shown_and_cannot_choose() -> None:
    policy = Policy()
    desk = desk_with(policy)
    desk.disconnect(BYBIT)
    desk.receive(submit("a", instrument=SMART_PERP, buy="1"))
    assert sent_to(desk) == [BINANCE]
    assert all(option.account == BINANCE for options in policy.shown for option in options)


def test_what_closes_a_position_never_depends_on_it() -> None:
    policy = Policy(lambda order, options: 1 / 0)
    desk = desk_with(policy)
    desk.receive(submit("open", instrument=PERP, buy="1"))
    desk.receive(traded("open", "t1", "1"))
    desk.receive(submit("close", instrument=SMART_PERP, sell="1", reduce_only=True))
    assert sent_to(desk) == [BINANCE, BINANCE]
    assert policy.shown == []


def too_much(order: OrderAsked, options: Sequence[VenueOption]) -> Shares:
    twice = [order.quantity for _ in options]
    return Shares(parts=twice, waits=[NONE] * len(twice), reason="")


def more_venues(order: OrderAsked, options: Sequence[VenueOption]) -> Shares:
    said = last(order, options)
    return Shares(parts=[NONE, *said.parts], waits=[NONE, *said.waits], reason="")


def floats(order: OrderAsked, options: Sequence[VenueOption]) -> Shares:
    parts = [float(order.quantity), *[0.0 for _ in options[1:]]]
    return Shares(parts=parts, waits=parts, reason="")  # type: ignore[arg-type]  # which is the point


WRONG: dict[str, tuple[Says, str]] = {
    "it raises": (lambda order, options: 1 / 0, "raised ZeroDivisionError"),
    "it gives too much": (too_much, "its parts sum to 2, not to the order's 1"),
    "it names venues that it was not shown": (more_venues, "it has 3 parts for 2 venues"),
    "it answers in floats": (floats, "raised TypeError"),
    "it answers with something else": (lambda order, options: "BYBIT", "raised AttributeError"),
    "it sells what is to be bought": (
        lambda order, options: Shares(parts=[order.quantity * 2, -order.quantity], waits=[NONE, NONE], reason=""),
        "raised ValueError",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_one_that_fails_refuses_its_order_in_words_and_nothing_else(case: str) -> None:
    says, how = WRONG[case]
    desk = desk_with(Policy(says))
    desk.receive(submit("a", instrument=SMART_PERP, buy="1"))
    (refused,) = [fact for fact in desk.facts if isinstance(fact, OrderRefused)]
    assert refused.code == "POLICY_FAULT"
    assert refused.reason.startswith(f"the policy acme_last: {how}")
    assert sent_to(desk) == []
    desk.receive(submit("direct", instrument=PERP, buy="1"))
    assert desk.status("direct") is OrderStatus.SUBMITTED
    assert desk.breaks() == []


def test_an_answer_that_took_long_is_not_carried_out_and_is_noted() -> None:
    times, telemetry = iter(range(0, 10**12, 60_000_000)), RecordingTelemetry()
    desk = desk_with(Policy(), telemetry, lambda: next(times))
    desk.receive(submit("a", instrument=SMART_PERP, buy="1"))
    assert sent_to(desk) == []
    assert telemetry.noted("routing.policy_failed") == [
        {"policy": "acme_last", "error": "took longer than 50 ms over an order"}
    ]


class Acme:
    @hookimpl
    def livexec_api_version(self) -> int:
        return 3

    @hookimpl
    def livexec_routing_policies(self) -> list[Policy]:
        return [Policy()]


def test_the_configuration_names_the_policy_and_one_that_nobody_brings_is_refused() -> None:
    found = discover({"acme": Acme()}, folders=())
    telemetry = RecordingTelemetry()
    assert extensions_of(found, telemetry, None).names == ()
    assert extensions_of(found, telemetry, "acme_last").names == ("policy acme_last",)
    with pytest.raises(InvalidInputError, match="plugins bring: acme_last"):
        extensions_of(found, telemetry, "acme_first")
