"""What a firm's own routing policy is shown, and what it answers: the port of policies."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from ports.instruments import InstrumentKey
from ports.records import record
from ports.values import AccountId, Price, Quantity, Side


@record
class OrderAsked:
    """An order to be shared out. `limit_price` None: a market order; `max_venues` None: it does not say."""

    side: Side
    quantity: Quantity
    limit_price: Price | None
    post_only: bool
    split_allowed: bool  # False: one venue takes all of it
    max_venues: int | None


@record
class VenueOption:
    """An account that could take part of it now: never one that is down, off, refused, too small or too poor.

    Amounts are in the instrument's own unit, between `least` and `most`, in whole `lot`s, or none at all. `steps` are
    what a unit costs in USD with every cost of [the router's sums](docs/routing.md), and how many units cost that,
    cheapest first: negative for what a sale earns. `fixed_usd` is what one more order costs there, however small.
    """

    account: AccountId
    instrument: InstrumentKey
    least: Decimal
    most: Decimal
    lot: Decimal
    visible: Decimal  # what of it could trade at once
    can_wait: bool  # whether a part may rest there
    is_sound: bool  # healthy, and its book is fresh
    steps: Sequence[tuple[Decimal, Decimal]]
    fixed_usd: Decimal


@record
class Shares:
    """The part of each option, in their order, and what of it is meant to rest; the parts are all of the order."""

    parts: Sequence[Decimal]
    waits: Sequence[Decimal]
    reason: str  # one sentence, which the decision keeps


class RoutingPolicy(Protocol):
    """A firm's own way of sharing an order out: a pure function of what it is shown.

    It opens nothing, waits for nothing and keeps nothing between two calls; it is asked on the order's own path. What
    it was not shown it cannot choose, and an answer that breaks a rule of the order or of a venue is not carried out.
    """

    @property
    def name(self) -> str:
        """Its name in decisions: lower-case words joined by `_`, beginning with the firm's own, such as `acme_dark`."""

    def share(self, order: OrderAsked, options: Sequence[VenueOption]) -> Shares | None:
        """Say who takes how much; None: not between these. It may then be asked with more of them."""
