"""The venue's codes and words. It says no with HTTP 200 and a code, but for paths, floods and its own trouble."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.exchange.orders import Reason


@dataclass(frozen=True, slots=True)
class No:
    """An answer that says no."""

    code: int
    msg: str
    status: int = 200


class VenueError(Exception):
    """The venue says no."""

    def __init__(self, no: No) -> None:
        super().__init__(no.msg)
        self.no = no


def bad_parameter(words: str) -> No:
    return No(10001, words)


def late(stamp: str, now_ms: int, window: str) -> No:
    return No(
        10002,
        "invalid request, please check your server timestamp or recv_window param. "
        f"req_timestamp[{stamp}],server_timestamp[{now_ms}],recv_window[{window}]",
    )


UNKNOWN_PATH = No(10404, "Path not found.", 404)
UNKNOWN_OPERATION = No(10404, "op type is not found")
BAD_KEY = No(10003, "API key is invalid.")
BAD_SIGNATURE = No(10004, "error sign! please check your signature generation algorithm.")
TOO_MANY_VISITS = No(10006, "Too many visits. Exceeded the API Rate Limit.")
FLOOD = No(10018, "access too frequent, please try again in 10 minutes", 403)
MAINTENANCE = No(10016, "Server error: the system is under maintenance.", 503)
RESTARTING = No(10019, "ws trade service is restarting")
NOT_LOGGED_IN = No(10005, "Request not authorized")
BAD_CATEGORY = bad_parameter("params error: category invalid")
BAD_SYMBOL = bad_parameter("params error: symbol invalid")
BAD_SIDE = bad_parameter("params error: side invalid")
BAD_TYPE = bad_parameter("params error: orderType invalid")
BAD_TIF = bad_parameter("params error: timeInForce invalid")
BAD_LINK_ID = bad_parameter("params error: OrderLinkedID invalid")
BAD_LIMIT = bad_parameter("params error: limit invalid")
BAD_CURSOR = bad_parameter("params error: cursor invalid")
SPAN_TOO_LONG = bad_parameter("the interval between the startTime and endTime is incorrect")
NO_SYMBOL = bad_parameter("params error: symbol, settleCoin or baseCoin is required")
NO_ORDER_NAMED = bad_parameter("params error: orderId or orderLinkId is required")
BAD_QUANTITY = bad_parameter("Qty invalid")
BAD_PRICE = bad_parameter("params error: price invalid")
DUPLICATE = {"linear": No(110072, "OrderLinkedID is duplicate"), "spot": No(170141, "Duplicate clientOrderId.")}
NO_SUCH_ORDER = {
    "linear": No(110001, "order not exists or too late to cancel"),
    "spot": No(170213, "Order does not exist."),
}
NOT_MODIFIED = No(10001, "The order remains unchanged as the parameters entered match the existing ones.")
OF_REASON = {
    Reason.TICK: {"linear": BAD_PRICE, "spot": No(170134, "Order price has too many decimals.")},
    Reason.LOT: {"linear": BAD_QUANTITY, "spot": No(170137, "Order volume decimal too long.")},
    Reason.TOO_SMALL: {
        "linear": bad_parameter("The number of contracts exceeds minimum limit allowed"),
        "spot": No(170136, "Order quantity exceeded lower limit."),
    },
    Reason.TOO_LARGE: {
        "linear": bad_parameter("The number of contracts exceeds maximum limit allowed: too large"),
        "spot": No(170135, "Order quantity exceeded upper limit."),
    },
    Reason.NOTIONAL: {
        "linear": No(110094, "Order does not meet minimum order value 5USDT"),
        "spot": No(170140, "Order value exceeded lower limit."),
    },
    Reason.DUPLICATE: DUPLICATE,
    Reason.NO_MARKET: {"linear": No(110003, "Order price exceeds the allowable range."), "spot": BAD_PRICE},
    Reason.MARGIN: {
        "linear": No(110007, "ab not enough for new order"),
        "spot": No(170131, "Insufficient balance."),
    },
    Reason.REDUCE_ONLY: {
        "linear": No(110017, "current position is zero, cannot fix reduce-only order qty"),
        "spot": BAD_TYPE,
    },
    Reason.UNKNOWN: NO_SUCH_ORDER,
}
