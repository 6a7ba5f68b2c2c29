"""Which parents a parity run works: twenty of each algorithm, with every style, over the whole of a recording."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from core.algos.volume_curve import CurveBuilder
from ports.commands import OrderTerms, SubmitOrder
from ports.errors import InvalidInputError
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import Quote, Trade, VolumeProfile
from ports.values import (
    OperationId,
    OrderType,
    Price,
    Principal,
    Quantity,
    Side,
    StrategyId,
    TimeInForce,
    round_down,
)

PARITY: Final = Principal("parity")
PARENTS_EACH: Final = 20
_SECOND_NS: Final = 1_000_000_000
_FIRST_NS: Final = 5 * _SECOND_NS  # the market is there by then
_TAIL_NS: Final = 15 * _SECOND_NS  # for what a finish at the end of a horizon takes
_LEAST_NS: Final = 60 * _SECOND_NS
_BUCKET_NS: Final = 60 * _SECOND_NS  # of a volume curve
_SCHEDULED: Final = (
    {"intervals": "8"},
    {"intervals": "6", "time_jitter_pct": "60"},
    {"interval_secs": "7.5", "catch_up": "now"},
    {"intervals": "5", "passive_secs": "4"},
    {"intervals": "6", "min_child": "0.01", "at_end": "stop"},
)
# What of each algorithm's own is varied from parent to parent; `horizon_secs` is added to those that need it.
STYLES: Final[Mapping[str, Sequence[Mapping[str, str]]]] = {
    "TWAP": (*_SCHEDULED, {"intervals": "9", "size_jitter_pct": "50", "time_jitter_pct": "30"}),
    "VWAP": (*_SCHEDULED, {"intervals": "8", "band_pct": "20", "passive_secs": "3"}),
    "IS": tuple(
        {**style, "volatility_pct": "3", "daily_volume": "250000", "risk_aversion": aversion}
        for style, aversion in zip(_SCHEDULED, ("0.000001", "0.00001", "0", "0.0001", "0.001"), strict=True)
    ),
    "POV": (
        {"participation_pct": "0.5"},
        {"participation_pct": "2", "max_child": "0.02", "interval_secs": "2"},
        {"participation_pct": "1", "interval_secs": "5", "passive_secs": "3"},
        {"participation_pct": "0.2", "cap_pct": "3"},
        {"participation_pct": "0.3", "at_end": "stop"},
    ),
    "ICEBERG": (
        {"visible_pct": "12"},
        {"visible_pct": "20", "display_jitter_pct": "40", "at_end": "finish"},
        {"display_amount": "0.02", "peg": "touch", "repeg_secs": "2"},
        {"visible_pct": "10", "peg": "touch", "repeg_secs": "0.5"},
        {"visible_pct": "25", "peg": "fixed", "at_end": "finish"},
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedParent:
    """A parent, and when (UTC) it is submitted."""

    at_ns: int
    terms: OrderTerms

    @property
    def submit(self) -> SubmitOrder:
        """The command that submits it."""
        return SubmitOrder(terms=self.terms, principal=PARITY, received_ns=self.at_ns)


def plan_parents(
    quotes: Sequence[Quote], instruments: Sequence[Instrument], each: int = PARENTS_EACH
) -> list[PlannedParent]:
    """Return `each` parents of every algorithm, spread over the recording, in the order of their times.

    Raises:
        InvalidInputError: the recording is too short for a parent to be worked in.
    """
    begin_ns, end_ns = quotes[0].received_ns + _FIRST_NS, quotes[-1].received_ns - _TAIL_NS
    if end_ns - begin_ns < _LEAST_NS:
        seconds = (quotes[-1].received_ns - quotes[0].received_ns) / _SECOND_NS
        raise InvalidInputError("ticks", f"{seconds:.0f} s", "give a recording of 80 seconds at least")
    planned = []
    steps = each * len(STYLES)
    for place, (algorithm, number) in enumerate((name, n) for n in range(each) for name in STYLES):
        longest_ns = (end_ns - begin_ns) * 3 // 4
        # Odd nanoseconds of their own: no two parents, and no parent and a quote, fall due at the same time.
        at_ns = begin_ns + (end_ns - begin_ns - longest_ns) * place // steps + 101 * place
        horizon_s = Decimal(_horizon_ns(number, longest_ns)) / _SECOND_NS
        planned.append(_parent(algorithm, number, at_ns, horizon_s, quotes, instruments))
    return planned


def volume_profiles(ticks: Iterable[Quote | Trade]) -> list[VolumeProfile]:
    """Return the volume curve of each instrument, made of the very trades that are played.

    Nobody has such a curve in time; what is compared is that it is followed alike.
    """
    trades: dict[InstrumentKey, list[Trade]] = {}
    for tick in ticks:
        if isinstance(tick, Trade):
            trades.setdefault(tick.instrument, []).append(tick)
    profiles = []
    for key, those in trades.items():
        builder = CurveBuilder(_BUCKET_NS)
        builder.take(those)
        curve = builder.curve()
        if curve is not None:
            profiles.append(VolumeProfile(instrument=key, curve=curve, made_of="the trades that are played"))
    return profiles


def _horizon_ns(number: int, longest_ns: int) -> int:
    """Return a horizon between a third of the longest and all of it, in whole tenths of a second."""
    tenth_ns = _SECOND_NS // 10
    return (longest_ns * (4 + number % 9) // 12) // tenth_ns * tenth_ns


def _parent(
    algorithm: str,
    number: int,
    at_ns: int,
    horizon_s: Decimal,
    quotes: Sequence[Quote],
    listed: Sequence[Instrument],
) -> PlannedParent:
    instrument = listed[number % len(listed)]
    side = Side.BUY if (number // len(listed)) % 2 == 0 else Side.SELL
    style = STYLES[algorithm][number % len(STYLES[algorithm])]
    quantity = Decimal("0.1") + Decimal("0.013") * number
    price = _limit(algorithm, number, side, instrument, _quote_at(quotes, instrument.key, at_ns))
    terms = OrderTerms(
        operation_id=OperationId(f"{algorithm.lower()}-{number + 1}"),
        instrument=instrument.key,
        side=side,
        quantity=Quantity(round_down(quantity, instrument.lot_size)),
        order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
        price=price,
        time_in_force=TimeInForce.GTC,
        strategy_id=StrategyId("parity"),
        exec_algorithm=algorithm,
        exec_algorithm_params={"horizon_secs": f"{horizon_s.normalize():f}", **style},
    )
    return PlannedParent(at_ns=at_ns, terms=terms)


def _limit(algorithm: str, number: int, side: Side, instrument: Instrument, quote: Quote) -> Price | None:
    """Return a limit for every third parent, near enough to be in the way; an iceberg at a fixed price needs one."""
    style = STYLES[algorithm][number % len(STYLES[algorithm])]
    needs_one = algorithm == "ICEBERG" and style.get("peg") != "touch"
    if not needs_one and number % 3:
        return None
    ticks = 0 if needs_one else 40 * (number % 4)
    away = instrument.tick_size * ticks
    near = quote.bid if side is Side.BUY else quote.ask
    return Price(near + away if side is Side.BUY else near - away)


def _quote_at(quotes: Sequence[Quote], key: InstrumentKey, at_ns: int) -> Quote:
    """Return the newest quote of an instrument at a time; the first of all where there is none yet."""
    place = bisect_left(quotes, at_ns, key=_received_ns)
    newest = next((quote for quote in reversed(quotes[:place]) if quote.instrument == key), None)
    return newest or next(quote for quote in quotes if quote.instrument == key)


def _received_ns(quote: Quote) -> int:
    return quote.received_ns
