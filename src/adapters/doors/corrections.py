"""What people put right, from untrusted text to commands: adjustments, transfers, busted trades."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from adapters.doors.service import Service
from adapters.doors.text import read_name, read_note, read_reason
from ports.commands import AdjustmentKind, AdjustPosition, BustTrade, TransferPosition
from ports.errors import InvalidInputError
from ports.instruments import SMART, InstrumentKey
from ports.values import (
    AccountId,
    Price,
    Principal,
    StrategyId,
    TradeId,
    parse_decimal,
    parse_operation_id,
)

ADJUST_FIELDS: Final = (
    *("adjustment_id", "kind", "account", "strategy_id", "instrument_key", "quantity", "price", "reason"),
)
TRANSFER_FIELDS: Final = (
    *("transfer_id", "account", "from_strategy", "to_strategy", "instrument_key", "quantity", "price", "reason"),
)
BUST_FIELDS: Final = ("account", "instrument_key", "trade_id", "reason")
LONGEST_TRADE_ID: Final = 128
_KINDS: Final = {str(kind): kind for kind in (AdjustmentKind.OPENING, AdjustmentKind.CORRECTION)}
_ELSEWHERE: Final = {
    str(AdjustmentKind.TRANSFER): "a transfer has a call of its own",
    str(AdjustmentKind.BUST): "a busted trade has a call of its own",
}
_OF_BUSTS: Final = "bust:"  # the book calls a busted trade's adjustment so
_OF_LEGS: Final = (":out", ":in")  # and so the two sides of a transfer


def read_adjust(service: Service, given: Mapping[str, str], principal: Principal) -> AdjustPosition:
    """Read an adjustment; `given` holds every one of `ADJUST_FIELDS`.

    Raises:
        InvalidInputError: names the field, its value, and what would pass.
    """
    adjustment_id = _id("adjustment_id", given)
    kind = _kind(given["kind"])
    strategy_id = StrategyId(read_name("strategy_id", given["strategy_id"]))
    account, instrument = _listed(service, given)
    return AdjustPosition(
        adjustment_id=adjustment_id,
        kind=kind,
        account=account,
        strategy_id=strategy_id,
        instrument=instrument,
        quantity=_quantity(given["quantity"]),
        price=_price(given["price"]),
        principal=principal,
        reason=read_reason("reason", given["reason"]),
    )


def read_transfer(service: Service, given: Mapping[str, str], principal: Principal) -> TransferPosition:
    """Read a transfer; `given` holds every one of `TRANSFER_FIELDS`.

    Raises:
        InvalidInputError: names the field, its value, and what would pass.
    """
    transfer_id = _id("transfer_id", given)
    giver = read_name("from_strategy", given["from_strategy"])
    taker = read_name("to_strategy", given["to_strategy"])
    if giver == taker:
        raise InvalidInputError("to_strategy", taker, "name another strategy than the one that gives")
    account, instrument = _listed(service, given)
    return TransferPosition(
        transfer_id=transfer_id,
        account=account,
        from_strategy=StrategyId(giver),
        to_strategy=StrategyId(taker),
        instrument=instrument,
        quantity=_quantity(given["quantity"]),
        price=_price(given["price"]),
        principal=principal,
        reason=read_reason("reason", given["reason"]),
    )


def read_bust(given: Mapping[str, str], principal: Principal) -> BustTrade:
    """Read a busted trade; `given` holds every one of `BUST_FIELDS`. Whether there is such a trade, the book knows.

    Raises:
        InvalidInputError: names the field, its value, and what would pass.
    """
    trade_id = given["trade_id"]
    if not trade_id:
        raise InvalidInputError("trade_id", trade_id, "name a trade: the fill_id of a fill")
    return BustTrade(
        account=AccountId(read_name("account", given["account"])),
        instrument=_instrument(given["instrument_key"]),
        trade_id=TradeId(read_note("trade_id", trade_id, LONGEST_TRADE_ID)),
        principal=principal,
        reason=read_reason("reason", given["reason"]),
    )


def _id(field: str, given: Mapping[str, str]) -> TradeId:
    text = parse_operation_id(field, given[field])
    if text.startswith(_OF_BUSTS) or text.endswith(_OF_LEGS):
        raise InvalidInputError(field, text, "bust: at the start, :out and :in at the end are kept for the book itself")
    return TradeId(text)


def _kind(text: str) -> AdjustmentKind:
    kind = _KINDS.get(text.upper())
    if kind is None:
        remedy = _ELSEWHERE.get(text.upper(), "there is no such kind")
        raise InvalidInputError("kind", text, f"{remedy}; write one of: {' '.join(_KINDS)}")
    return kind


def _listed(service: Service, given: Mapping[str, str]) -> tuple[AccountId, InstrumentKey]:
    account, instrument = AccountId(read_name("account", given["account"])), _instrument(given["instrument_key"])
    known = service.listed_in(instrument)
    if not known:
        raise InvalidInputError("instrument_key", instrument, "no venue lists it: see the instruments")
    if account not in known:
        raise InvalidInputError("account", account, f"{instrument} is listed in: {' '.join(sorted(known))}")
    return account, instrument


def _instrument(text: str) -> InstrumentKey:
    instrument = InstrumentKey(text)
    if instrument.venue == SMART:
        raise InvalidInputError("instrument_key", text, f"a position is held somewhere: write a venue, not {SMART}")
    return instrument


def _quantity(text: str) -> Decimal:
    quantity = parse_decimal("quantity", text)
    if not quantity:
        raise InvalidInputError("quantity", text, "must not be zero: negative takes away, or moves a short position")
    return quantity


def _price(text: str) -> Price:
    price = parse_decimal("price", text)
    if price <= 0:
        raise InvalidInputError("price", text, "must be greater than zero: the price that it counts as traded at")
    return Price(price)
