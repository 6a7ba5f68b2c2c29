"""Cancel on disconnect: who is gone for longer than agreed has its orders taken back; who comes back has not."""

from ports.commands import CloseStream, OpenStream
from ports.facts import CancelRequested, OrdersAbandoned, StreamLost
from ports.replies import ControlReply
from ports.values import OperationId, OrderStatus, Principal, StrategyId

from fakes.desk import SECOND_NS, Desk
from fakes.sayings import accepted, submit

MOMENTUM, TRADER = StrategyId("momentum"), Principal("trader")


def opened(stream_id: str = "one", grace_s: float = 2.0) -> OpenStream:
    return OpenStream(strategy_id=MOMENTUM, stream_id=stream_id, grace_ns=round(grace_s * SECOND_NS), principal=TRADER)


def closed(stream_id: str = "one") -> CloseStream:
    return CloseStream(strategy_id=MOMENTUM, stream_id=stream_id, principal=TRADER)


def working(desk: Desk) -> Desk:
    """Let one order of the strategy and one of another work."""
    for name, strategy in (("mine", "momentum"), ("other", "other")):
        desk.receive(submit(name, buy="1", strategy=strategy))
        desk.receive(accepted(name))
    return desk


def taken_back(desk: Desk) -> list[OperationId]:
    return [fact.operation_id for fact in desk.facts if isinstance(fact, CancelRequested)]


def test_who_is_gone_for_longer_than_agreed_has_its_orders_taken_back_and_nobody_else(desk: Desk) -> None:
    working(desk).receive(opened())
    desk.receive(closed())
    desk.pass_time(1.9)
    assert taken_back(desk) == []
    desk.pass_time(0.2)
    assert taken_back(desk) == ["mine"]
    (asked,) = [fact for fact in desk.facts if isinstance(fact, CancelRequested)]
    assert (asked.principal, asked.reason) == (TRADER, "its strategy is disconnected")
    (abandoned,) = [fact for fact in desk.facts if isinstance(fact, OrdersAbandoned)]
    assert abandoned.orders == 1


def test_who_comes_back_in_time_keeps_its_orders(desk: Desk) -> None:
    working(desk).receive(opened("one"))
    desk.receive(closed("one"))
    desk.pass_time(1.9)
    desk.receive(opened("two"))
    desk.pass_time(600)
    assert taken_back(desk) == []
    desk.receive(closed("two"))
    desk.pass_time(2)
    assert taken_back(desk) == ["mine"]


def test_nobody_is_gone_while_another_such_stream_is_open(desk: Desk) -> None:
    working(desk).receive(opened("one"))
    desk.receive(opened("two"))
    desk.receive(closed("one"))
    desk.pass_time(600)
    assert taken_back(desk) == []


def test_an_order_placed_while_its_strategy_is_awaited_is_taken_back_too_and_a_later_one_is_not(desk: Desk) -> None:
    desk.receive(opened())
    desk.receive(closed())
    desk.receive(submit("meanwhile", buy="1"))
    desk.pass_time(2)
    desk.receive(submit("later", buy="1"))
    desk.pass_time(600)
    assert taken_back(desk) == ["meanwhile"]


def test_a_stream_that_was_open_when_the_service_died_counts_as_gone_at_its_start(desk: Desk) -> None:
    working(desk).receive(opened())
    desk.restart()
    (lost,) = [fact for fact in desk.facts if isinstance(fact, StreamLost)]
    assert lost.cancel_at_ns == desk.now_ns + 2 * SECOND_NS
    desk.pass_time(2)
    assert taken_back(desk) == ["mine"]


def test_a_strategy_that_is_back_after_a_restart_keeps_its_orders(desk: Desk) -> None:
    working(desk).receive(opened())
    desk.restart()
    desk.receive(opened("after"))
    desk.pass_time(600)
    assert taken_back(desk) == []


def test_who_was_awaited_when_the_service_died_is_awaited_no_longer_than_agreed(desk: Desk) -> None:
    working(desk).receive(opened(grace_s=5))
    desk.receive(closed())
    desk.pass_time(4)
    desk.restart()
    desk.pass_time(1)
    assert taken_back(desk) == ["mine"]
    desk.restart()
    assert desk.status("mine") is OrderStatus.PENDING_CANCEL
    assert len([fact for fact in desk.facts if isinstance(fact, OrdersAbandoned)]) == 1


def test_opening_and_closing_are_harmless_to_repeat(desk: Desk) -> None:
    changed = []
    for message in (opened(), opened(), closed(), closed()):
        (reply,) = desk.receive(message).replies
        assert isinstance(reply, ControlReply)
        changed.append(reply.changed)
    assert changed == [True, False, True, False]
