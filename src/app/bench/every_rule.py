"""Every rule there is, set so that orders pass; orders that none of them minds; and what each rule costs alone."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from app.bench.null_venue import ACCOUNT, INSTRUMENTS, PRICE, VENUE, quote_of
from app.bench.orders import EVERY_FIRST_RULE, order
from core.book import Book
from core.judging import proposed
from core.risk.registry import REGISTRY
from core.risk.rule import ProposedOrder, RiskBook, Rule
from core.turn import Turn
from ports.actor import Message
from ports.commands import SubmitOrder
from ports.limits import SelfTrade
from ports.market_data import PublicTrades
from ports.reports import AccountStatement, VenueBalance
from ports.values import ZERO, Currency, Price, Side, exact

_MANY: Final = 1_000_000_000
_MUCH: Final = Decimal(10) ** 12
_BY_ANY: Final = {"*": _MUCH}
_DAY_MS: Final = 86_400_000
_PRICES: Final = 4_000  # orders between two that say the same
_ASKED: Final = 200
_ROUNDS: Final = 50

EVERY_RULE: Final = replace(
    EVERY_FIRST_RULE,
    max_orders_per_second_per_venue=_BY_ANY,
    max_orders_per_minute_per_venue=_BY_ANY,
    max_orders_per_day=_MANY,
    max_orders_per_day_per_strategy=_MANY,
    max_orders_per_day_per_venue=_BY_ANY,
    max_messages_per_second=_MANY,
    max_messages_per_minute=_MANY,
    max_messages_per_second_per_strategy=_MANY,
    max_messages_per_minute_per_strategy=_MANY,
    max_messages_per_second_per_venue=_BY_ANY,
    max_messages_per_minute_per_venue=_BY_ANY,
    max_messages_per_day=_MANY,
    max_messages_per_day_per_strategy=_MANY,
    max_messages_per_day_per_venue=_BY_ANY,
    runaway_max_orders=_MANY,
    max_messages_per_trade=_BY_ANY,
    min_order_quantity={"*": Decimal("0.0001")},
    min_order_value_usd=Decimal(1),
    max_order_value_in_quote=_BY_ANY,
    max_share_of_volume_bps={"*": Decimal(10_000)},
    volume_window_ms=300_000,
    max_position_per_venue_usd=_BY_ANY,
    max_position_per_base_usd=_BY_ANY,
    max_gross_by_base_usd=_MUCH,
    max_net_exposure_usd=_MUCH,
    max_concentration_bps={"*": Decimal(10_000)},
    price_collar_bps={"*": Decimal(1_000)},
    passive_price_collar_bps={"*": Decimal(1_000)},
    reference_max_age_ms=_DAY_MS,
    max_market_slippage_bps={"*": Decimal(1_000)},
    max_price_move_bps={"*": Decimal(1_000)},
    price_move_window_ms=300_000,
    max_quote_age_ms=_DAY_MS,
    max_clock_skew_ms=_DAY_MS,
    check_funds_at=("*",),
    leverage={"*": Decimal(10)},
    max_daily_loss_usd=_MUCH,
    max_daily_loss_per_strategy_usd=_BY_ANY,
    max_drawdown_usd=_MUCH,
    max_drawdown_per_strategy_usd=_BY_ANY,
    duplicate_window_ms=1,
    self_trade=SelfTrade.REFUSE,
    restricted_instruments=(INSTRUMENTS[0].key.at(VENUE).replace("BTC", "LUNA"),),
    restricted_bases=("LUNA",),
    restricted_strategies=("retired",),
    trading_hours={"*": "MON-SUN 00:00-24:00"},
)


def patient_order(number: int, prefix: str) -> SubmitOrder:
    """Return a resting limit order that meets none of ours and repeats none of the last few thousand."""
    submit = order(number, prefix)
    away = Decimal(number % _PRICES + 1) / 10
    price = PRICE - away if submit.terms.side is Side.BUY else PRICE + Decimal("0.1") + away
    return replace(submit, terms=replace(submit.terms, price=Price(price)))


def what_rules_look_at() -> Iterator[Message]:
    """Yield fresh quotes, public trades and a stated balance, as of now."""
    now_ns = time.time_ns()
    for one in INSTRUMENTS:
        yield quote_of(one.key, 0, now_ns)
        yield PublicTrades(
            instrument=one.key,
            count=1,
            quantity=Decimal(1_000),
            bought=ZERO,
            sold=ZERO,
            value=PRICE * 1_000,
            last_price=Price(PRICE),
            event_time_ns=now_ns,
            received_ns=now_ns,
        )
    balance = VenueBalance(currency=Currency("USDT"), total=_MUCH, free=_MUCH)
    yield AccountStatement(
        account=ACCOUNT, asked_ns=now_ns, open_orders=(), fills=(), positions=None, balances=(balance,)
    )


def cost_of_each_rule(book: Book) -> Mapping[str, float]:
    """Return microseconds an order by rule, each asked alone; where rules share a sum, each is charged for it."""
    turn = Turn(book, time.time_ns())
    orders = [
        proposed(turn, terms, book.listing(ACCOUNT, terms.instrument), terms.quantity)
        for n in range(_ASKED)
        for terms in (patient_order(n, "cost").terms,)
    ]
    costs: dict[str, float] = {}
    with exact():
        for name, rule in book.rules.items():
            costs[name] = round(min([_asking(rule, orders, book.risk_book) for _ in range(_ROUNDS)]), 3)
    return costs


def _asking(rule: Rule, orders: Sequence[ProposedOrder], book: RiskBook) -> float:
    for one in orders:
        one.counted = None
        one.standings.clear()
    began = time.thread_time_ns()
    for one in orders:
        rule(one, book)
    return (time.thread_time_ns() - began) / len(orders) / 1000


def missing_rules(book: Book) -> list[str]:
    """Return the names of the rules that are not asked: a benchmark of every rule must have none."""
    return [card.name for card in REGISTRY if card.name not in book.rules]
