"""The rows that tell of the past: breaks, and what positions were after each change."""

from __future__ import annotations

from typing import Any

from adapters.sql.codec import encode_fact
from ports.facts import BreakOpened, BreakSettled, PositionChanged
from ports.values import plain

type Columns = dict[str, Any]


def position_change_columns(seq: int, fact: PositionChanged) -> Columns:
    """Return the row of `position_history` that a fact makes."""
    average = fact.average_entry_price
    return {
        "seq": seq,
        "canonical_id": str(fact.instrument),
        "venue": fact.instrument.venue,
        "account": fact.account,
        "strategy_id": fact.strategy_id,
        "quantity": plain(fact.quantity),
        "average_entry_price": None if average is None else plain(average),
        "realized_pnl": plain(fact.realized_pnl),
        "fees": encode_fact(fact.fees).decode(),
        "cause": fact.trade_id,
        "changed_at": fact.changed_ns,
    }


def settled_columns(seq: int, fact: BreakSettled) -> Columns:
    """Return what a settlement changes of the row of its break."""
    return {
        "settled_at": fact.settled_ns,
        "how": fact.how,
        "settled_seq": seq,
        "principal": fact.principal,
        "reason": None if fact.reason is None else str(fact.reason),
    }


def break_columns(seq: int, fact: BreakOpened) -> Columns:
    """Return the row of `breaks` that a fact makes."""
    return {
        "opened_seq": seq,
        "break_id": fact.break_id,
        "kind": str(fact.kind),
        "account": fact.account,
        "canonical_id": None if fact.instrument is None else str(fact.instrument),
        "detail": fact.detail,
        "opened_at": fact.opened_ns,
        "settled_at": None,
        "how": None,
        "settled_seq": None,
        "principal": None,
        "reason": None,
    }
