"""Positions, venues and the kill switch from the command line, at a real REST door."""

from __future__ import annotations

from ports.commands import HaltMode, HaltScope, LiftHalt, RaiseHalt

from fakes.command import Livexec, ServiceDesk
from fakes.gateway import position


def test_positions_are_printed_under_the_names_of_rest(livexec: Livexec, desk: ServiceDesk) -> None:
    desk.memory.held = [position("s-1", "-0.5"), position("s-2", "0")]
    shown, told = livexec("positions"), livexec("positions", "--json")
    assert (shown.code, told.code) == (0, 0)
    header, *rows = shown.out.splitlines()
    assert len(rows) == 1
    assert "{USDT=0.02}" in rows[0]
    (found,) = told.document["positions"]
    assert not [name for name in header.split() if name not in found]
    assert (found["strategy_id"], found["quantity"], told.document["ok"]) == ("s-1", "-0.5", True)


def test_positions_are_filtered_as_over_rest(livexec: Livexec, desk: ServiceDesk) -> None:
    desk.memory.held = [position("s-1", "1"), position("s-2", "0")]
    assert livexec("positions", "--strategy-id", "s-2").out == "no positions\n"
    assert len(livexec("positions", "--include-flat", "--json").document["positions"]) == 2
    key = "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN"
    for filters in (("--instrument-key", key), ("--venue", "BINANCE-FUTURES"), ("--base-asset", "BTC")):
        assert len(livexec("positions", *filters, "--json").document["positions"]) == 1
    assert livexec("positions", "--account", "another").out == "no positions\n"


def test_a_read_that_is_not_yet_visible_exits_1(livexec: Livexec, desk: ServiceDesk) -> None:
    ran = livexec("positions", "--min-sequence", "5", "--json")
    assert (ran.code, ran.document["reason_code"]) == (1, "NOT_YET_VISIBLE")


def test_venues_are_printed_with_their_state(livexec: Livexec, desk: ServiceDesk) -> None:
    shown, told = livexec("venues"), livexec("venues", "--json")
    assert (shown.code, told.code) == (0, 0)
    assert [venue["venue"] for venue in told.document["venues"]] == ["BINANCE-FUTURES", "OKX"]
    assert shown.out.count("CONNECTED") == 2


def test_a_halt_and_its_end_arrive_with_scope_value_mode_and_reason(livexec: Livexec, desk: ServiceDesk) -> None:
    scope = ("--scope", "strategy", "--value", "momentum-btc-v1")
    halted = livexec("halt", *scope, "--mode", "cancel", "--reason", "stale prices", "--json")
    resumed = livexec("resume", *scope, "--reason", "prices are back")
    assert (halted.code, halted.document["ok"], halted.document["changed"]) == (0, True, True)
    assert "stale prices" in resumed.out
    raised, lifted = desk.memory.asked
    assert isinstance(raised, RaiseHalt)
    assert isinstance(lifted, LiftHalt)
    assert (raised.scope, raised.value, raised.mode) == (HaltScope.STRATEGY, "momentum-btc-v1", HaltMode.CANCEL)
    assert (lifted.scope, lifted.value, lifted.reason) == (HaltScope.STRATEGY, "momentum-btc-v1", "prices are back")


def test_a_halt_of_an_unknown_scope_is_refused_by_name(livexec: Livexec, desk: ServiceDesk) -> None:
    ran = livexec("halt", "--scope", "planet", "--reason", "x", "--json")
    assert (ran.code, ran.document["field"], ran.document["ok"]) == (1, "scope", False)
    assert not desk.memory.asked
