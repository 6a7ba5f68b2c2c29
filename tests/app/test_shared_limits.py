"""Limits between processes: what is in force in one is put in force in others, as a door would judge it, once."""

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from app.settings import parse_settings
from app.settings_problems import SettingsError
from app.shared_limits import LimitsFollowing, LimitsPublisher, command_of, limits_channel
from ports.actor import Command
from ports.commands import Limits, SetLimits
from ports.errors import LimitsChannelError, MailboxFullError
from ports.facts import LimitsSet
from ports.journal import Entry
from ports.projections import Projection
from ports.shared_limits import SharedLimits
from ports.values import CONFIGURATION, SYSTEM, Principal

from fakes.telemetry import RecordingTelemetry

ANN, BEN = Principal("ann"), Principal("ben")
TWO = Limits(max_orders_per_second=2, usd_per={"USDT": Decimal(1)})


def entry(seq: int, number: int, **more: Any) -> Entry:
    fact = LimitsSet(limits=replace(TWO, max_orders_per_second=number), principal=ANN, reason="busy", set_ns=9, **more)
    return Entry(seq=seq, ts_ns=9, epoch=1, actor="orchestrator", cause="", fact=fact)


class MemoryChannel:
    """What was put, in order; `troubles` are raised first; following ends when everything was told."""

    def __init__(self) -> None:
        self.put_so_far: list[SharedLimits] = []
        self.troubles: list[Exception] = []
        self.all_told = asyncio.Event()

    async def put(self, shared: SharedLimits) -> None:
        if self.troubles:
            raise self.troubles.pop(0)
        self.put_so_far.append(shared)

    async def follow(self) -> AsyncGenerator[SharedLimits]:
        if self.troubles:
            raise self.troubles.pop(0)
        for shared in self.put_so_far:
            yield shared
        self.all_told.set()
        await asyncio.Event().wait()

    async def ping(self) -> None:
        if self.troubles:
            raise self.troubles.pop(0)

    async def close(self) -> None:
        pass


class MemoryBook:
    """Takes commands; `troubles` are raised first."""

    def __init__(self) -> None:
        self.asked: list[Command] = []
        self.troubles: list[Exception] = []

    async def ask(self, command: Command) -> object:
        if self.troubles:
            raise self.troubles.pop(0)
        self.asked.append(command)
        return None


def publisher(channel: MemoryChannel) -> LimitsPublisher:
    return LimitsPublisher("london", channel, lambda: TWO, sequence=5, now_ns=7)


async def test_what_is_in_force_is_published_at_the_start_and_every_change_after_it() -> None:
    channel = MemoryChannel()
    made = publisher(channel)
    assert await made.cursor() == 5
    await made.take([entry(6, 3), entry(7, 4), replace(entry(8, 4), fact=entry(8, 5).fact)])
    assert [(one.sequence, one.fact.limits.max_orders_per_second) for one in channel.put_so_far] == [(5, 2), (8, 5)]
    assert (await made.cursor(), len(channel.put_so_far)) == (8, 2)


async def test_what_nobody_confirmed_is_published_again() -> None:
    channel = MemoryChannel()
    channel.troubles = [LimitsChannelError("away")]
    made = publisher(channel)
    with pytest.raises(LimitsChannelError):
        await made.cursor()
    await made.cursor()
    channel.troubles = [LimitsChannelError("away")]
    with pytest.raises(LimitsChannelError):
        await made.take([entry(6, 3)])
    assert await made.cursor() == 5  # the same entries come again
    await made.take([entry(6, 3)])
    assert [one.sequence for one in channel.put_so_far] == [5, 6]


async def test_who_publishes_can_begin_all_over() -> None:
    channel = MemoryChannel()
    made: Projection = publisher(channel)
    await made.cursor()
    await made.clear()
    assert (await made.cursor(), len(channel.put_so_far)) == (0, 2)


async def followed(channel: MemoryChannel, book: MemoryBook, telemetry: RecordingTelemetry) -> None:
    """Follow until everything was told."""
    following = asyncio.create_task(LimitsFollowing(channel, book, telemetry).run())
    async with asyncio.timeout(60):
        await channel.all_told.wait()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


def shared(number: int = 3, principal: Principal = ANN, approved_by: Principal | None = None) -> SharedLimits:
    fact = entry(1, number, approved_by=approved_by).fact
    assert isinstance(fact, LimitsSet)
    return SharedLimits(origin="london", sequence=number, fact=replace(fact, principal=principal))


async def test_who_follows_puts_each_in_force_once_with_who_and_why() -> None:
    channel, book, telemetry = MemoryChannel(), MemoryBook(), RecordingTelemetry()
    channel.put_so_far = [shared(3), shared(3), shared(4, approved_by=BEN)]
    await followed(channel, book, telemetry)
    assert [type(one) for one in book.asked] == [SetLimits, SetLimits]
    first, second = book.asked
    assert isinstance(first, SetLimits)
    assert isinstance(second, SetLimits)
    assert (first.principal, first.reason, first.approved_by) == (ANN, "london: busy", None)
    assert (second.limits.max_orders_per_second, second.approved_by) == (4, BEN)
    assert [event for event, _ in telemetry.notes] == ["limits.followed", "limits.followed"]


async def test_what_goes_wrong_is_noted_and_tried_again() -> None:
    channel, book, telemetry = MemoryChannel(), MemoryBook(), RecordingTelemetry()
    channel.put_so_far = [shared(3)]
    channel.troubles = [LimitsChannelError("away")]
    book.troubles = [MailboxFullError("full")]
    await followed(channel, book, telemetry)
    assert len(book.asked) == 1
    assert [event for event, _ in telemetry.notes] == ["limits.not_followed", "limits.not_followed", "limits.followed"]


async def test_limits_that_no_door_would_take_are_not_put_in_force_and_the_next_are() -> None:
    channel, book, telemetry = MemoryChannel(), MemoryBook(), RecordingTelemetry()
    channel.put_so_far = [shared(0)]
    following = asyncio.create_task(LimitsFollowing(channel, book, telemetry).run())
    async with asyncio.timeout(60):
        while not telemetry.notes:  # noqa: ASYNC110 - a list tells nobody
            await asyncio.sleep(0)
        channel.put_so_far = [shared(1)]
        await channel.all_told.wait()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    assert "max_orders_per_second" in str(telemetry.notes[0])
    assert [one.limits.max_orders_per_second for one in book.asked if isinstance(one, SetLimits)] == [1]


@pytest.mark.parametrize("principal", [CONFIGURATION, SYSTEM])
def test_the_configuration_of_another_process_is_not_ours(principal: Principal) -> None:
    assert command_of(shared(principal=principal)).principal == f"{principal}@london"


def test_nothing_goes_between_processes_unless_it_is_said() -> None:
    assert limits_channel(parse_settings("{}", {"REDIS_URL": "redis://127.0.0.1:1"}).redis) is None


@pytest.mark.parametrize(
    ("redis", "said"),
    [
        ({"limits": "follow"}, "REDIS_URL"),
        ({"limits": "both"}, "publish"),
        ({"limits": "publish", "url": "http://hunter2@redis"}, "begins with redis://"),
    ],
)
def test_what_cannot_be_used_is_named_without_its_password(redis: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        parse_settings(json.dumps({"redis": redis}), {})
    assert said in str(refusal.value)
    assert "hunter2" not in str(refusal.value)
