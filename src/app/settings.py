"""One file of JSON with comments, and the environment: what the service is told before it starts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import quote

from pydantic import Field, ValidationError, model_validator

from app.settings_alerts import Alerts
from app.settings_complaints import problems_of
from app.settings_controls import Controls, RedisLimitsSettings
from app.settings_doors import Doors
from app.settings_environment import expand, override
from app.settings_live import refusal_of_live
from app.settings_models import (
    Algorithms,
    Database,
    ExternalAdapters,
    Gcs,
    Journal,
    Logging,
    Orders,
    Paper,
    Reconciliation,
    Results,
    Shutdown,
    TradingNode,
)
from app.settings_problems import Problem, SettingsError
from app.settings_risk import RiskEngine
from app.settings_router import Router
from app.settings_text import parse_json
from app.settings_types import Folder, Section, Text
from ports.secrets import Secret
from ports.values import plain

CONFIG_VARIABLE: Final = "LIVE_TRADING_CONFIG_PATH"
_DEFAULTS: Final = "defaults"
_TWO: Final = 2


class Mode(StrEnum):
    """What orders meet: simulated venues, or real ones."""

    PAPER = "paper"
    LIVE = "live"


class Settings(Section):
    """The whole configuration, checked. Every key may be left out."""

    trading_node: TradingNode = TradingNode()
    external_adapters: ExternalAdapters = ExternalAdapters()
    risk_engine: RiskEngine = Field(default_factory=RiskEngine)
    controls: Controls = Controls()
    redis: RedisLimitsSettings = RedisLimitsSettings()
    alerts: Alerts = Field(default_factory=Alerts)
    router: Router = Router()
    gcs: Gcs = Gcs()
    database: Database = Database()
    logging: Logging = Logging()
    paper: Paper = Field(default_factory=Paper)
    doors: Doors = Field(default_factory=Doors)
    results: Results = Results()
    shutdown: Shutdown = Shutdown()
    journal: Journal = Journal()
    orders: Orders = Orders()
    algorithms: Algorithms = Algorithms()
    reconciliation: Reconciliation = Reconciliation()
    state_dir: Folder = Path("livexec-data")
    disabled_plugins: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _controls_name_people(self) -> Self:
        people, controls = self.doors.tokens, self.controls
        if self.doors.token_file is not None:
            return self  # who is in it may change at any time
        strangers = [name for name in controls.risk_officers if name not in people]
        if strangers:
            raise ValueError(f"controls.risk_officers: {strangers[0]} has no token: name it in doors.tokens")
        if controls.two_person_limits and len(people) < _TWO:
            raise ValueError("controls.two_person_limits: two people need two tokens: name both in doors.tokens")
        return self

    @property
    def mode(self) -> Mode:
        """Paper where `paper.enabled` says so, or where nothing names a real venue; live otherwise."""
        if self.paper.enabled is None:
            return Mode.LIVE if self.live_venues else Mode.PAPER
        return Mode.PAPER if self.paper.enabled else Mode.LIVE

    @property
    def is_shadow(self) -> bool:
        """Whether it connects to real venues and sends them nothing."""
        return self.mode is Mode.LIVE and self.trading_node.shadow

    @property
    def live_venues(self) -> tuple[str, ...]:
        """The keys that name a real venue to trade at, with its login."""
        node = [
            f"trading_node.{kind} {client.name}"
            for kind, clients in (
                ("data_clients", self.trading_node.data_clients),
                ("exec_clients", self.trading_node.exec_clients),
            )
            for client in clients
            if client.api_key is not None
        ]
        external = [f"external_adapters.{name}" for name in self.external_adapters.named]
        return (*node, *external)

    @property
    def refusal(self) -> str | None:
        """Why the service must not start with this configuration; None where it may.

        Live orders never go to paper in silence, nor to a venue without somebody's word that they may.
        """
        if self.mode is Mode.PAPER:
            return None
        return refusal_of_live(self.trading_node, self.external_adapters, self.paper)

    @property
    def database_path(self) -> Path:
        """The journal's file, where it is in one."""
        return self.database.path or self.state_dir / "livexec.db"

    @property
    def database_url(self) -> Secret:
        """The address of the journal and its tables."""
        if self.database.url is not None and self.database.is_postgres:
            return self.database.url
        return Secret(f"sqlite+aiosqlite:///{quote(str(self.database_path.absolute()))}")

    @property
    def store_path(self) -> Path:
        """The folder that stands for the buckets on this machine, where they are neither mounted nor the cloud's."""
        return self.results.local_path or self.state_dir / "store"

    def redacted(self) -> dict[str, Any]:
        """Return the configuration as JSON values, with every secret hidden: what may be written to a file."""
        shown = _redact(self.model_dump())
        assert isinstance(shown, dict)  # noqa: S101 - a model dumps to a dict
        return shown


def load_settings(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read the configuration from `path`, else from `LIVE_TRADING_CONFIG_PATH`, else take the defaults.

    The variables of `settings_environment.OVERRIDES` and, where that section is there, `IB_HOST` and `IB_PORT`
    outrank the file; the file outranks the defaults.

    Raises:
        SettingsError: everything that is wrong, at once, and every variable that is not set, each once.
    """
    if path is None and environ.get(CONFIG_VARIABLE):
        path = Path(environ[CONFIG_VARIABLE])
    if path is None:
        return parse_settings("{}", environ, where=_DEFAULTS)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise _unreadable(path, f"it is no UTF-8 text (byte {wrong.start})", "save it as UTF-8") from None
    except OSError as wrong:
        remedy = f"give --config FILE or set {CONFIG_VARIABLE} to a file that can be read"
        raise _unreadable(path, f"it cannot be read: {wrong.strerror}", remedy) from None
    return parse_settings(text, environ, where=str(path))


def parse_settings(text: str, environ: Mapping[str, str], where: str = "configuration") -> Settings:
    """Read a configuration's text; `where` names it in complaints about its syntax.

    Raises:
        SettingsError: as `load_settings`.
    """
    tree = parse_json(text, where)
    if not isinstance(tree, dict):
        raise SettingsError([Problem(where=where, what="it is no JSON object", remedy="begin with { and end with }")])
    raw = override(tree, environ)
    expanded = expand(raw, environ)
    problems = list(expanded.problems)
    settings = None
    try:
        settings = Settings.model_validate(expanded.tree)
    except ValidationError as wrong:
        problems += problems_of(Settings, wrong, expanded)
    if problems or expanded.missing or settings is None:
        raise SettingsError(problems, tuple(expanded.missing))
    return settings


def _unreadable(path: Path, what: str, remedy: str) -> SettingsError:
    return SettingsError([Problem(where=str(path), what=what, remedy=remedy)])


def _redact(value: Any) -> Any:
    match value:
        case Secret():
            return "(hidden)"
        case Decimal():
            return plain(value)
        case Path():
            return str(value)
        case dict():
            return {str(key): _redact(each) for key, each in value.items()}
        case list() | tuple():
            return [_redact(each) for each in value]
        case _:
            return value
