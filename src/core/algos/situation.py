"""The moment at which a plan is made: what is done, what is out, what is left, and what the market allows."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ports.algorithms import Child, Market, ParentTerms, Progress
from ports.values import OrderStatus, Price, Side, divide, multiply_rounded, round_down, round_up

SECOND_NS: Final = 1_000_000_000
CANCEL_AGAIN_NS: Final = 5 * SECOND_NS  # a cancel that its venue refused is not asked again before that
_SWEEP_UP, _SWEEP_DOWN = Decimal("1.01"), Decimal("0.99")  # how far beyond the touch a crossing limit child may trade
_CUSHION: Final = Decimal("0.98")  # a venue may value an order lower than we do


class Situation:
    """One parent at one moment, counted in whole lots. `budget`: what may still be placed without overfilling.

    `at_limit`: children are priced at the parent's limit, wherever the market is.
    """

    __slots__ = (
        "_least",
        "at_limit",
        "budget",
        "excess",
        "fresh",
        "market",
        "now_ns",
        "open",
        "parent",
        "progress",
        "total",
    )

    def __init__(
        self, parent: ParentTerms, progress: Progress, market: Market, now_ns: int, stale_ns: int | None,
        *, at_limit: bool = False,
    ) -> None:  # fmt: skip
        self._least: int | None = None
        self.at_limit = at_limit
        self.parent = parent
        self.progress = progress
        self.market = market
        self.now_ns = now_ns
        self.open = [child for child in progress.children if not child.status.is_terminal]
        left = parent.quantity - progress.filled - sum((child.unfilled for child in self.open), Decimal(0))
        self.excess = max(-left, Decimal(0))  # what is out beyond the parent, after an amend to less
        self.total = self.lots(parent.quantity)
        self.budget = max(self.lots(left), 0)
        quoted = market.bid is not None and market.ask is not None
        self.fresh = quoted and (stale_ns is None or now_ns - market.quoted_ns <= stale_ns)

    @property
    def committed(self) -> int:
        """What is filled or outstanding."""
        return self.total - self.budget

    @property
    def near(self) -> Price | None:
        """The best price of the parent's own side."""
        return self.market.bid if self.parent.side is Side.BUY else self.market.ask

    @property
    def far(self) -> Price | None:
        """The price that a crossing child meets first."""
        return self.market.ask if self.parent.side is Side.BUY else self.market.bid

    def lots(self, quantity: Decimal) -> int:
        """Return the whole lots in a quantity."""
        return int(round_down(quantity, self.parent.rules.lot_size) / self.parent.rules.lot_size)

    def least(self) -> int:
        """Return the lots of the smallest order that the venue takes, as far as prices are known."""
        if self._least is None:
            self._least = self._reckoned_least()
        return self._least

    def _reckoned_least(self) -> int:
        rules = self.parent.rules
        least: Decimal = rules.min_quantity
        prices = [price for price in (self.market.bid, self._limit_that_counts()) if price is not None]
        if rules.min_notional is not None and prices:
            least = max(least, divide(rules.min_notional, multiply_rounded(min(prices), _CUSHION)))
        return int(round_up(least, rules.lot_size) / rules.lot_size)

    def _limit_that_counts(self) -> Price | None:
        """Return the limit where a child may be priced as low as that."""
        if self.parent.side is Side.BUY or self.at_limit or self.market.bid is None:
            return self.parent.price
        return None

    def is_beyond(self, price: Price | None) -> bool:
        """Say whether a price is worse than the parent's limit."""
        limit = self.parent.price
        if limit is None or price is None:
            return False
        return price > limit if self.parent.side is Side.BUY else price < limit

    def passive_price(self) -> Price:
        """Return where a resting child goes: the best price of its own side, or the limit where that is better."""
        near, limit, tick = self.near, self.parent.price, self.parent.rules.tick_size
        known = [price for price in (near, limit) if price is not None]
        if self.parent.side is Side.BUY:
            return Price(round_down(min(known), tick))
        return Price(round_up(max(known), tick))

    def crossing_price(self) -> Price | None:
        """Return how far a crossing child may trade: a per cent beyond the touch, within the limit; None: no limit."""
        limit, far, tick = self.parent.price, self.far, self.parent.rules.tick_size
        if limit is None or not self.fresh or far is None:
            return limit
        if self.parent.side is Side.BUY:
            return min(limit, Price(round_up(multiply_rounded(far, _SWEEP_UP), tick)))
        return max(limit, Price(round_down(multiply_rounded(far, _SWEEP_DOWN), tick)))


def may_cancel(child: Child, now_ns: int) -> bool:
    """Say whether to ask for an open child's cancel: once, and again only where its venue would not at first."""
    if not child.is_open:
        return False
    again_ns = cancel_again_ns(child)
    return child.cancel_asked_ns is None or (again_ns is not None and now_ns >= again_ns)


def cancel_again_ns(child: Child) -> int | None:
    """Return when a cancel that was asked for may be asked again; None: it is still being answered."""
    if child.cancel_asked_ns is None or child.status in (OrderStatus.PENDING_CANCEL, OrderStatus.UNCONFIRMED):
        return None
    return child.cancel_asked_ns + CANCEL_AGAIN_NS
