"""The way of new orders to Bybit: Nautilus translates them, and a connection of our own carries them.

Nautilus's own client of the trade websocket tells of a refusal its text alone, without the code that says whether it
proves anything; a repeated id looks like any other rejection. What it is given while its connection is down, it sends
when it is up again, whenever that is. (Both seen with 1.231; docs/adr/0019.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from nautilus_trader.core.nautilus_pyo3 import BybitWebSocketClient

from adapters.nautilus.bybit_lines import Line, NotTransmittedError, Said
from adapters.nautilus.bybit_settings import BybitSettings
from adapters.nautilus.bybit_wire import FAILURES, TOO_MUCH, Lanes, VenueSaysNoError, judge, note_what_is_left, words
from adapters.nautilus.live_words import Accepted, InDoubt, Outcome, Unsent
from adapters.nautilus.pace import NoTurnError, Pace
from ports.requests import SendAmend
from ports.values import VenueOrderId, plain

TURN_S: Final = 4.0  # an order that would wait longer for its turn is not sent
_REST_S: Final = 1.0
_IDS: Final = ("trader_id", "strategy_id")


class OrderDoor:
    """Stands where Nautilus's execution client has its client of the trade websocket, and remembers every outcome."""

    def __init__(self, settings: BybitSettings, lanes: Lanes, line: Line, clock_ms: Callable[[], int]) -> None:
        self._settings = settings
        self._line = line
        self._clock_ms = clock_ms
        self._lanes = lanes
        self._outcomes: dict[str, Outcome] = {}
        # Never connected: it only knows how Nautilus's orders are written in the venue's words.
        self._translator = BybitWebSocketClient.new_trade(
            environment=settings.nautilus_environment,
            api_key=settings.api_key,
            api_secret=settings.api_secret,
            url=settings.ws_trade,
        )

    def take_outcome(self, client_order_id: str) -> Outcome | None:
        """Return what became of a new order; None means that nothing of it was transmitted."""
        return self._outcomes.pop(client_order_id, None)

    # -- what Nautilus's execution client asks of its trade client

    async def connect(self, loop_: object, callback: object) -> None:
        """Open the connection; nothing is ever told to `callback`."""
        del loop_, callback
        await self._line.open()

    async def wait_until_active(self, timeout_secs: float) -> None:
        """Return at once: `connect` waited for the login."""
        del timeout_secs

    def is_closed(self) -> bool:
        return not self._line.is_open

    async def close(self) -> None:
        await self._line.close()

    def cache_instrument(self, instrument: object) -> None:
        """Forget it: only numbers as Nautilus's orders carry them are sent."""
        del instrument

    def set_account_id(self, account_id: object) -> None:
        """Forget it: no events are made here."""
        del account_id

    def set_mm_level(self, mm_level: int) -> None:
        """Forget it: it decides which orders name Nautilus as their broker."""
        del mm_level

    async def submit_order(self, **order: Any) -> None:
        """Hand a new order to the venue, at most once.

        Raises:
            FAILURES: it is in `take_outcome` what is known.
        """
        params = _fields(self._translator.build_place_order_params(**{k: order[k] for k in order if k not in _IDS}))
        name = str(params["orderLinkId"])
        try:
            await self._lanes.orders.turn(within_s=TURN_S)
            answer = await self._operate("order.create", params, self._lanes.orders)
        except FAILURES as failure:
            self._outcomes[name] = Unsent(words(failure)) if was_not_made(failure) else judge(failure)
            raise
        self._outcomes[name] = _taken(answer)

    # -- what Nautilus is not asked to do: it would refuse where its cache knows no such order

    async def amend(self, amend: SendAmend, symbol: str) -> None:
        """Ask for an amend, at most once. Returning means that the venue will try; its stream says what came of it.

        Raises:
            FAILURES: VenueSaysNoError, where the venue would not; NoTurnError and NotTransmittedError, where it was
                not asked; any other where nobody knows.
        """
        params = {
            "category": self._settings.category,
            "symbol": symbol,
            "orderLinkId": amend.client_order_id,
            "qty": plain(amend.quantity),
            "price": plain(amend.price),
        }
        await self._lanes.amends.turn(within_s=TURN_S)
        await self._operate("order.amend", params, self._lanes.amends)

    async def cancel(self, params: Mapping[str, object]) -> None:
        """Ask for a cancel, outside all limits of our own: those are kept where cancels usually go.

        Raises:
            FAILURES: as for `amend`.
        """
        await self._operate("order.cancel", params, None)

    async def _operate(self, operation: str, params: Mapping[str, object], lane: Pace | None) -> Said:
        header = {
            "X-BAPI-TIMESTAMP": str(self._clock_ms()),
            "X-BAPI-RECV-WINDOW": str(self._settings.recv_window_ms),
        }
        try:
            said = await self._line.ask(operation, header, params)
        except VenueSaysNoError as refusal:
            if lane is not None and refusal.code in TOO_MUCH:
                lane.rest(_REST_S)
            raise
        if lane is not None:
            note_what_is_left(lane, said.header)
        return said


class _Taken(msgspec.Struct):
    orderId: str = ""  # noqa: N815 - the venue's spelling


def _taken(answer: Said) -> Accepted | InDoubt:
    try:
        taken = msgspec.json.decode(answer.data, type=_Taken)
    except msgspec.MsgspecError as unreadable:
        return InDoubt(f"the venue's answer cannot be read: {unreadable}")
    if not taken.orderId:
        return InDoubt("the venue's answer names no order")
    return Accepted(VenueOrderId(taken.orderId), 0)


def was_not_made(failure: BaseException) -> bool:
    """Say whether a failure proves that nothing left."""
    return isinstance(failure, NoTurnError | NotTransmittedError)


def _fields(params: Any) -> dict[str, object]:
    """Return what Nautilus's parameters of an order say, under the venue's names."""
    said: dict[str, object] = {}
    for name in dir(params):
        value = getattr(params, name)
        if name.startswith("_") or value is None or callable(value):
            continue
        first, *rest = name.split("_")
        said[first + "".join(part.capitalize() for part in rest)] = getattr(value, "value", value)
    return said
