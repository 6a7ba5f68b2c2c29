"""What the simulated Deribit answers instead of a result."""

from __future__ import annotations

from simulators.exchange.orders import Reason


class VenueError(Exception):
    """An error as JSON-RPC carries it."""

    def __init__(self, code: int, message: str, data: object = None, *, hangs_up: bool = False) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.data = data
        self.hangs_up = hangs_up


def invalid_params(param: str, reason: str) -> VenueError:
    return VenueError(-32602, "Invalid params", {"reason": reason, "param": param})


def unauthorized(reason: str) -> VenueError:
    return VenueError(13009, "unauthorized", {"reason": reason})


def too_many() -> VenueError:
    return VenueError(10028, "too_many_requests", hangs_up=True)


NO_METHOD = (-32601, "Method not found")
NOT_FOUND = (10004, "order_not_found")
NOT_OPEN = (11044, "not_open_order")
ALREADY_FILLED = (11008, "already_filled")
UNKNOWN_INSTRUMENT = (13020, "not_found")
POST_ONLY_REJECT = (11054, "post_only_reject")
NON_UNIQUE = (13032, "non_unique_order_label")
TIMED_OUT = (13888, "timed_out")
COMBO = (13036, "unavailable_for_combo_books")
MAINTENANCE = (11051, "system_maintenance")
CREDENTIALS = (13004, "invalid_credentials")

OF_REASON = {
    Reason.TICK: (10043, "price_wrong_tick"),
    Reason.LOT: (10027, "non_integer_contract_amount"),
    Reason.TOO_SMALL: (10002, "qty_too_low"),
    Reason.TOO_LARGE: (10021, "invalid_amount"),
    Reason.NOTIONAL: (10032, "whole_cost_too_low"),
    Reason.DUPLICATE: (10003, "order_overlap"),
    Reason.WOULD_TAKE: POST_ONLY_REJECT,
    Reason.NOT_WHOLE: (11030, "other_reject"),
    Reason.NO_MARKET: (10012, "book_closed"),
    Reason.MARGIN: (10009, "not_enough_funds"),
    Reason.REDUCE_ONLY: (11030, "other_reject reduce_only"),
    Reason.UNKNOWN: NOT_OPEN,
}
