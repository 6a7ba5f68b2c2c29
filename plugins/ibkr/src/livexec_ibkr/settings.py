"""What a session of Interactive Brokers needs to be told, checked before anything is opened."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Self

from livexec_ibkr.names import IBKR, SECURITY_TYPES
from ports.errors import InvalidInputError
from ports.instruments import InstrumentKey
from ports.values import AccountId
from ports.venue_settings import Setting

MOST_INSTRUMENTS: Final = 100  # market data lines of an account without volume
_MARKET_DATA: Final = ("live", "delayed", "none")
_ACCOUNT: Final = re.compile(r"[A-Z]{1,3}[0-9]{3,12}[A-Z]?")

SCHEMA: Final = (
    Setting(name="host", says="where TWS or IB Gateway listens", default="127.0.0.1"),
    Setting(name="port", says="its API port: 7496, 4001 live; 7497, 4002 paper", default="4002"),
    Setting(name="client_id", says="this connection's number there; orders belong to it", default="1"),
    Setting(
        name="account_id", says="the account there, such as U1234567; needed where the login has several", default=""
    ),
    Setting(name="account", says="what this account is called here", default=f"{IBKR}-MAIN"),
    Setting(name="instruments", says="keys of what is traded; KEY=CONID picks one of several candidates", default=""),
    Setting(name="market_data", says="live, delayed (said so), or none", default="live", choices=_MARKET_DATA),
    Setting(
        name="trading_hours", says="any, or regular: nothing that has to trade at once while closed", default="any"
    ),
    Setting(name="answer_s", says="how long an answer is waited for", default="8"),
    Setting(name="throttle_s", says="how long an order waits for the rate limit", default="2"),
    Setting(name="messages_a_second", says="what TWS takes of one connection", default="50"),
    Setting(name="probe_s", says="how often TWS is asked what its stream kept back", default="15"),
    Setting(name="commission_s", says="how long a trade waits for its commission", default="10"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IbkrSettings:
    """One account at one TWS or IB Gateway.

    `instruments` are keys, each with the contract id that was picked for it, or 0. `account_id` empty: the only
    account of the login. Times are in seconds.
    """

    host: str
    port: int
    client_id: int
    account_id: str
    account: AccountId
    instruments: Mapping[InstrumentKey, int]
    market_data: str = "live"
    regular_hours: bool = False
    answer_s: float = 8.0
    throttle_s: float = 2.0
    messages_a_second: float = 50.0
    probe_s: float = 15.0
    commission_s: float = 10.0

    @classmethod
    def read(cls, settings: Mapping[str, str]) -> Self:
        """Read settings that are all text; `instruments` is separated by blanks or commas.

        Raises:
            InvalidInputError: one is unknown or wrong; names it.
        """
        known = {one.name: one.default or "" for one in SCHEMA}
        unknown = sorted(settings.keys() - known.keys())
        if unknown:
            raise InvalidInputError(unknown[0], "", "is no setting of this venue")
        given = known | {name: value.strip() for name, value in settings.items() if value.strip()}
        return cls(
            host=_host(given["host"]),
            port=int(_number("port", given["port"], 1, 65_535)),
            client_id=int(_number("client_id", given["client_id"], 0, 2**31 - 1)),
            account_id=_account_id(given["account_id"]),
            account=AccountId(_account(given["account"])),
            instruments=MappingProxyType(_instruments(given["instruments"])),
            market_data=_one_of("market_data", given["market_data"], _MARKET_DATA),
            regular_hours=_one_of("trading_hours", given["trading_hours"], ("any", "regular")) == "regular",
            answer_s=_number("answer_s", given["answer_s"], 0.05, 60),
            throttle_s=_number("throttle_s", given["throttle_s"], 0.01, 8),
            messages_a_second=_number("messages_a_second", given["messages_a_second"], 1, 10_000),
            probe_s=_number("probe_s", given["probe_s"], 0.05, 600),
            commission_s=_number("commission_s", given["commission_s"], 0.05, 600),
        )


def _host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+", text):
        raise InvalidInputError("host", text, "write a host name or an address, without port")
    return text


def _account_id(text: str) -> str:
    if text and _ACCOUNT.fullmatch(text) is None:
        raise InvalidInputError("account_id", text, "write it as TWS shows it, such as U1234567 or DU1234567")
    return text


def _account(text: str) -> str:
    if text.upper().startswith("PAPER"):
        raise InvalidInputError("account", text, "write a name that does not begin with PAPER")
    return text


def _instruments(text: str) -> dict[InstrumentKey, int]:
    found: dict[InstrumentKey, int] = {}
    for part in text.replace(",", " ").split():
        written, _, contract_id = part.partition("=")
        key = InstrumentKey(written)
        if key.venue != IBKR or key.type not in SECURITY_TYPES:
            kinds = ", ".join(SECURITY_TYPES)
            raise InvalidInputError("instruments", part, f"write keys of {IBKR}: {kinds}")
        if contract_id and not contract_id.isdecimal():
            raise InvalidInputError("instruments", part, "after = stands the contract id, a whole number")
        found[key] = int(contract_id or "0")
    if len(found) > MOST_INSTRUMENTS:
        raise InvalidInputError("instruments", len(found), f"name at most {MOST_INSTRUMENTS}")
    if not found:
        raise InvalidInputError("instruments", "", f"name what is traded, such as {IBKR}:EQUITY:AAPL-USD")
    return found


def _one_of(name: str, text: str, choices: tuple[str, ...]) -> str:
    if text not in choices:
        raise InvalidInputError(name, text, f"write one of: {', '.join(choices)}")
    return text


def _number(name: str, text: str, least: float, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise InvalidInputError(name, text, f"write a number from {least} to {most}")
    return value
