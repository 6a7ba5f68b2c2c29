"""The book of record: orders, positions, exposure, limits, halts and accounts, changed only by facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

from core.market.view import MarketView
from core.orders.oms import Oms
from core.positions.exposure import ExposureBook
from core.positions.ledger import PositionLedger
from core.positions.pnl import position_change
from core.reconciliation.accounts import Accounts
from core.risk.engine import rules_for
from core.risk.halts import Halts
from core.risk.order_rates import OrderRates
from core.risk.rule import RiskBook
from core.routing.direct import Listing
from ports.commands import Limits
from ports.facts import (
    AbilitiesStated,
    AccountLost,
    AccountReady,
    AccountReconciling,
    AccountStated,
    AmendRequested,
    AmendWasRefused,
    BalanceStated,
    BreakOpened,
    BreakSettled,
    CancelRequested,
    CancelWasRefused,
    Fact,
    HaltLifted,
    HaltRaised,
    HeldOrderAmended,
    InstrumentDefined,
    LeaderStarted,
    LimitsSet,
    MessageQuarantined,
    OrderAcknowledged,
    OrderAmended,
    OrderCanceled,
    OrderExpired,
    OrderFact,
    OrderFilled,
    OrderHeld,
    OrderRecorded,
    OrderRefused,
    OrderRejected,
    OrderReleased,
    OrderRouted,
    OrderTombstoned,
    OrderTriggered,
    OrderUnconfirmed,
    OrderUnseen,
    PositionAdjusted,
    PositionChanged,
    PositionCompared,
    RiskDecided,
    TriggerMoved,
)
from ports.instruments import SMART, Instrument, InstrumentKey
from ports.values import ZERO, AccountId, TradeId, plain

type Listings = dict[InstrumentKey, dict[AccountId, Instrument]]


class Book:
    """Everything that one writer owns. Reading is free; only `apply` writes (quotes apart: `market`)."""

    def __init__(self) -> None:
        self.epoch = 0
        self.led_since_ns = 0  # when this life began: an order of an earlier one may have left just before
        self.sequence = 0  # how many facts made this state
        self.limits = Limits()
        self.rules = rules_for(self.limits)
        self.oms = Oms()
        self.positions = PositionLedger()
        self.exposure = ExposureBook()
        self.market = MarketView()
        self.rates = OrderRates()
        self.halts = Halts()
        self.accounts = Accounts()
        self.breaks: dict[str, BreakOpened] = {}
        self.risk_book = RiskBook(self.exposure, self.market, self.rates, self.halts)
        self.adjustments: dict[TradeId, PositionAdjusted] = {}
        self._listings: Listings = {}
        self._equivalents: dict[str, list[InstrumentKey]] = {}
        self._appliers = self._appliers_by_kind()

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
        if instrument.venue == SMART:
            keys = self._equivalents.get(_everything_but_venue(instrument), [])
        else:
            keys = [instrument]
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
            _limits_in_one_shape(self.limits),
            self.oms.canonical(),
            self.positions.canonical(),
            self.exposure.canonical(),
            self.halts.canonical(),
            self.accounts.canonical(),
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
            OrderRecorded: self.oms.record,
            RiskDecided: self.oms.judge,
            OrderRouted: self.oms.route,
            OrderHeld: self.oms.hold,
            TriggerMoved: self.oms.trail,
            OrderTriggered: self.oms.trigger,
            HeldOrderAmended: self.oms.amend_held,
            OrderReleased: self._with_reservation(self._released),
            OrderRefused: self.oms.refuse,
            OrderAcknowledged: self._acknowledged,
            OrderFilled: self._with_reservation(self._filled),
            PositionChanged: self.positions.apply,
            PositionAdjusted: self._adjusted,
            PositionCompared: self.accounts.compared,
            AccountStated: self.accounts.stated,
            BalanceStated: self.accounts.balance,
            OrderRejected: self._with_reservation(self._ended),
            OrderCanceled: self._with_reservation(self._ended),
            OrderExpired: self._with_reservation(self._ended),
            OrderUnconfirmed: self.oms.unconfirm,
            OrderUnseen: self.oms.unseen,
            AmendRequested: self._with_reservation(self.oms.request_amend),
            OrderAmended: self._with_reservation(self._amended),
            AmendWasRefused: self._with_reservation(self.oms.refuse_amend),
            CancelRequested: self.oms.request_cancel,
            CancelWasRefused: self.oms.refuse_cancel,
            OrderTombstoned: self.oms.tombstone,
            LeaderStarted: self._led,
            InstrumentDefined: self._listed,
            LimitsSet: self._limited,
            HaltRaised: self.halts.apply_raised,
            HaltLifted: self.halts.apply_lifted,
            AbilitiesStated: self.accounts.able,
            AccountReconciling: self._reconciling,
            AccountReady: self.accounts.ready,
            AccountLost: self.accounts.lost,
            BreakOpened: self._broke,
            BreakSettled: self._settled,
            MessageQuarantined: _keep_in_journal_only,
        }

    def _with_reservation[F: OrderFact](self, change: Callable[[F], object]) -> Callable[[F], None]:
        """Return an applier that also moves the exposure by what a fact changes of its order's reservation."""

        def apply(fact: F) -> None:
            order = None if fact.operation_id is None else self.oms.get(fact.operation_id)
            before = ZERO if order is None else order.reserved
            change(fact)
            if order is not None and (after := order.reserved) != before:
                terms = order.terms
                self.exposure.reserve(terms.strategy_id, order.instrument, terms.side, after - before)

        return apply

    def _released(self, fact: OrderReleased) -> None:
        order = self.oms.release(fact)
        self.rates.released(order.terms.strategy_id, fact.released_ns)

    def _acknowledged(self, fact: OrderAcknowledged) -> None:
        order = self.oms.acknowledge(fact)
        self.accounts.answered(order.account, fact.operation_id)

    def _filled(self, fact: OrderFilled) -> None:
        order = self.oms.fill(fact)
        if order is not None:
            self.accounts.answered(order.account, order.terms.operation_id)
        signed = position_change(fact.instrument, fact.side.sign * fact.quantity, fact.fee)
        self.exposure.trade(fact.strategy_id, fact.instrument, signed)
        self.market.traded(fact.instrument, fact.price)
        self.accounts.traded(fact)

    def _adjusted(self, fact: PositionAdjusted) -> None:
        self.adjustments[fact.adjustment_id] = fact
        self.exposure.trade(fact.strategy_id, fact.instrument, fact.quantity)

    def _ended(self, fact: OrderRejected | OrderCanceled | OrderExpired) -> None:
        order = self.oms.end(fact)
        self.accounts.answered(order.account, fact.operation_id)

    def _amended(self, fact: OrderAmended) -> None:
        self.oms.amend(fact)
        self.accounts.answered(self.oms.recorded(fact.operation_id).account, fact.operation_id)

    def _led(self, fact: LeaderStarted) -> None:
        self.epoch, self.led_since_ns = fact.epoch, fact.started_ns

    def _listed(self, fact: InstrumentDefined) -> None:
        key = fact.instrument.key
        if key not in self._listings:
            self._equivalents.setdefault(_everything_but_venue(key), []).append(key)
        self._listings.setdefault(key, {})[fact.account] = fact.instrument

    def _limited(self, fact: LimitsSet) -> None:
        self.limits = fact.limits
        self.rules = rules_for(fact.limits)
        self.market.value_currencies_at(fact.limits.usd_per)

    def _reconciling(self, fact: AccountReconciling) -> None:
        mine = {one.terms.operation_id for one in self.oms.open_orders() if one.account == fact.account}
        self.accounts.reconciling(fact, mine)

    def _broke(self, fact: BreakOpened) -> None:
        self.breaks[fact.break_id] = fact
        self.accounts.broke(fact)

    def _settled(self, fact: BreakSettled) -> None:
        broke = self.breaks.pop(fact.break_id, None)
        if broke is not None:
            self.accounts.settled(broke)


def _limits_in_one_shape(limits: Limits) -> tuple[object, ...]:
    values = [(field.name, getattr(limits, field.name)) for field in fields(limits)]
    return tuple([(name, _plainly(value)) for name, value in values])


def _plainly(value: object) -> object:
    """Return a limit as text that its spelling does not change ("1.0" is 1), keys in order."""
    if isinstance(value, Mapping):
        return tuple([(key, plain(value[key])) for key in sorted(value)])
    return plain(value) if isinstance(value, Decimal) else value


def _everything_but_venue(instrument: InstrumentKey) -> str:
    return instrument.partition(":")[2]


def _keep_in_journal_only(fact: MessageQuarantined) -> None:
    """The journal keeps the poisoned message; its break and its halt are facts of their own."""
