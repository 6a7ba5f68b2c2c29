"""A report as one HTML file: figures, tables and plots, everything they need inside, and nothing asked elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, Final

import orjson

type Row = Sequence[str]

UNKNOWN: Final = "–"  # noqa: RUF001 - a dash, as tables print what is not known
COLOURS: Final = ("#2f6fed", "#e4572e", "#17a398", "#f2a541", "#7d4bc3", "#5c677d", "#c2388c", "#3d9a3f")
# The browser itself refuses whatever the page should ask of another place.
_POLICY: Final = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
_STYLE: Final = """
:root { --ink: #1d2433; --soft: #5c677d; --line: #e3e7ef; --paper: #ffffff; --back: #f5f7fb; --accent: #2f6fed; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
header, main { max-width: 1180px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 32px; }
h1 { font-size: 24px; margin: 0; } h2 { font-size: 18px; margin: 0 0 4px; }
p { color: var(--soft); margin: 2px 0 14px; max-width: 80ch; }
.cards { display: flex; flex-wrap: wrap; gap: 12px; margin: 20px 0; }
.card { flex: 1 1 150px; background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 12px; }
.card span { display: block; color: var(--soft); font-size: 13px; } .card b { font-size: 20px; font-weight: 600; }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 20px;
  margin-bottom: 20px; }
.plot { width: 100%; } .scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 13px; }
th, td { padding: 6px 10px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } th { color: var(--soft); font-weight: 600; }
"""
_LAYOUT: Final[Mapping[str, Any]] = {
    "font": {"family": "system-ui, sans-serif", "size": 13, "color": "#1d2433"},
    "margin": {"l": 70, "r": 20, "t": 20, "b": 50},
    "colorway": COLOURS,
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "hovermode": "closest",
    "legend": {"orientation": "h", "y": 1.12, "x": 0},
    "height": 360,
}
_AXIS: Final[Mapping[str, Any]] = {"gridcolor": "#e3e7ef", "zerolinecolor": "#9aa5b8", "automargin": True}
_CONFIG: Final[Mapping[str, Any]] = {"displaylogo": False, "responsive": True}
_DRAW: Final = "for (const [id, plot] of Object.entries(PLOTS)) Plotly.newPlot(id, plot.data, plot.layout, CONFIG);"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One plot in the words of plotly.js: its traces, and what of the layout is not as usual."""

    data: Sequence[Mapping[str, Any]]
    layout: Mapping[str, Any] = field(default_factory=dict)

    def document(self) -> Mapping[str, Any]:
        """Return what the page draws."""
        axes = {name: {**_AXIS, **self.layout.get(name, {})} for name in ("xaxis", "yaxis")}
        return {"data": self.data, "layout": {**_LAYOUT, **self.layout, **axes}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A section of a report: what it shows in a sentence, then plots, then a table whose first row is its header."""

    title: str
    says: str
    plots: Sequence[Plot] = ()
    rows: Sequence[Row] = ()


def page(title: str, says: str, cards: Mapping[str, str], parts: Sequence[Part]) -> str:
    """Return a report as HTML; it opens from a disk, without a network."""
    from plotly.offline import get_plotlyjs  # five megabytes, read when a page is wanted

    plots = {f"plot-{place}-{number}": plot.document() for place, number, plot in _numbered(parts)}
    drawn = orjson.dumps(plots, option=orjson.OPT_SERIALIZE_NUMPY).decode().replace("<", "\\u003c")
    config = orjson.dumps(_CONFIG).decode()
    shown = "".join(
        f'<div class="card"><span>{escape(name)}</span><b>{escape(value)}</b></div>' for name, value in cards.items()
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style>'
        f"<script>{get_plotlyjs()}</script></head><body>"
        f"<header><h1>{escape(title)}</h1><p>{escape(says)}</p></header><main>"
        f'<div class="cards">{shown}</div>{"".join(_part(place, part) for place, part in enumerate(parts))}</main>'
        f"<script>const PLOTS = {drawn}; const CONFIG = {config}; {_DRAW}</script></body></html>"
    )


def _numbered(parts: Sequence[Part]) -> list[tuple[int, int, Plot]]:
    return [(place, number, plot) for place, part in enumerate(parts) for number, plot in enumerate(part.plots)]


def _part(place: int, part: Part) -> str:
    plots = "".join(f'<div class="plot" id="plot-{place}-{number}"></div>' for number in range(len(part.plots)))
    return f"<section><h2>{escape(part.title)}</h2><p>{escape(part.says)}</p>{plots}{_table(part.rows)}</section>"


def _table(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows[1:])
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
