"""Who is asking: a principal from a bearer token, or the one local principal where no tokens are configured."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final

from ports.errors import InvalidInputError, LivexecError
from ports.secrets import Secret
from ports.values import Principal

LOCAL: Final = Principal("local")
_SCHEME: Final = "bearer "


class UnauthenticatedError(LivexecError):
    """The caller showed no token that we know; what they showed is never repeated."""


class Authenticator:
    """Knows the token of each principal. Without tokens everybody who can reach a loopback port is `local`."""

    __slots__ = ("_known",)

    def __init__(self, tokens: Mapping[Principal, Secret] | None = None) -> None:
        """Take the token of each principal.

        Raises:
            InvalidInputError: a token is empty, is not plain ASCII, or two principals share one.
        """
        self._known = tuple((principal, _token_bytes(principal, token)) for principal, token in (tokens or {}).items())
        if len({token for _, token in self._known}) != len(self._known):
            raise InvalidInputError("tokens", "(hidden)", "two principals share a token; give each its own")

    @property
    def has_tokens(self) -> bool:
        """Whether callers must show a token."""
        return bool(self._known)

    def check_host(self, host: str) -> None:
        """Refuse to open a door to other machines that asks nobody who they are.

        Raises:
            InvalidInputError: `host` is not a loopback address and no tokens are configured.
        """
        if not self._known and not is_loopback(host):
            raise InvalidInputError("host", host, "configure tokens first, or listen on 127.0.0.1")

    def principal(self, authorization: str | bytes | None) -> Principal:
        """Name the caller from the `authorization` header.

        Raises:
            UnauthenticatedError: tokens are configured, and the header shows none of them.
        """
        if not self._known:
            return LOCAL
        text = authorization.decode("latin-1") if isinstance(authorization, bytes) else authorization or ""
        if not text[: len(_SCHEME)].lower() == _SCHEME:
            raise UnauthenticatedError("authorization: no token was given; send `authorization: Bearer <token>`")
        shown = text[len(_SCHEME) :].strip().encode("utf-8", "replace")
        # Every token is compared, and each in constant time, so that the answer's delay tells nothing.
        matches = [principal for principal, token in self._known if hmac.compare_digest(shown, token)]
        if not matches:
            raise UnauthenticatedError("authorization: the token is not known; ask the operator for a current one")
        return matches[0]


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
