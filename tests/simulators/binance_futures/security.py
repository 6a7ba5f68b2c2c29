"""Who asks, whether the request is whole and in time, and how often one may ask."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from simulators.binance_futures import errors

_DEFAULT_WINDOW_MS = 5_000
_LONGEST_WINDOW_MS = 60_000
_AHEAD_MS = 1_000
_MINUTE_MS = 60_000
_TEN_SECONDS_MS = 10_000
_BANNED_AFTER = 20  # requests over the limit


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key, what its signatures are checked with, and the account that it opens.

    A key is of the HMAC kind, with a secret that both sides know, or of the Ed25519 kind, with a public key (PEM).
    """

    key: str
    secret: str
    account: str
    public_key: str = ""


def read_params(query: str, body: str) -> tuple[dict[str, str], str, str]:
    """Return the parameters, the text that was signed, and the signature."""
    pairs = [part for part in (*query.split("&"), *body.split("&")) if part]
    signed_query = "&".join(part for part in query.split("&") if not part.startswith("signature="))
    signed_body = "&".join(part for part in body.split("&") if not part.startswith("signature="))
    params = {unquote_plus(name): unquote_plus(value) for name, _, value in (part.partition("=") for part in pairs)}
    return params, signed_query + signed_body, params.pop("signature", "")


def check_signature(api_key: ApiKey, signed: str, signature: str) -> None:
    """Refuse what the key's owner did not sign."""
    if not signature:
        raise errors.VenueError(errors.missing("signature"))
    if api_key.public_key:
        if not _is_signed(api_key.public_key, signed, signature):
            raise errors.VenueError(errors.BAD_SIGNATURE)
        return
    wanted = hmac.new(api_key.secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted, signature):
        raise errors.VenueError(errors.BAD_SIGNATURE)


def _is_signed(public_key: str, signed: str, signature: str) -> bool:
    key = load_pem_public_key(public_key.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("the public key of a simulated account is not of the Ed25519 kind")
    try:
        key.verify(base64.b64decode(signature), signed.encode())
    except (InvalidSignature, binascii.Error):
        return False
    return True


def check_time(params: Mapping[str, str], now_ms: int) -> None:
    """Refuse what comes too late, or from a clock too far ahead."""
    stamp, window = params.get("timestamp", ""), params.get("recvWindow", str(_DEFAULT_WINDOW_MS))
    if not stamp.isdigit():
        raise errors.VenueError(errors.missing("timestamp"))
    if not window.isdigit() or int(window) > _LONGEST_WINDOW_MS:
        raise errors.VenueError(errors.missing("recvWindow"))
    if int(stamp) > now_ms + _AHEAD_MS:
        raise errors.VenueError(errors.TOO_EARLY)
    if now_ms - int(stamp) > int(window):
        raise errors.VenueError(errors.TOO_LATE)


@dataclass(slots=True)
class Limits:
    """The venue's limits, and what has been used of them."""

    weight_1m: int = 2_400
    orders_10s: int = 300
    orders_1m: int = 1_200
    _weights: deque[tuple[int, int]] = field(default_factory=deque)
    _orders: deque[int] = field(default_factory=deque)
    _over: int = 0

    def use_weight(self, weight: int, now_ms: int) -> None:
        while self._weights and self._weights[0][0] <= now_ms - _MINUTE_MS:
            self._weights.popleft()
        self._weights.append((now_ms, weight))
        if self.used_weight > self.weight_1m:
            self._over += 1
            raise errors.VenueError(errors.too_many_requests(self.weight_1m, 60, banned=self._over > _BANNED_AFTER))
        self._over = 0

    def use_order(self, now_ms: int) -> None:
        while self._orders and self._orders[0] <= now_ms - _MINUTE_MS:
            self._orders.popleft()
        if self.orders_in(_TEN_SECONDS_MS, now_ms) >= self.orders_10s:
            raise errors.VenueError(errors.too_many_orders(self.orders_10s, "TEN_SECONDS"))
        if len(self._orders) >= self.orders_1m:
            raise errors.VenueError(errors.too_many_orders(self.orders_1m, "MINUTE"))
        self._orders.append(now_ms)

    @property
    def used_weight(self) -> int:
        return sum(weight for _, weight in self._weights)

    def orders_in(self, span_ms: int, now_ms: int) -> int:
        return sum(1 for stamp in self._orders if stamp > now_ms - span_ms)

    def headers(self, now_ms: int) -> dict[str, str]:
        return {
            "X-MBX-USED-WEIGHT-1M": str(self.used_weight),
            "X-MBX-ORDER-COUNT-10S": str(self.orders_in(_TEN_SECONDS_MS, now_ms)),
            "X-MBX-ORDER-COUNT-1M": str(self.orders_in(_MINUTE_MS, now_ms)),
        }
