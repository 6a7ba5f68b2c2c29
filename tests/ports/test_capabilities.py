"""What a venue can do is said of everything that there is, each in one sentence."""

from ports.capabilities import PLAIN_ORDERS, Capabilities, stated
from ports.values import OrderType, TimeInForce


def test_everything_is_open_or_closed_and_says_what_that_means() -> None:
    said = {one.name: one for one in stated(Capabilities(orders=PLAIN_ORDERS, is_paper=False, query_lag_ns=0))}
    assert said.keys() == {*OrderType, *TimeInForce, "POST_ONLY", "DISPLAY", "MARGIN"}
    assert {name for name, one in said.items() if one.is_open} == {
        *("MARKET", "LIMIT", "GTC", "IOC", "FOK", "GTD", "POST_ONLY")
    }
    assert said["STOP_MARKET"].says == "livexec holds it until its trigger is met"
    assert said["GTD"].says == "the venue ends it at its time"
