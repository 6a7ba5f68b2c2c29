"""Where an order goes: the venue that its key names, or (SMART) the best price among those that may have it."""

from ports.facts import OrderRouted
from ports.instruments import InstrumentKey
from ports.replies import InvalidOrder
from ports.values import OrderStatus, VenueId

from fakes.desk import Desk
from fakes.sayings import ACCOUNTS, BYBIT_PERP, PERP, SMART_PERP, quote, submit, venues


def route(desk: Desk, operation_id: str = "op-1", **order: object) -> OrderRouted:
    outcome = desk.receive(submit(operation_id, **order))  # type: ignore[arg-type] # passed on as it is
    return next(fact for fact in outcome.facts if isinstance(fact, OrderRouted))


def test_a_named_venue_gets_the_order_whatever_others_quote(desk: Desk) -> None:
    desk.receive(quote(PERP, "40000", "60000"))
    assert route(desk, buy="1").instrument == PERP


def test_smart_buys_at_the_lowest_ask(desk: Desk) -> None:
    desk.receive(quote(PERP, "49999", "50001"))
    desk.receive(quote(BYBIT_PERP, "49000", "50000.9"))
    assert route(desk, buy="1", instrument=SMART_PERP).instrument == BYBIT_PERP


def test_smart_sells_at_the_highest_bid(desk: Desk) -> None:
    desk.receive(quote(PERP, "49999", "50001"))
    desk.receive(quote(BYBIT_PERP, "49999.1", "60000"))
    assert route(desk, sell="1", instrument=SMART_PERP).instrument == BYBIT_PERP


def test_smart_names_the_first_of_equals_so_that_the_same_order_goes_the_same_way(desk: Desk) -> None:
    desk.receive(quote(BYBIT_PERP, "49999.9", "50000.1"))
    assert [route(desk, f"op-{n}", buy="1", instrument=SMART_PERP).instrument for n in range(3)] == [PERP] * 3


def test_the_newest_quote_is_the_one_that_counts(desk: Desk) -> None:
    desk.receive(quote(BYBIT_PERP, "1", "2"))
    desk.receive(quote(BYBIT_PERP, "60000", "60001"))
    assert route(desk, buy="1", instrument=SMART_PERP).instrument == PERP


def test_smart_passes_over_a_venue_that_is_away(desk: Desk) -> None:
    desk.receive(quote(BYBIT_PERP, "1", "2"))
    desk.disconnect(ACCOUNTS[BYBIT_PERP])
    assert route(desk, buy="1", instrument=SMART_PERP).instrument == PERP


def test_smart_goes_only_where_the_order_permits(desk: Desk) -> None:
    desk.receive(quote(PERP, "1", "2"))
    routed = route(desk, buy="1", instrument=SMART_PERP, venues=venues("BYBIT", "OKX"))
    assert (routed.instrument, routed.account) == (BYBIT_PERP, ACCOUNTS[BYBIT_PERP])
    by_account = route(desk, "op-2", buy="1", instrument=SMART_PERP, account=ACCOUNTS[BYBIT_PERP])
    assert by_account.instrument == BYBIT_PERP


def test_smart_prefers_a_venue_with_a_quote_to_one_without() -> None:
    desk = Desk()
    desk.restart()  # quotes are gone, the listing is not
    for account in desk.accounts:
        desk.connect(account)
    desk.receive(quote(BYBIT_PERP, "49990", "50010"))
    assert route(desk, buy="1", instrument=SMART_PERP).instrument == BYBIT_PERP


def test_smart_without_any_quote_takes_the_first_and_says_so(desk: Desk) -> None:
    desk.restart()
    for account in desk.accounts:
        desk.connect(account)
    routed = route(desk, buy="1", instrument=SMART_PERP)
    assert (routed.instrument, routed.quotes) == (PERP, ())
    assert "without a quote" in routed.reason


def test_a_route_keeps_the_quotes_it_was_chosen_by(desk: Desk) -> None:
    routed = route(desk, buy="1", instrument=SMART_PERP)
    assert [(used.instrument, str(used.bid), str(used.ask)) for used in routed.quotes] == [
        (PERP, "49999.9", "50000.1"),
        (BYBIT_PERP, "49990", "50010"),
    ]


def test_smart_knows_no_instrument_that_no_venue_lists(desk: Desk) -> None:
    (reply,) = desk.receive(submit("op-1", buy="1", instrument=InstrumentKey("SMART:PERP:DOGE-USDT"))).replies
    assert isinstance(reply, InvalidOrder)


def test_smart_is_refused_as_unavailable_where_every_venue_is_away(desk: Desk) -> None:
    desk.disconnect(ACCOUNTS[PERP])
    desk.disconnect(ACCOUNTS[BYBIT_PERP])
    desk.receive(submit("op-1", buy="1", instrument=SMART_PERP))
    assert (desk.status("op-1"), desk.order("op-1").reason_code) == (OrderStatus.REJECTED, "VENUE_UNAVAILABLE")


def test_a_smart_contract_in_usd_is_inverse_and_never_one_that_is_counted_in_contracts() -> None:
    wanted = InstrumentKey("SMART:FUTURE:BTC-USD-261225")
    assert wanted == "SMART:FUTURE:BTC-USD-261225@INV"
    assert wanted.at(VenueId("DERIBIT")) == InstrumentKey("DERIBIT:FUTURE:BTC-USD-261225")
    counted = InstrumentKey("IBKR:FUTURE:BTC-USD-261225")  # its amounts are of the base, not dollars
    assert counted.partition(":")[2] != wanted.partition(":")[2]
