"""A limit keeps nobody in a position: reduce-only orders pass, but for what would be a mistake."""

from decimal import Decimal
from typing import Any

import pytest

from core.invariants import check
from core.risk.rule import REDUCES
from ports.commands import HaltMode, HaltScope
from ports.facts import RiskDecided
from ports.limits import SelfTrade
from ports.requests import SendOrder
from ports.values import OperationId, OrderStatus, OrderType, Price, Side

from fakes.desk import Desk
from fakes.sayings import PERP, accepted, canceled, halt, quote, set_limits, submit, traded, with_terms

PASSED = [
    {"max_orders_per_second": 1},
    {"max_orders_per_day": 1},
    {"max_messages_per_second": 1},
    {"runaway_max_orders": 1, "runaway_window_ms": 60_000},
    {"trading_hours": {"*": "sat 00:00-00:01"}},
    {"min_order_quantity": {"*": Decimal(5)}},
    {"min_order_value_usd": Decimal(60_000)},
    {"max_quote_age_ms": 10},
    {"max_market_slippage_bps": {"*": Decimal("0.0001")}},
    {"max_price_move_bps": {"*": Decimal(1)}},
    {"max_share_of_volume_bps": {"*": Decimal(1)}},
    {"max_total_notional_usd": Decimal(60_000)},
    {"max_position_per_instrument": {"*": Decimal("0.5")}},
    {"max_position_global_usd": Decimal(60_000), "usd_per": {}},
    {"max_order_value_usd": Decimal(60_000), "usd_per": {}},
    {"max_daily_loss_per_strategy_usd": {"*": Decimal(1)}, "usd_per": {}},
    {"restricted_instruments": (PERP,)},
]
HELD = [
    {"max_order_quantity": {"*": Decimal("0.5")}},
    {"max_order_value_usd": Decimal(10_000)},
    {"max_order_value_in_quote": {"*": Decimal(10_000)}},
]


def with_a_stop(desk: Desk) -> None:
    """One strategy is long 1 with a target that works and a stop that is held; another is short 1 and bids below."""
    desk.receive(submit("in", buy="1"))
    desk.receive(traded("in", "t-1", "1"))
    desk.receive(submit("theirs", sell="1", strategy="other"))
    desk.receive(traded("theirs", "t-2", "1", side=Side.SELL))
    desk.receive(submit("bid", buy="0.1", at="40000", strategy="other"))
    desk.receive(submit("target", sell="1", at="51000", reduce_only=True, oco_group="exits"))
    desk.receive(accepted("target"))
    stop = submit("stop", sell="1", reduce_only=True, oco_group="exits")
    desk.receive(with_terms(stop, order_type=OrderType.STOP_MARKET, trigger_price=Price(Decimal(49_500))))


def stopped_out(desk: Desk) -> None:
    desk.receive(quote(PERP, "49000", "49000.1"))
    desk.receive(canceled("target"))


@pytest.mark.parametrize("limits", PASSED, ids=lambda one: next(iter(one)))
def test_a_stop_leaves_whatever_the_limit_and_its_verdict_says_why(desk: Desk, limits: dict[str, Any]) -> None:
    with_a_stop(desk)
    desk.receive(set_limits(**limits))
    stopped_out(desk)
    assert desk.status("stop") is OrderStatus.SUBMITTED
    decided = [one for one in desk.facts if isinstance(one, RiskDecided) and one.operation_id == OperationId("stop")]
    assert REDUCES in {verdict.seen for verdict in decided[-1].verdicts}
    assert check(desk.run())["limits_hold"].violations == ()


@pytest.mark.parametrize("limits", HELD, ids=lambda one: next(iter(one)))
def test_what_would_be_a_mistake_is_refused_though_it_reduces(desk: Desk, limits: dict[str, Any]) -> None:
    with_a_stop(desk)
    desk.receive(set_limits(**limits))
    stopped_out(desk)
    assert desk.status("stop") is OrderStatus.REJECTED


@pytest.mark.parametrize("flattened", [False, True])
def test_what_closes_takes_back_first_what_it_would_meet_of_ours(desk: Desk, flattened: bool) -> None:
    with_a_stop(desk)
    desk.receive(set_limits(self_trade=SelfTrade.REFUSE))
    if flattened:
        desk.receive(halt(HaltScope.STRATEGY, "momentum", HaltMode.FLATTEN))
        desk.receive(canceled("target", filled="0"))
    else:
        stopped_out(desk)
    assert desk.status("bid") is OrderStatus.PENDING_CANCEL
    sides = [one.request.side for one in desk.releases if isinstance(one.request, SendOrder)]
    assert (sides[-1], desk.reserved()[1]) == (Side.SELL, Decimal(1))
    assert check(desk.run())["limits_hold"].violations == ()


def test_what_does_not_close_is_refused_where_it_would_meet_ours(desk: Desk) -> None:
    with_a_stop(desk)
    desk.receive(set_limits(self_trade=SelfTrade.REFUSE))
    desk.receive(submit("out", sell="0.5"))
    assert (desk.order("out").reason_code, desk.status("bid")) == ("RISK_SELF_TRADE", OrderStatus.SUBMITTED)


def test_an_order_that_is_not_reduce_only_is_held_to_every_limit(desk: Desk) -> None:
    desk.receive(submit("in", buy="1"))
    desk.receive(traded("in", "t-1", "1"))
    desk.receive(set_limits(max_orders_per_day=1))
    desk.receive(submit("out", sell="1"))
    assert desk.order("out").reason_code == "RISK_MAX_ORDERS_PER_DAY"


def test_where_another_order_could_turn_the_position_round_limits_on_positions_hold_it(desk: Desk) -> None:
    desk.receive(submit("in", buy="1"))
    desk.receive(traded("in", "t-1", "1"))
    desk.receive(submit("more", sell="2", at="51000"))
    desk.receive(set_limits(max_position_per_instrument={"*": Decimal(1)}))
    desk.receive(submit("out", sell="1", reduce_only=True))
    assert desk.order("out").reason_code == "RISK_MAX_POSITION_PER_INSTRUMENT"


def test_positions_are_closed_at_the_limit_on_total_notional(desk: Desk) -> None:
    desk.receive(submit("in", buy="1"))
    desk.receive(traded("in", "t-1", "1"))
    desk.receive(set_limits(max_total_notional_usd=Decimal(60_000)))
    (reply,) = desk.receive(halt(mode=HaltMode.FLATTEN)).replies
    (closing,) = reply.closing  # type: ignore[union-attr]  # a halt is answered so
    assert desk.status(closing) is OrderStatus.SUBMITTED


def test_a_limit_on_an_orders_value_in_its_quote_currency_divides_the_closing(desk: Desk) -> None:
    desk.receive(submit("in", buy="1"))
    desk.receive(traded("in", "t-1", "1"))
    desk.receive(set_limits(max_order_value_in_quote={"USDT": Decimal(30_000)}))
    (reply,) = desk.receive(halt(mode=HaltMode.FLATTEN)).replies
    (closing,) = reply.closing  # type: ignore[union-attr]  # a halt is answered so
    assert (desk.status(closing), desk.order(closing).quantity) == (OrderStatus.SUBMITTED, Decimal("0.6"))
