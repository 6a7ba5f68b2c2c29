"""One order with a trigger at the simulated Deribit, while it waits and after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from simulators.deribit.contracts import Listing

KINDS = {  # the letters of its ids, whether the price has to go against the order, what works then
    "stop_market": ("SLMB", True, "market"),
    "stop_limit": ("SLTB", True, "limit"),
    "take_market": ("TPMB", False, "market"),
    "take_limit": ("TPTB", False, "limit"),
    "trailing_stop": ("TSB", True, "market"),
}
type Place = Callable[[dict[str, Any], str], dict[str, Any]]  # what is asked for, and whose work it does


@dataclass(eq=False, slots=True, kw_only=True)
class Waiting:
    """One order that waits for the market."""

    order_id: str
    user: str
    listing: Listing
    is_buy: bool
    kind: str
    asked: dict[str, Any]  # what is placed once it is triggered, and what an edit changes
    trigger: Decimal
    offset: Decimal | None
    reference: str
    time_ms: int
    update_ms: int
    place: Place = field(repr=False)
    connection: object = None  # that it was placed over
    state: str = "untriggered"
    spawned: str = ""  # the id of the order that works in its place
    cancel_reason: str = ""

    @property
    def is_open(self) -> bool:
        return self.state == "untriggered"

    def meets(self, price: Decimal) -> bool:
        """Say whether a price has come to the trigger; that of a trailing stop goes with the market, never back."""
        if self.offset is not None:
            nearer = price + self.offset if self.is_buy else price - self.offset
            self.trigger = min(self.trigger, nearer) if self.is_buy else max(self.trigger, nearer)
        rises = self.is_buy == KINDS[self.kind][1]
        return price >= self.trigger if rises else price <= self.trigger
