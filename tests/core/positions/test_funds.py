"""What is left to pay with is what a naive reckoning would find, however much is spent between two statements."""

from decimal import Decimal
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from core.positions.funds import Funds, Need, Purse
from ports.facts import BalanceStated, FoundBy, OrderFilled
from ports.instruments import InstrumentKey
from ports.values import Currency, Money, Price, Quantity, Side, TradeId

from fakes.sayings import ACCOUNTS, MOMENTUM, PERP, SPOT

MOST = 4_096
MINE = ACCOUNTS[SPOT]
USDT = Currency("USDT")
amounts = st.decimals(min_value="0.00000001", max_value=100_000, places=8)


def stated_purse() -> Purse:
    return Purse(total=Decimal(1_000_000_000))


@given(
    st.lists(st.tuples(st.integers(0, 3), amounts), max_size=60),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 100)), max_size=5),
)
def test_spent_is_what_was_learnt_of_since_the_last_statement_was_asked_for(
    trades: list[tuple[int, Decimal]], statements: list[tuple[int, int]]
) -> None:
    purse = stated_purse()
    times = list(accumulate(step for step, _ in trades))
    kept: list[tuple[int, Decimal]] = []
    for number, (at_ns, (_, amount)) in enumerate(zip(times, trades, strict=True)):
        for age_ns, after in statements:
            if after == number:
                purse.stated(at_ns - age_ns)
                kept = [one for one in kept if one[0] >= at_ns - age_ns]
        purse.spend(at_ns, amount)
        kept.append((at_ns, amount))
    assert purse.available == Decimal(1_000_000_000) - sum((amount for _, amount in kept), Decimal(0))


def test_where_nothing_is_ever_stated_many_spendings_take_no_more_memory_and_none_is_forgotten() -> None:
    purse = stated_purse()
    for at_ns in range(3 * MOST):
        purse.spend(at_ns, Decimal("0.01"))
    assert len(purse.spendings) == MOST
    assert purse.spent == Decimal("0.01") * 3 * MOST
    purse.stated(3 * MOST - 10)
    assert purse.spent == Decimal("0.10")
    purse.stated(3 * MOST)
    assert purse.spent == 0


def test_a_statement_that_cannot_be_told_from_what_was_spent_leaves_too_little_and_never_too_much() -> None:
    purse = stated_purse()
    for at_ns in range(2 * MOST):
        purse.spend(at_ns, Decimal(1))
    purse.stated(MOST // 2)  # of the older half nobody knows any more what was when
    assert purse.spent >= 2 * MOST - MOST // 2


def filled(side: Side, fee: str, currency: str, instrument: InstrumentKey = SPOT) -> OrderFilled:
    """Two at 2000, learnt of at the fifth nanosecond."""
    return OrderFilled(
        operation_id=None, status=None, filled_quantity=Decimal(2), average_price=Decimal(2000), strategy_id=MOMENTUM,
        account=MINE, instrument=instrument, trade_id=TradeId("t-1"), side=side, quantity=Quantity(Decimal(2)),
        price=Price(Decimal(2000)), fee=Money(Decimal(fee), Currency(currency)), liquidity=None, venue_order_id=None,
        found_by=FoundBy.STREAM, venue_time_ns=4, learnt_ns=5,
    )  # fmt: skip


def stated(total: str, free: str) -> BalanceStated:
    return BalanceStated(account=MINE, currency=USDT, total=Decimal(total), free=Decimal(free), asked_ns=3)


def test_a_spot_buy_may_have_to_pay_its_quote_and_a_sell_its_base() -> None:
    funds, price = Funds(), Decimal(2000)
    assert funds.need(MINE, SPOT, Side.BUY, Decimal(2), price) == Need(MINE, USDT, Decimal(4000))
    assert funds.need(MINE, SPOT, Side.SELL, Decimal(2), None) == Need(MINE, Currency("ETH"), Decimal(2))
    assert funds.need(MINE, SPOT, Side.BUY, Decimal(2), None) is None
    assert funds.need(ACCOUNTS[PERP], PERP, Side.BUY, Decimal(2), price) is None


def test_a_trade_takes_out_what_it_pays_with_and_every_fee_what_it_is_paid_in() -> None:
    for fill, taken in (
        (filled(Side.BUY, "1", "BNB"), {"USDT": "4000", "BNB": "1", "ETH": "0"}),
        (filled(Side.SELL, "3", "USDT"), {"USDT": "3", "BNB": "0", "ETH": "2"}),
        (filled(Side.SELL, "-3", "USDT"), {"USDT": "0", "BNB": "0", "ETH": "2"}),  # a rebate comes in later
        (filled(Side.BUY, "3", "USDT", PERP), {"USDT": "3", "BTC": "0"}),
    ):
        funds = Funds()
        funds.traded(fill)
        spent = {currency: str(funds.purse(MINE, Currency(currency)).spent) for currency in taken}
        assert spent == taken


def test_what_others_hold_back_at_the_venue_is_what_is_not_free_and_not_reserved_by_us() -> None:
    funds = Funds()
    funds.reserve(Need(MINE, USDT, Decimal(100)), 1)
    for free, locked, available in (("700", "200", "700"), ("900", "0", "900"), ("1000", "0", "900")):
        funds.balance(stated("1000", free))
        purse = funds.purse(MINE, USDT)
        assert (str(purse.locked), str(purse.available)) == (locked, available)
    funds.reserve(Need(MINE, USDT, Decimal(100)), -1)
    assert funds.purse(MINE, USDT).available == 1000
