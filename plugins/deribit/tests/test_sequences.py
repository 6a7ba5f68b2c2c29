"""Trades that no connection told are found by their numbers, whatever the venue's clock said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest

from livexec_deribit.questions import Questions
from livexec_deribit.rpc import RpcConnection
from livexec_deribit.sequences import Numbered, Sequences
from ports.errors import VenueUnavailableError
from ports.instruments import InstrumentKey
from ports.reports import FillReport
from ports.values import AccountId

from simulators.deribit.trader import PERPETUAL, DeribitTrader

HOUR_MS = 3_600_000
NOW_MS = 1_000 * HOUR_MS


def trade(number: int, at_ms: int = NOW_MS) -> dict[str, Any]:
    return {
        "instrument_name": "BTC-PERPETUAL",
        "trade_seq": number,
        "trade_id": f"t{number}",
        "order_id": "1",
        "label": "x",
        "timestamp": at_ms,
        "direction": "buy",
        "amount": 10,
        "price": 60_000,
        "fee": 0,
        "fee_currency": "BTC",
        "liquidity": "M",
    }


class Listing:
    """The venue's lists of trades, `page` at a time; a day old and older ones are in its records alone."""

    def __init__(self, numbers: Sequence[int], page: int = 3, records: Sequence[int] = ()) -> None:
        self.lists = {False: list(numbers), True: list(records)}
        self.page = page
        self.torn = False

    async def ask(self, method: str, params: Mapping[str, Any], *, within_s: float) -> Any:
        assert method == "private/get_user_trades_by_instrument"
        found = [one for one in self.lists[params["historical"]] if one >= params["start_seq"]]
        if self.torn:  # the trade that joins this page with the next is listed once and never again
            self.lists[False] = [one for one in self.lists[False] if one not in found[: self.page]]
        return {"trades": [trade(one) for one in found[: self.page]], "has_more": len(found) > self.page}


async def listed(venue: Listing, first: int, at_ms: int = NOW_MS) -> list[str] | None:
    questions = Questions(cast("RpcConnection", venue), AccountId("DERIBIT-MAIN"), 1.0, lambda: NOW_MS)
    fills = await questions.fills_from(PERPETUAL, Numbered(first, f"t{first}", at_ms))
    return None if fills is None else [one.trade_id for one in fills]


async def test_every_page_from_a_known_trade_on_is_read_and_each_trade_once() -> None:
    assert await listed(Listing([2, 5, 9, 10, 40, 41, 99]), 5) == ["t5", "t9", "t10", "t40", "t41", "t99"]


async def test_pages_that_do_not_join_teach_nothing() -> None:
    venue = Listing([5, 9, 10, 40, 41])
    venue.torn = True
    with pytest.raises(VenueUnavailableError, match="do not join"):
        await listed(venue, 5)


async def test_numbers_prove_nothing_where_the_known_trade_is_not_listed() -> None:
    assert await listed(Listing([9, 10]), 5) is None


async def test_a_known_trade_of_long_ago_is_looked_for_in_the_records_too() -> None:
    venue = Listing([40, 41], records=[5, 9, 40])
    assert await listed(venue, 5, at_ms=NOW_MS - 30 * HOUR_MS) == ["t5", "t9", "t40", "t41"]


class Asked:
    """Notes from where it was asked."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    async def fills_from(self, _: InstrumentKey, first: Numbered) -> Sequence[FillReport] | None:
        self.numbers.append(first.number)
        return ()

    async def fills_since(self, since_ns: int) -> Sequence[FillReport]:
        raise AssertionError(since_ns)


async def test_it_is_asked_from_where_nothing_was_missing_and_not_from_the_newest() -> None:
    """Trade 8 was lost and 9 was told: from 9 on, nobody would find 8."""
    sequences, venue = Sequences(), Asked()
    sequences.hear([trade(7)])
    proved = sequences.newest
    sequences.hear([trade(9)])
    sequences.prove(proved)
    await sequences.missed(venue)
    sequences.prove(sequences.newest)
    await sequences.missed(venue)
    assert venue.numbers == [7, 9]


async def test_a_reconnect_tells_the_trades_that_were_missed_also_those_of_an_earlier_time(
    trader: DeribitTrader,
) -> None:
    name = await trader.rest(quantity="1000")
    await trader.venue.command("fill", client_order_id=name, quantity="100")
    (known,) = await trader.fills(name, 1)
    await trader.venue.command("hang_up")
    await trader.down()
    await trader.venue.command("clock", offset_ms=-HOUR_MS)
    await trader.venue.command("fill", client_order_id=name, quantity="10", times=2)
    await trader.connect()
    assert await trader.session.fills_since(known.venue_time_ns) == ()  # by time nobody would find them
    told = await trader.fills(name, 4)  # the known one again, for that is what joins them
    assert sorted(one.quantity for one in told) == [10, 10, 100, 100]
    assert len({one.trade_id for one in told}) == 3
