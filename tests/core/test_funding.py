"""Funding and forced closes are an account's: each is shared out over its strategies once, and adds up to the whole."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.invariants import check
from core.positions.sharing import shared_out
from ports.facts import FundingPaid, OrderFilled, PositionChanged
from ports.instruments import InstrumentKey
from ports.reports import FillCause, FillReport, FundingReport
from ports.values import Currency, Money, Side, StrategyId, TradeId, exact

from fakes.desk import Desk, digest, folded, through_json
from fakes.sayings import ACCOUNTS, INVERSE, PERP, statement, submit, traded

D = Decimal
DUE_NS = 1_000


def hold(desk: Desk, strategy: str, quantity: str, at_ns: int = 8, name: str = "") -> None:
    """Let a strategy buy (negative: sell)."""
    name, size = name or f"in-{strategy}", D(quantity)
    side = Side.BUY if size > 0 else Side.SELL
    order = submit(name, strategy=strategy, **{"buy" if size > 0 else "sell": str(abs(size))})  # type: ignore[arg-type] # by its side's name
    desk.receive(order)
    desk.receive(replace(traded(name, f"t-{name}", str(abs(size)), side=side), venue_time_ns=at_ns))


def funding(
    amount: str, position: str | None = None, *, currency: str = "USDT", instrument: InstrumentKey = PERP
) -> FundingReport:
    return FundingReport(
        account=ACCOUNTS[instrument],
        instrument=instrument,
        payment_id=TradeId("f-1"),
        amount=Money(D(amount), Currency(currency)),
        position=None if position is None else D(position),
        venue_time_ns=DUE_NS,
    )


def paid(desk: Desk) -> dict[str, Decimal]:
    return {str(fact.strategy_id): fact.amount for fact in desk.facts if isinstance(fact, FundingPaid)}


def realized(desk: Desk, strategy: str) -> Decimal:
    changes = [one for one in desk.facts if isinstance(one, PositionChanged) and one.strategy_id == strategy]
    return changes[-1].realized_pnl


def clean(desk: Desk) -> bool:
    assert digest(folded(through_json(desk.facts))) == digest(desk.actor)
    return all(finding.ok for finding in check(desk.run()).values())


def test_each_strategy_has_its_share_and_long_and_short_pay_each_other(desk: Desk) -> None:
    hold(desk, "long", "3")
    hold(desk, "short", "-1")
    desk.receive(funding("-2", "2"))
    assert paid(desk) == {"long": D(-3), "short": D(1)}
    assert (realized(desk, "long"), realized(desk, "short"), desk.position(strategy="long")) == (D(-3), D(1), D(3))
    assert (desk.breaks(), clean(desk)) == ([], True)


def test_a_payment_counts_once_whoever_tells_it_and_also_after_a_restart(desk: Desk) -> None:
    hold(desk, "long", "1")
    desk.receive(funding("-2"))
    desk.receive(funding("-2"))
    desk.restart()
    desk.connect(ACCOUNTS[PERP])
    desk.receive(replace(statement(ACCOUNTS[PERP], desk.now_ns), funding=(funding("-2"),)))
    assert (paid(desk), realized(desk, "long")) == ({"long": D(-2)}, D(-2))


def test_what_was_traded_since_does_not_count(desk: Desk) -> None:
    hold(desk, "early", "1", DUE_NS)
    hold(desk, "late", "5", DUE_NS + 1)
    hold(desk, "early", "-1", DUE_NS + 2, name="out")
    desk.receive(funding("-2", "1"))
    assert (paid(desk), desk.breaks()) == ({"early": D(-2)}, [])


@pytest.mark.parametrize(
    ("told", "held"),
    [(funding("-2", "1.5"), "1"), (funding("-2"), ""), (funding("-2", currency="BNB"), "1")],
    ids=["on another position", "on nothing", "in another currency"],
)
def test_one_that_our_positions_do_not_explain_is_nobody_s_and_a_break(
    desk: Desk, told: FundingReport, held: str
) -> None:
    if held:
        hold(desk, "long", held)
    desk.receive(told)
    assert (paid(desk), desk.breaks()) == ({"UNATTRIBUTED": D(-2)}, ["FUNDING_UNSHARED"])
    assert clean(desk)


def test_one_that_is_told_after_what_was_held_is_forgotten_is_nobody_s(desk: Desk) -> None:
    hold(desk, "long", "1", DUE_NS + 1)
    hold(desk, "long", "1", DUE_NS + 11 * 60 * 10**9, name="more")
    desk.receive(funding("-2"))
    assert (paid(desk), desk.breaks()) == ({"UNATTRIBUTED": D(-2)}, ["FUNDING_UNSHARED"])


def test_an_inverse_position_is_paid_in_its_base(desk: Desk) -> None:
    desk.receive(submit("in", buy="1000", instrument=INVERSE))
    desk.receive(traded("in", "t-1", "1000", instrument=INVERSE, currency="BTC"))
    desk.receive(funding("0.0001", "1000", currency="BTC", instrument=INVERSE))
    assert (paid(desk), realized(desk, "momentum")) == ({"momentum": D("0.0001")}, D("0.0001"))


def forced(quantity: str, fee: str = "3") -> FillReport:
    """The venue sells by force."""
    return replace(traded(None, "adl-1", quantity, side=Side.SELL, fee=fee), cause=FillCause.LIQUIDATION)


def test_a_forced_close_is_shared_by_those_that_held_what_it_closes(desk: Desk) -> None:
    for strategy, quantity in (("big", "2"), ("small", "1"), ("short", "-1")):
        hold(desk, strategy, quantity)
    for _ in range(2):  # a repeat is known
        desk.receive(forced("1.001"))
    parts = [one for one in desk.facts if isinstance(one, OrderFilled) and one.operation_id is None]
    assert [(one.strategy_id, one.quantity) for one in parts] == [("big", D("0.668")), ("small", D("0.333"))]
    assert sum(one.fee.amount for one in parts) == D(3)
    assert [desk.position(strategy=one) for one in ("big", "small", "short")] == [D("1.332"), D("0.667"), D(-1)]
    assert (desk.breaks(), clean(desk)) == (["FORCED_CLOSE"], True)


def test_a_forced_close_of_more_than_is_held_is_nobody_s(desk: Desk) -> None:
    hold(desk, "small", "1")
    desk.receive(forced("1.5"))
    assert (desk.position(strategy="small"), desk.position(strategy="UNATTRIBUTED")) == (D(1), D("-1.5"))
    assert desk.breaks() == ["UNATTRIBUTED_FILL"]


AMOUNTS = some.decimals("-1e9", "1e9", places=8).filter(bool)
HELD = some.dictionaries(some.sampled_from([StrategyId(name) for name in "abcdef"]), AMOUNTS, min_size=1)


@given(amount=AMOUNTS, held=HELD)
def test_shares_are_the_whole_in_proportion(amount: Decimal, held: Mapping[StrategyId, Decimal]) -> None:
    with exact():
        shares, total = shared_out(amount, held), sum(held.values(), D(0))
        if not total:
            assert shares == {}
            return
        assert sum(shares.values(), D(0)) == amount
        for strategy, quantity in held.items():
            assert abs(shares[strategy] * total - amount * quantity) <= abs(total) * len(held) * D("1e-18")
