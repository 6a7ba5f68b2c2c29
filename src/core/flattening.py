"""Closing every position of a halted scope, until there is none."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Final

from core.positions.ledger import PositionKey
from core.reconciliation.patience import Patience
from core.risk.halts import HaltKey, Whereabouts
from core.risk.rule import limit_for
from core.submitting import record
from core.turn import Turn
from ports.commands import HaltScope, OrderTerms, SubmitOrder
from ports.facts import HaltRaised
from ports.instruments import Instrument
from ports.values import (
    SYSTEM,
    UNATTRIBUTED,
    AccountId,
    OperationId,
    OrderType,
    Price,
    Quantity,
    Side,
    TimeInForce,
    divide,
    round_down,
    round_up,
)

_BPS: Final = Decimal("0.0001")
_MS: Final = 1_000_000
_QUOTE_MAX_AGE_MS: Final = 5_000  # as of every reference price, where `reference_max_age_ms` is not set


def flatten(turn: Turn, patience: Patience, among: Collection[PositionKey] | None = None) -> list[OperationId]:
    """Close what is open under the halts that flatten, as far as that can be done now; return the closing orders.

    `among` names the positions to look at (None: all): a venue that refuses to have one closed is not asked again
    because something else traded.

    A position is closed by reduce-only orders, at the market or no further through it than `max_closing_slippage_bps`
    says, of at most what the limits and the venue let one order be, less
    what open orders of that side may still close: it never turns round. What stands in the way (a working order, a
    venue that is away, a rate) is met again with every trade, every end of an order, and after every patience; after
    each closing order in a row that comes to nothing, twice as late as before.
    """
    halts = {(halt.scope, halt.value): halt for halt in turn.book.halts.flattening()}
    if not halts:
        return []
    keys = [key for key, _ in turn.book.positions] if among is None else among
    held = [key for key in keys if turn.book.positions.quantity(*key)]
    made = [_close(turn, halt, key, patience) for key in held if (halt := _covering(halts, key)) is not None]
    return [operation_id for operation_id in made if operation_id is not None]


def begin_flattening(turn: Turn, halt: HaltRaised, patience: Patience) -> None:
    """Look again after every patience, for as long as this halt is in force."""
    turn.request(patience.look_at_positions(halt.raised_ns, turn.now_ns))


def look_at_positions(turn: Turn, raised_ns: int, patience: Patience) -> None:
    """Close what is open still, and look again, unless the halt that asked for it is in force no more."""
    for halt in turn.book.halts.flattening():
        if halt.raised_ns == raised_ns:
            flatten(turn, patience)
            begin_flattening(turn, halt, patience)
            return


def _covering(halts: dict[HaltKey, HaltRaised], key: PositionKey) -> HaltRaised | None:
    account, strategy, instrument = key
    where = Whereabouts(strategy, instrument, account, instrument.venue)
    for scope in where.scopes():
        # Nobody here knows what a trade that is not ours is for: only who names it closes it.
        if scope in halts and (strategy != UNATTRIBUTED or scope == (HaltScope.STRATEGY, UNATTRIBUTED)):
            return halts[scope]
    return None


def _close(turn: Turn, halt: HaltRaised, key: PositionKey, patience: Patience) -> OperationId | None:
    account, strategy, instrument = key
    quantity = turn.book.positions.quantity(account, strategy, instrument)
    side = Side.SELL if quantity > 0 else Side.BUY
    closable = abs(quantity) - turn.book.exposure.of_holder(account, strategy, instrument).open_on(side)
    listed = turn.book.defined(account, instrument)  # None: a trade of nobody's, in what its venue never listed to us
    if closable <= 0 or listed is None or not turn.book.accounts.is_ready(account):
        return None
    times = turn.book.closings.times(key)
    if times and turn.now_ns < patience.close_again_ns(times, turn.book.closings.last_ns(key)):
        return None
    amount = round_down(min([closable, *_most(turn, listed, side)]), listed.lot_size)
    if amount < listed.min_quantity:
        return None  # the venue takes no order as small as what is left
    bps = _reach_bps(turn, account, listed)
    price = None if bps is None else _furthest(turn, listed, side, bps)
    if bps is not None and price is None:
        return None  # nobody knows what it would cost; it is looked at again
    operation_id = OperationId(f"flatten.{halt.raised_ns}.{turn.book.sequence}")
    terms = OrderTerms(
        operation_id=operation_id,
        strategy_id=strategy,
        instrument=instrument,
        side=side,
        quantity=Quantity(amount),
        order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
        price=price,
        time_in_force=TimeInForce.GTC if price is None else TimeInForce.IOC,
        reduce_only=True,
        account=account,
        tags={"flatten": f"{halt.scope} {halt.value}".strip()},
    )
    wrong = record(turn, SubmitOrder(terms=terms, principal=SYSTEM, received_ns=turn.now_ns), patience)
    return operation_id if wrong is None else None


def _reach_bps(turn: Turn, account: AccountId, listed: Instrument) -> Decimal | None:
    """Return how far through the touch a closing order may reach; None: a market order, as far as it has to.

    A venue without IOC orders gets market orders: one that rests would keep the position open.
    """
    limits = turn.book.limits
    if not limits.enabled or TimeInForce.IOC not in turn.book.accounts.abilities(account).times_in_force:
        return None
    return limit_for(limits.max_closing_slippage_bps, listed.key)


def _furthest(turn: Turn, listed: Instrument, side: Side, bps: Decimal) -> Price | None:
    """Return the worst price that a closing order may have, in whole ticks; None: there is no fresh quote."""
    quote = turn.book.market.quote(listed.key)
    oldest_ms = turn.book.limits.reference_max_age_ms or _QUOTE_MAX_AGE_MS
    if quote is None or turn.now_ns - quote.received_ns > oldest_ms * _MS:
        return None
    touch = quote.touch(side)
    reach = touch * bps * _BPS
    if side is Side.BUY:
        return Price(round_down(touch + reach, listed.tick_size))
    return Price(max(round_up(touch - reach, listed.tick_size), listed.tick_size))


def _most(turn: Turn, listed: Instrument, side: Side) -> list[Decimal]:
    """Return what the venue and the limits on one order let it be."""
    limits, market = turn.book.limits, turn.book.market
    most = [listed.max_quantity, limit_for(limits.max_order_quantity, listed.key)]
    price = market.price_of_order(listed.key, side, None)
    in_quote = limit_for(limits.max_order_value_in_quote, listed.key.quote)
    if in_quote is not None and (listed.key.is_inverse or price):
        most.append(
            in_quote if listed.key.is_inverse or not price else round_down(divide(in_quote, price), listed.lot_size)
        )
    unit_usd = market.unit_usd_at(listed.key, price)
    if limits.max_order_value_usd is not None and unit_usd:
        most.append(round_down(divide(limits.max_order_value_usd, unit_usd), listed.lot_size))
    return [one for one in most if one is not None]
