"""A recorded session gives back every message exactly as it was, and says so where it cannot."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.recording import Began, Given, Line, Made, SessionLog, SetAside, Started, lines_of, lives_in
from adapters.recording.lines import MESSAGES, read_line, write_line
from ports.actor import Told
from ports.algorithms import VolumeCurve
from ports.capabilities import PLAIN_ORDERS
from ports.commands import CloseStream, OpenStream, SubmitOrder
from ports.errors import InvalidInputError, ObjectMissingError
from ports.market_data import Book, Level, Quote, VolumeProfile
from ports.plain import reader_of
from ports.reports import FillReport, FundingReport, SessionUp
from ports.requests import WakeUp
from ports.values import Currency, Money, Principal, StrategyId, TradeId

from fakes.sayings import (
    ACCOUNTS,
    PERP,
    accepted,
    cancel,
    cancel_all,
    evidence,
    halt,
    instruments_of,
    not_found,
    outcome_unknown,
    public_trade,
    quote,
    resume,
    set_limits,
    statement,
    submit,
    traded,
)

NOW_NS = 1_700_000_000_000_000_123
BOOK = Book(
    instrument=PERP,
    bids=(Level(Decimal("49999.9"), Decimal("0.5")),),
    asks=(Level(Decimal("50000.1"), Decimal(2)), Level(Decimal("50000.2"), Decimal(0))),
    event_time_ns=1,
    received_ns=2,
)
SAID: list[Told] = [
    submit("op-1", buy="0.4", at="50000.10", tags={"desk": "a"}),
    cancel_all(),
    accepted("op-1"),
    evidence(accepted("op-1"), traded("op-1", "t-1", "0.1", "50000")),
    not_found("op-1", NOW_NS),
    public_trade(PERP, "0.5", NOW_NS),
    BOOK,
    VolumeProfile(instrument=PERP, curve=VolumeCurve(bucket_ns=1, volumes=(Decimal("1.5"),)), made_of="a day"),
    SessionUp(
        account=ACCOUNTS[PERP],
        venue=PERP.venue,
        instruments=tuple(instruments_of(ACCOUNTS[PERP])),
        abilities=PLAIN_ORDERS,
    ),
    cancel("op-1"),
    OpenStream(strategy_id=StrategyId("s"), stream_id="a", grace_ns=5, principal=Principal("p")),
    CloseStream(strategy_id=StrategyId("s"), stream_id="a", principal=Principal("p")),
    FundingReport(
        account=ACCOUNTS[PERP],
        instrument=PERP,
        payment_id=TradeId("f-1"),
        amount=Money(Decimal("-1.5"), Currency("USDT")),
        position=Decimal(2),
        venue_time_ns=NOW_NS,
    ),
    halt(),
    resume(),
    set_limits(max_order_quantity={"*": Decimal("1.50")}),
    quote(PERP, "49999.9", "50000.1"),
    traded("op-1", "t-1", "0.4", "50000"),
    outcome_unknown("op-1"),
    statement(ACCOUNTS[PERP], NOW_NS),
    WakeUp(token="watch|1|op-1"),
]
LINES: list[Line] = [
    Began(program="livexec 1", sequence=7, patience_ns={"answer_ns": 5}, plugin_rules=("acme_quota",)),
    Made(sequence=7),
    Started(epoch=3, program="livexec 1", now_ns=NOW_NS),
    SetAside(message=WakeUp(token="x"), error="ValueError: no", now_ns=NOW_NS),
]


@pytest.mark.parametrize("message", SAID, ids=lambda message: type(message).__name__)
def test_a_message_comes_back_as_it_was(message: Told) -> None:
    assert read_line(write_line(Given(message=message, now_ns=NOW_NS))) == Given(message=message, now_ns=NOW_NS)


@pytest.mark.parametrize("line", LINES, ids=lambda line: type(line).__name__)
def test_every_other_line_comes_back_as_it_was(line: Line) -> None:
    assert read_line(write_line(line)) == line


def test_every_message_that_there_is_can_be_recorded() -> None:
    of_each_alias = {SubmitOrder, FillReport, WakeUp, Quote}  # commands, reports, wake-ups, news of the market
    kinds: list[Any] = list(MESSAGES.values())
    assert of_each_alias <= set(kinds)
    assert all(callable(reader_of(kind)) for kind in kinds)


@pytest.mark.parametrize("place", [0, 4, 9, 40, -2])
def test_an_altered_line_is_refused(place: int) -> None:
    text = bytearray(write_line(Given(message=SAID[0], now_ns=NOW_NS)))
    text[place] ^= 1
    with pytest.raises(InvalidInputError):
        read_line(bytes(text))


def test_lines_are_read_in_the_order_of_putting_across_files(tmp_path: Path) -> None:
    for life in (1, 2):
        log = SessionLog(tmp_path)
        log.open()
        for line in LINES[life - 1 : life + 1]:
            log.put(line)
        log.close()
        log.close()
    assert [list(lines_of(path)) for path in lives_in(tmp_path)] == [LINES[0:2], LINES[1:3]]


def test_what_was_not_flushed_dies_and_a_torn_line_is_left_out(tmp_path: Path) -> None:
    log = SessionLog(tmp_path)
    path = log.open()
    log.put(LINES[0])
    log.flush()
    log.put(LINES[1])
    assert list(lines_of(path)) == LINES[:1]
    log.close()
    path.write_bytes(path.read_bytes()[:-3])
    assert list(lines_of(path)) == LINES[:1]


def test_an_altered_file_says_where(tmp_path: Path) -> None:
    log = SessionLog(tmp_path)
    path = log.open()
    for line in LINES:
        log.put(line)
    log.close()
    path.write_bytes(path.read_bytes().replace(b'"epoch":3', b'"epoch":4'))
    with pytest.raises(InvalidInputError, match=r"000001\.session line 3"):
        list(lines_of(path))


def test_a_file_of_a_newer_form_is_refused(tmp_path: Path) -> None:
    log = SessionLog(tmp_path)
    path = log.open()
    log.put(Began(program="livexec 9", sequence=0, patience_ns={}, plugin_rules=(), form=2))
    log.close()
    with pytest.raises(InvalidInputError, match="upgrade"):
        list(lines_of(path))


def test_a_folder_without_a_session_says_how_to_record_one(tmp_path: Path) -> None:
    with pytest.raises(ObjectMissingError, match="--record"):
        lives_in(tmp_path)
