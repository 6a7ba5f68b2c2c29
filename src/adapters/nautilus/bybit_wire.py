"""Signed requests to Bybit over HTTP, bounded in time, and what its answers prove."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import urlencode

import msgspec
from nautilus_trader.core.nautilus_pyo3 import HttpClient, HttpError, HttpMethod, HttpTimeoutError

from adapters.nautilus.bybit_settings import BybitSettings
from adapters.nautilus.live_words import InDoubt, NoAnswerError, Refused
from adapters.nautilus.pace import NoTurnError, Pace
from ports.venue_pulse import Budget

# Codes that prove that an order did not come into being, or an amend was not made. Whatever is not here is no proof:
# a time-out (10000, 170146), trouble or a restart (10016, 10019), a limit (10006, 10018, 10429, 20003), an id that
# was seen before (10014, 20006, 110030, 110072, 170141), and what the venue may say some day.
DEFINITIVE: Final = frozenset(
    {
        *(10001, 10002, 10003, 10004, 10005, 10007, 10010, 10024, 10027, 10028, 10029, 33004),
        *(110003, 110004, 110006, 110007, 110009, 110011, 110012, 110013, 110016, 110017, 110020, 110021, 110022),
        *(110023, 110032, 110040, 110042, 110044, 110045, 110049, 110051, 110052, 110053, 110064, 110066, 110068),
        *(110070, 110074, 110090, 110094),
        *(170121, 170124, 170130, 170131, 170132, 170133, 170134, 170135, 170136, 170137, 170140, 170148, 170190),
        *(170193, 170194, 170210, 170218),
    }
)
# To a cancel or an amend: there is no such order, or it works no more.
OVER: Final = frozenset({110001, 110008, 110010, 170142, 170213})
TOO_MUCH: Final = frozenset({10006, 10018, 10429, 20003})
_BANNED_HTTP: Final = frozenset({403, 418})
_TOO_MUCH_HTTP: Final = 429
_REST_S: Final = 1.0  # limits are counted by the second
_BANNED_S: Final = 30.0  # an address is turned away for minutes; nobody knows for how many
_LEFT: Final = "x-bapi-limit-status"
_QUESTIONS: Final = 40  # of 50 a second and path
_QUESTION_WAITS_S: Final = 4.0  # for its turn


class VenueSaysNoError(Exception):
    """The venue answered, and not with what was asked for. `status` is HTTP's; 200 on a websocket."""

    def __init__(self, status: int, code: int | None, msg: str) -> None:
        super().__init__(f"HTTP {status}, {code}: {msg}" if status != 200 or code is None else f"{code}: {msg}")
        self.status = status
        self.code = code
        self.msg = msg


# What a request can end with, besides an answer.
FAILURES: Final = (
    VenueSaysNoError,
    NoTurnError,
    HttpError,
    HttpTimeoutError,
    TimeoutError,
    OSError,
    msgspec.MsgspecError,
    ValueError,
)


class _Answer(msgspec.Struct):
    retCode: int  # noqa: N815 - the venue's spelling
    retMsg: str = ""  # noqa: N815
    result: msgspec.Raw = msgspec.Raw(b"{}")


_ANSWERS: Final = msgspec.json.Decoder(_Answer)


@dataclass(frozen=True, slots=True)
class Lanes:
    """An account's shares of the venue's limits. They outlive connections: so does what the venue counts."""

    orders: Pace
    amends: Pace
    cancels: Pace
    questions: Pace

    @classmethod
    def of(cls, settings: BybitSettings) -> Self:
        most = settings.orders_per_second
        orders, amends, cancels = (Pace(most, _REST_S, name) for name in ("orders", "amends", "cancels"))
        return cls(orders, amends, cancels, Pace(_QUESTIONS, _REST_S, "questions"))

    def budgets(self) -> Sequence[Budget]:
        """Return what is left of each."""
        return [pace.budget() for pace in (self.orders, self.amends, self.cancels, self.questions)]


class BybitHttp:
    """Asks and commands over HTTP. Questions and cancels have each their own share of the venue's limits."""

    def __init__(self, settings: BybitSettings, lanes: Lanes, clock_ms: Callable[[], int]) -> None:
        self._settings = settings
        self._lanes = lanes
        self._clock_ms = clock_ms
        self._http = HttpClient(header_keys=[_LEFT])

    async def get(self, path: str, **params: object) -> msgspec.Raw:
        """Ask, and return the venue's result.

        Raises:
            FAILURES: nothing was learnt.
        """
        query = urlencode({name: value for name, value in params.items() if value is not None})
        await self._lanes.questions.turn(within_s=_QUESTION_WAITS_S)
        url = f"{self._settings.http}{path}?{query}" if query else f"{self._settings.http}{path}"
        return await self._ask(HttpMethod.GET, path, url, query, self._lanes.questions)

    async def cancel(self, params: Mapping[str, object]) -> None:
        """Ask for a cancel.

        Raises:
            FAILURES: VenueSaysNoError, where the venue would not; any other where nobody knows.
        """
        await self._lanes.cancels.turn(within_s=self._settings.answer_s)
        path = "/v5/order/cancel"
        body = msgspec.json.encode(params).decode()
        await self._ask(HttpMethod.POST, path, f"{self._settings.http}{path}", body, self._lanes.cancels)

    async def cancel_all(self, category: str, symbol: str) -> None:
        """Ask for a cancel of every order of a symbol.

        Raises:
            FAILURES: nobody knows what became of it.
        """
        await self._lanes.cancels.turn(within_s=self._settings.answer_s)
        path = "/v5/order/cancel-all"
        body = msgspec.json.encode({"category": category, "symbol": symbol}).decode()
        await self._ask(HttpMethod.POST, path, f"{self._settings.http}{path}", body, self._lanes.cancels)

    async def protect(self, product: str, within_s: int) -> None:
        """Let the venue take the orders of a product back when it has missed us for so long.

        Raises:
            FAILURES: nobody knows whether it will.
        """
        path = "/v5/order/disconnected-cancel-all"
        body = msgspec.json.encode({"product": product, "timeWindow": within_s}).decode()
        await self._lanes.questions.turn(within_s=_QUESTION_WAITS_S)
        await self._ask(HttpMethod.POST, path, f"{self._settings.http}{path}", body, self._lanes.questions)

    async def _ask(self, method: HttpMethod, path: str, url: str, signed: str, lane: Pace) -> msgspec.Raw:
        stamp, window = str(self._clock_ms()), str(self._settings.recv_window_ms)
        headers = {
            "X-BAPI-API-KEY": self._settings.api_key,
            "X-BAPI-TIMESTAMP": stamp,
            "X-BAPI-RECV-WINDOW": window,
            "X-BAPI-SIGN": sign(self._settings.api_secret, f"{stamp}{self._settings.api_key}{window}{signed}"),
        }
        body = None
        if method == HttpMethod.POST:
            headers["Content-Type"], body = "application/json", signed.encode()
        try:
            async with asyncio.timeout(self._settings.answer_s):
                answer: Any = await self._http.request(method, url, headers=headers, body=body)
        except TimeoutError:
            raise NoAnswerError(f"no answer from {path} in {self._settings.answer_s} s") from None
        note_what_is_left(lane, answer.headers)
        said = _read(answer.status, bytes(answer.body))
        is_banned = answer.status in _BANNED_HTTP
        if is_banned or answer.status == _TOO_MUCH_HTTP or said.retCode in TOO_MUCH:
            for one in (self._lanes.questions, self._lanes.cancels) if is_banned else (lane,):
                one.rest(_BANNED_S if is_banned else _REST_S)
        if said.retCode != 0 or answer.status != 200:
            raise VenueSaysNoError(answer.status, said.retCode, said.retMsg)
        return said.result


def _read(status: int, body: bytes) -> _Answer:
    try:
        return _ANSWERS.decode(body)
    except msgspec.MsgspecError:
        if status == 200:
            raise
        return _Answer(retCode=-1, retMsg=body[:200].decode(errors="replace"))  # a gateway's words


def note_what_is_left(lane: Pace, headers: Mapping[str, str]) -> None:
    """Note how many more requests of a lane's kind the venue says that it would take now; other programs count, too."""
    left = next((value for name, value in headers.items() if name.lower() == _LEFT), "")
    if left.isascii() and left.isdigit():
        lane.told(int(left))


def sign(secret: str, text: str) -> str:
    """Return the signature of a text."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def judge(failure: BaseException) -> Refused | InDoubt:
    """Say what a failed operation proves of the order that it was about."""
    said = words(failure)
    if not isinstance(failure, VenueSaysNoError) or failure.status != 200:
        return InDoubt(said)
    if failure.code not in DEFINITIVE or "duplicat" in said.lower():
        return InDoubt(said)
    return Refused(said)


def words(failure: BaseException) -> str:
    """Return a failure in the venue's own words, as far as it had any, and without what was signed."""
    if isinstance(failure, VenueSaysNoError | NoTurnError | NoAnswerError):
        return str(failure)
    return f"{type(failure).__name__}: {failure}".partition("?")[0]
