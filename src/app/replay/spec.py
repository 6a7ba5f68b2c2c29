"""What a replay is told to do, and the pieces of work that it is cut into."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Final

from app.settings import Settings
from app.settings_limits import risk_limits
from core.tca.analysis import MARKOUT_SECS
from ports.commands import NORMAL, Limits
from ports.errors import InvalidInputError
from ports.instruments import InstrumentKey
from ports.market_data import VolumeProfile
from ports.signals import Signal, SignalStrategy
from ports.values import ZERO, StrategyId, plain

PREFIX: Final = "backtest_results"
_DAY: Final = "%Y-%m-%d"
_MOST_DAYS: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaySpec:
    """A replay: places as `livexec replay` takes them, and what the core is told.

    Without `days`, `strategies` or `instruments`, all that there are signals of. `size`, algorithm and its parameters
    are those of signals that say nothing of it. `seed` is of everything drawn by lot.
    """

    signals: str
    ticks: str
    out: str
    definitions: str = ""  # where the files of instruments are; empty: beside the ticks
    days: tuple[str, ...] = ()
    strategies: tuple[StrategyId, ...] = ()
    instruments: tuple[InstrumentKey, ...] = ()
    size: Decimal | None = None
    exec_algorithm: str = NORMAL
    exec_algorithm_params: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    start_value_usd: Decimal = ZERO
    limits: Limits = field(default_factory=lambda: risk_limits(Settings()))
    volume_curves: tuple[VolumeProfile, ...] = ()  # what VWAP and IS know of volumes by time of day
    markout_secs: tuple[int, ...] = MARKOUT_SECS  # how long after each trade its costs look at the market
    endpoint: str | None = None  # of the cloud's storage, where it is not the usual one

    def strategy(self, strategy_id: StrategyId) -> SignalStrategy:
        """Return how a strategy's signals become orders."""
        return SignalStrategy(
            strategy_id=strategy_id,
            size=self.size,
            instruments=self.instruments,
            exec_algorithm=self.exec_algorithm,
            exec_algorithm_params=self.exec_algorithm_params,
        )

    def as_config(self) -> dict[str, Any]:
        """Return it as `config/` keeps it: what decides the results, and not where they are written."""
        limits = {name: repr(value) for name, value in _set_in(self.limits)}
        return {
            "signals": self.signals,
            "ticks": self.ticks,
            "definitions": self.definitions,
            "days": list(self.days),
            "strategies": list(self.strategies),
            "instruments": [str(key) for key in self.instruments],
            "size": None if self.size is None else plain(self.size),
            "exec_algorithm": self.exec_algorithm,
            "exec_algorithm_params": dict(self.exec_algorithm_params),
            "seed": self.seed,
            "start_value_usd": plain(self.start_value_usd),
            "limits": limits,
            "volume_curves": [_curve_said(one) for one in self.volume_curves],
            "markout_secs": list(self.markout_secs),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayTask:
    """One day of one strategy in one instrument: the signals at which its direction changes, in order."""

    day: str
    strategy_id: StrategyId
    instrument: InstrumentKey
    signals: tuple[Signal, ...]

    @property
    def name(self) -> str:
        """What people and paths call it."""
        return f"{self.day}/{self.strategy_id}/{self.instrument}"

    @property
    def digest(self) -> str:
        """What two tasks of one name have in common whose signals say the same."""
        said = [
            (
                one.start_ns,
                one.direction,
                str(one.target_position),
                one.exec_algorithm,
                *one.exec_algorithm_params.items(),
            )
            for one in self.signals
        ]
        return blake2b(repr((self.name, said)).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A piece of a replay that could not be done, and why."""

    name: str
    error: str


def read_days(text: str) -> tuple[str, ...]:
    """Read days: `2024-08-08`, `2024-08-08..2024-08-23` (both included), several joined by commas.

    Raises:
        InvalidInputError: it is no day, or a span that ends before it begins, or of more than 10,000 days.
    """
    days: dict[str, None] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        first, _, last = part.partition("..")
        days.update(dict.fromkeys(_between(_day(first), _day(last or first), part)))
    return tuple(sorted(days))


def _between(first: datetime, last: datetime, text: str) -> Iterable[str]:
    count = (last - first).days + 1
    if not 1 <= count <= _MOST_DAYS:
        raise InvalidInputError("days", text, f"write the earlier day first, at most {_MOST_DAYS} days")
    return [(first + timedelta(days=more)).strftime(_DAY) for more in range(count)]


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, _DAY).replace(tzinfo=UTC)
    except ValueError:
        raise InvalidInputError("days", text, "write YYYY-MM-DD, or YYYY-MM-DD..YYYY-MM-DD") from None


def _curve_said(profile: VolumeProfile) -> dict[str, str]:
    digest = blake2b(repr(profile.curve).encode(), digest_size=8).hexdigest()
    return {"instrument_key": str(profile.instrument), "made_of": profile.made_of, "digest": digest}


def _set_in(limits: Limits) -> Sequence[tuple[str, Any]]:
    unset = Limits()
    named = [(name, getattr(limits, name)) for name in sorted(type(limits).__dataclass_fields__)]
    return [(name, value) for name, value in named if value != getattr(unset, name)]
