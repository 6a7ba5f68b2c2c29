"""A service in memory for the doors: takes commands, keeps what became true, answers questions. It judges nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import orjson

from adapters.doors import BreakView, ExposureLine, StreamView
from ports.actor import Command
from ports.commands import (
    AdjustPosition,
    AmendOrder,
    ApproveLimits,
    BustTrade,
    CancelAll,
    CancelOrder,
    CheckOrder,
    CloseStream,
    LiftHalt,
    Limits,
    OpenStream,
    OrderTerms,
    RaiseHalt,
    ResolveBreak,
    SetLimits,
    SubmitOrder,
    TransferPosition,
)
from ports.errors import InvalidInputError, NotYetVisibleError
from ports.execution import Answer
from ports.facts import (
    CancelRequested,
    Fact,
    FoundBy,
    HaltLifted,
    HaltRaised,
    LimitsProposed,
    OrderAcknowledged,
    OrderFilled,
    OrderRecorded,
    OrderReleased,
    OrderRouted,
    OrderUnconfirmed,
    RiskDecided,
    Verdict,
    kind_of,
)
from ports.history import ChangeFilter, ChangePage, PositionChange, SettledBreak, SettledFilter, SettledPage
from ports.instruments import Instrument, InstrumentKey
from ports.journal import Entry
from ports.projections import OrderFilter, OrderHistory, OrderPage, TimelineEvent, UnifiedPosition
from ports.replies import (
    AmendReply,
    CancelAllReply,
    CancelReply,
    CheckReply,
    ControlReply,
    NotPermitted,
    OperationConflict,
    OrderReply,
    Reply,
    UnknownSubject,
)
from ports.values import (
    ZERO,
    AccountId,
    ClientOrderId,
    Currency,
    DecisionId,
    Liquidity,
    Money,
    OperationId,
    OrderId,
    OrderStatus,
    Price,
    Quantity,
    StrategyId,
    TradeId,
    VenueId,
    VenueOrderId,
    plain,
)
from ports.views import FillView, OrderView, PositionView

PERPETUAL = InstrumentKey("BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN")
ACCOUNT = AccountId("BINANCE-FUTURES-paper")
NOW_NS = 1_800_000_000_000_000_000
BATCH = 3  # a follower gets its entries in small batches, so that tests cross their borders


class MemoryService:
    """`CommandGateway`, `Queries` and `FactFeed` in one: every command is durable at once, every read up to date.

    `asked` holds every command; `failures` are raised, first one first, instead of answering; `replies` likewise are
    answered instead of working the command. While `visible` is a number, reads have got no further than that.
    """

    def __init__(self) -> None:
        self.asked: list[Command] = []
        self.failures: list[Exception] = []
        self.replies: list[Reply] = []
        self.entries: list[Entry] = []
        self.orders_by_id: dict[OperationId, OrderView] = {}
        self.terms: dict[OperationId, OrderTerms] = {}
        self.held: list[UnifiedPosition] = []
        self.listed: list[Instrument] = [
            Instrument(
                key=PERPETUAL,
                tick_size=Price(Decimal("0.1")),
                lot_size=Quantity(Decimal("0.001")),
                min_quantity=Quantity(Decimal("0.001")),
            )
        ]
        self.limits = Limits()
        self.proposal: LimitsProposed | None = None
        self.breaks: list[BreakView] = []
        self.settled: list[SettledBreak] = []
        self.changes: list[PositionChange] = []
        self.streams: list[OpenStream | CloseStream] = []
        self.attending: list[StreamView] = []
        self.lines: list[ExposureLine] = []
        self.visible: int | None = None
        self.slow = False  # reads that do not wait find no order yet
        self.read_at: list[int] = []
        self.gate = asyncio.Event()  # closed: `ask` waits here after the command has been noted
        self.gate.set()
        self.stopped = False
        self.followed = asyncio.Event()  # somebody follows, or has followed
        self._news = asyncio.Event()

    # CommandGateway

    async def ask(self, command: Command) -> Answer:
        self.asked.append(command)
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)
        reply = self.replies.pop(0) if self.replies else self._work(command)
        return Answer(reply, self.sequence)

    def _work(self, command: Command) -> Reply:  # noqa: C901 - the one place that branches
        match command:
            case SubmitOrder():
                return self._submit(command)
            case CancelOrder():
                return self._cancel(command)
            case CheckOrder():
                return self._check(command)
            case AmendOrder():
                return AmendReply(operation_id=command.operation_id, order=self.orders_by_id.get(command.operation_id))
            case CancelAll():
                return CancelAllReply(operation_ids=[each for each in self.orders_by_id if self._open(each, command)])
            case RaiseHalt():
                self.happen(
                    HaltRaised(
                        scope=command.scope,
                        value=command.value,
                        mode=command.mode,
                        principal=command.principal,
                        reason=command.reason,
                        raised_ns=NOW_NS,
                    )
                )
                return ControlReply(changed=True)
            case LiftHalt():
                self.happen(
                    HaltLifted(
                        scope=command.scope,
                        value=command.value,
                        principal=command.principal,
                        reason=command.reason,
                        lifted_ns=NOW_NS,
                    )
                )
                return ControlReply(changed=True)
            case SetLimits():
                changed, self.limits = self.limits != command.limits, command.limits
                return ControlReply(changed=changed)
            case ApproveLimits():
                return self._approve(command)
            case OpenStream() | CloseStream():
                self.streams.append(command)
                return ControlReply(changed=True)
            case AdjustPosition() | TransferPosition() | BustTrade():
                return ControlReply(changed=self.asked.count(command) == 1)
            case ResolveBreak():
                return self._resolve(command)

    def _approve(self, command: ApproveLimits) -> Reply:
        proposal = self.proposal
        if proposal is None or proposal.proposal_id != command.proposal_id:
            return UnknownSubject(
                field="proposal_id", value=command.proposal_id, remedy="nothing waits under that name"
            )
        if command.approve and command.principal == proposal.principal:
            return NotPermitted(field="principal", value=command.principal, remedy="ask another")
        self.proposal = None
        if command.approve:
            self.limits = proposal.limits
        return ControlReply(changed=command.approve)

    def _submit(self, command: SubmitOrder) -> Reply:
        terms = command.terms
        known = self.orders_by_id.get(terms.operation_id)
        if known is not None:
            if self.terms[terms.operation_id] == terms:
                return OrderReply(order=known, repeated=True)
            return OperationConflict(operation_id=terms.operation_id, reason="it belongs to another order")
        order = blank(terms)
        self.terms[terms.operation_id] = terms
        self.orders_by_id[terms.operation_id] = order
        self.happen(
            OrderRecorded(
                operation_id=terms.operation_id,
                order_id=order.order_id,
                content_hash="",
                terms=terms,
                principal=command.principal,
                received_ns=command.received_ns,
                recorded_ns=NOW_NS,
            )
        )
        self.happen(
            RiskDecided(
                operation_id=terms.operation_id,
                decision_id=DecisionId("dec-1"),
                allowed=True,
                verdicts=(Verdict("max_order_value", True, "10", "100", "usd"),),
                price=terms.price,
                notional_usd=Decimal(10),
            )
        )
        self.happen(
            OrderRouted(
                operation_id=terms.operation_id,
                venue=terms.instrument.venue,
                account=ACCOUNT,
                instrument=terms.instrument,
                reason="the only listing",
            )
        )
        self.happen(
            OrderReleased(
                operation_id=terms.operation_id,
                account=ACCOUNT,
                instrument=terms.instrument,
                client_order_id=ClientOrderId(f"x-{terms.operation_id}"),
                released_ns=NOW_NS,
            )
        )
        return OrderReply(order=self._set(terms.operation_id, OrderStatus.SUBMITTED))

    def _check(self, command: CheckOrder) -> Reply:
        terms = command.terms
        return CheckReply(
            allowed=False,
            code="RISK_MAX_ORDER_VALUE",
            reason="max_order_value: 110 against a limit of 100 USD",
            verdicts=(Verdict("max_order_value", False, "110", "100", "USD", "", "0.9 or less"),),
            venue=terms.instrument.venue,
            account=ACCOUNT,
            instrument=terms.instrument,
            route_reason="the only listing",
        )

    def _cancel(self, command: CancelOrder) -> Reply:
        if command.operation_id not in self.orders_by_id:
            return CancelReply(operation_id=command.operation_id, order=None)
        self.happen(
            CancelRequested(
                operation_id=command.operation_id,
                status=OrderStatus.PENDING_CANCEL,
                principal=command.principal,
                reason=command.reason,
                requested_ns=NOW_NS,
            )
        )
        order = self._set(command.operation_id, OrderStatus.PENDING_CANCEL)
        return CancelReply(operation_id=command.operation_id, order=order)

    def _resolve(self, command: ResolveBreak) -> Reply:
        before, self.breaks = self.breaks, [one for one in self.breaks if one.break_id != command.break_id]
        if len(before) == len(self.breaks):
            return UnknownSubject(field="break_id", value=command.break_id, remedy="see the open breaks")
        return ControlReply(changed=True)

    def doubt(self, operation_id: str, reason: str, since_ns: int) -> int:
        """Nobody knows what became of the order."""
        self._set(OperationId(operation_id), OrderStatus.UNCONFIRMED)
        return self.happen(OrderUnconfirmed(operation_id=OperationId(operation_id), reason=reason, since_ns=since_ns))

    def listed_in(self, instrument: InstrumentKey) -> list[AccountId]:
        """Return the accounts that list an instrument."""
        return [ACCOUNT for each in self.listed if each.key == instrument]

    def _open(self, operation_id: OperationId, command: CancelAll) -> bool:
        order = self.orders_by_id[operation_id]
        return not order.status.is_terminal and (
            command.strategy_id in (None, order.strategy_id) and command.venue in (None, order.venue)
        )

    def _set(self, operation_id: OperationId, status: OrderStatus) -> OrderView:
        order = replace(self.orders_by_id[operation_id], status=status)
        self.orders_by_id[operation_id] = order
        return order

    # what the venue would do

    def happen(self, fact: Fact) -> int:
        """Make one fact true and return its sequence."""
        seq = len(self.entries) + 1
        self.entries.append(Entry(seq=seq, ts_ns=NOW_NS + seq, epoch=1, actor="fake", cause="test", fact=fact))
        self._news.set()
        return seq

    def acknowledge(self, operation_id: str) -> int:
        """The venue holds the order."""
        known = OperationId(operation_id)
        self._set(known, OrderStatus.ACCEPTED)
        return self.happen(
            OrderAcknowledged(
                operation_id=known,
                status=OrderStatus.ACCEPTED,
                venue_order_id=VenueOrderId("v-1"),
                venue_time_ns=NOW_NS,
                learnt_ns=NOW_NS,
            )
        )

    def fill(self, operation_id: str, quantity: str, price: str) -> int:
        """One trade of the order."""
        order = self.orders_by_id[OperationId(operation_id)]
        amount, at = Quantity(Decimal(quantity)), Price(Decimal(price))
        filled = order.filled_quantity + amount
        status = OrderStatus.FILLED if filled == order.quantity else OrderStatus.PARTIALLY_FILLED
        fact = OrderFilled(
            operation_id=order.operation_id,
            status=status,
            filled_quantity=filled,
            average_price=at,
            strategy_id=order.strategy_id,
            account=ACCOUNT,
            instrument=order.instrument,
            trade_id=TradeId(f"t-{len(self.entries)}"),
            side=order.side,
            quantity=amount,
            price=at,
            fee=Money(Decimal("0.01"), Currency("USDT")),
            liquidity=Liquidity.TAKER,
            venue_order_id=VenueOrderId("v-1"),
            found_by=FoundBy.STREAM,
            venue_time_ns=NOW_NS,
            learnt_ns=NOW_NS,
        )
        self.orders_by_id[order.operation_id] = replace(
            order, status=status, filled_quantity=filled, average_price=at, fills=[*order.fills, fill_view(fact)]
        )
        return self.happen(fact)

    # Queries

    async def order(self, operation_id: OperationId, min_sequence: int = 0) -> OrderHistory | None:
        self._wait_for(min_sequence)
        order = self.orders_by_id.get(operation_id)
        self.read_at.append(min_sequence)
        if order is None or (self.slow and not min_sequence):
            return None
        timeline = [
            TimelineEvent(seq=entry.seq, ts_ns=entry.ts_ns, kind=kind_of(entry.fact), body=as_read_back(entry.fact))
            for entry in self.entries
            if getattr(entry.fact, "operation_id", None) == operation_id
        ]
        return OrderHistory(order, timeline)

    async def timelines(
        self, operation_ids: Sequence[OperationId], min_sequence: int = 0
    ) -> Mapping[OperationId, Sequence[TimelineEvent]]:
        lives = {each: await self.order(each, min_sequence) for each in operation_ids}
        return {each: life.timeline for each, life in lives.items() if life is not None}

    async def decision(self, decision_id: DecisionId, min_sequence: int = 0) -> OrderHistory | None:
        for entry in self.entries:
            if isinstance(entry.fact, RiskDecided) and entry.fact.decision_id == decision_id:
                return await self.order(entry.fact.operation_id, min_sequence)
        return None

    async def orders(self, where: OrderFilter, limit: int, cursor: str = "", min_sequence: int = 0) -> OrderPage:
        self._wait_for(min_sequence)
        if cursor and not cursor.isdigit():
            raise InvalidInputError("cursor", cursor, "give one that this service gave")
        newest_first = list(reversed(self.orders_by_id.values()))
        found = [
            order
            for order in newest_first
            if (where.statuses is None or order.status in where.statuses)
            and where.strategy_id in (None, order.strategy_id)
            and where.venue in (None, order.venue)
            and where.instrument in (None, order.instrument)
        ]
        start = int(cursor or "0")
        end = start + limit
        return OrderPage(found[start:end], str(end) if end < len(found) else "")

    async def positions(self, min_sequence: int = 0) -> Sequence[UnifiedPosition]:
        self._wait_for(min_sequence)
        return self.held

    async def settled_breaks(
        self, where: SettledFilter, limit: int, cursor: str = "", min_sequence: int = 0
    ) -> SettledPage:
        self._wait_for(min_sequence)
        found = [
            one
            for one in reversed(self.settled)
            if where.kind in (None, one.kind)
            and where.account in (None, one.account)
            and where.instrument in (None, one.instrument)
            and (
                where.venue is None
                or (one.instrument is not None and one.instrument.venue == where.venue)
                or one.account in where.accounts
            )
        ]
        start = int(cursor or "0")
        return SettledPage(found[start : start + limit], str(start + limit) if start + limit < len(found) else "")

    async def position_changes(
        self, where: ChangeFilter, limit: int, cursor: str = "", min_sequence: int = 0
    ) -> ChangePage:
        self._wait_for(min_sequence)
        found = [
            one
            for one in reversed(self.changes)
            if where.instrument in (None, one.instrument)
            and where.strategy_id in (None, one.strategy_id)
            and where.account in (None, one.account)
            and where.venue in (None, one.instrument.venue)
            and (where.from_ns is None or one.changed_ns >= where.from_ns)
            and (where.to_ns is None or one.changed_ns < where.to_ns)
        ]
        start = int(cursor or "0")
        return ChangePage(found[start : start + limit], str(start + limit) if start + limit < len(found) else "")

    async def instruments(self) -> Sequence[Instrument]:
        return self.listed

    def _wait_for(self, min_sequence: int) -> None:
        if min_sequence > (self.sequence if self.visible is None else self.visible):
            raise NotYetVisibleError(f"the reads are not at {min_sequence}")

    # FactFeed

    @property
    def sequence(self) -> int:
        return len(self.entries)

    async def follow(self, after_seq: int) -> AsyncIterator[Sequence[Entry]]:
        at = after_seq
        self.followed.set()
        while not self.stopped:
            batch = self.entries[at : at + BATCH]
            if batch:
                at += len(batch)
                yield batch
            else:
                self._news.clear()
                await self._news.wait()

    def stop(self) -> None:
        """End every follower."""
        self.stopped = True
        self._news.set()


def blank(terms: OrderTerms) -> OrderView:
    """An order that was recorded and routed just now."""
    return OrderView(
        operation_id=terms.operation_id,
        order_id=OrderId(f"ord-{terms.operation_id}"),
        strategy_id=terms.strategy_id,
        instrument=terms.instrument,
        venue=terms.instrument.venue,
        account=ACCOUNT,
        side=terms.side,
        order_type=terms.order_type,
        time_in_force=terms.time_in_force,
        quantity=terms.quantity,
        price=terms.price,
        status=OrderStatus.PENDING,
        filled_quantity=ZERO,
        average_price=None,
        fills=[],
        reason_code="",
        reason="",
        decision_id=DecisionId("dec-1"),
        client_order_id=ClientOrderId(f"x-{terms.operation_id}"),
        venue_order_id=None,
        exec_algorithm=terms.exec_algorithm,
        created_ns=NOW_NS,
        updated_ns=NOW_NS,
        tags=terms.tags,
    )


def fill_view(fact: OrderFilled) -> FillView:
    """The trade as readers see it."""
    return FillView(
        trade_id=fact.trade_id,
        quantity=fact.quantity,
        price=fact.price,
        fee=fact.fee,
        liquidity=fact.liquidity,
        venue=fact.instrument.venue,
        venue_order_id=fact.venue_order_id,
        venue_time_ns=fact.venue_time_ns,
    )


def position(strategy_id: str, quantity: str, instrument: InstrumentKey = PERPETUAL) -> UnifiedPosition:
    """One strategy's position."""
    part = PositionView(
        account=ACCOUNT,
        strategy_id=StrategyId(strategy_id),
        instrument=instrument,
        quantity=Decimal(quantity),
        average_entry_price=Decimal("64000.5") if Decimal(quantity) else None,
        current_price=Decimal(64010),
        realized_pnl=Decimal("1.50"),
        unrealized_pnl=Decimal("2.375"),
        fees={Currency("USDT"): Decimal("0.02")},
        settlement=Currency("USDT"),
        updated_ns=NOW_NS,
    )
    return UnifiedPosition(instrument=instrument, base_asset=instrument.base, parts=[part])


def as_read_back(fact: Fact) -> dict[str, object]:
    """A fact as plain data, as a store gives it back."""
    written = orjson.dumps(fact, default=lambda value: plain(value) if isinstance(value, Decimal) else dict(value))
    read: dict[str, object] = orjson.loads(written)
    return read


VENUE = VenueId("BINANCE-FUTURES")
