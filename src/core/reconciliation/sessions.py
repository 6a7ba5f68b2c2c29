"""A venue session that comes up or goes down."""

from __future__ import annotations

from core.reconciliation.accounts import AccountStatus
from core.reconciliation.patience import Patience
from core.reconciliation.statements import ask_statement
from core.reconciliation.steps import watch
from core.turn import Turn
from ports.facts import AbilitiesStated, AccountLost, AccountReconciling, InstrumentDefined, OrderUnconfirmed
from ports.reports import SessionDown, SessionUp
from ports.values import AccountId, OrderStatus, VenueId


def session_up(turn: Turn, report: SessionUp, patience: Patience) -> None:
    """Take over what the venue lists, and ask for its statement, before any order goes there."""
    for instrument in report.instruments:
        if turn.book.defined(report.account, instrument.key) != instrument:
            turn.fact(InstrumentDefined(account=report.account, instrument=instrument))
    turn.fact(AccountReconciling(account=report.account, venue=report.venue, since_ns=turn.now_ns))
    if turn.book.accounts.abilities(report.account) != report.abilities:
        turn.fact(AbilitiesStated(account=report.account, abilities=report.abilities, stated_ns=turn.now_ns))
    ask_statement(turn, report.account)
    for order in turn.book.oms.open_orders():
        if order.account == report.account:
            watch(turn, order, patience)


def session_down(turn: Turn, report: SessionDown) -> None:
    """No order goes there, and what was sent without an answer is in doubt."""
    account_lost(turn, report.account, report.venue, report.reason)
    for order in list(turn.book.oms.open_orders()):
        if order.account == report.account and order.status is OrderStatus.SUBMITTED:
            turn.fact(
                OrderUnconfirmed(operation_id=order.terms.operation_id, reason=report.reason, since_ns=turn.now_ns)
            )


def all_lost(turn: Turn, reason: str) -> None:
    """At a start no session is up yet, and every order that no venue has acknowledged is in doubt."""
    for account, state in list(turn.book.accounts.all().items()):
        if state.status is not AccountStatus.LOST:
            account_lost(turn, account, state.venue, reason)
    for order in list(turn.book.oms.open_orders()):
        if not order.acknowledged and order.status is not OrderStatus.UNCONFIRMED:
            turn.fact(OrderUnconfirmed(operation_id=order.terms.operation_id, reason=reason, since_ns=turn.now_ns))


def account_lost(turn: Turn, account: AccountId, venue: VenueId, reason: str) -> None:
    """Close an account to orders."""
    turn.fact(AccountLost(account=account, venue=venue, reason=reason, since_ns=turn.now_ns))
