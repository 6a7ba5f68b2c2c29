"""A run in which everything happened as it should, to be judged as it is or after something was planted in it."""

from decimal import Decimal

import pytest

from core.invariants import RecordedRun
from ports.commands import HaltScope
from ports.reports import VenueOrderStatus
from ports.values import OrderType, Price, Side

from fakes.desk import Desk
from fakes.sayings import (
    INVERSE,
    PERP,
    SPOT,
    accepted,
    cancel,
    canceled,
    evidence,
    halt,
    not_found,
    not_sent,
    outcome_unknown,
    quote,
    resume,
    said,
    set_limits,
    submit,
    traded,
    with_terms,
)


@pytest.fixture
def busy(desk: Desk) -> Desk:
    """Return a desk that has been through everything once, one order after another in time."""
    desk.receive(
        set_limits(
            max_orders_per_second=5,
            max_orders_per_minute=100,
            max_orders_per_second_per_strategy=4,
            max_orders_per_minute_per_strategy=50,
            max_order_quantity={PERP: Decimal(2), "*": Decimal(5000)},
            max_order_value_usd=Decimal(200_000),
            max_position_per_instrument={"*": Decimal(5000)},
            max_position_per_strategy_usd={"momentum": Decimal(500_000)},
            max_position_global_usd=Decimal(900_000),
            max_total_notional_usd=Decimal(1_000_000),
        )
    )
    for name in ("bought", "sold", "expired", "taken-back", "lost", "unsent", "vanished"):
        desk.pass_time(1)
        where = {"sell": "0.5"} if name == "sold" else {"buy": "1"}
        desk.receive(submit(name, at="50000", **where))  # type: ignore[arg-type] # buy or sell
    desk.receive(accepted("bought"))
    desk.receive(traded("bought", "t-1", "0.4", "49999", fee="0.2"))
    desk.receive(traded("bought", "t-2", "0.6", "49998", fee="0.3"))
    desk.receive(traded("bought", "t-2", "0.6", "49998", fee="0.3"))
    desk.receive(traded("sold", "t-3", "0.5", "50002.5", side=Side.SELL))
    desk.receive(said("expired", VenueOrderStatus.EXPIRED))
    desk.receive(accepted("taken-back"))
    desk.receive(halt(HaltScope.STRATEGY, "momentum"))
    desk.receive(cancel("taken-back"))
    desk.receive(submit("halted", buy="1"))
    desk.receive(canceled("taken-back"))
    desk.receive(resume(HaltScope.STRATEGY, "momentum"))
    desk.receive(outcome_unknown("lost"))
    desk.receive(not_sent("unsent"))
    desk.receive(accepted("vanished"))
    for name in ("lost", "vanished"):
        for _ in range(2):
            desk.pass_time(2)
            desk.receive(not_found(name, desk.now_ns))
    desk.receive(submit("too-large", buy="3"))
    wait_and_reduce(desk)
    trade_elsewhere(desk)
    work_by_children(desk)
    desk.restart()
    desk.connect(desk.accounts[0])
    desk.pass_time(1)
    desk.receive(submit("bought", buy="1", at="50000"))
    desk.receive(submit("after", sell="0.1", at="50000"))
    return desk


def wait_and_reduce(desk: Desk) -> None:
    """Orders that are held: one is taken back, one leaves, under a halt, with less than it asked for; 0.5 is held."""
    waits = {"order_type": OrderType.STOP_MARKET, "trigger_price": Price(Decimal(49000))}
    for name in ("waits", "stops"):
        desk.pass_time(1)
        desk.receive(with_terms(submit(name, sell="0.7", reduce_only=True), **waits))
    desk.receive(cancel("waits"))
    desk.receive(halt(HaltScope.STRATEGY, "momentum"))
    desk.receive(quote(PERP, "49000", "49000.1"))
    desk.receive(traded("stops", "t-7", "0.5", "49000", side=Side.SELL))
    desk.receive(resume(HaltScope.STRATEGY, "momentum"))
    desk.receive(quote(PERP, "49999.9", "50000.1"))


def work_by_children(desk: Desk) -> None:
    """A parent of two parts: the first trades whole, the second half of it, and is taken back with its parent."""
    desk.pass_time(60)
    desk.receive(quote(PERP, "49999.9", "50000.1", desk.now_ns))
    halves = {"horizon_secs": "20", "intervals": "2"}
    desk.receive(submit("big", buy="0.4", strategy="other", exec_algorithm="TWAP", exec_algorithm_params=halves))
    desk.receive(traded("big.1", "t-8", "0.2"))
    desk.pass_time(9)
    desk.receive(quote(PERP, "49999.9", "50000.1", desk.now_ns))
    desk.pass_time(1)
    desk.receive(accepted("big.2"))
    desk.receive(traded("big.2", "t-9", "0.1"))
    desk.receive(cancel("big"))
    desk.receive(canceled("big.2", filled="0.1"))


def trade_elsewhere(desk: Desk) -> None:
    """Spot and inverse, so that totals span several instruments and cash flows are divided."""
    desk.pass_time(1)
    desk.receive(submit("spot", buy="2", instrument=SPOT, strategy="other"))
    desk.receive(traded("spot", "t-4", "2", "2000.01", instrument=SPOT, fee="0.002", currency="ETH"))
    desk.pass_time(1)
    desk.receive(submit("coin-in", buy="1000", instrument=INVERSE, strategy="other"))
    desk.receive(traded("coin-in", "t-5", "700", "50005", instrument=INVERSE))
    desk.receive(evidence(canceled("coin-in", instrument=INVERSE, filled="700")))
    desk.pass_time(1)
    desk.receive(submit("coin-out", sell="700", instrument=INVERSE, strategy="other"))
    desk.receive(traded("coin-out", "t-6", "700", "49995", instrument=INVERSE, side=Side.SELL))


@pytest.fixture
def clean(busy: Desk) -> RecordedRun:
    """Return the recording of that run."""
    return busy.run()
