"""The lanes of a mailbox."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.runtime import MailboxLimits
from adapters.runtime.mailbox import Mailbox
from ports.commands import CancelAll, HaltMode, HaltScope, LiftHalt, Limits, RaiseHalt, SetLimits
from ports.errors import MailboxFullError
from ports.execution import Answer

from fakes.rig import Rig
from fakes.scribe import TESTER, cancel, report, submit
from fakes.virtual_loop import turns

URGENT = [
    cancel("c"),
    CancelAll(principal=TESTER),
    RaiseHalt(scope=HaltScope.GLOBAL, value="", mode=HaltMode.HALT, principal=TESTER, reason=""),
    LiftHalt(scope=HaltScope.GLOBAL, value="", principal=TESTER, reason=""),
    SetLimits(limits=Limits(), principal=TESTER, reason=""),
]


def no_answer() -> asyncio.Future[Answer]:
    return asyncio.get_running_loop().create_future()


@pytest.mark.parametrize("command", URGENT, ids=lambda command: type(command).__name__)
async def test_what_people_command_overtakes_reports_and_reports_overtake_orders(
    command: CancelAll | RaiseHalt | LiftHalt | SetLimits,
) -> None:
    mailbox = Mailbox(MailboxLimits())
    mailbox.put_command(submit("order"), no_answer())
    mailbox.put_report(report("report"))
    mailbox.put_command(command, no_answer())
    taken = [envelope.message for _ in range(3) if (envelope := mailbox.take()) is not None]
    assert taken == [command, report("report"), submit("order")]
    assert mailbox.take() is None


async def test_a_lane_is_first_in_first_out() -> None:
    mailbox = Mailbox(MailboxLimits())
    for number in range(5):
        mailbox.put_command(submit(f"o{number}"), no_answer())
    assert [e.message for _ in range(5) if (e := mailbox.take())] == [submit(f"o{number}") for number in range(5)]


async def test_a_full_lane_takes_nothing_and_leaves_the_others_open() -> None:
    mailbox = Mailbox(MailboxLimits(urgent=1, reports=1, orders=1))
    mailbox.put_command(submit("first"), no_answer())
    with pytest.raises(MailboxFullError, match="orders lane"):
        mailbox.put_command(submit("second"), no_answer())
    mailbox.put_command(cancel("first"), no_answer())
    with pytest.raises(MailboxFullError, match="urgent lane"):
        mailbox.put_command(cancel("second"), no_answer())
    mailbox.put_report(report("first"))
    with pytest.raises(MailboxFullError, match="reports lane"):
        mailbox.put_report(report("second"))
    assert len(mailbox) == 3


@given(st.lists(st.sampled_from(["urgent", "report", "order", "take"]), max_size=60))
async def test_no_lane_ever_holds_more_than_its_limit(steps: list[str]) -> None:
    mailbox = Mailbox(MailboxLimits(urgent=2, reports=3, orders=1))
    held = {"urgent": 0, "report": 0, "order": 0}
    limits = {"urgent": 2, "report": 3, "order": 1}
    for step in steps:
        if step == "take":
            first = next((lane for lane in held if held[lane]), None)
            assert (mailbox.take() is None) == (first is None)
            if first is not None:
                held[first] -= 1
        else:
            try:
                match step:
                    case "report":
                        mailbox.put_report(report("r"))
                    case "order":
                        mailbox.put_command(submit("o"), no_answer())
                    case _:
                        mailbox.put_command(cancel("c"), no_answer())
            except MailboxFullError:
                assert held[step] == limits[step]
            else:
                held[step] += 1
        assert len(mailbox) == sum(held.values())
        assert all(held[lane] <= limits[lane] for lane in held)


async def test_a_cancel_overtakes_the_orders_that_wait_at_the_host() -> None:
    async with Rig() as rig:
        orders = [rig.host.ask(submit(f"o{number}")) for number in range(3)]
        cancels = [rig.host.ask(cancel("o2"))]
        await asyncio.gather(*orders, *cancels)
        assert rig.scribe.heard == ["o2", "o0", "o1", "o2"]


async def test_a_full_host_refuses_its_caller_and_has_taken_nothing() -> None:
    async with Rig(MailboxLimits(orders=2)) as rig:
        asked = rig.asked(*[submit(f"o{number}") for number in range(3)])
        await turns()
        with pytest.raises(MailboxFullError):
            await asked[2]
        await asyncio.gather(*asked[:2])
        assert await rig.durable() == ["epoch 1", "o0", "o1"]
        assert rig.sent == ["o0", "o1"]


async def test_while_the_disk_is_slow_the_host_holds_no_more_than_its_limits() -> None:
    async with Rig(MailboxLimits(orders=10)) as rig:
        rig.journal.hold_appends()
        asked = []
        for batch in range(60):
            asked += rig.asked(*[submit(f"o{batch}-{number}") for number in range(100)])
            await turns(10)
        refused = [one for one in asked if one.done()]
        assert len(asked) - len(refused) <= 4_096 + 10 + 100  # what waits for the disk, the lane, one turn more
        rig.journal.release_appends()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        taken = [answer for answer in answers if isinstance(answer, Answer)]
        assert len(taken) == len(rig.sent) == len(asked) - len(refused)
        assert all(isinstance(answer, (Answer, MailboxFullError)) for answer in answers)


async def test_a_turn_that_decides_on_many_messages_is_announced_and_one_of_few_is_not() -> None:
    async with Rig() as rig:
        said: list[str] = []
        rig.host.before_many = lambda: said.append("before")
        rig.host.after_many = lambda: said.append("after")
        await asyncio.gather(*[rig.host.ask(submit(f"few{number}")) for number in range(3)])
        assert said == []
        await asyncio.gather(*[rig.host.ask(submit(f"many{number}")) for number in range(12)])
        assert said == ["before", "after"]
