"""What is kept of the market while a session runs: every public trade, quotes as they were looked at, within bounds."""

from decimal import Decimal

from app.tca.market_tape import CountingBoard, MarketTape, TradeTallies
from ports.market_data import Quote, Trade
from ports.values import Price

from fakes.tca_market import BEGIN_NS, INVERSE, PERP, at, quotes

D = Decimal


def trade(seconds: float, quantity: str, price: str = "100", key: str = PERP) -> Trade:
    return Trade(
        instrument=type(PERP)(key),
        price=Price(D(price)),
        quantity=D(quantity),
        aggressor=None,
        trade_id="",
        event_time_ns=at(seconds),
        received_ns=at(seconds),
    )


def quote(seconds: float, mid: int) -> Quote:
    bid, ask = Price(D(mid - 1)), Price(D(mid + 1))
    return Quote(
        instrument=PERP,
        bid=bid,
        ask=ask,
        bid_size=D(1),
        ask_size=D(1),
        event_time_ns=at(seconds),
        received_ns=at(seconds),
    )


def put(board: CountingBoard, seconds: float, mid: int) -> None:
    made = quote(seconds, mid)
    board.put_quote(PERP, lambda: made)


def test_the_board_counts_every_public_trade_and_still_tells_the_core_of_it() -> None:
    board = CountingBoard()
    for each in (trade(1.1, "2"), trade(1.9, "3", "110"), trade(4, "1")):
        board.put_trade(each)
    (told,) = board.take_news()
    assert getattr(told, "quantity", None) == D(6)
    rows = board.tallies.of(PERP) or []
    assert [(row.timestamp_ns, row.quantity, row.value, row.trades) for row in rows] == [
        (at(1), D(5), D(530), 2),
        (at(4), D(1), D(100), 1),
    ]
    assert board.tallies.of(INVERSE) is None, "nobody counts what never traded"


def test_an_inverse_trade_is_worth_its_base() -> None:
    tallies = TradeTallies()
    tallies.add(trade(1, "1000", "50000", INVERSE))
    (row,) = tallies.of(INVERSE) or []
    assert row.value == D("0.02")


def test_too_many_seconds_become_longer_stretches_and_nothing_of_the_volume_is_lost() -> None:
    tallies = TradeTallies(most=4)
    for second in range(40):
        tallies.add(trade(second, "1"))
    rows = tallies.of(PERP) or []
    assert len(rows) <= 4
    assert {row.width_ns for row in rows} == {16 * 10**9}
    assert sum(row.quantity for row in rows) == D(40)
    assert [row.timestamp_ns % row.width_ns for row in rows] == [0] * len(rows)


def test_a_quote_is_kept_once_and_those_that_decisions_used_are_added() -> None:
    board = CountingBoard()
    tape = MarketTape(board, board.tallies, BEGIN_NS)
    tape.watch([PERP])
    for seconds, mid in ((1, 100), (1, 100), (2, 105)):
        put(board, seconds, mid)
        tape.look()
        tape.look()
    kept = tape.tapes(quotes((1.5, "101", "103"), (-5, "1", "2")), at(3))[PERP]
    assert [each.received_ns for each in kept.quotes] == [at(1), at(1.5), at(2)]
    assert [str(each.bid) for each in kept.quotes] == ["99", "101", "104"]
    assert kept.at(at(1.7)) == kept.quotes[1]
    assert kept.at(at(3.5)) is None, "the session is over"


def test_too_many_quotes_are_thinned_evenly_and_looked_at_half_as_often() -> None:
    board = CountingBoard()
    tape = MarketTape(board, board.tallies, BEGIN_NS, most=10)
    tape.watch([PERP])
    for second in range(100):
        put(board, second, 100 + second)
        tape.look()
    kept = tape.tapes([], at(100))[PERP].quotes
    assert len(kept) <= 10
    assert kept[-1].received_ns == at(99), "the newest is always there"


def test_a_market_without_quotes_is_known_of_at_no_time() -> None:
    board = CountingBoard()
    tape = MarketTape(board, board.tallies, BEGIN_NS)
    tape.watch([PERP])
    assert tape.tapes([], at(1))[PERP].at(at(0.5)) is None
