"""Facts last for ever: the journal of every release makes today what it made then."""

import json
from typing import Any

import pytest

from adapters.sql.codec import checksum_of, encode_fact
from golden.journals import folded, read, releases, rows_of, state_of, state_then
from ports.errors import JournalCorruptError
from ports.facts import FACTS, kind_of, version_of

from fakes.desk import digest
from fakes.journal import MemoryJournal, MemoryStore

RELEASES = pytest.mark.parametrize("release", releases())


def differences(then: Any, now: Any, place: str = "") -> list[str]:
    """What was so then and is not so now; what has come since is no difference."""
    if isinstance(then, dict) and isinstance(now, dict):
        return [one for key in then for one in differences(then[key], now.get(key, "nothing"), f"{place}/{key}")]
    return [] if then == now else [f"{place}: {then!r} then, {now!r} now"]


def test_there_is_a_journal_of_this_release() -> None:
    assert "0.1.0" in releases()


@RELEASES
def test_a_releases_journal_makes_the_state_that_it_made_then(release: str) -> None:
    assert differences(state_then(release), state_of(folded(read(release)))) == []


@RELEASES
def test_its_facts_are_written_again_as_they_stand_unless_their_version_has_changed(release: str) -> None:
    for entry, row in zip(read(release), rows_of(release), strict=True):
        if row[5] == version_of(entry.fact):
            now = json.loads(encode_fact(entry.fact))
            assert differences(json.loads(row[7]), now, f"{row[0]} {row[4]}") == []


@RELEASES
def test_it_tells_of_nearly_every_kind_that_it_knew(release: str) -> None:
    kinds = {kind_of(entry.fact) for entry in read(release)}
    assert len(kinds) >= 40
    assert kinds <= {kind.__name__ for kind in FACTS}


@RELEASES
def test_two_folds_of_it_are_alike(release: str) -> None:
    assert digest(folded(read(release))) == digest(folded(read(release)))


@pytest.mark.parametrize(
    ("kind", "version", "named"),
    [("OrderTeleported", 1, "'OrderTeleported' is not known"), ("LeaderStarted", 99, "LeaderStarted version 99")],
)
async def test_a_kind_or_version_of_a_newer_program_refuses_the_start_by_name(
    kind: str, version: int, named: str
) -> None:
    store = MemoryStore()
    store.rows = rows_of(releases()[-1])
    last = store.rows[-1]
    newer = (last[0] + 1, last[1], last[2], last[3], kind, version, "", b"{}")
    store.rows.append((*newer, checksum_of(last[8], newer)))
    with pytest.raises(JournalCorruptError, match=named):
        await MemoryJournal(store).open()
