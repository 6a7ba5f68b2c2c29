"""Numbers are held exactly or refused; what divides and rounds says how."""

from decimal import Decimal, DivisionByZero, FloatOperation, Inexact, InvalidOperation
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ports.errors import InvalidInputError
from ports.values import (
    OrderStatus,
    Side,
    divide,
    exact,
    fits,
    is_multiple,
    multiply_rounded,
    parse_decimal,
    parse_operation_id,
    parse_price,
    parse_quantity,
    plain,
    round_down,
    round_up,
    share,
)

LARGEST = Decimal("999999999999999999.999999999999999999")
HALF_A_QUANTUM = Fraction(1, 2 * 10**18)

whole = st.integers(-(10**36) + 1, 10**36 - 1)
held = whole.map(lambda digits: Decimal(f"{digits}E-18")) | st.decimals(-1000, 1000, places=3)
positive = held.map(abs).filter(bool)


@given(held)
def test_every_number_that_a_column_holds_is_read_back_from_its_plain_text(number: Decimal) -> None:
    assert parse_decimal("amount", plain(number)) == number


@given(held)
def test_plain_text_has_no_exponent_and_no_trailing_zeros(number: Decimal) -> None:
    text = plain(number)
    assert set(text) <= set("-0123456789.")
    assert not ("." in text and text.endswith(("0", ".")))


@pytest.mark.parametrize(
    ("number", "text"), [("1E+3", "1000"), ("1.500", "1.5"), ("100", "100"), ("0.00", "0"), ("1E-7", "0.0000001")]
)
def test_plain_text_of_other_spellings(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "1 ", " 1", "1\n", "1e5", "1E400", "NaN", "sNaN", "Infinity", "-inf", "1_000", "1,5", "0x10", "٣"),
        *(".5", "1.", "--1", "+-1", "one", "1" * 65, "1" + "0" * 18, "0." + "0" * 18 + "1", "1." + "0" * 19),
    ],
)
def test_what_is_no_plain_number_or_has_too_many_digits_is_refused_by_field_and_value(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parse_decimal("amount", text)
    assert refused.value.field == "amount"
    assert refused.value.value == repr(text)
    assert refused.value.remedy


@pytest.mark.parametrize("text", ["0", "-0", "0.000", "-1", "-0.000000000000000001"])
def test_amounts_and_prices_are_greater_than_zero(text: str) -> None:
    for parse in (parse_quantity, parse_price):
        with pytest.raises(InvalidInputError, match="greater than zero"):
            parse("field", text)


def test_the_largest_and_the_smallest_number_are_read() -> None:
    assert parse_quantity("amount", plain(LARGEST)) == LARGEST
    assert parse_price("price", "0.000000000000000001") == Decimal("1e-18")
    assert parse_decimal("amount", "+1.50") == Decimal("1.5")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1E+18", "1E-19", "0E-19"])
def test_what_no_column_holds_does_not_fit(number: str) -> None:
    assert not fits(Decimal(number))


@given(held)
def test_what_a_column_holds_fits(number: Decimal) -> None:
    assert fits(number)


@pytest.mark.parametrize("text", ["", "a" * 129, "a b", "a/b", "ä", "a\n", "a;b"])
def test_an_operation_id_of_other_characters_or_length_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="operation_id"):
        parse_operation_id("operation_id", text)


@given(st.from_regex(r"[A-Za-z0-9._:-]{1,128}", fullmatch=True))
def test_an_operation_id_of_the_permitted_characters_is_taken_as_it_is(text: str) -> None:
    assert parse_operation_id("operation_id", text) == text


@given(held, held.filter(bool))
def test_a_quotient_is_off_by_half_a_quantum_at_most(numerator: Decimal, denominator: Decimal) -> None:
    if abs(Fraction(numerator) / Fraction(denominator)) >= 10**36:
        return
    quotient = divide(numerator, denominator)
    assert abs(Fraction(quotient) - Fraction(numerator) / Fraction(denominator)) <= HALF_A_QUANTUM


@pytest.mark.parametrize(
    ("numerator", "quotient"), [("1", "0"), ("3", "2e-18"), ("5", "2e-18"), ("7", "4e-18"), ("-3", "-2e-18")]
)
def test_a_tie_is_rounded_to_the_even_neighbour(numerator: str, quotient: str) -> None:
    assert divide(Decimal(numerator), Decimal("2e18")) == Decimal(quotient)


def test_nothing_is_divided_by_zero() -> None:
    with pytest.raises(DivisionByZero):
        divide(Decimal(1), Decimal(0))


@given(held, positive)
def test_the_whole_of_an_amount_is_the_amount_to_the_last_digit(amount: Decimal, whole_of_it: Decimal) -> None:
    assert share(amount, whole_of_it, whole_of_it) == amount


@given(held, positive, positive)
def test_a_share_is_off_by_half_a_quantum_at_most(amount: Decimal, one: Decimal, other: Decimal) -> None:
    part, whole_of_it = sorted((one, other))
    true = Fraction(amount) * Fraction(part) / Fraction(whole_of_it)
    assert abs(Fraction(share(amount, part, whole_of_it)) - true) <= HALF_A_QUANTUM


@given(st.decimals(-(10**9), 10**9, places=18), st.decimals(-(10**9), 10**9, places=18))
def test_a_rounded_product_is_off_by_half_a_quantum_at_most(left: Decimal, right: Decimal) -> None:
    assert abs(Fraction(multiply_rounded(left, right)) - Fraction(left) * Fraction(right)) <= HALF_A_QUANTUM


@given(held, positive)
def test_rounding_to_steps_finds_the_multiples_next_to_a_value(value: Decimal, step: Decimal) -> None:
    with exact():
        below, above = round_down(value, step), round_up(value, step)
    assert (Fraction(below) / Fraction(step)).denominator == (Fraction(above) / Fraction(step)).denominator == 1
    assert Fraction(below) <= Fraction(value) < Fraction(below) + Fraction(step)
    assert Fraction(above) - Fraction(step) < Fraction(value) <= Fraction(above)


@given(held, positive)
def test_a_multiple_is_what_divides_without_rest(value: Decimal, step: Decimal) -> None:
    assert is_multiple(value, step) == ((Fraction(value) / Fraction(step)).denominator == 1)


@given(st.integers(-(10**9), 10**9), st.decimals("0.000000001", 1000, places=9))
def test_every_multiple_of_a_step_is_one(times: int, step: Decimal) -> None:
    value = times * step
    assert is_multiple(value, step)
    assert round_down(value, step) == round_up(value, step) == value


def test_money_arithmetic_never_rounds_in_silence() -> None:
    with exact():
        assert LARGEST + Decimal("1e-18") == Decimal(10) ** 18
        with pytest.raises(Inexact):
            Decimal(1) / Decimal(3)
        with pytest.raises(InvalidOperation):
            Decimal("Infinity") - Decimal("Infinity")
        with pytest.raises(FloatOperation):
            Decimal(0.5)  # noqa: RUF032 - a float is what must not pass


def test_a_side_has_the_sign_of_what_it_does_to_a_position() -> None:
    assert (Side.BUY.sign, Side.SELL.sign) == (1, -1)


def test_four_statuses_are_terminal() -> None:
    assert {status.value for status in OrderStatus if status.is_terminal} == {
        "FILLED",
        "CANCELED",
        "REJECTED",
        "EXPIRED",
    }
