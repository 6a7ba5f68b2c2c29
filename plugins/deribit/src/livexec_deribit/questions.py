"""Direct questions to Deribit: one order, open orders, trades, positions, balances; "none" is never silence.

Deribit keeps closed orders at hand for 30 minutes and trades for 24 hours; older ones are in the records that
`historical` asks for (https://docs.deribit.com/articles/accessing-historical-trades-orders).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, Final

from livexec_deribit.exact_json import Param
from livexec_deribit.names import currency_of, name_of
from livexec_deribit.rpc import NoAnswerError, NotAskedError, RefusedError, RpcConnection
from livexec_deribit.sequences import Numbered
from livexec_deribit.triggers import TriggerLog
from livexec_deribit.words import (
    NANOS_A_MILLI,
    TRIGGERED,
    Message,
    OrderState,
    balances_of,
    fills_of,
    order_of,
    positions_of,
    readable,
    status_of,
    text,
    time_ms,
)
from ports.errors import VenueUnavailableError
from ports.instruments import InstrumentKey
from ports.reports import FillReport, OrderEvidence, OrderStatusReport, VenueBalance, VenuePosition
from ports.values import AccountId, ClientOrderId, Currency

_PAGE: Final = 1_000  # the most that the venue gives at once
_MOST_PAGES: Final = 50
_LOOKS: Final = 3  # at an order and its trades, until both tell the same
_RECENT_MS: Final = 23 * 3_600_000  # of trades; an hour less than the venue says
_LOOK_BACK_MS: Final = 72 * 3_600_000  # for an order that nobody remembers: no order waits for an answer that long


class Questions:
    """Asks the venue. Every method raises VenueUnavailableError where it did not answer; then nothing was learnt."""

    def __init__(self, rpc: RpcConnection, account: AccountId, answer_s: float, now_ms: Callable[[], int]) -> None:
        self._rpc = rpc
        self._account = account
        self._answer_s = answer_s
        self._now_ms = now_ms  # the venue's
        self._triggers = TriggerLog(self._ask)
        self.currencies: Collection[Currency] = ()

    async def evidence(self, instrument: InstrumentKey, client_order_id: ClientOrderId) -> OrderEvidence | None:
        """Return an order's state and all its trades; None where the venue knows no such order."""
        for _ in range(_LOOKS):
            named = await self._orders_named(instrument, client_order_id)
            if not named:
                return None
            order = _the_one(named, client_order_id)
            fills = await self._fills_of_order(order)
            if sum(fill.quantity for fill in fills) == order.filled:
                status = readable(partial(status_of, self._account, order))
                return OrderEvidence(status=status, fills=fills)
        raise VenueUnavailableError(f"what the venue lists as trades of {client_order_id} does not add up to its fill")

    async def open_orders(self) -> Sequence[OrderStatusReport]:
        """Return every open order of the account, trigger orders that wait included."""
        orders = await self.open_order_states()
        return tuple(status_of(self._account, order) for order in orders)

    async def open_order_states(self) -> Sequence[OrderState]:
        """Return the same in the venue's own words."""
        listed = await self._ask("private/get_open_orders", {"type": "all"})
        return _orders(listed)

    async def fills_since(self, since_ns: int) -> Sequence[FillReport]:
        """Return the trades at or after `since_ns`, oldest first, each once."""
        since_ms = since_ns // NANOS_A_MILLI  # rounding down repeats a fill, never skips one
        records = [False] if since_ms > self._now_ms() - _RECENT_MS else [True, False]
        fills: dict[tuple[str, str], FillReport] = {}
        for currency in self.currencies:
            for historical in records:
                for fill in await self._trades(currency, since_ms, historical):
                    fills[fill.instrument, fill.trade_id] = fill
        found = [fill for fill in fills.values() if fill.venue_time_ns >= since_ns]
        return tuple(sorted(found, key=lambda fill: fill.venue_time_ns))

    async def fills_from(self, instrument: InstrumentKey, first: Numbered) -> Sequence[FillReport] | None:
        """Return a known trade and all later ones of its instrument; None where the known one is not among them."""
        records = [False] if first.at_ms > self._now_ms() - _RECENT_MS else [True, False]
        fills: dict[str, FillReport] = {}
        for historical in records:
            for fill in await self._numbered(instrument, first.number, historical):
                fills[fill.trade_id] = fill
        return tuple(fills.values()) if first.trade_id in fills else None

    async def positions(self) -> Sequence[VenuePosition]:
        """Return every position that is not flat."""
        listed = await self._ask("private/get_positions", {"currency": "any"})
        return readable(lambda: positions_of(listed))

    async def account_summaries(self) -> Sequence[Message]:
        """Return the account's summaries, one a currency; with the limits in force."""
        answer = await self._ask("private/get_account_summaries", {"extended": True})
        summaries: Sequence[Message] = readable(lambda: list(answer["summaries"]))
        return summaries

    async def balances(self) -> Sequence[VenueBalance]:
        """Return every balance that is not zero."""
        summaries = await self.account_summaries()
        return readable(lambda: balances_of(summaries))

    async def _orders_named(self, instrument: InstrumentKey, label: ClientOrderId) -> Sequence[OrderState]:
        answer = await self._ask(
            "private/get_order_state_by_label", {"currency": currency_of(instrument), "label": label}
        )
        found = [order for order in _orders(answer) if order.client_order_id == label]
        if _acting(found):
            return found
        remembered = await self._orders_remembered(instrument, label)
        if _acting(remembered):
            return remembered
        open_now = await self.open_order_states()
        return await self._triggers.named(instrument, label, open_now, self._now_ms() - _LOOK_BACK_MS)

    async def _orders_remembered(self, instrument: InstrumentKey, label: ClientOrderId) -> Sequence[OrderState]:
        """Look for an order that ended long ago in the instrument's records, newest first."""
        horizon_ms = self._now_ms() - _LOOK_BACK_MS
        for historical in (False, True):
            for page in range(_MOST_PAGES):
                params: dict[str, Param] = {
                    "instrument_name": name_of(instrument),
                    "count": _PAGE,
                    "offset": page * _PAGE,
                    "include_old": True,
                    "include_unfilled": True,
                    "historical": historical,
                }
                listed = _orders(await self._ask("private/get_order_history_by_instrument", params))
                found = [order for order in listed if order.client_order_id == label]
                if found:
                    return found
                if len(listed) < _PAGE or listed[-1].updated_ms < horizon_ms:
                    break
            else:
                raise VenueUnavailableError(f"{instrument} has more than {_MOST_PAGES * _PAGE} orders to look through")
        return ()

    async def _fills_of_order(self, order: OrderState) -> Sequence[FillReport]:
        if not order.filled:
            return ()
        fills: dict[str, FillReport] = {}
        for historical in (False, True):
            params: Mapping[str, Param] = {"order_id": order.order_id, "sorting": "asc", "historical": historical}
            answer = await self._ask("private/get_user_trades_by_order", params)
            for fill in self._fills(answer if isinstance(answer, list) else answer["trades"]):
                fills.setdefault(fill.trade_id, fill)
            if sum(fill.quantity for fill in fills.values()) == order.filled:
                break
        return tuple(sorted(fills.values(), key=lambda fill: fill.venue_time_ns))

    async def _trades(self, currency: Currency, since_ms: int, historical: bool) -> Sequence[FillReport]:
        fills: list[FillReport] = []
        until_ms = self._now_ms() + 60_000
        for _ in range(_MOST_PAGES):
            params: Mapping[str, Param] = {
                "currency": currency,
                "start_timestamp": since_ms,
                "end_timestamp": until_ms,
                "count": _PAGE,
                "sorting": "asc",
                "historical": historical,
            }
            answer = await self._ask("private/get_user_trades_by_currency_and_time", params)
            page = readable(partial(_trades_in, answer))
            fills += self._fills(page)
            if answer.get("has_more") is not True or not page:
                return fills
            newest_ms = readable(partial(time_ms, page[-1], "timestamp"))
            if newest_ms == since_ms:
                raise VenueUnavailableError(f"more than {_PAGE} trades of {currency} in one millisecond")
            since_ms = newest_ms  # that millisecond again: a page may end within it
        raise VenueUnavailableError(f"the venue has more than {_MOST_PAGES * _PAGE} trades of {currency} to list")

    async def _numbered(self, instrument: InstrumentKey, first: int, historical: bool) -> Sequence[FillReport]:
        """Return an instrument's trades from a number on; each page begins with the trade that ended the one before."""
        fills: list[FillReport] = []
        last = ""
        for _ in range(_MOST_PAGES):
            params: Mapping[str, Param] = {
                "instrument_name": name_of(instrument),
                "start_seq": first,
                "count": _PAGE,
                "sorting": "asc",
                "historical": historical,
            }
            answer = await self._ask("private/get_user_trades_by_instrument", params)
            page = readable(partial(_trades_in, answer))
            if last and (not page or page[0].get("trade_id") != last):
                raise VenueUnavailableError(f"the venue's pages of trades of {instrument} do not join at {last}")
            fills += self._fills(page)
            if answer.get("has_more") is not True or not page:
                return fills
            first, last = readable(partial(_end_of, page, first))
        raise VenueUnavailableError(f"the venue has more than {_MOST_PAGES * _PAGE} trades of {instrument} to list")

    def _fills(self, listed: Sequence[Message]) -> Sequence[FillReport]:
        return readable(lambda: fills_of(self._account, listed))

    async def _ask(self, method: str, params: Mapping[str, Param]) -> Any:
        try:
            return await self._rpc.ask(method, params, within_s=self._answer_s)
        except (NotAskedError, RefusedError, NoAnswerError) as failure:
            raise VenueUnavailableError(str(failure)) from failure


def _trades_in(answer: Message) -> Sequence[Message]:
    return list(answer["trades"])


def _end_of(page: Sequence[Message], first: int) -> tuple[int, str]:
    number = page[-1]["trade_seq"]
    if not isinstance(number, int) or number <= first:
        raise ValueError(f"trade_seq is {number!r} at the end of a page that begins at {first}")
    return number, text(page[-1], "trade_id")


def _orders(listed: Sequence[Message]) -> Sequence[OrderState]:
    orders = readable(lambda: [order_of(one) for one in listed])
    return [order for order in orders if order is not None]


def _acting(named: Sequence[OrderState]) -> Sequence[OrderState]:
    return [order for order in named if order.state != TRIGGERED]


def _the_one(named: Sequence[OrderState], label: ClientOrderId) -> OrderState:
    """Return the order that a label names; a trigger order that fired has handed its label to the one it placed."""
    acting = _acting(named)
    ids = {order.order_id for order in acting}
    if len(ids) != 1:
        raise VenueUnavailableError(f"{len(ids)} orders of the venue have the label {label}")
    return max(acting, key=lambda order: order.updated_ms)
