"""Who is asking: a principal from a bearer token, or the one local principal where no tokens are configured.

Tokens are kept as SHA-256 digests alone: they are long and random, so that no digest can be turned back.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from ipaddress import ip_address
from typing import Final, Protocol

from adapters.doors.roles import EVERYTHING, Grant, Role
from ports.errors import InvalidInputError, UnauthenticatedError
from ports.secrets import Secret
from ports.values import Principal

LOCAL: Final = Principal("local")
_SCHEME: Final = "bearer "
_VIEWER: Final = Grant(Role.VIEWER)


class Keys(Protocol):
    """Tokens that may change while the service runs."""

    def current(self) -> tuple[Mapping[str, Principal], Mapping[Principal, Grant]]:
        """Return principals by the digest of their tokens, and what each may do; as they are now."""


class Authenticator:
    """Knows the token of each principal. Without tokens everybody who can reach a loopback port is `local`.

    A principal may do what `grants` says; where that says nothing of anybody, everything, and where it says something
    of others, a principal that it does not name only reads.
    """

    __slots__ = ("_digests", "_grants", "_keys")

    def __init__(
        self,
        tokens: Mapping[Principal, Secret] | None = None,
        grants: Mapping[Principal, Grant] | None = None,
        keys: Keys | None = None,
    ) -> None:
        """Take the token of each principal.

        Raises:
            InvalidInputError: a token is empty, is not plain ASCII, or two principals share one.
        """
        given = tokens or {}
        self._digests = {digest(_token_bytes(name, token)): name for name, token in given.items()}
        self._grants = dict(grants or {})
        self._keys = keys
        if len(self._digests) != len(given):
            raise InvalidInputError("tokens", "(hidden)", "two principals share a token; give each its own")

    @property
    def has_tokens(self) -> bool:
        """Whether callers must show a token."""
        return bool(self._digests) or self._keys is not None

    def check_host(self, host: str, *, is_encrypted: bool) -> None:
        """Refuse to open a door to other machines that asks nobody who they are, or that others can listen at.

        Raises:
            InvalidInputError: `host` is not a loopback address, and no tokens are configured or nothing encrypts.
        """
        if is_loopback(host):
            return
        if not self.has_tokens:
            raise InvalidInputError("host", host, "configure tokens first, or listen on 127.0.0.1")
        if not is_encrypted:
            remedy = "configure doors.tls first, or listen on 127.0.0.1 behind something that encrypts"
            raise InvalidInputError("host", host, remedy)

    def principal(self, authorization: str | bytes | None) -> Principal:
        """Name the caller from the `authorization` header.

        Raises:
            UnauthenticatedError: tokens are configured, and the header shows none of them.
        """
        if not self.has_tokens:
            return LOCAL
        text = authorization.decode("latin-1") if isinstance(authorization, bytes) else authorization or ""
        if not text[: len(_SCHEME)].lower() == _SCHEME:
            raise UnauthenticatedError("authorization: no token was given; send `authorization: Bearer <token>`")
        # A digest is looked up: how long that takes says nothing about any token.
        shown = digest(text[len(_SCHEME) :].strip().encode("utf-8", "replace"))
        found = self._digests.get(shown)
        if found is None and self._keys is not None:
            found = self._keys.current()[0].get(shown)
        if found is None:
            raise UnauthenticatedError("authorization: the token is not known; ask the operator for a current one")
        return found

    def grant(self, principal: Principal) -> Grant:
        """Return what a principal may do."""
        if not self.has_tokens:
            return EVERYTHING
        found = self._grants.get(principal)
        if found is None and self._keys is not None:
            found = self._keys.current()[1].get(principal, _VIEWER)
        if found is None:
            found = _VIEWER if self._grants else EVERYTHING
        return found


def digest(token: bytes) -> str:
    """Return what is kept of a token."""
    return sha256(token).hexdigest()


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach `host`; a name other than `localhost` is not trusted to be."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _token_bytes(principal: Principal, token: Secret) -> bytes:
    text = token.reveal()
    if not text or not text.isascii() or text != text.strip():
        raise InvalidInputError(
            f"tokens.{principal}", "(hidden)", "a token is ASCII text, not empty, without spaces around it"
        )
    return text.encode()
