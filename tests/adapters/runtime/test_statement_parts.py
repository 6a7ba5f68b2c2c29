"""A statement has every part that its venue tells, and is none where one part was not answered."""

from collections.abc import Sequence
from decimal import Decimal

from adapters.runtime.statements import ask_for_statement
from adapters.runtime.venue_health import VenueHealth
from ports.errors import VenueUnavailableError
from ports.reports import AccountStatement, FundingReport, StatementUnanswered
from ports.requests import AskStatement
from ports.values import Currency, Money, TradeId

from fakes.sayings import ACCOUNTS, LISTED, PERP
from fakes.venue import FakeSession, FakeVenue

PAID = FundingReport(
    account=ACCOUNTS[PERP],
    instrument=PERP,
    payment_id=TradeId("f1"),
    amount=Money(Decimal(-3), Currency("USDT")),
    position=None,
    venue_time_ns=5,
)


class Funded(FakeSession):
    """A session whose venue lists funding."""

    answers = True

    async def funding_since(self, since_ns: int) -> Sequence[FundingReport]:
        if not self.answers:
            raise VenueUnavailableError("no list of funding")
        return [PAID] if since_ns <= PAID.venue_time_ns else []


async def asked(session: FakeSession, since_ns: int = 0) -> AccountStatement | StatementUnanswered:
    request = AskStatement(account=session.account, fills_since_ns=since_ns)
    await session.connect(_Nobody(), _Nobody())
    return await ask_for_statement(session, request, lambda: 1, VenueHealth(lambda: 1), 5.0)


class _Nobody:
    def put_report(self, report: object) -> None: ...

    def put_quote(self, instrument: object, source: object) -> None: ...


async def test_funding_is_asked_for_where_the_venue_lists_it_and_since_when_trades_are() -> None:
    session = Funded(FakeVenue([LISTED[PERP]], lambda: 1))
    told, later = await asked(session), await asked(session, since_ns=6)
    assert isinstance(told, AccountStatement)
    assert isinstance(later, AccountStatement)
    assert (list(told.funding), list(later.funding)) == ([PAID], [])


async def test_of_a_venue_that_lists_none_a_statement_is_whole_without() -> None:
    told = await asked(FakeSession(FakeVenue([LISTED[PERP]], lambda: 1)))
    assert isinstance(told, AccountStatement)
    assert told.funding == ()


async def test_funding_that_was_not_answered_leaves_nothing_learnt() -> None:
    session = Funded(FakeVenue([LISTED[PERP]], lambda: 1))
    session.answers = False
    assert isinstance(await asked(session), StatementUnanswered)
