"""Who asks, whether the request is whole and in time, and how often one may ask."""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from simulators.bybit import errors

_DEFAULT_WINDOW = "5000"
_AHEAD_MS = 1_000
_SECOND_MS = 1_000
_IP_SPAN_MS = 5_000


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key, its secret, and the account that it opens."""

    key: str
    secret: str
    account: str

    def sign(self, text: str) -> str:
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def account_of(keys: Mapping[str, ApiKey], headers: Mapping[str, str], payload: str, now_ms: int) -> str:
    """Return whose request this is: the query of a GET, or the body of a POST, was signed with the headers."""
    name, stamp = headers.get("x-bapi-api-key", ""), headers.get("x-bapi-timestamp", "")
    window = headers.get("x-bapi-recv-window", _DEFAULT_WINDOW)
    if name not in keys:
        raise errors.VenueError(errors.BAD_KEY)
    signed = keys[name].sign(f"{stamp}{name}{headers.get('x-bapi-recv-window', '')}{payload}")
    if not hmac.compare_digest(signed, headers.get("x-bapi-sign", "")):
        raise errors.VenueError(errors.BAD_SIGNATURE)
    check_time(stamp, window, now_ms)
    return keys[name].account


def check_time(stamp: str, window: str, now_ms: int) -> None:
    """Refuse what comes too late, or from a clock too far ahead."""
    if not stamp.isdigit() or not window.isdigit():
        raise errors.VenueError(errors.bad_parameter("params error: timestamp or recv_window invalid"))
    if not now_ms - int(window) <= int(stamp) < now_ms + _AHEAD_MS:
        raise errors.VenueError(errors.late(stamp, now_ms, window))


def login(keys: Mapping[str, ApiKey], args: object, now_ms: int) -> str:
    """Return whose websocket this is: key, end of the signature's time in ms, and signature."""
    if not isinstance(args, list) or len(args) != 3 or str(args[0]) not in keys:
        raise errors.VenueError(errors.BAD_KEY)
    name, expires, signature = (str(one) for one in args)
    if not hmac.compare_digest(keys[name].sign(f"GET/realtime{expires}"), signature):
        raise errors.VenueError(errors.BAD_SIGNATURE)
    if not expires.isdigit() or int(expires) <= now_ms:
        raise errors.VenueError(errors.No(10004, "Params Error: expires is in the past"))
    return keys[name].account


@dataclass(slots=True)
class Limits:
    """The venue's limits a second, by path and account, and for all requests of an address."""

    orders: int = 10  # and as many amends, and as many cancels, each for itself
    questions: int = 50
    ip_5s: int = 600
    _used: defaultdict[str, deque[int]] = field(default_factory=lambda: defaultdict(deque))
    _ip: deque[int] = field(default_factory=deque)

    def knock(self, now_ms: int) -> None:
        """Count a request of this address."""
        while self._ip and self._ip[0] <= now_ms - _IP_SPAN_MS:
            self._ip.popleft()
        self._ip.append(now_ms)
        if len(self._ip) > self.ip_5s:
            raise errors.VenueError(errors.FLOOD)

    def use(self, name: str, limit: int, now_ms: int) -> None:
        """Count a request of a path; a websocket's operation counts with its path."""
        used = self._recent(name, now_ms)
        if len(used) >= limit:
            raise errors.VenueError(errors.TOO_MANY_VISITS)
        used.append(now_ms)

    def headers(self, name: str, limit: int, now_ms: int) -> dict[str, str]:
        """Return what the venue tells of a limit with every answer."""
        used = self._recent(name, now_ms)
        reset_ms = used[0] + _SECOND_MS if len(used) >= limit else now_ms
        return {
            "X-Bapi-Limit": str(limit),
            "X-Bapi-Limit-Status": str(max(0, limit - len(used))),
            "X-Bapi-Limit-Reset-Timestamp": str(reset_ms),
        }

    def _recent(self, name: str, now_ms: int) -> deque[int]:
        used = self._used[name]
        while used and used[0] <= now_ms - _SECOND_MS:
            used.popleft()
        return used
