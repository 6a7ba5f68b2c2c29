"""The statistics of the generated market, in whole frames: fair prices, spells, spreads, depth, aggressors.

Stylised facts it is made to show (Cont 2001, "Empirical properties of asset returns"): fat tails, volatility that
clusters, bursts of activity, spreads that widen and depth that thins when it is busy. Floating point lives here and
nowhere after: what leaves are whole ticks and whole lots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ports.instruments import Instrument, InstrumentType

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

_YEAR_S: Final = 365.25 * 86_400
_SIGMA: Final = 0.6 / _YEAR_S**0.5  # 60 % a year, as a fraction per square root of a second
_VOL_MEMORY_S: Final = 30.0
_VOL_SPREAD: Final = 0.5  # standard deviation of the logarithm of volatility
_CALM_S: Final = 45.0  # mean length of a calm spell
_BUSY_S: Final = 8.0
_BUSY_RATE: Final = 4.0
_BUSY_SIGMA: Final = 3.0
_MEAN_RATE: Final = (_CALM_S + _BUSY_S * _BUSY_RATE) / (_CALM_S + _BUSY_S)
_TAIL: Final = 4  # degrees of freedom of a step: fat, but of finite variance
_COMMON: Final = 0.7  # how much of a step all bases share
_HOME_S: Final = 86_400.0  # pull towards the start price, so that an endless run stays in a sane range
_TRADE_SHARE: Final = 0.2
_VENUE_NOISE: Final = 0.5e-4  # half a basis point of offset from the fair price
_VENUE_MEMORY_S: Final = 5.0
_DEPTH_USD: Final = 60_000.0  # shown at the touch, typically
_HALF_SPREAD: Final = {InstrumentType.SPOT_PAIR: 0.1e-4, InstrumentType.PERPETUAL: 0.05e-4}  # of the price


@dataclass(frozen=True, slots=True)
class Frame:
    """What happens in one stretch of market time: when, in which instrument, and at which fair log price."""

    offsets_ns: Ints
    instruments: Ints
    is_trade: NDArray[np.bool_]
    log_prices: Floats  # [base, event]
    busy: bool
    length_s: float


@dataclass(frozen=True, slots=True)
class Touches:
    """One instrument's touch at each of its events in a frame: whole ticks, whole lots, and who would hit it."""

    bid: Sequence[int]
    ask: Sequence[int]
    bid_lots: Sequence[int]
    ask_lots: Sequence[int]
    is_buy: Sequence[bool]
    portion: Sequence[float]  # of the size shown, where the event is a trade


class FairPrices:
    """Moves the fair prices of all bases, and says when something happens."""

    def __init__(self, start_prices: Sequence[float], rate: float, frame_s: float, seed: int) -> None:
        self._random = np.random.default_rng([seed, 0])
        self._home = np.log(np.asarray(start_prices, dtype=np.float64))
        self._log = self._home.copy()
        self._rate = rate / _MEAN_RATE
        self._frame_s = frame_s
        self._log_vol = 0.0
        self._busy = False
        self.frame_ns = int(frame_s * 1e9)

    def next_frame(self, instruments: int, *, first: bool) -> Frame:
        """Advance by one frame; the first one begins with one quote of every instrument."""
        random = self._random
        self._change_weather()
        rate = self._rate * (_BUSY_RATE if self._busy else 1.0)
        count = int(random.poisson(rate * self._frame_s)) + (instruments if first else 0)
        offsets = np.sort(random.integers(0, self.frame_ns, count))
        who = random.integers(0, instruments, count)
        is_trade = random.random(count) < _TRADE_SHARE
        if first:
            who[:instruments] = np.arange(instruments)
            is_trade[:instruments] = False
        return Frame(offsets, who, is_trade, self._walk(offsets), self._busy, self._frame_s)

    def _change_weather(self) -> None:
        leave_s = _BUSY_S if self._busy else _CALM_S
        if self._random.random() < self._frame_s / leave_s:
            self._busy = not self._busy
        kept = float(np.exp(-self._frame_s / _VOL_MEMORY_S))
        self._log_vol = kept * self._log_vol + _VOL_SPREAD * (1 - kept**2) ** 0.5 * self._random.standard_normal()

    def _walk(self, offsets: Ints) -> Floats:
        bases, count = len(self._log), len(offsets)
        sigma = _SIGMA * float(np.exp(self._log_vol)) * (_BUSY_SIGMA if self._busy else 1.0)
        elapsed_s = np.diff(offsets, prepend=0) / 1e9
        steps = self._random.standard_t(_TAIL, (bases + 1, count)) / (_TAIL / (_TAIL - 2)) ** 0.5
        own = _COMMON * steps[0] + (1 - _COMMON**2) ** 0.5 * steps[1:]
        path = self._log[:, None] + np.cumsum(sigma * np.sqrt(elapsed_s) * own, axis=1)
        if count:
            self._log = path[:, -1].copy()
        self._log += (self._home - self._log) * (self._frame_s / _HOME_S)
        return np.asarray(path, dtype=np.float64)


class VenueTouch:
    """How one venue shows one instrument around the fair price of its base."""

    def __init__(self, instrument: Instrument, start_price: float, seed: int, number: int) -> None:
        self._random = np.random.default_rng([seed, 1, number])
        self._tick = float(instrument.tick_size)
        self._typical_lots = max(2.0, _DEPTH_USD / start_price / float(instrument.lot_size))
        self._half_spread = _HALF_SPREAD.get(instrument.key.type, 0.2e-4)
        self._offset = 0.0
        self._last_log: float | None = None

    def touches(self, log_prices: Floats, frame: Frame) -> Touches:
        """Return the touch at each of this instrument's events, whose fair log prices are given."""
        random, count = self._random, len(log_prices)
        kept = float(np.exp(-frame.length_s / _VENUE_MEMORY_S))
        self._offset = kept * self._offset + _VENUE_NOISE * (1 - kept**2) ** 0.5 * random.standard_normal()
        mid_ticks = np.exp(log_prices + self._offset) / self._tick
        width = np.exp(0.4 * random.standard_normal(count)) * (2.0 if frame.busy else 1.0)
        spread = np.maximum(1, np.rint(2 * self._half_spread * mid_ticks * width)).astype(np.int64)
        bid = np.maximum(1, np.floor(mid_ticks - spread / 2)).astype(np.int64)
        # A trade follows the price: buyers hit a rising market more often.
        previous = log_prices[:1] if self._last_log is None else np.asarray([self._last_log])
        moves = np.diff(log_prices, prepend=previous) if count else log_prices
        if count:
            self._last_log = float(log_prices[-1])
        is_buy = random.random(count) < 0.5 + 0.3 * np.tanh(moves / 2e-5)
        portion = np.minimum(1.0, 0.02 * random.pareto(1.2, count))
        return Touches(
            bid.tolist(),
            (bid + spread).tolist(),
            self._lots(count, frame).tolist(),
            self._lots(count, frame).tolist(),
            is_buy.tolist(),
            portion.tolist(),
        )

    def _lots(self, count: int, frame: Frame) -> Ints:
        typical = self._typical_lots * (0.5 if frame.busy else 1.0)
        return np.maximum(1, typical * np.exp(self._random.standard_normal(count) - 0.5)).astype(np.int64)
