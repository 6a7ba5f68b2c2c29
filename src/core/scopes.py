"""Whether anything here is in a scope that somebody halts: a slip of the pen would halt nothing, and say it had."""

from __future__ import annotations

from core.book import Book
from ports.commands import HaltScope
from ports.instruments import InstrumentKey
from ports.values import AccountId, OperationId, StrategyId


def is_heard_of(book: Book, scope: HaltScope, value: str) -> bool:
    """Say whether a scope names what this book knows; a strategy by its orders and positions.

    One that it has not heard of is halted all the same: it may come yet.
    """
    match scope:
        case HaltScope.GLOBAL:
            return True
        case HaltScope.VENUE:
            return any(key.venue == value for key in book.venue_instruments())
        case HaltScope.ACCOUNT:
            return book.accounts.get(AccountId(value)) is not None
        case HaltScope.INSTRUMENT:
            return bool(book.listings(InstrumentKey(value)))
        case HaltScope.STRATEGY:
            strategy = StrategyId(value)
            return book.traffic.has_heard_of(strategy) or any(key[1] == strategy for key, _ in book.positions)
        case HaltScope.ORDER:
            order = OperationId(value)
            return book.oms.get(order) is not None or book.oms.departed.may_have(order)
