"""What the live service is made of, and how its parts are joined: the only file that knows dependency-injector."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path

from dependency_injector import containers, providers
from prometheus_client import CollectorRegistry

from adapters.nautilus.market import OnEnd, PaperMarket
from adapters.nautilus.node import PaperNode
from adapters.recording import SessionLog
from adapters.runtime import ActorHost, CommittedFeed, FileSpool, MailboxLimits, QuoteBoard, VenueWorker
from adapters.snapshots import SnapshotFiles
from adapters.sql import Database, Lease, SqlQueries, database_at
from adapters.storage import ResultFiles
from adapters.telemetry import ReleaseRecorder, ServiceTelemetry
from adapters.ticks import PAPER_VENUES, GeneratedTicks, RecordedTicks, paper_instruments
from app.alerting import sinks_of
from app.archiver import ArchiverOrders
from app.archiving import Archiving
from app.buckets import archive_of, open_bucket
from app.callers import authenticator
from app.extensions import extensions_of
from app.external import external_accounts
from app.program import fingerprint
from app.projecting import ProjectorProcess
from app.projector import ProjectorOrders
from app.recording import RecordedJournal, RecordedOrchestrator, recording_in
from app.settings import Mode, Settings
from app.settings_controls import control_rules
from app.settings_router import routing_rules
from app.snapshotting import Snapshotting
from app.tca.market_tape import CountingBoard
from app.valuation import VALUATION
from app.venues import LiveVenues, PaperVenues, Venues
from core.control_rules import ControlRules
from core.extensions import Extensions
from core.orchestrator import Orchestrator
from core.reconciliation.patience import Patience
from core.routing.offers import RoutingRules
from plugins.alerting import ContainedSink
from plugins.discovery import Discovery, discover
from ports.archive import ArchivedJournal
from ports.instruments import Instrument
from ports.lease import UNFENCED
from ports.market_data import TickSource
from ports.object_store import ObjectStore
from ports.telemetry import Telemetry
from ports.values import VenueId

_MS = 1_000_000
_DERIBIT = VenueId("DERIBIT")


def _told(watched: ServiceTelemetry) -> ServiceTelemetry:
    """Return what everybody tells: the one that is watched, unless a recorder stands before it."""
    return watched


def _database(settings: Settings) -> Database:
    return database_at(settings.database_url.reveal(), archive_of(settings).open)


def _lease(settings: Settings, venues: Venues) -> Lease | None:
    """Return this process's lease on the lead; None on SQLite, whose file's lock ends with the process that has it.

    An order may be under way to a venue for as long as the venue may still show nothing of it: that holds the venue's
    own deadline for requests, and where it has none what its session takes for one.
    """
    if not settings.database.is_postgres:
        return None
    real = [one.capabilities.query_lag_ns for one in venues.sessions if not one.capabilities.is_paper]
    return Lease(settings.database.lease_ms, max(real, default=None))


def _journal(
    settings: Settings,
    database: Database,
    telemetry: Telemetry,
    announce: Callable[[str], None],
    lease: Lease | None,
) -> ArchivedJournal:
    def waiting(line: str) -> None:
        telemetry.note("journal.standby", detail=line)
        announce(line)

    return database.journal(standby=settings.database.standby, on_waiting=waiting, lease=lease)


def _spool(settings: Settings, database: Database) -> FileSpool:
    """Return the spool of this journal, on this machine: beside its file, or named after its address."""
    if not settings.database.is_postgres:
        path = settings.database_path
        return FileSpool(path.with_name(f"{path.name}.spool"))
    name = blake2b(database.journal_name.encode(), digest_size=6).hexdigest()
    return FileSpool(settings.state_dir / f"journal-{name}.spool")


def _queries(settings: Settings, database: Database, projector: ProjectorProcess, quotes: QuoteBoard) -> SqlQueries:
    return database.queries(projector, quotes, VALUATION, pool_size=settings.database.pool_size)


def _projector_orders(settings: Settings, log_file: Path | None) -> ProjectorOrders:
    return ProjectorOrders(
        database=settings.database_url.reveal(),
        archive=archive_of(settings).told(),
        log_file=None if log_file is None else str(log_file),
        log_level=settings.logging.level,
        log_to_stderr=log_file is not None and not sys.stderr.isatty(),
        log_orders=settings.logging.log_orders,
        log_fills=settings.logging.log_fills,
    )


def _snapshots(settings: Settings, journal: ArchivedJournal, telemetry: Telemetry) -> SnapshotFiles:
    return SnapshotFiles(settings.state_dir / "snapshots", fingerprint(), journal.checksum, telemetry)


def _snapshotting(
    settings: Settings, snapshots: SnapshotFiles, feed: CommittedFeed, telemetry: Telemetry
) -> Snapshotting:
    return Snapshotting(settings.database_url.reveal(), archive_of(settings), snapshots, feed, telemetry)


def _archiving(settings: Settings, journal: ArchivedJournal, feed: CommittedFeed, telemetry: Telemetry) -> Archiving:
    orders = ArchiverOrders(database=settings.database_url.reveal(), archive=archive_of(settings).told())
    return Archiving(journal, feed, orders, settings.journal.archive_after_days, time.time_ns, telemetry)


def _patience(settings: Settings, venues: Venues) -> Patience:
    """Return how long silence is borne; "not found" counts once the slowest venue cannot be wrong about it any more.

    The journal knows when an order was released, also by a process that is gone: what that process had sent may still
    be on its way while this one asks.
    """
    lags = [session.capabilities.query_lag_ns for session in venues.sessions]
    usual = Patience()
    lag_ns = max([usual.not_found_lag_ns, *(lag + usual.not_found_lag_ns for lag in lags)])
    return Patience(answer_ns=settings.orders.ack_patience_ms * _MS, not_found_lag_ns=lag_ns)


def _plugins(settings: Settings) -> Discovery:
    return discover(disabled=settings.disabled_plugins)


def _extensions(settings: Settings, plugins: Discovery, telemetry: Telemetry) -> Extensions:
    return extensions_of(plugins, telemetry, settings.router.policy)


def _routing(settings: Settings) -> RoutingRules:
    """Return what the router may do, and what it is told of venues."""
    router = settings.router
    off: tuple[VenueId, ...] = () if router.nautilus_routing_enabled else PAPER_VENUES
    if not router.deribit_routing_enabled:
        off = (*off, _DERIBIT)
    return routing_rules(router, off)


def _controls(settings: Settings) -> ControlRules:
    return control_rules(settings.controls)


def _alert_sinks(settings: Settings, telemetry: Telemetry) -> Sequence[ContainedSink]:
    return sinks_of(settings.alerts, settings.disabled_plugins, telemetry)


def _venues(settings: Settings) -> tuple[VenueId, ...]:
    return tuple(VenueId(venue) for venue in settings.paper.venues)


def _ticks(settings: Settings, instruments: Sequence[Instrument]) -> TickSource:
    """Return the market that paper orders meet: a recording where one is given, else a generated one."""
    if settings.paper.ticks is not None:
        return RecordedTicks(settings.paper.ticks, definitions=instruments)
    return GeneratedTicks(instruments, settings.paper.seed, rate=float(settings.paper.ticks_per_second))


def _node(settings: Settings, instruments: Sequence[Instrument]) -> PaperNode:
    balances = [f"{amount} {currency}" for currency, amount in settings.paper.starting_balances.items()]
    venues = _venues(settings)
    return PaperNode(
        {venue: [one for one in instruments if one.key.venue == venue] for venue in venues},
        dict.fromkeys(venues, balances),
    )


def _market(settings: Settings, node: PaperNode, ticks: TickSource) -> PaperMarket:
    depth = ticks.depth if isinstance(ticks, GeneratedTicks) else None
    return PaperMarket(node, ticks, settings.paper.pace, OnEnd(settings.paper.on_end), depth)


def live_venues(settings: Settings) -> LiveVenues:
    """Return the live venues of a configuration, not yet started.

    Raises:
        InvalidInputError: a key is wrong; names it, and never shows a secret.
        PluginsRefusedError: a plugin cannot be used.
    """
    from adapters.nautilus.live import LiveNode  # half a second, which paper need not wait for
    from app.live_accounts import live_accounts

    accounts = live_accounts(settings)
    external = tuple(account.session for account in external_accounts(settings))
    node = LiveNode(accounts) if accounts else None
    return LiveVenues(node, settings.disabled_plugins, external, is_shadow=settings.is_shadow)


def _chosen(settings: Settings, paper: Callable[[], Venues], live: Callable[[], Venues]) -> Venues:
    """Return the paper venues or the live ones, never both: a process runs one Nautilus node."""
    return live() if settings.mode is Mode.LIVE else paper()


def _workers(
    venues: Venues, host: ActorHost, quotes: QuoteBoard, telemetry: Telemetry, lease: Lease | None
) -> tuple[VenueWorker, ...]:
    fence = UNFENCED if lease is None else lease
    return tuple(
        VenueWorker(session, host, quotes, time.time_ns, telemetry, lease=fence) for session in venues.sessions
    )


def _store(settings: Settings) -> ObjectStore:
    return open_bucket(settings, settings.gcs.execution_bucket).store


def _signals_store(settings: Settings) -> ObjectStore:
    return open_bucket(settings, settings.gcs.signals_bucket or settings.gcs.execution_bucket).store


def _results(store: ObjectStore, settings: Settings) -> ResultFiles:
    return ResultFiles(store, settings.gcs.live_results_prefix)


class LiveContainer(containers.DeclarativeContainer):
    """The service on paper or live venues and the configured database. Each part is made once, when first asked for."""

    settings = providers.Dependency(instance_of=Settings)
    log_file: providers.Provider[Path | None] = providers.Object(None)
    registry = providers.Singleton(CollectorRegistry)
    watched = providers.Singleton(ServiceTelemetry, registry)
    telemetry = providers.Singleton(_told, watched)
    authenticator = providers.Singleton(authenticator, settings.provided.doors, telemetry)
    alert_sinks = providers.Singleton(_alert_sinks, settings, telemetry)

    announce: providers.Provider[Callable[[str], None]] = providers.Object(lambda line: None)
    database = providers.Singleton(_database, settings)
    instruments = providers.Singleton(paper_instruments, providers.Callable(_venues, settings))
    ticks = providers.Singleton(_ticks, settings, instruments)
    node = providers.Singleton(_node, settings, instruments)
    market = providers.Singleton(_market, settings, node, ticks)
    paper = providers.Singleton(PaperVenues, node, market, settings.provided.disabled_plugins)
    live = providers.Singleton(live_venues, settings)
    venues: providers.Provider[Venues] = providers.Singleton(_chosen, settings, paper.provider, live.provider)

    lease = providers.Singleton(_lease, settings, venues)
    journal = providers.Singleton(_journal, settings, database, telemetry, announce, lease)
    spool = providers.Singleton(_spool, settings, database)
    feed = providers.Singleton(CommittedFeed, journal)
    quotes = providers.Singleton(CountingBoard)

    patience = providers.Singleton(_patience, settings, venues)
    plugins = providers.Singleton(_plugins, settings)
    extensions = providers.Singleton(_extensions, settings, plugins, telemetry)
    routing = providers.Singleton(_routing, settings)
    halt_on_breaks = settings.provided.reconciliation.halt_on_breaks
    controls = providers.Singleton(_controls, settings)
    actor = providers.Factory(Orchestrator, patience, extensions, halt_on_breaks, routing, controls)

    projector_orders = providers.Singleton(_projector_orders, settings, log_file)
    projector = providers.Singleton(ProjectorProcess, projector_orders, feed, telemetry)
    queries = providers.Singleton(_queries, settings, database, projector, quotes)

    snapshots = providers.Singleton(_snapshots, settings, journal, telemetry)
    snapshotting = providers.Singleton(_snapshotting, settings, snapshots, feed, telemetry)
    archiving = providers.Singleton(_archiving, settings, journal, feed, telemetry)
    host = providers.Singleton(
        ActorHost,
        actor.provider,
        journal,
        spool,
        feed,
        quotes,
        clock=providers.Object(time.time_ns),
        telemetry=telemetry,
        records=queries,
        snapshots=snapshots,
        limits=providers.Factory(
            MailboxLimits, orders=settings.provided.journal.mailbox_limit, batch=settings.provided.journal.max_batch
        ),
    )

    workers = providers.Singleton(_workers, venues, host, quotes, telemetry, lease)

    store = providers.Singleton(_store, settings)
    signals_store = providers.Singleton(_signals_store, settings)
    results = providers.Singleton(_results, store, settings)


def live_container(
    settings: Settings,
    *,
    venues: Venues | None = None,
    log_file: Path | None = None,
    keep_releases: bool = False,
    record: bool = False,
) -> LiveContainer:
    """Return what a live service is made of.

    `venues` takes the place of the configured ones; `log_file` is where facts are logged (None: nowhere);
    `keep_releases` remembers every release (`telemetry().releases`), for runs of a known length; `record` writes down
    what the orchestrator is given, in the state folder.
    """
    container = LiveContainer(settings=settings)
    container.log_file.override(providers.Object(log_file))
    if venues is not None:
        container.venues.override(providers.Object(venues))
    if keep_releases:
        container.telemetry.override(providers.Singleton(ReleaseRecorder, container.watched))
    if record:
        _record(container, settings)
    return container


def _record(container: LiveContainer, settings: Settings) -> None:
    log = SessionLog(recording_in(settings.state_dir))
    inner = providers.Singleton(
        _journal, container.settings, container.database, container.telemetry, container.announce, container.lease
    )
    made_with = (
        container.patience,
        container.extensions,
        container.halt_on_breaks,
        container.routing,
        container.controls,
    )
    container.journal.override(providers.Singleton(RecordedJournal, inner, log, *made_with))
    container.actor.override(providers.Factory(RecordedOrchestrator, log, *made_with))
