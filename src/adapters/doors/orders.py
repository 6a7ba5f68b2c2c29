"""From the fields of an order, as either door received them, to a command: nothing unclear gets through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from adapters.doors.text import INT64_MAX, member, read_count, read_map, read_name, read_side, read_venue
from ports.algorithms import ALGORITHM_NAMES, is_of_plugin
from ports.commands import NORMAL, OrderTerms, SubmitOrder
from ports.errors import InvalidInputError
from ports.instruments import SMART, InstrumentKey
from ports.values import (
    UNATTRIBUTED,
    AccountId,
    OperationId,
    OrderType,
    Price,
    Principal,
    StrategyId,
    TimeInForce,
    VenueId,
    parse_operation_id,
    parse_price,
    parse_quantity,
)

MAX_TAGS: Final = 16
MAX_PARAMS: Final = 32
MAX_VENUES: Final = 16
MAX_AGE_MS: Final = 86_400_000  # one day: an order older than that is nobody's intention any more

LATER_ORDER_TYPES: Final = ("MARKET_TO_LIMIT", "TRAILING_STOP_LIMIT")
LATER_TIMES_IN_FORCE: Final = ("AT_THE_OPEN", "AT_THE_CLOSE")

_ORDER_TYPES: Final = {str(order_type): order_type for order_type in OrderType}
_TIMES_IN_FORCE: Final = {"": TimeInForce.GTC} | {str(tif): tif for tif in TimeInForce}
_IMMEDIATE: Final = (TimeInForce.IOC, TimeInForce.FOK)


class RoutingFields(Protocol):
    """Where an order may go, as received."""

    @property
    def venues(self) -> Sequence[str]: ...
    @property
    def split_allowed(self) -> bool: ...


class OrderFields(Protocol):
    """An order as received: `livexec.v1.Order` is one, and so is `OrderDraft`. Empty, 0 and False: not given."""

    @property
    def operation_id(self) -> str: ...
    @property
    def instrument_key(self) -> str: ...
    @property
    def side(self) -> str: ...
    @property
    def amount(self) -> str: ...
    @property
    def price(self) -> str: ...
    @property
    def strategy_id(self) -> str: ...
    @property
    def exec_algorithm_params(self) -> Mapping[str, str]: ...
    @property
    def order_type(self) -> str: ...
    @property
    def time_in_force(self) -> str: ...
    @property
    def expire_time_ns(self) -> int: ...
    @property
    def trigger_price(self) -> str: ...
    @property
    def post_only(self) -> bool: ...
    @property
    def reduce_only(self) -> bool: ...
    @property
    def display_amount(self) -> str: ...
    @property
    def exec_algorithm(self) -> str: ...
    @property
    def routing(self) -> RoutingFields: ...
    @property
    def account(self) -> str: ...
    @property
    def max_age_ms(self) -> int: ...
    @property
    def tags(self) -> Mapping[str, str]: ...
    @property
    def trailing_offset(self) -> str: ...
    @property
    def oco_group(self) -> str: ...
    @property
    def after_operation_id(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingDraft:
    """Where an order may go, as JSON said it."""

    venues: Sequence[str] = ()
    split_allowed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDraft:
    """An order as JSON said it: types are right, contents are not judged yet."""

    operation_id: str = ""
    instrument_key: str = ""
    side: str = ""
    amount: str = ""
    price: str = ""
    strategy_id: str = ""
    exec_algorithm_params: Mapping[str, str] = field(default_factory=dict)
    order_type: str = ""
    time_in_force: str = ""
    expire_time_ns: int = 0
    trigger_price: str = ""
    post_only: bool = False
    reduce_only: bool = False
    display_amount: str = ""
    exec_algorithm: str = ""
    routing: RoutingFields = RoutingDraft()
    account: str = ""
    max_age_ms: int = 0
    tags: Mapping[str, str] = field(default_factory=dict)
    trailing_offset: str = ""
    oco_group: str = ""
    after_operation_id: str = ""


def read_order(order: OrderFields, principal: Principal, received_ns: int) -> SubmitOrder:
    """Judge every field of an order by itself and return the command it makes.

    Whether the fields make sense together is the book's to judge, and whether a GTD order's time is still to come: a
    retry of a known order may come after it.

    Raises:
        InvalidInputError: names the field, its value, and what would pass.
    """
    operation_id = parse_operation_id("operation_id", order.operation_id)
    instrument = InstrumentKey(order.instrument_key)
    side = read_side("side", order.side)
    quantity = parse_quantity("amount", order.amount)
    order_type, price = _pricing(order)
    time_in_force, expire_time_ns = _lifetime(order)
    _check_rests(order, order_type, time_in_force)
    strategy_id = _strategy(order.strategy_id)
    max_age_ms = read_count("max_age_ms", order.max_age_ms, MAX_AGE_MS)
    return SubmitOrder(
        terms=OrderTerms(
            operation_id=operation_id,
            strategy_id=strategy_id,
            instrument=instrument,
            side=side,
            quantity=quantity,
            order_type=order_type,
            price=price,
            time_in_force=time_in_force,
            expire_time_ns=expire_time_ns,
            post_only=order.post_only,
            trigger_price=parse_price("trigger_price", order.trigger_price) if order.trigger_price else None,
            trailing_offset=parse_price("trailing_offset", order.trailing_offset) if order.trailing_offset else None,
            reduce_only=order.reduce_only,
            display_quantity=parse_quantity("display_amount", order.display_amount) if order.display_amount else None,
            oco_group=read_name("oco_group", order.oco_group) if order.oco_group else "",
            after_operation_id=_after(order.after_operation_id),
            account=AccountId(read_name("account", order.account)) if order.account else None,
            venues=_venues(order.routing),
            split_allowed=_split(order.routing, instrument),
            exec_algorithm=_algorithm(order.exec_algorithm),
            exec_algorithm_params=read_map("exec_algorithm_params", order.exec_algorithm_params, MAX_PARAMS),
            tags=read_map("tags", order.tags, MAX_TAGS),
        ),
        principal=principal,
        received_ns=received_ns,
        max_age_ns=max_age_ms * 1_000_000 or None,
    )


def _strategy(text: str) -> StrategyId:
    if text == UNATTRIBUTED:
        raise InvalidInputError("strategy_id", text, "this name is kept for trades that no order explains; use another")
    return StrategyId(read_name("strategy_id", text))


def _pricing(order: OrderFields) -> tuple[OrderType, Price | None]:
    """Return type and price; without a type, a price makes a limit order and no price makes a market order."""
    text = order.order_type
    price = parse_price("price", order.price) if order.price else None
    if not text:
        return (OrderType.MARKET if price is None else OrderType.LIMIT), price
    order_type = _ORDER_TYPES.get(text)
    if order_type is None:
        raise _not_yet("order_type", text, LATER_ORDER_TYPES, tuple(_ORDER_TYPES))
    if order_type is OrderType.MARKET and price is not None:
        raise InvalidInputError("price", order.price, "a MARKET order has no price: leave it empty, or write LIMIT")
    if order_type is OrderType.LIMIT and price is None:
        raise InvalidInputError("price", order.price, "a LIMIT order needs a price: give one, or write MARKET")
    return order_type, price


def _lifetime(order: OrderFields) -> tuple[TimeInForce, int | None]:
    time_in_force = _TIMES_IN_FORCE.get(order.time_in_force)
    expire_ns = order.expire_time_ns
    if time_in_force is None:
        raise _not_yet("time_in_force", order.time_in_force, LATER_TIMES_IN_FORCE, tuple(TimeInForce))
    if time_in_force is not TimeInForce.GTD:
        if expire_ns:
            raise InvalidInputError("expire_time_ns", expire_ns, "only a GTD order expires: leave it out, or write GTD")
        return time_in_force, None
    if not 0 < expire_ns <= INT64_MAX:
        raise InvalidInputError(
            "expire_time_ns", expire_ns, "a GTD order needs the time it expires, in UTC nanoseconds"
        )
    return time_in_force, expire_ns


def _check_rests(order: OrderFields, order_type: OrderType, time_in_force: TimeInForce) -> None:
    if order.post_only and not order_type.has_price:
        raise InvalidInputError("post_only", True, "only an order with a LIMIT can wait in the book: leave it out")
    if order.post_only and time_in_force in _IMMEDIATE:
        raise InvalidInputError(
            "post_only", True, f"a {time_in_force} order never waits in the book: leave one of the two out"
        )


def _after(text: str) -> OperationId | None:
    return parse_operation_id("after_operation_id", text) if text else None


def _algorithm(text: str) -> str:
    """Read an algorithm's name; whether it can work the order, and with what parameters, is the book's to judge."""
    if text in ("", NORMAL):
        return NORMAL
    if text in ALGORITHM_NAMES or is_of_plugin(text):
        return text
    known = " ".join((NORMAL, *ALGORITHM_NAMES))
    raise InvalidInputError("exec_algorithm", text, f"there is no such algorithm; available: {known}")


def _venues(routing: RoutingFields) -> tuple[VenueId, ...]:
    names = routing.venues
    if len(names) > MAX_VENUES:
        raise InvalidInputError("routing.venues", f"{len(names)} venues", f"give at most {MAX_VENUES}")
    venues = tuple([VenueId(read_venue(member("routing", "venues"), name)) for name in names])
    if len(set(venues)) != len(venues):
        raise InvalidInputError("routing.venues", " ".join(venues), "name each venue once")
    return venues


def _split(routing: RoutingFields, instrument: InstrumentKey) -> bool:
    if routing.split_allowed and instrument.venue != SMART:
        remedy = f"{instrument} names its venue: write {SMART} in the venue's place, or leave it out"
        raise InvalidInputError("routing.split_allowed", True, remedy)
    return routing.split_allowed


def _not_yet(field_name: str, text: str, later: Sequence[str], available: Sequence[str]) -> InvalidInputError:
    known = " ".join(word for word in available if word)
    if text in later:
        return InvalidInputError(field_name, text, f"it is not supported yet; supported: {known}")
    return InvalidInputError(field_name, text, f"there is no such word; supported: {known}")
