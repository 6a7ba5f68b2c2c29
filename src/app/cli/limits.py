"""`livexec limits`: the pre-trade limits in force, and putting a whole document of them in force."""

from __future__ import annotations

import json as text_json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import App, Parameter
from cyclopts.validators import Path as PathValidator

from app.cli.failures import usage
from app.cli.options import HERE, WATCH_GROUP, Connection
from app.cli.output import emit
from app.cli.tables import section, shown, table
from ports import shown as columns

File = Annotated[Path, Parameter(validator=PathValidator(exists=True, dir_okay=False))]
_PATH: Final = "/api/risk/limits"
_DOCUMENT: Final = "limits"

limits = App(name="limits", group=WATCH_GROUP, help="Pre-trade limits of the running service.")


@limits.default
def show(*, connection: Connection = HERE) -> int:
    """Show the limits in force; what is not set is not limited."""
    from app.cli.rest import Rest

    with Rest.of(connection) as service:
        found = service.read(_PATH)
    emit({"ok": True, **found}, _said(found), as_json=connection.json)
    return 0


@limits.command(name="set")
def set_(file: File, /, *, reason: str, connection: Connection = HERE) -> int:
    """Put a whole document of limits in force, from the next order on and until the next start.

    At the next start the configuration's limits apply again: to keep a change, write it there too. Where
    controls.two_person_limits is set, what lets more through waits for livexec limits approve by another person.

    Parameters
    ----------
    file:
        JSON: what `livexec limits --json` prints, changed. Every key has to be there; null is not limited.
    reason:
        For the record.
    """
    from app.cli.rest import Rest

    body = {_DOCUMENT: _document(file), "reason": reason}
    with Rest.of(connection) as service:
        found = service.change("PUT", _PATH, body=body).document
    return _tell(found, connection)


@limits.command
def approve(proposal_id: str, /, *, reason: str, refuse: bool = False, connection: Connection = HERE) -> int:
    """Put limits in force that wait for a second person, by the token of another one than who proposed them.

    Parameters
    ----------
    proposal_id:
        As `livexec limits` shows it.
    reason:
        For the record.
    refuse:
        Never: they wait no more, and nothing changes.
    """
    from app.cli.rest import Rest

    body = {"proposal_id": proposal_id, "decision": "REFUSE" if refuse else "APPROVE", "reason": reason}
    with Rest.of(connection) as service:
        found = service.change("POST", f"{_PATH}/approve", body=body).document
    return _tell(found, connection)


def _tell(found: Mapping[str, Any], connection: Connection) -> int:
    """Print whether anything changed, the limits in force, and what waits."""
    waits = "it waits for a second person" if found["pending"] else "it was so already, or was refused"
    changed = "changed  yes" if found["changed"] else f"changed  no ({waits})"
    emit({"ok": True, **found}, f"{changed}\n\n{_said(found)}", as_json=connection.json)
    return 0


def _said(found: Mapping[str, Any]) -> str:
    """Return which limits hold nothing, the limits in force, and what waits."""
    warnings = "".join(f"warning: {each}\n\n" for each in found["warnings"])
    return f"{warnings}{_text(found[_DOCUMENT])}{_pending(found)}"


def _pending(found: Mapping[str, Any]) -> str:
    """Return what waits for a second person, and how to say that word; empty where nothing does."""
    waits = found["pending"]
    if waits is None:
        return ""
    title = f"waits for another person than {waits['principal']} ({waits['reason']})"
    remedy = f"livexec limits approve {waits['proposal_id']} --reason ..."
    return f"\n\n{section(title, table(waits['changes'], columns.LIMIT_CHANGES))}\n{remedy}"


def _document(file: Path) -> dict[str, Any]:
    """Read the document, alone or inside of what a listing printed; numbers stay the text that they are.

    Raises:
        FailedError: it is not JSON, not an object, or has a name twice.
    """
    try:
        read = text_json.loads(
            file.read_text(encoding="utf-8"), parse_float=str, parse_int=str, object_pairs_hook=_without_repeats
        )
    except ValueError as broken:
        raise usage("file", str(file), f"write the limits as JSON ({broken})") from broken
    if not isinstance(read, dict):
        raise usage("file", str(file), "write one JSON object, as `livexec limits --json` prints it")
    inner = read.get(_DOCUMENT)
    return inner if isinstance(inner, dict) else read


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name, value in pairs:
        if name in read:
            raise ValueError(f"{name} is there twice")
        read[name] = value
    return read


def _text(document: Mapping[str, Any]) -> str:
    """Return every limit on a line of its own, those that are not set too: a limit that is missing must be seen."""
    width = max(len(name) for name in document)
    return "\n".join(f"{name.ljust(width)}  {shown(value) or 'not set'}" for name, value in document.items())
