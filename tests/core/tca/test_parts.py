"""Whatever an order met, its parts sum to its shortfall, and the shortfall is what its money did."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tca.costs import PricedFill, take_apart
from ports.instruments import InstrumentKey
from ports.values import ZERO, Liquidity, Side, exact

from fakes.tca_market import INVERSE, PERP

PARTS = ("delay", "timing", "spread", "impact", "fees", "opportunity")
prices = st.decimals(min_value="0.01", max_value=100_000, places=2)
amounts = st.decimals(min_value="0.001", max_value=1_000, places=3)
fees = st.decimals(min_value=-10, max_value=10, places=8)
fills = st.builds(
    PricedFill,
    quantity=amounts,
    price=prices,
    liquidity=st.sampled_from([*Liquidity, None]),
    at_ns=st.just(0),
    bid=prices,
    ask=prices,
    fee=fees,
)
# The market's own rounding of 1/p to 18 places, times the largest amount, four times over: two prices, twice rounded.
INVERSE_ROUNDING = Decimal("1e-11")


@given(st.sampled_from(list(Side)), st.lists(fills, max_size=6), amounts, prices, prices, prices)
@pytest.mark.parametrize(("key", "within"), [(PERP, ZERO), (INVERSE, INVERSE_ROUNDING)])
def test_the_parts_sum_to_the_shortfall_and_that_is_what_the_money_did(
    key: InstrumentKey,
    within: Decimal,
    side: Side,
    traded: list[PricedFill],
    left: Decimal,
    arrival: Decimal,
    release: Decimal,
    end: Decimal,
) -> None:
    filled = sum((fill.quantity for fill in traded), ZERO)
    parts = take_apart(key, side, filled + left, traded, arrival=arrival, release=release, end=end)
    assert parts.shortfall is not None
    with exact():
        assert sum((getattr(parts, name) for name in PARTS), ZERO) == parts.shortfall
    # The paper portfolio holds all of it from the arrival on; the real one what it traded, less its fees.
    paper = (filled + left) * gain(key, side, arrival, end)
    real = sum((fill.quantity * gain(key, side, fill.price, end) - (fill.fee or ZERO) for fill in traded), ZERO)
    assert abs(paper - real - parts.shortfall) <= max(within, abs(paper) * Decimal("1e-20"))


@given(st.lists(fills, min_size=1, max_size=4), prices, prices)
def test_buying_and_selling_the_same_cost_the_opposite_but_for_fees_and_spread(
    traded: list[PricedFill], arrival: Decimal, release: Decimal
) -> None:
    filled = sum((fill.quantity for fill in traded), ZERO)
    bought, sold = (take_apart(PERP, side, filled, traded, arrival=arrival, release=release, end=None) for side in Side)
    assert (bought.delay, bought.timing) == (_opposite(sold.delay), _opposite(sold.timing))
    assert bought.opportunity == sold.opportunity == ZERO


def gain(key: InstrumentKey, side: Side, entered: Decimal, left: Decimal) -> Decimal:
    """What a unit earns from one price to another, reckoned another way: by what its holder is paid at the end."""
    if key.is_inverse:
        return side.sign * (1 / entered - 1 / left)
    return side.sign * (left - entered)


def _opposite(part: Decimal | None) -> Decimal | None:
    return None if part is None else -part
