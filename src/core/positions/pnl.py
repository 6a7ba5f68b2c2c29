"""What a trade does to a position, exactly: linear, inverse and spot.

A position keeps the cash flows of its open quantity (`open_cash`, in the settlement currency). A linear buy pays
quantity times price; an inverse buy, whose quantity is quote notional, earns quantity over price, because its holder
owes that much of the base. Closing takes the closed share of `open_cash` and the closing cash flow into realised
P&L, so nothing is lost to rounding: realised plus open cash is always the sum of all cash flows.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ports.instruments import InstrumentKey, InstrumentType
from ports.values import ZERO, Money, divide, multiply_rounded, share


@dataclass(frozen=True, slots=True)
class Holding:
    """A quantity (negative where short), the cash flows of it, and what was realised before fees."""

    quantity: Decimal = ZERO
    open_cash: Decimal = ZERO
    realized_pnl: Decimal = ZERO


def position_change(instrument: InstrumentKey, signed_quantity: Decimal, fee: Money) -> Decimal:
    """Return what a trade adds to a position (or, negative, takes away).

    A spot venue takes a fee that is due in the base asset out of what was bought: so much less is held, as if it had
    been sold again at the trade's price to pay the fee. P&L stays before fees that way, and the fee counts once.
    """
    if fee.currency == instrument.base and instrument.type is InstrumentType.SPOT_PAIR:
        return signed_quantity - fee.amount
    return signed_quantity


def cash_flow(instrument: InstrumentKey, signed_quantity: Decimal, price: Decimal) -> Decimal:
    """Return what trading `signed_quantity` at `price` earns (positive) or pays, in the settlement currency."""
    if instrument.is_inverse:
        return divide(signed_quantity, price)
    return -signed_quantity * price


def after_trade(before: Holding, instrument: InstrumentKey, signed_quantity: Decimal, price: Decimal) -> Holding:
    """Return the holding after a trade; one that crosses zero closes all and opens the rest at its own price."""
    if not signed_quantity:
        return before  # a fee alone
    if not before.quantity or (before.quantity > 0) == (signed_quantity > 0):
        return Holding(
            before.quantity + signed_quantity,
            before.open_cash + cash_flow(instrument, signed_quantity, price),
            before.realized_pnl,
        )
    size = abs(signed_quantity)
    held = abs(before.quantity)
    trade_cash = cash_flow(instrument, signed_quantity, price)
    closing_cash = share(trade_cash, min(size, held), size)
    closed_cash = share(before.open_cash, min(size, held), held)
    rest_cash = trade_cash - closing_cash if size > held else before.open_cash - closed_cash
    return Holding(
        before.quantity + signed_quantity,
        rest_cash,
        before.realized_pnl + closed_cash + closing_cash,
    )


def average_entry_price(instrument: InstrumentKey, quantity: Decimal, open_cash: Decimal) -> Decimal | None:
    """Return the price at which the open quantity was entered on average; None where flat."""
    if not quantity or not open_cash:
        return None
    if instrument.is_inverse:
        return divide(abs(quantity), abs(open_cash))
    return divide(abs(open_cash), abs(quantity))


def unrealized_pnl(instrument: InstrumentKey, quantity: Decimal, open_cash: Decimal, mark: Decimal) -> Decimal:
    """Return what closing the open quantity at `mark` would realise, in the settlement currency."""
    if not quantity:
        return ZERO
    if instrument.is_inverse:
        return open_cash - divide(quantity, mark)
    return open_cash + multiply_rounded(quantity, mark)
