"""Facts of positions and balances: what trades and people made of them, and what a venue says they are."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ports.commands import AdjustmentKind
from ports.instruments import InstrumentKey
from ports.records import record
from ports.values import AccountId, Currency, Price, Principal, StrategyId, TradeId


@record
class PositionChanged:
    """What a strategy holds of an instrument in an account after a trade or an adjustment, whose fact it follows.

    `open_cash` is the exact sum of the cash flows of the open quantity, in the settlement currency (a linear buy
    pays quantity times price, an inverse buy earns quantity over price); `realized_pnl` is in it too, funding included,
    before fees.
    """

    account: AccountId
    strategy_id: StrategyId
    instrument: InstrumentKey
    quantity: Decimal  # negative where short
    open_cash: Decimal
    average_entry_price: Decimal | None  # None where flat
    realized_pnl: Decimal
    fees: Mapping[Currency, Decimal]
    trade_id: TradeId  # of the trade, of the adjustment, or of the share of funding
    changed_ns: int


@record
class PositionAdjusted:
    """A position changed by other than a trade, as if `quantity` (negative: sold) had been traded at `price`."""

    adjustment_id: TradeId
    kind: AdjustmentKind
    account: AccountId
    strategy_id: StrategyId
    instrument: InstrumentKey
    quantity: Decimal
    price: Price
    fee_currency: Currency
    fee: Decimal  # given back (negative) where a trade is busted; of a trade corrected: as it is now, or what is added
    principal: Principal
    reason: str
    adjusted_ns: int
    revision: int = 0  # of the trade, where its venue corrected it


@record
class FundingPaid:
    """A strategy's share of a funding payment: what it received for its position, or paid (negative).

    `PositionChanged` follows, whose realised P&L has it. `position` is what the strategy held when it was due.
    """

    funding_id: TradeId  # of the payment and the strategy
    payment_id: TradeId
    account: AccountId
    strategy_id: StrategyId
    instrument: InstrumentKey
    currency: Currency
    amount: Decimal
    position: Decimal
    venue_time_ns: int
    learnt_ns: int


@record
class AccountStated:
    """A venue's statement of an account was taken in."""

    account: AccountId
    asked_ns: int
    learnt_ns: int


@record
class PositionCompared:
    """Our position of an account (over all strategies) beside the venue's, where they differ or agree again."""

    account: AccountId
    instrument: InstrumentKey
    ours: Decimal
    theirs: Decimal
    asked_ns: int


@record
class BalanceStated:
    """What an account has of a currency, as its venue says; written where it has changed."""

    account: AccountId
    currency: Currency
    total: Decimal
    free: Decimal
    asked_ns: int


@record
class BalanceCompared:
    """What trades make of a balance that was stated before, beside the venue's word, where they differ or agree again.

    `taken_over`: the venue's word is what is expected from here: nothing that we know explains it, and a break says so,
    or no statement had confirmed what was stated first.
    """

    account: AccountId
    currency: Currency
    ours: Decimal
    theirs: Decimal
    taken_over: bool
    asked_ns: int


@record
class PnlMarked:
    """A strategy's P&L to date in USD (empty `strategy_id`: of all) at the start of a UTC day and its highest since.

    Written at the first message of the day, or when a loss limit first asks, and whenever a decision saw it higher.
    """

    strategy_id: StrategyId
    day_start_ns: int
    start_usd: Decimal
    peak_usd: Decimal
    marked_ns: int
