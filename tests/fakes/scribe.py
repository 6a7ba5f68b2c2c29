"""A small actor for tests of the runtime: writes down what it is told, one fact a message, and breaks when asked to.

A command or report about `name` becomes the fact `OrderTombstoned(name)`. A submit also asks for its sending, a
wake-up token is `wake:<ns>` asked for by a submit named so. `raise-before`, `raise-after` in a name: it raises before
or after it has touched its state. A quote becomes no fact, but is remembered; one
at POISONOUS_BID makes it raise half-way.
"""

from collections.abc import Iterable
from decimal import Decimal

from ports.actor import Message, Outcome
from ports.commands import CancelOrder, OrderTerms, SetLimits, SubmitOrder
from ports.facts import Fact, LeaderStarted, MessageQuarantined, OrderTombstoned
from ports.instruments import InstrumentKey
from ports.market_data import Quote
from ports.replies import CancelReply, ControlReply, Reply
from ports.reports import OrderNotSent
from ports.requests import Request, SendOrder, WakeAt, WakeUp
from ports.values import (
    AccountId,
    ClientOrderId,
    OperationId,
    OrderType,
    Price,
    Principal,
    Quantity,
    Side,
    StrategyId,
    TimeInForce,
)

PERPETUAL = InstrumentKey("FAKE:PERPETUAL:BTC-USDT@LIN")
ACCOUNT = AccountId("FAKE-FAKE")
TESTER = Principal("tester")
POISONOUS_BID = 666


def submit(name: str) -> SubmitOrder:
    terms = OrderTerms(
        operation_id=OperationId(name),
        strategy_id=StrategyId("s"),
        instrument=PERPETUAL,
        side=Side.BUY,
        quantity=Quantity(Decimal(1)),
        order_type=OrderType.MARKET,
    )
    return SubmitOrder(terms=terms, principal=TESTER, received_ns=0)


def cancel(name: str) -> CancelOrder:
    return CancelOrder(operation_id=OperationId(name), principal=TESTER)


def report(name: str) -> OrderNotSent:
    return OrderNotSent(account=ACCOUNT, client_order_id=ClientOrderId(name), reason="")


def send_order(name: str) -> SendOrder:
    return SendOrder(
        account=ACCOUNT,
        instrument=PERPETUAL,
        client_order_id=ClientOrderId(name),
        side=Side.BUY,
        quantity=Quantity(Decimal(1)),
        order_type=OrderType.MARKET,
        price=None,
        time_in_force=TimeInForce.IOC,
        expire_time_ns=None,
        post_only=False,
    )


def quote(bid: int, instrument: InstrumentKey = PERPETUAL) -> Quote:
    price = Price(Decimal(bid))
    return Quote(
        instrument=instrument,
        bid=price,
        ask=price,
        bid_size=Decimal(1),
        ask_size=Decimal(1),
        event_time_ns=0,
        received_ns=0,
    )


class BrokenMessageError(Exception):
    """What the scribe raises when it is asked to break."""


class Scribe:
    """The actor. `facts` is its whole state; `heard` is what it was told since it was made, quotes included."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.heard: list[str] = []
        self.times_ns: list[int] = []

    @property
    def name(self) -> str:
        return "scribe"

    @property
    def sequence(self) -> int:
        return len(self.facts)

    @property
    def names(self) -> list[str]:
        """The names it has facts about, in order."""
        return [fact.operation_id for fact in self.facts if isinstance(fact, OrderTombstoned)]

    @property
    def quarantined(self) -> list[str]:
        """The errors of messages that were set aside."""
        return [fact.error for fact in self.facts if isinstance(fact, MessageQuarantined)]

    def state(self) -> list[Fact]:
        return list(self.facts)

    def restore(self, state: list[Fact]) -> None:
        self.facts = list(state)

    def start(self, epoch: int, program: str, now_ns: int) -> Outcome:
        return self._decided(LeaderStarted(epoch=epoch, program=program, started_ns=now_ns))

    def receive(self, message: Message, now_ns: int) -> Outcome:
        self.times_ns.append(now_ns)
        match message:
            case SubmitOrder():
                name = message.terms.operation_id
                return self._write(name, now_ns, self._requests(name), (CancelReply(operation_id=name, order=None),))
            case CancelOrder():
                name = message.operation_id
                return self._write(name, now_ns, (), (CancelReply(operation_id=name, order=None),))
            case OrderNotSent():
                return self._write(OperationId(message.client_order_id), now_ns)
            case WakeUp():
                return self._write(OperationId(f"woke-{message.token}"), now_ns)
            case Quote():
                if message.bid == POISONOUS_BID:
                    self.facts.append(LeaderStarted(epoch=0, program="half a turn", started_ns=now_ns))
                    raise BrokenMessageError("quote")
                self.heard.append(f"quote {message.bid}")
                return Outcome()
            case SetLimits():
                self.heard.append("limits")
                return Outcome(replies=(ControlReply(changed=False),))  # answered, and no fact made
            case _:
                raise NotImplementedError(type(message))

    def quarantine(self, message: Message, error: str, now_ns: int) -> Outcome:
        del message
        return self._decided(MessageQuarantined(message="", error=error, instrument=None, quarantined_ns=now_ns))

    def apply(self, facts: Iterable[Fact]) -> None:
        self.facts.extend(facts)

    def _write(
        self, name: OperationId, now_ns: int, requests: tuple[Request, ...] = (), replies: tuple[Reply, ...] = ()
    ) -> Outcome:
        if "raise-before" in name:
            raise BrokenMessageError(name)
        self.heard.append(name)
        fact = OrderTombstoned(operation_id=name, principal=TESTER, reason="", requested_ns=now_ns)
        self.apply((fact,))
        if "raise-after" in name:
            raise BrokenMessageError(name)
        return Outcome(facts=(fact,), requests=requests, replies=replies)

    def _requests(self, name: OperationId) -> tuple[Request, ...]:
        if name.startswith("wake:"):
            at_ns = int(name.split(":")[1])
            return (WakeAt(at_ns=at_ns, token=str(at_ns)),)
        return (send_order(name),)

    def _decided(self, fact: Fact) -> Outcome:
        self.apply((fact,))
        return Outcome(facts=(fact,))
