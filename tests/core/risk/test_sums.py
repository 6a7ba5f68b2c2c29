"""What positions and open orders come to over several instruments, worked by hand: the order itself at its worst."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ports.commands import CheckOrder, SubmitOrder
from ports.facts import Verdict
from ports.replies import CheckReply
from ports.values import Side

from fakes.desk import Desk
from fakes.sayings import (
    BYBIT_PERP,
    INVERSE,
    PERP,
    SPOT,
    TRADER,
    quote,
    set_limits,
    submit,
    traded,
)

D = Decimal
ALL = D(10**9)


def told(desk: Desk, order: SubmitOrder, rule: str) -> Verdict:
    (reply,) = desk.receive(CheckOrder(terms=order.terms, principal=TRADER)).replies
    assert isinstance(reply, CheckReply)
    (one,) = [one for one in reply.verdicts if one.rule == rule]
    return one


@pytest.fixture
def holder(desk: Desk) -> Desk:
    """Long 2 BTC and an open sell of 3 at one venue, short 4 ETH, long 1000 USD of inverse BTC; Bybit closed again."""
    desk.receive(set_limits())
    for key, price in ((PERP, "50000"), (BYBIT_PERP, "50000"), (SPOT, "2000"), (INVERSE, "50000")):
        desk.receive(quote(key, price, price))
    for name, amount, key, side in (
        ("round", "1", BYBIT_PERP, Side.BUY),
        ("trip", "1", BYBIT_PERP, Side.SELL),
        ("long", "2", PERP, Side.BUY),
        ("short", "4", SPOT, Side.SELL),
        ("coins", "1000", INVERSE, Side.BUY),
    ):
        where = {"buy" if side is Side.BUY else "sell": amount}
        desk.receive(submit(name, instrument=key, **where))  # type: ignore[arg-type]  # by its side's name
        price = "2000" if key is SPOT else "50000"
        desk.receive(traded(name, f"t-{name}", amount, price, instrument=key, side=side))
    desk.receive(submit("open", sell="3", at="50000"))
    return desk


BUY, SELL = submit("a", buy="1", at="50000"), submit("a", sell="1", at="50000")
ETH = submit("a", buy="5", at="2000", instrument=SPOT)
SUMS = {
    # long 2, open sells 3: between -1 and 2; with a buy of 1 up to 3, with a sell of 1 down to -2
    "max_position_per_instrument": ("3", "2", "4"),  # the last: ETH between -4 and 1
    "max_position_per_strategy": ("159000", "109000", "109000"),  # 150000 | 100000 | 100000, + ETH 8000 + 1000
    "max_position_per_venue": ("150000", "100000", "8000"),
    "max_position_global": ("159000", "109000", "109000"),
    "max_total_notional": ("309000", "309000", "269000"),  # 5 and 1 BTC, 4 ETH, 1000 USD | 5 BTC, 9 ETH, 1000 USD
    # BTC nets 1000 more at its highest and lowest: 151000 | -99000 and 101000; ETH -8000 (| up to 2000)
    "max_position_per_base": ("151000", "101000", "8000"),
    "max_gross_by_base": ("159000", "109000", "109000"),
    "max_net_exposure": ("143000", "107000", "103000"),
}  # fmt: skip


@pytest.mark.parametrize("rule", SUMS)
def test_every_sum_counts_each_instrument_once_at_its_worst(holder: Desk, rule: str) -> None:
    maps = {
        "max_position_per_instrument": "max_position_per_instrument",
        "max_position_per_strategy": "max_position_per_strategy_usd",
        "max_position_per_venue": "max_position_per_venue_usd",
        "max_position_per_base": "max_position_per_base_usd",
    }
    limits = {maps[rule]: {"*": ALL}} if rule in maps else {f"{rule}_usd": ALL}
    holder.receive(set_limits(**limits))
    assert tuple(told(holder, order, rule).value for order in (BUY, SELL, ETH)) == SUMS[rule]


def test_the_share_of_a_base_asset_is_of_the_gross_by_base(holder: Desk) -> None:
    holder.receive(set_limits(max_concentration_bps={"*": ALL}))
    assert [told(holder, order, "max_concentration").value for order in (BUY, ETH)] == [
        "9496.8554",
        "733.945",
    ]


@pytest.mark.parametrize("rule", [name for name in SUMS if name != "max_position_per_instrument"])
def test_where_one_of_several_cannot_be_valued_no_sum_is_known(holder: Desk, rule: str) -> None:
    maps = ("max_position_per_strategy", "max_position_per_venue", "max_position_per_base")
    limits = {f"{rule}_usd": {"*": ALL} if rule in maps else ALL}
    holder.receive(set_limits(usd_per={"USD": D(1)}, **limits))  # nobody says what a USDT is worth
    assert [told(holder, order, rule).value for order in (BUY, SELL)] == ["unknown", "unknown"]
    inverse = submit("a", buy="500", at="50000", instrument=INVERSE)
    alone = {"max_position_per_venue": "1500"}  # nothing else is held there
    assert told(holder, inverse, rule).value == alone.get(rule, "unknown")
