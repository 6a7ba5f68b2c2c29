"""What a demo or a benchmark found, as people read it, under the names of the JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.cli.tables import fields, section, shown, table

_POSITION: Final = ("instrument_key", "strategy_id", "quantity", "average_entry_price", "realized_pnl", "fees")
_CHECK: Final = ("ok", "name", "value", "limit", "unit")
_RULE: Final = ("rule", "passes", "refused", "limit", "unit", "headroom", "would pass")
_FLAT: Final = ("scope", "scope_value", "positions", "orders", "restarts", "took_ms")
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


def risk_text(result: Mapping[str, Any]) -> str:
    """Return every rule with its two verdicts, the kill tree, the times to flat, invariants and checks."""
    rules = [_rule_row(one) for one in result["rules"]]
    tree = [{**one, "seen": ", ".join(_marked(one["seen"]))} for one in result["kill_tree"]]
    invariants = [{"invariant": name, **found} for name, found in result["invariants"].items()]
    parts = [
        fields(result, ("ok", "time_to_flat_ms", "results")),
        section("rules: the order that just passes, the one that is just refused", table(rules, _RULE)),
        section("kill tree", table(tree, ("ok", "scope", "mode", "seen"))),
        section("after the kill -9", "\n".join(_marked(result["after_the_kill"]))),
        section("time to flat", _rows(result["flattened"], _FLAT)),
        section("invariants", _rows(invariants, ("ok", "invariant", "examined"))),
        section("checks", _rows(result["checks"], _CHECK)),
    ]
    return "\n".join(part for part in parts if part)


def drill_text(result: Mapping[str, Any]) -> str:
    """Return how long every round took, invariants and checks."""
    invariants = [{"invariant": name, **found} for name, found in result["invariants"].items()]
    parts = [
        fields(result, ("ok", "results")),
        section("time to flat, ms", fields(result["time_to_flat_ms"], result["time_to_flat_ms"])),
        section("rounds", _rows(result["flattened"], _FLAT)),
        section("invariants", _rows(invariants, ("ok", "invariant", "examined"))),
        section("checks", _rows(result["checks"], _CHECK)),
    ]
    return "\n".join(part for part in parts if part)


def _rule_row(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    passes, refused = rule["passes"]["verdict"], rule["refused"]["verdict"]
    return {
        "rule": rule["rule"],
        "passes": passes["value"],
        "refused": refused["value"],
        "limit": refused["limit"],
        "unit": rule["unit"],
        "headroom": refused["headroom"],
        "would pass": refused["remedy"],
    }


def _marked(seen: Mapping[str, bool]) -> Sequence[str]:
    return [name if holds else f"NOT SO: {name}" for name, holds in seen.items()]


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
    counted = (
        "ok",
        "processes",
        "messages",
        "quotes",
        "public_trades",
        "messages_of_trades",
        "orders",
        "facts",
        "never_durable",
    )
    parts = [
        fields(result, counted),
        section("differences", "\n".join(result["differences"])),
        section("invariants", _rows(invariants, ("ok", "invariant", "examined"))),
        section("checks", _rows(result["checks"], _CHECK)),
    ]
    return "\n".join(part for part in parts if part)


def _rows(rows: Sequence[Mapping[str, Any]] | None, columns: Sequence[str]) -> str:
    return table(rows, columns) if rows else ""
