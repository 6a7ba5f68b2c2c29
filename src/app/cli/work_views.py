"""What a demo or a benchmark found, as people read it, under the names of the JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.cli.tables import fields, section, shown, table

_POSITION: Final = ("instrument_key", "strategy_id", "quantity", "average_entry_price", "realized_pnl", "fees")
_CHECK: Final = ("ok", "name", "value", "limit", "unit")
_LISTED: Final = ("positions", "invariants", "explained", "checks")
_EXPLAINED: Final = 3  # routes that a person is shown; the JSON has all


def demo_text(result: Mapping[str, Any]) -> str:
    """Return a demo's summary: counts, positions, invariants, and where the files are."""
    invariants = [{"invariant": name, **found} for name, found in result.get("invariants", {}).items()]
    grouped = [name for name, found in result.items() if isinstance(found, Mapping) and name != "invariants"]
    parts = [
        fields(result, [name for name in result if name not in (*_LISTED, *grouped)]),
        *[section(name, fields(result[name], result[name])) for name in grouped],
        section("positions", _rows(result.get("positions"), _POSITION)),
        section("invariants", _rows(invariants, ("ok", "invariant", "examined"))),
        section("explained", "\n".join(line for route in result.get("explained", ())[:_EXPLAINED] for line in route)),
        section("checks", _rows(result.get("checks"), _CHECK)),
    ]
    return "\n".join(part for part in parts if part)


def bench_text(result: Mapping[str, Any]) -> str:
    """Return a benchmark's checks, and the figures beside them."""
    others = {name: value for name, value in result.items() if name not in ("ok", "checks")}
    figures = "\n".join(f"{name}  {shown(value)}" for name, value in others.items())
    verdict = "ok: every check within its limit" if result["ok"] else "not ok: a check is beyond its limit"
    parts = [_rows(result.get("checks"), _CHECK), section("figures", figures), f"\n{verdict}"]
    return "\n".join(part for part in parts if part)


def parity_text(result: Mapping[str, Any]) -> str:
    """Return what was worked, every difference that is listed, and the checks."""
    different = [{"runtime": runtime, **one} for runtime, listed in result["differences"].items() for one in listed]
    worked = [{"algorithm": name, **counts} for name, counts in result["by_algorithm"].items()]
    parts = [
        fields(result, ("ok", "parents", "quotes")),
        section("worked", table(worked, ("algorithm", "parents", "children"))),
        section("differences", _rows(different, ("runtime", "parent", "child", "what", "live", "other"))),
        section("checks", _rows(result["checks"], _CHECK)),
    ]
    return "\n".join(part for part in parts if part)


def replay_text(result: Mapping[str, Any]) -> str:
    """Return what was led again, every difference that is listed, invariants and checks."""
    invariants = [{"invariant": name, **found} for name, found in result["invariants"].items()]
    counted = ("ok", "processes", "messages", "quotes", "orders", "facts", "never_durable")
    parts = [
        fields(result, counted),
        section("differences", "\n".join(result["differences"])),
        section("invariants", _rows(invariants, ("ok", "invariant", "examined"))),
        section("checks", _rows(result["checks"], _CHECK)),
    ]
    return "\n".join(part for part in parts if part)


def _rows(rows: Sequence[Mapping[str, Any]] | None, columns: Sequence[str]) -> str:
    return table(rows, columns) if rows else ""
