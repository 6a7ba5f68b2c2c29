"""What became of an order with a trigger, asked of the venue.

While it waits it stands among the open orders; then another order with an id of its own, and the same label, does its
work. The log of trigger orders says which, or that it was canceled or rejected: so one whose answer was lost is found
by its label whatever became of it (https://docs.deribit.com/api-reference/trading/private-get_trigger_order_history).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any, Final

from livexec_deribit.exact_json import Param
from livexec_deribit.names import currency_of, name_of
from livexec_deribit.orders import ABILITIES
from livexec_deribit.words import Message, OrderState, number, order_of, readable, side_of, text, time_ms
from ports.errors import VenueUnavailableError
from ports.instruments import InstrumentKey
from ports.values import ClientOrderId

_PAGE: Final = 1_000  # the most that the venue gives at once
_MOST_PAGES: Final = 20

type Ask = Callable[[str, Mapping[str, Param]], Awaitable[Any]]


class TriggerLog:
    """Asks by `ask`, which raises VenueUnavailableError where nothing was learnt."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def named(
        self, instrument: InstrumentKey, label: ClientOrderId, open_orders: Sequence[OrderState], horizon_ms: int
    ) -> Sequence[OrderState]:
        """Return the order that a label names, as it is now; none: no trigger order had it after `horizon_ms`.

        `open_orders` were asked for before: one that waits no more by now is in the log.
        """
        if instrument.type in ABILITIES.no_triggers_for:
            return ()
        waiting = [one for one in open_orders if one.client_order_id == label]
        if waiting:
            return waiting
        params: dict[str, Param] = {
            "currency": currency_of(instrument),
            "instrument_name": name_of(instrument),
            "count": _PAGE,
        }
        for _ in range(_MOST_PAGES):
            answer = await self._ask("private/get_trigger_order_history", params)
            entries = readable(partial(_entries_of, answer))
            mine = [one for one in entries if one.get("label") == label]
            if mine:
                return [await self._fate(instrument, label, mine)]
            further = answer.get("continuation")
            if not entries or not further or readable(partial(time_ms, entries[-1], "timestamp")) < horizon_ms:
                return ()
            params["continuation"] = str(further)
        raise VenueUnavailableError(f"{instrument} has more than {_MOST_PAGES * _PAGE} trigger orders to look through")

    async def _fate(self, instrument: InstrumentKey, label: ClientOrderId, mine: Sequence[Message]) -> OrderState:
        spawned = next((str(one["order_id"]) for one in mine if one.get("order_id")), "")
        if spawned:
            said = await self._ask("private/get_order_state", {"order_id": spawned})
            order = readable(lambda: order_of(said))
            if order is None:
                raise VenueUnavailableError(f"the order {spawned} of {label} is of an instrument that has no key")
            return replace(order, client_order_id=label)
        newest = max(mine, key=lambda one: readable(partial(time_ms, one, "timestamp")))
        state, _, why = readable(partial(text, newest, "order_state")).partition(":")
        if state not in ("cancelled", "rejected"):
            raise VenueUnavailableError(
                f"the trigger order {label} is {state}, and the order that works for it unknown"
            )
        return readable(partial(_ended, instrument, label, newest, state, why))


def _entries_of(answer: Message) -> Sequence[Message]:
    return list(answer["entries"])


def _ended(instrument: InstrumentKey, label: ClientOrderId, said: Message, state: str, why: str) -> OrderState:
    """Return a trigger order that came to nothing."""
    return OrderState(
        order_id=text(said, "trigger_order_id"),
        client_order_id=label,
        instrument=instrument,
        side=side_of(said),
        state=state,
        amount=number(said, "amount"),
        filled=Decimal(0),
        price=None,
        post_only=said.get("post_only") is True,
        shown=None,
        trigger_price=None,
        reason=why or state,
        updated_ms=time_ms(said, "timestamp"),
    )
