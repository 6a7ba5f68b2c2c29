"""The last step before an order leaves: risk is asked, the worst case reserved, the request made."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Final

from core.judging import clear_the_way, decide, proposed
from core.orders.identity import client_order_id_of, names_of
from core.orders.order import Order
from core.reconciliation.patience import Patience
from core.reconciliation.steps import watch
from core.risk.engine import judge, refusal
from core.risk.funds import is_asked_at
from core.routing.direct import Listing
from core.turn import Turn
from ports.capabilities import Abilities
from ports.commands import NORMAL, OrderTerms
from ports.facts import OrderRefused, OrderReleased, RiskDecided
from ports.records import maker
from ports.requests import SendOrder
from ports.values import ZERO, DecisionId, OrderType, Price, Quantity, TimeInForce, plain

_new_risk_decided: Final = maker(RiskDecided)
_new_order_released: Final = maker(OrderReleased)
_new_send_order: Final = maker(SendOrder)

type Refusal = tuple[str, str]  # code and reason

_OF_A_PARENT: Final = frozenset({"halt", "restricted", "trading_hours", "duplicate"})
_OF_THE_WHOLE: Final = _OF_A_PARENT | {
    *("max_order_quantity", "max_order_value", "max_order_value_in_quote", "max_share_of_volume")
}


def judged(
    turn: Turn,
    terms: OrderTerms,
    listing: Listing,
    quantity: Quantity,
    decision_id: DecisionId,
    without: Collection[Order] = (),
) -> tuple[RiskDecided, Refusal | None]:
    """Ask risk about `quantity` of an order at a venue's account; it takes the place of what `without` reserves."""
    order = proposed(turn, terms, listing, quantity)
    replaced = sum([one.reserved for one in without if one.terms.side is terms.side], ZERO)
    order.added = Quantity(max(quantity - replaced, ZERO))
    verdicts = decide(turn, order)
    refused = refusal(verdicts)
    decision = _new_risk_decided(
        operation_id=terms.operation_id,
        decision_id=decision_id,
        allowed=refused is None,
        verdicts=verdicts,
        price=order.price,
        notional_usd=order.notional_usd,
    )
    return decision, refused


def judged_whole(turn: Turn, terms: OrderTerms, listing: Listing) -> tuple[RiskDecided, Refusal | None]:
    """Ask of an order that is worked by others of its own only what concerns all of it.

    Whether it may begin at all; and where several venues share it, what limits one order's size: to split it is no way
    around. An algorithm is there to work what one order may not be. It reserves nothing; each leg and child is asked
    about everything when it leaves.
    """
    order = proposed(turn, terms, listing, terms.quantity)
    asked = _OF_THE_WHOLE if terms.exec_algorithm == NORMAL else _OF_A_PARENT
    verdicts = judge(
        {name: rule for name, rule in turn.book.rules.items() if name in asked}, order, turn.book.risk_book
    )
    refused = refusal(verdicts)
    decision = _new_risk_decided(
        operation_id=terms.operation_id,
        decision_id=names_of(terms.operation_id).decision_id,
        allowed=refused is None,
        verdicts=verdicts,
        price=order.price,
        notional_usd=order.notional_usd,
    )
    return decision, refused


def closable(turn: Turn, terms: OrderTerms, listing: Listing) -> Decimal:
    """Return how much an order may close of what its strategy holds in that account; zero or less where nothing.

    Judged on our own ledger: on a netting account the venue knows the sum over all strategies alone.
    """
    return -terms.side.sign * turn.book.positions.quantity(listing.account, terms.strategy_id, listing.instrument.key)


def reducing_beside(turn: Turn, terms: OrderTerms, listing: Listing) -> list[Order]:
    """Return the open orders that are to close what an order would close, the oldest first."""
    reducing = turn.book.oms.contingent.reducing(terms.strategy_id, listing.instrument.key)
    return [one for one in reducing if one.terms.side is terms.side and one.account == listing.account]


def reducible(turn: Turn, terms: OrderTerms, listing: Listing, without: Collection[Order] = ()) -> Decimal:
    """Return how much a reduce-only order may be: what its strategy holds, less what others of its kind may close.

    `without` are orders that are to be gone before it leaves.
    """
    others = [one.reserved for one in reducing_beside(turn, terms, listing) if one not in without]
    return max(closable(turn, terms, listing) - sum(others, ZERO), ZERO)


def check_reduces(turn: Turn, terms: OrderTerms, listing: Listing, added: Decimal) -> Refusal | None:
    """Say why a reduce-only order may not be (or grow by) `added`; None means it may, or is no such order."""
    if not terms.reduce_only or added <= (most := reducible(turn, terms, listing)):
        return None
    return "REDUCE_ONLY", (
        f"{terms.strategy_id} may close at most {plain(most)} of {listing.instrument.key} by a {terms.side}: "
        "what it holds, less what its open reduce-only orders may close already"
    )


def check_group(turn: Turn, terms: OrderTerms) -> Refusal | None:
    """Say why an order that would work at once may not join its OCO group: another of the group has traded already."""
    for one in turn.book.oms.contingent.group(terms):
        if one.filled_quantity and one.terms.operation_id != terms.operation_id:
            return "GROUP_TRADED", f"{one.terms.operation_id} of its group {terms.oco_group} has traded"
    return None


def release(turn: Turn, terms: OrderTerms, listing: Listing, quantity: Quantity, patience: Patience) -> None:
    """Let `quantity` of an order go to a venue's account as soon as the facts are durable, and watch for an answer."""
    order = turn.book.oms.recorded(terms.operation_id)
    client_order_id = client_order_id_of(terms.operation_id, order.times_unsent)
    clear_the_way(turn, terms, listing, patience)
    turn.fact(
        _new_order_released(
            operation_id=terms.operation_id,
            account=listing.account,
            instrument=listing.instrument.key,
            client_order_id=client_order_id,
            released_ns=turn.now_ns,
            quantity=None if quantity == order.quantity else quantity,
        )
    )
    order_type = sent_type(terms, listing.abilities)
    time_in_force = sent_time_in_force(terms, listing.abilities)
    turn.request(
        _new_send_order(
            account=listing.account,
            instrument=listing.instrument.key,
            client_order_id=client_order_id,
            side=terms.side,
            quantity=quantity,
            order_type=order_type,
            price=order.price,
            time_in_force=time_in_force,
            expire_time_ns=terms.expire_time_ns if time_in_force is TimeInForce.GTD else None,
            post_only=terms.post_only,
            trigger_price=_where(order_type, order.trigger_price),
            trailing_offset=_where(order_type, terms.trailing_offset),
            display_quantity=_shown(terms, quantity),
            asks_margin=listing.abilities.states_margin and not terms.reduce_only and asks_funds(turn, listing),
            ended_by_us_ns=order.expires_ns if is_ended_by_us(terms, listing.abilities) else None,
        )
    )
    watch(turn, order, patience)


def waits_at_its_venue(terms: OrderTerms, abilities: Abilities) -> bool:
    """Say whether the venue waits for an order's trigger: it can, and no order of a group could trade beside it.

    Of a group one order works at a time, or two might trade: the others' triggers are watched by us.
    """
    able = terms.order_type in abilities.order_types and terms.instrument.type not in abilities.no_triggers_for
    return able and not terms.oco_group


def sent_type(terms: OrderTerms, abilities: Abilities) -> OrderType:
    """Return the type that the venue is sent: with the trigger where it waits for it, without where we did."""
    return terms.order_type if waits_at_its_venue(terms, abilities) else terms.order_type.once_triggered


def sent_time_in_force(terms: OrderTerms, abilities: Abilities) -> TimeInForce:
    """Return the time in force that the venue is sent: GTC where we end the order ourselves."""
    return TimeInForce.GTC if is_ended_by_us(terms, abilities) else terms.time_in_force


def is_ended_by_us(terms: OrderTerms, abilities: Abilities) -> bool:
    """Say whether the venue cannot end an order by itself when its time has come."""
    ends = terms.time_in_force in (TimeInForce.GTD, TimeInForce.DAY)
    return ends and terms.time_in_force not in abilities.times_in_force


def asks_funds(turn: Turn, listing: Listing) -> bool:
    """Say whether the rule `funds` is in force where an order goes."""
    limits = turn.book.limits
    return limits.enabled and is_asked_at(limits.check_funds_at, listing.venue)


def refuse(turn: Turn, terms: OrderTerms, code: str, reason: str) -> None:
    """End an order that never left."""
    turn.fact(OrderRefused(operation_id=terms.operation_id, code=code, reason=reason, refused_ns=turn.now_ns))


def listing_of(turn: Turn, order: Order) -> Listing:
    """Return where a routed order goes, as it can trade there now.

    Raises:
        LookupError: it was never routed.
    """
    if order.account is None:
        raise LookupError(f"{order.terms.operation_id} was never routed")
    return turn.book.listing(order.account, order.instrument)


def _where(order_type: OrderType, price: Price | None) -> Price | None:
    return price if order_type.has_trigger else None


def _shown(terms: OrderTerms, quantity: Quantity) -> Quantity | None:
    shown = terms.display_quantity
    return None if shown is None or shown >= quantity else shown  # an order that is shown whole is a plain one
