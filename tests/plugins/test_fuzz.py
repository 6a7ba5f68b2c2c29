"""A plugin that says and does what no venue would: another venue's orders go on, and the book stays whole."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from decimal import Decimal
from functools import partial
from typing import Any, get_args

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from adapters.runtime import ActorHost, CommittedFeed, QuoteBoard, Switchboard, VenueWorker
from core.orchestrator import Orchestrator
from ports.errors import LivexecError, NotSentError, VenueRefusedError, VenueUnavailableError
from ports.instruments import Instrument, InstrumentKey
from ports.reports import Report
from ports.snapshots import NoSnapshots
from ports.values import OperationId, OrderStatus, Price, Quantity

from fakes.desk import digest, folded, through_json
from fakes.journal import MemoryJournal
from fakes.records import MemoryRecords
from fakes.sayings import BYBIT_PERP, PERP, cancel, client_id, quote, submit
from fakes.spool import MemorySpool
from fakes.telemetry import RecordingTelemetry
from fakes.venue import FakeSession, FakeVenue
from fakes.virtual_loop import pause, run_virtually, turns, virtual_now_ns

CALLS = ("connect", "send", "cancel", "query", "open_orders", "fills_since", "positions", "balances")
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.text(max_size=12),
    st.binary(max_size=4),
    st.floats(),
    st.decimals(),
    st.just(Decimal("1E+90")),
    st.just(Decimal("1E-90")),
    st.lists(st.integers(), max_size=2),
    st.just(object()),
)
FAILURES = st.sampled_from(
    [ValueError("odd"), KeyError("\x00"), NotSentError("no"), VenueRefusedError("no"), VenueUnavailableError(""),
     RecursionError(), LivexecError(), StopIteration(), OSError(5, "io"), ExceptionGroup("both", [ValueError()])]
)  # fmt: skip
QUICK = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # what fails is told as it was found: to shrink it takes minutes
)


def odd_reports() -> st.SearchStrategy[Any]:
    """Reports of every kind, each field as it may be or as it never is."""
    usual: dict[str, list[Any]] = {
        "account": ["FAKE-BINANCE-FUTURES", "FAKE-BINANCE-FUTURES", "FAKE-BYBIT"],
        "instrument": [PERP, PERP, BYBIT_PERP, "NO:KEY"],
        "client_order_id": [client_id("strange-1"), client_id("strange-1"), client_id("usual-1"), None, "unknown"],
        "trade_id": ["t1", "t1", "t2"],
        "quantity": [Decimal("0.1"), Decimal(5), Decimal(0), Decimal(-1)],
        "price": [Decimal(50_000), Decimal(0), Decimal(-1)],
    }

    def made(kind: Any, values: dict[str, Any]) -> Any:
        try:
            return kind(**values)
        except Exception:  # its own class refuses it, so that it cannot be said
            return None

    def of(kind: Any) -> st.SearchStrategy[Any]:
        each = {
            one.name: st.one_of(st.sampled_from(usual[one.name]), st.sampled_from(usual[one.name]), ODD)
            if one.name in usual
            else ODD
            for one in fields(kind)
        }
        return st.fixed_dictionaries(each).map(lambda values: made(kind, values))

    return st.one_of(*[of(kind) for kind in get_args(Report.__value__)])


class Stranger(FakeSession):
    """Its calls answer with anything, or raise anything, when a test says so."""

    odd: Mapping[str, tuple[bool, Any]] = {}  # by call: whether it raises, and what it raises or answers


def _strange(name: str) -> Any:
    async def call(self: Stranger, *given: Any) -> Any:
        if name not in self.odd:
            return await getattr(FakeSession, name)(self, *given)
        raises, what = self.odd[name]
        if raises:
            raise what
        return what

    return call


for _name in CALLS:
    setattr(Stranger, _name, _strange(_name))


class House:
    """The real book, host and workers: a stranger at one venue, and somebody who trades at another."""

    def __init__(self) -> None:
        self.strange = FakeVenue([_instrument(PERP)], virtual_now_ns)
        self.usual = FakeVenue([_instrument(BYBIT_PERP)], virtual_now_ns)
        self.stranger = Stranger(self.strange)
        self.journal, self.telemetry, self.quotes = MemoryJournal(), RecordingTelemetry(), QuoteBoard()
        feed = CommittedFeed(self.journal)
        self.host = ActorHost(
            Orchestrator, self.journal, MemorySpool(), feed, self.quotes, virtual_now_ns, self.telemetry,
            MemoryRecords(list), NoSnapshots(),
        )  # fmt: skip
        sessions = (self.stranger, self.usual.session())
        self.workers = [VenueWorker(one, self.host, self.quotes, virtual_now_ns, self.telemetry) for one in sessions]
        self.host.venue_request = Switchboard(self.workers, self.host, self.telemetry).put
        self.running: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> House:
        await self.host.start("fuzzed")
        self.running = [asyncio.create_task(worker.run()) for worker in self.workers]
        for key in (PERP, BYBIT_PERP):
            self.quotes.put_quote(key, partial(quote, key, "49999", "50001"))
        await pause(1)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self.running:
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)
        for worker in self.workers:
            await worker.stop()
        self.host.refuse_commands()
        await self.host.stop()

    async def submitted(self, name: str, key: InstrumentKey) -> OrderStatus:
        """Hand in an order that rests, and return what has become of it a second later."""
        await self.host.ask(submit(name, buy="0.01", at="49000", instrument=key))
        await pause(1)
        return self.status(name)

    @property
    def actor(self) -> Orchestrator:
        assert isinstance(self.host.actor, Orchestrator)
        return self.host.actor

    def status(self, name: str) -> OrderStatus:
        order = self.actor.book.oms.get(OperationId(name))
        assert order is not None
        return order.status


@QUICK
@given(
    said=st.lists(odd_reports(), max_size=6),
    odd=st.dictionaries(
        st.sampled_from(CALLS), st.one_of(st.tuples(st.just(True), FAILURES), st.tuples(st.just(False), ODD))
    ),
)
def test_whatever_a_plugin_says_and_does_another_venue_trades_on_and_the_book_is_whole(
    said: list[Any], odd: dict[str, tuple[bool, Any]]
) -> None:
    run_virtually(lived_through(said, odd))


async def lived_through(said: list[Any], odd: dict[str, tuple[bool, Any]]) -> None:
    async with House() as house:
        assert await house.submitted("usual-1", BYBIT_PERP) is OrderStatus.ACCEPTED
        assert await house.submitted("strange-1", PERP) is OrderStatus.ACCEPTED
        house.stranger.odd = odd
        for one in said:
            with suppress(Exception):  # what its call raises is its own affair
                house.workers[0].put_report(one)
            await turns()
        house.stranger.lose("as it likes")
        await pause(2)
        await house.host.ask(submit("strange-2", buy="0.01", at="49000", instrument=PERP))
        await house.host.ask(cancel("strange-1"))
        await pause(60)
        assert not house.host.failure.done()
        assert not [task for task in house.running if task.done()]
        assert await house.submitted("usual-2", BYBIT_PERP) is OrderStatus.ACCEPTED
        assert house.status("usual-1") is OrderStatus.ACCEPTED  # whatever was said about it by somebody else
        usual = list(house.usual.arrivals)
        assert len(usual) == 2
        for name in usual:
            house.usual.fill(name)
        await pause(1)
        assert [house.status(f"usual-{at}") for at in (1, 2)] == [OrderStatus.FILLED] * 2
        facts = [entry.fact for entry in await house.journal.read(0, 100_000)]
        assert digest(folded(through_json(facts))) == digest(house.actor)


def _instrument(key: Any) -> Instrument:
    return Instrument(
        key=key, tick_size=Price(Decimal("0.1")), lot_size=Quantity(Decimal("0.001")),
        min_quantity=Quantity(Decimal("0.001")),
    )  # fmt: skip
