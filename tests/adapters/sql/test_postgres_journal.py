"""What is PostgreSQL's own of the journal: one writer by lock and epoch, lost connections, servers that stop."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import asyncpg
import pytest

from adapters.sql import (
    Lease,
    PostgresAddress,
    PostgresDatabase,
    PostgresJournal,
    PostgresJournalReader,
    Valuation,
)
from adapters.sql.cutting import TAIL_CHECKED
from ports.errors import JournalCorruptError, JournalLostError, JournalUnavailableError
from ports.facts import Fact, LeaderStarted
from ports.journal import Head

from contract.journal.facts import entries
from fakes.postgres import PostgresServer, behind
from fakes.severing import Cut, Wire

WRITER = """
import asyncio, sys
from adapters.sql import PostgresJournal, postgres_address
from ports.errors import JournalUnavailableError
from ports.facts import LeaderStarted
from ports.journal import Entry

async def main():
    journal = PostgresJournal(postgres_address(sys.stdin.readline().strip()), timeout_s=20)
    await journal.open()
    for seq in range(1, 1_000_000):
        fact = LeaderStarted(epoch=1, program="killed", started_ns=seq)
        await journal.append([Entry(seq=seq, ts_ns=seq, epoch=1, actor="book", cause="", fact=fact)])
        print(seq, flush=True)

async def told():
    try:
        await main()
    except JournalUnavailableError as refusal:
        print(f"refused: {refusal}", flush=True)

asyncio.run(told())
"""


def leaders(count: int) -> list[Fact]:
    return [LeaderStarted(epoch=1, program="livexec", started_ns=number) for number in range(count)]


@asynccontextmanager
async def opened(address: PostgresAddress, *, timeout_s: float = 10.0) -> AsyncIterator[PostgresJournal]:
    journal = PostgresJournal(address, timeout_s=timeout_s, takeover_s=1.0)
    await journal.open()
    try:
        yield journal
    finally:
        await journal.close()


async def head_when_it_answers(journal: PostgresJournal) -> Head:
    """Ask again and again, as the service does."""
    while True:
        try:
            return await journal.head()
        except JournalUnavailableError as silence:
            assert "leads" not in str(silence)  # noqa: PT017 - the others are what is waited for


def end_sessions_of(address: PostgresAddress, application: str) -> None:
    behind(
        address,
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name LIKE $1 || '%'",
        application,
    )


async def waits_for_a_lock(address: PostgresAddress, statement: str) -> None:
    """Return when the server says that a statement like this waits."""
    asked = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1"
    while not await asyncio.to_thread(behind, address, asked, f"%{statement}%"):
        continue


@asynccontextmanager
async def inserts_wait(address: PostgresAddress) -> AsyncIterator[None]:
    """Let whoever inserts into the journal wait inside the statement until the block ends."""
    holder = await asyncpg.connect(address.dsn)
    await holder.execute(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NEW; END $$;"
        " CREATE TRIGGER waiting BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION wait();"
        " SELECT pg_advisory_lock(42)"
    )
    try:
        yield
    finally:
        await holder.close()


# -- what an append means


async def test_a_commit_is_durable_whatever_the_server_is_configured_to(address: PostgresAddress) -> None:
    (row,) = behind(address, "SELECT current_database() AS name")
    for setting in ("synchronous_commit = off", "statement_timeout = 1"):
        behind(address, f"ALTER DATABASE {row['name']} SET {setting}")
    async with opened(address) as journal:
        assert journal._writer is not None
        assert await journal._writer.fetchval("SHOW synchronous_commit") == "on"
        assert await journal._writer.fetchval("SHOW statement_timeout") == "0"


async def test_a_batch_is_one_statement_however_large(address: PostgresAddress) -> None:
    written = entries(leaders(20_000))
    async with opened(address) as journal:
        await journal.append(written)
        assert await journal.head() == Head(20_000, 1)
        assert list(await journal.read(0, 30_000)) == written
    transactions = behind(address, "SELECT count(DISTINCT xmin::text) AS n FROM journal")
    assert transactions == [{"n": 1}]


async def test_a_cause_with_a_character_that_text_cannot_hold_is_kept_without_it(address: PostgresAddress) -> None:
    (entry,) = entries(leaders(1))
    async with opened(address) as journal:
        await journal.append([replace(entry, cause="FillReport:a\x00b")])
        assert list(await journal.read(0, 1)) == [replace(entry, cause="FillReport:a\ufffdb")]


async def test_only_the_end_is_read_when_a_long_journal_is_opened(address: PostgresAddress) -> None:
    async with opened(address) as journal:
        await journal.append(entries(leaders(TAIL_CHECKED + 10)))
    behind(address, "UPDATE journal SET cause = 'altered' WHERE seq = 9")
    async with opened(address) as journal:
        with pytest.raises(JournalCorruptError, match="seq 9 "):
            await journal.read(0, 20)
    behind(address, "UPDATE journal SET cause = 'altered' WHERE seq = 11")
    with pytest.raises(JournalCorruptError, match="seq 11 "):
        await PostgresJournal(address).open()


# -- connections that are lost


@pytest.mark.parametrize(("when", "durable"), [(Cut.BEFORE_DURABLE, 2), (Cut.AFTER_DURABLE, 5)])
async def test_a_commit_whose_answer_is_lost_is_unknown_until_the_head_is_read(
    postgres: PostgresServer, address: PostgresAddress, when: Cut, durable: int
) -> None:
    async with Wire(postgres.socket, address) as wire, opened(wire.address) as journal:
        await journal.append(entries(leaders(2)))
        wire.cut_at_next_append(when)
        with pytest.raises(JournalUnavailableError, match="append: connection") as lost:
            await journal.append(entries(leaders(3), after_seq=2))
        assert "hunter2" not in repr(lost.value)
        with pytest.raises(JournalUnavailableError, match="read the head first"):
            await journal.append(entries(leaders(3), after_seq=2))
        assert await journal.head() == Head(durable, 1)
        await journal.append(entries(leaders(1), after_seq=durable))
        assert len(await journal.read(0, 10)) == durable + 1


async def test_what_is_under_way_in_a_lost_session_is_over_before_the_head_is_read(
    postgres: PostgresServer, address: PostgresAddress
) -> None:
    async with Wire(postgres.socket, address) as wire, opened(wire.address) as journal:
        await journal.append(entries(leaders(2)))
        async with inserts_wait(address):
            wire.cut_at_next_append(Cut.UNDER_WAY)
            with pytest.raises(JournalUnavailableError, match="append: connection"):
                await journal.append(entries(leaders(3), after_seq=2))
            await waits_for_a_lock(address, "INSERT INTO journal")
            assert await journal.head() == Head(2, 1)  # it has ended its own session, which the server believed in
        assert len(behind(address, "SELECT seq FROM journal")) == 2
        await journal.append(entries(leaders(1), after_seq=2))


async def test_a_session_that_is_ended_within_an_append_has_done_nothing(address: PostgresAddress) -> None:
    async with opened(address) as journal:
        async with inserts_wait(address):
            append = asyncio.create_task(journal.append(entries(leaders(3))))
            await waits_for_a_lock(address, "INSERT INTO journal")
            end_sessions_of(address, f"livexec process {os.getpid()}")
            with pytest.raises(JournalUnavailableError, match=r"terminating connection|connection was closed"):
                await append
            assert await journal.head() == Head(0, 0)
        await journal.append(entries(leaders(3)))
        assert await journal.head() == Head(3, 1)


async def test_a_session_that_is_ended_between_appends_costs_one_append(address: PostgresAddress) -> None:
    async with opened(address) as journal:
        await journal.append(entries(leaders(2)))
        end_sessions_of(address, "livexec")
        with pytest.raises(JournalUnavailableError):
            await journal.append(entries(leaders(1), after_seq=2))
        assert await journal.head() == Head(2, 1)
        await journal.append(entries(leaders(1), after_seq=2))


async def test_a_server_that_is_killed_loses_nothing_and_the_journal_goes_on_when_it_is_back(
    postgres: PostgresServer, address: PostgresAddress
) -> None:
    async with opened(address) as journal:
        await journal.append(entries(leaders(5)))
        postgres.kill()
        with pytest.raises(JournalUnavailableError):
            await journal.append(entries(leaders(1), after_seq=5))
        for answer in (journal.head(), journal.read(0, 10), journal.head()):
            with pytest.raises(JournalUnavailableError):
                await answer
        postgres.start()
        assert await journal.head() == Head(5, 1)
        await journal.append(entries(leaders(1), after_seq=5))
        assert len(await journal.read(0, 10)) == 6


async def test_a_server_that_answers_no_more_is_waited_for_only_so_long(
    postgres: PostgresServer, address: PostgresAddress
) -> None:
    async with opened(address, timeout_s=0.3) as journal:
        await journal.append(entries(leaders(2)))
        postgres.freeze()
        try:
            with pytest.raises(JournalUnavailableError, match=r"not durable in 0\.3 s"):
                await journal.append(entries(leaders(3), after_seq=2))
            for _ in range(2):
                with pytest.raises(JournalUnavailableError, match=r"no answer in 0\.3 s|connect: no answer"):
                    await journal.head()
        finally:
            postgres.thaw()
        head = await head_when_it_answers(journal)
        assert head.seq in {2, 5}
        assert len(await journal.read(0, 10)) == head.seq
        await journal.append(entries(leaders(1), after_seq=head.seq))


async def test_a_reader_follows_on_a_new_connection(address: PostgresAddress) -> None:
    reader = PostgresJournalReader(address)
    async with opened(address) as journal:
        await journal.append(entries(leaders(2)))
        await reader.open()
        await reader.open()
        assert len(await reader.read(0, 5)) == 2
        end_sessions_of(address, "livexec")
        with pytest.raises(JournalUnavailableError):
            await reader.read(0, 5)
        assert len(await reader.read(0, 5)) == 2
    await reader.close()
    await reader.close()
    with pytest.raises(JournalUnavailableError, match="not open"):
        await reader.read(0, 5)


async def test_a_reader_cannot_write_and_answers_many_at_once(address: PostgresAddress) -> None:
    reader = PostgresJournalReader(address)
    await reader.open()
    with pytest.raises(JournalUnavailableError, match="read-only transaction"):
        await reader.rows("DELETE FROM journal")
    assert await asyncio.gather(*[reader.read(0, 5) for _ in range(20)]) == [[]] * 20
    await reader.close()


# -- one writer


async def test_who_holds_the_journal_is_named_to_who_wants_it(address: PostgresAddress) -> None:
    async with opened(address):
        with pytest.raises(JournalUnavailableError, match=rf"process {os.getpid()} on .*, leader since epoch 1\)"):
            await PostgresJournal(address, takeover_s=0).open()


async def test_a_leader_that_lost_its_lead_without_noticing_appends_nothing(address: PostgresAddress) -> None:
    async with opened(address) as journal:
        await journal.append(entries(leaders(2)))
        behind(address, "UPDATE journal_leader SET epoch = epoch + 1, holder = 'process 7 on elsewhere'")
        with pytest.raises(JournalLostError, match=r"another process leads since epoch 2 \(process 7 on elsewh"):
            await journal.append(entries(leaders(1), after_seq=2))
        for _ in range(2):
            with pytest.raises(JournalLostError, match="another process leads since epoch 2"):
                await journal.head()
        with pytest.raises(JournalUnavailableError, match="read the head first"):
            await journal.append(entries(leaders(1), after_seq=2))
    assert len(behind(address, "SELECT seq FROM journal")) == 2


async def test_who_takes_the_lead_waits_for_an_append_that_is_under_way(address: PostgresAddress) -> None:
    async with opened(address) as journal:
        async with inserts_wait(address):
            append = asyncio.create_task(journal.append(entries(leaders(3))))
            await waits_for_a_lock(address, "INSERT INTO journal")
            rival = await asyncpg.connect(address.dsn)
            taking = asyncio.create_task(rival.execute("UPDATE journal_leader SET epoch = epoch + 1"))
            await waits_for_a_lock(address, "UPDATE journal_leader")
            assert not append.done()
        await append
        await taking
        assert await rival.fetchval("SELECT count(*) FROM journal") == 3  # so the new leader's head holds it
        await rival.close()
        with pytest.raises(JournalUnavailableError, match="another process leads since epoch 2"):
            await journal.append(entries(leaders(1), after_seq=3))


async def test_a_paused_leader_wakes_up_behind_its_successor_and_is_refused(
    address: PostgresAddress, valuation: Valuation
) -> None:
    async with written_by_a_process(address) as writer:
        assert writer.stdout is not None
        told = [int(await writer.stdout.readline()) for _ in range(20)]
        writer.send_signal(signal.SIGSTOP)
        end_sessions_of(address, f"livexec process {writer.pid}")  # as the server does when keep-alives fail
        async with opened(address) as journal:
            head = await journal.head()
            await journal.append(entries(leaders(3), after_seq=head.seq, epoch=2))
            writer.send_signal(signal.SIGCONT)
            said = (await writer.stdout.read()).decode().split("\n")[:-1]
            assert said[-1].startswith("refused: ")
            told += [int(line) for line in said[:-1]]
            assert await journal.head() == Head(head.seq + 3, 2)
        assert head.seq in {told[-1], told[-1] + 1}
    assert not (await PostgresDatabase(address).check(valuation)).journal.problems


async def test_what_a_killed_process_was_told_is_durable_is_there_and_its_lock_is_gone(
    address: PostgresAddress,
) -> None:
    async with written_by_a_process(address) as writer:
        assert writer.stdout is not None
        told = [int(await writer.stdout.readline()) for _ in range(50)]
        with pytest.raises(JournalUnavailableError, match=f"another process writes to it .process {writer.pid} on"):
            await PostgresJournal(address, takeover_s=0).open()
        writer.kill()
        told += [int(line) for line in (await writer.stdout.read()).split(b"\n")[:-1]]
        await writer.wait()
        async with opened(address) as journal:
            head = await journal.head()
            assert head.seq in {told[-1], told[-1] + 1}  # the last one may be durable although nobody was told
            await journal.append(entries(leaders(2), after_seq=head.seq))


async def test_a_standby_waits_says_so_and_takes_over(address: PostgresAddress) -> None:
    said: list[str] = []
    waits = asyncio.Event()

    def hear(line: str) -> None:
        said.append(line)
        waits.set()

    standby = PostgresJournal(address, standby=True, takeover_s=0, on_waiting=hear)
    async with opened(address) as journal:
        await journal.append(entries(leaders(2)))
        taking = asyncio.create_task(standby.open())
        await waits.wait()
        assert not taking.done()
        with pytest.raises(JournalUnavailableError, match="another process writes"):
            await PostgresJournal(address, takeover_s=0).open()
    assert await taking == Head(2, 1)
    holder = f"process {os.getpid()} on {socket.gethostname()}, leader since epoch 1"
    assert said == [f"standby: {address.name}: another process writes to it ({holder}); waiting for its end"]
    await standby.append(entries(leaders(1), after_seq=2, epoch=2))
    await standby.close()


async def test_a_standby_ends_the_session_of_a_leader_whose_lease_has_run_out(address: PostgresAddress) -> None:
    said: list[str] = []
    before, after = Lease(400, 60_000_000_000), Lease(60_000, 60_000_000_000)
    leader = PostgresJournal(address, lease=before)
    standby = PostgresJournal(address, standby=True, takeover_s=0, on_waiting=said.append, lease=after)
    await leader.open()
    try:
        await leader.append(entries(leaders(2)))
        await leader.renew()
        assert before.barred_s() <= 0
        assert await standby.open() == Head(2, 1)  # nothing renews it from here on
        assert after.order_s() > 0
        assert 0 < after.barred_s() <= 60.4  # until the other lease has ended, and what was sent by then has arrived
        assert "the leader's lease has run out" in said[-1]
        with pytest.raises(JournalLostError, match="another process leads since epoch 2"):
            await leader.renew()
        with pytest.raises(JournalUnavailableError):
            await leader.append(entries(leaders(1), after_seq=2))
        await standby.append(entries(leaders(1), after_seq=2, epoch=2))
    finally:
        await standby.close()
        await leader.close()
    third = Lease(400, None)
    journal = PostgresJournal(address, lease=third)
    await journal.open()
    assert third.barred_s() > 0  # the one before gave up while the first had still to be waited for
    await journal.close()


async def test_a_lease_that_is_given_back_keeps_nobody_waiting(address: PostgresAddress) -> None:
    for _ in range(2):
        lease = Lease(5_000, 7_000_000_000)
        journal = PostgresJournal(address, lease=lease)
        await journal.open()
        assert lease.barred_s() <= 0
        await journal.close()
        assert lease.order_s() <= 0


async def test_a_renewal_makes_a_lost_connection_again(address: PostgresAddress) -> None:
    lease = Lease(5_000, None)
    journal = PostgresJournal(address, lease=lease)
    await journal.open()
    behind(address, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
    with pytest.raises(JournalUnavailableError):
        await journal.append(entries(leaders(1)))
    await journal.renew()
    assert await journal.head() == Head(0, 0)
    await journal.append(entries(leaders(1)))
    await journal.close()


async def test_a_standby_that_is_told_to_stop_stops(address: PostgresAddress) -> None:
    waits = asyncio.Event()
    standby = PostgresJournal(address, standby=True, takeover_s=0, on_waiting=lambda _: waits.set())
    async with opened(address):
        taking = asyncio.create_task(standby.open())
        await waits.wait()
        taking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await taking
    async with opened(address) as journal:  # and it does not stand in the way
        assert await journal.head() == Head(0, 0)


async def test_two_journals_in_two_schemas_have_two_writers(address: PostgresAddress) -> None:
    for schema in ("one", "two"):
        behind(address, f"CREATE SCHEMA {schema}")
        await PostgresDatabase(address.in_schema(schema)).upgrade()
    async with opened(address.in_schema("one")) as one, opened(address.in_schema("two")) as two, opened(address):
        await one.append(entries(leaders(1)))
        assert (await one.head(), await two.head()) == (Head(1, 1), Head(0, 0))


# -- what cannot be had


async def test_a_database_that_was_never_made_says_how_to_make_it(
    postgres: PostgresServer, address: PostgresAddress
) -> None:
    for make in (PostgresJournal, PostgresJournalReader):
        with pytest.raises(JournalUnavailableError, match="run `livexec db upgrade`"):
            await make(postgres.empty()).open()
        with pytest.raises(JournalUnavailableError, match="there is no such database"):
            await make(PostgresAddress("nowhere", postgres.url("nowhere"))).open()
    behind(address, "UPDATE journal_version SET version_num = 'journal_0999'")
    with pytest.raises(JournalCorruptError, match="journal_0999"):
        await PostgresJournal(address).open()


@asynccontextmanager
async def written_by_a_process(address: PostgresAddress) -> AsyncIterator[asyncio.subprocess.Process]:
    """Let another process append one entry after the other, and tell of each."""
    writer = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WRITER),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert writer.stdin is not None
    writer.stdin.write(f"{address.dsn}\n".encode())
    try:
        yield writer
    finally:
        if writer.returncode is None:
            writer.kill()
        await writer.communicate()
