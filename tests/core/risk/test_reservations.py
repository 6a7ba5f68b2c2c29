"""At no prefix of the facts could what was released come to exceed any limit, over all scopes at once.

Prices stand still, so that the worst case only changes by what is released, filled, amended and ended; after every
single fact it is reckoned anew, in fractions, for each instrument, strategy, venue, base asset and over all.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from core.invariants import check
from core.invariants.reckoning import Reckoning
from core.orders.order import Order
from ports.commands import AmendOrder
from ports.facts import RiskDecided
from ports.reports import AmendReport
from ports.values import AmendId, OrderStatus, Price, Quantity, Side, StrategyId

from fakes.desk import QUOTES, Desk
from fakes.sayings import (
    BYBIT_PERP,
    INVERSE,
    PERP,
    SPOT,
    TRADER,
    accepted,
    canceled,
    client_id,
    outcome_unknown,
    set_limits,
    submit,
    traded,
)

UNIT_USD = {PERP: 50000, BYBIT_PERP: 50000, SPOT: 2000, INVERSE: 1}
AT = {PERP: "50000", BYBIT_PERP: "50000", SPOT: "2000", INVERSE: "50000"}
AMOUNTS = {PERP: ["0.4", "1"], BYBIT_PERP: ["0.4", "1"], SPOT: ["5", "20"], INVERSE: ["10000", "40000"]}
LIMITS: dict[str, Any] = {
    "max_position_per_instrument": {PERP: Decimal("1.5"), SPOT: Decimal(30)},
    "max_position_per_strategy_usd": {"momentum": Decimal(90_000), "*": Decimal(120_000)},
    "max_position_per_venue_usd": {"BYBIT": Decimal(60_000)},
    "max_position_per_base_usd": {"BTC": Decimal(110_000)},
    "max_position_global_usd": Decimal(170_000),
    "max_gross_by_base_usd": Decimal(140_000),
    "max_net_exposure_usd": Decimal(130_000),
    "max_total_notional_usd": Decimal(230_000),
    "max_order_value_usd": Decimal(55_000),
}
picks = st.integers(0, 99)
strategies = st.sampled_from(["momentum", "other"])
instruments = st.sampled_from(list(UNIT_USD))
sides = st.sampled_from(list(Side))
STEPS = 60


class Reservations(RuleBasedStateMachine):
    """A desk whose every limit is tight, and venues that keep to what they were sent."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        self.reckoning = Reckoning()
        self.seen = self.used = 0

    @initialize()
    def limited(self) -> None:
        self.desk.receive(set_limits(**LIMITS))

    @rule(strategy=strategies, instrument=instruments, side=sides, pick=st.integers(0, 1))
    def ask(self, strategy: str, instrument: Any, side: Side, pick: int) -> None:
        self.desk.pass_time(ns=1)
        self.used += 1
        amount = {"buy" if side is Side.BUY else "sell": AMOUNTS[instrument][pick]}
        order = submit(f"op-{self.used}", at=AT[instrument], instrument=instrument, strategy=strategy, **amount)  # type: ignore[arg-type]  # buy or sell
        self.desk.receive(order)

    @rule(pick=picks, part=st.sampled_from(["0.25", "1"]))
    def fill(self, pick: int, part: str) -> None:
        order = self.an_open(pick)
        if order is None or not order.remaining:
            return
        self.used += 1
        quantity = order.remaining * Decimal(part)
        self.desk.receive(
            traded(
                order.terms.operation_id,
                f"t-{self.used}",
                str(quantity),
                AT[order.instrument],
                side=order.terms.side,
                instrument=order.instrument,
            )
        )

    @rule(pick=picks, word=st.sampled_from([accepted, canceled]))
    def say(self, pick: int, word: Any) -> None:
        order = self.an_open(pick)
        if order is not None:
            self.desk.receive(word(order.terms.operation_id, instrument=order.instrument))

    @rule(pick=picks)
    def lose(self, pick: int) -> None:
        order = self.an_open(pick)
        if order is not None:
            self.desk.receive(outcome_unknown(order.terms.operation_id, instrument=order.instrument))

    @rule(pick=picks, times=st.sampled_from(["0.5", "2"]), agrees=st.booleans())
    def amend(self, pick: int, times: str, agrees: bool) -> None:
        order = self.an_open(pick)
        if order is None or order.price is None:
            return
        self.used += 1
        quantity = Quantity(order.quantity * Decimal(times))
        command = AmendOrder(
            operation_id=order.terms.operation_id,
            amend_id=AmendId(f"am-{self.used}"),
            quantity=quantity,
            price=None,
            principal=TRADER,
        )
        asked = any(type(request).__name__ == "SendAmend" for request in self.desk.receive(command).requests)
        if asked and agrees and order.account is not None:
            self.desk.receive(
                AmendReport(
                    account=order.account,
                    instrument=order.instrument,
                    client_order_id=client_id(order.terms.operation_id),
                    quantity=quantity,
                    price=Price(order.price),
                    venue_order_id=None,
                    venue_time_ns=1,
                )
            )

    @rule()
    def die(self) -> None:
        self.desk.restart()
        for account in self.desk.accounts:
            self.desk.connect(account)
        for quote in QUOTES:
            self.desk.receive(quote)
        for order in list(self.desk.actor.book.oms.open_orders()):
            if order.status is OrderStatus.UNCONFIRMED:
                self.desk.receive(accepted(order.terms.operation_id, instrument=order.instrument))

    @invariant()
    def nothing_could_come_to_exceed_a_limit(self) -> None:
        for fact in self.desk.facts[self.seen :]:
            self.reckoning.take(fact)
            over = {name: value for name, (value, limit) in self.measured().items() if value > limit}
            assert not over, (type(fact).__name__, over)
        self.seen = len(self.desk.facts)

    def measured(self) -> dict[str, tuple[Fraction, Fraction]]:
        """Each limit's worst case as of the last fact taken, and the limit."""
        told = self.reckoning
        worst = {key: held.worst(Side.BUY, Fraction(0)) for key, held in told.by_instrument.items()}
        usd = {key: amount * UNIT_USD[key] for key, amount in worst.items()}
        bases: dict[str, tuple[Fraction, Fraction]] = {}
        for key, held in told.by_instrument.items():
            up, down = bases.get(key.base, (Fraction(0), Fraction(0)))
            unit = UNIT_USD[key]
            bases[key.base] = (up + (held.position + held.buys) * unit, down + (held.position - held.sells) * unit)
        of_bases = {base: max(abs(up), abs(down)) for base, (up, down) in bases.items()}
        net = [abs(sum((one[way] for one in bases.values()), Fraction(0))) for way in (0, 1)]
        mine = {
            strategy: sum(
                held.worst(Side.BUY, Fraction(0)) * UNIT_USD[key] for key, held in told.by_strategy[strategy].items()
            )
            for strategy in map(StrategyId, ("momentum", "other"))
        }
        found: dict[str, tuple[Any, Any]] = {
            "PERP": (worst.get(PERP, 0), LIMITS["max_position_per_instrument"][PERP]),
            "SPOT": (worst.get(SPOT, 0), LIMITS["max_position_per_instrument"][SPOT]),
            "momentum": (mine[StrategyId("momentum")], 90_000),
            "other": (mine[StrategyId("other")], 120_000),
            "BYBIT": (usd.get(BYBIT_PERP, 0), 60_000),
            "BTC": (of_bases.get("BTC", 0), 110_000),
            "global": (sum(usd.values()), 170_000),
            "gross": (sum(of_bases.values()), 140_000),
            "net": (max(net), 130_000),
            "notional": (sum(told.gross(key) * UNIT_USD[key] for key in told.by_instrument), 230_000),
        }
        return {name: (Fraction(value), Fraction(limit)) for name, (value, limit) in found.items()}

    def an_open(self, pick: int) -> Order | None:
        opened = list(self.desk.actor.book.oms.open_orders())
        return opened[pick % len(opened)] if opened else None

    def teardown(self) -> None:
        decided = [fact for fact in self.desk.facts if isinstance(fact, RiskDecided)]
        assert all(fact.verdicts for fact in decided)
        found = check(self.desk.run())
        assert not [finding.violations for finding in found.values() if not finding.ok]


def test_no_limit_is_exceeded_at_any_prefix_over_all_scopes_at_once() -> None:
    run_state_machine_as_test(
        Reservations,
        settings=settings(max_examples=25, stateful_step_count=STEPS, deadline=None, phases=[Phase.generate]),
    )
