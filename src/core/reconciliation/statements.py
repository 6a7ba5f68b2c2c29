"""A venue's statement of a whole account, held against ours: orders, trades, positions, balances."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from core.cancelling import ask_to_cancel
from core.reconciliation.accounts import AccountState, AccountStatus
from core.reconciliation.patience import Patience, StatementDue
from core.reconciliation.sharing import take_funding
from core.reconciliation.steps import ask, open_break, ready_if_answered
from core.reconciliation.trades import book_trade
from core.reconciliation.venue_word import status
from core.turn import Turn
from ports.facts import (
    AccountStated,
    BalanceCompared,
    BalanceStated,
    BreakKind,
    BreakSettled,
    FoundBy,
    PositionCompared,
)
from ports.instruments import InstrumentKey, InstrumentType
from ports.reports import AccountStatement, StatementUnanswered
from ports.requests import AskStatement
from ports.values import ZERO, AccountId, Currency, plain

_OVERLAP_NS: Final = 10 * 60 * 1_000_000_000  # a trade may be told late, and clocks differ; repeats cost nothing


def ask_statement(turn: Turn, account: AccountId) -> None:
    """Ask for everything about an account since the last trade that we know of."""
    state = turn.book.accounts.get(account)
    if state is not None:
        since_ns = max(state.known_since_ns, state.traded_until_ns - _OVERLAP_NS)
        turn.request(AskStatement(account=account, fills_since_ns=since_ns))


def take_statement(turn: Turn, message: AccountStatement, patience: Patience) -> None:
    """Believe the trades, ask about every order that is missing, and open breaks for what stays different."""
    state = turn.book.accounts.get(message.account)
    if state is None or state.status is AccountStatus.LOST:
        return  # of an earlier session: the next one asks anew
    for fill in message.fills:
        book_trade(turn, fill, FoundBy.QUESTION)
    for payment in message.funding:
        take_funding(turn, payment)
    for report in message.open_orders:
        status(turn, report, patience)
        order = turn.book.oms.by_client(report.client_order_id)
        if order is not None and order.is_open and order.cancel_requested:
            ask_to_cancel(turn, order)  # it still works: the cancel did not arrive, or may not have
    _ask_about_missing(turn, message, patience)
    if message.positions is not None:
        _compare_positions(turn, message, {one.instrument: one.quantity for one in message.positions})
    if message.balances is not None:
        _compare_balances(turn, message, {one.currency: one.total for one in message.balances})
    _keep_balances(turn, message, state)
    turn.fact(AccountStated(account=message.account, asked_ns=message.asked_ns, learnt_ns=turn.now_ns))
    ready_if_answered(turn, message.account)
    turn.request(patience.next_statement(message.account, state.since_ns, turn.now_ns))


def unanswered(turn: Turn, message: StatementUnanswered, patience: Patience) -> None:
    """Nothing was learnt: ask again soon."""
    state = turn.book.accounts.get(message.account)
    if state is not None and state.status is not AccountStatus.LOST:
        turn.request(patience.statement_again(message.account, state.since_ns, turn.now_ns))


def due(turn: Turn, token: StatementDue) -> None:
    """The time for the next statement has come, unless the session came up anew since (which asked by itself)."""
    state = turn.book.accounts.get(token.account)
    if state is not None and state.status is not AccountStatus.LOST and state.since_ns == token.since_ns:
        ask_statement(turn, token.account)


def _ask_about_missing(turn: Turn, message: AccountStatement, patience: Patience) -> None:
    listed = {report.client_order_id for report in message.open_orders}
    awaited = turn.book.accounts.all()[message.account].unanswered
    for order in list(turn.book.oms.open_orders()):
        released = order.release
        if released is None or order.account != message.account or released.client_order_id in listed:
            continue
        if released.released_ns + patience.not_found_lag_ns <= message.asked_ns:
            ask(turn, order)
        elif order.terms.operation_id in awaited:  # so young that the venue may not show it yet
            counts_ns = patience.counts_from_ns(released.released_ns, 0)
            turn.request(patience.ask_again(order.terms.operation_id, turn.now_ns, counts_ns))


def _compare_positions(turn: Turn, message: AccountStatement, theirs: dict[InstrumentKey, Decimal]) -> None:
    account = message.account
    state = turn.book.accounts.all()[account]
    # Of spot pairs venues keep balances and no positions, also where they keep some of other instruments.
    ours = {
        instrument: quantity
        for instrument, quantity in turn.book.positions.by_instrument(account).items()
        if instrument.type is not InstrumentType.SPOT_PAIR or instrument in theirs
    }
    for instrument in sorted(ours.keys() | theirs.keys() | state.compared.keys()):
        mine, their = ours.get(instrument, ZERO), theirs.get(instrument, ZERO)
        before = state.compared.get(instrument)
        if mine != their or before is not None:
            turn.fact(
                PositionCompared(
                    account=account, instrument=instrument, ours=mine, theirs=their, asked_ns=message.asked_ns
                )
            )
        if mine != their and before == (mine, their):
            _open_position_break(turn, state, account, instrument, mine, their)
        elif mine == their and instrument in state.position_breaks:
            turn.fact(
                BreakSettled(
                    break_id=state.position_breaks[instrument],
                    how=f"the venue and our ledger agree again on {plain(mine)}",
                    principal=None,
                    settled_ns=turn.now_ns,
                )
            )


def _open_position_break(
    turn: Turn, state: AccountState, account: AccountId, instrument: InstrumentKey, mine: Decimal, their: Decimal
) -> None:
    if instrument not in state.position_breaks:
        open_break(
            turn,
            f"position-{account}-{instrument}-{turn.now_ns}",
            BreakKind.POSITION_DIFFERS,
            account,
            instrument,
            f"our trades make {plain(mine)}, the venue says {plain(their)}; adjust the position, or find the trade",
        )


def _compare_balances(turn: Turn, message: AccountStatement, stated: dict[Currency, Decimal]) -> None:
    """Hold what trades make of balances against the venue's word: the same difference twice in a row is a break."""
    for currency, expected in sorted(turn.book.accounts.balances.of(message.account).items()):
        mine, their = expected.total, stated.get(currency, ZERO)  # of one that is not listed there is nothing
        if mine == their and expected.differed is None and expected.is_confirmed:
            continue
        is_break = mine != their and expected.differed == (mine, their)
        turn.fact(
            BalanceCompared(
                account=message.account,
                currency=currency,
                ours=mine,
                theirs=their,
                taken_over=is_break or (mine != their and not expected.is_confirmed),
                asked_ns=message.asked_ns,
            )
        )
        if is_break:
            more = plain(their - mine)
            said = f"trades make {plain(mine)} {currency}, the venue says {plain(their)}: {more} unexplained"
            name = f"balance-{message.account}-{currency}-{turn.now_ns}"
            open_break(turn, name, BreakKind.BALANCE_DIFFERS, message.account, None, said)


def _keep_balances(turn: Turn, message: AccountStatement, state: AccountState) -> None:
    for balance in message.balances or ():
        if state.balances.get(balance.currency) != (balance.total, balance.free):
            turn.fact(
                BalanceStated(
                    account=message.account,
                    currency=balance.currency,
                    total=balance.total,
                    free=balance.free,
                    asked_ns=message.asked_ns,
                )
            )
