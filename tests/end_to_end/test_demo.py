"""`livexec demo` proves the main job, its files say the same when somebody else counts them, and a lie is found."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from adapters.sql import SqliteJournalReader
from adapters.storage import LocalObjectStore, read_results, read_tca
from app.cli.work import report
from app.demo import proof
from app.demo.kinds import Kind
from app.demo.player import Played
from app.digests import folded
from app.session_results import read_entries
from app.tca.report import report_of
from core.invariants import INVARIANTS, RecordedRun, Release, check
from core.orchestrator import Orchestrator
from end_to_end.process import RESULT_FILES, Ended, result_files, run_command
from ports.facts import (
    Fact,
    HaltLifted,
    LimitsSet,
    OrderFilled,
    OrderRecorded,
    OrderReleased,
    PositionChanged,
)
from ports.journal import Entry
from ports.requests import QueryOrder
from ports.values import OperationId, OrderStatus, Quantity
from ports.views import OrderView

pytestmark = pytest.mark.slow
LEAST_ORDERS = 200


@dataclass(frozen=True)
class Demo:
    """One demonstration that has ended, and the folder that it left."""

    ended: Ended
    folder: Path

    @property
    def said(self) -> dict[str, Any]:
        """What it printed."""
        return self.ended.document

    @property
    def results(self) -> Path:
        """Where its result files are."""
        return Path(self.said["results"])

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Read one of its tables, with nothing of ours in between."""
        rows: list[dict[str, Any]] = pq.read_table(self.results / f"{table}.parquet").to_pylist()
        return rows


@pytest.fixture(scope="module", params=["on a made market", "on recorded ticks"])
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Run the demonstration once, as a newcomer would."""
    folder = tmp_path_factory.mktemp("demo")
    options: list[str | Path] = ["--json", "--out", folder / "out"]
    if request.param == "on recorded ticks":
        options += ["--ticks", request.getfixturevalue("shared_data") / "recorded"]
    return Demo(run_command("demo", *options, folder=folder), folder / "out")


def test_it_exits_0_and_prints_one_json_document(demo: Demo) -> None:
    assert demo.ended.code == 0, demo.ended.stdout
    assert demo.said["ok"] is True
    assert json.dumps(demo.said).count("\n") == 0


def test_it_works_at_least_200_orders_of_every_kind(demo: Demo) -> None:
    assert demo.said["orders"] >= LEAST_ORDERS
    assert demo.said["fills"] > 0
    assert sum(demo.said["by_status"].values()) == demo.said["orders"]
    assert {"FILLED", "CANCELED", "REJECTED", "EXPIRED"} <= demo.said["by_status"].keys()
    kinds = demo.said["by_kind"]
    for kind in (
        *("market", "limit that rests at the touch", "limit that rests and is cancelled", "IOC that crosses"),
        *("too large", "repeated operation id", "while its strategy is halted", "market over REST"),
        *("limit that is amended to cross", "repeated amend id"),
    ):
        assert kinds[kind] > 0, kind


def test_every_invariant_holds_over_more_than_no_cases(demo: Demo) -> None:
    assert demo.said["invariants"].keys() == INVARIANTS.keys()
    for name, finding in demo.said["invariants"].items():
        assert finding["ok"] is True, name
        assert finding["examined"] > 0, name


def test_its_checks_and_latencies_are_told(demo: Demo) -> None:
    assert demo.said["checks"]
    assert all(check["ok"] for check in demo.said["checks"])
    assert all(check.keys() == {"name", "value", "limit", "unit", "ok"} for check in demo.said["checks"])
    assert 0 < demo.said["latency_us"]["p50"] <= demo.said["latency_us"]["p99"]


def test_its_files_recount_to_what_it_printed(demo: Demo) -> None:
    assert set(result_files(demo.results)) == RESULT_FILES
    orders, fills = demo.rows("orders"), demo.rows("fills")
    assert len(orders) == len({row["operation_id"] for row in orders}) == demo.said["orders"]
    assert len(fills) == len({(row["venue"], row["instrument_key"], row["fill_id"]) for row in fills})
    assert len(fills) == demo.said["fills"]
    assert Counter(row["status"] for row in orders) == demo.said["by_status"]
    summary = json.loads((demo.results / "summary.json").read_bytes())["summary"]
    assert summary["orders"] == len(orders)
    assert summary["fills"] == len(fills)
    assert summary["by_status"] == demo.said["by_status"]


def test_its_cost_analysis_has_every_order_and_its_parts_sum_to_the_whole(demo: Demo) -> None:
    told = report_of("demo", asyncio.run(read_tca(LocalObjectStore(demo.results.parent), demo.results.name)))
    orders = {row["operation_id"]: row for row in demo.rows("orders")}
    measured = {row["operation_id"]: row for row in told["orders"]}
    assert told["ok"]
    assert {name for name, row in orders.items() if row["filled_amount"]} <= measured.keys()
    for name, row in measured.items():
        if not row["is_parent"]:
            assert (row["filled_quantity"], row["status"]) == (orders[name]["filled_amount"], orders[name]["status"])
    assert sum(group["measured"] for group in told["whole"]) > 0
    assert {group["name"] for group in told["by_algorithm"]} >= {"NORMAL", "TWAP", "ICEBERG"}


def test_the_trades_in_its_files_add_up_to_its_orders_and_positions(demo: Demo) -> None:
    of_orders: defaultdict[str, Decimal] = defaultdict(Decimal)
    held: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    fees: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    parents = {row["operation_id"]: row["parent_id"] for row in demo.rows("orders")}
    for fill in demo.rows("fills"):
        signed = fill["quantity_exact"] if fill["side"] == "BUY" else -fill["quantity_exact"]
        of_orders[fill["operation_id"]] += fill["quantity_exact"]
        if parents[fill["operation_id"]]:  # a parent's trades are its children's
            of_orders[parents[fill["operation_id"]]] += fill["quantity_exact"]
        held[fill["instrument_key"], fill["strategy_id"]] += signed
        fees[fill["instrument_key"], fill["strategy_id"], fill["fee_currency"]] += fill["fee"]
    for order in demo.rows("orders"):
        assert order["filled_amount"] == of_orders[order["operation_id"]], order["operation_id"]
        assert order["filled_amount"] <= order["amount_exact"]
        assert (order["status"] == "FILLED") == (order["filled_amount"] == order["amount_exact"])
    printed = {(one["instrument_key"], one["strategy_id"]): one for one in demo.said["positions"]}
    assert {key for key, quantity in held.items() if quantity} <= printed.keys()
    for (instrument, strategy), position in printed.items():
        assert Decimal(position["quantity"]) == held[instrument, strategy]
        for currency, paid in position["fees"].items():
            assert Decimal(paid) == fees[instrument, strategy, currency]


def test_its_latest_positions_on_file_are_those_it_printed(demo: Demo) -> None:
    last = {(row["instrument_key"], row["strategy_id"]): row["quantity_exact"] for row in demo.rows("positions")}
    printed = {(one["instrument_key"], one["strategy_id"]): one["quantity"] for one in demo.said["positions"]}
    assert printed
    assert {key: Decimal(quantity) for key, quantity in printed.items()} == {
        key: quantity for key, quantity in last.items() if key in printed
    }


async def test_a_lie_in_the_files_is_found(demo: Demo) -> None:
    results = await read_results(LocalObjectStore(demo.folder / "store"), "live_results", demo.results.name)
    views = views_of(await journal_of(demo))
    fills = demo.said["fills"]
    assert all(check.ok for check in proof.recount(results, views, fills))
    told = results.summary["summary"]
    lies = {
        "orders_in_file": replace(results, orders=results.orders[1:]),
        "fills_in_file": replace(results, fills=[*results.fills, results.fills[0]]),
        "statuses_that_differ": replace(results, orders=[{**results.orders[0], "status": "HELD"}, *results.orders[1:]]),
        "filled_amounts_that_differ": replace(
            results, orders=[{**results.orders[0], "filled_amount": Decimal(9)}, *results.orders[1:]]
        ),
        "orders_in_summary": replace(results, summary={"summary": {**told, "orders": told["orders"] + 1}}),
        "fills_in_summary": replace(results, summary={"summary": {**told, "fills": told["fills"] - 1}}),
    }
    for name, lie in lies.items():
        assert name in {check.name for check in proof.recount(lie, views, fills) if not check.ok}


async def test_an_order_that_ended_otherwise_is_a_surprise(demo: Demo) -> None:
    views = views_of(await journal_of(demo))
    filled = next(view for view in views if view.status is OrderStatus.FILLED)
    played = Played(expected={filled.operation_id: Kind("market", 1, ends_as=frozenset({"FILLED"}))})
    assert proof.surprises(played, views) == []
    for lie in (
        replace(filled, status=OrderStatus.REJECTED, reason="a lie"),
        replace(filled, status=OrderStatus.ACCEPTED),
        replace(filled, operation_id=OperationId("another")),
    ):
        assert len(proof.surprises(played, [lie])) == 1


async def test_every_invariant_finds_the_lie_that_is_planted_for_it(demo: Demo) -> None:
    truth = run_of(await journal_of(demo))
    told = proof.as_json(check(truth))
    assert {name for name, finding in told.items() if finding["ok"]} == INVARIANTS.keys()
    for name, lie in lies_about(truth).items():
        assert proof.as_json(check(lie))[name]["ok"] is False, name


async def test_an_invariant_that_examined_nothing_is_not_kept(demo: Demo) -> None:
    told = proof.as_json(check(replace(run_of(await journal_of(demo)), sends=(), releases=())))
    assert told["sent_once"] == {"ok": False, "examined": 0}
    assert told["durable_before_release"] == {"ok": False, "examined": 0}


def test_what_is_not_proven_ends_in_exit_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert report({"ok": False}, "", as_json=True) == 1
    assert json.loads(capsys.readouterr().out) == {"ok": False}


async def journal_of(demo: Demo) -> list[Entry]:
    reader = SqliteJournalReader(demo.folder / "livexec.db")
    await reader.open()
    try:
        return await read_entries(reader, 0)
    finally:
        await reader.close()


def views_of(entries: list[Entry]) -> list[OrderView]:
    actor = Orchestrator()
    actor.apply([entry.fact for entry in entries])
    return [order.view() for order in actor.book.oms.all_orders()]


def run_of(entries: list[Entry]) -> RecordedRun:
    """Make the run that this journal tells of, everything sent once and at its time."""
    released = [(entry.seq, entry.fact) for entry in entries if isinstance(entry.fact, OrderReleased)]
    releases = [
        Release(QueryOrder(account=fact.account, instrument=fact.instrument, client_order_id=fact.client_order_id), *at)
        for seq, fact in released
        for at in ((seq, seq),)
    ]
    return RecordedRun(
        entries=entries,
        sends=[fact.client_order_id for _, fact in released],
        releases=releases,
        fold=folded,
        live_digest=folded([entry.fact for entry in entries]),
    )


def lies_about(truth: RecordedRun) -> dict[str, RecordedRun]:
    """Return, by invariant, a run in which just that was not kept."""
    first_limits = place_of(truth, LimitsSet)
    filled, position, recorded = (place_of(truth, kind) for kind in (OrderFilled, PositionChanged, OrderRecorded))
    limits, fill = truth.entries[first_limits].fact, truth.entries[filled].fact
    assert isinstance(limits, LimitsSet)
    assert isinstance(fill, OrderFilled)
    strict = replace(limits, limits=replace(limits.limits, max_order_quantity={"*": Decimal("0.000001")}))
    more = replace(fill, quantity=Quantity(fill.quantity * 1000), filled_quantity=fill.filled_quantity * 1000)
    request, needs, durable = truth.releases[0]
    return {
        "sent_once": replace(truth, sends=[*truth.sends, truth.sends[0]]),
        "one_order_per_operation": with_entries(truth, recorded, truth.entries[recorded], truth.entries[recorded]),
        "never_overfilled": with_entries(truth, filled, replace(truth.entries[filled], fact=more)),
        "position_equals_fills": with_entries(truth, position),
        "limits_hold": with_entries(truth, first_limits, replace(truth.entries[first_limits], fact=strict)),
        "durable_before_release": replace(truth, releases=[Release(request, needs, durable - 1), *truth.releases[1:]]),
        "replay_identical": replace(truth, live_digest="of another book"),
        "halt_holds": with_entries(truth, place_of(truth, HaltLifted)),
        "terminal_on_evidence": with_entries(
            truth, filled, replace(truth.entries[filled], fact=replace(fill, quantity=Quantity(fill.quantity / 2)))
        ),
    }


def place_of(run: RecordedRun, kind: type[Fact]) -> int:
    return next(place for place, entry in enumerate(run.entries) if isinstance(entry.fact, kind))


def with_entries(run: RecordedRun, place: int, *entries: Entry) -> RecordedRun:
    """Return the run with these entries in the place of one."""
    return replace(run, entries=[*run.entries[:place], *entries, *run.entries[place + 1 :]], fold=lambda _: "")
