"""The shapes of positions, as they are and as they were."""

from __future__ import annotations

from pydantic import BaseModel, Field

from adapters.http.models import DECIMAL, Exact


class PositionAnswer(Exact):
    """One strategy's position in one instrument in one account."""

    instrument_key: str
    venue: str
    account: str
    strategy_id: str
    base_asset: str
    quantity: str = Field(description="Negative: short")
    average_entry_price: str = Field(description=DECIMAL)
    current_price: str = Field(description=DECIMAL)
    realized_pnl: str
    unrealized_pnl: str = Field(description=DECIMAL)
    fees: dict[str, str]
    settlement_currency: str
    updated_at_ns: int


class PositionsAnswer(Exact):
    """Positions by instrument, account and strategy."""

    positions: list[PositionAnswer]


class PositionChangeAnswer(Exact):
    """What a strategy held of an instrument in an account after one trade or adjustment."""

    sequence: int
    changed_at_ns: int
    instrument_key: str
    venue: str
    account: str
    strategy_id: str
    quantity: str = Field(description="Negative: short")
    average_entry_price: str = Field(description=DECIMAL)
    realized_pnl: str
    fees: dict[str, str]
    settlement_currency: str
    cause: str = Field(description="The trade's id, or the adjustment's")


class PositionHistoryQuery(BaseModel):
    """The filters of the history of positions; empty: any."""

    instrument_key: str = ""
    strategy_id: str = ""
    account: str = ""
    venue: str = ""
    from_: str = Field(default="", alias="from", description="Changed at or after: ISO 8601 or UTC nanoseconds")
    to: str = Field(default="", description="Changed before this moment")
    limit: int = Field(default=0, description="Changes a page, 1 to 1000; 0: 100")
    cursor: str = Field(default="", description="next_cursor of the page before")
    min_sequence: int = Field(
        default=0, description="Wait, bounded, until the reads have reached it; 0: answer at once"
    )


class PositionHistoryAnswer(Exact):
    """One page of changes, newest first."""

    changes: list[PositionChangeAnswer]
    next_cursor: str = Field(description="Give it as cursor; empty: this was the last page")
