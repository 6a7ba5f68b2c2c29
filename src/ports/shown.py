"""Which fields people are shown of what there is, and in which order: the command and the console alike.

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
DOUBT: Final = ("age", "since", "reason", "times_unseen", "unseen_asked", "cancel_requested")  # of an UNCONFIRMED order
SLIPPAGE: Final = ("slippage_bps", "mid", "bid", "ask")
POSITIONS: Final = (
    *("instrument_key", "account", "strategy_id", "quantity", "average_entry_price", "current_price"),
    *("realized_pnl", "unrealized_pnl", "fees", "settlement_currency"),
)
EXPOSURE: Final = ("group", "gross", "net", "worst_case", "unpriced", "stale")
VENUES: Final = (
    *("venue", "state", "mode", "venue_type", "accounts", "last_message", "round_trip_us", "orders_left", "dead_man_s"),
    *("open_orders", "unconfirmed_orders", "open_breaks", "instrument_types", "detail"),
)
HALTS: Final = ("scope", "scope_value", "mode", "trip", "reason", "principal", "since")
ALERTS: Final = ("severity", "name", "subject", "since", "state", "says", "runbook", "acknowledged_by")
BREAKS: Final = (
    *("break_id", "kind", "age", "opened_at", "venue", "account", "instrument_key", "operation_id", "ours", "theirs"),
    *("detail", "remedy"),
)
SETTLED: Final = ("status", "settled_at", "resolution", "reason", "principal")  # of a break, beside those
STRATEGIES: Final = (
    *("strategy_id", "running", "size", "exec_algorithm", "newest", "what_became_of_it", "principal", "error"),
)
LIMIT_CHANGES: Final = ("name", "old", "new", "loosens")  # of limits that wait for a second person
