"""What the venue says when it will not: its codes and words, as it publishes them."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.exchange.orders import Reason


@dataclass(frozen=True, slots=True)
class No:
    """A refusal. `status` is of HTTP; a refusal of one order comes with 200, in the order's own `sCode`."""

    code: str
    msg: str
    status: int = 200


class VenueError(Exception):
    """The venue will not, and says so of the whole request."""

    def __init__(self, no: No) -> None:
        super().__init__(no.msg)
        self.no = no


class OrderError(Exception):
    """The venue will not, and says so of the one order that the request is about."""

    def __init__(self, no: No) -> None:
        super().__init__(no.msg)
        self.no = no


UNKNOWN_PATH = No("404", "Not Found", 404)
NO_KEY = No("50103", 'Request header "OK-ACCESS-KEY" cannot be empty.', 401)
BAD_KEY = No("50111", "Invalid OK-ACCESS-KEY.", 401)
BAD_SIGNATURE = No("50113", "Invalid Sign", 401)
BAD_PASSPHRASE = No("50105", 'Request header "OK-ACCESS-PASSPHRASE" incorrect.', 401)
BAD_TIMESTAMP = No("50112", "Invalid OK-ACCESS-TIMESTAMP", 401)
TOO_LATE = No("50102", "Timestamp request expired", 401)
BAD_JSON = No("50002", "JSON syntax error", 400)
TOO_OFTEN = No("50011", "Too Many Requests", 429)
NO_SUCH_ORDER = No("51603", "Order does not exist")
MAINTENANCE = No("50001", "Service temporarily unavailable. Try again later", 503)

LOGIN_FIRST = No("60011", "Please log in")
LOGIN_KEY = No("60005", "Invalid apiKey")
LOGIN_PASSPHRASE = No("60024", "Wrong passphrase")
LOGIN_SIGN = No("60007", "Invalid sign")
LOGIN_LATE = No("60006", "Timestamp request expired")
BAD_REQUEST = No("60012", "Invalid request")

BAD_SYMBOL = No("51001", "Instrument ID, Instrument ID code, or Spread ID doesn't exist.")
EXPIRED = No("51149", "Order timed out. Please try again later.")
CANCEL_UNKNOWN = No("51400", "Cancellation failed as the order has been filled, canceled or does not exist")
AMEND_UNKNOWN = No("51503", "Your order has already been filled, canceled or does not exist.")
TOO_MANY_ORDERS = No(
    "50011", "Rate limit reached. Please refer to API documentation and throttle requests accordingly."
)

OF_REASON = {
    Reason.TICK: No("51006", "Order price is not within the price limit or not a multiple of the tick size."),
    Reason.LOT: No("51121", "Order quantity must be a multiple of the lot size."),
    Reason.TOO_SMALL: No("51020", "Your order should meet or exceed the minimum order amount."),
    Reason.TOO_LARGE: No("51202", "Market order amount exceeds the maximum amount."),
    Reason.NOTIONAL: No("51020", "Your order should meet or exceed the minimum order amount."),
    Reason.DUPLICATE: No("51016", "Client order ID already exists."),
    Reason.NO_MARKET: No("51116", "Order price or trigger price exceeds the limit."),
    Reason.MARGIN: No("51008", "Order failed. Insufficient USDT margin in account"),
    Reason.REDUCE_ONLY: No("51169", "Order failed because you don't have any positions in this direction to reduce."),
    Reason.UNKNOWN: AMEND_UNKNOWN,
}


def parameter(name: str) -> No:
    return No("51000", f"Parameter {name} error")
