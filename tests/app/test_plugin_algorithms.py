"""A firm's own algorithm works parents as ours do; whatever it does wrong ends its parent, and nothing else."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from app.plugin_algorithms import MOST_AT_ONCE, Clock, guarded
from core.extensions import Extensions
from core.invariants import check
from core.orchestrator import Orchestrator
from ports.algorithms import ChildOrder, Market, ParentTerms, Progress, Step
from ports.errors import InvalidInputError
from ports.facts import BreakKind, ParentEnded
from ports.replies import InvalidOrder
from ports.requests import SendCancel, SendOrder
from ports.values import OrderStatus, OrderType, Price, Quantity, TimeInForce

from fakes.desk import PATIENCE, QUOTES, Desk
from fakes.sayings import PERP, accepted, canceled, submit, traded
from fakes.telemetry import RecordingTelemetry

NAME = "ACME_HALVES"


class Halves:
    """One half rests a tick below the bid; when it has traded, the other."""

    name = NAME
    says = "one half after the other"
    parameters: Mapping[str, str] = {"below": "how far below the bid"}
    counts_trades = False

    def __init__(self, does: Callable[[Progress], object] | None = None) -> None:
        self._does = does
        self._below = Decimal(0)

    def planner(self, params: Mapping[str, str], parent: ParentTerms) -> "Halves":
        if "below" not in params:
            raise InvalidInputError("exec_algorithm_params.below", "", "is needed")
        if params["below"] == "boom":
            raise ZeroDivisionError
        made = Halves(self._does)
        made._below = Decimal(params["below"])
        return made

    def plan(self, parent: ParentTerms, progress: Progress, market: Market, now_ns: int) -> Step:
        if self._does is not None and progress.children:
            return self._does(progress)  # type: ignore[return-value]  # other people's code may answer with anything
        if market.bid is None or any(one.is_open for one in progress.children):
            return Step(wake_ns=now_ns)  # at once, again and again
        return Step(place=(half(parent, len(progress.children) + 1, market.bid - self._below),), wake_ns=now_ns)


def half(parent: ParentTerms, number: int, price: Decimal) -> ChildOrder:
    return ChildOrder(
        number=number,
        batch=number,
        quantity=Quantity(parent.quantity / 2),
        order_type=OrderType.LIMIT,
        price=Price(price),
        time_in_force=TimeInForce.GTC,
    )


def desk_with(algorithm: Halves, telemetry: RecordingTelemetry, clock: Clock = time.perf_counter_ns) -> Desk:
    desk = Desk()
    desk.actor = Orchestrator(PATIENCE, Extensions(algorithms={NAME: guarded(algorithm, telemetry, clock)}))
    desk.actor.apply(desk.facts)
    desk.receive(QUOTES[0])
    return desk


@pytest.fixture
def telemetry() -> RecordingTelemetry:
    return RecordingTelemetry()


def worked(desk: Desk, **params: str) -> None:
    desk.receive(submit("big", buy="4", exec_algorithm=NAME, exec_algorithm_params=params or {"below": "1"}))


def refusal(desk: Desk, algorithm: str, **params: str) -> InvalidOrder:
    message = submit("wrong", buy="4", exec_algorithm=algorithm, exec_algorithm_params=params)
    (reply,) = desk.receive(message).replies
    assert isinstance(reply, InvalidOrder)
    return reply


def sent(desk: Desk) -> list[Decimal]:
    return [one.request.quantity for one in desk.releases if isinstance(one.request, SendOrder)]


def ending(desk: Desk) -> ParentEnded:
    (ended,) = [fact for fact in desk.facts if isinstance(fact, ParentEnded)]
    return ended


def test_a_firms_algorithm_works_an_order_to_its_end(telemetry: RecordingTelemetry) -> None:
    desk = desk_with(Halves(), telemetry)
    worked(desk)
    desk.receive(accepted("big.1"))
    desk.pass_time(1)
    assert sent(desk) == [2]
    desk.receive(traded("big.1", "t1", "2", "59999"))
    desk.receive(traded("big.2", "t2", "2", "59999"))
    assert sent(desk) == [2, 2]
    assert desk.status("big") is OrderStatus.FILLED
    assert all(finding.ok for finding in check(desk.run()).values())
    assert len(list(desk.wakes)) < 200  # however often it asks to be asked


def test_wrong_parameters_are_refused_in_its_words_and_an_unknown_algorithm_with_all_there_are(
    telemetry: RecordingTelemetry,
) -> None:
    desk = desk_with(Halves(), telemetry)
    assert refusal(desk, NAME).remedy == "is needed"
    assert "raised ZeroDivisionError over its parameters" in refusal(desk, NAME, below="boom").remedy
    assert refusal(desk, "ACME_OTHER").remedy.endswith(f"IS {NAME}")


WRONG: Mapping[str, tuple[Callable[[Progress], object], str]] = {
    "it raises": (lambda _: Decimal(1) / 0, "raised DivisionByZero"),
    "it exceeds itself": (lambda _: (_ for _ in ()).throw(RecursionError()), "raised RecursionError"),
    "it answers with something else": (lambda _: "sell", "answered with something that is no Step"),
    "it cancels what is not there": (lambda _: Step(cancel=(7,)), "cancels children [7], which there are not"),
    "it floods": (
        lambda progress: Step(place=(progress.children[0].order,) * (MOST_AT_ONCE + 1)),
        f"places {MOST_AT_ONCE + 1} children after 1",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_one_that_fails_takes_its_parent_back_says_so_and_halts_nothing(
    telemetry: RecordingTelemetry, case: str
) -> None:
    does, how = WRONG[case]
    desk = desk_with(Halves(does), telemetry)
    worked(desk)
    desk.receive(accepted("big.1"))
    desk.pass_time(1)
    (asked,) = [one.request for one in desk.releases if isinstance(one.request, SendCancel)]
    desk.receive(canceled("big.1"))
    assert ending(desk).reason == f"{NAME} {how}"
    assert desk.status("big") is OrderStatus.REJECTED
    assert asked.instrument == PERP
    assert {one["error"] for one in telemetry.noted("algorithm.failed")} == {how}
    assert desk.breaks() == []
    desk.receive(submit("plain", buy="1"))
    assert desk.status("plain") is OrderStatus.SUBMITTED


def test_one_that_wants_more_than_is_left_is_stopped_by_the_core(telemetry: RecordingTelemetry) -> None:
    def more(progress: Progress) -> Step:
        return Step(place=(replace(progress.children[0].order, number=2, quantity=Quantity(Decimal(3))),))

    desk = desk_with(Halves(more), telemetry)
    worked(desk)
    desk.receive(accepted("big.1"))
    desk.pass_time(1)
    assert sent(desk) == [2]
    desk.receive(canceled("big.1"))
    assert "BEYOND_REMAINDER" in (ending(desk).code, *desk.order("big").notices)
    assert BreakKind.OVERFILL not in desk.breaks()


def test_one_that_takes_long_ends_its_parent(telemetry: RecordingTelemetry) -> None:
    times = iter(range(0, 10**12, 60_000_000))
    desk = desk_with(Halves(), telemetry, lambda: next(times))
    worked(desk)
    assert ending(desk).reason == f"{NAME} took longer than 50 ms over a plan"
    assert sent(desk) == []


def test_a_parent_whose_plugin_is_gone_at_a_restart_is_taken_back_and_ends(telemetry: RecordingTelemetry) -> None:
    desk = desk_with(Halves(), telemetry)
    worked(desk)
    desk.receive(accepted("big.1"))
    desk.restart()  # with no plugin
    for account in desk.accounts:
        desk.connect(account)
    desk.pass_time(1)
    desk.receive(canceled("big.1"))
    assert ending(desk).reason == f"no installed plugin brings {NAME} any more"
