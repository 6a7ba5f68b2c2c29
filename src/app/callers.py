"""Who may call, and what each may do, as configured: tokens, their file, roles, certificates."""

from __future__ import annotations

from adapters.doors.auth import Authenticator
from adapters.doors.key_file import KeyFile
from adapters.doors.roles import Grant, Role
from adapters.doors.tls import Tls
from app.settings_doors import Doors
from ports.telemetry import Telemetry
from ports.values import Principal


def authenticator(doors: Doors, telemetry: Telemetry) -> Authenticator:
    """Return who is known at the doors.

    Raises:
        InvalidInputError: a token cannot be used, or the token file cannot be read.
    """

    def unread(reason: str) -> None:
        telemetry.note("tokens.unread", error=reason)

    tokens = {Principal(name): token for name, token in doors.tokens.items()}
    grants = {Principal(name): Grant(Role(one.role), frozenset(one.strategies)) for name, one in doors.roles.items()}
    keys = None if doors.token_file is None else KeyFile(doors.token_file, unread)
    return Authenticator(tokens, grants, keys)


def tls_of(doors: Doors) -> Tls | None:
    """Return what the doors encrypt with; None: nothing.

    Raises:
        InvalidInputError: a file cannot be read.
    """
    if doors.tls is None:
        return None
    tls = Tls(certificate=doors.tls.certificate, key=doors.tls.key, client_ca=doors.tls.client_ca)
    tls.check()
    return tls
