"""The live runtime on paper venues, accelerated: mailbox, journal, workers, sandbox, and no waiting between ticks."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from adapters.nautilus.backtest import TimedCommand
from adapters.nautilus.node import PaperNode
from adapters.runtime import ActorHost, CommittedFeed, FileSpool, QuoteBoard, Switchboard, VenueWorker
from adapters.sql import database_at
from app.bench.records import NoRecords
from app.parity.accelerated import AcceleratedLoop, HeldJournal
from app.parity.gate import GatedSession
from app.session_results import read_entries
from core.orchestrator import Orchestrator
from core.reconciliation.patience import Patience
from ports.errors import VenueUnavailableError
from ports.instruments import Instrument
from ports.journal import Entry
from ports.market_data import Quote, Trade, VolumeProfile
from ports.requests import Request
from ports.snapshots import NoSnapshots

_LEAD_NS: Final = 60_000_000_000  # that the service is up before the first quote
_SETTLE_S: Final = 1.0
_log = logging.getLogger(__name__)


class _Notes:
    """The telemetry of a run that nobody watches: what goes wrong is logged."""

    def released(self, request: Request, needs_seq: int, durable_seq: int) -> None:
        """Say nothing."""

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        """Say nothing."""

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Say nothing."""

    def note(self, event: str, **details: object) -> None:
        """Log it."""
        _log.info("%s %s", event, details)


def run_live(
    instruments: Sequence[Instrument],
    ticks: Sequence[Quote | Trade],
    commands: Sequence[TimedCommand],
    patience: Patience,
    profiles: Sequence[VolumeProfile] = (),
) -> list[Entry]:
    """Return everything that became true while the live runtime worked `commands` over `ticks`.

    Every fact went through a real journal, every order through its worker to the paper venue. Quotes are not
    conflated: each reaches the core, as in a backtest. Public trades are counted, and fill nobody.
    """
    start_ns = ticks[0].received_ns - _LEAD_NS
    with asyncio.Runner(loop_factory=partial(AcceleratedLoop, start_ns)) as runner:
        return runner.run(_Live(instruments, patience, profiles).run(ticks, commands))


class _Live:
    def __init__(
        self, instruments: Sequence[Instrument], patience: Patience, profiles: Sequence[VolumeProfile]
    ) -> None:
        self._instruments = instruments
        self._patience = patience
        self._board, self._notes = QuoteBoard(wait_s=0), _Notes()
        for profile in profiles:
            self._board.put_profile(profile)

    async def run(self, ticks: Sequence[Quote | Trade], commands: Sequence[TimedCommand]) -> list[Entry]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, AcceleratedLoop)  # noqa: S101 - `run_live` made it
        with tempfile.TemporaryDirectory(prefix="livexec-parity-") as folder:
            database = database_at(f"sqlite+aiosqlite:///{Path(folder) / 'livexec.db'}")
            with loop.held():
                await database.upgrade()
            journal = HeldJournal(database.journal(standby=False, on_waiting=_log.info), loop)
            spool = FileSpool(Path(folder) / "livexec.spool")
            try:
                return await self._serve(loop, self._host(loop, journal, spool), journal, ticks, commands)
            finally:
                with loop.held():  # its bound is in this loop's time, which would be over at once
                    await loop.shutdown_default_executor()

    def _host(self, loop: AcceleratedLoop, journal: HeldJournal, spool: FileSpool) -> ActorHost:
        return ActorHost(
            lambda: Orchestrator(self._patience),
            journal,
            spool,
            CommittedFeed(journal),
            self._board,
            clock=loop.now_ns,
            telemetry=self._notes,
            records=NoRecords(),
            snapshots=NoSnapshots(),
        )

    async def _serve(
        self,
        loop: AcceleratedLoop,
        host: ActorHost,
        journal: HeldJournal,
        ticks: Sequence[Quote | Trade],
        commands: Sequence[TimedCommand],
    ) -> list[Entry]:
        venues = sorted({each.key.venue for each in self._instruments})
        node = PaperNode(
            {venue: [one for one in self._instruments if one.key.venue == venue] for venue in venues},
            clock=loop.now_ns,
            matches_again=True,
        )
        gate = asyncio.Event()
        gate.set()
        workers = [
            VenueWorker(GatedSession(node.session(venue), gate), host, self._board, loop.now_ns, self._notes)
            for venue in venues
        ]
        with loop.held():
            await host.start("parity")
        host.venue_request = Switchboard(workers, host, self._notes).put
        await node.start()
        serving = [asyncio.create_task(worker.run()) for worker in workers]
        try:
            await asyncio.sleep(_SETTLE_S)
            _refuse_unready(host.actor, workers)
            asked = [asyncio.create_task(_ask(loop, host, timed)) for timed in commands]
            await _play(loop, node, gate, ticks)
            await asyncio.gather(*asked)
            await host.drained()
            return await read_entries(journal, 0)
        finally:
            for task in serving:
                task.cancel()
            await asyncio.gather(*serving, return_exceptions=True)
            for worker in workers:
                await worker.stop()
            await node.stop()
            with loop.held():
                await host.stop()


def _refuse_unready(actor: object, workers: Sequence[VenueWorker]) -> None:
    if not isinstance(actor, Orchestrator) or not all(actor.book.accounts.is_ready(one.account) for one in workers):
        raise VenueUnavailableError("a paper venue did not become ready")


async def _ask(loop: AcceleratedLoop, host: ActorHost, timed: TimedCommand) -> None:
    await asyncio.sleep((timed.at_ns - loop.now_ns()) / 1e9)
    await host.ask(timed.command)


async def _play(loop: AcceleratedLoop, node: PaperNode, gate: asyncio.Event, ticks: Sequence[Quote | Trade]) -> None:
    """Let working orders meet every quote, publish it, then let new orders meet it, as Nautilus does in a backtest."""
    for tick in ticks:
        session = node.sessions[tick.instrument.venue]
        if isinstance(tick, Trade):
            await loop.just_before(tick.received_ns, 1)
            session.put_trade(tick)
            continue
        await loop.just_before(tick.received_ns, 3)
        gate.clear()
        node.desk.feed(tick)
        await loop.just_before(tick.received_ns, 2)
        session.put_quote(tick.instrument, partial(_same, tick))
        await loop.just_before(tick.received_ns, 1)
        gate.set()


def _same(quote: Quote) -> Quote:
    return quote
