"""Who asks, whether the request is whole and in time, and how often one may ask."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from simulators.okx import errors

_TOLERANCE_MS = 30_000
_WINDOW_MS = 2_000
_VERIFY = "/users/self/verify"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key, its secret and passphrase, and the account that it opens."""

    key: str
    secret: str
    passphrase: str
    account: str

    def sign(self, text: str) -> str:
        digest = hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).digest()
        return base64.b64encode(digest).decode()


def check_request(keys: Mapping[str, ApiKey], headers: Mapping[str, str], signed: str, now_ms: int) -> ApiKey:
    """Return whose request this is; `signed` is method, path with query, and body.

    Raises:
        VenueError: a header is missing, or wrong.
    """
    name = headers.get("OK-ACCESS-KEY", "")
    if not name:
        raise errors.VenueError(errors.NO_KEY)
    if name not in keys:
        raise errors.VenueError(errors.BAD_KEY)
    key, stamp = keys[name], headers.get("OK-ACCESS-TIMESTAMP", "")
    try:
        sent_ms = round(datetime.fromisoformat(stamp).timestamp() * 1000)
    except ValueError:
        raise errors.VenueError(errors.BAD_TIMESTAMP) from None
    if abs(now_ms - sent_ms) > _TOLERANCE_MS:
        raise errors.VenueError(errors.TOO_LATE)
    if headers.get("OK-ACCESS-PASSPHRASE") != key.passphrase:
        raise errors.VenueError(errors.BAD_PASSPHRASE)
    if not hmac.compare_digest(key.sign(stamp + signed), headers.get("OK-ACCESS-SIGN", "")):
        raise errors.VenueError(errors.BAD_SIGNATURE)
    return key


def check_login(keys: Mapping[str, ApiKey], given: Mapping[str, str], now_ms: int) -> ApiKey:
    """Return who logs in to a websocket.

    Raises:
        VenueError: it is nobody.
    """
    key = keys.get(given.get("apiKey", ""))
    stamp = given.get("timestamp", "")
    if key is None:
        raise errors.VenueError(errors.LOGIN_KEY)
    try:
        sent_ms = round(float(stamp) * 1000)
    except ValueError:
        raise errors.VenueError(errors.LOGIN_LATE) from None
    if abs(now_ms - sent_ms) > _TOLERANCE_MS:
        raise errors.VenueError(errors.LOGIN_LATE)
    if given.get("passphrase") != key.passphrase:
        raise errors.VenueError(errors.LOGIN_PASSPHRASE)
    if not hmac.compare_digest(key.sign(f"{stamp}GET{_VERIFY}"), given.get("sign", "")):
        raise errors.VenueError(errors.LOGIN_SIGN)
    return key


@dataclass(slots=True)
class Limits:
    """How often one may ask within two seconds: each kind of question, and orders, amends and cancels by instrument."""

    orders: int = 60  # and as many amends, and as many cancels
    factor: int = 1  # of all others, which have their own limits
    _used: defaultdict[tuple[str, str], deque[int]] = field(default_factory=lambda: defaultdict(deque))

    def use(self, what: str, limit: int, now_ms: int, of: str = "") -> bool:
        """Count one use; False where it is one too many."""
        used = self._used[what, of]
        while used and used[0] <= now_ms - _WINDOW_MS:
            used.popleft()
        if len(used) >= limit:
            return False
        used.append(now_ms)
        return True
