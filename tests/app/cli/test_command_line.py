"""The line that places an order says that order, whatever is in it."""

from __future__ import annotations

import shlex
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.doors.command_line import FLAGS, SPLIT_FLAG, command_line_for, write_pair
from app.cli.entry import app
from app.cli.options import read_pairs
from app.cli.order_options import OrderOptions
from ports.errors import InvalidInputError

from fakes.bad_orders import GOOD

# Whatever a shell can hand over: any text but NUL. Hyphens, quotes, backslashes and "=" are what goes wrong.
ANYTHING = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
AWKWARD = st.text(st.sampled_from("-=\\'\"$` {[,@#!\n\té1a"), min_size=1)
TEXT = ANYTHING | AWKWARD | st.sampled_from(["--json", "-", "--", "-1", "null", "none", "[]", "{}", "@file", "--tag=x"])
PAIRS = st.dictionaries(TEXT, TEXT | st.just(""), min_size=1, max_size=4)
COUNT = st.integers(1, 2**63 - 1)
REQUIRED = dict.fromkeys(("operation_id", "instrument_key", "side", "amount", "strategy_id"), TEXT)
OPTIONAL: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("price", "order_type", "time_in_force", "account", "exec_algorithm", "trigger_price"), TEXT),
    **dict.fromkeys(("trailing_offset", "display_amount", "oco_group", "after_operation_id"), TEXT),
    **dict.fromkeys(("expire_time_ns", "max_age_ms"), COUNT),
    **dict.fromkeys(("exec_algorithm_params", "tags"), PAIRS),
    **dict.fromkeys(("post_only", "reduce_only"), st.just(True)),
    "routing": st.fixed_dictionaries(
        {"venues": st.lists(TEXT, min_size=1, max_size=3)}, optional={"split_allowed": st.just(True)}
    ),
}


def order_of(line: str) -> dict[str, Any]:
    """Read a line as a shell and the command would, without running it."""
    program, *words = shlex.split(line)
    command, bound, _ = app.parse_args(words, exit_on_error=False, print_error=False)
    assert (program, command.__name__) == ("livexec", "submit")
    options = bound.arguments["order"]
    assert isinstance(options, OrderOptions)
    return options.body()


@given(st.fixed_dictionaries(REQUIRED, optional=OPTIONAL))
def test_the_line_read_back_is_the_same_order(order: dict[str, Any]) -> None:
    assert order_of(command_line_for(order)) == order


@given(st.fixed_dictionaries(REQUIRED, optional=OPTIONAL))
def test_one_order_has_one_line_whatever_the_order_of_its_fields(order: dict[str, Any]) -> None:
    assert command_line_for(dict(reversed(order.items()))) == command_line_for(order)


@given(TEXT, TEXT | st.just(""))
def test_a_pair_read_back_is_the_same_pair(key: str, value: str) -> None:
    assert read_pairs("--tag", [write_pair(key, value)]) == {key: value}


def test_a_line_reads_as_a_person_would_write_it() -> None:
    order = {**GOOD, "tags": {"note": "it's mine"}, "exec_algorithm_params": {"a": 1}, "post_only": True}
    assert command_line_for(order) == (
        "livexec submit --operation-id op-1 --instrument-key BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN --side BUY"
        " --amount 0.25 --price 64000.5 --post-only --strategy-id momentum-btc-v1 --param a=1"
        " --tag 'note=it'\"'\"'s mine'"
    )


def test_what_was_not_given_is_not_on_the_line() -> None:
    nothing: dict[str, object] = {
        "order_type": None,
        "post_only": False,
        "tags": {},
        "routing": {"venues": []},
        "max_age_ms": 0,
        "account": "",
    }
    assert command_line_for({**GOOD, **nothing}) == command_line_for(GOOD)


def test_the_names_and_numbers_of_older_senders_are_understood() -> None:
    order = {name: value for name, value in GOOD.items() if name != "amount"} | {"quantity": Decimal("0.250")}
    assert command_line_for(order) == command_line_for(GOOD)


@pytest.mark.parametrize(
    ("field", "value"),
    [("iceberg", "1"), ("amount", 0.1), ("amount", True), ("routing.sideways", True)],
)
def test_what_a_line_cannot_say_is_refused_by_name(field: str, value: object) -> None:
    outer, _, inner = field.partition(".")
    order = {**GOOD, outer: {inner: value} if inner else value}
    with pytest.raises(InvalidInputError) as refusal:
        command_line_for(order)
    assert refusal.value.field == field


def test_every_option_of_an_order_has_its_flag() -> None:
    arguments = app["submit"].assemble_argument_collection()
    options = {argument.name for argument in arguments if argument.parse} - {"*"}
    assert {*FLAGS.values(), SPLIT_FLAG} == options - {"--url", "--json"}
