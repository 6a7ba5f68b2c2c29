"""Breaks, corrections, limits, exposure and doubts from the command line, at a real REST door."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.doors import BreakView, ExposureLine
from app.cli.tables import age
from ports.commands import AdjustPosition, BreakReason, BustTrade, Limits, ResolveBreak, TransferPosition
from ports.facts import BreakKind, OrderUnseen
from ports.history import PositionChange, SettledBreak
from ports.values import OperationId, Principal, StrategyId, TradeId

from fakes.bad_orders import GOOD
from fakes.command import Livexec, ServiceDesk
from fakes.gateway import ACCOUNT, NOW_NS, PERPETUAL, VENUE

HELD = ("--account", ACCOUNT, "--instrument-key", PERPETUAL, "--quantity", "-0.250", "--price", "64000.5")
SECOND_NS = 1_000_000_000


def broke(break_id: str) -> BreakView:
    return BreakView(
        break_id=break_id,
        kind=BreakKind.POSITION_DIFFERS,
        account=ACCOUNT,
        venue=VENUE,
        instrument=PERPETUAL,
        operation_id=None,
        detail="our trades make 1, the venue says 2",
        opened_ns=NOW_NS - 3_700 * SECOND_NS,
        ours=Decimal(1),
        theirs=Decimal(2),
    )


def test_open_breaks_are_printed_with_their_age_and_what_to_do(livexec: Livexec, desk: ServiceDesk) -> None:
    assert livexec("breaks").out == "no open breaks\n"
    desk.memory.breaks.append(broke("position-1"))
    shown, told = livexec("breaks"), livexec("breaks", "--json")
    for words in ("position-1", "POSITION_DIFFERS", "1 h 1 min", "adjust the position", "the venue says 2"):
        assert words in shown.out
    (found,) = told.document["breaks"]
    assert (found["break_id"], found["ours"], found["theirs"]) == ("position-1", "1", "2")
    assert livexec("breaks", "--kind", "OVERFILL", "--json").document["breaks"] == []
    assert livexec("breaks", "--kind", "NONSENSE", "--json").document["field"] == "kind"


@pytest.mark.parametrize("break_id", ["position-A-OKX:SPOT_PAIR:BTC-USDT-1", "order-A-web/x?y#z %2F"])
def test_a_break_is_resolved_by_its_id_whatever_it_is(livexec: Livexec, desk: ServiceDesk, break_id: str) -> None:
    desk.memory.breaks.append(broke(break_id))
    ran = livexec("breaks", "resolve", break_id, "--how", "a trade by hand", "--json")
    assert (ran.code, ran.document["status"], ran.document["resolution"]) == (0, "SETTLED", "a trade by hand")
    (command,) = desk.memory.asked
    assert isinstance(command, ResolveBreak)
    assert (command.break_id, command.how) == (break_id, "a trade by hand")
    again = livexec("breaks", "resolve", break_id, "--how", "again", "--json")
    assert (again.code, again.document["reason_code"]) == (1, "NOT_FOUND")


def test_a_position_is_adjusted_once_by_its_id(livexec: Livexec, desk: ServiceDesk) -> None:
    line = ("positions", "adjust", *HELD, "--kind", "OPENING", "--strategy-id", "s-1", "--reason", "before us")
    named = livexec(*line, "--adjustment-id", "adj-1", "--json")
    made = livexec(*line, "--json")
    assert (named.code, named.document["changed"], named.document["adjustment_id"]) == (0, True, "adj-1")
    assert made.err == f"adjustment_id {made.document['adjustment_id']}\n"
    again = livexec(*line, "--adjustment-id", "adj-1")
    assert "no (it was so already)" in again.out
    first = desk.memory.asked[0]
    assert isinstance(first, AdjustPosition)
    assert (first.adjustment_id, first.quantity, first.price) == ("adj-1", Decimal("-0.25"), Decimal("64000.5"))


def test_a_position_is_transferred_and_a_trade_busted(livexec: Livexec, desk: ServiceDesk) -> None:
    givers = ("--from-strategy", "UNATTRIBUTED", "--to-strategy", "s-1")
    moved = livexec("positions", "transfer", *HELD, *givers, "--transfer-id", "tr-1", "--reason", "it was ours")
    busted = livexec(
        *("positions", "bust", "--account", ACCOUNT, "--instrument-key", PERPETUAL, "--trade-id", "t-1"),
        *("--reason", "annulled", "--json"),
    )
    assert (moved.code, busted.code, busted.document["trade_id"]) == (0, 0, "t-1")
    transfer, bust = desk.memory.asked
    assert isinstance(transfer, TransferPosition)
    assert isinstance(bust, BustTrade)
    assert (transfer.from_strategy, transfer.to_strategy, bust.trade_id) == ("UNATTRIBUTED", "s-1", "t-1")


def test_a_bad_correction_is_refused_by_name(livexec: Livexec, desk: ServiceDesk) -> None:
    line = ("positions", "adjust", *HELD, "--strategy-id", "s-1", "--reason", "x")
    ran = livexec(*line, "--kind", "GIFT", "--json")
    assert (ran.code, ran.document["field"]) == (1, "kind")
    assert livexec(*line, "--json").code == 2  # without a kind it is called wrongly
    assert not desk.memory.asked


def test_what_limits_prints_can_be_changed_and_set(livexec: Livexec, desk: ServiceDesk, tmp_path: Path) -> None:
    desk.memory.limits = Limits(max_order_value_usd=Decimal("100000.25"), usd_per={"USDT": Decimal(1)})
    printed = livexec("limits", "--json").document
    printed["limits"]["max_orders_per_second"] = 5
    file = tmp_path / "limits.json"
    file.write_text(json.dumps(printed).replace('"100000.25"', "100000.250000000000000001"), encoding="utf-8")
    ran = livexec("limits", "set", str(file), "--reason", "quiet market")
    assert ran.code == 0
    assert "changed  yes" in ran.out
    assert desk.memory.limits.max_order_value_usd == Decimal("100000.250000000000000001")
    assert desk.memory.limits.max_orders_per_second == 5
    file.write_text(json.dumps(printed["limits"]), encoding="utf-8")  # the document alone will do
    assert livexec("limits", "set", str(file), "--reason", "as it was", "--json").document["changed"] is True
    assert "max_total_notional" in livexec("limits").out
    assert "not set" in livexec("limits").out


@pytest.mark.parametrize(
    ("content", "code", "field"),
    [
        ("{", 2, "file"),
        ("[]", 2, "file"),
        ('{"enabled": true, "enabled": false}', 2, "file"),
        ('{"max_oder_value": "1"}', 1, "limits.max_oder_value"),
        ('{"enabled": true}', 1, "limits.max_orders_per_second"),
    ],
)
def test_a_file_that_holds_no_whole_document_changes_nothing(
    livexec: Livexec, desk: ServiceDesk, tmp_path: Path, content: str, code: int, field: str
) -> None:
    file = tmp_path / "limits.json"
    file.write_text(content, encoding="utf-8")
    ran = livexec("limits", "set", str(file), "--reason", "x", "--json")
    assert (ran.code, ran.document["field"]) == (code, field)
    assert not desk.memory.asked


def test_exposure_is_printed_by_group_with_the_whole_below(livexec: Livexec, desk: ServiceDesk) -> None:
    desk.memory.lines.append(
        ExposureLine(
            strategy_id=StrategyId("s-1"),
            instrument=PERPETUAL,
            position=Decimal("-0.5"),
            worst_case=Decimal(1),
            unit_usd=Decimal(64000),
            price_ns=0,
        )
    )
    for by, group in (("strategy", "s-1"), ("base-asset", "BTC"), ("venue", VENUE), ("instrument", PERPETUAL)):
        header, row, whole = livexec("exposure", "--by", by).out.splitlines()
        assert row.split() == [group, "32000", "-32000", "64000", "0", "1"]
        assert whole.startswith("all, USD")
        assert header.split()[0] == "group"
    assert livexec("exposure", "--json").document["total"]["net"] == "-32000"
    assert livexec("exposure", "--by", "planet").code == 2


def test_orders_in_doubt_say_since_when_why_and_what_was_asked(livexec: Livexec, desk: ServiceDesk) -> None:
    operation_id = str(GOOD["operation_id"])
    livexec(
        *("submit", "--operation-id", operation_id, "--instrument-key", PERPETUAL, "--side", "BUY"),
        *("--amount", "1", "--strategy-id", "s-1"),
    )
    assert "age" not in livexec("orders").out.splitlines()[0].split()
    unseen = OrderUnseen(operation_id=OperationId(operation_id), asked_ns=NOW_NS - 9, learnt_ns=NOW_NS)
    desk.call(lambda: desk.memory.doubt(operation_id, "no answer within 5000 ms", NOW_NS - 125 * SECOND_NS))
    desk.call(lambda: desk.memory.happen(unseen))
    for command in (("orders", "--status", "UNCONFIRMED"), ("order", operation_id)):
        shown = livexec(*command).out
        for words in ("2 min 5 s", "no answer within 5000 ms", "times_unseen", "2027-01-15T"):
            assert words in shown, command
    (found,) = livexec("orders", "--status", "UNCONFIRMED", "--json").document["orders"]
    assert found["unconfirmed"]["times_unseen"] == 1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (125, "2 min 5 s"), (7_500, "2 h 5 min"), (200_000, "2 d 7 h")],
)
def test_an_age_has_its_two_largest_units(seconds: int, text: str) -> None:
    assert age(seconds * SECOND_NS + 999_999_999) == text


def test_settled_breaks_and_the_history_of_positions_are_printed(livexec: Livexec, desk: ServiceDesk) -> None:
    assert livexec("breaks", "--settled").out == "no settled breaks\n"
    assert livexec("positions", "history").out == "no changes\n"
    desk.memory.settled.append(
        SettledBreak(
            break_id="balance-1",
            kind=BreakKind.BALANCE_DIFFERS,
            account=ACCOUNT,
            instrument=None,
            detail="words",
            opened_ns=NOW_NS - 5,
            settled_ns=NOW_NS,
            how="a deposit",
            principal=Principal("ann"),
            reason=BreakReason.DEPOSIT,
        )
    )
    desk.memory.changes.append(
        PositionChange(
            sequence=7,
            account=ACCOUNT,
            strategy_id=StrategyId("s"),
            instrument=PERPETUAL,
            quantity=Decimal("0.5"),
            average_entry_price=Decimal(60_000),
            realized_pnl=Decimal(0),
            fees={},
            cause=TradeId("t-7"),
            changed_ns=NOW_NS,
        )
    )
    shown = livexec("breaks", "--settled").out
    assert "a deposit" in shown
    assert "DEPOSIT" in shown
    (found,) = livexec("breaks", "--settled", "--json").document["breaks"]
    assert (found["status"], found["principal"]) == ("SETTLED", "ann")
    assert "t-7" in livexec("positions", "history", "--strategy-id", "s").out
    assert livexec("positions", "history", "--json").document["changes"][0]["quantity"] == "0.5"
    resolved = livexec("breaks", "resolve", "x", "--how", "y", "--reason", "MAGIC", "--json")
    assert resolved.document["field"] == "reason"
