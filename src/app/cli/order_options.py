"""The options of an order, one for every field of the protocol that the service takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from cyclopts import Parameter

from app.cli.options import Texts, Whole, given, read_pairs
from ports.algorithms import ALGORITHM_NAMES
from ports.values import OrderType, TimeInForce


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderOptions:
    """An order as the command line says it; contents are judged by the service."""

    operation_id: Annotated[
        str, Parameter(help="Idempotency key, unique for ever; without it a new one is made and printed.")
    ] = ""
    instrument_key: Annotated[str, Parameter(help="VENUE:TYPE:SYMBOL[@SUFFIX]; venue SMART: no preference.")]
    side: Annotated[str, Parameter(help="BUY or SELL.")]
    amount: Annotated[str, Parameter(help="Quantity in the instrument's own unit, every digit kept.")]
    price: Annotated[str, Parameter(help="Without it: a market order.")] = ""
    order_type: Annotated[str, Parameter(help=f"One of {', '.join(OrderType)}; without it, by the price.")] = ""
    time_in_force: Annotated[str, Parameter(help=f"One of {', '.join(TimeInForce)}; without it: GTC.")] = ""
    expire_time_ns: Annotated[Whole, Parameter(help="When a GTD order expires, in UTC nanoseconds.")] = 0
    post_only: Annotated[bool, Parameter(help="Only wait in the book (LIMIT).")] = False
    trigger_price: Annotated[str, Parameter(help="What a stop or if-touched order waits for.")] = ""
    trailing_offset: Annotated[str, Parameter(help="How far a TRAILING_STOP keeps from the market.")] = ""
    reduce_only: Annotated[bool, Parameter(help="Only close what the strategy holds.")] = False
    display_amount: Annotated[str, Parameter(help="What the book shows of it; without it: all.")] = ""
    oco_group: Annotated[str, Parameter(help="A trade of one order of a group takes the others back.")] = ""
    after_operation_id: Annotated[str, Parameter(help="Hold it until that order has filled.")] = ""
    strategy_id: Annotated[str, Parameter(help="Whose order it is.")]
    account: Annotated[str, Parameter(help="Where a venue has several.")] = ""
    routing_venue: Annotated[
        Texts, Parameter(help="A venue it may go to; repeat it for several. Without it: any that lists it.")
    ] = ()
    split_allowed: Annotated[bool, Parameter(help="A SMART order over several venues at once, not in turn.")] = False
    exec_algorithm: Annotated[str, Parameter(help=f"NORMAL, {', '.join(ALGORITHM_NAMES)}; without it: NORMAL.")] = ""
    param: Annotated[
        Texts, Parameter(help="key=value for the algorithm, such as horizon_secs=300; repeat it for several.")
    ] = ()
    max_age_ms: Annotated[Whole, Parameter(help="Refuse it where it waited longer than this; 0: any age.")] = 0
    tag: Annotated[Texts, Parameter(help="key=value, your own note; repeat it for several.")] = ()

    def body(self) -> dict[str, Any]:
        """Return the order under the protocol's field names; what was not given is not there.

        Raises:
            FailedError: a `--param` or `--tag` that is not key=value, or a key twice.
        """
        routing = given({"venues": list(self.routing_venue), "split_allowed": self.split_allowed})
        return given(
            {
                "operation_id": self.operation_id,
                "instrument_key": self.instrument_key,
                "side": self.side,
                "amount": self.amount,
                "price": self.price,
                "order_type": self.order_type,
                "time_in_force": self.time_in_force,
                "expire_time_ns": self.expire_time_ns,
                "post_only": self.post_only,
                "trigger_price": self.trigger_price,
                "trailing_offset": self.trailing_offset,
                "reduce_only": self.reduce_only,
                "display_amount": self.display_amount,
                "oco_group": self.oco_group,
                "after_operation_id": self.after_operation_id,
                "strategy_id": self.strategy_id,
                "account": self.account,
                "routing": routing,
                "exec_algorithm": self.exec_algorithm,
                "exec_algorithm_params": read_pairs("--param", self.param),
                "max_age_ms": self.max_age_ms,
                "tags": read_pairs("--tag", self.tag),
            }
        )
