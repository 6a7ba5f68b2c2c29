"""A run's results as a page: what it was worth over time, what it held, what it traded and paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from app.report_page import COLOURS, UNKNOWN, Part, Plot, Row, page
from ports.values import exact

if TYPE_CHECKING:
    from adapters.storage import ReadResults

_DRAWN: Final = 4_000  # points of one plot; more cannot be seen
_LISTED: Final = 500  # rows of one table; the files have all
_INSTRUMENTS: Final = 6  # whose trades are drawn, those that traded most often first
_BOUGHT, _SOLD = COLOURS[0], COLOURS[1]
_ORDER: Final = (
    "operation_id", "strategy_id", "instrument_key", "side", "exec_algorithm", "status", "amount", "filled_amount",
    "average_price", "reason",
)  # fmt: skip

type Read = Mapping[str, Any]


def results_page(found: ReadResults, by_strategy: Sequence[Read]) -> str:
    """Return the page of a run; `by_strategy` is what each strategy traded and paid."""
    summary, falls = found.summary, _drawdowns(found.equity)
    parts = [
        Part(
            title="Equity",
            says="What the portfolio was worth, in USD, at every trade and every look at the market in between.",
            plots=[_over_time(found.equity, falls, {"value": "portfolio_value"}, "USD")],
        ),
        Part(
            title="Drawdown",
            says="How far it was below its highest value until then.",
            plots=[_drawdown(found.equity, falls)],
        ),
        Part(
            title="Profit and fees",
            says="Realised and unrealised profit before fees, and the fees that were paid until then, in USD.",
            plots=[
                _over_time(
                    found.equity,
                    falls,
                    {"realised": "realized_pnl", "unrealised": "unrealized_pnl", "fees": "fees"},
                    "USD",
                )
            ],
        ),
        Part(
            title="Exposure",
            says="What was held, at its price then, in USD: the sum of all sizes, and longs less shorts.",
            plots=[_over_time(found.equity, falls, {"gross": "exposure_gross", "net": "exposure_net"}, "USD")],
        ),
        *[_trades_of(instrument, fills) for instrument, fills in _traded_most(found.fills)],
        Part(title="By strategy", says="Orders as they were sent, and what they traded.", rows=_rows(by_strategy)),
        *_failed(summary),
        Part(
            title="Orders",
            says=_how_many(len(found.orders), "orders", "orders.parquet"),
            rows=_rows([{name: order[name] for name in _ORDER} for order in found.orders[:_LISTED]]),
        ),
    ]
    says = f"{summary['mode']} of {summary['instrument']}, {summary['start']} to {summary['end']}"
    return page(f"Run {summary['run_id']}", says, _cards(summary["summary"]), parts)


def _cards(figures: Read) -> Mapping[str, str]:
    ends = ", ".join(f"{count} {status}" for status, count in figures["by_status"].items())
    return {
        "profit, USD": _money(figures["pnl"]),
        "largest drawdown, USD": _money(figures["max_drawdown"]),
        "fees, USD": _money(figures["fees"]),
        "orders": f"{figures['orders']:,}",
        "trades": f"{figures['fills']:,}",
        "how orders ended": ends or UNKNOWN,
    }


def _drawdowns(equity: Sequence[Read]) -> list[Decimal]:
    """Return how far below its highest value until then the portfolio was, at every point."""
    falls: list[Decimal] = []
    high: Decimal | None = None
    with exact():
        for row in equity:
            value: Decimal = row["portfolio_value_exact"]
            high = value if high is None else max(high, value)
            falls.append(high - value)
    return falls


def _drawn(falls: Sequence[Decimal]) -> Iterator[int]:
    """Yield which points are drawn: evenly as many as can be seen, the deepest of each stretch, and the last one."""
    width = max(len(falls) // _DRAWN, 1)
    for begin in range(0, len(falls), width):
        yield max(range(begin, min(begin + width, len(falls))), key=lambda place: (falls[place], place))
    if falls:
        yield len(falls) - 1


def _over_time(equity: Sequence[Read], falls: Sequence[Decimal], named: Mapping[str, str], unit: str) -> Plot:
    drawn = list(_drawn(falls))
    times = [_moment(equity[place]["timestamp"]) for place in drawn]
    return Plot(
        data=[
            {"type": "scatter", "mode": "lines", "name": name, "x": times, "line": {"shape": "hv", "width": 1.5},
             "y": [float(equity[place][column]) for place in drawn]}
            for name, column in named.items()
        ],
        layout={"yaxis": {"title": {"text": unit}, "tickformat": ",.2f"}, "showlegend": len(named) > 1},
    )  # fmt: skip


def _drawdown(equity: Sequence[Read], falls: Sequence[Decimal]) -> Plot:
    drawn = list(_drawn(falls))
    trace = {
        "type": "scatter",
        "mode": "lines",
        "name": "drawdown",
        "fill": "tozeroy",
        "line": {"color": COLOURS[1], "width": 1, "shape": "hv"},
        "x": [_moment(equity[place]["timestamp"]) for place in drawn],
        "y": [-float(falls[place]) for place in drawn],
    }
    return Plot(data=[trace], layout={"yaxis": {"title": {"text": "USD"}, "tickformat": ",.2f"}, "height": 240})


def _traded_most(fills: Sequence[Read]) -> list[tuple[str, list[Read]]]:
    by_instrument: defaultdict[str, list[Read]] = defaultdict(list)
    for fill in fills:
        by_instrument[fill["instrument_key"]].append(fill)
    return sorted(by_instrument.items(), key=lambda one: (-len(one[1]), one[0]))[:_INSTRUMENTS]


def _trades_of(instrument: str, fills: Sequence[Read]) -> Part:
    shown = fills[:: max(len(fills) // _DRAWN, 1)]
    data = []
    for side, name, colour, symbol in (
        ("BUY", "bought", _BOUGHT, "triangle-up"),
        ("SELL", "sold", _SOLD, "triangle-down"),
    ):
        those = [fill for fill in shown if fill["side"] == side]
        data.append(
            {"type": "scatter", "mode": "markers", "name": name,
             "x": [_moment(fill["timestamp"]) for fill in those],
             "y": [float(fill["price_exact"]) for fill in those],
             "text": [f"{fill['operation_id']}: {_plain(fill['quantity_exact'])}" for fill in those],
             "hovertemplate": "%{text} at %{y}<extra></extra>",
             "marker": {"color": colour, "symbol": symbol, "size": 8, "opacity": 0.75}}
        )  # fmt: skip
    return Part(
        title=instrument,
        says=f"{len(fills):,} trades, at their prices.",
        plots=[Plot(data=data, layout={"yaxis": {"title": {"text": "price"}, "tickformat": ",.2f"}})],
    )


def _failed(summary: Read) -> list[Part]:
    failed: Sequence[Read] = summary["metadata"].get("failed", ())
    says = "These days are not in the figures. Begun again, the replay tries them alone."
    return [Part(title="Failed", says=says, rows=_rows(failed))] if failed else []


def _how_many(count: int, what: str, file: str) -> str:
    return f"{count:,} {what}." if count <= _LISTED else f"The first {_LISTED:,} of {count:,} {what}; {file} has all."


def _rows(rows: Sequence[Read]) -> list[Row]:
    return [list(rows[0]), *[[_plain(value) for value in row.values()] for row in rows]] if rows else []


def _plain(value: Any) -> str:
    if value is None or value == "":
        return UNKNOWN
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _money(text: str) -> str:
    return f"{Decimal(text):,.2f}"


def _moment(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns / 1e9, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
