"""Names are computed from the operation id alone; the content hash tells the same order from another."""

import re
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.orders.identity import client_order_id_of, content_hash, names_of
from ports.commands import OrderTerms
from ports.values import AccountId, OperationId, OrderType, Price, Quantity, Side, StrategyId, TimeInForce

from fakes.sayings import BYBIT_PERP, submit, venues

TERMS = submit("op-1", buy="1", at="50000").terms
CHANGES: dict[str, Any] = {
    "strategy_id": StrategyId("other"),
    "instrument": BYBIT_PERP,
    "side": Side.SELL,
    "quantity": Quantity(Decimal("1.1")),
    "order_type": OrderType.MARKET,
    "price": Price(Decimal("50000.1")),
    "time_in_force": TimeInForce.IOC,
    "expire_time_ns": 1,
    "post_only": True,
    "trigger_price": Price(Decimal(50001)),
    "trailing_offset": Price(Decimal(100)),
    "reduce_only": True,
    "display_quantity": Quantity(Decimal("0.2")),
    "oco_group": "g",
    "after_operation_id": OperationId("op-0"),
    "parent_operation_id": OperationId("op-0"),
    "batch": 3,
    "account": AccountId("main"),
    "venues": venues("BYBIT"),
    "split_allowed": True,
    "exec_algorithm": "TWAP",
    "exec_algorithm_params": {"slices": "4"},
    "tags": {"why": "hedge"},
}
FIRST_RELEASE = [
    "strategy_id", "instrument", "side", "quantity", "price", "time_in_force", "expire_time_ns", "post_only",
    "account", "venues", "exec_algorithm", "exec_algorithm_params", "tags",
]  # fmt: skip

texts = st.text(max_size=6)
mappings = st.dictionaries(texts, texts, max_size=3)
operation_ids = st.from_regex(r"[A-Za-z0-9._:-]{1,128}", fullmatch=True).map(OperationId)


def with_change(name: str, value: Any) -> OrderTerms:
    return replace(TERMS, **{name: value})


def test_every_field_of_the_terms_is_tried_here() -> None:
    assert {*CHANGES, "operation_id"} == {field.name for field in fields(OrderTerms)}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_any_field_is_other_content(name: str) -> None:
    changed = with_change(name, CHANGES[name])
    assert content_hash(changed) != content_hash(TERMS)


def test_no_two_single_changes_are_the_same_content() -> None:
    hashes = {content_hash(with_change(name, value)) for name, value in CHANGES.items()}
    assert len(hashes) == len(CHANGES)


@pytest.mark.parametrize(("one", "other"), [("1", "1.0"), ("1", "1.000000000000000000"), ("100", "1E+2")])
def test_the_spelling_of_a_number_is_not_content(one: str, other: str) -> None:
    for name in ("quantity", "price"):
        first, second = (with_change(name, Decimal(text)) for text in (one, other))
        assert content_hash(first) == content_hash(second)


@given(mappings, mappings)
def test_two_maps_are_the_same_content_exactly_when_they_are_equal(one: dict[str, str], other: dict[str, str]) -> None:
    for name in ("tags", "exec_algorithm_params"):
        first, second = (content_hash(with_change(name, held)) for held in (one, other))
        assert (first == second) == (one == other)


@given(mappings)
def test_the_order_of_keys_is_not_content(held: dict[str, str]) -> None:
    backwards = dict(reversed(held.items()))
    assert content_hash(replace(TERMS, tags=held)) == content_hash(replace(TERMS, tags=backwards))


def test_the_order_of_venues_is_content() -> None:
    there, back = (replace(TERMS, venues=venues(*names)) for names in (("A", "B"), ("B", "A")))
    assert content_hash(there) != content_hash(back)


def test_a_tag_that_looks_like_two_is_not_two() -> None:
    sly = replace(TERMS, tags={"a": "1\x1etag.b\x1f2"})
    assert content_hash(sly) != content_hash(replace(TERMS, tags={"a": "1", "b": "2"}))


def test_an_empty_tag_is_a_tag() -> None:
    assert content_hash(replace(TERMS, tags={"a": ""})) != content_hash(TERMS)


def test_a_content_hash_stays_what_it_was_in_every_release() -> None:
    assert content_hash(TERMS) == "e30c6490c74d2d6e9a93c5565153d6dd"
    whole = replace(TERMS, **{name: CHANGES[name] for name in FIRST_RELEASE}, order_type=OrderType.LIMIT)
    assert content_hash(whole) == "a48583e39476e41192b9a2bfc8a073a9"


def test_names_stay_what_they_were_in_every_release() -> None:
    names = names_of(OperationId("op-1"))
    assert (names.order_id, names.decision_id) == (
        "ord-dc5ae84700d64a400269f3bb0f9963",
        "dec-dc5ae84700d64a400269f3bb0f9963",
    )
    assert [client_order_id_of(OperationId("op-1"), unsent) for unsent in (0, 1, 300)] == [
        "xdc5ae84700d64a400269f3bb0f9963",
        "xbedcf8147850ca5792487fae9779a8",
        "x21908adbecac4653f2b3cbc7473edc",
    ]


@given(operation_ids)
def test_a_client_order_id_is_within_every_venues_alphabet_and_length(operation_id: OperationId) -> None:
    names = names_of(operation_id)
    assert re.fullmatch(r"[a-z][a-z0-9]{30}", names.client_order_id)
    assert names == names_of(operation_id)


@given(st.sets(operation_ids, min_size=2, max_size=20))
def test_operation_ids_that_differ_have_names_that_differ(ids: set[OperationId]) -> None:
    assert len({names_of(one).client_order_id for one in ids}) == len(ids)
