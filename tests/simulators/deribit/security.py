"""Keys, tokens and rate limits of the simulated Deribit."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulators.deribit import errors

MATCHING = frozenset(
    {
        *("private/buy", "private/sell", "private/edit", "private/edit_by_label", "private/close_position"),
        *("private/cancel", "private/cancel_by_label", "private/cancel_all"),
        *("private/cancel_all_by_currency", "private/cancel_all_by_instrument"),
    }
)
_NEWEST_SIGNATURE_MS = 60_000


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key of one user."""

    key: str
    secret: str
    user: str


@dataclass(slots=True)
class Token:
    """What a login grants, until `until_ms`."""

    user: str
    access: str
    refresh: str
    until_ms: int


@dataclass(slots=True)
class Tokens:
    """All tokens that were granted."""

    keys: Mapping[str, ApiKey]
    clock: Callable[[], int]
    lives_s: int = 900
    held: dict[str, Token] = field(default_factory=dict)

    def grant(self, params: Mapping[str, Any]) -> Token:
        """Log in as `public/auth` is asked to.

        Raises:
            VenueError: wrong key, secret, signature or token.
        """
        match params.get("grant_type"):
            case "client_credentials":
                key = self._key(params)
                if not hmac.compare_digest(str(params.get("client_secret", "")), key.secret):
                    raise errors.VenueError(*errors.CREDENTIALS)
                return self._make(key.user)
            case "client_signature":
                key = self._key(params)
                stamp = params.get("timestamp", 0)
                signed = f"{stamp}\n{params.get('nonce', '')}\n{params.get('data', '')}"
                self._check(key, signed, str(params.get("signature", "")), int(stamp))
                return self._make(key.user)
            case "refresh_token":
                old = next((one for one in self.held.values() if one.refresh == params.get("refresh_token")), None)
                if old is None:
                    raise errors.VenueError(*errors.CREDENTIALS)
                return self._make(old.user)
        raise errors.invalid_params("grant_type", "must be client_credentials, client_signature or refresh_token")

    def user_of(self, access: str) -> str:
        """Return whom a token belongs to.

        Raises:
            VenueError: it is unknown or over.
        """
        token = self.held.get(access)
        if token is None or token.until_ms <= self.clock():
            raise errors.unauthorized("invalid_token")
        return token.user

    def user_of_signature(self, header: str, method: str, uri: str, body: str) -> str:
        """Return whom a `deri-hmac-sha256` header belongs to.

        Raises:
            VenueError: it is not signed as it should be.
        """
        parts = dict(part.partition("=")[::2] for part in header.removeprefix("deri-hmac-sha256 ").split(","))
        stamp, nonce = parts.get("ts", "0"), parts.get("nonce", "")
        key = self._key({"client_id": parts.get("id", "")})
        self._check(key, f"{stamp}\n{nonce}\n{method}\n{uri}\n{body}\n", parts.get("sig", ""), int(stamp))
        return key.user

    def _key(self, params: Mapping[str, Any]) -> ApiKey:
        key = self.keys.get(str(params.get("client_id", "")))
        if key is None:
            raise errors.VenueError(*errors.CREDENTIALS)
        return key

    def _check(self, key: ApiKey, signed: str, signature: str, stamp_ms: int) -> None:
        wanted = hmac.new(key.secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(wanted, signature) or abs(stamp_ms - self.clock()) > _NEWEST_SIGNATURE_MS:
            raise errors.VenueError(*errors.CREDENTIALS)

    def _make(self, user: str) -> Token:
        token = Token(user, secrets.token_hex(16), secrets.token_hex(16), self.clock() + 1_000 * self.lives_s)
        self.held[token.access] = token
        return token


@dataclass(slots=True)
class Bucket:
    """Credits that come back over time."""

    capacity: float
    refill: float
    level: float = -1.0
    at_ms: int = 0

    def take(self, cost: float, now_ms: int) -> None:
        """Use credits up.

        Raises:
            VenueError: there are too few; the venue hangs up.
        """
        before = self.capacity if self.level < 0 else self.level
        self.level = min(self.capacity, before + max(now_ms - self.at_ms, 0) / 1000 * self.refill)
        self.at_ms = now_ms
        if self.level < cost:
            raise errors.too_many()
        self.level -= cost


@dataclass(slots=True)
class Limits:
    """The limits of one account."""

    matching: Bucket = field(default_factory=lambda: Bucket(20, 5))
    general: Bucket = field(default_factory=lambda: Bucket(50_000, 10_000))
    subscriptions: Bucket = field(default_factory=lambda: Bucket(30_000, 10_000))
    listings: Bucket = field(default_factory=lambda: Bucket(50_000, 10_000))

    def take(self, method: str, now_ms: int) -> None:
        """Count one request.

        Raises:
            VenueError: it is one too many.
        """
        if method in MATCHING:
            self.matching.take(1, now_ms)
        elif method == "public/get_instruments":
            self.listings.take(10_000, now_ms)
        elif method.endswith("/subscribe"):
            self.subscriptions.take(3_000, now_ms)
        else:
            self.general.take(500, now_ms)
