"""What spot says no with, where futures say it otherwise."""

from __future__ import annotations

from simulators.binance_futures.errors import No
from simulators.exchange.orders import Reason

BAD_CLIENT_ID = No(
    400, -1100, "Illegal characters found in parameter 'newClientOrderId'; legal range is '^[a-zA-Z0-9-_]{1,36}$'."
)
BAD_PRECISION = No(400, -1111, "Parameter has too much precision.")
NOT_POSITIVE = No(400, -1013, "Invalid quantity.")
NOT_REQUIRED = No(400, -1106, "Parameter 'timeInForce' sent when not required.")
TOO_LONG_A_SPAN = No(400, -1127, "More than 24 hours between startTime and endTime.")
NO_HMAC = No(400, -4056, "HMAC_SHA256 API key is not supported.")
NOT_LOGGED_ON = No(401, -2015, "Invalid API-key, IP, or permissions for action.")
NOT_AMENDED = No(400, -2038, "The requested quantity is not valid for this order.")
UNKNOWN_METHOD = No(400, -5000, "Method is invalid")
ICEBERG_MARKET = No(400, -1106, "Parameter 'icebergQty' sent when not required.")
ICEBERG_TIF = No(400, -1013, "Iceberg orders must have a timeInForce of GTC.")
ICEBERG_WHOLE = No(400, -1013, "Invalid icebergQty.")
ICEBERG_PARTS = No(400, -1013, "Filter failure: ICEBERG_PARTS")
NOTIONAL = No(400, -1013, "Filter failure: NOTIONAL")
WOULD_TAKE = No(400, -2010, "Order would immediately match and take.")
_LOT_SIZE = No(400, -1013, "Filter failure: LOT_SIZE")

OF_REASON = {
    Reason.TICK: No(400, -1013, "Filter failure: PRICE_FILTER"),
    Reason.LOT: _LOT_SIZE,
    Reason.TOO_SMALL: _LOT_SIZE,
    Reason.TOO_LARGE: _LOT_SIZE,
    Reason.DUPLICATE: No(400, -2010, "Duplicate order sent."),
    Reason.NO_MARKET: No(400, -2010, "Order book liquidity is less than LOT_SIZE filter minimum quantity."),
    Reason.MARGIN: No(400, -2010, "Account has insufficient balance for requested action."),
    Reason.UNKNOWN: No(400, -2011, "Unknown order sent."),
}


def unread(read: int, sent: int) -> No:
    return No(400, -1104, f"Not all sent parameters were read; read '{read}' parameter(s) but was sent '{sent}'.")
