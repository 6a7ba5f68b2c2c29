"""Whatever people ask and venues say, in whatever order, lost, repeated or contradictory: the book stays true.

Every step is a command, a report or a catastrophe drawn at random; after every step the book is compared with what
its facts add up to, reckoned here anew; at the end of every history all invariants are judged.
"""

from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from core.invariants import check
from core.orders.moves import is_legal
from core.reconciliation.patience import Watch, read_token
from ports.actor import Told
from ports.commands import AmendOrder, HaltMode, HaltScope, SubmitOrder
from ports.facts import Fact, OrderFilled, OrderRecorded, OrderReleased, OrderUnsent, status_after
from ports.instruments import InstrumentKey
from ports.reports import AmendRefused, AmendReport, FillReport, VenueOrderStatus
from ports.requests import QueryOrder
from ports.values import (
    AccountId,
    AmendId,
    OperationId,
    OrderStatus,
    OrderType,
    Price,
    Principal,
    Quantity,
    Side,
    StrategyId,
    plain,
)

from fakes.desk import SECOND_NS, Desk, digest, folded, through_json
from fakes.sayings import (
    ACCOUNTS,
    BYBIT_PERP,
    INVERSE,
    PERP,
    SMART_PERP,
    cancel,
    cancel_all,
    cancel_refused,
    client_id,
    depth,
    evidence,
    halt,
    not_found,
    not_sent,
    outcome_unknown,
    public_trade,
    quote,
    resume,
    said,
    set_limits,
    submit,
    traded,
    unanswered,
    with_terms,
)

STEPS = 80
orders = st.integers(0, 99)  # which of the orders there are; mostly one that is open
strategies = st.sampled_from(["momentum", "other"])
sides = st.sampled_from(list(Side))
WAITING = [OrderType.STOP_MARKET, OrderType.MARKET_IF_TOUCHED]
linear = st.sampled_from(["0.1", "0.4", "1", "1.5"])
inverse = st.sampled_from(["10", "500", "1000"])
limit_prices = st.sampled_from([None, "49000", "50000"])
trade_ids = st.integers(0, 30).map(lambda n: f"t-{n}")
parts = st.sampled_from(["0.1", "0.3", "0.4", "1"])
trade_prices = st.sampled_from(["49000", "50000", "50001.3"])
mostly = st.sampled_from([True, True, True, False])
HALTED = [
    (HaltScope.GLOBAL, ""),
    (HaltScope.VENUE, "BYBIT"),
    (HaltScope.ACCOUNT, ACCOUNTS[PERP]),
    (HaltScope.INSTRUMENT, PERP),
    (HaltScope.STRATEGY, "other"),
]
halted = st.sampled_from(HALTED)
WORKED = [
    ("TWAP", {"horizon_secs": "4", "intervals": "4", "stale_secs": "3600"}),
    ("TWAP", {"horizon_secs": "6", "intervals": "2", "passive_secs": "1", "at_end": "stop"}),
    ("ICEBERG", {"visible_pct": "40"}),
    ("POV", {"participation_pct": "20", "interval_secs": "1", "stale_secs": "3600"}),
    ("VWAP", {"horizon_secs": "6", "intervals": "3", "stale_secs": "3600"}),
]
LIMITS: dict[str, st.SearchStrategy[Any]] = {
    "max_orders_per_second": st.integers(1, 3),
    "max_orders_per_minute_per_strategy": st.integers(2, 6),
    "max_order_quantity": st.just({PERP: Decimal("1.0"), "*": Decimal(1000)}),
    "max_order_value_usd": st.just(Decimal(60000)),
    "max_position_per_instrument": st.just({PERP: Decimal(2), BYBIT_PERP: Decimal("1.50")}),
    "max_position_per_strategy_usd": st.just({"*": Decimal(80000)}),
    "max_position_global_usd": st.just(Decimal(120000)),
    "max_total_notional_usd": st.just(Decimal(150000)),
    "enabled": st.just(False),
}
# One limit at a time, so that none hides behind another; sometimes any set of them.
limits: st.SearchStrategy[dict[str, Any]] = st.sampled_from(sorted(LIMITS)).flatmap(
    lambda name: st.fixed_dictionaries({name: LIMITS[name]})
) | st.fixed_dictionaries({}, optional=LIMITS)


class AnyHistory(RuleBasedStateMachine):
    """A desk with three accounts, and a world that keeps no promise."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(instruments=(PERP, BYBIT_PERP, INVERSE))
        self.seen = 0
        self.used = 0
        self.statuses: dict[OperationId, OrderStatus] = {}

    def tell(self, message: Told) -> None:
        """Say something at a new instant; what the book cannot believe must leave no trace, and is set aside."""
        self.desk.pass_time(ns=1)
        before = self.desk.actor.sequence
        try:
            self.desk.receive(message)
        except ValueError as misfit:
            if "does not fit its order" not in str(misfit):
                raise
            if self.desk.actor.sequence != before:  # half a turn was applied: the runtime makes the book again
                self.desk.actor = folded(through_json(self.desk.facts))
            self.desk.quarantine(message, str(misfit))

    def known(self, which: int) -> str:
        """One of the orders: four times of five an open one, if there is any; where there is none, an unknown one."""
        every = list(self.desk.actor.book.oms.all_orders())
        working = [order for order in every if order.is_open]
        among = working if working and which % 5 else every
        return among[which % len(among)].terms.operation_id if among else "nobody-knows"

    def instrument_of(self, operation_id: str) -> InstrumentKey:
        """Where an order went, or was to go."""
        order = self.desk.actor.book.oms.get(OperationId(operation_id))
        return order.instrument if order is not None and order.release is not None else PERP

    def place(self, operation_id: str, side: Side, amount: str, **more: Any) -> None:
        terms: dict[str, Any] = {side.lower(): amount, **more}
        self.tell(submit(operation_id, **terms))

    def fresh(self) -> str:
        """An operation id that nobody has used."""
        self.used += 1
        return f"op-{self.used}"

    # -- people

    @initialize(first=limits)
    def begin_with_limits(self, first: dict[str, Any]) -> None:
        self.tell(set_limits(**first))

    @rule(side=sides, amount=linear, at=limit_prices, strategy=strategies)
    def submit_at_one_venue(self, side: Side, amount: str, at: str | None, strategy: str) -> None:
        self.place(self.fresh(), side, amount, at=at, strategy=strategy, instrument=PERP)

    @rule(side=sides, amount=linear, at=limit_prices, strategy=strategies)
    def submit_at_another(self, side: Side, amount: str, at: str | None, strategy: str) -> None:
        self.place(self.fresh(), side, amount, at=at, strategy=strategy, instrument=BYBIT_PERP)

    @rule(side=sides, amount=linear, at=limit_prices, strategy=strategies, shared=st.booleans(), reduces=st.booleans())
    def submit_anywhere(
        self, side: Side, amount: str, at: str | None, strategy: str, shared: bool, reduces: bool
    ) -> None:
        more = {"split_allowed": shared, "reduce_only": reduces and shared}
        self.place(self.fresh(), side, amount, at=at, strategy=strategy, instrument=SMART_PERP, **more)

    @rule(side=sides, amount=inverse, strategy=strategies)
    def submit_inverse(self, side: Side, amount: str, strategy: str) -> None:
        self.place(self.fresh(), side, amount, strategy=strategy, instrument=INVERSE)

    @rule(
        side=sides, amount=linear, kind=st.sampled_from(WAITING), trigger=st.integers(40000, 60000), strategy=strategies
    )
    def submit_one_that_waits(self, side: Side, amount: str, kind: OrderType, trigger: int, strategy: str) -> None:
        self.depending(side, amount, strategy, order_type=kind, trigger_price=Price(Decimal(trigger)))

    @rule(side=sides, amount=linear, at=limit_prices, strategy=strategies, group=st.sampled_from(["", "a", "b"]))
    def submit_one_that_only_reduces(self, side: Side, amount: str, at: str | None, strategy: str, group: str) -> None:
        self.place(
            self.fresh(), side, amount, at=at, strategy=strategy, instrument=PERP, reduce_only=True, oco_group=group
        )

    @rule(side=sides, amount=linear, which=orders, group=st.sampled_from(["", "a", "b"]), waits=st.booleans())
    def submit_one_that_follows(self, side: Side, amount: str, which: int, group: str, waits: bool) -> None:
        before = self.desk.actor.book.oms.get(OperationId(self.known(which)))
        strategy = "momentum" if before is None else before.terms.strategy_id
        after = None if before is None else before.terms.operation_id
        waiting = {"order_type": OrderType.STOP_MARKET, "trigger_price": Price(Decimal(50001))} if waits else {}
        self.depending(side, amount, strategy, after_operation_id=after, oco_group=group, **waiting)

    @rule(side=sides, amount=linear, at=limit_prices, strategy=strategies, work=st.sampled_from(WORKED))
    def submit_one_that_an_algorithm_works(
        self, side: Side, amount: str, at: str | None, strategy: str, work: tuple[str, dict[str, str]]
    ) -> None:
        name, params = work
        limit = at or "50000" if name == "ICEBERG" else at
        more = {"exec_algorithm": name, "exec_algorithm_params": params}
        self.place(self.fresh(), side, amount, at=limit, strategy=strategy, instrument=PERP, **more)

    def depending(self, side: Side, amount: str, strategy: str, **terms: Any) -> None:
        command = submit(self.fresh(), **{side.lower(): amount}, strategy=strategy, instrument=PERP)  # type: ignore[arg-type] # a side's name
        self.tell(with_terms(command, **terms))

    @rule(amount=linear, which=orders)
    def submit_other_content(self, amount: str, which: int) -> None:
        self.place(self.known(which), Side.BUY, amount, at="1000", tags={"again": "yes"})

    @rule(which=orders)
    def submit_again(self, which: int) -> None:
        order = self.desk.actor.book.oms.get(OperationId(self.known(which)))
        if order is not None:
            released = len(self.desk.sends)
            self.tell(SubmitOrder(terms=order.terms, principal=order.principal, received_ns=0))
            assert len(self.desk.sends) == released

    @rule(which=orders)
    def cancel(self, which: int) -> None:
        self.tell(cancel(self.known(which)))

    @rule(strategy=st.none() | strategies.map(StrategyId), too_early=st.booleans())
    def cancel_all(self, strategy: StrategyId | None, too_early: bool) -> None:
        self.tell(cancel_all(strategy_id=strategy))
        if too_early:  # a cancel that overtakes its submit
            operation_id = self.fresh()
            self.tell(cancel(operation_id))
            self.place(operation_id, Side.BUY, "1")
            assert client_id(operation_id) not in self.desk.sends

    @rule(new=limits)
    def set_limits(self, new: dict[str, Any]) -> None:
        self.tell(set_limits(**new))

    @rule(where=st.sampled_from([PERP, BYBIT_PERP, INVERSE]), bid=st.integers(40000, 60000))
    def quote(self, where: InstrumentKey, bid: int) -> None:
        self.tell(quote(where, str(bid), str(bid + 1)))

    @rule(where=st.sampled_from([PERP, BYBIT_PERP]), amount=linear)
    def trade_publicly(self, where: InstrumentKey, amount: str) -> None:
        self.tell(public_trade(where, amount, self.desk.now_ns))

    @rule(where=st.sampled_from([PERP, BYBIT_PERP]), mid=st.integers(40000, 60000), sizes=st.lists(linear, min_size=2))
    def show_depth(self, where: InstrumentKey, mid: int, sizes: list[str]) -> None:
        self.tell(depth(where, mid, sizes, self.desk.now_ns))

    @rule(which=orders, amount=st.none() | linear, at=limit_prices, name=st.integers(0, 9))
    def amend(self, which: int, amount: str | None, at: str | None, name: int) -> None:
        self.tell(
            AmendOrder(
                operation_id=OperationId(self.known(which)),
                amend_id=AmendId(f"amend-{name}"),
                quantity=None if amount is None else Quantity(Decimal(amount)),
                price=None if at is None else Price(Decimal(at)),
                principal=Principal("ann"),
            )
        )

    # -- venues

    @rule(which=orders, amount=linear, at=st.sampled_from(["49000", "50000"]), refused=st.booleans())
    def answer_an_amend(self, which: int, amount: str, at: str, refused: bool) -> None:
        name = self.known(which)
        where = self.instrument_of(name)
        account, client_order_id = ACCOUNTS[where], client_id(name)
        if refused:
            self.tell(AmendRefused(account=account, client_order_id=client_order_id, reason="no"))
            return
        self.tell(
            AmendReport(
                account=account,
                instrument=where,
                client_order_id=client_order_id,
                venue_order_id=None,
                quantity=Quantity(Decimal(amount)),
                price=Price(Decimal(at)),
            )
        )

    @rule(which=orders, status=st.sampled_from(VenueOrderStatus), filled=st.none() | parts)
    def say(self, which: int, status: VenueOrderStatus, filled: str | None) -> None:
        name = self.known(which)
        self.tell(said(name, status, filled=filled, instrument=self.instrument_of(name)))

    @rule(which=orders, trade=trade_ids, part=parts, price=trade_prices, wrong_side=st.integers(0, 19))
    def trade(self, which: int, trade: str, part: str, price: str, wrong_side: int) -> None:
        self.tell(self.fill(self.known(which), trade, part, price, flip=wrong_side == 19))

    @rule(which=orders, trade=trade_ids, price=trade_prices)
    def trade_all_of_it(self, which: int, trade: str, price: str) -> None:
        name = self.known(which)
        order = self.desk.actor.book.oms.get(OperationId(name))
        if order is not None and order.remaining:
            self.tell(self.fill(name, trade, str(order.remaining), price))

    @rule(trade=trade_ids, part=parts, side=sides)
    def trade_of_nobody(self, trade: str, part: str, side: Side) -> None:
        self.tell(traded(None, trade, part, side=side, instrument=INVERSE))

    @rule(
        which=orders,
        status=st.sampled_from(VenueOrderStatus),
        trades=st.lists(st.tuples(trade_ids, parts, trade_prices), max_size=2),
    )
    def answer(self, which: int, status: VenueOrderStatus, trades: list[tuple[str, str, str]]) -> None:
        name = self.known(which)
        told = said(name, status, instrument=self.instrument_of(name))
        self.tell(evidence(told, *(self.fill(name, *trade) for trade in trades)))

    @rule(which=orders, apart_ns=st.sampled_from([0, SECOND_NS - 1, SECOND_NS, 5 * SECOND_NS]))
    def find_nothing_twice(self, which: int, apart_ns: int) -> None:
        name = self.known(which)
        where = self.instrument_of(name)
        asked_ns = self.desk.now_ns
        self.tell(not_found(name, asked_ns, where))
        self.desk.pass_time(ns=apart_ns)
        self.tell(not_found(name, asked_ns + apart_ns, where))

    @rule(which=orders, word=st.sampled_from([not_sent, outcome_unknown, cancel_refused, unanswered]))
    def fail(self, which: int, word: Any) -> None:
        name = self.known(which)
        self.tell(word(name, self.instrument_of(name)))

    def fill(self, operation: str, trade: str, part: str, price: str, *, flip: bool = False) -> FillReport:
        order = self.desk.actor.book.oms.get(OperationId(operation))
        side = Side.BUY if order is None else order.terms.side
        if flip:
            side = Side.SELL if side is Side.BUY else Side.BUY
        return traded(operation, trade, part, price, side=side, instrument=self.instrument_of(operation), fee="0.01")

    # -- catastrophes, each mended sooner or later

    @rule(scope=halted, mode=st.sampled_from(HaltMode), lifted=mostly)
    def halt(self, scope: tuple[HaltScope, str], mode: HaltMode, lifted: bool) -> None:
        self.tell(halt(*scope, mode))
        self.place(self.fresh(), Side.SELL, "0.1", strategy="other")
        if lifted:
            self.tell(resume(*scope))

    @rule(where=st.sampled_from([PERP, BYBIT_PERP, INVERSE]), mended=mostly)
    def lose_session(self, where: InstrumentKey, mended: bool) -> None:
        self.desk.pass_time(ns=1)
        self.desk.disconnect(ACCOUNTS[where])
        if mended:
            self.regain(ACCOUNTS[where])

    @rule(again=st.integers(1, 2), mended=mostly)
    def restart(self, again: int, mended: bool) -> None:
        for _ in range(again):
            self.desk.pass_time(ns=1)
            lived = digest(self.desk.actor)
            assert digest(folded(through_json(self.desk.facts))) == lived
            self.desk.restart()
        self.mend(accounts=mended, halts=False)

    @rule(accounts=mostly, halts=mostly)
    def mend(self, accounts: bool, halts: bool) -> None:
        for scope, value in HALTED if halts else ():
            self.tell(resume(scope, value))
        for account in self.desk.accounts if accounts else ():
            self.regain(account)

    def regain(self, account: AccountId) -> None:
        """Connect again; the venue answers every question that is asked at once."""
        self.desk.pass_time(ns=1)
        outcome = self.desk.connect(account)
        asked = {request.client_order_id for request in outcome.requests if isinstance(request, QueryOrder)}
        for order in list(self.desk.actor.book.oms.open_orders()):
            if order.client_order_id in asked:
                filled = plain(order.filled_quantity)
                told = said(
                    order.terms.operation_id, VenueOrderStatus.ACCEPTED, filled=filled, instrument=order.instrument
                )
                self.tell(evidence(told))

    @rule(which=orders, lifted=mostly, mode=st.sampled_from(HaltMode))
    def halt_one_that_is_worked(self, which: int, lifted: bool, mode: HaltMode) -> None:
        parents = list(self.desk.actor.book.oms.contingent.all_parents())
        if not parents:
            return
        name = parents[which % len(parents)].terms.operation_id
        self.tell(halt(HaltScope.ORDER, name, mode if mode is not HaltMode.FLATTEN else HaltMode.HALT))
        if lifted:
            self.desk.pass_time(1)
            self.tell(resume(HaltScope.ORDER, name))

    @rule(seconds=st.sampled_from([0.6, 1, 5, 61]))
    def wait(self, seconds: float) -> None:
        self.desk.pass_time(seconds)

    # -- what must be true after every step

    @invariant()
    def every_change_of_status_is_a_legal_move(self) -> None:
        for fact in self.news():
            operation_id, after = getattr(fact, "operation_id", None), status_after(fact)
            if operation_id is None or after is None:
                continue
            before = self.statuses.get(operation_id)
            assert isinstance(fact, OrderRecorded) if before is None else is_legal(before, after), (before, fact)
            self.statuses[operation_id] = after
        held = {order.terms.operation_id: order.status for order in self.desk.actor.book.oms.all_orders()}
        assert held == self.statuses

    @invariant()
    def exposure_is_what_orders_and_trades_add_up_to(self) -> None:
        book = self.desk.actor.book
        expected: defaultdict[tuple[StrategyId, InstrumentKey], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
        for fact in self.desk.facts:
            if isinstance(fact, OrderFilled):
                expected[fact.strategy_id, fact.instrument][0] += fact.side.sign * fact.quantity
        for order in book.oms.all_orders():
            if order.client_order_id is not None and not order.status.is_terminal:
                wanted = order.amending.quantity if order.amending is not None else order.quantity
                left = max(
                    max(order.quantity, wanted) - sum((fill.quantity for fill in order.fills), Decimal(0)), Decimal(0)
                )
                which = 1 if order.terms.side is Side.BUY else 2
                expected[order.terms.strategy_id, order.instrument][which] += left
        for (strategy, instrument), (position, buys, sells) in expected.items():
            one = book.exposure.of(strategy, instrument)
            assert (one.position, one.open_buys, one.open_sells) == (position, buys, sells)
        for instrument in (PERP, BYBIT_PERP, INVERSE):
            mine = [numbers for (_, of), numbers in expected.items() if of == instrument]
            whole = book.exposure.of_instrument(instrument)
            sums = [sum((numbers[place] for numbers in mine), Decimal(0)) for place in range(3)]
            assert [whole.position, whole.open_buys, whole.open_sells] == sums
            gross = sum((abs(position) + buys + sells for position, buys, sells in mine), Decimal(0))
            assert book.exposure.gross_by_instrument().get(instrument, Decimal(0)) == gross

    @invariant()
    def positions_are_the_sums_of_trades_each_counted_once(self) -> None:
        fills = [fact for fact in self.desk.facts if isinstance(fact, OrderFilled)]
        assert not repeated((fill.account, fill.instrument, fill.trade_id) for fill in fills)
        sums: defaultdict[object, Decimal] = defaultdict(Decimal)
        for fill in fills:
            sums[fill.account, fill.strategy_id, fill.instrument] += fill.side.sign * fill.quantity
        held = {key: position.holding.quantity for key, position in self.desk.actor.book.positions}
        assert held == sums

    @invariant()
    def an_operation_is_released_once_and_every_release_is_sent_once(self) -> None:
        released = [fact for fact in self.desk.facts if isinstance(fact, OrderReleased)]
        unsent = [fact.operation_id for fact in self.desk.facts if isinstance(fact, OrderUnsent)]
        again = Counter(fact.operation_id for fact in released) - Counter(unsent)
        assert not [operation_id for operation_id, times in again.items() if times > 1]
        assert self.desk.sends == [fact.client_order_id for fact in released]
        assert not repeated(self.desk.sends)

    @invariant()
    def what_is_held_waits_with_nobody_and_is_found_by_what_it_waits_for(self) -> None:
        oms = self.desk.actor.book.oms
        held = {order.terms.operation_id for order in oms.all_orders() if order.status is OrderStatus.HELD}
        assert {order.terms.operation_id for order in oms.contingent.all_held()} == held
        watched = {order.terms.operation_id for order in oms.contingent.watching(PERP)}
        waiting = [oms.recorded(one) for one in held]
        assert watched == {
            order.terms.operation_id
            for order in waiting
            if order.triggered is None and order.terms.order_type.has_trigger
        }
        assert not held & {order.terms.operation_id for order in oms.open_orders()}

    @invariant()
    def a_parent_is_what_its_children_are(self) -> None:
        for parent in self.desk.actor.book.oms.all_orders():
            if not parent.is_parent:
                continue
            assert parent.release is None
            assert parent.filled_quantity == sum((child.filled_quantity for child in parent.children), Decimal(0))
            assert not parent.status.is_terminal or all(child.status.is_terminal for child in parent.children)

    @invariant()
    def an_open_order_has_one_live_chain_of_questions_at_most(self) -> None:
        live: Counter[OperationId] = Counter()
        for wake in self.desk.wakes:
            token = read_token(wake.token)
            if isinstance(token, Watch) and token.since_ns == self.awaited_since(token.operation_id):
                live[token.operation_id] += 1
        assert not [operation_id for operation_id, chains in live.items() if chains > 1]

    def awaited_since(self, operation_id: OperationId) -> int:
        book = self.desk.actor.book
        order = book.oms.recorded(operation_id)
        account = None if order.account is None else book.accounts.get(order.account)
        return max(order.awaited_since_ns, 0 if account is None else account.since_ns)

    def news(self) -> list[Fact]:
        """The facts since the last look."""
        fresh = [entry.fact for entry in self.desk.entries[self.seen :]]
        self.seen = len(self.desk.entries)
        return fresh

    def teardown(self) -> None:
        """Judge the whole history."""
        findings = check(self.desk.run())
        assert {name: finding.violations for name, finding in findings.items() if not finding.ok} == {}


def repeated(things: Any) -> list[object]:
    """What comes more than once."""
    return [thing for thing, times in Counter(things).items() if times > 1]


def test_the_book_stays_true_whatever_is_asked_and_whatever_is_said() -> None:
    run_state_machine_as_test(AnyHistory, settings=settings(stateful_step_count=STEPS))
