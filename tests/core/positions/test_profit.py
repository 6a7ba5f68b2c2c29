"""What everything held is worth in USD, worked by hand: an inverse perpetual and an option of the same account."""

from __future__ import annotations

from decimal import Decimal

from core.market.view import MarketView
from core.positions.exposure import ExposureBook
from core.positions.profit import DAY_NS, EVERYBODY, Profit
from ports.facts import PnlMarked, PositionChanged
from ports.instruments import InstrumentKey
from ports.market_data import Quote
from ports.values import AccountId, Currency, Price, StrategyId, TradeId, exact

CALL = InstrumentKey("DERIBIT:OPTION:BTC-USD-70000-291228-CALL@INV")
PERPETUAL = InstrumentKey("DERIBIT:PERPETUAL:BTC-USD@INV")
DESK = StrategyId("options-desk")


def quoted(instrument: InstrumentKey, price: str) -> Quote:
    at, one = Price(Decimal(price)), Decimal(1)
    return Quote(instrument=instrument, bid=at, ask=at, bid_size=one, ask_size=one, event_time_ns=1, received_ns=2)


def held(instrument: InstrumentKey, quantity: str, open_cash: str, fee: str) -> PositionChanged:
    return PositionChanged(
        account=AccountId("DERIBIT-MAIN"),
        strategy_id=DESK,
        instrument=instrument,
        quantity=Decimal(quantity),
        open_cash=Decimal(open_cash),
        average_entry_price=None,
        realized_pnl=Decimal(0),
        fees={Currency("BTC"): Decimal(fee)},
        trade_id=TradeId(instrument),
        changed_ns=1,
    )


def test_an_option_is_worth_its_own_price_in_the_coin_beside_an_inverse_perpetual() -> None:
    market, exposure = MarketView(), ExposureBook()
    market.value_currencies_at({"USD": Decimal(1)})
    market.take(quoted(PERPETUAL, "62500"))
    market.take(quoted(CALL, "0.0655"))
    profit = Profit(exposure, market)
    with exact():
        # 50000 USD bought at 50000 owe 1 BTC, and at 62500 are worth 0.8 BTC of it: 0.2 BTC gained.
        exposure.trade(AccountId("DERIBIT-MAIN"), DESK, PERPETUAL, Decimal(50_000))
        profit.changed(held(PERPETUAL, "50000", "1", "0.0005"))
        # 2 calls bought at 0.05 cost 0.1 BTC, and at 0.0655 are worth 0.131: 0.031 BTC gained.
        exposure.trade(AccountId("DERIBIT-MAIN"), DESK, CALL, Decimal(2))
        profit.changed(held(CALL, "2", "-0.1", "0.0006"))
        assert profit.pnl_usd(DESK) == (Decimal("0.2") + Decimal("0.031") - Decimal("0.0011")) * 62_500
        assert profit.pnl_usd(EVERYBODY) == profit.pnl_usd(DESK)


def test_a_day_is_new_once_and_ends_with_its_last_nanosecond() -> None:
    profit = Profit(ExposureBook(), MarketView())
    day = 20_000 * DAY_NS
    asked = [day + 5, day + 6, day + DAY_NS - 1, day + DAY_NS, day + DAY_NS + 1, day + 3 * DAY_NS + 7]
    assert [profit.is_new_day(at_ns) for at_ns in asked] == [True, False, False, True, False, True]


def test_a_mark_is_of_its_own_day_and_strategy_alone() -> None:
    profit = Profit(ExposureBook(), MarketView())
    day = 20_000 * DAY_NS
    mark = PnlMarked(
        strategy_id=DESK, day_start_ns=day, start_usd=Decimal(5), peak_usd=Decimal(9), marked_ns=day + 1
    )  # fmt: skip
    profit.marked(mark)
    assert (profit.mark(DESK, day), profit.mark(DESK, day + DAY_NS - 1)) == (mark, mark)
    assert (profit.mark(DESK, day + DAY_NS), profit.mark(DESK, day - 1), profit.mark(EVERYBODY, day)) == (None,) * 3
    assert profit.strategies() == []  # a mark is no trade
