"""Write the Grafana dashboard: rows of panels, each with its queries (`deploy/grafana/livexec.json`)."""

from __future__ import annotations

import json
import sys
from typing import Any

type Panel = dict[str, Any]
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
WIDTH, HEIGHT, ACROSS = 8, 8, 3
STEP = "histogram_quantile({q}, sum by (step, le) (rate(livexec_order_step_seconds_bucket[$__rate_interval])))"
PANELS: list[tuple[str, str, dict[str, str]]] = [
    ("Orders a second", "ops", {
        "submitted": "sum(rate(livexec_orders_submitted_total[$__rate_interval]))",
        "acknowledged": "sum(rate(livexec_orders_acknowledged_total[$__rate_interval]))",
        "trades": "sum(rate(livexec_fills_total[$__rate_interval]))",
        "refused": "sum(rate(livexec_orders_refused_total[$__rate_interval]))",
        "rejected": "sum(rate(livexec_orders_rejected_total[$__rate_interval]))",
    }),
    ("Steps, p50", "s", {"{{step}}": STEP.format(q="0.5")}),
    ("Steps, p99", "s", {"{{step}}": STEP.format(q="0.99")}),
    ("Venues chosen", "ops", {"{{venue}}": "sum by (venue) (rate(livexec_orders_routed_total[$__rate_interval]))"}),
    ("Refusals by rule", "ops", {"{{rule}}": "sum by (rule) (rate(livexec_risk_refusals_total[$__rate_interval]))"}),
    ("Limit use", "percentunit", {"{{rule}}": "livexec_limit_use_ratio"}),
    ("Exposure in USD", "currencyUSD", {"{{measure}}": "livexec_exposure_usd"}),
    ("Unconfirmed orders by age", "short", {"{{age}}": "livexec_unconfirmed_orders"}),
    ("Open breaks by kind", "short", {"{{kind}}": "sum by (kind) (livexec_open_breaks)"}),
    ("Venues up", "bool_on_off", {"{{account}}": "livexec_venue_up"}),
    ("Age of market data", "s", {"{{account}}": "livexec_market_data_age_seconds"}),
    ("Rate limits left", "percentunit", {"{{account}} {{budget}}": "livexec_venue_rate_limit_left_ratio"}),
    ("What waits", "short", {"{{lane}}": "livexec_mailbox_messages", "tables": "livexec_read_tables_behind_facts"}),
    ("Facts a commit, p50", "short", {
        "facts": "histogram_quantile(0.5, sum by (le) (rate(livexec_commit_batch_facts_bucket[$__rate_interval])))",
    }),
    ("Requests by outcome", "reqps", {
        "{{door}} {{outcome}}": "sum by (door, outcome) (rate(livexec_door_requests_total[$__rate_interval]))",
    }),
    ("Events", "ops", {"{{event}}": "sum by (event) (rate(livexec_events_total[$__rate_interval]))"}),
    ("Memory and processor", "short", {
        "bytes": "process_resident_memory_bytes", "processors": "rate(process_cpu_seconds_total[$__rate_interval])",
    }),
    ("Alerts", "short", {"{{alertname}} {{severity}}": 'ALERTS{alertstate="firing", alertname=~"Livexec.+"}'}),
]  # fmt: skip


def dashboard() -> dict[str, Any]:
    """Return the whole document."""
    source = {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"}
    return {
        "title": "livexec",
        "uid": "livexec",
        "tags": ["livexec"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "utc",
        "templating": {"list": [source]},
        "annotations": {"list": []},
        "panels": [_panel(at, *one) for at, one in enumerate(PANELS)],
    }


def _panel(at: int, title: str, unit: str, queries: dict[str, str]) -> Panel:
    row, column = divmod(at, ACROSS)
    return {
        "id": at + 1,
        "type": "timeseries",
        "title": title,
        "datasource": SOURCE,
        "gridPos": {"h": HEIGHT, "w": WIDTH, "x": column * WIDTH, "y": row * HEIGHT},
        "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True}},
        "targets": [
            {"refId": chr(ord("A") + which), "datasource": SOURCE, "expr": expr, "legendFormat": legend}
            for which, (legend, expr) in enumerate(queries.items())
        ],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(dashboard(), indent=2) + "\n")
