"""A parent in the words of its planner: its terms, the ledger of its children, the market."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from core.algos.abandoned import Abandoned
from core.algos.registry import planner_of
from core.market.view import MarketView
from core.orders.order import Order
from ports.algorithms import (
    Child,
    ChildOrder,
    Conditions,
    Market,
    OrderRules,
    ParentState,
    ParentTerms,
    Planner,
    PlannerParser,
    Progress,
    is_of_plugin,
)
from ports.commands import NORMAL, OrderTerms
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import Quote
from ports.replies import InvalidOrder
from ports.values import ZERO, OrderType, TimeInForce, divide

type Algorithms = Mapping[str, PlannerParser]  # by their names
LONGEST_NAME: Final = 118  # of a parent: its children add a point and a number, within the 128 of an operation id
_NEED_CURVE: Final = frozenset({"VWAP", "IS"})  # a whole day of it is kept with the parent


def check_parent(terms: OrderTerms, instrument: Instrument, of_plugins: Algorithms) -> InvalidOrder | None:
    """Say what keeps an algorithm from working an order; None means nothing does, or none is to."""
    if terms.exec_algorithm == NORMAL:
        return None
    for field, value, is_fit, remedy in (
        (
            "operation_id",
            terms.operation_id,
            len(terms.operation_id) <= LONGEST_NAME,
            f"at most {LONGEST_NAME} characters, for its children are named after it",
        ),
        (
            "order_type",
            terms.order_type,
            terms.order_type in (OrderType.MARKET, OrderType.LIMIT),
            "an algorithm works MARKET and LIMIT orders",
        ),
        (
            "time_in_force",
            terms.time_in_force,
            terms.time_in_force is TimeInForce.GTC,
            "an algorithm has a horizon of its own: leave it out",
        ),
        ("post_only", "true", not terms.post_only, "the algorithm places its children; see passive_secs"),
        ("display_amount", "", terms.display_quantity is None, "use ICEBERG and its parameters"),
        ("oco_group", terms.oco_group, not terms.oco_group, "an algorithm's order is in no group"),
        (
            "after_operation_id",
            terms.after_operation_id or "",
            terms.after_operation_id is None,
            "an algorithm's order follows no other",
        ),
    ):
        if not is_fit:
            return InvalidOrder(field=field, value=str(value), remedy=remedy)
    submitted = _submitted(terms, instrument)
    planner = planner_of(terms.exec_algorithm, terms.exec_algorithm_params, submitted, of_plugins)
    return planner if isinstance(planner, InvalidOrder) else None


def planner_for(order: Order, instrument: Instrument, of_plugins: Algorithms) -> Planner:
    """Return the planner of a parent that was started; where its plugin is gone, one that ends it.

    Raises:
        LookupError: its parameters, which were read when it came, cannot be read any more.
    """
    terms = order.terms
    if is_of_plugin(terms.exec_algorithm) and terms.exec_algorithm not in of_plugins:
        return Abandoned(f"no installed plugin brings {terms.exec_algorithm} any more")
    submitted = _submitted(terms, instrument)
    planner = planner_of(terms.exec_algorithm, terms.exec_algorithm_params, submitted, of_plugins)
    if isinstance(planner, InvalidOrder):
        raise LookupError(f"{terms.operation_id}: {planner.field} {planner.value!r}: {planner.remedy}")
    return planner


def conditions_of(terms: OrderTerms, instrument: InstrumentKey, market: MarketView) -> Conditions:
    """Return the market as it is when a parent starts, as far as it is known; the curve where its algorithm asks."""
    quote, volatility = market.quote(instrument), market.volatility(instrument)
    return Conditions(
        mid=None if quote is None else quote.mid,
        spread=None if quote is None else quote.ask - quote.bid,
        daily_volatility=None if volatility is None else volatility.of_a_day(),
        volume_curve=market.volume_curve(instrument) if terms.exec_algorithm in _NEED_CURVE else None,
    )


def parent_terms(order: Order, instrument: Instrument) -> ParentTerms:
    """Return a started parent as it stands now.

    Raises:
        LookupError: it was not started.
    """
    if order.started is None:
        raise LookupError(f"{order.terms.operation_id} is worked by no algorithm")
    return ParentTerms(
        side=order.terms.side,
        quantity=order.quantity,
        price=order.price,
        rules=_rules(instrument),
        start_ns=order.started.started_ns,
        seed=order.started.seed,
        conditions=order.started.conditions,
    )


def progress_of(order: Order, state: ParentState) -> Progress:
    """Return everything that facts say of a parent's children."""
    children = tuple([_child(number, child) for number, child in enumerate(order.children, start=1)])
    filled = filled_of(order)
    average = divide(order.filled_value, filled) if filled else None
    return Progress(children=children, filled=filled, average_price=average, state=state)


def filled_of(parent: Order) -> Decimal:
    """Return what a parent's children have traded: within a turn, more than it has been told of itself yet."""
    return sum([child.filled_quantity for child in parent.children], ZERO)


def left_of(parent: Order) -> Decimal:
    """Return what may still be placed of a parent: all of it, less what its children have traded and may trade."""
    return parent.quantity - filled_of(parent) - sum([child.reserved for child in parent.children], ZERO)


def market_of(quote: Quote | None, traded: Decimal | None) -> Market:
    """Return the newest quote, and the volume since the parent's start, as a planner reads them."""
    if quote is None:
        return Market(traded=traded)
    return Market(
        bid=quote.bid,
        ask=quote.ask,
        bid_size=quote.bid_size,
        ask_size=quote.ask_size,
        quoted_ns=quote.received_ns,
        traded=traded,
    )


def _child(number: int, child: Order) -> Child:
    terms = child.terms
    return Child(
        order=ChildOrder(
            number=number,
            batch=terms.batch,
            quantity=child.quantity,
            order_type=terms.order_type,
            price=child.price,
            time_in_force=terms.time_in_force,
            post_only=terms.post_only,
        ),
        status=child.status,
        filled=child.filled_quantity,
        placed_ns=child.created_ns,
        cancel_asked_ns=child.cancel_asked_ns,
    )


def _submitted(terms: OrderTerms, instrument: Instrument) -> ParentTerms:
    return ParentTerms(
        side=terms.side,
        quantity=terms.quantity,
        price=terms.price,
        rules=_rules(instrument),
        start_ns=0,
        seed=0,
    )


def _rules(instrument: Instrument) -> OrderRules:
    inverse = instrument.key.is_inverse
    least: Decimal | None = None if inverse else instrument.min_notional
    return OrderRules(
        tick_size=instrument.tick_size,
        lot_size=instrument.lot_size,
        min_quantity=instrument.min_quantity,
        max_quantity=instrument.max_quantity,
        min_notional=least,
    )
