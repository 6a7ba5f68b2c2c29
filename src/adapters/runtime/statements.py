"""Asking a venue for everything about an account, part by part; one silence and nothing was learnt."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from adapters.runtime.venue_health import VenueHealth
from ports.reports import AccountStatement, FundingReport, StatementUnanswered
from ports.requests import AskStatement
from ports.venue import KnowsFunding, VenueSession


async def ask_for_statement(
    session: VenueSession, request: AskStatement, clock: Callable[[], int], health: VenueHealth, call_s: float
) -> AccountStatement | StatementUnanswered:
    """Return the venue's statement, or why there is none. Each part has `call_s` seconds.

    Positions are asked before trades: a trade that happens between them is then in the trades at least, and the
    position agrees at the next statement.
    """
    asked_ns = clock()
    try:
        positions = await health.ask(session.positions(), call_s)
        balances = await health.ask(session.balances(), call_s)
        open_orders = await health.ask(session.open_orders(), call_s)
        fills = await health.ask(session.fills_since(request.fills_since_ns), call_s)
        funding: Sequence[FundingReport] = ()
        if isinstance(session, KnowsFunding):
            funding = await health.ask(session.funding_since(request.fills_since_ns), call_s)
    except Exception as failure:  # a supervisor: no answer is no answer, whatever a venue's code raised
        return StatementUnanswered(account=request.account, reason=f"{type(failure).__name__}: {failure}")
    return AccountStatement(
        account=request.account,
        asked_ns=asked_ns,
        open_orders=open_orders,
        fills=fills,
        positions=positions,
        balances=balances,
        funding=funding,
    )
