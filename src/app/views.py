"""What the doors show of the running service: its venues, halts, breaks, limits and exposure, and its health."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from adapters.doors import (
    AlgorithmView,
    BreakView,
    ExposureLine,
    HaltView,
    ParameterView,
    PartHealth,
    StreamView,
    VenueView,
)
from adapters.runtime import VenueWorker
from app.shadow import ShadowSession
from app.vitals import STATES
from core.algos.registry import ALGORITHMS
from core.book import Book
from ports.algorithms import PluginAlgorithm
from ports.commands import Limits
from ports.execution import FactFeed
from ports.facts import BreakKind, BreakOpened, LimitsProposed
from ports.instruments import InstrumentKey, InstrumentType
from ports.values import AccountId, OperationId, OrderStatus, VenueId, exact
from ports.venue import Paced, VenueSession
from ports.venue_pulse import HasPulse, Pulse
from ports.webhooks import TakesHooks

NAUTILUS, EXTERNAL_SDK = "NAUTILUS", "EXTERNAL_SDK"  # as `livexec.v1.Venue` spells where a session comes from
_ABOUT_ORDERS = {  # breaks that are named after their order
    BreakKind.OVERFILL: "overfill-",
    BreakKind.FILL_AFTER_REJECT: "fill-after-reject-",
    BreakKind.GONE_FROM_VENUE: "gone-",
}
_FAR_BEHIND = 50_000  # facts that the read tables may lack before they count as not healthy


class ServiceViews:
    """Reads the book and the workers; `book` is asked each time, since the book may be made again."""

    def __init__(
        self,
        book: Callable[[], Book],
        workers: Sequence[VenueWorker],
        feed: FactFeed,
        tables_at: Callable[[], int],
        is_taking: Callable[[], bool],
    ) -> None:
        self._book = book
        self._workers = workers
        self._feed = feed
        self._tables_at = tables_at
        self._is_taking = is_taking

    def health(self) -> Sequence[PartHealth]:
        """Return the health of every part."""
        behind = self._feed.sequence - self._tables_at()
        ready = {view.venue: view.state for view in self.venues()}
        return [
            PartHealth(name="journal", healthy=self._is_taking(), detail=f"sequence {self._feed.sequence}"),
            PartHealth(name="read tables", healthy=behind <= _FAR_BEHIND, detail=f"{behind} facts behind"),
            *(
                PartHealth(name=f"venue {venue}", healthy=state == "CONNECTED", detail=state.lower())
                for venue, state in ready.items()
            ),
        ]

    def venues(self) -> Sequence[VenueView]:
        """Return every venue as it is now."""
        book = self._book()
        open_orders = Counter(order.account for order in book.oms.open_orders())
        unconfirmed = Counter(
            order.account for order in book.oms.open_orders() if order.status is OrderStatus.UNCONFIRMED
        )
        breaks = Counter(one.account for one in book.breaks.values())
        return [
            VenueView(
                venue=session.venue,
                venue_type=NAUTILUS if _is_ours(session) else EXTERNAL_SDK,
                mode=_mode(session),
                state=STATES[state.status] if state is not None and worker.is_connected else "DISCONNECTED",
                detail=worker.health.trouble or _told(pulse),
                accounts=(session.account,),
                last_message_ns=max([worker.health.heard_ns, pulse.heard_ns, *_quoted_ns(book, session.venue)]),
                round_trip_us=worker.health.round_trip_us or pulse.round_trip_us,
                dead_man_s=pulse.dead_man_s,
                orders_left=session.orders_left if isinstance(session, Paced) else -1,
                instrument_types=sorted(
                    {str(key.type) for key in book.venue_instruments() if key.venue == session.venue}
                ),
                open_orders=open_orders[session.account],
                unconfirmed_orders=unconfirmed[session.account],
                open_breaks=breaks[session.account],
            )
            for worker in self._workers
            for session in (worker.session,)
            for pulse in (session.pulse() if isinstance(session, HasPulse) and worker.is_connected else Pulse(),)
            for state in (book.accounts.get(session.account),)
        ]

    def taking_hooks(self, venue: VenueId) -> TakesHooks | None:
        """Return the connected session of a venue that calls back; None where there is none."""
        sessions = [worker.session for worker in self._workers if worker.is_connected]
        return next((one for one in sessions if one.venue == venue and isinstance(one, TakesHooks)), None)

    def halts(self) -> Sequence[HaltView]:
        """Return every halt in force, oldest first."""
        return [
            HaltView(
                scope=halt.scope,
                value=halt.value,
                mode=halt.mode,
                reason=halt.reason,
                principal=halt.principal,
                since_ns=halt.raised_ns,
                trip=halt.trip,
            )
            for halt in sorted(self._book().halts, key=lambda halt: halt.raised_ns)
        ]

    def breaks(self) -> Sequence[BreakView]:
        """Return every open break, oldest first."""
        book = self._book()
        opened = sorted(book.breaks.values(), key=lambda one: (one.opened_ns, one.break_id))
        return [_break_view(book, one) for one in opened]

    def streams(self) -> Sequence[StreamView]:
        """Return every strategy whose orders are cancelled on disconnect, by name."""
        return [
            StreamView(
                strategy_id=strategy,
                open_streams=len(mine.open),
                grace_ms=min([one.grace_ns for one in mine.open.values()], default=0) // 1_000_000,
                cancel_at_ns=mine.cancel_at_ns,
            )
            for strategy, mine in sorted(self._book().streams.all().items())
        ]

    def limits(self) -> Limits:
        """Return the limits in force."""
        return self._book().limits

    def proposal(self) -> LimitsProposed | None:
        """Return the limits that wait for a second person."""
        return self._book().proposals.waiting

    def exposure(self) -> Sequence[ExposureLine]:
        """Return what every strategy holds of every instrument, and what its open orders could make of it."""
        book = self._book()
        strategies = {strategy for (_, strategy, _), _ in book.positions}
        strategies |= {order.terms.strategy_id for order in book.oms.open_orders()}
        with exact():
            return [
                ExposureLine(
                    strategy_id=strategy,
                    instrument=instrument,
                    position=held.position,
                    worst_case=held.worst_case,
                    unit_usd=book.market.unit_usd(instrument),
                    price_ns=_price_ns(book, instrument),
                )
                for strategy in sorted(strategies)
                for instrument, held in sorted(book.exposure.of_strategy(strategy).items())
            ]

    def listed_in(self, instrument: InstrumentKey) -> Sequence[AccountId]:
        """Return the accounts that list an instrument, connected or not; none where nobody does."""
        return [listing.account for listing in self._book().listings(instrument)]


def _told(pulse: Pulse) -> str:
    """Return a pulse in words: what is wrong first, then clocks and what is left of the rate limits."""
    words = [pulse.trouble] if pulse.trouble else []
    if pulse.clock_ahead_ms:
        words.append(f"its clock is {pulse.clock_ahead_ms} ms ahead")
    words += [f"{one.name} {one.left:.0f} of {one.most:.0f} left" for one in pulse.budgets]
    return ", ".join(words)


def _is_ours(session: object) -> bool:
    return type(session).__module__.partition(".")[0] == "adapters"


def _break_view(book: Book, one: BreakOpened) -> BreakView:
    state = None if one.account is None else book.accounts.get(one.account)
    amounts = None
    if state is not None and one.kind is BreakKind.POSITION_DIFFERS and one.instrument is not None:
        amounts = state.compared.get(one.instrument)
    return BreakView(
        break_id=one.break_id,
        kind=one.kind,
        account=one.account,
        venue=None if state is None else state.venue,
        instrument=one.instrument,
        operation_id=_order_of(book, one),
        detail=one.detail,
        opened_ns=one.opened_ns,
        ours=None if amounts is None else amounts[0],
        theirs=None if amounts is None else amounts[1],
    )


def _order_of(book: Book, one: BreakOpened) -> OperationId | None:
    """Return the order that a break is about; its id carries it."""
    prefix = _ABOUT_ORDERS.get(one.kind)
    if prefix is None or not one.break_id.startswith(prefix):
        return None
    operation_id = OperationId(one.break_id.removeprefix(prefix))
    known = book.oms.get(operation_id) is not None or book.oms.departed.may_have(operation_id)
    return operation_id if known else None


def _price_ns(book: Book, instrument: InstrumentKey) -> int | None:
    """Return when the price that values an instrument arrived; 0: only our last trade; None: none is needed."""
    if instrument.is_inverse:
        return None
    if instrument.type is InstrumentType.OPTION:  # valued as its underlying
        underlying = book.market.quote_of_currency(instrument.base)
        return None if underlying is None else underlying.received_ns
    quote = book.market.quote(instrument)
    return 0 if quote is None else quote.received_ns


def algorithm_views(of_plugins: Iterable[PluginAlgorithm] = ()) -> Sequence[AlgorithmView]:
    """Return every execution algorithm in words, ours first."""
    ours = [
        AlgorithmView(
            name=algorithm.name,
            says=algorithm.says,
            parameters=[
                ParameterView(
                    name=each.name,
                    says=each.says,
                    unit=each.unit,
                    bounds=each.bounds,
                    default=each.default or "",
                    required=each.required,
                )
                for each in algorithm.parameters
            ],
        )
        for algorithm in ALGORITHMS.values()
    ]
    theirs = [
        AlgorithmView(
            name=algorithm.name,
            says=algorithm.says,
            parameters=[
                ParameterView(name=name, says=says, unit="", bounds="", default="", required=False)
                for name, says in algorithm.parameters.items()
            ],
        )
        for algorithm in of_plugins
    ]
    return [*ours, *theirs]


def _quoted_ns(book: Book, venue: VenueId) -> Iterator[int]:
    for key in book.venue_instruments():
        quote = book.market.quote(key) if key.venue == venue else None
        if quote is not None:
            yield quote.received_ns


def _mode(session: VenueSession) -> str:
    if session.capabilities.is_paper:
        return "PAPER"
    return "SHADOW" if isinstance(session, ShadowSession) else "LIVE"
