"""Which fields of orders, trades and positions people are shown, and in which order: the command and the console alike.

The names are those of the JSON.
"""

from __future__ import annotations

from typing import Final

ORDER: Final = (
    *("operation_id", "status", "rejection_reason", "reason_code", "error_message", "instrument_key", "side"),
    *("amount", "price", "order_type", "trigger_price", "trailing_offset", "time_in_force", "reduce_only"),
    *("display_amount", "oco_group", "after_operation_id", "parent_operation_id", "filled_amount", "average_price"),
    *("venue", "account"),
    *("strategy_id", "exec_algorithm", "tags", "order_id", "decision_id", "client_order_id", "venue_order_id"),
    *("created_at_ns", "updated_at_ns", "sequence"),
)
ORDERS: Final = (  # of a list, each in a row
    *("operation_id", "status", "instrument_key", "side", "amount", "price", "filled_amount", "average_price"),
    *("venue", "strategy_id", "error_message"),
)
FILLS: Final = ("fill_id", "quantity", "price", "fee", "fee_currency", "timestamp", "liquidity", "venue_order_id")
CHILDREN: Final = ("operation_id", "status", "amount", "price", "filled_amount", "average_price", "error_message")
VERDICTS: Final = ("rule", "passed", "value", "limit", "headroom", "unit", "seen", "remedy")
SLIPPAGE: Final = ("slippage_bps", "mid", "bid", "ask")
POSITIONS: Final = (
    *("instrument_key", "account", "strategy_id", "quantity", "average_entry_price", "current_price"),
    *("realized_pnl", "unrealized_pnl", "fees", "settlement_currency"),
)
