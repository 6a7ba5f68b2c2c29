"""From a session's facts and its market to what every order cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Final

from core.tca.benchmarks import bps, interval_of, markout, participation_pct, slippage_bps
from core.tca.costs import Parts, PricedFill, average_price, take_apart, worth
from core.tca.rates import Rates
from core.tca.tape import Tape, Tapes, mid_of
from core.tca.worked import WorkedOrder, traded_ns, worked_orders
from ports.facts import OrderFilled
from ports.instruments import InstrumentType
from ports.journal import Entry
from ports.results import TcaRow
from ports.values import ZERO, Currency, OperationId, exact, multiply_rounded, to_places

MARKOUT_SECS: Final = (1, 10, 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Worked:
    """An order with all that its children traded, and the mids that it is measured by."""

    order: WorkedOrder
    arrived_ns: int
    released_ns: int | None
    ended_ns: int
    fills: tuple[PricedFill, ...]
    traded_in: tuple[Tape | None, ...]  # of each fill
    markets: tuple[Tape, ...]  # everything it was worked in; empty where one of them was never seen
    arrival: Decimal | None
    release: Decimal | None
    end: Decimal | None


class Analysis:
    """Measures orders beside the market of their session, which ended at `until_ns`; `usd_per` values currencies."""

    def __init__(
        self,
        tapes: Tapes,
        usd_per: Mapping[str, Decimal],
        until_ns: int,
        markout_secs: Sequence[int] = MARKOUT_SECS,
    ) -> None:
        self._tapes = tapes
        self._rates = Rates(usd_per, tapes)
        self._until_ns = until_ns
        self._markout_secs = tuple(markout_secs)

    def rows(self, entries: Iterable[Entry]) -> list[TcaRow]:
        """Return a row for every order that was to be worked, in the order in which they were recorded.

        An order that still waits for its trigger when the session ends has none. A parent has its children's trades,
        and its children have rows of their own.
        """
        orders = worked_orders(entries)
        children: dict[OperationId, list[WorkedOrder]] = {}
        for order in orders.values():
            if order.terms.parent_operation_id is not None:
                children.setdefault(order.terms.parent_operation_id, []).append(order)
        return [
            self._row(self._worked(order, order.arrived_ns, children.get(order.terms.operation_id, ())))
            for order in orders.values()
            if order.arrived_ns is not None
        ]

    def _worked(self, order: WorkedOrder, arrived_ns: int, children: Sequence[WorkedOrder]) -> _Worked:
        working = [order, *children]
        fills = sorted((fill for one in working for fill in one.fills), key=traded_ns)
        released_ns = min((one.released_ns for one in working if one.released_ns is not None), default=None)
        last_ns = max((traded_ns(fill) for fill in fills), default=arrived_ns)
        keys = {child.instrument for child in children} or {order.instrument}
        tapes = [self._tapes.get(key) for key in sorted(keys)]
        markets = tuple(tape for tape in tapes if tape is not None)
        if len(markets) < len(tapes):
            markets = ()
        ended_ns = max(self._until_ns if order.ended_ns is None else order.ended_ns, last_ns, arrived_ns)
        return _Worked(
            order=order,
            arrived_ns=arrived_ns,
            released_ns=released_ns,
            ended_ns=ended_ns,
            fills=tuple(self._priced(fill, order.instrument.settlement, arrived_ns) for fill in fills),
            traded_in=tuple(self._tapes.get(fill.instrument) for fill in fills),
            markets=markets,
            arrival=mid_of(markets, arrived_ns),
            release=None if released_ns is None else mid_of(markets, released_ns),
            end=mid_of(markets, ended_ns),
        )

    def _priced(self, fill: OrderFilled, currency: Currency, arrived_ns: int) -> PricedFill:
        at_ns = max(traded_ns(fill), arrived_ns)
        tape = self._tapes.get(fill.instrument)
        quote = None if tape is None else tape.at(at_ns)
        return PricedFill(
            quantity=fill.quantity,
            price=fill.price,
            liquidity=fill.liquidity,
            at_ns=at_ns,
            bid=None if quote is None else quote.bid,
            ask=None if quote is None else quote.ask,
            fee=self._fee(fill, currency, at_ns),
        )

    def _fee(self, fill: OrderFilled, currency: Currency, at_ns: int) -> Decimal | None:
        """Return a fee in the settlement currency; one paid in what a spot pair bought is worth the trade's price."""
        key, fee = fill.instrument, fill.fee
        if key.type is InstrumentType.SPOT_PAIR and fee.currency == key.base:
            return multiply_rounded(fee.amount, fill.price)
        return self._rates.in_currency(fee.amount, fee.currency, currency, at_ns)

    def _row(self, worked: _Worked) -> TcaRow:
        order, terms, instrument = worked.order, worked.order.terms, worked.order.instrument
        parts = take_apart(
            instrument,
            terms.side,
            order.quantity,
            worked.fills,
            arrival=worked.arrival,
            release=worked.release,
            end=worked.end,
        )
        with exact():
            filled = sum((fill.quantity for fill in worked.fills), ZERO)
            notional = (
                None if worked.arrival is None else to_places(order.quantity * abs(worth(instrument, worked.arrival)))
            )
        average = average_price(instrument, worked.fills)
        vwap, twap, market_quantity = interval_of(instrument, worked.markets, worked.arrived_ns, worked.ended_ns)
        trades = tuple(zip(worked.fills, worked.traded_in, strict=True))
        return TcaRow(
            timestamp_ns=worked.arrived_ns,
            operation_id=terms.operation_id,
            parent_operation_id=terms.parent_operation_id,
            strategy_id=terms.strategy_id,
            instrument=instrument,
            venue=order.venue,
            side=terms.side,
            exec_algorithm=terms.exec_algorithm,
            status=order.status,
            is_parent=order.is_parent,
            quantity=order.quantity,
            filled_quantity=filled,
            fills=len(worked.fills),
            average_price=average,
            released_ns=worked.released_ns,
            ended_ns=worked.ended_ns,
            arrival_price=worked.arrival,
            release_price=worked.release,
            end_price=worked.end,
            currency=instrument.settlement,
            usd_rate=self._rates.usd(instrument.settlement, worked.arrived_ns),
            notional=notional,
            **asdict(parts),
            shortfall_bps=bps(parts.shortfall, notional),
            interval_vwap=vwap,
            interval_twap=twap,
            vwap_slippage_bps=slippage_bps(terms.side, average, vwap),
            twap_slippage_bps=slippage_bps(terms.side, average, twap),
            market_quantity=market_quantity,
            participation_pct=participation_pct(filled, market_quantity),
            markouts=tuple(markout(instrument, terms.side, trades, seconds) for seconds in self._markout_secs),
            unmeasured=_unmeasured(worked, parts),
        )


def _unmeasured(worked: _Worked, parts: Parts) -> str:
    """Say what of the market would have been needed and was not seen; empty: every part is known."""
    missing = {
        "no quote at its arrival": worked.arrival is None,
        "no quote at its release": worked.released_ns is not None and worked.release is None,
        "no quote at a trade": any(fill.bid is None for fill in worked.fills),
        "no rate for a fee": parts.fees is None,
        "no quote at its end": worked.end is None and parts.opportunity is None,
    }
    return "; ".join(reason for reason, is_so in missing.items() if is_so)
