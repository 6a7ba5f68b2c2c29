"""The book of record: orders, positions, exposure, limits, halts and accounts, changed only by facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from core.appliers import joined
from core.extensions import Extensions
from core.market.view import MarketView
from core.orders.lives import appliers_of
from core.orders.oms import Oms
from core.orders.order import Order
from core.parents.desk import AlgorithmDesk
from core.positions.closings import Closings
from core.positions.exposure import ExposureBook
from core.positions.funding import Funding
from core.positions.funds import Funds, Need
from core.positions.ledger import PositionLedger
from core.positions.pnl import position_change
from core.positions.profit import Profit
from core.proposals import Proposals
from core.reconciliation.accounts import Accounts
from core.risk.canonical import limits_in_one_shape
from core.risk.engine import rules_for
from core.risk.halts import Halts
from core.risk.recent_orders import RecentOrders
from core.risk.resting import RestingOrders
from core.risk.rule import RiskBook
from core.risk.traffic import Traffic
from core.risk.trips import TripBook
from core.routing.direct import Listing
from core.routing.memory import RouteMemory
from core.routing.offers import RoutingRules
from core.streams import StreamBook
from ports.commands import Limits
from ports.facts import (
    AbilitiesStated,
    AccountLost,
    AccountReady,
    AccountReconciling,
    AccountStated,
    AmendRequested,
    AmendWasRefused,
    BalanceCompared,
    BalanceStated,
    BreakOpened,
    BreakSettled,
    CancelRequested,
    Fact,
    FundingPaid,
    InstrumentDefined,
    LeaderStarted,
    LimitsSet,
    OrderAcknowledged,
    OrderAmended,
    OrderCanceled,
    OrderExpired,
    OrderFact,
    OrderFilled,
    OrderRecorded,
    OrderRefused,
    OrderRejected,
    OrderReleased,
    OrdersLeftMemory,
    OrderUnconfirmed,
    OrderUnsent,
    PnlMarked,
    PositionAdjusted,
    PositionChanged,
    PositionCompared,
    RiskDecided,
)
from ports.instruments import SMART, Instrument, InstrumentKey
from ports.limits import SelfTrade
from ports.values import ZERO, AccountId, TradeId, plain

_MADE_OF_FACTS: Final = (
    "epoch", "led_since_ns", "sequence", "limits", "oms", "positions", "closings", "exposure", "market", "traffic",
    "halts", "accounts", "breaks", "funds", "profit", "resting", "recent", "adjustments", "_listings", "_equivalents",
    "funding", "routes", "streams", "trips", "proposals",
)  # fmt: skip
type Listings = dict[InstrumentKey, dict[AccountId, Instrument]]


class Book:
    """Everything that one writer owns. Reading is free; only `apply` writes (quotes apart: `market`, and `desk`)."""

    def __init__(self, extensions: Extensions | None = None, routing: RoutingRules | None = None) -> None:
        self.extensions = extensions or Extensions()
        self.routing_rules = routing or RoutingRules()
        self.epoch = 0
        self.led_since_ns = 0  # when this life began: an order of an earlier one may have left just before
        self.sequence = 0  # how many facts made this state
        self.limits = Limits()
        self.rules = rules_for(self.limits, self.extensions.rules)
        self.oms = Oms()
        self.positions = PositionLedger()
        self.closings = Closings()
        self.funding = Funding()
        self.exposure = ExposureBook()
        self.market = MarketView()
        self.traffic = Traffic()
        self.halts = Halts()
        self.trips = TripBook(self.oms)
        self.proposals = Proposals()
        self.accounts = Accounts()
        self.desk = AlgorithmDesk()
        self.streams = StreamBook()
        self.breaks: dict[str, BreakOpened] = {}
        self.funds = Funds()
        self.profit = Profit(self.exposure, self.market)
        self.resting = RestingOrders()
        self.recent = RecentOrders(self.oms)
        self.routes = RouteMemory()
        self.adjustments: dict[TradeId, PositionAdjusted] = {}
        self._listings: Listings = {}
        self._equivalents: dict[str, list[InstrumentKey]] = {}
        self._bind()

    def _bind(self) -> None:
        """Make what only refers to the parts."""
        self.risk_book = RiskBook(
            exposure=self.exposure,
            market=self.market,
            traffic=self.traffic,
            halts=self.halts,
            funds=self.funds,
            profit=self.profit,
            resting=self.resting,
            recent=self.recent,
        )
        self._appliers = joined(
            self._appliers_by_kind(), self.recent, self.halts, self.streams, self.trips, self.proposals
        )

    def parts(self) -> dict[str, Any]:
        """Return all that facts made, for a snapshot; of a book that has seen quotes, those are in it too."""
        return {name: getattr(self, name) for name in _MADE_OF_FACTS}

    def restore(self, parts: dict[str, Any]) -> None:
        """Take over what `parts` returned."""
        for name in _MADE_OF_FACTS:
            setattr(self, name, parts[name])
        self.rules = rules_for(self.limits, self.extensions.rules)
        self._bind()

    def apply(self, facts: Iterable[Fact]) -> None:
        """Fold facts, in order."""
        appliers = self._appliers
        for fact in facts:
            appliers[type(fact)](fact)
            self.sequence += 1

    def defined(self, account: AccountId, instrument: InstrumentKey) -> Instrument | None:
        """Return an instrument as an account's venue lists it; None means it does not."""
        return self._listings.get(instrument, {}).get(account)

    def listings(self, instrument: InstrumentKey) -> list[Listing]:
        """Return where an instrument can be traded: at its venue, or (SMART) wherever an equivalent is listed."""
        keys = self._equivalents.get(instrument.but_venue, []) if instrument.venue == SMART else [instrument]
        return [
            Listing(listed, account, self.accounts.is_ready(account), self.accounts.abilities(account))
            for key in keys
            for account, listed in self._listings.get(key, {}).items()
        ]

    def listing(self, account: AccountId, instrument: InstrumentKey) -> Listing:
        """Return an instrument as an account that lists it can trade it now.

        Raises:
            KeyError: it does not list it.
        """
        listed = self._listings[instrument][account]
        return Listing(listed, account, self.accounts.is_ready(account), self.accounts.abilities(account))

    def venue_instruments(self) -> Iterable[InstrumentKey]:
        """Return every instrument that some venue lists."""
        return self._listings.keys()

    def canonical(self) -> tuple[object, ...]:
        """Return the whole state that facts made, in one fixed shape: equal books give equal text."""
        return (
            self.epoch,
            self.led_since_ns,
            limits_in_one_shape(self.limits),
            self.oms.canonical(),
            self.positions.canonical(),
            self.exposure.canonical(),
            self.halts.canonical(),
            self.closings.canonical(),
            self.funding.canonical(),
            self.traffic.canonical(),
            self.funds.canonical(),
            self.profit.canonical(),
            self.accounts.canonical(),
            self.routes.canonical(),
            self.streams.canonical(),
            (self.trips.canonical(), self.proposals.canonical()),
            tuple(sorted(self.breaks)),
            tuple(sorted(self.adjustments)),
            tuple(
                [
                    (key, account, plain(one.tick_size), plain(one.lot_size))
                    for key, listed in sorted(self._listings.items())
                    for account, one in sorted(listed.items())
                ]
            ),
        )

    def _appliers_by_kind(self) -> Mapping[type[Fact], Callable[[Any], object]]:
        return {
            **appliers_of(self.oms),
            OrderRecorded: self._recorded,
            RiskDecided: self._judged,
            OrderReleased: self._with_reservation(self._released),
            OrderUnsent: self._with_reservation(self._unsent),
            OrderRefused: self._refused,
            OrderAcknowledged: self._acknowledged,
            OrderFilled: self._with_reservation(self._filled),
            PositionChanged: self._position_changed,
            PositionAdjusted: self._adjusted,
            FundingPaid: self.funding.paid,
            PositionCompared: self.accounts.compared,
            AccountStated: self._stated,
            BalanceStated: self._balance,
            BalanceCompared: self.accounts.balances.compared,
            PnlMarked: self.profit.marked,
            OrderRejected: self._with_reservation(self._ended),
            OrderCanceled: self._with_reservation(self._ended),
            OrderExpired: self._with_reservation(self._ended),
            OrderUnconfirmed: lambda fact: self.routes.doubted(self.oms.unconfirm(fact)),
            AmendRequested: self._with_reservation(self._amend_asked),
            OrderAmended: self._with_reservation(self._amended),
            AmendWasRefused: self._with_reservation(self._amend_refused),
            CancelRequested: self._cancel_asked,
            LeaderStarted: self._led,
            InstrumentDefined: self._listed,
            LimitsSet: self._limited,
            AbilitiesStated: self.accounts.able,
            AccountReconciling: self._reconciling,
            AccountReady: self.accounts.ready,
            AccountLost: self.accounts.lost,
            BreakOpened: self._broke,
            BreakSettled: self._settled,
            OrdersLeftMemory: self.oms.leave,
        }

    def _with_reservation[F: OrderFact](self, change: Callable[[F], object]) -> Callable[[F], None]:
        """Return an applier that also moves the exposure by what a fact changes of its order's reservation."""

        def apply(fact: F) -> None:
            order = None if fact.operation_id is None else self.oms.get(fact.operation_id)
            before, need = (ZERO, None) if order is None else (order.reserved, self._need(order))
            change(fact)
            if order is None or order.account is None:
                return
            if (after := order.reserved) != before:
                terms = order.terms
                self.exposure.reserve(order.account, terms.strategy_id, order.instrument, terms.side, after - before)
            if need is not None or self.funds.spot_pair(order.instrument) is not None:
                self._hold(need, self._need(order))

        return apply

    def _hold(self, before: Need | None, after: Need | None) -> None:
        for one, sign in ((before, -1), (after, 1)):
            if one is not None:
                self.funds.reserve(one, sign)

    def _need(self, order: Order) -> Need | None:
        """Return what an open order may still have to pay, at the worse of its prices; None: it is no spot order."""
        if order.account is None or not order.is_open or self.funds.spot_pair(order.instrument) is None:
            return None
        price = order.price if order.price is not None else order.valued_at
        if order.amending is not None and price is not None:
            price = max(price, order.amending.price)
        return self.funds.need(order.account, order.instrument, order.terms.side, order.reserved, price)

    def _recorded(self, fact: OrderRecorded) -> None:
        self.oms.record(fact)
        self.traffic.recorded(fact.terms.strategy_id, fact.recorded_ns)

    def _judged(self, fact: RiskDecided) -> None:
        self.oms.judge(fact)
        self.oms.recorded(fact.operation_id).valued_at = fact.price

    def _released(self, fact: OrderReleased) -> None:
        order = self.oms.release(fact)
        terms = order.terms
        self.traffic.released(terms.strategy_id, fact.instrument.venue, fact.released_ns)
        self.resting.add(order)

    def _unsent(self, fact: OrderUnsent) -> None:
        order = self.oms.unsend(fact)
        self.accounts.answered(order.account, fact.operation_id)

    def _amend_asked(self, fact: AmendRequested) -> None:
        self.oms.request_amend(fact)
        order = self.oms.recorded(fact.operation_id)
        self._changed(order, fact.requested_ns)
        self.resting.add(order)

    def _cancel_asked(self, fact: CancelRequested) -> None:
        self.oms.request_cancel(fact)
        self._changed(self.oms.recorded(fact.operation_id), fact.requested_ns)

    def _changed(self, order: Order, now_ns: int) -> None:
        if order.venue is not None:
            self.traffic.changed(order.terms.strategy_id, order.venue, now_ns)

    def _acknowledged(self, fact: OrderAcknowledged) -> None:
        self.routes.acknowledged(self.oms.recorded(fact.operation_id), fact)
        order = self.oms.acknowledge(fact)
        self.routes.settled(order)
        self.accounts.answered(order.account, fact.operation_id)

    def _filled(self, fact: OrderFilled) -> None:
        order = self.oms.fill(fact)
        self.routes.filled(order, fact)
        if order is not None:
            self.accounts.answered(order.account, order.terms.operation_id)
        signed = position_change(fact.instrument, fact.side.sign * fact.quantity, fact.fee)
        self.exposure.trade(fact.account, fact.strategy_id, fact.instrument, signed)
        self.funding.moved(fact.account, fact.strategy_id, fact.instrument, signed, fact.venue_time_ns)
        self.traffic.traded(fact.strategy_id, fact.learnt_ns)
        self.funds.traded(fact)
        self.market.traded(fact.instrument, fact.price)
        self.accounts.traded(fact)

    def _adjusted(self, fact: PositionAdjusted) -> None:
        self.adjustments[fact.adjustment_id] = fact
        self.exposure.trade(fact.account, fact.strategy_id, fact.instrument, fact.quantity)
        self.funding.moved(fact.account, fact.strategy_id, fact.instrument, fact.quantity, fact.adjusted_ns)

    def _ended(self, fact: OrderRejected | OrderCanceled | OrderExpired) -> None:
        order = self.oms.end(fact)
        self.accounts.answered(order.account, fact.operation_id)
        self.routes.ended(order, fact.learnt_ns)
        self.closings.ended(order, fact.learnt_ns)

    def _refused(self, fact: OrderRefused) -> None:
        self.oms.refuse(fact)
        self.closings.ended(self.oms.recorded(fact.operation_id), fact.refused_ns)

    def _amended(self, fact: OrderAmended) -> None:
        self.oms.amend(fact)
        order = self.oms.recorded(fact.operation_id)
        self.accounts.answered(order.account, fact.operation_id)
        self.resting.add(order)

    def _amend_refused(self, fact: AmendWasRefused) -> None:
        order = self.oms.refuse_amend(fact)
        if order.status.is_terminal:
            self.accounts.answered(order.account, fact.operation_id)

    def _position_changed(self, fact: PositionChanged) -> None:
        self.positions.apply(fact)
        self.profit.changed(fact)
        self.closings.moved((fact.account, fact.strategy_id, fact.instrument))

    def _stated(self, fact: AccountStated) -> None:
        self.accounts.stated(fact)
        self.funds.stated(fact)

    def _balance(self, fact: BalanceStated) -> None:
        self.accounts.balance(fact)
        self.funds.balance(fact)

    def _led(self, fact: LeaderStarted) -> None:
        self.epoch, self.led_since_ns = fact.epoch, fact.started_ns

    def _listed(self, fact: InstrumentDefined) -> None:
        key = fact.instrument.key
        if key not in self._listings:
            self._equivalents.setdefault(key.but_venue, []).append(key)
        self._listings.setdefault(key, {})[fact.account] = fact.instrument
        self.accounts.balances.listed(fact.account, key)

    def _limited(self, fact: LimitsSet) -> None:
        self.limits = fact.limits
        self.rules = rules_for(fact.limits, self.extensions.rules)
        self.market.value_currencies_at(fact.limits.usd_per)
        self.market.keep_ranges(wanted=bool(fact.limits.max_price_move_bps))
        self.recent.keep(wanted=fact.limits.duplicate_window_ms is not None)
        self.resting.keep(self.oms.open_orders(), wanted=fact.limits.self_trade is not SelfTrade.ALLOW)

    def _reconciling(self, fact: AccountReconciling) -> None:
        mine = {one.terms.operation_id for one in self.oms.open_orders() if one.account == fact.account}
        self.accounts.reconciling(fact, mine)
        self.closings.came_up(fact.account)

    def _broke(self, fact: BreakOpened) -> None:
        self.breaks[fact.break_id] = fact
        self.accounts.broke(fact)

    def _settled(self, fact: BreakSettled) -> None:
        broke = self.breaks.pop(fact.break_id, None)
        if broke is not None:
            self.accounts.settled(broke)
