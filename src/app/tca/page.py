"""A run's cost analysis as a page: where the money went, and how the largest parents were worked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from app.report_page import COLOURS, UNKNOWN, Part, Plot, page
from core.tca.groups import PARTS, GroupCost, grouped, venue_orders, whole_orders
from ports.results import Tca, TcaRow

_PARENTS_DRAWN: Final = 8
_DRAWN_QUOTES: Final = 2_000  # of one plot; more cannot be seen
_SECOND_NS: Final = 1_000_000_000


def tca_page(run_id: str, tca: Tca) -> str:
    """Return the page of a run."""
    asked_for, sent = whole_orders(tca.rows), venue_orders(tca.rows)
    whole = grouped(asked_for, lambda row: "all orders")
    parts = [
        _groups(
            "By algorithm",
            "Orders as they were asked for; a parent's with its children's trades.",
            asked_for,
            _algorithm,
        ),
        _groups("By strategy", "Orders as they were asked for.", asked_for, lambda row: row.strategy_id),
        _groups("By venue", "What each venue was sent, from its own release on.", sent, lambda row: str(row.venue)),
        Part(
            title="Order by order",
            says="Shortfall against arrival, by size. Above zero the order cost money.",
            plots=[_scatter(asked_for)],
        ),
        *[_parent(row, tca) for row in _largest_parents(asked_for)],
        Part(
            title="Orders",
            says=f"Costs are in the settlement currency; {UNKNOWN}: the market was not seen, so that nobody knows.",
            rows=_orders(asked_for),
        ),
    ]
    return page(
        "Transaction costs",
        f"Run {run_id}. Every figure is against the mid at an order's arrival.",
        _cards(whole),
        parts,
    )


def _cards(whole: Sequence[GroupCost]) -> Mapping[str, str]:
    if not whole:
        return {"orders": "0"}
    (group,) = whole
    return {
        "orders measured": f"{group.measured} of {group.orders}",
        "notional, USD": _number(group.notional_usd, 0),
        "shortfall, USD": _number(group.shortfall_usd, 2),
        "shortfall, bps": _number(group.shortfall_bps, 2),
        "fees, USD": _number(group.parts_usd["fees"], 2),
        **{f"markout {seconds} s, bps": _number(value, 2) for seconds, value in group.markout_bps.items()},
    }


def _groups(title: str, says: str, rows: Sequence[TcaRow], key: Callable[[TcaRow], str]) -> Part:
    groups = grouped(rows, key)
    measured = [group for group in groups if group.notional_usd]
    names = [group.name for group in measured]
    bars = [
        {
            "type": "bar",
            "orientation": "h",
            "name": part,
            "y": names,
            "x": [float(group.parts_usd[part] / group.notional_usd * 10_000) for group in measured],
            "hovertemplate": "%{y}: %{x:.3f} bps<extra>" + part + "</extra>",
        }
        for part in PARTS
    ]
    curves = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": group.name,
            "x": [f"{seconds} s" for seconds in group.markout_bps],
            "y": [None if value is None else float(value) for value in group.markout_bps.values()],
        }
        for group in measured
    ]
    return Part(
        title=title,
        says=says,
        plots=[
            Plot(
                data=bars,
                layout={
                    "barmode": "relative",
                    "xaxis": {"title": {"text": "cost, bps of notional"}},
                    "height": 180 + 40 * len(names),
                },
            ),
            Plot(data=curves, layout={"yaxis": {"title": {"text": "markout, bps"}}, "height": 300}),
        ],
        rows=_group_rows(groups),
    )


def _group_rows(groups: Sequence[GroupCost]) -> list[list[str]]:
    seconds = list(groups[0].markout_bps) if groups else []
    head = ["", "orders", "measured", "notional USD", *PARTS, "shortfall USD", "bps", *[f"{s} s, bps" for s in seconds]]
    return [
        head,
        *[
            [
                group.name,
                str(group.orders),
                str(group.measured),
                _number(group.notional_usd, 0),
                *[_number(group.parts_usd[part], 3) for part in PARTS],
                _number(group.shortfall_usd, 3),
                _number(group.shortfall_bps, 2),
                *[_number(value, 2) for value in group.markout_bps.values()],
            ]
            for group in groups
        ],
    ]


def _scatter(rows: Sequence[TcaRow]) -> Plot:
    by_algorithm: dict[str, list[TcaRow]] = {}
    for row in rows:
        if row.shortfall_bps is not None and row.notional is not None and row.usd_rate is not None:
            by_algorithm.setdefault(_algorithm(row), []).append(row)
    return Plot(
        data=[
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": [float((row.notional or 0) * (row.usd_rate or 0)) for row in those],
                "y": [float(row.shortfall_bps or 0) for row in those],
                "text": [f"{row.operation_id}<br>{row.side} {row.instrument}" for row in those],
                "hovertemplate": "%{text}<br>%{x:,.0f} USD, %{y:.2f} bps",
                "marker": {"size": 8, "opacity": 0.7},
            }
            for name, those in by_algorithm.items()
        ],
        layout={
            "xaxis": {"title": {"text": "notional, USD"}, "type": "log"},
            "yaxis": {"title": {"text": "shortfall, bps"}},
        },
    )


def _largest_parents(rows: Sequence[TcaRow]) -> list[TcaRow]:
    parents = [row for row in rows if row.is_parent and row.fills and row.arrival_price is not None]
    return sorted(parents, key=lambda row: (row.notional or 0) * (row.usd_rate or 0), reverse=True)[:_PARENTS_DRAWN]


def _parent(row: TcaRow, tca: Tca) -> Part:
    around_ns = max((row.ended_ns - row.timestamp_ns) // 10, _SECOND_NS)
    begin_ns, end_ns = row.timestamp_ns - around_ns, row.ended_ns + around_ns
    seen = [
        quote for quote in tca.quotes if quote.instrument == row.instrument and begin_ns <= quote.received_ns <= end_ns
    ]
    seen = seen[:: max(len(seen) // _DRAWN_QUOTES, 1)]
    children = [
        each for each in tca.rows if each.parent_operation_id == row.operation_id and each.average_price is not None
    ]
    times = [_moment(quote.received_ns) for quote in seen]
    largest = max((child.filled_quantity for child in children), default=Decimal(1))
    lines = {"arrival": row.arrival_price, "interval VWAP": row.interval_vwap, "average": row.average_price}
    data: list[Mapping[str, Any]] = [
        {"type": "scatter", "mode": "lines", "name": "bid", "x": times, "y": [float(quote.bid) for quote in seen],
         "line": {"color": "#9aa5b8", "width": 1, "shape": "hv"}, "hoverinfo": "skip"},
        {"type": "scatter", "mode": "lines", "name": "ask", "x": times, "y": [float(quote.ask) for quote in seen],
         "line": {"color": "#9aa5b8", "width": 1, "shape": "hv"}, "fill": "tonexty",
         "fillcolor": "rgba(92,103,125,0.15)", "hoverinfo": "skip"},
        {"type": "scatter", "mode": "markers", "name": "children",
         "x": [_moment(child.ended_ns) for child in children],
         "y": [float(child.average_price or 0) for child in children],
         "text": [f"{child.operation_id}: {child.filled_quantity.normalize():f}" for child in children],
         "hovertemplate": "%{text} at %{y}<extra></extra>",
         "marker": {"color": COLOURS[1 if row.side.sign < 0 else 0],
                    "size": [8 + float(14 * child.filled_quantity / largest) for child in children]}},
        *[
            {"type": "scatter", "mode": "lines", "name": name, "y": [float(price)] * 2,
             "x": [_moment(row.timestamp_ns), _moment(row.ended_ns)],
             "line": {"dash": dash, "width": 1.5, "color": COLOURS[colour]}}
            for (name, price), dash, colour in zip(lines.items(), ("dash", "dot", "solid"), (5, 4, 2), strict=True)
            if price is not None
        ],
    ]  # fmt: skip
    what = f"{row.exec_algorithm} {row.side} {row.filled_quantity.normalize():f} of {row.quantity.normalize():f}"
    return Part(
        title=f"{row.operation_id}: {what}",
        says=(
            f"{row.instrument}. Shortfall {_number(row.shortfall_bps, 2)} bps, against the interval's VWAP "
            f"{_number(row.vwap_slippage_bps, 2)}, its TWAP {_number(row.twap_slippage_bps, 2)}; "
            f"{_number(row.participation_pct, 2)} per cent of what traded publicly."
        ),
        plots=[Plot(data=data, layout={"yaxis": {"title": {"text": "price"}, "tickformat": ",.2f"}})],
    )


def _orders(rows: Sequence[TcaRow]) -> list[list[str]]:
    head = ["order", "instrument", "side", "algorithm", "status", "quantity", "filled", "arrival", "average", *PARTS,
            "shortfall", "bps", "not seen"]  # fmt: skip
    return [
        head,
        *[
            [
                row.operation_id,
                row.instrument,
                row.side,
                _algorithm(row),
                row.status,
                _number(row.quantity, 6),
                _number(row.filled_quantity, 6),
                _number(row.arrival_price, 4),
                _number(row.average_price, 4),
                *[_number(getattr(row, part), 6) for part in PARTS],
                _number(row.shortfall, 6),
                _number(row.shortfall_bps, 2),
                row.unmeasured,
            ]
            for row in rows
        ],
    ]


def _algorithm(row: TcaRow) -> str:
    return "split" if row.is_parent and row.exec_algorithm == "NORMAL" else row.exec_algorithm


def _moment(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns / 1e9, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


def _number(value: Decimal | None, places: int) -> str:
    return UNKNOWN if value is None else f"{value:,.{places}f}"
