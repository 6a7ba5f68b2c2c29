"""Led again, a session has the facts of its journal; whatever is not so is found, and what a crash lost is counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.recording import Began, Given, Line, SessionLog, lines_of
from app.recording import RecordedOrchestrator
from app.replaying import Replay
from core.extensions import Extensions
from ports.errors import InvalidInputError
from ports.facts import OrderFilled
from ports.journal import Entry
from ports.values import Price

from fakes.desk import PATIENCE, Desk
from fakes.sayings import PERP, accepted, cancel, quote, submit, traded


class RecordedDesk(Desk):
    """A desk whose orchestrator writes down what it is given."""

    def __init__(self, log: SessionLog) -> None:
        self.log = log
        super().__init__()

    def _begin(self) -> Any:
        actor = RecordedOrchestrator(self.log, PATIENCE)
        actor.apply(entry.fact for entry in self.entries)
        self.actor = actor
        return super()._begin()


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[tuple[RecordedDesk, Path]]:
    log = SessionLog(tmp_path)
    path = log.open()
    log.put(Began(program="test", sequence=0, patience_ns=vars_of_patience(), plugin_rules=()))
    yield RecordedDesk(log), path
    log.close()


def vars_of_patience() -> dict[str, int]:
    return {name: getattr(PATIENCE, name) for name in ("answer_ns", "not_found_lag_ns", "statement_ns")}


def trade(desk: Desk, name: str) -> None:
    desk.receive(submit(name, buy="0.4"))
    desk.receive(accepted(name))
    desk.receive(quote(PERP, "49999.8", "50000.2"))
    desk.pass_time(7)
    desk.receive(traded(name, f"t-{name}", "0.1", "50000"))
    desk.receive(cancel(name))


def led(lines: list[Line], entries: list[Entry], ends: list[int]) -> Replay:
    replay = Replay(entries, Extensions())
    replay.lead(iter(lines), iter(ends))
    return replay


def test_a_session_led_again_has_the_same_facts(recorded: tuple[RecordedDesk, Path]) -> None:
    desk, path = recorded
    trade(desk, "one")
    trade(desk, "two")
    desk.log.flush()
    replay = led(list(lines_of(path)), desk.entries, [len(desk.entries)])
    assert replay.led.differences == []
    assert (replay.led.compared, replay.led.never_durable) == (len(desk.entries), 0)
    assert replay.led.sends == desk.sends
    assert replay.actor.book.canonical() == desk.actor.book.canonical()


def test_facts_that_died_with_their_process_are_counted_and_no_difference(
    recorded: tuple[RecordedDesk, Path],
) -> None:
    desk, path = recorded
    trade(desk, "one")
    durable = len(desk.entries)
    trade(desk, "two")  # and then the process is killed: its journal has nothing of it
    lost = len(desk.entries) - durable
    del desk.entries[durable:]
    desk.restart()
    trade(desk, "three")
    desk.log.flush()
    replay = led(list(lines_of(path)), desk.entries, [durable, len(desk.entries)])
    assert replay.led.differences == []
    assert (replay.led.compared, replay.led.never_durable) == (len(desk.entries), lost)


def test_one_digit_of_one_fact_is_found(recorded: tuple[RecordedDesk, Path]) -> None:
    desk, path = recorded
    trade(desk, "one")
    desk.log.flush()
    place = next(n for n, entry in enumerate(desk.entries) if isinstance(entry.fact, OrderFilled))
    fact = desk.entries[place].fact
    assert isinstance(fact, OrderFilled)
    altered = list(desk.entries)
    altered[place] = replace(altered[place], fact=replace(fact, price=Price(fact.price + Decimal("0.1"))))
    (difference,) = led(list(lines_of(path)), altered, [len(altered)]).led.differences
    assert difference.startswith(f"{place + 1}: ")


def test_a_message_left_out_is_found(recorded: tuple[RecordedDesk, Path]) -> None:
    desk, path = recorded
    trade(desk, "one")
    desk.log.flush()
    lines = list(lines_of(path))
    assert led(lines[:-1], desk.entries, [len(desk.entries)]).led.compared < len(desk.entries)
    told = next(
        place for place, line in enumerate(lines) if isinstance(line, Given) and line.message == accepted("one")
    )
    assert led([*lines[:told], *lines[told + 1 :]], desk.entries, [len(desk.entries)]).led.differences


def test_rules_of_plugins_that_are_not_here_refuse_the_replay() -> None:
    began = Began(program="test", sequence=0, patience_ns=vars_of_patience(), plugin_rules=("acme_quota",))
    with pytest.raises(InvalidInputError, match="acme_quota"):
        led([began], [], [])
