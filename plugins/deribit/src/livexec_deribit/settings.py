"""What a session of Deribit needs to be told, checked before anything is opened."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Self
from urllib.parse import urlsplit, urlunsplit

from livexec_deribit.names import DERIBIT
from ports.errors import InvalidInputError
from ports.instruments import InstrumentKey, InstrumentType
from ports.secrets import Secret
from ports.values import AccountId
from ports.venue_settings import Setting

ADDRESSES: Final[Mapping[str, str]] = {
    "live": "wss://www.deribit.com/ws/api/v2",
    "testnet": "wss://test.deribit.com/ws/api/v2",
}
_LEAST_BEAT_S: Final = 10  # that the venue has
_BEATS: Final = 2  # until it has lost us: one asks, at the next one there is no answer
MOST_INSTRUMENTS: Final = 2_000
_PATH: Final = "/ws/api/v2"
_SCHEMES: Final = {"wss": "wss", "ws": "ws", "https": "wss", "http": "ws"}
_DEFAULT_INSTRUMENTS: Final = (f"{DERIBIT}:PERPETUAL:BTC-USD@INV", f"{DERIBIT}:PERPETUAL:ETH-USD@INV")
_PATTERN: Final = re.compile(rf"{DERIBIT}:(PERPETUAL|FUTURE|OPTION|\*):[A-Z0-9.*-]+@(INV|LIN|\*)")
_TYPES: Final = (InstrumentType.PERPETUAL, InstrumentType.FUTURE, InstrumentType.OPTION)
_COMBO: Final = re.compile(r"[A-Z0-9_]+-[A-Z]{2,6}-.*_.*")  # BTC-FS-27DEC24_PERP, BTC-CS-27DEC24-70000_75000

SCHEMA: Final = (
    Setting(name="api_key", says="the key's name, Client ID at Deribit", is_secret=True),
    Setting(name="api_secret", says="the key's secret", is_secret=True),
    Setting(name="environment", says="live or testnet; or write base_url", default=""),
    Setting(name="base_url", says="where it answers, instead of an environment", default=""),
    Setting(name="account", says="what this account is called here", default=f"{DERIBIT}-MAIN"),
    Setting(name="instruments", says="keys, or patterns with *, of what is traded", default=""),
    Setting(name="cancel_on_disconnect", says="whether the venue cancels when it loses us", default="false"),
    Setting(name="dead_man_s", says="after how long without us the venue cancels, 20 to 120; 0: never", default="0"),
    Setting(name="valid_ms", says="how late an order may reach the matching engine", default="5000"),
    Setting(name="answer_s", says="how long an answer is waited for", default="8"),
    Setting(name="throttle_s", says="how long an order waits for the rate limit", default="2"),
    Setting(name="probe_s", says="how often the venue is asked what its stream kept back", default="15"),
    Setting(name="heartbeat_s", says="how often the venue has to be heard", default="10"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeribitSettings:
    """One account (a main account or a subaccount) of Deribit.

    `instruments` are keys, or patterns of keys with `*`, of what is traded and quoted. `valid_ms` is how late an order
    may reach the matching engine: later it is not begun. `answer_s` bounds every answer, `throttle_s` how long an
    order waits for the rate limit, `probe_s` is how often the venue is asked whether the stream kept something back.
    The venue takes a connection's orders back when it has lost us: with `cancel_on_disconnect` also where we hang up
    on purpose, with `dead_man_s` not then, and after so long at the latest.
    """

    account: AccountId
    api_key: str
    api_secret: Secret
    url: str
    instruments: tuple[str, ...]
    cancel_on_disconnect: bool = False
    dead_man_s: int = 0
    valid_ms: int = 5_000
    answer_s: float = 8.0
    throttle_s: float = 2.0
    probe_s: float = 15.0
    heartbeat_s: int = 10

    def wants(self, key: InstrumentKey) -> bool:
        """Say whether an instrument is one of those asked for."""
        return any(fnmatchcase(key, pattern) for pattern in self.instruments)

    @property
    def lost_after_s(self) -> int:
        """After how long without us the venue takes orders back at the latest; 0: it does not."""
        if self.cancel_on_disconnect:
            return _BEATS * self.heartbeat_s
        return self.dead_man_s

    @property
    def named(self) -> frozenset[InstrumentKey]:
        """The instruments that are asked for by their own name, and must be there."""
        return frozenset(InstrumentKey(text) for text in self.instruments if "*" not in text)

    @classmethod
    def read(cls, settings: Mapping[str, str]) -> Self:
        """Read settings that are all text; `instruments` is separated by blanks or commas.

        Required: `api_key`, `api_secret`, and `environment` (live, testnet) or `base_url`.

        Raises:
            InvalidInputError: one is missing, unknown or wrong; names it, and never shows a secret.
        """
        rest = dict(settings)
        for name in ("api_key", "api_secret"):
            if not rest.get(name, "").strip():
                raise InvalidInputError(name, "", "is required")
        dead_man_s = _dead_man(rest)
        given = cls(
            account=AccountId(_account(rest.pop("account", f"{DERIBIT}-MAIN"))),
            api_key=rest.pop("api_key"),
            api_secret=Secret(rest.pop("api_secret")),
            url=_url(rest.pop("environment", ""), rest.pop("base_url", "")),
            instruments=_instruments(rest.pop("instruments", "") or " ".join(_DEFAULT_INSTRUMENTS)),
            cancel_on_disconnect=_flag("cancel_on_disconnect", rest.pop("cancel_on_disconnect", "false")),
            dead_man_s=dead_man_s,
            valid_ms=int(_number("valid_ms", rest.pop("valid_ms", "5000"), 100, 60_000)),
            answer_s=_number("answer_s", rest.pop("answer_s", "8"), 0.05, 60),
            throttle_s=_number("throttle_s", rest.pop("throttle_s", "2"), 0.01, 8),
            probe_s=_number("probe_s", rest.pop("probe_s", "15"), 0.05, 600),
            heartbeat_s=int(_number("heartbeat_s", rest.pop("heartbeat_s", "10"), _LEAST_BEAT_S, 60)),
        )
        if rest:
            raise InvalidInputError(min(rest), "", "is no setting of this venue")
        return given


def _dead_man(rest: dict[str, str]) -> int:
    """Take the dead man out of the settings, and leave the heartbeats that it needs: two that stay unanswered."""
    within_s = int(_number("dead_man_s", rest.pop("dead_man_s", "0"), 0, 120))
    if not within_s:
        return 0
    if within_s < _BEATS * _LEAST_BEAT_S:
        raise InvalidInputError("dead_man_s", within_s, f"write 0, or seconds from {_BEATS * _LEAST_BEAT_S} to 120")
    for other in ("heartbeat_s", "cancel_on_disconnect"):
        if rest.get(other, "false").lower() != "false":
            raise InvalidInputError(other, rest[other], "goes without dead_man_s; leave one of them out")
    rest["heartbeat_s"] = str(within_s // _BEATS)
    return within_s


def _account(text: str) -> str:
    if not text.strip() or text.upper().startswith("PAPER"):
        raise InvalidInputError("account", text, "write a name that does not begin with PAPER")
    return text


def _url(environment: str, base_url: str) -> str:
    if base_url:
        parts = urlsplit(base_url)
        if parts.scheme not in _SCHEMES or not parts.hostname or parts.username is not None:
            raise InvalidInputError("base_url", base_url.partition("@")[2] or base_url, "write wss://HOST/ws/api/v2")
        return urlunsplit((_SCHEMES[parts.scheme], parts.netloc, _PATH, "", ""))
    if environment not in ADDRESSES:
        raise InvalidInputError("environment", environment, "write live or testnet (or give base_url)")
    return ADDRESSES[environment]


def _instruments(text: str) -> tuple[str, ...]:
    found = text.replace(",", " ").split()
    return tuple(_instrument(one) for one in found)


def _instrument(text: str) -> str:
    if ":" not in text and _COMBO.fullmatch(text.upper()):
        raise InvalidInputError("instruments", text, "combos are not traded here; name their legs")
    if "*" in text:
        if _PATTERN.fullmatch(text.upper()) is None:
            raise InvalidInputError("instruments", text, f"write a pattern such as {DERIBIT}:OPTION:BTC-USD-*@INV")
        return text.upper()
    key = InstrumentKey(text)
    if key.venue != DERIBIT or key.type not in _TYPES:
        raise InvalidInputError("instruments", text, f"write perpetuals, futures and options of {DERIBIT}")
    return str(key)


def _flag(name: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise InvalidInputError(name, text, "write true or false")
    return text.lower() == "true"


def _number(name: str, text: str, least: float, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise InvalidInputError(name, text, f"write a number from {least} to {most}")
    return value
