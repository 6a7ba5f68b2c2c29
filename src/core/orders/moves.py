"""The table of legal moves: which status may follow which."""

from __future__ import annotations

from typing import Final

from ports.values import OrderStatus as S

LEGAL_MOVES: Final[dict[S, frozenset[S]]] = {
    S.PENDING: frozenset({S.SUBMITTED, S.REJECTED, S.HELD, S.ACCEPTED}),  # ACCEPTED: an algorithm works it
    S.HELD: frozenset({S.HELD, S.SUBMITTED, S.CANCELED, S.REJECTED, S.EXPIRED}),
    S.SUBMITTED: frozenset(
        {
            S.ACCEPTED,
            S.PARTIALLY_FILLED,
            S.FILLED,
            S.CANCELED,
            S.REJECTED,
            S.EXPIRED,
            S.PENDING_CANCEL,
            S.UNCONFIRMED,
            S.HELD,  # proven never sent
        }
    ),
    S.ACCEPTED: frozenset(
        {
            S.ACCEPTED,
            S.PARTIALLY_FILLED,
            S.FILLED,
            S.CANCELED,
            S.REJECTED,
            S.EXPIRED,
            S.PENDING_CANCEL,
            S.PENDING_AMEND,
            S.UNCONFIRMED,
        }
    ),
    S.PARTIALLY_FILLED: frozenset(
        {S.PARTIALLY_FILLED, S.FILLED, S.CANCELED, S.EXPIRED, S.PENDING_CANCEL, S.PENDING_AMEND, S.UNCONFIRMED}
    ),
    S.PENDING_AMEND: frozenset(
        {
            S.PENDING_AMEND,
            S.ACCEPTED,
            S.PARTIALLY_FILLED,
            S.FILLED,
            S.CANCELED,
            S.REJECTED,
            S.EXPIRED,
            S.PENDING_CANCEL,
            S.UNCONFIRMED,
        }
    ),
    S.PENDING_CANCEL: frozenset(
        {
            S.PENDING_CANCEL,
            S.PENDING_AMEND,
            S.ACCEPTED,
            S.PARTIALLY_FILLED,
            S.FILLED,
            S.CANCELED,
            S.REJECTED,
            S.EXPIRED,
            S.UNCONFIRMED,
        }
    ),
    S.UNCONFIRMED: frozenset(
        {
            S.UNCONFIRMED,
            S.ACCEPTED,
            S.PARTIALLY_FILLED,
            S.FILLED,
            S.CANCELED,
            S.REJECTED,
            S.EXPIRED,
            S.PENDING_CANCEL,
            S.PENDING_AMEND,
            S.HELD,  # proven never sent
        }
    ),
    # A terminal order moves only where a late trade proves that it did more than its venue had said.
    S.FILLED: frozenset({S.FILLED}),
    S.CANCELED: frozenset({S.CANCELED, S.FILLED}),
    S.EXPIRED: frozenset({S.EXPIRED, S.FILLED}),
    S.REJECTED: frozenset({S.REJECTED, S.FILLED}),
}


def is_legal(before: S, after: S) -> bool:
    """Say whether an order in `before` may come to be in `after`."""
    return after in LEGAL_MOVES.get(before, frozenset())
