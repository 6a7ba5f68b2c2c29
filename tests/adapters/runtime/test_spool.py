"""The spool's file: what was kept is there after a crash, what was cleared is not, and damage is told."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from random import Random

import pytest

from adapters.runtime import FileSpool
from ports.commands import CancelAll, CancelOrder, HaltMode, HaltScope, RaiseHalt
from ports.errors import JournalCorruptError, SpoolUnavailableError
from ports.instruments import InstrumentKey
from ports.spool import Spooled
from ports.values import OperationId, Principal, Side, StrategyId

DESK = Principal("desk")
COMMANDS = (
    Spooled(CancelOrder(operation_id=OperationId("op-1"), principal=DESK, reason="grün"), 3),
    Spooled(
        CancelAll(
            principal=DESK,
            strategy_id=StrategyId("alpha"),
            instrument=InstrumentKey("BYBIT:PERPETUAL:BTC-USDT@LIN"),
            side=Side.SELL,
        ),
        3,
    ),
    Spooled(RaiseHalt(scope=HaltScope.VENUE, value="BYBIT", mode=HaltMode.CANCEL, principal=DESK, reason="r"), 4),
)


def in_real_time(test: Callable[[Path], Coroutine[None, None, None]]) -> Callable[[Path], None]:
    """Run a test on an ordinary loop: the spool writes in a thread, which a loop of virtual time cannot wait for."""

    def run(tmp_path: Path) -> None:
        asyncio.run(test(tmp_path))

    return run


async def kept_in(path: Path, *commands: Spooled) -> FileSpool:
    spool = FileSpool(path)
    assert await spool.open() == ()
    for one in commands:
        await spool.keep(one)
    return spool


@in_real_time
async def test_what_was_kept_is_there_for_the_next_process_in_its_order(tmp_path: Path) -> None:
    await kept_in(tmp_path / "spool", *COMMANDS)
    found = await FileSpool(tmp_path / "spool").open()
    assert tuple(found) == COMMANDS
    instrument = found[1].command
    assert isinstance(instrument, CancelAll)
    assert isinstance(instrument.instrument, InstrumentKey)


@in_real_time
async def test_what_was_cleared_does_not_come_back_behind_what_is_kept_later(tmp_path: Path) -> None:
    spool = await kept_in(tmp_path / "spool", COMMANDS[0], COMMANDS[0], COMMANDS[2])
    await spool.clear()
    assert await FileSpool(tmp_path / "spool").open() == []
    await spool.keep(COMMANDS[0])  # as long as the first before: what follows it in the file is the old second
    assert await FileSpool(tmp_path / "spool").open() == [COMMANDS[0]]


@in_real_time
async def test_a_record_cut_short_by_a_crash_is_none_and_the_next_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    await kept_in(path, *COMMANDS)
    held = bytearray(path.read_bytes())
    end = held.rindex(b"}") + 1
    held[end - 7 : end] = bytes(7)
    path.write_bytes(held)
    spool = FileSpool(path)
    assert tuple(await spool.open()) == COMMANDS[:2]
    await spool.keep(COMMANDS[2])
    assert tuple(await FileSpool(path).open()) == COMMANDS


@in_real_time
async def test_a_damaged_header_is_told_and_never_taken_for_an_empty_spool(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    await kept_in(path, *COMMANDS)
    held = bytearray(path.read_bytes())
    held[Random(0).randrange(20)] ^= 1
    path.write_bytes(held)
    with pytest.raises(JournalCorruptError, match=r"a halt or cancel .* may be missing"):
        await FileSpool(path).open()


@in_real_time
async def test_a_full_spool_refuses_and_keeps_what_it_has(tmp_path: Path) -> None:
    spool = FileSpool(tmp_path / "spool", size=300)
    await spool.open()
    await spool.keep(COMMANDS[0])
    await spool.keep(COMMANDS[0])
    with pytest.raises(SpoolUnavailableError, match="full"):
        await spool.keep(COMMANDS[1])
    assert await FileSpool(tmp_path / "spool", size=300).open() == [COMMANDS[0]] * 2


@in_real_time
async def test_its_room_is_taken_when_it_is_made(tmp_path: Path) -> None:
    spool = FileSpool(tmp_path / "spool", size=4096)
    await spool.open()
    assert (tmp_path / "spool").stat().st_blocks * 512 >= 4096  # written, not only promised
    await spool.keep(COMMANDS[0])
    assert (tmp_path / "spool").stat().st_size == 4096


@in_real_time
async def test_a_spool_that_cannot_be_made_says_where(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(SpoolUnavailableError, match="file"):
        await FileSpool(tmp_path / "file" / "spool").open()
