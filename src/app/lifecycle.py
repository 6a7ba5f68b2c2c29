"""The live service: what starts after what, and what stops before what."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from typing import Final

from adapters.doors.clients import Clients
from adapters.doors.roles import PermittedGateway
from adapters.doors.service import NoAlerts, Service
from adapters.grpc import GrpcDoor
from adapters.http import HttpDoor
from adapters.runtime import Follower, Switchboard
from adapters.telemetry import DoorMetrics, FactMetrics, VitalsMetrics, add_process
from adapters.telemetry.sights import Lookout
from app.alerting import Watch
from app.callers import tls_of
from app.container import LiveContainer, live_container
from app.halt_file import NAME, HaltFile
from app.interpreter import QuietCollector, look_at_young, nothing_is_garbage, set_decisions_aside
from app.leading import Leading
from app.session_results import SessionRecorder, read_entries
from app.settings import Mode, Settings
from app.settings_limits import risk_limits
from app.shadow import refuse_working_orders
from app.shared_limits import LimitsFollowing, LimitsPublisher, limits_channel
from app.signals import SignalDesk, SignalFollower
from app.signals.kept import StrategyFile
from app.store_watch import versions, watched_stores
from app.tracing import order_traces
from app.venues_of_limits import known_venues
from app.views import ServiceViews, algorithm_views
from app.vitals import VitalSigns, unconfirmed_in
from app.volume_curves import configured_curves
from core.book import Book
from core.limit_changes import changes_between
from core.orchestrator import Orchestrator
from ports.actor import Command
from ports.commands import CancelAll, SetLimits
from ports.errors import InvalidInputError, LimitsChannelError
from ports.journal import Entry
from ports.shared_limits import LimitsChannel
from ports.values import CONFIGURATION, OperationId, Principal, StrategyId

OPERATOR: Final = Principal("operator")
PAPER_PREFIX: Final = "PAPER-"  # of every paper account's name
_READY_WITHIN_S: Final = 15.0
_ABANDONED_WITHIN_S: Final = 5.0
_DOORS_GRACE_S: Final = 2.0
_FOLLOWERS_GRACE_S: Final = 30.0
type Progress = Callable[[str], None]


class LiveService:
    """One live service. `start` once, then `stop` once; `http_port` and `grpc_port` are real after `start`."""

    def __init__(
        self, settings: Settings, container: LiveContainer | None = None, log_file: Path | None = None
    ) -> None:
        self.settings = settings
        self.log_file = log_file
        self.container = container or live_container(settings, log_file=log_file)
        self.http_port = 0
        self.grpc_port = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._following: list[asyncio.Task[None]] = []
        self._recorder: SessionRecorder | None = None
        self._http: HttpDoor | None = None
        self._grpc: GrpcDoor | None = None
        self._limits_channel: LimitsChannel | None = None
        self._doors = DoorMetrics(self.container.registry(), self.container.watched().steps)
        self._watch: Watch | None = None
        self._leading = Leading(self.container)

    @property
    def actor(self) -> Orchestrator:
        """The orchestrator, for reading; it is made again where the journal failed, so never keep it."""
        actor = self.container.host().actor
        if not isinstance(actor, Orchestrator):
            raise TypeError(f"the host runs {actor.name}, not the orchestrator")
        return actor

    @property
    def book(self) -> Book:
        """The book of record, for reading; never keep it either."""
        return self.actor.book

    async def start(self, progress: Progress = lambda line: None) -> None:
        """Bring everything up: book, read tables, venues, and only then the doors.

        Raises:
            LivexecError: the journal, a plugin, a venue node or a port cannot be had; says which and why.
        """
        await self._open_book(progress)
        await self._follow()
        await self._connect_venues(progress)
        signals = self._signal_desk()
        await self._open_doors(signals)
        follower = SignalFollower(signals, self.container.signals_store(), time.time_ns)
        self._tasks.append(asyncio.create_task(follower.run(), name="signals"))
        feed = self.container.feed()
        self._tasks.append(asyncio.create_task(QuietCollector(lambda: feed.sequence).run(), name="collector"))
        host = self.container.host()
        host.before_many, host.after_many = look_at_young, set_decisions_aside

    async def stop(self, progress: Progress = lambda line: None) -> str | None:
        """Refuse new orders, cancel or leave working ones as configured, drain, flush, write results, close.

        Returns where the results are; None where the session never began.
        """
        made, host = self.container, self.container.host()
        if self.settings.shutdown.cancel_working_orders and host.is_taking:
            progress("canceling working orders")
            await self._cancel_working()
        host.refuse_commands()
        progress("draining")
        await self._bounded(host.drained(), "drain")
        for door in (self._grpc, self._http):
            if door is not None:
                await door.stop(_DOORS_GRACE_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._limits_channel is not None:
            await self._limits_channel.close()
        for worker in made.workers():
            await worker.stop()
        self._leading.unwatch()
        await self._bounded(host.drained(), "drain")
        made.feed().close()
        if self._following:
            grace_s = _ABANDONED_WITHIN_S if host.failure.done() else _FOLLOWERS_GRACE_S
            await asyncio.wait(self._following, timeout=grace_s)
        written = await self._write_results(progress)
        await made.venues().stop()
        await made.queries().close()
        await self._leading.end()
        await host.stop()
        return written

    async def abandon(self) -> None:
        """End a start that did not come to its end: stop what runs already, and close the journal, within bounds."""
        made = self.container
        for task in (*self._tasks, *self._following):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._following, return_exceptions=True)
        if self._limits_channel is not None:
            await self._limits_channel.close()
        for door in (self._grpc, self._http):
            if door is not None:
                await door.stop(_DOORS_GRACE_S)
        if self._following:  # the book was open, and so there may be sessions
            for worker in made.workers():
                await worker.stop()
            await made.venues().stop()
            await made.queries().close()
        await self._leading.end()
        await made.host().stop(_ABANDONED_WITHIN_S)

    async def wait(self) -> None:
        """Wait for ever, or until something fails that the service must not survive.

        Raises:
            LivexecError: what failed.
        """
        await self.container.host().failure

    async def until(self, holds: Callable[[], bool], within_s: float) -> None:
        """Wait until facts have made something so, or until the time is up; the caller looks which."""
        feed = self.container.feed()
        if holds():
            return
        try:
            async with asyncio.timeout(within_s):
                async for _ in feed.follow(feed.sequence):
                    if holds():
                        return
        except TimeoutError:
            return

    async def read_journal(self) -> list[Entry]:
        """Return every entry; for runs of a known length."""
        return await read_entries(self.container.journal(), 0)

    async def _open_book(self, progress: Progress) -> None:
        made = self.container
        self.settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        made.announce.override(progress)
        await made.database().upgrade()
        host = made.host()
        reported = 0.0

        def folding(done: int, of: int) -> None:
            nonlocal reported
            if time.monotonic() - reported > 1:
                reported = time.monotonic()
                progress(f"reading the journal: {done:,} of {of:,} facts")

        self._leading.begin()
        with nothing_is_garbage():
            await host.start(f"livexec {version('livexec')}", folding)
        _refuse_another_modes_book(self.settings.mode, self.book)
        if self.settings.is_shadow:
            refuse_working_orders(self.book)
        host.venue_request = Switchboard(made.workers(), host, made.telemetry()).put
        host.on_new_epoch = self._announce
        limits = risk_limits(self.settings)
        for change in changes_between(self.book.limits, limits) if made.feed().sequence > 1 else ():
            before, now = change.old or "not set", change.new or "not set"
            progress(f"limit {change.name}: {now} by the configuration, was {before}")
        await host.ask(SetLimits(limits=limits, principal=CONFIGURATION, reason="configuration at start"))
        halt_file = HaltFile(self.settings.state_dir, host, made.telemetry())
        if await halt_file.look():
            progress(f"HALTED by the file {NAME}: nothing new trades until somebody resumes")
        self._tasks.append(asyncio.create_task(halt_file.run(), name="halt file"))
        self._share_limits()
        progress(f"book open at sequence {made.feed().sequence:,}")

    def _share_limits(self) -> None:
        """Tell other processes the limits in force here, or take theirs, as configured."""
        made, wanted = self.container, self.settings.redis
        self._limits_channel = limits_channel(wanted)
        if self._limits_channel is None:
            return
        host, feed, telemetry = made.host(), made.feed(), made.telemetry()
        if wanted.limits == "follow":
            work = LimitsFollowing(self._limits_channel, host, telemetry).run()
        else:
            told = LimitsPublisher(
                wanted.name, self._limits_channel, lambda: self.book.limits, feed.sequence, time.time_ns()
            )
            work = Follower("limits", told, feed, (LimitsChannelError,), telemetry).run()
        self._tasks.append(asyncio.create_task(work, name="limits of other processes"))

    def _announce(self) -> None:
        for worker in self.container.workers():
            worker.announce()
        if self._grpc is not None:
            self._grpc.announce()

    async def _follow(self) -> None:
        made = self.container
        here = made.feed().sequence
        board = made.quotes()
        self._recorder = SessionRecorder(self.settings, board, board.tallies, self.book, begin_after=here)
        metrics = FactMetrics(made.registry(), here, made.watched().steps, unconfirmed_in(self.book))
        self._watch_over(metrics)
        follower = Follower("metrics", metrics, made.feed(), (), made.telemetry())
        self._following = [
            asyncio.create_task(follower.run(), name="metrics"),
            asyncio.create_task(made.projector().run(), name="projector"),
        ]
        if (endpoint := self.settings.logging.traces_endpoint) is not None:
            traces = order_traces(endpoint, here)
            follower = Follower("traces", traces, made.feed(), (), made.telemetry())
            self._following.append(asyncio.create_task(follower.run(), name="traces"))
        self._tasks.append(asyncio.create_task(self._recorder.sample(), name="sample equity"))
        self._tasks.append(asyncio.create_task(self._recorder.market.run(), name="sample market"))
        self._tasks.append(asyncio.create_task(made.snapshotting().run(), name="snapshots"))
        if self.settings.journal.archive_after_days is not None:
            self._tasks.append(asyncio.create_task(made.archiving().run(), name="archive"))

    def _watch_over(self, metrics: FactMetrics) -> None:
        made, feed, projector = self.container, self.container.feed(), self.container.projector()
        vitals = VitalSigns(
            lambda: self.book,
            made.host(),
            made.workers(),
            made.quotes(),
            metrics,
            lambda: feed.sequence - projector.taken,
            self.settings.state_dir,
            time.time_ns,
            self._leading.left_s,
        )
        VitalsMetrics(made.registry(), vitals)
        add_process(made.registry(), version("livexec"))
        lookout = Lookout(vitals, metrics, made.watched().steps, self._doors.incidents)
        self._watch = Watch(self.settings.alerts, lookout, made.alert_sinks(), made.telemetry())
        self._tasks.append(asyncio.create_task(self._watch.run(), name="alerts"))

    async def _connect_venues(self, progress: Progress) -> None:
        made = self.container
        if self.settings.mode is Mode.LIVE:
            accounts = ", ".join(worker.account for worker in made.workers())
            if self.settings.is_shadow:
                made.telemetry().note("trading.shadow", accounts=accounts)
            else:
                made.telemetry().note("trading.live", accounts=accounts)
        progress("connecting venues")
        for profile in configured_curves(self.settings):
            made.quotes().put_profile(profile)
        await self._leading.outlast(progress)
        await made.venues().start()
        if self.settings.mode is Mode.LIVE:
            self._leading.watch()
        self._tasks += [asyncio.create_task(worker.run(), name=f"venue {worker.account}") for worker in made.workers()]
        wanted = [worker.account for worker in made.workers()]
        await self.until(lambda: all(self.book.accounts.is_ready(one) for one in wanted), _READY_WITHIN_S)
        late = [account for account in wanted if not self.book.accounts.is_ready(account)]
        if self._recorder is not None:
            self._recorder.watch(self.book.venue_instruments())
        progress(f"connected, except {', '.join(late)}" if late else f"connected: {', '.join(wanted)}")

    def _signal_desk(self) -> SignalDesk:
        made, file = self.container, StrategyFile(self.settings.state_dir)
        return SignalDesk(file, lambda: self.book, made.host(), time.time_ns, made.telemetry())

    async def _open_doors(self, strategies: SignalDesk) -> None:
        made, doors, projector = self.container, self.settings.doors, self.container.projector()
        views = ServiceViews(
            lambda: self.book, made.workers(), made.feed(), lambda: projector.taken, lambda: made.host().is_taking
        )
        stores = watched_stores(self.settings, made.journal(), made.feed(), self._limits_channel)
        self._tasks.append(asyncio.create_task(stores.run(), name="stores"))
        service = Service(
            gateway=PermittedGateway(made.host(), made.authenticator(), self._strategy_of, self._denied),
            queries=made.queries(),
            feed=made.feed(),
            health=views.health,
            venues=views.venues,
            halts=views.halts,
            breaks=views.breaks,
            streams=views.streams,
            limits=views.limits,
            proposal=views.proposal,
            exposure=views.exposure,
            listed_in=views.listed_in,
            algorithms=algorithm_views(one for plugin in made.plugins().plugins for one in plugin.algorithms),
            strategies=strategies,
            hooks=views.taking_hooks,
            stores=stores.seen,
            versions=versions(),
            known_venues=known_venues(self.settings),
            auth=made.authenticator(),
            clients=Clients(doors.requests_per_second),
            tls=tls_of(doors),
            meter=self._doors,
            alerts=NoAlerts() if self._watch is None else self._watch.engine,
        )
        self._http = HttpDoor(
            service,
            doors.host,
            doors.http_port,
            registry=made.registry(),
            hosts=doors.hosts,
            version=version("livexec"),
        )
        self._grpc = GrpcDoor(service, doors.host, doors.grpc_port)
        self.http_port = await _opened(self._http, "doors.http_port", doors.http_port)
        self.grpc_port = await _opened(self._grpc, "doors.grpc_port", doors.grpc_port)

    def _strategy_of(self, operation_id: OperationId) -> StrategyId | None:
        order = self.book.oms.get(operation_id)
        return None if order is None else order.terms.strategy_id

    def _denied(self, command: Command) -> None:
        kind = type(command).__name__
        self.container.telemetry().note("door.not_permitted", principal=command.principal, command=kind)

    async def _cancel_working(self) -> None:
        await self.container.host().ask(CancelAll(principal=OPERATOR, reason="the service is stopping"))
        within_s = self.settings.shutdown.drain_timeout_ms / 1000
        await self.until(lambda: not any(True for _ in self.book.oms.open_orders()), within_s)

    async def _bounded(self, work: Awaitable[None], what: str) -> None:
        try:
            async with asyncio.timeout(self.settings.shutdown.drain_timeout_ms / 1000):
                await work
        except TimeoutError:
            self.container.telemetry().note("stop.late", error=f"{what} was not finished in time")

    async def _write_results(self, progress: Progress) -> str | None:
        if self._recorder is None:
            return None
        progress("writing results")
        results = await self._recorder.results(self.container.journal(), self.container.queries(), self.log_file)
        path = await self.container.results().write(results)
        return str(self.settings.store_path / path)


def _refuse_another_modes_book(mode: Mode, book: Book) -> None:
    """Paper positions must not count in the limits and figures of real ones, nor the other way round."""
    wrong = [one for one in book.accounts.all() if one.startswith(PAPER_PREFIX) is not (mode is Mode.PAPER)]
    if wrong:
        before = Mode.LIVE if mode is Mode.PAPER else Mode.PAPER
        remedy = f"it holds {before} trading ({', '.join(sorted(wrong))}); give {mode} trading one of its own"
        raise InvalidInputError("state_dir or database.url", f"this {mode} configuration's journal", remedy)


async def _opened(door: HttpDoor | GrpcDoor, key: str, port: int) -> int:
    try:
        return await door.start()
    except OSError as taken:
        reason = taken.strerror or str(taken)
        raise InvalidInputError(key, port, f"{reason}; free that port, or choose another") from taken
