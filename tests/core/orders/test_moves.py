"""The table of legal moves says everything about every status, and lets nothing come back to life."""

import pytest

from core.orders.moves import LEGAL_MOVES, is_legal
from ports.values import OrderStatus as S

TERMINAL = [status for status in S if status.is_terminal]


def test_every_status_that_an_order_can_have_is_in_the_table() -> None:
    assert set(LEGAL_MOVES) == set(S)


@pytest.mark.parametrize("before", TERMINAL)
def test_an_ended_order_may_only_turn_out_to_have_filled(before: S) -> None:
    assert LEGAL_MOVES[before] <= {before, S.FILLED}


@pytest.mark.parametrize("before", sorted(set(LEGAL_MOVES) - set(TERMINAL)))
def test_every_open_order_can_come_to_an_end(before: S) -> None:
    assert any(after.is_terminal for after in LEGAL_MOVES[before])


def test_nothing_goes_back_to_pending_and_nothing_is_submitted_again() -> None:
    assert [before for before in LEGAL_MOVES if is_legal(before, S.PENDING)] == []
    assert [before for before in LEGAL_MOVES if is_legal(before, S.SUBMITTED)] == [S.PENDING, S.HELD]


def test_what_has_traded_is_never_rejected() -> None:
    assert not is_legal(S.PARTIALLY_FILLED, S.REJECTED)
    assert not is_legal(S.FILLED, S.REJECTED)


def test_what_a_venue_has_acknowledged_is_never_held_again() -> None:
    held_after = [before for before in LEGAL_MOVES if is_legal(before, S.HELD)]
    assert held_after == [S.PENDING, S.HELD, S.SUBMITTED, S.UNCONFIRMED]
