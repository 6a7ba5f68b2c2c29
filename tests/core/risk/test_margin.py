"""What an account needs for all that settles in one currency, worked by hand: by the rule `funds` and by the router."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

import pytest

from core.routing.funds import Means, funds_of
from ports.capabilities import PLAIN_ORDERS, Abilities
from ports.commands import CheckOrder, SubmitOrder
from ports.instruments import InstrumentKey
from ports.replies import CheckReply
from ports.reports import OrderStatusReport, SessionUp
from ports.values import AccountId, Side

from fakes.desk import Desk
from fakes.sayings import TRADER, accepted, listed, quote, set_limits, statement, submit, traded

D = Decimal
HERE: Final = AccountId("DERIBIT-main")
BTC, ETH = (InstrumentKey(f"DERIBIT:PERPETUAL:{coin}-USDT@LIN") for coin in ("BTC", "ETH"))
COIN, COIN_FUTURE = InstrumentKey("DERIBIT:PERPETUAL:BTC-USD@INV"), InstrumentKey("DERIBIT:FUTURE:BTC-USD-291228@INV")
PAIR = InstrumentKey("DERIBIT:SPOT_PAIR:BTC-USDT")
CALL = InstrumentKey("DERIBIT:OPTION:BTC-USD-70000-291228-CALL@INV")
PRICES: Final = {BTC: "50000", ETH: "2000", COIN: "50000", COIN_FUTURE: "62500", PAIR: "50000", CALL: "0.05"}


def listing(desk: Desk, *open_orders: OrderStatusReport, abilities: Abilities = PLAIN_ORDERS) -> None:
    instruments = [listed(key, "0.0005", "0.1") for key in PRICES]
    desk.receive(SessionUp(account=HERE, venue=BTC.venue, instruments=instruments, abilities=abilities))
    desk.receive(statement(HERE, desk.now_ns, open_orders=open_orders))


@pytest.fixture
def trader() -> Desk:
    """Return a desk whose one account lists six instruments, all at a price."""
    desk = Desk(instruments=())
    listing(desk)
    desk.receive(set_limits())
    for key, price in PRICES.items():
        desk.receive(quote(key, price, price))
    return desk


def hold(desk: Desk, key: InstrumentKey, amount: str) -> None:
    """Trade so much (negative: a sell)."""
    side, size = (Side.SELL, amount[1:]) if amount[0] == "-" else (Side.BUY, amount)
    where = {"sell" if side is Side.SELL else "buy": size}
    desk.receive(submit(f"in-{key}", instrument=key, **where))  # type: ignore[arg-type]  # by its side's name
    fill = traded(f"in-{key}", f"t-{key}", size, PRICES[key], side=side, instrument=COIN)
    desk.receive(replace(fill, instrument=key))


def asked(desk: Desk, **totals: str) -> Desk:
    """Let funds be asked about, with ten times leverage and five for ETH, when the venue has stated these totals."""
    desk.receive(statement(HERE, desk.now_ns, balances={name: (total, total) for name, total in totals.items()}))
    desk.receive(set_limits(check_funds_at=("*",), leverage={"*": D(10), ETH: D(5)}))
    return desk


def told(desk: Desk, order: SubmitOrder) -> tuple[bool, str]:
    (reply,) = desk.receive(CheckOrder(terms=order.terms, principal=TRADER)).replies
    assert isinstance(reply, CheckReply)
    (one,) = [one for one in reply.verdicts if one.rule == "funds"]
    return one.passed, one.value


def buys(amount: str, key: InstrumentKey = BTC) -> SubmitOrder:
    return submit("a", buy=amount, at=PRICES[key], instrument=key)


def means(desk: Desk, key: InstrumentKey, *, sell: bool = False) -> Means:
    terms = submit("asked", instrument=key, buy=None if sell else "1", sell="1" if sell else None).terms
    return funds_of(desk.actor.book, terms, desk.actor.book.listing(HERE, key))


def test_all_that_settles_alike_is_added_up_each_through_its_own_leverage(trader: Desk) -> None:
    hold(trader, ETH, "-10")  # 20000 through five: 4000
    hold(trader, COIN, "100000")  # of another currency
    hold(trader, PAIR, "1")  # is no margin
    hold(trader, CALL, "1")
    asked(trader, USDT="9000", BTC="1")
    assert told(trader, buys("1")) == (True, "9000")
    assert told(trader, buys("1.1")) == (False, "9500")
    assert told(trader, buys("10", ETH)) == (True, "4000")  # until it trades, it is as short as before
    assert told(trader, buys("30", ETH)) == (True, "8000")
    assert (means(trader, BTC), means(trader, BTC, sell=True)) == (Means(D(5000), None, D("0.1")),) * 2
    assert means(trader, ETH) == Means(D(13_000), None, D("0.2"))  # what it closes needs no more: 9000 and 4000
    assert means(trader, ETH, sell=True) == Means(D(5000), None, D("0.2"))


def test_the_notional_of_an_inverse_instrument_is_its_amount_and_its_margin_is_held_in_the_coin(trader: Desk) -> None:
    hold(trader, COIN_FUTURE, "62500")  # 1 BTC through ten
    hold(trader, ETH, "10")
    asked(trader, USDT="9000", BTC="0.3")
    assert told(trader, buys("50000", COIN)) == (True, "0.2")
    assert told(trader, buys("100050", COIN)) == (False, "0.3001")
    assert means(trader, COIN) == Means(D(10_000), None, D("0.1"))  # 0.2 BTC are left, at 50000
    assert means(trader, COIN_FUTURE, sell=True) == Means(D(25_000), None, D("0.1"))  # 0.3 at 62500, and it closes


def test_what_has_no_price_is_never_taken_for_nothing(trader: Desk) -> None:
    trader.receive(submit("open", sell="10", at="2000", instrument=ETH))
    works = replace(accepted("open", instrument=COIN), instrument=ETH)
    trader.receive(works)
    asked(trader, USDT="9000")
    trader.restart()  # quotes are gone
    listing(trader, works)
    assert told(trader, submit("a", buy="1", instrument=BTC)) == (False, "unknown")
    trader.receive(quote(BTC, "50000", "50000"))
    assert told(trader, buys("0.5")) == (False, "unknown")  # of ETH no price is known
    assert (means(trader, ETH), means(trader, BTC).funds) == (Means(None, None), D(9000))
    trader.receive(quote(ETH, "2000", "2000"))
    assert told(trader, buys("0.5")) == (True, "6500")
    assert means(trader, BTC).funds == D(5000)


def test_what_is_left_is_never_below_nothing(trader: Desk) -> None:
    hold(trader, ETH, "-10")
    hold(trader, BTC, "1")
    asked(trader, USDT="4000")
    assert means(trader, ETH, sell=True) == Means(D(0), None, D("0.2"))


def test_spot_has_what_is_stated_of_what_it_pays_with(trader: Desk) -> None:
    asked(trader, USDT="9000", BTC="2")
    assert (means(trader, PAIR), means(trader, PAIR, sell=True)) == (Means(D(9000), None), Means(None, D(2)))
    assert means(trader, CALL) == Means(None, None)


def test_where_limits_do_not_ask_or_the_venue_states_margins_nothing_limits_the_router(trader: Desk) -> None:
    asked(trader, USDT="9000")
    trader.receive(set_limits(check_funds_at=("BYBIT",)))
    assert means(trader, BTC) == Means(None, None)
    trader.receive(set_limits(check_funds_at=("DERIBIT",)))
    assert means(trader, BTC) == Means(D(9000), None, D(1))  # no leverage is known
    listing(trader, abilities=replace(PLAIN_ORDERS, states_margin=True))
    assert means(trader, BTC) == Means(None, None)
