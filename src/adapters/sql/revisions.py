"""Whether a database's tables are those that this program was written for."""

from __future__ import annotations

from ports.errors import JournalCorruptError, JournalUnavailableError


def check_revision(where: object, found: object, known: str) -> None:
    """Refuse tables of another version; `found` is the version that the database names, None where it names none.

    Raises:
        JournalUnavailableError: older; they have to be migrated first.
        JournalCorruptError: newer, or another application's.
    """
    if found == known:
        return
    line, _, number = known.rpartition("_")
    if found is not None and (not str(found).startswith(f"{line}_") or str(found).rpartition("_")[2] > number):
        raise JournalCorruptError(f"{where}: its tables are {found!r}, which this livexec ({known!r}) does not know")
    raise JournalUnavailableError(f"{where}: its tables are {found or 'none'!r}; run `livexec db upgrade`")
