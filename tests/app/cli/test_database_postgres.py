"""`livexec db` on a real server."""

from __future__ import annotations

import asyncio

import pytest

from adapters.sql import PostgresAddress, PostgresDatabase

from fakes.command import Livexec
from fakes.postgres import PostgresServer, behind
from fakes.story import random_story


async def written(address: PostgresAddress) -> int:
    journal = PostgresDatabase(address).journal()
    await journal.open()
    entries = random_story(seed=1, turns=60).entries
    await journal.append(entries)
    await journal.close()
    return len(entries)


def test_db_upgrades_rebuilds_and_checks_a_server(
    livexec: Livexec, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = postgres.empty()
    monkeypatch.setenv("DATABASE_URL", address.dsn)
    assert livexec("db", "check", "--json").document["reason_code"] == "JOURNAL_UNAVAILABLE"
    made = livexec("db", "upgrade", "--json").document
    assert made == {"ok": True, "journal": address.name, "projections": address.name}
    entries = asyncio.run(written(address))
    assert livexec("db", "rebuild", "--json").document["sequence"] == entries
    checked = livexec("db", "check", "--json")
    assert (checked.code, checked.document["journal"]["examined"]) == (0, entries)
    behind(address, "UPDATE unified_orders SET status = 'LOST'")
    told = livexec("db", "check", "--json")
    assert (told.code, told.document["projections"]["differences"][0]["table"]) == (1, "unified_orders")
    behind(address, "UPDATE journal SET ts_ns = ts_ns + 1 WHERE seq = 3")
    told = livexec("db", "check", "--json")
    assert [(each["damage"], each["first_seq"]) for each in told.document["journal"]["problems"]] == [("ALTERED", 3)]
