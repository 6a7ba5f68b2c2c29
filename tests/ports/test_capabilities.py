"""What a venue can do is said of everything that there is, each in one sentence."""

from dataclasses import replace

from ports.capabilities import PLAIN_ORDERS, Capabilities, stated
from ports.instruments import InstrumentType
from ports.values import OrderType, TimeInForce


def test_everything_is_open_or_closed_and_says_what_that_means() -> None:
    said = {one.name: one for one in stated(Capabilities(orders=PLAIN_ORDERS, is_paper=False, query_lag_ns=0))}
    assert said.keys() == {*OrderType, *TimeInForce, "POST_ONLY", "DISPLAY", "MARGIN"}
    assert {name for name, one in said.items() if one.is_open} == {
        *("MARKET", "LIMIT", "GTC", "IOC", "FOK", "GTD", "POST_ONLY")
    }
    assert said["STOP_MARKET"].says == "livexec holds it until its trigger is met"
    assert said["GTD"].says == "the venue ends it at its time"


def test_the_instruments_whose_triggers_a_venue_does_not_wait_for_are_named() -> None:
    orders = replace(PLAIN_ORDERS, no_triggers_for=(InstrumentType.OPTION,))
    *_, last = stated(Capabilities(orders=orders, is_paper=False, query_lag_ns=0))
    assert (last.name, last.is_open, last.says) == (
        *("triggers of OPTION", False, "livexec holds it until its trigger is met"),
    )
