"""What every journal promises; the fake sits it beside the real one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import batched
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sql.codec import checksum_of, encode_entries
from ports.errors import JournalCorruptError, JournalUnavailableError
from ports.facts import Fact, LeaderStarted, OrderTombstoned
from ports.journal import Entry, Head, Journal
from ports.values import OperationId, Principal

from contract.journal.facts import KINDS, any_facts, entries, facts_of
from contract.journal.stores import InMemory, OnPostgres, OnSqlite, Store
from fakes.postgres import PostgresServer

type MakeStore = Callable[[], Store]


@pytest.fixture(scope="module", params=["memory", "sqlite", "postgresql"])
def make(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> MakeStore:
    """Return what makes an empty store, again and again."""
    if request.param == "memory":
        return InMemory
    if request.param == "sqlite":
        return lambda: OnSqlite(tmp_path_factory.mktemp("store"))
    server: PostgresServer = request.getfixturevalue("postgres")
    address = server.fresh()
    return lambda: OnPostgres(address)


@pytest.fixture
def store(make: MakeStore) -> Store:
    return make()


def tombstones(count: int) -> list[Fact]:
    return [
        OrderTombstoned(
            operation_id=OperationId(f"op-{number}"), principal=Principal("desk"), reason="", requested_ns=number
        )
        for number in range(count)
    ]


@asynccontextmanager
async def opened(store: Store) -> AsyncIterator[Journal]:
    journal = store.journal()
    await journal.open()
    try:
        yield journal
    finally:
        await journal.close()


async def test_a_new_journal_is_empty(store: Store) -> None:
    journal = store.journal()
    assert await journal.open() == Head(0, 0)
    assert await journal.head() == Head(0, 0)
    assert list(await journal.read(0, 10)) == []
    await journal.close()


@pytest.mark.parametrize("kinds", [*batched(KINDS, 6)], ids=lambda some: f"{some[0].__name__} to {some[-1].__name__}")
@settings(max_examples=12)
@given(data=st.data())
async def test_every_kind_of_fact_reads_back_as_it_was_written(
    make: MakeStore, kinds: tuple[type[Fact], ...], data: st.DataObject
) -> None:
    written = entries([data.draw(facts_of(kind), kind.__name__) for kind in kinds])
    async with opened(make()) as journal:
        await journal.append(written)
        assert list(await journal.read(0, 10)) == written


@settings(max_examples=20)
@given(facts=st.lists(any_facts(), min_size=1, max_size=12), data=st.data())
async def test_however_it_is_appended_and_read_the_sequence_is_the_same(
    make: MakeStore, facts: list[Fact], data: st.DataObject
) -> None:
    written = entries(facts)
    read: list[Entry] = []
    async with opened(make()) as journal:
        at = 0
        while at < len(written):
            size = data.draw(st.integers(1, len(written) - at))
            await journal.append(written[at : at + size])
            at += size
        while page := await journal.read(len(read), data.draw(st.integers(1, 5))):
            read += page
    assert read == written


async def test_a_read_stops_at_its_limit_and_starts_after_its_sequence(store: Store) -> None:
    written = entries(tombstones(5))
    async with opened(store) as journal:
        await journal.append(written)
        assert list(await journal.read(0, 2)) == written[:2]
        assert list(await journal.read(2, 2)) == written[2:4]
        assert list(await journal.read(4, 2)) == written[4:]
        assert list(await journal.read(5, 2)) == []
        assert list(await journal.read(99, 2)) == []


async def test_what_was_appended_is_there_after_it_was_opened_again(store: Store) -> None:
    written = entries(tombstones(3), epoch=7)
    async with opened(store) as journal:
        await journal.append(written)
    again = store.journal()
    assert await again.open() == Head(3, 7)
    assert list(await again.read(0, 10)) == written
    await again.append(entries(tombstones(2), after_seq=3, epoch=8))
    assert await again.head() == Head(5, 8)
    await again.close()


@pytest.mark.parametrize("first", [0, 1, 2, 4, 5], ids=lambda first: f"{first} for 3")
async def test_entries_that_leave_a_hole_or_repeat_are_refused(store: Store, first: int) -> None:
    async with opened(store) as journal:
        await journal.append(entries(tombstones(2)))
        with pytest.raises(ValueError, match="3 is next"):
            await journal.append(entries(tombstones(2), after_seq=first - 1))
        assert await journal.head() == Head(2, 1)
        await journal.append(entries(tombstones(1), after_seq=2))


async def test_a_hole_inside_a_batch_is_refused_and_so_is_an_empty_batch(store: Store) -> None:
    async with opened(store) as journal:
        first, _, third = entries(tombstones(3))
        for batch in ([first, third], []):
            with pytest.raises(ValueError):  # noqa: PT011 - the next line says what matters
                await journal.append(batch)
        assert await journal.head() == Head(0, 0)


async def test_a_batch_that_the_store_refuses_in_part_is_not_there_at_all(store: Store) -> None:
    async with opened(store) as journal:
        await journal.append(entries(tombstones(2)))
        store.refuse(5)
        with pytest.raises(JournalUnavailableError):
            await journal.append(entries(tombstones(4), after_seq=2))
        assert await journal.head() == Head(2, 1)
        assert len(await journal.read(0, 10)) == 2


async def test_after_a_failed_append_nothing_is_taken_until_the_head_was_read(store: Store) -> None:
    async with opened(store) as journal:
        store.refuse(2)
        with pytest.raises(JournalUnavailableError):
            await journal.append(entries(tombstones(2)))
        store.refuse(None)
        with pytest.raises(JournalUnavailableError, match="head"):
            await journal.append(entries(tombstones(2)))
        assert await journal.head() == Head(0, 0)
        await journal.append(entries(tombstones(2)))
        assert len(await journal.read(0, 10)) == 2


async def test_after_a_cancelled_append_the_head_says_what_became_of_it(store: Store) -> None:
    async with opened(store) as journal:
        append = asyncio.create_task(journal.append(entries(tombstones(3))))
        await asyncio.sleep(0)
        append.cancel()
        with pytest.raises(asyncio.CancelledError):
            await append
        with pytest.raises(JournalUnavailableError, match="head"):
            await journal.append(entries(tombstones(1), after_seq=3))
        head = await journal.head()
        assert head.seq in {0, 3}
        assert len(await journal.read(0, 10)) == head.seq
        await journal.append(entries(tombstones(1), after_seq=head.seq))


async def test_appends_at_once_are_taken_one_after_the_other(store: Store) -> None:
    written = entries(tombstones(40))
    async with opened(store) as journal:
        await asyncio.gather(*[journal.append(written[at : at + 4]) for at in range(0, 40, 4)])
        assert list(await journal.read(0, 100)) == written


async def test_a_fact_that_cannot_be_written_leaves_nothing_behind(store: Store) -> None:
    poison = entries(tombstones(2))
    broken: Any = object()
    poison[1] = replace(poison[1], fact=replace(poison[1].fact, reason=broken))
    async with opened(store) as journal:
        with pytest.raises(ValueError, match="OrderTombstoned cannot be written"):
            await journal.append(poison)
        await journal.append(entries(tombstones(2)))
        assert await journal.head() == Head(2, 1)


async def test_a_second_writer_is_refused_until_the_first_lets_go(store: Store) -> None:
    first, second = store.journal(), store.journal()
    await first.open()
    with pytest.raises(JournalUnavailableError, match="another process writes"):
        await second.open()
    await first.append(entries(tombstones(1)))
    await first.close()
    await first.close()
    assert await second.open() == Head(1, 1)
    await second.close()


async def test_a_journal_that_is_not_open_does_not_answer(store: Store) -> None:
    journal = store.journal()
    for answer in (journal.head(), journal.read(0, 1), journal.append(entries(tombstones(1)))):
        with pytest.raises(JournalUnavailableError):
            await answer
    await journal.close()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("ts_ns", 5),
        ("epoch", 9),
        ("actor", "boot"),
        ("kind", "LeaderStarted"),
        ("version", 2),
        ("cause", "op-3"),
        ("body", b'{"operation_id":"op-9","principal":"desk","reason":"","requested_ns":1}'),
        ("checksum", 0),
    ],
)
async def test_an_altered_entry_is_found_by_reading_and_named(store: Store, column: str, value: Any) -> None:
    async with opened(store) as journal:
        await journal.append(entries(tombstones(3)))
        store.change(2, **{column: value})
        assert len(await journal.read(0, 1)) == 1
        with pytest.raises(JournalCorruptError, match="seq 2 "):
            await journal.read(0, 10)


async def test_one_flipped_byte_is_found_by_reading_and_named(store: Store) -> None:
    async with opened(store) as journal:
        await journal.append(entries(tombstones(3)))
        body = bytearray(store.rows()[1][7])
        body[len(body) // 2] ^= 1
        store.change(2, body=bytes(body))
        with pytest.raises(JournalCorruptError, match="seq 2 "):
            await journal.read(1, 1)


async def test_a_missing_entry_is_found_by_reading_and_named(store: Store) -> None:
    async with opened(store) as journal:
        await journal.append(entries(tombstones(4)))
        store.remove(2)
        with pytest.raises(JournalCorruptError, match="seq 2 is missing"):
            await journal.read(0, 10)
        with pytest.raises(JournalCorruptError, match="seq 2 is missing"):
            await journal.read(2, 10)
        assert len(await journal.read(3, 10)) == 1


async def test_a_journal_whose_end_does_not_hold_together_is_not_opened(store: Store) -> None:
    async with opened(store) as journal:
        await journal.append(entries(tombstones(3)))
    store.change(3, cause="somebody else")
    damaged = store.journal()
    with pytest.raises(JournalCorruptError, match="seq 3 "):
        await damaged.open()
    store.change(3, cause="op-3")
    assert await damaged.open() == Head(3, 1)  # and it had let go of the lock
    await damaged.close()


@pytest.mark.parametrize(("kind", "version"), [("OrderTeleported", 1), ("LeaderStarted", 99)])
async def test_a_kind_or_version_of_a_newer_program_is_refused_by_name(store: Store, kind: str, version: int) -> None:
    (row,) = encode_entries(entries([LeaderStarted(epoch=1, program="livexec 99", started_ns=1)]), 0)
    content = (*row[:4], kind, version, *row[6:8])
    store.insert((*content, checksum_of(0, content)))
    journal = store.journal()
    with pytest.raises(JournalCorruptError, match=rf"seq 1: .*{kind}"):
        await journal.open()
    await journal.close()


async def test_an_entry_is_known_by_its_checksum_and_one_that_is_not_there_has_none(store: Store) -> None:
    async with opened(store) as journal:
        await journal.append(entries(tombstones(3)))
        found = [await journal.checksum(seq) for seq in (0, 1, 3, 4)]
    rows = {row[0]: row[8] for row in store.rows()}
    assert found == [None, rows[1], rows[3], None]
