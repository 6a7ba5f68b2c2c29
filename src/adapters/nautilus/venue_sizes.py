"""Amounts as a venue counts them: contracts, where it counts those. They never leave the adapter."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from adapters.nautilus.live_words import Listed
from adapters.nautilus.translate import UnholdableError
from ports.requests import SendOrder
from ports.values import Quantity, exact


def venue_size(amount: Decimal, listed: Listed) -> Decimal:
    """Return an amount in the venue's sizes, exactly.

    Raises:
        UnholdableError: it has no exact one.
    """
    try:
        with exact():
            return amount / listed.unit
    except ArithmeticError:
        raise UnholdableError(f"{amount} is no exact number of contracts of {listed.unit}") from None


def in_venue_sizes(order: SendOrder, listed: Listed) -> tuple[SendOrder, Listed]:
    """Return an order and its instrument with amounts in the venue's sizes.

    Raises:
        UnholdableError: the amount has no exact one.
    """
    if listed.unit == 1:
        return order, listed
    instrument = listed.instrument
    sized = replace(
        instrument,
        lot_size=Quantity(venue_size(instrument.lot_size, listed)),
        min_quantity=Quantity(venue_size(instrument.min_quantity, listed)),
    )
    return replace(order, quantity=Quantity(venue_size(order.quantity, listed))), replace(listed, instrument=sized)
