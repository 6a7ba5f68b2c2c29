"""Wake-ups: in order, at their time or after it, never before."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.runtime import MailboxLimits
from adapters.runtime.timers import Timers
from ports.errors import MailboxFullError
from ports.requests import WakeAt

from fakes.rig import Rig
from fakes.scribe import report, submit
from fakes.virtual_loop import SECOND_NS, pause, run_virtually, turns, virtual_now_ns

HOUR_NS = 3_600 * SECOND_NS


class Alarm:
    """Timers that write down what came, and when."""

    def __init__(self) -> None:
        self.came: list[tuple[str, int]] = []
        self.timers = Timers(virtual_now_ns, lambda wake: self.came.append((wake.token, virtual_now_ns())))

    def set_in(self, delay_ns: int, token: str) -> int:
        at_ns = virtual_now_ns() + delay_ns
        self.timers.set(WakeAt(at_ns=at_ns, token=token))
        return at_ns


@given(st.lists(st.integers(-SECOND_NS, 20 * HOUR_NS), min_size=1, max_size=30))
def test_every_wake_up_comes_once_in_order_and_not_early(delays_ns: list[int]) -> None:
    async def scenario() -> None:
        alarm = Alarm()
        wanted = [(alarm.set_in(delay_ns, str(number)), number) for number, delay_ns in enumerate(delays_ns)]
        await pause(21 * 3_600)
        assert [token for token, _ in alarm.came] == [str(number) for _, number in sorted(wanted)]
        at_ns = {str(number): at_ns for at_ns, number in wanted}
        assert all(at_ns[token] <= came_ns <= max(at_ns[token], 0) + SECOND_NS + 1_000 for token, came_ns in alarm.came)

    run_virtually(scenario())


async def test_an_earlier_wake_up_that_is_asked_for_later_comes_first() -> None:
    alarm = Alarm()
    alarm.set_in(10 * HOUR_NS, "late")
    await pause(1)
    alarm.set_in(HOUR_NS, "early")
    await pause(2 * 3_600)
    assert [token for token, _ in alarm.came] == ["early"]
    await pause(9 * 3_600)
    assert [token for token, _ in alarm.came] == ["early", "late"]


async def test_wake_ups_that_are_forgotten_do_not_come() -> None:
    alarm = Alarm()
    alarm.set_in(HOUR_NS, "forgotten")
    alarm.timers.clear()
    alarm.set_in(2 * HOUR_NS, "kept")
    await pause(3 * 3_600)
    assert [token for token, _ in alarm.came] == ["kept"]


async def test_a_clock_that_lags_behind_the_loop_never_makes_a_wake_up_early() -> None:
    came_ns: list[int] = []

    def slow_clock() -> int:  # loses a tenth of the time
        return virtual_now_ns() // 10 * 9

    timers = Timers(slow_clock, lambda wake: came_ns.append(slow_clock()))
    due_ns = slow_clock() + HOUR_NS
    timers.set(WakeAt(at_ns=due_ns, token="t"))
    await pause(2 * 3_600)
    assert len(came_ns) == 1
    assert came_ns[0] >= due_ns


async def test_the_actor_is_woken_through_its_mailbox(rig: Rig) -> None:
    due = [virtual_now_ns() + hours * HOUR_NS for hours in (3, 1, 2)]
    for at_ns in due:
        await rig.host.ask(submit(f"wake:{at_ns}"))
    await pause(4 * 3_600)
    assert rig.scribe.names[3:] == [f"woke-{at_ns}" for at_ns in sorted(due)]
    assert all(now_ns >= at_ns for now_ns, at_ns in zip(rig.scribe.times_ns[3:], sorted(due), strict=True))


async def test_a_wake_up_that_finds_its_lane_full_comes_a_little_later() -> None:
    async with Rig(MailboxLimits(reports=2)) as rig:
        at_ns = virtual_now_ns() + HOUR_NS
        await rig.host.ask(submit(f"wake:{at_ns}"))
        await pause(3_599)
        rig.journal.away = True
        rig.host.put_report(report("lost"))  # its commit fails, and nothing is taken from the mailbox
        await turns()
        for number in range(2):
            rig.host.put_report(report(f"r{number}"))
        await pause(30)
        rig.journal.away = False
        await pause(30)
        assert sorted(rig.scribe.names[1:]) == sorted(["lost", "r0", "r1"])  # wake-ups of a lost epoch are forgotten


async def test_reports_in_a_full_lane_are_refused_not_dropped() -> None:
    async with Rig(MailboxLimits(reports=2)) as rig:
        refused = 0
        for number in range(5):
            try:
                rig.host.put_report(report(f"r{number}"))
            except MailboxFullError:
                refused += 1
        await turns()
        assert refused == 3
        assert rig.scribe.names == ["r0", "r1"]
