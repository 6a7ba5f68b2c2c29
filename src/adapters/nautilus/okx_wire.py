"""Signed HTTP requests to OKX, bounded in time, and what its answers prove."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import msgspec

from adapters.nautilus.live_words import Accepted, InDoubt, NoAnswerError, Refused
from adapters.nautilus.okx_settings import OkxSettings
from adapters.nautilus.pace import Pace
from ports.values import VenueOrderId
from ports.venue_pulse import Budget

# Codes that prove an order did not come into being. Whatever is not here is no proof: server errors and time-outs
# (50001, 50004, 50013, 50026, 51054), rate limits (50011, 50061), a void deadline (51149), duplicates (51011, 51016).
DEFINITIVE: Final = frozenset(
    {
        *("50014", "50015", "50016", "50024", "50025"),  # malformed
        *(
            "50101",
            "50102",
            "50103",
            "50105",
            "50107",
            "50111",
            "50112",
            "50113",
            "50114",
            "50119",
            "50120",
        ),  # who asks
        *("51000", "51001", "51002", "51003", "51004", "51005", "51006", "51007", "51008", "51009", "51010", "51012"),
        *("51014", "51015", "51020", "51021", "51022", "51023", "51024", "51025", "51027", "51028", "51030"),
        *("51100", "51101", "51102", "51103", "51108", "51109", "51110", "51112", "51116", "51117", "51119", "51120"),
        *("51121", "51122", "51124", "51127", "51131", "51137", "51138", "51139", "51148", "51150", "51155"),
        *("51169", "51170", "51174", "51201", "51202", "51203", "51205"),
    }
)
NO_SUCH_ORDER: Final = "51603"
CANCEL_REFUSED: Final = frozenset({"51400", "51401", "51402", "51404", "51410", "51603"})
AMEND_REFUSED: Final = frozenset(
    {"51500", "51501", "51502", "51503", "51504", "51505", "51506", "51509", "51510", "51511"}
)
_AMEND_SAYS: Final = AMEND_REFUSED | DEFINITIVE | {NO_SUCH_ORDER}
TOO_OFTEN: Final = frozenset({"50011", "50061", "60014"})
_SPAN_S: Final = 2.0  # in which the venue counts
_BARRED: Final = frozenset({403, 418})
_BARRED_S: Final = 10.0  # where the venue does not say for how long
_LONGEST_BAR_S: Final = 300.0
# How often the venue may be asked within two seconds, where that is less often than 60 times.
_RARE: Final[Mapping[str, int]] = {
    "/api/v5/account/config": 5,
    "/api/v5/account/trade-fee": 5,
    "/api/v5/account/bills": 10,
    "/api/v5/account/bills-archive": 5,
    "/api/v5/account/balance": 10,
    "/api/v5/account/positions": 10,
    "/api/v5/public/time": 10,
    "/api/v5/public/instruments": 20,
    "/api/v5/trade/fills-history": 10,
    "/api/v5/trade/cancel-all-after": 2,
    "/api/v5/trade/cancel-batch-orders": 15,  # 300 orders in all, and 20 at most each time
}
_OFTEN: Final = 50


class OkxError(Exception):
    """The venue answered, and would not."""

    def __init__(self, status: int, code: str, msg: str) -> None:
        super().__init__(f"HTTP {status}, {code}: {msg}")
        self.status = status
        self.code = code


# What a request can end with, besides an answer.
FAILURES: Final = (OkxError, httpx.HTTPError, TimeoutError, msgspec.MsgspecError, ValueError, OSError)


class _Answer(msgspec.Struct):
    code: str
    msg: str = ""
    data: msgspec.Raw = msgspec.Raw(b"[]")


class Done(msgspec.Struct):
    """What the venue says of the one order that a request is about."""

    sCode: str  # noqa: N815 - the venue's spelling
    sMsg: str = ""  # noqa: N815
    clOrdId: str = ""  # noqa: N815
    ordId: str = ""  # noqa: N815
    ts: str = "0"


class OkxLanes:
    """How often one account may ask, each path, and orders, amends and cancels by instrument, by itself.

    Outlives connections: the venue does not forget because a new one is made.
    """

    def __init__(self, orders_per_2s: int) -> None:
        self._paces = {path: Pace(most, _SPAN_S) for path, most in _RARE.items()}
        self._often = Pace(_OFTEN, _SPAN_S)
        names = ("orders", "amends", "cancels")
        self.orders, self.amends, self.cancels = (Pace(orders_per_2s, _SPAN_S, name) for name in names)

    def of(self, path: str) -> Pace:
        """Return the pace of a question."""
        return self._paces.get(path, self._often)

    def budgets(self) -> Sequence[Budget]:
        """Return what is left for orders, amends and cancels."""
        return [pace.budget() for pace in (self.orders, self.amends, self.cancels)]

    def rest_all(self, for_s: float) -> None:
        """Ask for nothing at all: the venue has barred this address."""
        for pace in (*self._paces.values(), self._often, self.orders, self.amends, self.cancels):
            pace.rest(for_s)


class OkxHttp:
    """The venue's HTTP API for one account."""

    def __init__(self, settings: OkxSettings, lanes: OkxLanes) -> None:
        self._settings = settings
        self._lanes = lanes
        self._client = httpx.AsyncClient(base_url=settings.http, timeout=settings.answer_s, trust_env=False)
        self.ahead_ms = 0  # the venue's clock before ours

    async def close(self) -> None:
        await self._client.aclose()

    async def learn_time(self) -> int:
        """Ask for the venue's time, keep how far it is ahead, and return it in ms."""
        before = time.time_ns()
        (said,) = await self.ask("/api/v5/public/time", _Time)
        self.ahead_ms = int(said.ts) - (before + time.time_ns()) // 2_000_000
        return int(said.ts)

    def deadline_ms(self) -> int:
        """Return when, on the venue's clock, an order that leaves now is void."""
        return time.time_ns() // 1_000_000 + self.ahead_ms + self._settings.deadline_ms

    async def ask[Said](self, path: str, kind: type[Said], **params: str) -> list[Said]:
        """Ask a question.

        Raises:
            OkxError: the venue would not answer it; also where it did not answer at all (one of `FAILURES`).
        """
        query = f"?{urlencode(params)}" if params else ""
        raw = await self._request("GET", path + query, b"", self._lanes.of(path), path)
        return msgspec.json.decode(raw, type=list[kind])  # type: ignore[valid-type]  # a type, when it runs

    async def cancel(self, symbol: str, client_order_id: str) -> Done:
        """Ask for a cancel.

        Raises:
            OkxError: refused; or one of `FAILURES`, and nothing is known.
        """
        body = {"instId": symbol, "clOrdId": client_order_id}
        return await self._order("/api/v5/trade/cancel-order", body, self._lanes.cancels, symbol)

    async def cancel_together(self, symbol: str, names: Sequence[str]) -> Sequence[Done]:
        """Ask for up to 20 cancels at once; the answer says of each whether it will be carried out.

        Raises:
            OkxError: none was looked at; or one of `FAILURES`, and nothing is known.
        """
        path = "/api/v5/trade/cancel-batch-orders"
        body = msgspec.json.encode([{"instId": symbol, "clOrdId": name} for name in names])
        raw = await self._request("POST", path, body, self._lanes.of(path), path)
        return msgspec.json.decode(raw, type=list[Done])

    async def amend(self, symbol: str, client_order_id: str, size: str, price: str) -> Done:
        """Ask for an amend; that it is done comes by the user stream.

        Raises:
            OkxError: refused; or one of `FAILURES`, and nothing is known.
        """
        body = {"instId": symbol, "clOrdId": client_order_id, "newSz": size, "newPx": price}
        return await self._order("/api/v5/trade/amend-order", body, self._lanes.amends, symbol)

    async def cancel_all_after(self, within_s: int) -> None:
        """Let the venue take every order back after so long, unless it is told again before; 0: never.

        Raises:
            OkxError: refused; or one of `FAILURES`, and nothing is known.
        """
        path = "/api/v5/trade/cancel-all-after"
        await self._request("POST", path, msgspec.json.encode({"timeOut": str(within_s)}), self._lanes.of(path), path)

    async def _order(self, path: str, body: Mapping[str, Any], pace: Pace, symbol: str) -> Done:
        raw = await self._request("POST", path, msgspec.json.encode(body), pace, symbol)
        (done,) = msgspec.json.decode(raw, type=list[Done])
        if done.sCode != "0":
            raise OkxError(200, done.sCode, done.sMsg)
        return done

    async def _request(self, method: str, path: str, body: bytes, pace: Pace, lane: str) -> bytes:
        try:
            async with asyncio.timeout(self._settings.answer_s):
                await pace.turn(lane)
                headers = self._headers(method, path, body)
                response = await self._client.request(method, path, content=body, headers=headers)
        except (TimeoutError, httpx.TimeoutException):
            raise NoAnswerError(f"no answer from {path.partition('?')[0]} in {self._settings.answer_s} s") from None
        answer = _read(response)
        self._back_off(response, answer.code, pace)
        meant_well = ("0",) if method == "GET" else ("0", "1", "2")  # 1 and 2: it is said of each order
        if response.status_code == httpx.codes.OK and answer.code in meant_well:
            return bytes(answer.data)
        raise OkxError(response.status_code, answer.code, answer.msg)

    def _back_off(self, response: httpx.Response, code: str, pace: Pace) -> None:
        if response.status_code in _BARRED:
            asked_s = response.headers.get("Retry-After", "")
            self._lanes.rest_all(min(float(asked_s), _LONGEST_BAR_S) if asked_s.isdigit() else _BARRED_S)
        elif response.status_code == httpx.codes.TOO_MANY_REQUESTS or code in TOO_OFTEN:
            pace.rest(_SPAN_S)  # of what it counts together; cancels are counted by themselves

    def _headers(self, method: str, path: str, body: bytes) -> dict[str, str]:
        settings, now_ms = self._settings, time.time_ns() // 1_000_000 + self.ahead_ms
        stamp = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now_ms // 1000))}.{now_ms % 1000:03d}Z"
        headers = {
            "Content-Type": "application/json",
            "OK-ACCESS-KEY": settings.api_key,
            "OK-ACCESS-PASSPHRASE": settings.api_passphrase,
            "OK-ACCESS-TIMESTAMP": stamp,
            "OK-ACCESS-SIGN": sign(settings.api_secret, stamp + method + path + body.decode()),
        }
        return {**headers, "x-simulated-trading": "1"} if settings.is_demo else headers


class _Time(msgspec.Struct):
    ts: str


def sign(secret: str, text: str) -> str:
    """Return the venue's signature of a text."""
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


def _read(response: httpx.Response) -> _Answer:
    try:
        return msgspec.json.decode(response.content, type=_Answer)
    except msgspec.MsgspecError:
        return _Answer(code="none", msg=f"unreadable: {response.text[:200]!r}")


def judge(done: Done) -> Accepted | Refused | InDoubt:
    """Say what the venue's answer to a new order proves."""
    said = f"{done.sCode}: {done.sMsg}"
    if done.sCode == "0" and done.ordId:
        return Accepted(VenueOrderId(done.ordId), int(done.ts or 0) * 1_000_000)
    if done.sCode in DEFINITIVE and "duplicat" not in done.sMsg.lower():
        return Refused(said)
    return InDoubt(said)


def refuses_amend(failure: BaseException) -> bool:
    """Say whether the venue proved that an order works on as it was, or is over."""
    return isinstance(failure, OkxError) and failure.status == 200 and failure.code in _AMEND_SAYS


def refuses_cancel(failure: BaseException) -> bool:
    """Say whether the venue proved that it will not cancel."""
    return isinstance(failure, OkxError) and failure.status == 200 and failure.code in CANCEL_REFUSED


def words(failure: BaseException) -> str:
    """Return a failure in the venue's own words, as far as it had any."""
    if isinstance(failure, OkxError):
        return str(failure)
    return f"{type(failure).__name__}: {failure}".partition("?")[0]
