"""What the strategies and people of one world ask for, and when; all from one seed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random

from ports.actor import Command
from ports.commands import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    CloseStream,
    HaltMode,
    HaltScope,
    LiftHalt,
    Limits,
    OpenStream,
    OrderTerms,
    RaiseHalt,
    SetLimits,
    SubmitOrder,
    TransferPosition,
)
from ports.instruments import InstrumentKey
from ports.values import (
    AccountId,
    AmendId,
    OperationId,
    OrderType,
    Price,
    Principal,
    Quantity,
    Side,
    StrategyId,
    TimeInForce,
    TradeId,
)

KEYS = (InstrumentKey("SIMA:PERPETUAL:BTC-USDT@LIN"), InstrumentKey("SIMB:SPOT_PAIR:BTC-USDT"))
STRATEGIES = (StrategyId("alpha"), StrategyId("beta"))
CLIENT = Principal("client")
OPERATIONS = 40
LIMITS = Limits(
    max_position_per_instrument={"*": Decimal(20)},
    max_order_quantity={"*": Decimal(9)},
    max_orders_per_second=5,
    usd_per={"USDT": Decimal(1)},
)
_ALGORITHMS = (
    ("TWAP", {"horizon_secs": "6", "intervals": "4", "stale_secs": "60"}),
    ("TWAP", {"horizon_secs": "8", "interval_secs": "2", "passive_secs": "1", "stale_secs": "60"}),
    ("ICEBERG", {"visible_pct": "40", "stale_secs": "60"}),
)


class Clients:
    """Everybody who asks for something. A submit says anew, each time it is sent, when it was received."""

    def __init__(self, random: Random, accounts: Sequence[AccountId]) -> None:
        self._random = random
        self._accounts = accounts

    def commands(self) -> Iterator[tuple[float, Command]]:
        """Yield every command with its time in seconds."""
        yield 0.0, SetLimits(limits=LIMITS, principal=CLIENT, reason="")
        at_s = 4.0  # when most venues are connected
        for number in range(OPERATIONS):
            at_s += self._random.choice((0.0, 0.0, 0.05, 0.3, 1.0, 3.0))
            yield from self._order(number, at_s)
            if self._happens(0.08):
                yield at_s, CancelAll(principal=CLIENT, strategy_id=self._random.choice((None, *STRATEGIES)))
            if self._happens(0.05):
                yield from self._halt(at_s)
            if self._happens(0.15):
                yield from self._parent(OperationId(f"parent-{number}"), at_s)
            if self._happens(0.05):
                yield at_s, self._transfer(TradeId(str(number)))
            if self._happens(0.1):
                yield from self._stream(str(number), at_s)

    def _happens(self, share: float) -> bool:
        return self._random.random() < share

    def _order(self, number: int, at_s: float) -> Iterator[tuple[float, Command]]:
        submit = self._depending(self._submit(OperationId(f"op-{number}")), number)
        yield at_s, submit
        if self._happens(0.15):
            yield at_s + self._random.uniform(0.0, 8.0), submit  # the same again, by a nervous client
        if self._happens(0.3):
            yield at_s + self._random.choice((0.05, 0.2, 0.6, 1.0)), self._amend(submit.terms)
        if self._happens(0.4):
            cancel = CancelOrder(operation_id=submit.terms.operation_id, principal=CLIENT)
            yield at_s + self._random.choice((-0.05, 0.0, *[0.001, 0.03, 0.2, 0.6, 3.0] * 3)), cancel

    def _submit(self, operation_id: OperationId) -> SubmitOrder:
        is_market = self._happens(0.3)
        terms = OrderTerms(
            operation_id=operation_id,
            strategy_id=self._random.choice(STRATEGIES),
            instrument=self._random.choice(KEYS),
            side=self._random.choice(list(Side)),
            quantity=Quantity(Decimal(self._random.randint(1, 10))),
            order_type=OrderType.MARKET if is_market else OrderType.LIMIT,
            price=None if is_market else Price(Decimal(self._random.randint(90, 110))),
            time_in_force=TimeInForce.IOC if is_market else TimeInForce.GTC,
        )
        max_age_ns = 1_000_000 if self._happens(0.05) else None
        return SubmitOrder(terms=terms, principal=CLIENT, received_ns=0, max_age_ns=max_age_ns)

    def _depending(self, plain: SubmitOrder, number: int) -> SubmitOrder:
        """Return the order as it is or, two times of five, as one that depends on the market or on others."""
        terms = plain.terms
        trigger = Price(Decimal(self._random.randint(92, 108)))
        group = self._random.choice(("", "left", "right"))
        before = OperationId(f"op-{max(number - self._random.randint(1, 4), 0)}")
        match self._random.choice((*["plain"] * 6, "waits", "trails", "reduces", "follows", "group")):
            case "waits":
                kind = self._random.choice((OrderType.STOP_MARKET, OrderType.MARKET_IF_TOUCHED))
                priced = {"order_type": kind, "trigger_price": trigger, "price": None}
                terms = replace(terms, **priced, oco_group=group, time_in_force=TimeInForce.GTC)  # type: ignore[arg-type] # by name
            case "trails":
                priced = {"order_type": OrderType.TRAILING_STOP, "trailing_offset": Price(Decimal(4)), "price": None}
                terms = replace(terms, **priced, time_in_force=TimeInForce.GTC)  # type: ignore[arg-type] # by name
            case "reduces":
                terms = replace(terms, reduce_only=True, oco_group=group)
            case "follows":
                terms = replace(terms, after_operation_id=before, oco_group=group)
            case "group":
                terms = replace(terms, oco_group=group)
            case _:
                pass
        return replace(plain, terms=terms)

    def _amend(self, terms: OrderTerms) -> AmendOrder:
        return AmendOrder(
            operation_id=terms.operation_id,
            amend_id=AmendId("other"),
            quantity=Quantity(Decimal(self._random.randint(1, 9))) if self._happens(0.7) else None,
            price=Price(Decimal(self._random.randint(90, 110))) if terms.price is not None else None,
            principal=CLIENT,
        )

    def _parent(self, operation_id: OperationId, at_s: float) -> Iterator[tuple[float, Command]]:
        """An order that an algorithm works, and what befalls it: repeated, canceled, amended, halted, resumed."""
        name, params = self._random.choice(_ALGORITHMS)
        is_market = name == "TWAP" and self._happens(0.5)
        terms = OrderTerms(
            operation_id=operation_id,
            strategy_id=self._random.choice(STRATEGIES),
            instrument=self._random.choice(KEYS),
            side=self._random.choice(list(Side)),
            quantity=Quantity(Decimal(self._random.randint(4, 12))),
            order_type=OrderType.MARKET if is_market else OrderType.LIMIT,
            price=None if is_market else Price(Decimal(self._random.randint(95, 105))),
            exec_algorithm=name,
            exec_algorithm_params=params,
        )
        submit = SubmitOrder(terms=terms, principal=CLIENT, received_ns=0)
        yield at_s, submit
        later_s = at_s + self._random.uniform(0.0, 8.0)
        match self._random.choice(("repeated", "canceled", "amended", "halted", "nothing")):
            case "repeated":
                yield later_s, submit
            case "canceled":
                yield later_s, CancelOrder(operation_id=operation_id, principal=CLIENT)
            case "amended":
                more = Quantity(terms.quantity + self._random.randint(1, 4))  # less could be traded beyond: a break
                yield (
                    later_s,
                    AmendOrder(
                        operation_id=operation_id, amend_id=AmendId("more"), quantity=more, price=None, principal=CLIENT
                    ),
                )
            case "halted":
                mode = self._random.choice((HaltMode.HALT, HaltMode.CANCEL))
                yield from self._halted(HaltScope.ORDER, operation_id, mode, later_s, later_s + 3)
            case _:
                pass

    def _halt(self, at_s: float) -> Iterator[tuple[float, Command]]:
        scope, value = self._random.choice(
            (
                (HaltScope.GLOBAL, ""),
                (HaltScope.STRATEGY, STRATEGIES[0]),
                (HaltScope.INSTRUMENT, KEYS[0]),
                (HaltScope.VENUE, KEYS[1].venue),
                (HaltScope.ACCOUNT, self._accounts[0]),
            )
        )
        mode = self._random.choice(list(HaltMode))
        yield from self._halted(scope, value, mode, at_s, at_s + self._random.uniform(0.1, 2.0))

    def _halted(
        self, scope: HaltScope, value: str, mode: HaltMode, from_s: float, until_s: float
    ) -> Iterator[tuple[float, Command]]:
        yield from_s, RaiseHalt(scope=scope, value=value, mode=mode, principal=CLIENT, reason="")
        yield until_s, LiftHalt(scope=scope, value=value, principal=CLIENT, reason="")

    def _stream(self, stream_id: str, at_s: float) -> Iterator[tuple[float, Command]]:
        """A stream on whose loss its strategy's orders are cancelled, and its end."""
        strategy, grace_ns = STRATEGIES[1], self._random.randint(1, 4) * 500_000_000
        yield (
            at_s,
            OpenStream(strategy_id=strategy, stream_id=stream_id, grace_ns=grace_ns, principal=CLIENT),
        )
        closed = CloseStream(strategy_id=strategy, stream_id=stream_id, principal=CLIENT)
        yield at_s + self._random.uniform(0.0, 8.0), closed

    def _transfer(self, transfer_id: TradeId) -> TransferPosition:
        place = self._random.choice((0, 1))
        return TransferPosition(
            transfer_id=transfer_id,
            account=self._accounts[place],
            from_strategy=STRATEGIES[0],
            to_strategy=STRATEGIES[1],
            instrument=KEYS[place],
            quantity=Decimal(self._random.choice((-2, -1, 1, 2))),
            price=Price(Decimal(100)),
            principal=CLIENT,
            reason="",
        )
