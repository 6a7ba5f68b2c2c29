"""For every risk rule an order that just passes and one that is just refused, by the rule's name."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from ports.commands import HaltScope, SubmitOrder
from ports.limits import SelfTrade

from fakes.desk import Desk
from fakes.sayings import (
    ACCOUNTS,
    BYBIT_PERP,
    INVERSE,
    PERP,
    SPOT,
    accepted,
    cancel,
    halt,
    public_trade,
    quote,
    set_limits,
    statement,
    submit,
    traded,
)

type Happening = Callable[[Desk], object]


FLAT: Final = {PERP: "50000", BYBIT_PERP: "50000", SPOT: "2000", INVERSE: "50000"}


def nothing(desk: Desk) -> None:
    """Let nothing happen."""


@dataclass(frozen=True, kw_only=True)
class RuleCase:
    """Limits under which `passes` goes out; after what happens `between`, the rule alone refuses `refused`."""

    limits: dict[str, Any]
    passes: SubmitOrder
    refused: SubmitOrder
    value: str
    limit: str
    remedy: str  # a part of what the refusal says would pass
    before: Happening = nothing
    between: Happening = nothing

    def play(self, desk: Desk) -> None:
        """Bring a desk to where `refused` is refused; bid and ask are the same at first, so that sums are round."""
        for key, price in FLAT.items():
            desk.receive(quote(key, price, price))
        desk.receive(set_limits(**self.limits))
        self.before(desk)
        desk.receive(self.passes)
        self.between(desk)


def told(*messages: Any) -> Happening:
    """Tell a desk something."""
    return lambda desk: [desk.receive(message) for message in messages]


def quoted(bid: str, ask: str) -> Happening:
    """A fresh quote of the perpetual."""
    return lambda desk: desk.receive(quote(PERP, bid, ask, desk.now_ns))


def skewed(desk: Desk) -> None:
    """The venue's clock is 1.5 s behind ours."""
    fresh = quote(PERP, "49999.9", "50000.1", desk.now_ns)
    desk.receive(replace(fresh, event_time_ns=desk.now_ns - 1_500_000_000))


def fell_from_its_highest(desk: Desk) -> None:
    """A decision saw 2000 USD more; then the market fell."""
    quoted("51999.9", "52000.1")(desk)
    desk.receive(submit("higher", buy="0.002", at="50000"))
    quoted("50998.9", "50999.1")(desk)


def funded(desk: Desk) -> None:
    """The venue says what there is, of which another program's order holds back a hundred."""
    account = ACCOUNTS[SPOT]
    desk.receive(statement(account, desk.now_ns, balances={"USDT": ("10100", "10000"), "ETH": ("1", "1")}))


NEAR: Final = quoted("49999.9", "50000.1")
HELD: Final = told(submit("held", buy="1"), traded("held", "t-held", "1"))
RATES: Final = {
    f"max_{counted}_per_{window}{scope}": {"second": "in 1000 ms", "minute": "in 60000 ms", "day": "00:00"}[window]
    for counted, windows in (("orders", ("second", "minute", "day")), ("messages", ("second", "minute")))
    for window in windows
    for scope in ("", "_per_strategy", "_per_venue")
}

CASES: Final[dict[str, RuleCase]] = {
    **{
        name: RuleCase(
            limits={name: {PERP.venue: Decimal(1)} if name.endswith("_per_venue") else 1},
            passes=submit("a", buy="1"),
            refused=submit("b", sell="1"),
            value="2",
            limit="1",
            remedy=remedy,
        )
        for name, remedy in RATES.items()
    },
    "halt": RuleCase(
        limits={},
        passes=submit("a", buy="1"),
        between=told(halt(HaltScope.STRATEGY, "momentum")),
        refused=submit("b", buy="1"),
        value="strategy momentum halted: a drill",
        limit="trading",
        remedy="resume",
    ),
    "trading_hours": RuleCase(
        limits={"trading_hours": {"BINANCE-FUTURES": "TUE 22:00-22:14, WED 01:00-02:00"}},
        passes=submit("a", buy="1"),  # Tuesday 22:13:20
        between=lambda desk: desk.pass_time(60),
        refused=submit("b", buy="1"),
        value="closed",
        limit="TUE 22:00-22:14, WED 01:00-02:00",
        remedy="in 166 minutes",
    ),
    "restricted": RuleCase(
        limits={"restricted_strategies": ("other",), "restricted_bases": ("LUNA",)},
        passes=submit("a", buy="1"),
        refused=submit("b", buy="1", strategy="other"),
        value="other is restricted",
        limit="free",
        remedy="until lifted",
    ),
    "runaway": RuleCase(
        limits={"runaway_max_orders": 1, "runaway_window_ms": 5000},
        passes=submit("a", buy="1"),
        refused=submit("b", sell="1"),
        value="2",
        limit="1",
        remedy="after 5000 ms",
    ),
    "duplicate": RuleCase(
        limits={"duplicate_window_ms": 1000},
        passes=submit("a", buy="1", at="50000"),
        between=lambda desk: desk.pass_time(ns=400_000_000),
        refused=submit("b", buy="1.0", at="50000.0"),
        value="400",
        limit="1000",
        remedy="in 600 ms",
    ),
    "max_messages_per_trade": RuleCase(
        limits={"max_messages_per_trade": {"*": Decimal(1)}, "messages_per_trade_from": 2},
        before=told(*[submit(name, buy="1", at="50000") for name in "xyz"], *[accepted(name) for name in "xyz"]),
        passes=submit("a", buy="1"),
        between=told(cancel("x"), cancel("y")),
        refused=submit("b", buy="1"),
        value="2",
        limit="1",
        remedy="more trades",
    ),
    "min_order_quantity": RuleCase(
        limits={"min_order_quantity": {PERP: Decimal("0.010")}},
        passes=submit("a", buy="0.01"),
        refused=submit("b", buy="0.009"),
        value="0.009",
        limit="0.01",
        remedy="0.01 instrument units or more",
    ),
    "max_order_quantity": RuleCase(
        limits={"max_order_quantity": {PERP: Decimal("0.5")}},
        passes=submit("a", buy="0.5"),
        refused=submit("b", buy="0.501"),
        value="0.501",
        limit="0.5",
        remedy="0.5 or less",
    ),
    "min_order_value": RuleCase(
        limits={"min_order_value_usd": Decimal(5000)},
        passes=submit("a", buy="0.1", at="50000"),
        refused=submit("b", buy="0.099", at="50000"),
        value="4950",
        limit="5000",
        remedy="5000 USD or more",
    ),
    "max_order_value": RuleCase(
        limits={"max_order_value_usd": Decimal(20000)},
        passes=submit("a", sell="0.4", at="50000"),
        refused=submit("b", sell="0.4", at="50000.1"),
        value="20000.04",
        limit="20000",
        remedy="0.399 or less",
    ),
    "max_order_value_in_quote": RuleCase(
        limits={"max_order_value_in_quote": {"USDT": Decimal(20000)}},
        passes=submit("a", buy="0.4", at="50000"),
        refused=submit("b", buy="0.401", at="50000"),
        value="20050",
        limit="20000",
        remedy="0.4 or less",
    ),
    "max_share_of_volume": RuleCase(
        limits={"max_share_of_volume_bps": {"*": Decimal(1000)}, "volume_window_ms": 2000},
        before=lambda desk: desk.receive(public_trade(PERP, "10", desk.now_ns)),
        passes=submit("a", buy="1"),
        refused=submit("b", buy="1.001"),
        value="1001",
        limit="1000",
        remedy="1 or less",
    ),
    "price_collar": RuleCase(
        limits={"price_collar_bps": {PERP: Decimal(100)}},
        before=NEAR,
        passes=submit("a", buy="1", at="50500"),
        refused=submit("b", buy="1", at="50500.1"),
        value="100.02",
        limit="100",
        remedy="a price of 50500 or lower",
    ),
    "passive_price_collar": RuleCase(
        limits={"passive_price_collar_bps": {PERP: Decimal(100)}},
        before=NEAR,
        passes=submit("a", sell="1", at="50500"),
        refused=submit("b", sell="1", at="50500.1"),
        value="100.02",
        limit="100",
        remedy="a price of 50500 or lower",
    ),
    "max_market_slippage": RuleCase(
        limits={"max_market_slippage_bps": {PERP: Decimal("0.02")}},
        before=NEAR,
        passes=submit("a", sell="10"),
        refused=submit("b", sell="10.001"),
        value="0.06",
        limit="0.02",
        remedy="10 or less",
    ),
    "max_quote_age": RuleCase(
        limits={"max_quote_age_ms": 1000},
        before=NEAR,
        passes=submit("a", buy="1"),
        between=lambda desk: desk.pass_time(ns=1_001_000_000),
        refused=submit("b", buy="1"),
        value="1001",
        limit="1000",
        remedy="quote",
    ),
    "max_clock_skew": RuleCase(
        limits={"max_clock_skew_ms": 1000},
        before=NEAR,
        passes=submit("a", buy="1"),
        between=skewed,
        refused=submit("b", buy="1"),
        value="1500",
        limit="1000",
        remedy="clock",
    ),
    "self_trade": RuleCase(
        limits={"self_trade": SelfTrade.REFUSE},
        before=told(submit("rests", sell="1", at="51000", strategy="other")),
        passes=submit("a", buy="1", at="50999.9"),
        refused=submit("b", buy="1", at="51000"),
        value="meets rests of other",
        limit="none of ours",
        remedy="a limit below 51000",
    ),
    "max_position_per_instrument": RuleCase(
        limits={"max_position_per_instrument": {PERP: Decimal(1)}},
        before=told(submit("z", buy="0.4", strategy="other")),
        passes=submit("a", buy="0.6"),
        refused=submit("b", buy="0.001"),
        value="1.001",
        limit="1",
        remedy="no quantity",
    ),
    "max_position_per_strategy": RuleCase(
        limits={"max_position_per_strategy_usd": {"momentum": Decimal(50000)}},
        before=told(submit("z", buy="0.6", at="50000"), submit("y", buy="50", strategy="other")),
        passes=submit("a", buy="0.4", at="50000"),
        refused=submit("b", buy="0.002", at="50000"),
        value="50100",
        limit="50000",
        remedy="no quantity",
    ),
    "max_position_per_venue": RuleCase(
        limits={"max_position_per_venue_usd": {"BINANCE-FUTURES": Decimal(50000)}},
        before=told(submit("z", buy="3", at="50000", instrument=BYBIT_PERP)),
        passes=submit("a", buy="0.9", at="50000"),
        refused=submit("b", buy="0.2", at="50000"),
        value="55000",
        limit="50000",
        remedy="0.1 or less",
    ),
    "max_position_per_base": RuleCase(
        limits={"max_position_per_base_usd": {"BTC": Decimal(50000)}},
        before=told(submit("z", buy="0.5", at="50000", instrument=BYBIT_PERP)),
        passes=submit("a", buy="0.4", at="50000"),
        refused=submit("b", buy="0.2", at="50000"),
        value="55000",
        limit="50000",
        remedy="0.1 or less",
    ),
    "max_position_global": RuleCase(
        limits={"max_position_global_usd": Decimal(51000)},
        before=told(submit("z", buy="1", at="50000")),
        passes=submit("a", sell="0.4", at="2500", instrument=SPOT),
        refused=submit("b", sell="0.1", at="2500", instrument=SPOT),
        value="51250",
        limit="51000",
        remedy="no quantity",
    ),
    "max_total_notional": RuleCase(
        limits={"max_total_notional_usd": Decimal(101000)},
        before=told(submit("z", buy="1", at="50000")),
        passes=submit("a", sell="1", at="50000", strategy="other"),
        refused=submit("b", sell="0.03", at="50000"),
        value="101500",
        limit="101000",
        remedy="0.02 or less",
    ),
    "max_gross_by_base": RuleCase(
        limits={"max_gross_by_base_usd": Decimal(60000)},
        before=told(submit("z", buy="1", at="50000"), submit("y", sell="0.5", at="50000", instrument=BYBIT_PERP)),
        passes=submit("a", buy="5", at="2000", instrument=SPOT),
        refused=submit("b", sell="5.1", at="2000", instrument=SPOT),
        value="60200",
        limit="60000",
        remedy="5 or less",
    ),
    "max_net_exposure": RuleCase(
        limits={"max_net_exposure_usd": Decimal(50000)},
        before=told(submit("z", buy="1", at="50000")),
        passes=submit("a", sell="10", at="2000", instrument=SPOT),
        refused=submit("b", buy="0.01", at="50000"),
        value="50500",
        limit="50000",
        remedy="no quantity",
    ),
    "max_concentration": RuleCase(
        limits={"max_concentration_bps": {"BTC": Decimal(8000)}, "concentration_from_usd": Decimal(20000)},
        before=told(submit("z", buy="5", at="2000", instrument=SPOT)),
        passes=submit("a", buy="0.8", at="50000"),
        refused=submit("b", buy="0.2", at="50000"),
        value="8333.3334",
        limit="8000",
        remedy="no quantity",
    ),
    "funds": RuleCase(
        limits={"check_funds_at": ("BINANCE-SPOT",)},
        before=funded,
        passes=submit("a", buy="4", at="2000", instrument=SPOT),
        refused=submit("b", buy="1.0001", at="2000", instrument=SPOT),
        value="2000.2",
        limit="2000",
        remedy="1 or less",
    ),
    "max_daily_loss": RuleCase(
        limits={"max_daily_loss_usd": Decimal(1000)},
        before=HELD,
        passes=submit("a", buy="0.002", at="50000"),
        between=quoted("48998.9", "48999.1"),
        refused=submit("b", buy="0.003", at="50000", strategy="other"),
        value="1001",
        limit="1000",
        remedy="only reduces",
    ),
    "max_daily_loss_per_strategy": RuleCase(
        limits={"max_daily_loss_per_strategy_usd": {"momentum": Decimal(1000)}},
        before=HELD,
        passes=submit("a", buy="0.002", at="50000"),
        between=quoted("48998.9", "48999.1"),
        refused=submit("b", buy="0.003", at="50000"),
        value="1001",
        limit="1000",
        remedy="only reduces",
    ),
    "max_drawdown": RuleCase(
        limits={"max_drawdown_usd": Decimal(1000)},
        before=HELD,
        passes=submit("a", buy="0.002", at="50000"),
        between=fell_from_its_highest,
        refused=submit("b", buy="0.003", at="50000", strategy="other"),
        value="1001",
        limit="1000",
        remedy="only reduces",
    ),
    "max_drawdown_per_strategy": RuleCase(
        limits={"max_drawdown_per_strategy_usd": {"*": Decimal(1000)}},
        before=HELD,
        passes=submit("a", buy="0.002", at="50000"),
        between=fell_from_its_highest,
        refused=submit("b", buy="0.003", at="50000"),
        value="1001",
        limit="1000",
        remedy="only reduces",
    ),
}
