"""The keys of a configuration: the user's, with their own names, and ours beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self
from urllib.parse import unquote

from pydantic import BeforeValidator, ConfigDict, Field, field_validator, model_validator

from app.settings_types import (
    FASTEST,
    Amount,
    Flag,
    Folder,
    Key,
    Milliseconds,
    OtherValue,
    OtherVenue,
    PortNumber,
    Positive,
    SecretText,
    Section,
    Speed,
    Text,
    Whole,
)
from app.settings_venues import LIVE_VENUES
from ports.errors import InvalidInputError
from ports.facts import BreakKind
from ports.instruments import InstrumentKey
from ports.secrets import Secret

type PaperVenue = Literal["BINANCE-SPOT", "BINANCE-FUTURES", "BYBIT", "OKX"]

PAPER_BALANCES: Final[Mapping[str, Decimal]] = {"USDT": Decimal(10_000_000), "BTC": Decimal(100)}


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


class VenueClient(Section):
    """One connection of the trading node. Public market data needs no key; orders do."""

    name: Literal["BINANCE_SPOT", "BINANCE_FUTURES", "BYBIT", "OKX"]
    api_key: SecretText | None = None
    api_secret: SecretText | None = None
    api_passphrase: SecretText | None = None
    base_url_http: Text | None = None
    base_url_ws: Text | None = None
    base_url_ws_stream: Text | None = None
    base_url_ws_private: Text | None = None
    base_url_ws_trade: Text | None = None
    environment: Annotated[Literal["live", "testnet", "demo"], BeforeValidator(_lower)] = "live"

    @model_validator(mode="after")
    def _keys_come_together(self) -> Self:
        if (self.api_key is None) != (self.api_secret is None):
            raise ValueError("api_key and api_secret come together; write both or neither")
        if self.name == "OKX" and self.api_key is not None and self.api_passphrase is None:
            raise ValueError("OKX keys need their api_passphrase")
        return self


SHORTEST_LEASE_MS: Final = 1_000
_WITH_DEAD_MAN: Final = ("BINANCE_FUTURES", "BYBIT", "OKX")


class ExecClient(VenueClient):
    """One connection that orders go over. Its account and instruments can be told where it is traded live."""

    account: Text | None = None
    instruments: tuple[Key, ...] | None = None
    orders_per_second: Whole | None = None
    dead_man_s: Whole | None = None

    @field_validator("account")
    @classmethod
    def _is_not_taken_for_paper(cls, account: str | None) -> str | None:
        if account is not None and account.upper().startswith("PAPER"):
            raise ValueError("names that begin with PAPER belong to paper accounts; write another")
        return account

    @model_validator(mode="after")
    def _can_be_traded_there(self) -> Self:
        venue = LIVE_VENUES.get(self.name)
        if venue is None and (self.account is not None or self.instruments is not None):
            raise ValueError(f"account and instruments are for {' and '.join(LIVE_VENUES)} alone; leave them out")
        if venue is None or self.instruments is None:
            return self
        if not self.instruments or len(set(self.instruments)) < len(self.instruments):
            raise ValueError("instruments: name at least one instrument, each once")
        for key in map(InstrumentKey, self.instruments):
            if not venue.trades(key):
                raise ValueError(f"instruments: {key} is no {venue.tradable} of {venue.venue}; write those alone")
        return self

    @model_validator(mode="after")
    def _has_such_a_limit(self) -> Self:
        if self.orders_per_second is not None and self.name != "BYBIT":
            raise ValueError("orders_per_second is for BYBIT alone; leave it out")
        if self.dead_man_s is not None and self.name not in _WITH_DEAD_MAN:
            raise ValueError(f"dead_man_s is for {' and '.join(_WITH_DEAD_MAN)} alone; leave it out")
        return self

    @model_validator(mode="after")
    def _has_keys(self) -> Self:
        if self.api_key is None:
            raise ValueError("orders need api_key and api_secret")
        return self


class PortfolioAccount(Section):
    """An account of the portfolio and the currency it is counted in."""

    account_id: Text
    base_currency: Text


class Portfolio(Section):
    """The accounts that the trading node keeps."""

    accounts: tuple[PortfolioAccount, ...] = ()


class TradingNode(Section):
    """The venues that NautilusTrader speaks to."""

    data_clients: tuple[VenueClient, ...] = ()
    exec_clients: tuple[ExecClient, ...] = ()
    portfolio: Portfolio = Portfolio()
    live_trading_acknowledged: Flag = False  # real orders leave only where somebody wrote that they may
    shadow: Flag = False  # connect, decide and record; send nothing

    @field_validator("data_clients", "exec_clients")
    @classmethod
    def _each_once(cls, clients: Sequence[VenueClient]) -> Sequence[VenueClient]:
        twice = [name for name, count in Counter(each.name for each in clients).items() if count > 1]
        if twice:
            raise ValueError(f"{', '.join(twice)} stands here twice; keep one")
        return clients


class Deribit(Section):
    """One account at Deribit; what its plugin makes of these keys, the plugin says (`livexec-deribit`)."""

    api_key: SecretText
    api_secret: SecretText
    environment: Annotated[Literal["live", "testnet"] | None, BeforeValidator(_lower)] = None
    base_url: Text | None = None
    account: Text | None = None
    instruments: tuple[Text, ...] | None = None
    cancel_on_disconnect: Flag = False
    dead_man_s: Whole | None = None


class InteractiveBrokers(Section):
    """One account at a TWS or IB Gateway; what its plugin makes of these keys, the plugin says (`livexec-ibkr`)."""

    host: Text = "127.0.0.1"
    port: PortNumber = 4002
    client_id: Whole = 1
    account_id: Text | None = None
    account: Text | None = None
    instruments: tuple[Text, ...] | None = None
    market_data: Annotated[Literal["live", "delayed", "none"] | None, BeforeValidator(_lower)] = None
    trading_hours: Annotated[Literal["any", "regular"] | None, BeforeValidator(_lower)] = None


class ExternalAdapters(Section):
    """The venues that plugins speak to: these, and any other by its name in capitals, such as ACME.

    What a section of another venue may hold, its plugin says; here every text of it counts as a secret.
    """

    model_config = ConfigDict(frozen=True, extra="allow")
    if not TYPE_CHECKING:  # what it says is for pydantic alone; a type checker takes it for an argument
        __pydantic_extra__: dict[OtherVenue, dict[Text, OtherValue]]

    DERIBIT: Deribit | None = None
    INTERACTIVE_BROKERS: InteractiveBrokers | None = None

    @property
    def named(self) -> Mapping[str, Section | Mapping[str, object]]:
        """The sections that are there, by the venue's key."""
        known = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: section for name, section in {**known, **(self.model_extra or {})}.items() if section is not None}


class Gcs(Section):
    """The buckets, how they are reached, and where in the execution bucket live results go."""

    instruments_bucket: Text = "instruments-store-cefi-central-element-323112"
    market_data_bucket: Text = "market-data-tick-cefi-central-element-323112"
    execution_bucket: Text = "execution-store-cefi-central-element-323112"
    signals_bucket: Text | None = None  # without one, signals are in the execution bucket
    live_results_prefix: Text = "live_results"
    use_direct: Flag = False  # the cloud itself, instead of a mounted or local folder
    endpoint: Text | None = None  # an emulator's
    mount_path: Folder | None = None

    @field_validator("endpoint")
    @classmethod
    def _is_an_address(cls, endpoint: str | None) -> str | None:
        if endpoint is None or endpoint.startswith(("http://", "https://")):
            return endpoint
        return f"http://{endpoint}"  # as the storage client takes it


class Database(Section):
    """Where the journal and its tables are; without a url, in `state_dir`. A url may hold a password."""

    url: SecretText | None = None
    pool_size: Positive = 5  # connections that questions share, on PostgreSQL
    standby: Flag = False  # wait, instead of refusing to start, while another process leads
    lease_ms: Positive = 5_000  # on PostgreSQL: how long a leader may trade without a sign of it in the journal

    @field_validator("url")
    @classmethod
    def _is_a_database(cls, secret: Secret | None) -> Secret | None:
        if secret is None:
            return None
        scheme, found, place = secret.reveal().partition("://")
        if scheme.startswith("postgres"):
            _refuse_unless_it_names_a_database(secret)
        elif not found or scheme not in ("sqlite", "sqlite+aiosqlite"):
            raise ValueError("write sqlite+aiosqlite:///PATH or postgresql://USER:PASSWORD@HOST:5432/DATABASE")
        elif place[:1] != "/" or place in ("/", "/:memory:") or "?" in place:
            raise ValueError("the journal outlives the process and needs a file; write sqlite+aiosqlite:///PATH")
        return secret

    @model_validator(mode="after")
    def _waits_where_it_can(self) -> Self:
        if self.standby and not self.is_postgres:
            raise ValueError("a standby needs PostgreSQL: name it in `url`, or leave `standby` out")
        return self

    @field_validator("lease_ms")
    @classmethod
    def _can_be_kept(cls, lease_ms: int) -> int:
        if lease_ms < SHORTEST_LEASE_MS:
            raise ValueError(f"write at least {SHORTEST_LEASE_MS}: it has to be renewed several times before it ends")
        return lease_ms

    @property
    def is_postgres(self) -> bool:
        """Whether `url` names a server."""
        return self.url is not None and self.url.reveal().startswith("postgres")

    @property
    def path(self) -> Path | None:
        """The file that `url` names; None where it names none."""
        if self.url is None or self.is_postgres:
            return None
        return Path(unquote(self.url.reveal().partition(":///")[2]))


def _refuse_unless_it_names_a_database(url: Secret) -> None:
    from adapters.sql import postgres_address  # takes half a second, and who has a file needs it later or never

    try:
        postgres_address(url.reveal())
    except InvalidInputError as wrong:
        raise ValueError(wrong.remedy) from None


class Logging(Section):
    """How much is written to the log."""

    level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = "info"
    log_orders: Flag = True
    log_fills: Flag = True
    traces_endpoint: Text | None = None  # of an OpenTelemetry collector, OTLP over HTTP; needs livexec[otel]


class Paper(Section):
    """Trading against simulated venues. `ticks` is a recording's folder; without it, a generated market."""

    enabled: Flag | None = None
    venues: tuple[PaperVenue, ...] = ("BINANCE-SPOT", "BINANCE-FUTURES", "BYBIT", "OKX")
    speed: Speed = Decimal(1)
    ticks: Folder | None = None
    on_end: Literal["loop", "stop"] = "loop"  # what a recording's end does
    ticks_per_second: Positive = 200  # of the generated market, over all instruments
    seed: Whole = 7
    starting_balances: dict[Text, Amount] = Field(default_factory=lambda: dict(PAPER_BALANCES))  # at every venue

    @property
    def pace(self) -> float | None:
        """How many recorded seconds pass in one; None means as fast as can be."""
        return None if self.speed == FASTEST else float(self.speed)

    @field_validator("venues")
    @classmethod
    def _at_least_one(cls, venues: Sequence[PaperVenue]) -> Sequence[PaperVenue]:
        if not venues or len(set(venues)) < len(venues):
            raise ValueError("name at least one venue, each once")
        return venues


class Results(Section):
    """Where the result files of a session go; without a path, under `state_dir`."""

    local_path: Folder | None = None
    markout_secs: Annotated[tuple[Positive, ...], Field(max_length=10)] = (1, 10, 60)  # after each trade


class Shutdown(Section):
    """What stopping does to working orders, and how long it waits for answers."""

    cancel_working_orders: Flag = False
    drain_timeout_ms: Milliseconds = 10_000


class Journal(Section):
    """How much the book takes in one commit, and how much may wait for one."""

    max_batch: Positive = 256  # messages a commit
    mailbox_limit: Positive = 10_000  # messages waiting; a further one is refused
    archive_after_days: Positive | None = None  # entries older than this go into the execution store; None: none do


class Algorithms(Section):
    """What execution algorithms know beforehand: the file of volume curves that `livexec ticks curves` makes."""

    volume_curves: Folder | None = None


class Orders(Section):
    """How long an order waits for the venue before it counts as unconfirmed."""

    ack_patience_ms: Milliseconds = 5_000


class Reconciliation(Section):
    """What is done about differences between our ledger and a venue's."""

    halt_on_breaks: tuple[BreakKind, ...] = ()  # kinds; a break of one halts its instrument until somebody resumes it
