"""What a firm's own risk rule is told of an order, and what it answers: the port of plugin rules."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Protocol

from ports.instruments import InstrumentKey
from ports.records import record
from ports.values import AccountId, Price, Quantity, Side, StrategyId, VenueId

RAISED: Final = "error"  # the unit of the verdict of a rule that raised


@record
class OrderSeen:
    """One order and what the book knows around it, none of which counts the order yet.

    Quantities are in the instrument's own unit; what is None is not known. Fields are only ever added.
    """

    strategy_id: StrategyId
    instrument: InstrumentKey
    venue: VenueId
    account: AccountId
    side: Side
    quantity: Quantity  # the whole order
    added: Decimal  # what it adds to what is open: all of a new order, the rise of an amended one
    limit_price: Price | None  # None: a market order
    is_amend: bool
    notional_usd: Decimal | None
    bid: Price | None
    ask: Price | None
    quoted_ns: int | None  # when that quote arrived, UTC
    position: Decimal  # its strategy's, negative where short
    open_buys: Decimal  # its strategy's, released and not ended
    open_sells: Decimal
    position_of_all: Decimal  # every strategy's together
    tags: Mapping[str, str]
    now_ns: int  # the time of the decision, UTC


@record
class RuleAnswer:
    """What a rule says: passed or not, and why in numbers or words; `remedy` says of a refusal what would pass."""

    passed: bool
    value: str
    limit: str
    unit: str
    remedy: str = ""


class PluginRule(Protocol):
    """One rule of a firm's own: a pure function of what it is shown.

    It opens nothing, waits for nothing and keeps nothing between two calls; it is asked on the order's own path, so a
    millisecond of it is a millisecond of every order. One that raises refuses the order.
    """

    @property
    def name(self) -> str:
        """Its name in verdicts: lower case words joined by `_`, beginning with the firm's own, such as `acme_quota`."""

    def judge(self, order: OrderSeen) -> RuleAnswer:
        """Say whether the order may go."""
