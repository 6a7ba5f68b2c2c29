"""What happens to a desk, told to the real book of record: the journals it makes are what followers follow."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from random import Random
from typing import Final

from core.orchestrator import Orchestrator
from core.orders.order import Order
from ports.actor import Message, Outcome
from ports.capabilities import PLAIN_ORDERS
from ports.commands import CancelOrder, OrderTerms, SubmitOrder
from ports.instruments import Instrument, InstrumentKey
from ports.journal import Entry
from ports.reports import (
    AccountStatement,
    CancelRefused,
    FillReport,
    OrderOutcomeUnknown,
    OrderStatusReport,
    SessionDown,
    SessionUp,
    VenueOrderStatus,
)
from ports.values import (
    AccountId,
    ClientOrderId,
    Currency,
    Liquidity,
    Money,
    OperationId,
    OrderType,
    Price,
    Principal,
    Quantity,
    Side,
    StrategyId,
    TradeId,
    VenueOrderId,
)

SPOT: Final = InstrumentKey("BINANCE-SPOT:SPOT_PAIR:BTC-USDT")
LINEAR: Final = InstrumentKey("BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN")
INVERSE: Final = InstrumentKey("DERIBIT:PERPETUAL:BTC-USD@INV")
INSTRUMENTS: Final = (SPOT, LINEAR, INVERSE)
DESK: Final = Principal("desk")


def account_of(instrument: InstrumentKey) -> AccountId:
    return AccountId(f"{instrument.venue}-main")


class Story:
    """A book of record and the journal that it wrote so far; every account is up at the start."""

    def __init__(self) -> None:
        self.book = Orchestrator()
        self.entries: list[Entry] = []
        self.now_ns = 1_700_000_000_000_000_000
        self._epoch = 0
        self._trades = 0
        self.restart()
        for instrument in INSTRUMENTS:
            self.session_up(instrument)

    def restart(self) -> None:
        self._epoch += 1
        self._write(self.book.start(self._epoch, "livexec", self._tick()), "start")

    def tell(self, message: Message) -> Outcome:
        return self._write(self.book.receive(message, self._tick()), type(message).__name__)

    def order(self, operation_id: str) -> Order:
        order = self.book.book.oms.get(OperationId(operation_id))
        assert order is not None
        return order

    def orders(self) -> list[Order]:
        return list(self.book.book.oms.all_orders())

    def submit(
        self,
        operation_id: str,
        instrument: InstrumentKey = SPOT,
        side: Side = Side.BUY,
        quantity: str = "1",
        price: str | None = "100",
        strategy: str = "momentum",
    ) -> None:
        terms = OrderTerms(
            operation_id=OperationId(operation_id),
            strategy_id=StrategyId(strategy),
            instrument=instrument,
            side=side,
            quantity=Quantity(Decimal(quantity)),
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
            price=None if price is None else Price(Decimal(price)),
            tags={"desk": "a"},
        )
        self.tell(SubmitOrder(terms=terms, principal=DESK, received_ns=self.now_ns))

    def acknowledge(self, operation_id: str) -> None:
        self.report(operation_id, VenueOrderStatus.ACCEPTED)

    def report(self, operation_id: str, status: VenueOrderStatus, reason: str = "") -> None:
        instrument, client = self._sent(operation_id)
        self.tell(
            OrderStatusReport(
                account=account_of(instrument),
                instrument=instrument,
                client_order_id=client,
                status=status,
                venue_order_id=VenueOrderId(f"v-{operation_id}"),
                filled_quantity=Decimal(0),  # or more, as its trades have told
                reason=reason,
                venue_time_ns=self.now_ns - 5,
            )
        )

    def fill(self, operation_id: str, quantity: str, price: str = "100", fee: str = "0.1") -> None:
        instrument, client = self._sent(operation_id)
        self._trade(instrument, client, self.order(operation_id).terms.side, quantity, price, fee)

    def stray_fill(self, instrument: InstrumentKey, side: Side, quantity: str, price: str = "100") -> None:
        self._trade(instrument, None, side, quantity, price, "0")

    def cancel(self, operation_id: str) -> None:
        self.tell(CancelOrder(operation_id=OperationId(operation_id), principal=DESK, reason="enough"))

    def refuse_cancel(self, operation_id: str) -> None:
        instrument, client = self._sent(operation_id)
        self.tell(CancelRefused(account=account_of(instrument), client_order_id=client, reason="too late"))

    def lose_answer(self, operation_id: str) -> None:
        instrument, client = self._sent(operation_id)
        self.tell(OrderOutcomeUnknown(account=account_of(instrument), client_order_id=client, reason="time-out"))

    def session_down(self, instrument: InstrumentKey) -> None:
        self.tell(SessionDown(account=account_of(instrument), venue=instrument.venue, reason="connection reset"))

    def session_up(self, instrument: InstrumentKey) -> None:
        listed = Instrument(
            key=instrument,
            tick_size=Price(Decimal("0.01")),
            lot_size=Quantity(Decimal("0.001")),
            min_quantity=Quantity(Decimal("0.001")),
            taker_fee_rate=Decimal("0.0004"),
        )
        account = account_of(instrument)
        self.tell(SessionUp(account=account, venue=instrument.venue, instruments=(listed,), abilities=PLAIN_ORDERS))
        self.tell(
            AccountStatement(account=account, asked_ns=0, open_orders=(), fills=(), positions=None, balances=None)
        )

    def _sent(self, operation_id: str) -> tuple[InstrumentKey, ClientOrderId]:
        order = self.order(operation_id)
        client = order.view().client_order_id
        assert client is not None, f"{operation_id} was never released"
        return order.instrument, client

    def _trade(
        self,
        instrument: InstrumentKey,
        client: ClientOrderId | None,
        side: Side,
        quantity: str,
        price: str,
        fee: str,
    ) -> None:
        self._trades += 1
        self.tell(
            FillReport(
                account=account_of(instrument),
                instrument=instrument,
                client_order_id=client,
                venue_order_id=None if client is None else VenueOrderId(f"v-{client}"),
                trade_id=TradeId(f"t-{self._trades}"),
                side=side,
                quantity=Quantity(Decimal(quantity)),
                price=Price(Decimal(price)),
                fee=Money(Decimal(fee), Currency("USDT" if self._trades % 3 else "BNB")),
                liquidity=(Liquidity.MAKER, Liquidity.TAKER, None)[self._trades % 3],
                venue_time_ns=self.now_ns - 5,
            )
        )

    def _tick(self) -> int:
        self.now_ns += 1_000
        return self.now_ns

    def _write(self, outcome: Outcome, cause: str) -> Outcome:
        for fact in outcome.facts:
            self.entries.append(
                Entry(
                    seq=len(self.entries) + 1,
                    ts_ns=self.now_ns,
                    epoch=self._epoch,
                    actor=self.book.name,
                    cause=cause,
                    fact=fact,
                )
            )
        return outcome


def random_story(seed: int, turns: int) -> Story:
    """Tell a story of `turns` turns, whatever may happen to a desk among them."""
    dice, story = Random(seed), Story()

    def some_order() -> str:
        sent = [order for order in story.orders() if order.view().client_order_id is not None]
        if not sent:
            story.submit("op-first")
            return "op-first"
        return str(dice.choice(sent[-6:]).terms.operation_id)

    def submit() -> None:
        price = dice.choice([None, f"{dice.randint(9_000, 11_000) / 100:.2f}"])
        story.submit(
            f"op-{story.now_ns}",
            dice.choice(INSTRUMENTS),
            dice.choice(list(Side)),
            f"{dice.randint(1, 3_000) / 1_000:.3f}",
            price,
            dice.choice(["momentum", "carry"]),
        )

    def fill() -> None:
        operation_id = some_order()
        part = dice.choice([Decimal(1), Decimal("0.5"), Decimal("0.25")])
        left = story.order(operation_id).remaining or Decimal("0.001")
        story.fill(operation_id, format(left * part, "f"), f"{dice.randint(9_000, 11_000) / 100:.2f}")

    def session() -> None:
        instrument = dice.choice(INSTRUMENTS)
        story.session_down(instrument)
        story.session_up(instrument)

    def restart() -> None:
        story.restart()
        for instrument in INSTRUMENTS:
            story.session_up(instrument)

    turns_by_weight: Sequence[tuple[int, Callable[[], None]]] = [
        (8, submit),
        (6, lambda: story.acknowledge(some_order())),
        (9, fill),
        (3, lambda: story.cancel(some_order())),
        (1, lambda: story.cancel(f"never-{story.now_ns}")),
        (1, lambda: story.refuse_cancel(some_order())),
        (2, lambda: story.report(some_order(), VenueOrderStatus.CANCELED, "by the user")),
        (1, lambda: story.report(some_order(), VenueOrderStatus.REJECTED, "insufficient balance")),
        (1, lambda: story.report(some_order(), VenueOrderStatus.EXPIRED, "IOC")),
        (2, lambda: story.lose_answer(some_order())),
        (1, lambda: story.stray_fill(dice.choice(INSTRUMENTS), dice.choice(list(Side)), "0.7")),
        (1, session),
        (1, restart),
    ]
    weights = [weight for weight, _ in turns_by_weight]
    for _, turn in dice.choices(turns_by_weight, weights, k=turns):
        turn()
    return story
