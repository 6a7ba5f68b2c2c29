"""`livexec token`: giving out, replacing and taking back the tokens of principals, while the service runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from cyclopts import App, Parameter

from app.cli.options import Json, Texts
from app.cli.output import emit
from app.cli.tables import table

token: Final = App(
    name="token", help="Tokens of principals, in the file that `doors.token_file` names.", group="Service"
)
_LISTED: Final = ("principal", "role", "strategies", "tokens")
File = Annotated[Path, Parameter(help="The file that `doors.token_file` names.")]


@token.default
def show(*, file: File, json: Json = False) -> int:
    """List who is in the file; no token can be read from it."""
    from adapters.doors.key_file import read_keys

    found = [
        {
            "principal": name,
            "role": str(one.grant.role),
            "strategies": sorted(one.grant.strategies),
            "tokens": len(one.digests),
        }
        for name, one in read_keys(file).items()
    ]
    emit({"ok": True, "principals": found}, table(found, _LISTED), as_json=json)
    return 0


@token.command
def new(
    principal: str,
    /,
    *,
    file: File,
    role: Literal["viewer", "trader", "risk", "admin"],
    strategies: Texts = (),
    json: Json = False,
) -> int:
    """Give a principal a new token, printed this once; the one before stays good until it is taken back.

    Parameters
    ----------
    principal:
        Whose name facts carry.
    role:
        viewer reads; trader trades; risk halts, limits and puts right; admin does all of it.
    strategies:
        Of a trader: the strategies that it may trade for; without any, all.
    """
    from adapters.doors.key_file import new_token, person, read_keys, write_keys
    from adapters.doors.roles import Grant, Role
    from ports.errors import InvalidInputError

    name = person(principal)
    if strategies and role != "trader":
        raise InvalidInputError("--strategies", ", ".join(strategies), "they are for the role trader alone")
    holders = read_keys(file) if file.exists() else {}
    made, holders[name] = new_token(holders.get(name), Grant(Role(role), frozenset(strategies)))
    write_keys(file, holders)
    emit({"ok": True, "principal": name, "token": made}, made, as_json=json)
    return 0


@token.command
def revoke(principal: str, /, *, file: File, keep_newest: bool = False, json: Json = False) -> int:
    """Take a principal's tokens back; good for a second more at most. Streams that are open stay until they end.

    Parameters
    ----------
    keep_newest:
        Take back the older one alone: the end of a rotation.
    """
    from adapters.doors.key_file import Holder, read_keys, write_keys
    from ports.errors import InvalidInputError
    from ports.values import Principal

    holders, name = read_keys(file), Principal(principal)
    if name not in holders:
        raise InvalidInputError("principal", principal, "it is not in the file")
    holder = holders.pop(name)
    if keep_newest:
        holders[name] = Holder(holder.grant, holder.digests[:1])
    write_keys(file, holders)
    emit({"ok": True, "principal": name}, f"{name}: taken back", as_json=json)
    return 0
