"""Trades that do not add up, and releases over a limit, are found."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core.invariants import RecordedRun, check
from core.invariants.limits import VERDICT_ALONE
from core.risk.registry import BY_NAME
from ports.commands import Limits
from ports.facts import (
    HeldOrderAmended,
    LimitsSet,
    OrderFilled,
    OrderRecorded,
    OrderReleased,
    ParentProgressed,
    PositionChanged,
    RiskDecided,
)
from ports.limits import SelfTrade
from ports.values import AmendId, OperationId, Price, Principal, Quantity, TradeId

from fakes.planting import Plants, changed, find, inserted, into, without
from fakes.sayings import PERP

PLANTS: Plants = {}
plant = into(PLANTS)


@plant("never_overfilled")
def an_overfill_without_a_break(run: RecordedRun) -> RecordedRun:
    return changed(run, find(run, OrderFilled, "spot"), quantity=Quantity(Decimal(3)), filled_quantity=Decimal(3))


@plant("never_overfilled")
def a_sum_of_fills_that_is_not_their_sum(run: RecordedRun) -> RecordedRun:
    return changed(run, find(run, OrderFilled, "bought"), filled_quantity=Decimal("0.3"))


@plant("never_overfilled")
def a_parent_amended_to_less_than_its_next_child_left_with(run: RecordedRun) -> RecordedRun:
    return inserted(run, find(run, OrderFilled, "big.1"), amended_to("0.3"))


@plant("never_overfilled")
def children_that_traded_more_than_their_parent_without_a_break(run: RecordedRun) -> RecordedRun:
    return inserted(run, find(run, OrderReleased, "big.2"), amended_to("0.25"))


@plant("never_overfilled")
def a_parent_that_says_more_than_its_children_traded(run: RecordedRun) -> RecordedRun:
    return changed(run, find(run, ParentProgressed), filled_quantity=Decimal("0.3"))


def amended_to(quantity: str) -> HeldOrderAmended:
    return HeldOrderAmended(
        operation_id=OperationId("big"),
        amend_id=AmendId("planted"),
        quantity=Quantity(Decimal(quantity)),
        price=None,
        trigger_price=None,
        principal=Principal("ann"),
        reason="",
        amended_ns=1,
    )


@plant("position_equals_fills")
def a_trade_counted_twice(run: RecordedRun) -> RecordedRun:
    fill = find(run, OrderFilled, "spot")
    return inserted(run, find(run, PositionChanged), fill.fact)


@plant("position_equals_fills")
def a_position_that_is_not_the_sum_of_its_trades(run: RecordedRun) -> RecordedRun:
    return changed(run, find(run, PositionChanged), quantity=Decimal("0.5"))


@plant("position_equals_fills")
def a_cent_that_no_trade_explains(run: RecordedRun) -> RecordedRun:
    return changed(run, find(run, PositionChanged), realized_pnl=Decimal("0.01"))


@plant("position_equals_fills")
def a_trillionth_of_a_coin_that_no_division_explains(run: RecordedRun) -> RecordedRun:
    last = [entry for entry in run.entries if isinstance(entry.fact, PositionChanged)][-1]
    fact: Any = last.fact
    return changed(run, last, realized_pnl=fact.realized_pnl + Decimal("1e-12"))


@plant("position_equals_fills")
def a_fee_that_was_forgotten(run: RecordedRun) -> RecordedRun:
    return changed(run, find(run, PositionChanged), fees={})


@plant("position_equals_fills")
def a_trade_that_moved_no_position(run: RecordedRun) -> RecordedRun:
    victim = find(run, PositionChanged).fact
    return without(run, lambda fact: fact is victim)


@plant("position_equals_fills")
def a_position_that_moved_without_a_trade(run: RecordedRun) -> RecordedRun:
    moved = find(run, PositionChanged)
    return inserted(run, moved, moved.fact)


@plant("position_equals_fills")
def a_position_that_moved_by_another_trade(run: RecordedRun) -> RecordedRun:
    return changed(run, find(run, PositionChanged), trade_id=TradeId("t-9"))


@plant("position_equals_fills")
def cash_left_open_where_nothing_is_held(run: RecordedRun) -> RecordedRun:
    flat = [entry for entry in run.entries if isinstance(entry.fact, PositionChanged) and not entry.fact.quantity][-1]
    fact: Any = flat.fact
    return changed(run, flat, open_cash=Decimal(1), realized_pnl=fact.realized_pnl - 1)


TIGHT: dict[str, dict[str, Any]] = {
    "max_orders_per_second": {"max_orders_per_second": 0},
    "max_orders_per_minute": {"max_orders_per_minute": 2},
    "max_orders_per_second_per_strategy": {"max_orders_per_second_per_strategy": 0},
    "max_orders_per_minute_per_strategy": {"max_orders_per_minute_per_strategy": 3},
    "max_order_quantity": {"max_order_quantity": {PERP: Decimal("0.9"), "*": Decimal(5000)}},
    "max_order_value": {"max_order_value_usd": Decimal(49_999)},
    "max_position_per_instrument": {"max_position_per_instrument": {PERP: Decimal(2)}},
    "max_position_per_strategy": {"max_position_per_strategy_usd": {"momentum": Decimal(120_000)}},
    "max_position_global": {"max_position_global_usd": Decimal(120_000)},
    "max_total_notional": {"max_total_notional_usd": Decimal(120_000)},
    "max_orders_per_second_per_venue": {"max_orders_per_second_per_venue": {"*": Decimal(0)}},
    "max_orders_per_day": {"max_orders_per_day": 3},
    "max_orders_per_day_per_strategy": {"max_orders_per_day_per_strategy": 5},
    "max_messages_per_second": {"max_messages_per_second": 0},
    "max_messages_per_day": {"max_messages_per_day": 3},
    "max_messages_per_minute_per_strategy": {"max_messages_per_minute_per_strategy": 7},
    "runaway": {"runaway_max_orders": 0},
    "max_messages_per_trade": {"max_messages_per_trade": {"*": Decimal(0)}, "messages_per_trade_from": 1},
    "min_order_quantity": {"min_order_quantity": {"*": Decimal(10)}},
    "min_order_value": {"min_order_value_usd": Decimal(60_000)},
    "max_order_value_in_quote": {"max_order_value_in_quote": {"USDT": Decimal(49_999)}},
    "max_position_per_venue": {"max_position_per_venue_usd": {"*": Decimal(120_000)}},
    "max_position_per_base": {"max_position_per_base_usd": {"BTC": Decimal(120_000)}},
    "max_gross_by_base": {"max_gross_by_base_usd": Decimal(120_000)},
    "max_net_exposure": {"max_net_exposure_usd": Decimal(120_000)},
    "max_quote_age": {"max_quote_age_ms": 1},
    "duplicate": {"duplicate_window_ms": 2_000},
    "self_trade": {"self_trade": SelfTrade.REFUSE},
    "restricted": {"restricted_strategies": ("momentum",)},
    "trading_hours": {"trading_hours": {"*": "SUN 00:00-00:01"}},
}


def test_every_rule_is_judged_from_the_facts_or_owned_up_to() -> None:
    like_one_here = {name for name in BY_NAME if name.startswith(("max_orders_per_", "max_messages_per_"))}
    collars = {"price_collar", "passive_price_collar"}
    assert {*TIGHT, *VERDICT_ALONE, *like_one_here, *collars} == set(BY_NAME)


@plant("limits_hold")
def a_limit_price_beyond_the_collar(run: RecordedRun) -> RecordedRun:
    strict = changed(run, find(run, LimitsSet), limits=Limits(price_collar_bps={PERP: Decimal(10)}))
    recorded: Any = find(strict, OrderRecorded, "bought").fact
    far = replace(recorded.terms, price=Price(Decimal(50_060)))
    return changed(strict, find(strict, OrderRecorded, "bought"), terms=far)


@pytest.mark.parametrize("rule", TIGHT)
def test_a_release_over_a_limit_is_found_whatever_its_verdicts_said(clean: RecordedRun, rule: str) -> None:
    loose = Limits(usd_per={"USDT": Decimal(1), "USD": Decimal(1)})
    tight = changed(clean, find(clean, LimitsSet), limits=replace(loose, **TIGHT[rule]))
    finding = check(tight)["limits_hold"]
    assert not finding.ok
    assert any(f"{rule} is " in violation for violation in finding.violations)


def test_an_order_that_was_valued_under_its_quote_is_reckoned_at_the_quote(clean: RecordedRun) -> None:
    tight = Limits(usd_per={"USDT": Decimal(1)}, max_order_value_usd=Decimal(49_999))
    cheap = changed(clean, find(clean, RiskDecided, "bought"), price=Decimal(1))
    finding = check(changed(cheap, find(cheap, LimitsSet), limits=tight))["limits_hold"]
    assert any("bought: max_order_value is 50000.1" in violation for violation in finding.violations)


@plant("limits_hold")
def a_reduce_only_order_that_left_with_all_that_it_asked_for(run: RecordedRun) -> RecordedRun:
    return changed(run, find(run, OrderReleased, "stops"), quantity=None)


@plant("never_overfilled")
def a_trade_beyond_what_a_held_order_left_with(run: RecordedRun) -> RecordedRun:
    return changed(run, find(run, OrderReleased, "stops"), quantity=Quantity(Decimal("0.4")))


@plant("limits_hold")
def a_release_that_nobody_judged(run: RecordedRun) -> RecordedRun:
    return without(run, lambda fact: isinstance(fact, RiskDecided) and fact.operation_id == "spot")


@plant("limits_hold")
def a_release_that_risk_had_refused(run: RecordedRun) -> RecordedRun:
    return changed(run, find(run, RiskDecided, "spot"), allowed=False)


@plant("limits_hold")
def a_rule_in_force_that_was_not_asked(run: RecordedRun) -> RecordedRun:
    decision: Any = find(run, RiskDecided, "spot").fact
    return changed(run, find(run, RiskDecided, "spot"), verdicts=decision.verdicts[:-1])


@plant("limits_hold")
def a_verdict_over_the_limit_in_force(run: RecordedRun) -> RecordedRun:
    decision: Any = find(run, RiskDecided, "spot").fact
    last = replace(decision.verdicts[-1], value="1000001", limit="2000000")
    return changed(run, find(run, RiskDecided, "spot"), verdicts=(*decision.verdicts[:-1], last))


@plant("limits_hold")
def a_verdict_that_says_unknown(run: RecordedRun) -> RecordedRun:
    decision: Any = find(run, RiskDecided, "spot").fact
    last = replace(decision.verdicts[-1], value="unknown")
    return changed(run, find(run, RiskDecided, "spot"), verdicts=(*decision.verdicts[:-1], last))


@pytest.mark.parametrize("name", PLANTS)
def test_what_was_planted_is_found(clean: RecordedRun, name: str) -> None:
    invariant, spoil = PLANTS[name]
    before = check(clean)[invariant]
    after = check(spoil(clean))[invariant]
    assert before.ok
    assert not after.ok
    assert after.violations
