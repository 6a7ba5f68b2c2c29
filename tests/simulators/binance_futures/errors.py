"""The venue's error codes, words and HTTP statuses."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.exchange.orders import Reason


@dataclass(frozen=True, slots=True)
class No:
    """An answer that says no."""

    status: int
    code: int
    msg: str
    retry_after_s: int = 0


class VenueError(Exception):
    """The venue says no."""

    def __init__(self, no: No) -> None:
        super().__init__(no.msg)
        self.no = no


def missing(name: str) -> No:
    return No(400, -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


UNKNOWN_PATH = No(404, -5000, "Path is invalid.")
BAD_KEY_FORMAT = No(401, -2014, "API-key format invalid.")
BAD_KEY = No(401, -2015, "Invalid API-key, IP, or permissions for action.")
BAD_SIGNATURE = No(400, -1022, "Signature for this request is not valid.")
TOO_LATE = No(400, -1021, "Timestamp for this request is outside of the recvWindow.")
TOO_EARLY = No(400, -1021, "Timestamp for this request was 1000ms ahead of the server's time.")
BAD_SYMBOL = No(400, -1121, "Invalid symbol.")
BAD_SIDE = No(400, -1117, "Invalid side.")
BAD_TYPE = No(400, -1116, "Invalid orderType.")
BAD_TIF = No(400, -1115, "Invalid timeInForce.")
BAD_PRECISION = No(400, -1111, "Precision is over the maximum defined for this asset.")
BAD_CLIENT_ID = No(400, -4015, "Client order id is not valid.")
BAD_EXPIRY = No(400, -5040, "The goodTillDate timestamp must be greater than the current time plus 600 seconds.")
NOT_POSITIVE = No(400, -4003, "Quantity less than or equal to zero.")
MAINTENANCE = No(503, -1016, "This service is no longer available.")
NO_SUCH_ORDER = No(400, -2013, "Order does not exist.")
NO_LIMIT_ORDER = No(400, -5025, "Only limit order is supported.")
NOTHING_TO_AMEND = No(400, -5027, "No need to modify the order.")
NO_LISTEN_KEY = No(400, -1125, "This listenKey does not exist.")
NO_ORDER_NAMED = No(400, -1102, "Either 'orderId' or 'origClientOrderId' must be sent.")
TOO_LONG_A_SPAN = No(400, -4165, "Maximum time interval is 7 days.")

OF_REASON = {
    Reason.TICK: No(400, -4014, "Price not increased by tick size."),
    Reason.LOT: BAD_PRECISION,
    Reason.TOO_SMALL: No(400, -4004, "Quantity less than min quantity."),
    Reason.TOO_LARGE: No(400, -4005, "Quantity greater than max quantity."),
    Reason.NOTIONAL: No(400, -4164, "Order's notional must be no smaller than the minimum."),
    Reason.DUPLICATE: No(400, -4116, "ClientOrderId is duplicated."),
    Reason.WOULD_TAKE: No(
        400, -5022, "Due to the order could not be executed as maker, the Post Only order will be rejected."
    ),
    Reason.NOT_WHOLE: No(
        400, -5021, "Due to the order could not be filled immediately, the FOK order has been rejected."
    ),
    Reason.NO_MARKET: No(400, -2020, "Unable to fill."),
    Reason.MARGIN: No(400, -2019, "Margin is insufficient."),
    Reason.REDUCE_ONLY: No(400, -2022, "ReduceOnly Order is rejected."),
    Reason.UNKNOWN: No(400, -2011, "Unknown order sent."),
}


def too_many_requests(limit: int, retry_after_s: int, *, banned: bool) -> No:
    said = f"Too many requests; current limit is {limit} requests per minute."
    return No(418 if banned else 429, -1003, said, retry_after_s)


def too_many_orders(limit: int, interval: str) -> No:
    return No(429, -1015, f"Too many new orders; current limit is {limit} orders per {interval}.")
