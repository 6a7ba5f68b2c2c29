"""A strategy of a BacktestEngine that hosts one pure actor: the engine's clock wakes it, its exchanges answer it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from heapq import heappop, heappush
from typing import Final, Protocol

from nautilus_trader.common.component import TimeEvent
from nautilus_trader.model.data import QuoteTick, TradeTick
from nautilus_trader.model.events import OrderEvent
from nautilus_trader.model.identifiers import ClientOrderId as NautilusClientOrderId
from nautilus_trader.model.objects import Price as NautilusPrice
from nautilus_trader.model.objects import Quantity as NautilusQuantity
from nautilus_trader.model.orders import Order
from nautilus_trader.trading.config import StrategyConfig
from nautilus_trader.trading.strategy import Strategy

from adapters.nautilus.backtest_venue import BacktestVenue
from adapters.nautilus.bridge import report_of
from adapters.nautilus.listing import Listing
from adapters.nautilus.orders import STRATEGY, nautilus_order
from adapters.nautilus.translate import nautilus_venue
from ports.actor import Actor, Command, Message, Outcome
from ports.instruments import InstrumentKey
from ports.journal import Entry
from ports.market_data import MarketNews, MarketSink, Quote, Trade
from ports.records import brief_record
from ports.replies import Reply
from ports.requests import SendOrder, WakeAt, WakeUp
from ports.values import ClientOrderId, VenueId

_ALARM: Final = "wake"


type Decide = Callable[[int], Command | None]  # asked at its time (UTC nanoseconds); None: there is nothing to say


@brief_record
class TimedCommand:
    """A command, and when (UTC) it is handed to the actor."""

    at_ns: int
    command: Command


@brief_record
class TimedDecision:
    """What says which command the actor is handed, when its time (UTC) has come."""

    at_ns: int
    decide: Decide


type Timed = TimedCommand | TimedDecision


class MarketBoard(MarketSink, Protocol):
    """What conflates quotes and adds up trades until they are taken."""

    def take_news(self) -> Sequence[MarketNews]:
        """Return what is new since the last call, in the order in which an actor is told of it."""


@brief_record
class Hosting:
    """What an actor is hosted with.

    `take` is given what became true, after every message; `replied` what a command was answered. `cause_of` names a
    message as the live service does. `board` conflates the market, as there; what it holds is handed over before the
    next message, and at once where `waits_for` says that an instrument's market could make the actor act by itself.
    """

    actor: Actor
    commands: Sequence[TimedCommand]
    take: Callable[[Sequence[Entry]], None]
    replied: Callable[[Message, Sequence[Reply]], None]
    cause_of: Callable[[Message], str]
    board: MarketBoard
    waits_for: Callable[[InstrumentKey], bool]


class HostedActor(Strategy):
    """Hands every message to the actor, keeps what became true, and carries out its requests.

    What the actor raises ends the hosting: `failure` holds it, and nothing is handed over any more.
    """

    def __init__(self, hosting: Hosting, listings: Mapping[InstrumentKey, Listing]) -> None:
        super().__init__(StrategyConfig(strategy_id=STRATEGY.value, order_id_tag="PAPER"))
        self._hosting = hosting
        self._actor = hosting.actor
        self._listings = listings
        self._venues = self._venues_of(listings)
        self._accounts = {venue.account: venue for venue in self._venues.values()}
        self._inbox: deque[Message] = deque()
        self._coming: deque[Trade] = deque()
        self._recorded: dict[int, Quote] = {}  # the quotes of the ticks that the engine holds, by their identity
        self._seen: dict[InstrumentKey, QuoteTick] = {}
        self._following: set[InstrumentKey] = set()
        self._due: list[tuple[int, int, WakeUp | Command | Decide]] = []
        self._is_begun = False
        self._armed_ns: int | None = None
        self._alarms = 0
        self._count = 0
        self._seq = 0
        self._is_receiving = False
        self.failure: BaseException | None = None

    def _venues_of(self, listings: Mapping[InstrumentKey, Listing]) -> Mapping[str, BacktestVenue]:
        by_venue: dict[VenueId, dict[InstrumentKey, Listing]] = {}
        for key, listing in listings.items():
            by_venue.setdefault(key.venue, {})[key] = listing
        return {
            nautilus_venue(venue).value: BacktestVenue(venue, listed, self, self._put)
            for venue, listed in sorted(by_venue.items())
        }

    def expect(self, ticks: Iterable[tuple[Quote | Trade, object]]) -> None:
        """Say what the engine will show next, in its order, each as it was recorded and as the engine holds it."""
        self._look_at_market()
        self._recorded.clear()
        for tick, held in ticks:
            if isinstance(tick, Quote):
                self._recorded[id(held)] = tick
            else:
                self._coming.append(tick)

    def schedule(self, commands: Iterable[Timed]) -> None:
        """Take commands whose time is yet to come."""
        for timed in commands:
            self._set(timed.at_ns, timed.command if isinstance(timed, TimedCommand) else timed.decide)
        if self._is_begun:
            self._arm()

    # -- what Nautilus calls

    def on_start(self) -> None:
        """Open the actor's epoch, bring every session up, and begin to follow the market."""
        for listing in self._listings.values():
            self.subscribe_trade_ticks(listing.id)
        self._guarded(self._begin)
        self.schedule(self._hosting.commands)
        for venue in self._venues.values():
            venue.come_up()
        self._is_begun = True
        self._arm()

    def on_quote_tick(self, tick: QuoteTick) -> None:
        """Hand a quote over where the actor waits for one; what nobody waits for is not asked for any more."""
        instrument = self._recorded[id(tick)].instrument
        if self._hosting.waits_for(instrument):
            self._market_moved()
        else:
            self._following.discard(instrument)
            self.unsubscribe_quote_ticks(tick.instrument_id)

    def on_trade_tick(self, tick: TradeTick) -> None:
        """Count a public trade, and tell of it where the actor waits for one."""
        trade = self._coming.popleft()
        self._hosting.board.put_trade(trade)
        if self._hosting.waits_for(trade.instrument):
            self._market_moved()

    def on_order_event(self, event: OrderEvent) -> None:
        """Pass on what the exchange said of an order."""
        venue = self._venues[event.instrument_id.venue.value]
        report = report_of(event, venue)
        if report is not None:
            venue.take(report)

    def on_stop(self) -> None:
        """Wake nobody any more."""
        self.clock.cancel_timers()

    # -- what its venues ask of it

    def enter(self, order: SendOrder, listing: Listing) -> None:
        self.submit_order(nautilus_order(order, listing, self.clock.timestamp_ns(), self.id))

    def find(self, client_order_id: ClientOrderId) -> Order | None:
        return self.cache.order(NautilusClientOrderId(client_order_id))

    def take_back(self, order: Order) -> None:
        self.cancel_order(order)

    def change(self, order: Order, quantity: NautilusQuantity, price: NautilusPrice) -> None:
        self.modify_order(order, quantity, price)

    # -- the actor's messages

    def _put(self, message: Message) -> None:
        self._inbox.append(message)
        if not self._is_receiving:
            self._is_receiving = True
            self._guarded(self._receive_all)
            self._is_receiving = False
            self._follow_market()

    def _market_moved(self) -> None:
        if not self._is_receiving:
            self._is_receiving = True
            self._guarded(self._take_news_and_all)
            self._is_receiving = False
            self._follow_market()

    def _follow_market(self) -> None:
        """Have the engine call for every quote where the actor waits for one; else the newest is looked up."""
        for key, listing in self._listings.items():
            if key not in self._following and self._hosting.waits_for(key):
                self._following.add(key)
                self.subscribe_quote_ticks(listing.id)

    def _look_at_market(self) -> None:
        """Put the newest quotes on the board, in the order in which they came."""
        news = []
        for key, listing in self._listings.items():
            tick = self.cache.quote_tick(listing.id)
            if tick is not None and tick is not self._seen.get(key):
                self._seen[key] = tick
                news.append(self._recorded[id(tick)])
        for quote in sorted(news, key=_received_ns):
            self._hosting.board.put_quote(quote.instrument, partial(_same, quote))

    def _take_news_and_all(self) -> None:
        self._hand_over_news()
        self._receive_all()

    def _guarded(self, work: Callable[[], None]) -> None:
        if self.failure is not None:
            return
        try:
            work()
        except BaseException as raised:  # kept as well, for compiled callers of a callback may swallow it
            self.failure = raised
            raise

    def _begin(self) -> None:
        self._keep(self._actor.start(1, "backtest", self.clock.timestamp_ns()), "start")

    def _receive_all(self) -> None:
        while self._inbox:
            self._hand_over_news()
            self._receive(self._inbox.popleft())

    def _hand_over_news(self) -> None:
        self._look_at_market()
        for news in self._hosting.board.take_news():
            self._receive(news)

    def _receive(self, message: Message) -> None:
        outcome = self._actor.receive(message, self.clock.timestamp_ns())
        if not (outcome.facts or outcome.requests or outcome.replies):
            return
        self._keep(outcome, self._hosting.cause_of(message))
        if outcome.replies:
            self._hosting.replied(message, outcome.replies)

    def _keep(self, outcome: Outcome, cause: str) -> None:
        now_ns = self.clock.timestamp_ns()
        entries = [
            Entry(seq=self._seq + place, ts_ns=now_ns, epoch=1, actor=self._actor.name, cause=cause, fact=fact)
            for place, fact in enumerate(outcome.facts, start=1)
        ]
        self._seq += len(entries)
        if entries:
            self._hosting.take(entries)
        for request in outcome.requests:
            if isinstance(request, WakeAt):
                self._set(request.at_ns, WakeUp(token=request.token))
            else:
                self._accounts[request.account].carry_out(request, now_ns)
        self._arm()

    # -- time

    def _set(self, at_ns: int, message: WakeUp | Command | Decide) -> None:
        self._count += 1
        heappush(self._due, (at_ns, self._count, message))

    def _arm(self) -> None:
        """Keep one alert of the engine's clock, for the earliest that is due: it looks at every alert at every tick."""
        if not self._due:
            return
        at_ns = max(self._due[0][0], self.clock.timestamp_ns())
        if self._armed_ns is not None and self._armed_ns <= at_ns:
            return
        self._alarms += 1
        self._armed_ns = at_ns
        self.clock.set_time_alert_ns(f"{_ALARM}{self._alarms}", at_ns, self._woken)

    def _woken(self, event: TimeEvent) -> None:
        if event.name == f"{_ALARM}{self._alarms}":
            self._armed_ns = None
        now_ns = self.clock.timestamp_ns()
        while self._due and self._due[0][0] <= now_ns:
            message = heappop(self._due)[2]
            made = message(now_ns) if callable(message) else message
            if made is not None:
                self._put(made)
        self._arm()


def _received_ns(quote: Quote) -> int:
    return quote.received_ns


def _same(quote: Quote) -> Quote:
    return quote
