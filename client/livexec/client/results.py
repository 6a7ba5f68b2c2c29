"""What the service answers, as Python has it: decimals for amounts, None for what is not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from livexec.v1 import execution_pb2 as pb

_TERMINAL: Final = frozenset({"FILLED", "CANCELED", "REJECTED", "EXPIRED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One trade of an order, in the instrument's own unit. `liquidity` is MAKER, TAKER, or None: not said."""

    fill_id: str
    quantity: Decimal
    price: Decimal
    fee: Decimal  # negative: a rebate
    fee_currency: str
    timestamp_ns: int
    venue: str
    venue_order_id: str | None
    liquidity: str | None

    @classmethod
    def of(cls, fill: pb.Fill) -> Fill:
        """Read the protocol's message."""
        return cls(
            fill_id=fill.fill_id,
            quantity=Decimal(fill.quantity),
            price=Decimal(fill.price),
            fee=Decimal(fill.fee or "0"),
            fee_currency=fill.fee_currency,
            timestamp_ns=fill.timestamp_ns,
            venue=fill.venue,
            venue_order_id=fill.venue_order_id or None,
            liquidity=fill.liquidity or None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionResult:
    """One order as of `sequence`; statuses are the words of the protocol.

    UNCONFIRMED means that it was released and nobody knows yet what became of it: never treat it as rejected.
    """

    operation_id: str
    order_id: str
    status: str
    reason_code: str  # one word for machines; empty: none
    error_message: str
    sequence: int
    instrument_key: str
    venue: str | None
    account: str | None
    strategy_id: str
    side: str
    order_type: str
    time_in_force: str
    amount: Decimal | None
    price: Decimal | None  # None: a market order
    filled_amount: Decimal
    average_price: Decimal | None
    fills: tuple[Fill, ...]
    decision_id: str
    client_order_id: str | None
    venue_order_id: str | None
    exec_algorithm: str
    created_at_ns: int
    updated_at_ns: int
    tags: Mapping[str, str]
    trigger_price: Decimal | None  # as amended, or where a trailing stop has trailed to
    trailing_offset: Decimal | None
    reduce_only: bool
    display_amount: Decimal | None
    oco_group: str
    after_operation_id: str | None
    parent_operation_id: str | None  # of a child: the order that an algorithm works by it

    @property
    def is_terminal(self) -> bool:
        """Whether nothing more can happen to it but a late trade."""
        return self.status in _TERMINAL

    @classmethod
    def of(cls, result: pb.ExecutionResult) -> ExecutionResult:
        """Read the protocol's message."""
        return cls(
            operation_id=result.operation_id,
            order_id=result.order_id,
            status=result.status,
            reason_code=result.reason_code,
            error_message=result.error_message,
            sequence=result.sequence,
            instrument_key=result.instrument_key,
            venue=result.venue or None,
            account=result.account or None,
            strategy_id=result.strategy_id,
            side=result.side,
            order_type=result.order_type,
            time_in_force=result.time_in_force,
            amount=_maybe(result.amount),
            price=_maybe(result.price),
            filled_amount=Decimal(result.filled_amount or "0"),
            average_price=_maybe(result.average_price),
            fills=tuple([Fill.of(fill) for fill in result.fills]),
            decision_id=result.decision_id,
            client_order_id=result.client_order_id or None,
            venue_order_id=result.venue_order_id or None,
            exec_algorithm=result.exec_algorithm,
            created_at_ns=result.created_at_ns,
            updated_at_ns=result.updated_at_ns,
            tags=dict(result.tags),
            trigger_price=_maybe(result.trigger_price),
            trailing_offset=_maybe(result.trailing_offset),
            reduce_only=result.reduce_only,
            display_amount=_maybe(result.display_amount),
            oco_group=result.oco_group,
            after_operation_id=result.after_operation_id or None,
            parent_operation_id=result.parent_operation_id or None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One change of one order. `result` is the order after it, its fills only this change's; `fill` is that trade."""

    sequence: int
    kind: str
    timestamp_ns: int
    result: ExecutionResult
    fill: Fill | None

    @classmethod
    def of(cls, update: pb.ExecutionUpdate) -> Update:
        """Read the protocol's message."""
        return cls(
            sequence=update.sequence,
            kind=update.kind,
            timestamp_ns=update.timestamp_ns,
            result=ExecutionResult.of(update.result),
            fill=Fill.of(update.fill) if update.HasField("fill") else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalAnswer:
    """What became of a signal; `again` says that it may become an order when it is pushed once more."""

    operation_id: str  # of its order, whether there is one or not
    ordered: bool
    why: str  # why it is no order, in one word; empty: it is one
    detail: str
    again: bool

    @classmethod
    def of(cls, result: pb.SignalResult) -> SignalAnswer:
        """Read the protocol's message."""
        return cls(
            operation_id=result.operation_id,
            ordered=result.ordered,
            why=result.why,
            detail=result.detail,
            again=result.again,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What one strategy holds of one instrument in one account; `quantity` is negative where short."""

    instrument_key: str
    venue: str
    account: str
    strategy_id: str
    base_asset: str
    quantity: Decimal
    average_entry_price: Decimal | None  # None: flat
    current_price: Decimal | None  # None: no price is known
    realized_pnl: Decimal  # in `settlement_currency`, before fees
    unrealized_pnl: Decimal | None
    fees: Mapping[str, Decimal]
    settlement_currency: str
    updated_at_ns: int

    @classmethod
    def of(cls, position: pb.Position) -> Position:
        """Read the protocol's message."""
        return cls(
            instrument_key=position.instrument_key,
            venue=position.venue,
            account=position.account,
            strategy_id=position.strategy_id,
            base_asset=position.base_asset,
            quantity=Decimal(position.quantity),
            average_entry_price=_maybe(position.average_entry_price),
            current_price=_maybe(position.current_price),
            realized_pnl=Decimal(position.realized_pnl),
            unrealized_pnl=_maybe(position.unrealized_pnl),
            fees={currency: Decimal(amount) for currency, amount in position.fees.items()},
            settlement_currency=position.settlement_currency,
            updated_at_ns=position.updated_at_ns,
        )


def _maybe(text: str) -> Decimal | None:
    return Decimal(text) if text else None
