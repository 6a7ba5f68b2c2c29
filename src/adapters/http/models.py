"""The shapes of requests and answers, for the OpenAPI document; the answers themselves are written without them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ports.algorithms import ALGORITHM_NAMES
from ports.commands import HaltMode, HaltScope


class Exact(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


type OrderTypeWord = Literal[
    "", "MARKET", "LIMIT", "STOP_MARKET", "STOP_LIMIT", "MARKET_IF_TOUCHED", "LIMIT_IF_TOUCHED", "TRAILING_STOP"
]
DECIMAL = "Decimal number as text, such as 0.25; empty: none"
NANOS = "UTC nanoseconds since 1970"


class RoutingBody(Exact):
    """Where an order may go."""

    venues: list[str] = Field(default=[], description="The only venues allowed; empty: wherever it is listed")
    split_allowed: bool = Field(
        default=False,
        description="A SMART order over several venues at once, not one after another",
    )


class OrderBody(Exact):
    """One order. Numbers may be JSON numbers or text; text keeps every digit in every language."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "operation_id": "OP-12345",
                    "instrument_key": "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN",
                    "side": "BUY",
                    "amount": "0.25",
                    "price": "64000.5",
                    "order_type": "LIMIT",
                    "time_in_force": "GTC",
                    "strategy_id": "momentum-btc-v1",
                }
            ]
        },
    )

    operation_id: str = Field(description="Idempotency key, unique for ever: 1 to 128 of A-Z a-z 0-9 . _ : -")
    instrument_key: str = Field(description="VENUE:TYPE:SYMBOL[@SUFFIX]; venue SMART: no preference")
    side: Literal["BUY", "SELL"]
    amount: str | float | None = Field(default=None, description="Greater than zero, in the instrument's own unit")
    quantity: str | float | None = Field(default=None, description="Another name of amount, for older senders")
    price: str | float | None = Field(default=None, description="Empty or null: a market order")
    strategy_id: str
    order_type: OrderTypeWord | None = Field(default=None, description="Empty: by the price")
    time_in_force: Literal["", "GTC", "IOC", "FOK", "GTD", "DAY"] | None = Field(default=None, description="Empty: GTC")
    expire_time_ns: int | None = Field(default=None, description=f"GTD only, and then required: {NANOS}")
    trigger_price: str | float | None = Field(default=None, description="Stops and if-touched orders, and required")
    trailing_offset: str | float | None = Field(default=None, description="TRAILING_STOP, and required: quote currency")
    post_only: bool | None = Field(default=None, description="With a limit price only, and not with IOC or FOK")
    reduce_only: bool | None = Field(default=None, description="May only close what the strategy holds, by our ledger")
    display_amount: str | float | None = Field(default=None, description="What the book shows of it, at such venues")
    oco_group: str | None = Field(default=None, description="A trade of one order of a group takes the others back")
    after_operation_id: str | None = Field(default=None, description="Held until that order has filled")
    exec_algorithm: str | None = Field(default=None, description=f"NORMAL, or {' '.join(ALGORITHM_NAMES)}")
    exec_algorithm_params: dict[str, str | float] | None = Field(
        default=None, description="The algorithm's own: horizon_secs, intervals, visible_pct, …; see docs/algorithms.md"
    )
    routing: RoutingBody | None = None
    account: str | None = Field(default=None, description="Where a venue has several")
    max_age_ms: int | None = Field(default=None, description="Refuse it when it waited longer than this; 0: any age")
    tags: dict[str, str | float] | None = Field(default=None, description="Your own notes; given back, never read")


class AmendBody(Exact):
    """New values for an order that works or is held. Empty or null: as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"amount": "0.5", "price": "63990.5"}]})

    amount: str | float | None = Field(default=None, description="The new whole amount, counting what is filled")
    quantity: str | float | None = Field(default=None, description="Another name of amount, for older senders")
    price: str | float | None = Field(default=None, description="The new limit price")
    amend_id: str | None = Field(
        default=None,
        description="Idempotency key within the order: 1 to 128 of A-Z a-z 0-9 . _ : -. Without it, computed from the "
        "values (amount:0.5:price:63990.5), so that values asked for once are never asked for again: to go back to "
        "earlier values, or to try again what the venue refused, give one",
    )
    reason: str | None = Field(default=None, description="For the record")
    trigger_price: str | float | None = Field(default=None, description="The new trigger price of a HELD order")
    expire_time_ns: int | None = Field(default=None, description="Not supported yet: leave it out")
    display_amount: str | float | None = Field(default=None, description="Not supported yet: leave it out")


class HaltBody(Exact):
    """Stop new risk in a scope; cancels always pass."""

    scope: str = Field(description=f"One of {', '.join(HaltScope)}", examples=["strategy"])
    scope_value: str = Field(default="", description="Which one; empty for global", examples=["momentum-btc-v1"])
    mode: str = Field(default="halt", description=f"One of {', '.join(HaltMode)}, each more than the one before")
    reason: str = Field(description="Required, for the record", examples=["stale prices"])


class ResumeBody(Exact):
    """Let a halted scope trade again."""

    scope: str = Field(description="As it was halted", examples=["strategy"])
    scope_value: str = Field(default="", examples=["momentum-btc-v1"])
    reason: str = Field(description="Required, for the record", examples=["prices are back"])


class FillAnswer(Exact):
    """One trade of an order."""

    fill_id: str
    quantity: str
    price: str
    fee: str = Field(description="Negative: a rebate")
    fee_currency: str
    timestamp_ns: int = Field(description=NANOS)
    timestamp: str = Field(description="The same as ISO 8601")
    venue: str
    venue_order_id: str
    liquidity: Literal["", "MAKER", "TAKER"]


class OrderAnswer(Exact):
    """One order as of `sequence`."""

    operation_id: str
    order_id: str
    status: str
    rejection_reason: str | None = Field(description="In words, where the status is REJECTED")
    reason_code: str = Field(description="One word for machines; empty: none")
    error_message: str
    decision_id: str
    sequence: int = Field(description="What the answer stands on; give it as min_sequence to read your own writes")
    instrument_key: str
    venue: str
    account: str
    side: Literal["BUY", "SELL"]
    order_type: str
    time_in_force: str
    amount: str
    price: str = Field(description=DECIMAL)
    filled_amount: str
    average_price: str = Field(description=DECIMAL)
    fills: list[FillAnswer]
    strategy_id: str
    client_order_id: str
    venue_order_id: str
    exec_algorithm: str
    created_at_ns: int
    updated_at_ns: int
    tags: dict[str, str]
    trigger_price: str = Field(description="As amended, or where a trailing stop has trailed to; empty: none")
    trailing_offset: str = Field(description=DECIMAL)
    reduce_only: bool
    display_amount: str = Field(description=DECIMAL)
    oco_group: str
    after_operation_id: str
    parent_operation_id: str = Field(description="Of a child: the order that an algorithm works by it")


class TimelineAnswer(Exact):
    """One fact of an order's life."""

    sequence: int
    timestamp_ns: int
    kind: str
    details: dict[str, Any]


class DoubtAnswer(Exact):
    """What is not known of an UNCONFIRMED order, and how its venue was asked."""

    since_ns: int = Field(description=NANOS)
    age_ns: int
    reason: str
    times_unseen: int = Field(description="How often the venue answered that it knows no such order")
    unseen_asked_ns: int = Field(description="When the last question with that answer was asked; 0: none")
    cancel_requested_ns: int = Field(description="When somebody asked to take it back; 0: nobody")


class ListedOrderAnswer(OrderAnswer):
    """One order of a list."""

    unconfirmed: DoubtAnswer | None = Field(description="Only where the status is UNCONFIRMED")


class SlippageAnswer(Exact):
    """How far from the market of its decision an order has traded."""

    bid: str = Field(description="The best when it was routed")
    ask: str
    mid: str
    slippage_bps: str = Field(description="Of the average price from the mid; above zero: it traded worse")


class OrderDetailAnswer(ListedOrderAnswer):
    """One order, its life, and the decisions on it."""

    children: list[OrderAnswer] = Field(description="The orders that its algorithm placed, oldest first")
    timeline: list[TimelineAnswer]
    risk_decision: dict[str, Any] | None
    routing_decision: dict[str, Any] | None
    slippage: SlippageAnswer | None = Field(description="null: it has not traded, or nothing was quoted")


class OrdersQuery(BaseModel):
    """Which orders to list."""

    model_config = ConfigDict(extra="forbid")

    status: list[str] = Field(default=[], description="Any of these; repeat it, or separate by commas")
    strategy_id: str = ""
    venue: str = ""
    instrument_key: str = ""
    parent_operation_id: str = Field(default="", description="Only the children of this order")
    from_: str = Field(default="", alias="from", description="Recorded at or after: ISO 8601, or UTC nanoseconds")
    to: str = Field(default="", description="Recorded before: ISO 8601, or UTC nanoseconds")
    limit: int = Field(default=0, description="Orders a page, 1 to 1000; 0: 100")
    cursor: str = Field(default="", description="next_cursor of the page before")
    min_sequence: int = Field(default=0, description="Wait, bounded, until the reads have reached it; 0: at once")


class OrdersAnswer(Exact):
    """One page of orders, newest first."""

    orders: list[ListedOrderAnswer]
    next_cursor: str = Field(description="Give it as cursor; empty: this was the last page")


class CancelAllAnswer(Exact):
    """The orders whose cancellation was asked for."""

    operation_ids: list[str]
    sequence: int


class InstrumentAnswer(Exact):
    """One instrument as its venue lists it, in the contract's units."""

    instrument_key: str
    venue: str
    instrument_type: str
    base_currency: str
    quote_currency: str
    settlement_currency: str
    tick_size: str
    lot_size: str
    min_quantity: str
    max_quantity: str
    min_notional: str
    maker_fee_rate: str
    taker_fee_rate: str


class InstrumentsAnswer(Exact):
    """Instruments by key."""

    instruments: list[InstrumentAnswer]


class VenueAnswer(Exact):
    """One venue as it is now."""

    venue: str
    venue_type: str
    mode: str
    state: str
    detail: str
    accounts: list[str]
    last_message_ns: int
    round_trip_us: int
    open_orders: int
    unconfirmed_orders: int
    open_breaks: int
    instrument_types: list[str]
    orders_left: int = Field(description="New orders that the venue's limits let go at once; -1: not known")
    dead_man_s: int = Field(description="After so long without us the venue takes every order back; 0: it does not")


class VenuesAnswer(Exact):
    """Venues by name."""

    venues: list[VenueAnswer]


class ParameterAnswer(Exact):
    """One parameter of an algorithm."""

    name: str
    says: str
    unit: str
    bounds: str = Field(description="Which values are taken, in words")
    default: str = Field(description="Empty: none")
    required: bool


class AlgorithmAnswer(Exact):
    """One execution algorithm."""

    name: str
    says: str
    parameters: list[ParameterAnswer]


class AlgorithmsAnswer(Exact):
    """The execution algorithms."""

    algorithms: list[AlgorithmAnswer]


class HaltAnswer(Exact):
    """One halt in force."""

    scope: str
    scope_value: str
    mode: str
    reason: str
    principal: str
    since_ns: int
    trip: str = Field(description="The control that halted it by itself; empty: a person did")


class ControlAnswer(Exact):
    """Every halt in force after the command."""

    halts: list[HaltAnswer]
    sequence: int
    changed: bool = Field(description="false: it was so already")
    cancelled_operation_ids: list[str] = Field(description="The orders whose cancellation was asked for")
    closing_operation_ids: list[str] = Field(description="The orders made at once to close positions; more may follow")
    warning: str = Field(description="In words: the scope is of nothing that is known here; empty: it is")


class PartAnswer(Exact):
    """One part of the service."""

    name: str
    healthy: bool
    detail: str


class HealthAnswer(Exact):
    """Whether the service works, and which part does not."""

    status: Literal["healthy", "unhealthy"]
    service: str
    sequence: int
    parts: list[PartAnswer]


class StoreAnswer(Exact):
    """A place that the service keeps things in, as it was when it was asked last."""

    name: str
    kind: str
    place: str
    state: Literal["NOT_ASKED", "ANSWERS", "AWAY", "NOT_CONFIGURED"]
    detail: str
    latency_us: int
    last_write_ns: int = Field(description="0: not known")
    asked_ns: int


class StatusAnswer(HealthAnswer):
    """The service at a glance."""

    version: str
    now_ns: int = Field(description=f"The service's clock: {NANOS}")
    venues: list[VenueAnswer]
    halts: list[HaltAnswer] = Field(description="Every halt in force, oldest first")
    open_breaks: int
    stores: list[StoreAnswer]
    versions: dict[str, str]


class ErrorAnswer(Exact):
    """A refusal: which field, its value, and what would pass."""

    reason_code: str
    error_message: str
    field: str
    value: str
    remedy: str
