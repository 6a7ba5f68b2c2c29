"""Whatever becomes of its children, its market and itself, a parent is never overfilled and always comes to an end."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ports.algorithms import EndReason, OrderRules, ParentState, ParentTerms
from ports.values import Price, Quantity, Side

from fakes.parent_market import START_NS, Fate, Fortune, ParentMarket, Shown, planner

type Params = dict[str, str]
PERCENT = st.integers(0, 90).map(str)
END = st.sampled_from(["finish", "stop"])
STALE = st.sampled_from(["2", "10", "1000"])
LOTS = st.integers(1, 4_000)


def some(**either: st.SearchStrategy[str]) -> st.SearchStrategy[Params]:
    """Some of these parameters."""
    return st.fixed_dictionaries({}, optional=either)


def with_all(first: st.SearchStrategy[Params], *others: st.SearchStrategy[Params]) -> st.SearchStrategy[Params]:
    return st.tuples(first, *others).map(lambda each: {name: text for one in each for name, text in one.items()})


SLICED = with_all(
    st.sampled_from([{"horizon_secs": "120", "interval_secs": "11"}, {"duration_sec": "60", "max_slices": "7"}]),
    some(time_jitter_pct=PERCENT, catch_up=st.sampled_from(["now", "spread"])),
)
CHILDREN = some(
    passive_secs=st.sampled_from(["0", "3", "8.5"]),
    min_child=st.sampled_from(["0.02", "0.3"]),
    stale_secs=STALE,
    at_end=END,
)
KINDS: dict[str, st.SearchStrategy[Params]] = {
    "TWAP": with_all(SLICED, CHILDREN, some(size_jitter_pct=PERCENT)),
    "VWAP": with_all(SLICED, CHILDREN, some(band_pct=PERCENT)),
    "IS": with_all(SLICED, CHILDREN, some(risk_aversion=st.sampled_from(["0", "0.001", "1"]))),
    "POV": with_all(
        st.just({"participation_pct": "10", "horizon_secs": "120"}), CHILDREN,
        some(cap_pct=st.sampled_from(["10", "50"]), interval_secs=st.sampled_from(["0.5", "5"]),
             max_child=st.sampled_from(["0.3", "1"])),
    ),
    "ICEBERG": with_all(
        some(visible_pct=st.integers(1, 100).map(str), display_jitter_pct=PERCENT, stale_secs=STALE, at_end=END),
        some(peg=st.just("touch"), horizon_secs=st.just("120"), repeg_secs=st.sampled_from(["0.5", "5"])),
    ),
}  # fmt: skip
RULES = st.sampled_from(
    [
        OrderRules(
            tick_size=Price(Decimal("0.1")),
            lot_size=Quantity(Decimal("0.001")),
            min_quantity=Quantity(Decimal(least)),
            max_quantity=None if most is None else Quantity(Decimal(most)),
            min_notional=None if notional is None else Decimal(notional),
        )
        for least, most, notional in [("0.001", None, None), ("0.005", "0.7", None), ("0.001", None, "5")]
    ]
)
FORTUNES = st.lists(
    st.builds(
        Fortune,
        fate=st.sampled_from([Fate.FILLS, Fate.FILLS, *Fate]),
        after_s=st.sampled_from([0.0, 0.0, 0.2, 4.0]),
        refuses_cancel=st.booleans(),
    ),
    max_size=12,
)


@st.composite
def shows(draw: st.DrawFn) -> list[Shown]:
    """A market that moves, falls silent now and then, and trades."""
    at_s, ticks, traded, shown = 0.0, 1_000, 0, []
    for _ in range(draw(st.integers(1, 60))):
        at_s += draw(st.sampled_from([0.5, 1.0, 3.0, 15.0]))
        ticks += draw(st.integers(-15, 15))
        traded += draw(st.integers(0, 3))
        silent = draw(st.integers(0, 7)) == 7
        bid = None if silent else str(Decimal(ticks) / 10)
        shown.append(Shown(at_s - 0.5, bid, str(Decimal(ticks + 1) / 10), str(traded)))
    return shown


def parents(rules: OrderRules, **fixed: Any) -> st.SearchStrategy[ParentTerms]:
    least = int(Decimal("0.06") / rules.lot_size)  # worth more than the least notional at every price here
    return st.builds(
        ParentTerms,
        side=st.sampled_from(Side),
        quantity=st.integers(least, 4_000).map(lambda lots: Quantity(lots * rules.lot_size)),
        price=st.sampled_from([None, None, Price(Decimal("99.5")), Price(Decimal(101))]),
        rules=st.just(rules),
        start_ns=st.just(START_NS),
        seed=st.integers(0, 1_000),
        **fixed,
    )


CHANGES = st.lists(
    st.tuples(
        st.integers(1, 110),
        st.one_of(
            st.builds(lambda lots: {"quantity": Quantity(Decimal(lots) / 1000)}, LOTS),
            st.sampled_from(["99", "100", "102"]).map(lambda price: {"price": Price(Decimal(price))}),
            st.sampled_from(ParentState).map(lambda state: {"state": state}),
        ),
    ),
    max_size=3,
)


@pytest.mark.parametrize("name", list(KINDS))
def test_a_parent_keeps_every_rule_and_ends_for_a_stated_reason(name: str) -> None:
    @given(st.data())
    def every_history(data: st.DataObject) -> None:
        parent = data.draw(RULES.flatmap(parents))
        market = ParentMarket(
            parent, planner(name, parent, **data.draw(KINDS[name])), data.draw(shows()), data.draw(FORTUNES)
        )
        changes = data.draw(CHANGES)
        for seconds, change in changes:
            market.at(seconds, **change)
        market.run()
        judge(market, changed=bool(changes))

    every_history()


def judge(market: ParentMarket, *, changed: bool) -> None:
    """Hold the end of a run to what every end must keep."""
    open_children = [child for child in market.children if child.is_open]
    if market.ending is None:
        horizon = getattr(market.planner, "horizon_ns", None) or hasattr(market.planner, "slicing")
        assert market.state is ParentState.PAUSED or not horizon
        assert open_children or market.state is ParentState.PAUSED or market.steps[-1][1].notices
        return
    assert not open_children
    if not changed:
        assert market.filled <= market.parent.quantity
    if market.ending.reason is EndReason.COMPLETE:
        assert market.filled == market.parent.quantity or changed
    else:
        assert market.ending.text
    if market.ending.reason is EndReason.CANCELED:
        assert market.state is ParentState.CANCELING


@pytest.mark.parametrize("name", ["TWAP", "VWAP", "IS"])
def test_children_that_all_fill_sum_to_the_parent_exactly(name: str) -> None:
    @given(st.data())
    def every_parent(data: st.DataObject) -> None:
        parent = data.draw(RULES.flatmap(parents))
        params = {**data.draw(KINDS[name]), "stale_secs": "1000", "at_end": "finish"}
        unlimited = ParentTerms(
            side=parent.side, quantity=parent.quantity, price=None, rules=parent.rules, start_ns=START_NS, seed=1
        )
        market = ParentMarket(unlimited, planner(name, unlimited, **params), [Shown(0)]).run()
        assert market.ending is not None
        assert market.ending.reason is EndReason.COMPLETE
        assert sum(child.order.quantity for child in market.children) == parent.quantity

    every_parent()
