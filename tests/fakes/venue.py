"""A venue in memory: no order book; it acknowledges, fills, rejects and cancels when a test says so, and counts.

`FakeVenue` is the exchange and outlives everything; `FakeSession` is one logged-in connection to it.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum, auto

from ports.capabilities import PLAIN_ORDERS, Capabilities
from ports.errors import MailboxFullError, NotSentError, VenueUnavailableError
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import QuoteSink
from ports.reports import (
    AmendRefused,
    AmendReport,
    CancelRefused,
    FillReport,
    OrderEvidence,
    OrderOutcomeUnknown,
    OrderStatusReport,
    Report,
    SessionDown,
    VenueBalance,
    VenueOrderStatus,
    VenuePosition,
)
from ports.requests import QueryOrder, SendAmend, SendCancel, SendOrder
from ports.values import (
    ZERO,
    AccountId,
    ClientOrderId,
    Currency,
    Liquidity,
    Money,
    OrderType,
    Price,
    Quantity,
    TimeInForce,
    TradeId,
    VenueId,
    VenueOrderId,
)
from ports.venue import ReportSink

from fakes.network import CalmNetwork, Network, later, under_way

FEE_RATE = Decimal("0.001")
MARKET_PRICE = Price(Decimal(100))  # what a market order trades at
_TELL_AGAIN_S = 0.05
_APART_S = 0.000_001


class Answer(Enum):
    """What the venue does with an order that arrives."""

    ACKNOWLEDGE = auto()
    SILENCE = auto()  # it works, and nobody is told
    REJECT = auto()
    FILL = auto()


@dataclass
class VenueOrder:
    """One order as the venue knows it."""

    order: SendOrder
    venue_order_id: VenueOrderId
    arrived_ns: int
    status: VenueOrderStatus = VenueOrderStatus.ACCEPTED
    reason: str = ""
    fills: list[FillReport] = field(default_factory=list)

    @property
    def filled(self) -> Decimal:
        return sum((fill.quantity for fill in self.fills), ZERO)

    @property
    def remaining(self) -> Quantity:
        return Quantity(self.order.quantity - self.filled)

    @property
    def works(self) -> bool:
        return self.status is VenueOrderStatus.ACCEPTED


class FakeVenue:
    """One venue with one account.

    `arrivals` lists every new order that reached it, repeats included; `counts` every call. A query finds an order
    only `query_lag_s` after it arrived.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        clock: Callable[[], int],
        network: Network | None = None,
        answer: Callable[[SendOrder], Answer] = lambda order: Answer.ACKNOWLEDGE,
        query_lag_s: float = 0.0,
    ) -> None:
        self.venue: VenueId = instruments[0].key.venue
        self.account = AccountId(f"FAKE-{self.venue}")
        self.instruments = tuple(instruments)
        self.network: Network = network or CalmNetwork()
        self.answer = answer
        self.query_lag_s = query_lag_s
        self.is_reachable = True
        self.keeps_order = True  # as one connection does; calls that each have their own may overtake one another
        self.orders: dict[ClientOrderId, VenueOrder] = {}
        self.trades: list[FillReport] = []
        self.arrivals: list[ClientOrderId] = []
        self.counts: Counter[str] = Counter()
        self.sessions: list[FakeSession] = []
        self._clock = clock

    def session(self) -> "FakeSession":
        """Return one more session, not connected."""
        return FakeSession(self)

    # -- what a test commands

    def acknowledge(self, client_order_id: ClientOrderId) -> None:
        self._tell(self.status_of(self.orders[client_order_id]))

    def fill(
        self, client_order_id: ClientOrderId, quantity: Decimal | None = None, price: Decimal | None = None
    ) -> FillReport:
        """Let an order trade (all that remains, at its own price, unless said otherwise), and tell it."""
        mine = self.orders[client_order_id]
        order, at = mine.order, Price(price or mine.order.price or MARKET_PRICE)
        size = Quantity(mine.remaining if quantity is None else quantity)
        report = FillReport(
            account=self.account,
            instrument=order.instrument,
            client_order_id=client_order_id,
            venue_order_id=mine.venue_order_id,
            trade_id=TradeId(f"t{len(self.trades) + 1}"),
            side=order.side,
            quantity=size,
            price=at,
            fee=Money(size * at * FEE_RATE, Currency("USDT")),
            liquidity=Liquidity.TAKER,
            venue_time_ns=self._clock(),
        )
        mine.fills.append(report)
        self.trades.append(report)
        self._tell(report)
        if mine.works and mine.remaining <= 0:
            self._move(mine, VenueOrderStatus.FILLED)
        return report

    def reject(self, client_order_id: ClientOrderId, reason: str = "rejected") -> None:
        self._move(self.orders[client_order_id], VenueOrderStatus.REJECTED, reason)

    def cancel(self, client_order_id: ClientOrderId, reason: str = "") -> None:
        self._move(self.orders[client_order_id], VenueOrderStatus.CANCELED, reason)

    def expire(self, client_order_id: ClientOrderId) -> None:
        self._move(self.orders[client_order_id], VenueOrderStatus.EXPIRED)

    def disconnect(self, reason: str = "the connection broke") -> None:
        """Break every connection, and let each session notice."""
        for session in list(self.sessions):
            session.lose(reason)

    # -- what sessions hand in

    def arrive(self, order: SendOrder) -> None:
        self.arrivals.append(order.client_order_id)
        if order.client_order_id in self.orders:  # "duplicate id" says nothing of the first order's fate
            reason = "the venue has seen this client order id before"
            self._tell(OrderOutcomeUnknown(account=self.account, client_order_id=order.client_order_id, reason=reason))
            return
        self.orders[order.client_order_id] = mine = VenueOrder(
            order, VenueOrderId(f"v{len(self.orders) + 1}"), self._clock()
        )
        match self.answer(order):
            case Answer.REJECT:
                self._move(mine, VenueOrderStatus.REJECTED, "the venue does not want it")
            case Answer.FILL:
                self.acknowledge(order.client_order_id)
                self.fill(order.client_order_id)
            case Answer.ACKNOWLEDGE:
                self.acknowledge(order.client_order_id)
                if order.order_type is OrderType.MARKET or order.time_in_force in (TimeInForce.IOC, TimeInForce.FOK):
                    self._move(mine, VenueOrderStatus.CANCELED, "nothing to trade with")
            case Answer.SILENCE:
                pass

    def take_back(self, cancel: SendCancel) -> None:
        mine = self.orders.get(cancel.client_order_id)
        if mine is not None and mine.works:
            self._move(mine, VenueOrderStatus.CANCELED, "canceled as asked")
            return
        reason = "no such order" if mine is None else f"it is {mine.status} already"
        self._tell(CancelRefused(account=self.account, client_order_id=cancel.client_order_id, reason=reason))

    def amend(self, amend: SendAmend) -> None:
        mine = self.orders.get(amend.client_order_id)
        if mine is None or not mine.works or amend.quantity <= mine.filled:
            reason = "no such order" if mine is None else f"it is {mine.status}, {mine.filled} filled"
            self._tell(AmendRefused(account=self.account, client_order_id=amend.client_order_id, reason=reason))
            return
        mine.order = replace(mine.order, quantity=amend.quantity, price=amend.price)
        self._tell(
            AmendReport(
                account=self.account,
                instrument=amend.instrument,
                client_order_id=amend.client_order_id,
                venue_order_id=mine.venue_order_id,
                quantity=amend.quantity,
                price=amend.price,
                venue_time_ns=self._clock(),
            )
        )

    def evidence(self, client_order_id: ClientOrderId) -> OrderEvidence | None:
        mine = self.orders.get(client_order_id)
        if mine is None or self._clock() < mine.arrived_ns + round(self.query_lag_s * 1_000_000_000):
            return None
        return OrderEvidence(status=self.status_of(mine), fills=tuple(mine.fills))

    def status_of(self, mine: VenueOrder) -> OrderStatusReport:
        return OrderStatusReport(
            account=self.account,
            instrument=mine.order.instrument,
            client_order_id=mine.order.client_order_id,
            status=mine.status,
            venue_order_id=mine.venue_order_id,
            filled_quantity=mine.filled,
            quantity=mine.order.quantity,
            price=mine.order.price,
            reason=mine.reason,
            venue_time_ns=self._clock(),
        )

    def _move(self, mine: VenueOrder, status: VenueOrderStatus, reason: str = "") -> None:
        mine.status, mine.reason = status, reason
        self._tell(self.status_of(mine))

    def _tell(self, report: Report) -> None:
        for session in list(self.sessions):
            session.hear(report)


class FakeSession:
    """One connection; implements `ports.venue.VenueSession`."""

    def __init__(self, venue: FakeVenue) -> None:
        self._venue = venue
        self._reports: ReportSink | None = None
        self._connections = 0  # a report under way dies with its connection
        self._arrives_s = 0.0  # when the next request can arrive at the earliest
        self._lost = ""  # why the sink has to be told that the session is down; empty: it is not, or knows

    @property
    def venue(self) -> VenueId:
        return self._venue.venue

    @property
    def account(self) -> AccountId:
        return self._venue.account

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            orders=PLAIN_ORDERS,
            is_paper=True,
            query_lag_ns=round(self._venue.query_lag_s * 1_000_000_000),
        )

    async def connect(self, reports: ReportSink, quotes: QuoteSink) -> Sequence[Instrument]:
        del quotes  # a test puts them itself
        self._venue.counts["connects"] += 1
        await under_way(self._venue.network.delay_s())
        if not self._venue.is_reachable or self._venue.network.loses():
            raise VenueUnavailableError(f"{self.venue}: no answer to the login")
        self._forget()
        self._reports = reports
        self._connections += 1
        self._venue.sessions.append(self)
        return self._venue.instruments

    async def disconnect(self) -> None:
        self._venue.counts["disconnects"] += 1
        self._forget()

    async def send(self, order: SendOrder) -> None:
        venue = self._venue
        venue.counts["sends"] += 1
        if self._reports is None:
            raise NotSentError(f"{self.venue}: not connected")
        if order.account != self.account or all(one.key != order.instrument for one in venue.instruments):
            raise NotSentError(f"{self.venue} does not list {order.instrument} for {order.account}")
        await self._hand_over(lambda: venue.arrive(order))

    async def cancel(self, cancel: SendCancel) -> None:
        self._venue.counts["cancels"] += 1
        if self._reports is None:
            raise NotSentError(f"{self.venue}: not connected")
        await self._hand_over(lambda: self._venue.take_back(cancel))

    async def amend(self, amend: SendAmend) -> None:
        self._venue.counts["amends"] += 1
        if self._reports is None:
            raise NotSentError(f"{self.venue}: not connected")
        await self._hand_over(lambda: self._venue.amend(amend))

    async def query(self, order: QueryOrder) -> OrderEvidence | None:
        self._venue.counts["queries"] += 1
        await self._ask()
        evidence = self._venue.evidence(order.client_order_id)
        await self._ask()
        return evidence

    async def open_orders(self) -> Sequence[OrderStatusReport]:
        await self._ask()
        return [self._venue.status_of(mine) for mine in self._venue.orders.values() if mine.works]

    async def fills_since(self, since_ns: int) -> Sequence[FillReport]:
        await self._ask()
        return [fill for fill in self._venue.trades if fill.venue_time_ns >= since_ns]

    async def positions(self) -> Sequence[VenuePosition] | None:
        """What its trades add up to."""
        await self._ask()
        self._venue.counts["statements"] += 1
        held: dict[InstrumentKey, Decimal] = {}
        for fill in self._venue.trades:
            held[fill.instrument] = held.get(fill.instrument, Decimal(0)) + fill.side.sign * fill.quantity
        return [VenuePosition(instrument=key, quantity=quantity) for key, quantity in held.items() if quantity]

    async def balances(self) -> Sequence[VenueBalance] | None:
        """It keeps none."""
        await self._ask()
        return None

    # -- the connection

    def hear(self, report: Report) -> None:
        """Take a report that leaves the venue now, and pass on what the network makes of it."""
        connection = self._connections

        def arrived() -> None:
            if self._connections == connection:
                self._put(report)

        for delay_s in self._venue.network.copies_s():
            later(delay_s, arrived)

    def lose(self, reason: str) -> None:
        """The connection is gone; the sink is told as soon as it has room."""
        reports = self._reports
        self._forget()
        if reports is not None:
            self._lost = reason
            self._tell_down(reports)

    async def _hand_over(self, arrive: Callable[[], None]) -> None:
        """What was written may arrive although its writer gives up; what is lost tells nobody.

        Where the venue keeps order, nothing arrives before what was written before it.
        """
        network, now_s = self._venue.network, asyncio.get_running_loop().time()
        if not network.loses():
            arrives_s = now_s + network.delay_s()
            if self._venue.keeps_order:
                arrives_s = max(arrives_s, self._arrives_s)
            self._arrives_s = arrives_s + _APART_S if arrives_s > now_s else now_s
            later(arrives_s - now_s, arrive)
        await under_way(network.busy_s())
        if network.loses():
            raise VenueUnavailableError(f"{self.venue}: no answer")

    async def _ask(self) -> None:
        await under_way(self._venue.network.delay_s())
        if self._reports is None or not self._venue.is_reachable or self._venue.network.loses():
            raise VenueUnavailableError(f"{self.venue}: no answer")

    def _put(self, report: Report) -> None:
        reports = self._reports
        if reports is None:
            return
        try:
            reports.put_report(report)
        except MailboxFullError:
            self.lose("a report could not be handed over")

    def _tell_down(self, reports: ReportSink) -> None:
        if not self._lost:
            return
        try:
            reports.put_report(SessionDown(account=self.account, venue=self.venue, reason=self._lost))
        except MailboxFullError:
            asyncio.get_running_loop().call_later(_TELL_AGAIN_S, self._tell_down, reports)
            return
        self._lost = ""

    def _forget(self) -> None:
        self._reports, self._lost = None, ""
        self._connections += 1
        if self in self._venue.sessions:
            self._venue.sessions.remove(self)
