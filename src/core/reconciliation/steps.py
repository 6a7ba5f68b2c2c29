"""The small steps that reconciliation is made of."""

from __future__ import annotations

from core.orders.order import Order
from core.reconciliation.accounts import AccountStatus
from core.reconciliation.patience import Patience, Watch
from core.turn import Turn
from ports.facts import AccountReady, AmendRequested, BreakKind, BreakOpened, CancelRequested, OrderUnconfirmed
from ports.instruments import InstrumentKey
from ports.requests import QueryOrder
from ports.values import AccountId


def ask(turn: Turn, order: Order) -> None:
    """Ask the venue itself what became of an open order."""
    released = order.released()
    turn.request(
        QueryOrder(
            account=released.account,
            instrument=released.instrument,
            client_order_id=released.client_order_id,
            released_ns=released.released_ns,
        )
    )


def watch(turn: Turn, order: Order, patience: Patience) -> None:
    """Look at an order again after a while; begins a new chain, which ends every older one of this order."""
    since_ns = waited_for_since(turn, order)
    turn.request(patience.watch(Watch(order.terms.operation_id, since_ns), turn.now_ns))


def await_word(
    turn: Turn, order: Order, fact: CancelRequested | AmendRequested | OrderUnconfirmed, patience: Patience
) -> None:
    """Take a fact from which on the venue's word is awaited, and watch; one of this instant goes on."""
    since_ns = waited_for_since(turn, order)
    turn.fact(fact)
    if waited_for_since(turn, order) != since_ns:
        watch(turn, order, patience)


def waited_for_since(turn: Turn, order: Order) -> int:
    """Return since when the venue's word on an order is awaited: its last doubt, or its session's last coming up."""
    account = None if order.account is None else turn.book.accounts.get(order.account)
    return max(order.awaited_since_ns, account.since_ns if account is not None else 0)


def open_break(
    turn: Turn, break_id: str, kind: BreakKind, account: AccountId | None, instrument: InstrumentKey | None, detail: str
) -> None:
    """Open a break, once: a repeat of the same observation opens no second one."""
    if break_id not in turn.book.breaks:
        turn.fact(
            BreakOpened(
                break_id=break_id,
                kind=kind,
                account=account,
                instrument=instrument,
                detail=detail,
                opened_ns=turn.now_ns,
            )
        )


def ready_if_answered(turn: Turn, account: AccountId | None) -> None:
    """Let orders go to an account once the venue has stated it and answered for every open order of it."""
    state = None if account is None else turn.book.accounts.get(account)
    if account is None or state is None:
        return
    if state.status is AccountStatus.RECONCILING and state.is_stated and not state.unanswered:
        turn.fact(AccountReady(account=account, venue=state.venue, since_ns=turn.now_ns))
